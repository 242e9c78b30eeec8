"""The demo is a real review: made by the product's own verbs, with every page's numbers in it."""

import pytest
from django.contrib.auth import authenticate

from reviewapp import access
from reviewapp.domain import people, statistics
from reviewapp.management import seeding
from reviewapp.models import Decision, User
from tests.cast import fresh


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
