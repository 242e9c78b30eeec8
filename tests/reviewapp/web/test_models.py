"""The pages of model versions: what is there, what a click does, and who may."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from models_lib import pins, tags
from models_lib.models import ModelVersion, Pin
from reviewapp.domain import projects
from reviewapp.models import Project, User
from reviewapp.web import models
from tests.cast import ANNOTATION_CONFIG, Cast, code, fresh, perform_jobs, pinned, retrained, trained

Browser = Callable[[User], Client]
RELEVANCE = ModelVersion.Kind.RELEVANCE


def page(client: Client, project: Project) -> str:
    return client.get(reverse("project-models", args=[project.pk])).content.decode()


@pytest.fixture
def two(project: Project, cast: Cast) -> Project:
    """Two versions, the first one pinned."""
    trained(project, cast.rita)
    retrained(project, cast.rita)
    pinned(project, cast.mona, 1)
    return fresh(project)


def test_without_a_model_the_page_says_what_to_do(project: Project, cast: Cast, browser: Browser) -> None:
    said = page(browser(cast.rita), project)
    assert "No model yet" in said
    assert "5 relevant and 5 not relevant documents" in said
    assert reverse("review", args=[project.pk]) in said


def test_the_page_is_reached_from_the_top_and_from_the_project(two: Project, cast: Cast, browser: Browser) -> None:
    """U-11: the Models page, in the top navigation; annotation projects rank nothing and are not on it."""
    projects.create_annotation(two.workspace, cast.mona, name="Annotated parts", labeling_config=ANNOTATION_CONFIG)
    client, address = browser(cast.vic), reverse("project-models", args=[two.pk])
    home = client.get(reverse("project", args=[two.pk])).content.decode()
    assert home.count(f'href="{address}"') == 2
    everywhere = client.get(reverse("models")).content.decode()
    assert f'href="{reverse("models")}"' in everywhere
    assert f'href="{address}"' in everywhere
    assert "Valves" in everywhere
    assert "Annotated parts" not in everywhere


def test_the_toggle_pins_the_version_that_the_page_showed(two: Project, cast: Cast, browser: Browser) -> None:
    """U-11: a training ends between looking and clicking, and what was seen is kept."""
    client = browser(cast.mona)
    seen = page(client, two)
    pin = reverse("version-pin", args=[two.pk, 2])
    assert 'role="switch" aria-checked="false"' in seen
    assert pin in seen
    retrained(two, cast.rita)
    assert client.post(pin).status_code == 302
    assert [version.number for version in pins.of(two)] == [2, 1]
    after = client.get(reverse("project-models", args=[two.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "Pin v3" in after
    assert 'aria-checked="false"' in after


def test_the_toggle_of_a_pinned_version_lifts_the_pin(two: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.mona)
    client.post(reverse("version-pin", args=[two.pk, 2]))
    assert 'aria-checked="true"' in page(client, two)
    client.post(reverse("version-unpin", args=[two.pk, 2]))
    assert [version.number for version in pins.of(two)] == [1]


def test_the_tag_is_changed_on_the_card(two: Project, cast: Cast, browser: Browser) -> None:
    """U-12: by the arrow next to Tags; the form says what the page saw."""
    client, address = browser(cast.mona), reverse("version-tag", args=[two.pk, 1])
    assert "Make it Live" in page(client, two)
    assert client.post(address, {"name": "live", "was": ""}).status_code == 302
    assert "Take Live off" in page(client, two)
    assert client.post(address, {"name": "live", "was": ""}).status_code == 409
    pinned(two, cast.mona, 2)
    assert "instead of v1" in page(client, two)
    client.post(reverse("version-tag", args=[two.pk, 2]), {"name": "live", "was": "1"})
    assert tags.resolve(two, RELEVANCE, "live").number == 2
    client.post(reverse("version-tag", args=[two.pk, 2]), {"name": "live", "off": "on"})
    assert not tags.of(two).exists()
    assert client.post(address, {"name": "blue"}).status_code == 422


def test_a_tagged_version_is_refused_to_be_unpinned_with_the_reason(two: Project, cast: Cast, browser: Browser) -> None:
    """D10"""
    tags.move(two, RELEVANCE, "live", 1, None, cast.mona)
    refused = browser(cast.mona).post(reverse("version-unpin", args=[two.pk, 1]))
    assert refused.status_code == 409
    assert "in use by tag “Live”" in refused.content.decode()


def test_deleting_asks_for_the_name_and_says_that_it_is_for_good(two: Project, cast: Cast, browser: Browser) -> None:
    """U-24"""
    client, address = browser(cast.mona), reverse("version-delete", args=[two.pk, 1])
    assert "This cannot be undone" in client.get(address).content.decode()
    assert client.post(address, {"confirmation": "v2"}).status_code == 422
    assert client.post(address, {"confirmation": "v1"}).status_code == 302
    assert not Pin.objects.exists()
    assert "Not kept" in page(client, two)


def test_the_badge_says_whether_the_model_is_up_to_date(project: Project, cast: Cast, browser: Browser) -> None:
    """U-19: state, version applied, pending changes."""
    client = browser(cast.vic)
    trained(project, cast.rita)
    retrained(project, cast.rita)
    assert "Up to date" in page(client, project)
    code(project, cast.rita, 3)
    assert "v2 applied, 3 pending" in page(client, project)
    code(project, cast.rita, 10)
    assert "Retraining, v2 applied" in page(client, project)
    perform_jobs()
    assert "v3 applied" in page(client, project) or "Up to date" in page(client, project)


def test_the_version_page_explains_its_digest(two: Project, cast: Cast, browser: Browser) -> None:
    """B-06: the diff of inputs between any two versions, in words."""
    client = browser(cast.vic)
    said = client.get(reverse("version", args=[two.pk, 2])).content.decode()
    assert ModelVersion.objects.get(number=2).digest in said
    assert "1 decision came in" in said
    same = client.get(reverse("version", args=[two.pk, 2]), {"against": 2}).content.decode()
    assert "the same model, to the byte" in same
    assert client.get(reverse("version", args=[two.pk, 2]), {"against": 9}).status_code == 404
    assert "first version" in client.get(reverse("version", args=[two.pk, 1])).content.decode()


def test_who_may_not_pin_sees_no_button(two: Project, cast: Cast, browser: Browser) -> None:
    """U-01, 2.3.1: reviewers and viewers look, and may not pin, tag or delete."""
    client = browser(cast.rita)
    said = page(client, two)
    for word in ("version-pin", "Make it", "Delete", "Unpin", 'role="switch"'):
        assert word not in said
    for act in ("pin", "unpin", "tag", "delete"):
        assert client.post(reverse(f"version-{act}", args=[two.pk, 1])).status_code == 403


def test_the_page_asks_the_database_a_fixed_number_of_times(
    two: Project, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser(cast.mona)
    retrained(two, cast.rita, 4)
    for number in range(2, 6):
        pinned(two, cast.mona, number)
    page(client, two)
    with django_assert_max_num_queries(17):
        page(client, two)


def test_many_pinned_versions_come_in_pages_with_the_tagged_ones_first(
    two: Project, cast: Cast, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "CARDS", 2)
    retrained(two, cast.rita)
    for number in (2, 3):
        pinned(two, cast.mona, number)
    tags.move(two, RELEVANCE, "live", 1, None, cast.mona)
    client = browser(cast.mona)
    cards = [f'id="card-{number}"' for number in (1, 2, 3)]
    assert [card in page(client, two) for card in cards] == [True, False, True]
    later = client.get(reverse("project-models", args=[two.pk]), {"cards": 2}).content.decode()
    assert [card in later for card in cards] == [False, True, False]
