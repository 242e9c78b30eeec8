"""The demo is a real review: made by the product's own verbs, with every page's numbers in it."""

import time

import pytest
from django.conf import settings
from django.contrib.auth import authenticate

from models_lib.models import TrainedModel
from reviewapp import access
from reviewapp.artifacts import Artifacts
from reviewapp.demo import collection
from reviewapp.domain import people, statistics, tasks, trainings
from reviewapp.management import seeding, seeding_annotation, seeding_library
from reviewapp.models import Assignment, Decision, Prediction, Project, User
from tests.cast import fresh
from training import annotations


@pytest.mark.django_db
def test_the_demo_is_a_review_at_work() -> None:
    project = fresh(seeding.seed("a demo password", documents=600, decisions=120))
    assert project.documents == 600
    assert project.coded + project.skipped == 120
    assert project.version is not None
    assert project.snapshot is not None
    assert statistics.waiting(project).decisions == project.completions - project.version.completions
    assert project.items.filter(reviewer__isnull=False).count() == 0
    found = project.positives / project.coded
    assert found > 1.5 * 0.08, "the ranking brings relevant documents forward"


@pytest.mark.django_db
def test_the_demo_has_one_person_a_role_who_can_sign_in() -> None:
    project = seeding.seed("a demo password", documents=50, decisions=0)
    for name, role in seeding.PEOPLE.items():
        user = authenticate(username=name, password="a demo password")
        assert isinstance(user, User)
        rights = access.rights(user, project.workspace)
        assert people.role_of(rights) == role
    assert authenticate(username="robin", password="a demo password") is None


@pytest.mark.django_db
def test_the_demos_past_took_time() -> None:
    project = seeding.seed("a demo password", documents=200, decisions=40)
    moments = list(project.answers.order_by("pk").values_list("created_at", flat=True))
    assert moments == sorted(moments)
    assert (moments[-1] - moments[0]).total_seconds() > 40 * 3
    for version in project.versions.all():
        standing = project.answers.exclude(decision=Decision.SKIPPED).order_by("pk")
        assert version.created_at == standing[version.completions - 1].created_at


def first_served(project: Project, count: int) -> list[str]:
    """Control numbers of the documents that the current order serves first."""
    now = fresh(project)
    assert now.snapshot is not None
    order = Artifacts(settings.ARTIFACTS_DIR).read(now.snapshot.artifact)["prioritized"][:count].tolist()
    numbers = dict(now.items.values_list("ordinal", "document__control_number"))
    return [numbers[ordinal] for ordinal in order]


@pytest.mark.django_db
def test_the_demos_library_starts_a_second_case_and_finds_a_kind_of_document() -> None:
    """R-15, R-16, R-13: linked projects of either use bring the right documents forward with nothing coded."""
    project = seeding.seed("a demo password", documents=600, decisions=120)
    begin = time.process_time()
    seeding_library.seed(project)
    assert time.process_time() - begin < 4.0, "the demo starts within seconds"

    second = Project.objects.get(name=seeding_library.SECOND_CASE)
    relevant = {d.control_number for d in collection.generate(240, seeding_library.SEED) if d.relevant}
    assert (second.documents, second.coded) == (240, 0)
    assert len(relevant & set(first_served(second, 10))) >= 6, "chance would bring one"

    aside = Project.objects.get(name=seeding_library.SET_ASIDE)
    newsletters = {d.control_number for d in collection.generate(600) if d.metadata["kind"] == "newsletter"}
    assert aside.coded == 0
    assert len(newsletters & set(first_served(aside, 5))) >= 4, "chance would bring none"

    origins = {(model.workspace.name, model.name, model.origin) for model in TrainedModel.objects.all()}
    assert origins == {
        (seeding.WORKSPACE, seeding_library.SUBJECT, "exported"),
        (seeding.WORKSPACE, seeding_library.KIND, "shared"),
        (seeding_library.CLAIM, seeding_library.SUBJECT, "shared"),
        (seeding_library.CLAIM, seeding_library.KIND, "exported"),
    }


@pytest.mark.django_db
def test_a_demo_with_nothing_coded_has_no_library() -> None:
    seeding_library.seed(seeding.seed("a demo password", documents=50, decisions=0))
    assert not TrainedModel.objects.exists()


@pytest.mark.django_db
def test_the_demos_letters_are_in_every_state_and_have_taught_models_that_suggest() -> None:
    """J-04, J-10, J-57: a manager can train at once; who signs in as the reviewer finds work of every kind."""
    seeding.seed("a demo password", documents=50, decisions=0)
    project = fresh(seeding_annotation.seed())
    assert all(tasks.counts(project).values())
    assert annotations.examples(project)[0] >= 60
    assert trainings.refusal(project) == ""
    assert {version.kind for version in trainings.deployed(project)} == {"ner", "assertion", "choice-single"}
    waiting = project.items.filter(decision=None)
    assert set(Prediction.objects.values_list("item", flat=True)) == set(waiting.values_list("pk", flat=True))
    own = Assignment.objects.filter(annotator__username="reviewer", item__project=project)
    assert set(own.values_list("state", flat=True)) >= set(Assignment.State.values) - {Assignment.State.SKIPPED}
