"""The playground: what a version says of a pasted text, by which words, and that nothing of it stays."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from models_lib import prediction, versions
from reviewapp.models import Project, User
from tests.cast import Cast, fresh, pinned, retrained, trained

Browser = Callable[[User], Client]
TEXT = "the supplier paid a hidden <b>commission</b> for the valve"
WRITES = ("INSERT", "UPDATE", "DELETE")


@pytest.fixture
def two(project: Project, cast: Cast) -> Project:
    """Two versions, the first one pinned."""
    trained(project, cast.rita)
    pinned(project, cast.mona)
    return retrained(project, cast.rita)


def test_a_text_gets_its_scores_and_the_words_behind_them(two: Project, cast: Cast, browser: Browser) -> None:
    client, address = browser(cast.vic), reverse("playground", args=[two.pk])
    assert "stored nowhere" in client.get(address).content.decode()
    for version, number in (("latest", 2), ("1", 1)):
        said = client.post(address, {"version": version, "text": TEXT}).content.decode()
        [scores] = prediction.predict(versions.get(two, number), [TEXT])
        assert f"v{number} says" in said
        assert f"{scores['Relevant']:.3f}" in said
        assert "&lt;b&gt;" in said
        assert '<mark class="for' in said
    part = client.post(address, {"version": "1", "text": TEXT}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part


def test_asking_writes_nothing(two: Project, cast: Cast, browser: Browser) -> None:
    client, address = browser(cast.vic), reverse("playground", args=[two.pk])
    before = set(Session.objects.values_list("session_data", flat=True))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.post(address, {"version": "latest", "text": TEXT})
    assert [said["sql"] for said in asked.captured_queries if said["sql"].startswith(WRITES)] == []
    assert set(Session.objects.values_list("session_data", flat=True)) == before


def test_what_cannot_be_asked_is_said(two: Project, cast: Cast, browser: Browser) -> None:
    client, address = browser(cast.vic), reverse("playground", args=[two.pk])
    for wrong in ({"version": "9", "text": TEXT}, {"version": "latest", "text": ""}, {"text": "x" * 200_001}):
        assert client.post(address, wrong).status_code == 422


def test_without_a_model_the_page_says_what_to_do(project: Project, cast: Cast, browser: Browser) -> None:
    said = browser(cast.rita).get(reverse("playground", args=[project.pk])).content.decode()
    assert "5 relevant and 5 not relevant" in said
    assert fresh(project).version is None
