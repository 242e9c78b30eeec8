"""Drift watch: new documents unlike the training are found, told once, and measured with bounded work."""

import random

import pytest
from django.db import transaction

from models_lib.models import DriftLook
from reviewapp.domain import projects, webhooks
from reviewapp.models import AuditEvent, Delivery, Document, Event, Job, Project
from tests.cast import Cast, fresh, perform_jobs
from tests.models_lib.test_validation import validated
from tests.training.test_validating import TOPIC, WORDS
from training import drifting

__all__ = ["validated"]
STRANGE = [f"strange{number}" for number in range(2000)]


def arrive(project: Project, count: int, words: list[str]) -> Job | None:
    """So many new documents of these words; gives the watch's job, if there was one."""
    start = project.workspace.documents.count()
    chance = random.Random(start)
    Document.objects.bulk_create(
        Document(
            workspace=project.workspace,
            control_number=f"NEW-{start + number:05d}",
            text=" ".join([*chance.choices(words, k=60), *chance.choices(TOPIC[number % 3 == 0], k=6)]),
        )
        for number in range(count)
    )
    with transaction.atomic():
        projects.adopt(project.workspace)
    perform_jobs()
    return fresh(project).jobs.filter(kind=Job.Kind.DRIFT, state=Job.State.DONE).order_by("-id").first()


def test_documents_like_the_others_are_no_drift(validated: Project) -> None:
    """U-26: an import of the same kind is looked at, and nothing is found."""
    job = arrive(validated, 40, WORDS)
    assert job is not None
    assert job.result["outcome"] == "no drift"
    look = validated.drift_looks.get()
    assert (look.first, look.documents, look.looked_at, look.found) == (150, 40, 40, False)
    assert look.low < 0.1


def test_drift_is_found_and_told_once_per_crossing(validated: Project, cast: Cast) -> None:
    """U-26, U-29: webhooks ring when drift begins, not while it lasts, and again when it comes back."""
    webhooks.create(validated.workspace, cast.alice, name="Watch", url="https://example.org/", events=["drift.found"])
    arrive(validated, 40, STRANGE)
    first = validated.drift_looks.get()
    assert first.found
    assert first.strange == 40
    [told] = Delivery.objects.filter(event=Event.DRIFT_FOUND)
    facts = {"workspace": validated.workspace_id, "project": validated.pk, "version": 1, "documents": 40, "share": 1.0}
    assert told.payload["data"] == facts
    arrive(validated, 40, [f"other{number}" for number in range(2000)])
    assert validated.drift_looks.first().found  # type: ignore[union-attr]
    assert Delivery.objects.filter(event=Event.DRIFT_FOUND).count() == 1
    arrive(validated, 40, WORDS)
    arrive(validated, 40, [f"third{number}" for number in range(2000)])
    assert [look.found for look in validated.drift_looks.order_by("id")] == [True, True, False, True]
    assert Delivery.objects.filter(event=Event.DRIFT_FOUND).count() == 2
    assert AuditEvent.objects.filter(verb="drift.look").count() == 4


def test_small_imports_are_gathered(validated: Project) -> None:
    """U-26: nothing is said of a handful; with the next one there are enough."""
    few = arrive(validated, 12, STRANGE)
    assert few is not None
    assert few.result["outcome"] == "too few new documents so far"
    arrive(validated, 12, STRANGE)
    look = validated.drift_looks.get()
    assert (look.first, look.documents, look.found) == (150, 24, True)


def test_the_work_of_a_look_is_bounded(validated: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """U-26: of a large import some are measured, evenly over all of it."""
    monkeypatch.setattr(drifting, "MOST", 25)
    arrive(validated, 60, STRANGE)
    look = validated.drift_looks.get()
    assert (look.documents, look.looked_at, look.strange) == (60, 25, 25)


def test_without_a_model_nothing_is_watched(project: Project) -> None:
    assert arrive(project, 30, STRANGE) is None
    assert not DriftLook.objects.exists()
