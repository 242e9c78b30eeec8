"""The order of an annotation queue: by the documents, at random, or with the most to learn first."""

from collections import Counter

import pytest
from django.conf import settings

from reviewapp.artifacts import Artifacts
from reviewapp.domain import annotating, assignments, leases, projects, task_orders
from reviewapp.models import AuditEvent, Job, Project, Reason, TaskOrdering
from tests.cast import Cast, fresh, perform_jobs
from tests.training.test_annotations import parts, started
from training import annotations, ordering
from training.annotation.ordering import uncertainty_order

__all__ = ["parts"]
pytestmark = pytest.mark.django_db
INSTRUCTIVE, RANDOM = Project.TaskOrder.INSTRUCTIVE, Project.TaskOrder.RANDOM


def ordered(project: Project, cast: Cast, how: str) -> Project:
    made = projects.change(project, cast.mona, {"task_order": how})
    perform_jobs()
    return fresh(made)


def handed_out(project: Project, cast: Cast, count: int) -> list[tuple[int, str]]:
    """The documents that come when one after the other is given to somebody else."""
    found = []
    for _ in range(count):
        item = annotating.next_document(fresh(project), cast.rolf)
        if item is None:
            break
        found.append((item.ordinal, item.served_reason))
        assignments.assign(project, [item.document_id], [cast.rita], cast.mona)
        leases.release(project, cast.rolf)
    return found


def test_the_task_of_which_the_models_are_least_sure_comes_first(parts: Project, cast: Cast) -> None:
    """Annotation queues follow uncertainty, as measured by the models that were trained last."""
    project = ordered(parts, cast, INSTRUCTIVE)
    started(project, cast)
    versions = ordering.newest(fresh(project))
    assert set(versions) == {"ner_parts_annotation_manual", "classification_tone_annotation_manual"}
    open_ = list(project.items.select_related("document").filter(decision=None).order_by("ordinal"))
    models = {name: annotations.load(version) for name, version in versions.items()}
    places, _ = uncertainty_order(models, [annotations.task(item) for item in open_], annotations.keyed())
    expected = [open_[place].ordinal for place in places]
    assert expected != sorted(expected)
    assert handed_out(project, cast, 9) == [(ordinal, Reason.INSTRUCTIVE) for ordinal in expected]
    assert AuditEvent.objects.filter(verb="tasks.order").count() == 1
    assert "by classification_tone_annotation_manual, ner_parts_annotation_manual" in task_orders.told(fresh(project))


def test_each_training_makes_the_order_anew_and_the_earlier_file_goes(parts: Project, cast: Cast) -> None:
    project = ordered(parts, cast, INSTRUCTIVE)
    started(project, cast)
    first = TaskOrdering.objects.get(project=project)
    item = project.items.select_related("document").get(ordinal=16)
    assignments.assign(project, [item.document_id], [cast.rolf], cast.mona)
    opened = annotating.open_document(project, item, cast.rolf)
    assert opened.lease_token is not None
    annotating.submit(fresh(project), cast.rolf, opened.lease_token, None, skip_reason="Torn")
    started(project, cast)
    second = TaskOrdering.objects.get(project=project)
    assert (first.documents, second.documents) == (4, 3)
    assert second.versions != first.versions
    store = Artifacts(settings.ARTIFACTS_DIR)
    assert 16 not in store.read(second.artifact)["order"].tolist()
    assert first.artifact not in set(store.stored(before=float("inf")))


def test_without_a_model_tasks_come_at_random_and_the_page_says_so(annotation: Project, cast: Cast) -> None:
    project = ordered(annotation, cast, INSTRUCTIVE)
    assert Job.objects.get(kind=Job.Kind.ORDER_TASKS).result == {"outcome": "no model yet: tasks come at random"}
    assert "There is no model yet" in task_orders.told(project)
    [(_, reason)] = handed_out(project, cast, 1)
    assert reason == Reason.RANDOM_ORDER


def test_at_random_each_task_has_the_same_chance_and_all_come(annotation: Project, cast: Cast) -> None:
    project = ordered(annotation, cast, RANDOM)
    firsts: Counter[int] = Counter()
    for _ in range(300):
        item = annotating.next_document(project, cast.rolf)
        assert item is not None
        firsts[item.ordinal] += 1
        leases.release(project, cast.rolf)
    # 12 documents, 300 draws: chi-squared with 11 degrees of freedom is above 45 once in 200,000 times.
    assert sum((firsts[ordinal] - 25) ** 2 / 25 for ordinal in range(12)) < 45
    assert sorted(ordinal for ordinal, _ in handed_out(project, cast, 13)) == list(range(12))


def test_what_is_assigned_comes_before_any_order(annotation: Project, cast: Cast) -> None:
    project = ordered(annotation, cast, RANDOM)
    asked = project.items.get(ordinal=7)
    assignments.assign(project, [asked.document_id], [cast.rolf], cast.mona)
    item = annotating.next_document(project, cast.rolf)
    assert item is not None
    assert (item.ordinal, item.served_reason) == (7, Reason.ASSIGNED)


def test_so_many_documents_are_asked_about_at_most(parts: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is bounded; what was not asked about follows in its order."""
    monkeypatch.setattr(ordering, "MOST_ASKED", 2)
    project = ordered(parts, cast, INSTRUCTIVE)
    started(project, cast)
    order = Artifacts(settings.ARTIFACTS_DIR).read(TaskOrdering.objects.get().artifact)["order"]
    assert len(order) == 2
    found = handed_out(project, cast, 9)
    assert sorted(ordinal for ordinal, _ in found) == [16, 17, 18, 19]
    assert [reason for _, reason in found] == [Reason.INSTRUCTIVE] * 2 + [Reason.REMAINING] * 2
