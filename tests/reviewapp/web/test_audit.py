"""The audit pages: found, paged, linked to their exports."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reviewapp.domain import audit, chain, projects
from reviewapp.models import Project, User, Workspace
from tests.cast import Cast

Browser = Callable[[User], Client]


def page(client: Client, workspace: Workspace, **query: str) -> str:
    return client.get(reverse("workspace-audit", args=[workspace.pk]), query).content.decode()


def test_an_admin_sees_who_did_what(project: Project, cast: Cast, browser: Browser) -> None:
    projects.pause(project, cast.mona)
    shown = page(browser(cast.alice), project.workspace)
    assert "project.paused" in shown
    assert f"project:{project.pk}" in shown
    assert "Not sealed yet" in shown


def test_the_page_says_how_far_the_trail_is_sealed(project: Project, cast: Cast, browser: Browser) -> None:
    chain.extend()
    projects.pause(project, cast.mona)
    shown = page(browser(cast.alice), project.workspace)
    assert "1 event since" in shown
    assert chain.head().digest in shown  # type: ignore[union-attr]


def test_the_filter_is_kept_by_the_exports(project: Project, cast: Cast, browser: Browser) -> None:
    projects.pause(project, cast.mona)
    shown = page(browser(cast.alice), project.workspace, actor="mona", since="2020-01-01", until="2100-01-01")
    assert "actor=mona&amp;since=2020-01-01T00%3A00%3A00%2B00%3A00&amp;until=2100-01-02" in shown
    link = shown.split('href="/api/v1/')[1].split('"')[0].replace("&amp;", "&")
    answer = browser(cast.alice).get(f"/api/v1/{link}")
    assert b"project.paused" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert "No event matches" in page(browser(cast.alice), project.workspace, actor="nobody")
    assert "Enter a valid date" in page(browser(cast.alice), project.workspace, since="yesterday")


def test_pages_go_from_the_newest_to_the_oldest_and_back(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    client = browser(cast.alice)
    for number in range(120):
        audit.record(cast.mona, "project.change", workspace, workspace, n=number)
    seen = []
    answer = client.get(reverse("workspace-audit", args=[workspace.pk]))
    while True:
        window = answer.context["window"]
        seen += [event.pk for event in window.rows]
        if window.after is None:
            break
        answer = client.get(reverse("workspace-audit", args=[workspace.pk]), {"after": window.after})
    assert seen == sorted(workspace.audit.values_list("pk", flat=True), reverse=True)
    back = client.get(reverse("workspace-audit", args=[workspace.pk]), {"before": window.before}).context["window"]
    assert [event.pk for event in back.rows] == seen[50:100]


def test_an_operator_sees_every_workspace_and_the_seals(project: Project, cast: Cast, browser: Browser) -> None:
    chain.extend()
    shown = browser(cast.olga).get(reverse("audit")).content.decode()
    assert "Elsewhere" in shown
    assert "Halden" in shown
    assert "Newest seals" in shown


def test_a_page_of_events_costs_few_statements(
    workspace: Workspace, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser(cast.olga)
    for number in range(60):
        audit.record(cast.mona, "project.change", workspace, workspace, n=number)
    with django_assert_max_num_queries(9):
        client.get(reverse("audit"))
