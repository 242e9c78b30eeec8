"""Train: the modes on pages, and a review that goes on in one of them."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reviewapp.domain import leases, returns
from reviewapp.models import Completion, Job, Project, ProjectDocument, Reason, User
from tests.cast import Cast, fresh, trained
from training.modes import MODES
from training.tasks import cluster

Browser = Callable[[User], Client]


@pytest.fixture
def ready(project: Project, cast: Cast) -> Project:
    now = trained(project, cast.rita)
    leases.release(now, cast.rita)
    return now


def page(client: Client, name: str, *args: object, **query: object) -> str:
    return client.get(reverse(name, args=args), query).content.decode()  # type: ignore[arg-type]


def test_the_page_shows_every_mode_with_its_rule_by_phase(ready: Project, cast: Cast, browser: Browser) -> None:
    """U-20: Discover, Explore, Refine."""
    shown = page(browser(cast.vic), "modes", ready.pk)
    for phase in ("Discover", "Explore", "Refine"):
        assert f">{phase}</h2>" in shown
    for mode in MODES.values():
        assert f">{mode.title}</a>" in shown
        assert mode.rule[:40].replace("&", "&amp;") in shown
    assert "of 25 examples" in shown


@pytest.mark.parametrize("name", list(MODES))
def test_every_mode_has_a_page(ready: Project, cast: Cast, browser: Browser, name: str) -> None:
    for client in (browser(cast.vic), browser(cast.rita)):
        answer = client.get(reverse("mode", args=[ready.pk, name]))
        assert answer.status_code == 200
        assert MODES[name].title in answer.content.decode()


def test_a_mode_that_needs_a_model_says_so(project: Project, cast: Cast, browser: Browser) -> None:
    assert "no model yet" in page(browser(cast.rita), "mode", project.pk, "teach")


def test_the_review_goes_on_in_the_mode_until_it_is_left(ready: Project, cast: Cast, browser: Browser) -> None:
    """B-07."""
    client = browser(cast.rita)
    started = client.post(reverse("mode-start", args=[ready.pk, "by-label"]) + "?label=Not+relevant")
    assert started.headers["Location"] == reverse("review", args=[ready.pk]) + "?mode=by-label&label=Not+relevant"
    shown = client.get(started.headers["Location"]).content.decode()
    submit = reverse("review-submit", args=[ready.pk]) + "?mode=by-label&amp;label=Not+relevant"
    assert f'hx-post="{submit}"' in shown
    assert "By label" in shown
    held = ProjectDocument.objects.get(reviewer=cast.rita)
    answer = {"token": held.lease_token, "choice": "Not relevant"}
    client.post(submit.replace("&amp;", "&"), answer, headers={"HX-Request": "true"})
    assert Completion.objects.latest("pk").served_reason == Reason.BY_LABEL
    assert ProjectDocument.objects.get(reviewer=cast.rita).served_reason == Reason.BY_LABEL
    without_script = client.post(
        submit.replace("&amp;", "&"),
        {"token": ProjectDocument.objects.get(reviewer=cast.rita).lease_token, "choice": "Not relevant"},
    )
    assert without_script.headers["Location"].endswith("?mode=by-label&label=Not+relevant")


def test_a_mode_that_is_done_says_where_to_go(ready: Project, cast: Cast, browser: Browser) -> None:
    shown = page(browser(cast.rita), "review", ready.pk, mode="missed", label="Relevant")
    assert "Nothing left in “Missed label”" in shown
    assert "Go on in the queue" in shown
    assert page(browser(cast.rita), "review", ready.pk, mode="nonsense").count("is not a mode") == 1


def test_a_document_is_opened_from_a_list_with_the_mode_as_its_reason(
    ready: Project, cast: Cast, browser: Browser
) -> None:
    """B-07."""
    item = ready.items.filter(decision=None).last()
    assert item is not None
    browser(cast.rita).post(reverse("mode-open", args=[ready.pk, "shuffle", item.document_id]))
    item.refresh_from_db()
    assert (item.reviewer, item.served_reason, item.served_version) == (cast.rita, Reason.SHUFFLE, 1)


def test_clusters_are_started_awaited_and_shown(project: Project, cast: Cast, browser: Browser) -> None:
    mona = browser(cast.mona)
    assert "Find clusters" in page(mona, "mode", project.pk, "clusters")
    assert "Find clusters" not in page(browser(cast.rita), "mode", project.pk, "clusters")
    mona.post(reverse("mode-find-clusters", args=[project.pk]))
    assert "hx-trigger" in page(mona, "mode", project.pk, "clusters").split('id="clusters"')[1].split(">")[0]
    cluster(Job.objects.get(kind=Job.Kind.CLUSTER).pk)
    shown = page(mona, "mode", project.pk, "clusters", cluster=0)
    assert "Look again" in shown
    assert "Start reviewing these" in shown


def test_what_came_back_is_said(ready: Project, cast: Cast, browser: Browser) -> None:
    returns.put(ready, list(ready.items.values_list("document", flat=True)[:2]))
    assert "2 documents came back" in page(browser(cast.rita), "modes", ready.pk)


def test_the_modes_page_costs_few_queries(
    ready: Project, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser(cast.rita)
    with django_assert_max_num_queries(16):
        page(client, "modes", ready.pk)
    with django_assert_max_num_queries(15):
        page(client, "mode", ready.pk, "teach")
    assert fresh(ready).coded == 12
