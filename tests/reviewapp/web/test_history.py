"""Active Learning History: a tab of the workspace, without a single button."""

import re
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from reviewapp.domain import closing, history, leases, projects, stopping, validation
from reviewapp.domain.validation_plans import Design
from reviewapp.models import Project, User
from tests.cast import Cast, annotate, code, exported, fresh, trained

FIGURES = ("Documents by rank", "10 decisions", "mona", "Valve knowledge", "v1", "Why documents were served")
PROVEN = ("Elusion test 1", "Project completed", "Elusion rate", "Irrelevant in a row", "Planned test")
Browser = Callable[[User], Client]


def changes(page: str) -> list[str]:
    """Where the page's forms that change something lead to, but for the one that signs out."""
    forms = [form for form in re.findall(r"<form[^>]*>", page) if 'method="post"' in form]
    return [action for form in forms for action in re.findall(r'action="([^"]*)"', form) if "sign-out" not in action]


def test_everybody_who_may_look_reads_what_was_at_the_end_and_can_change_nothing(
    cast: Cast, project: Project, browser: Browser
) -> None:
    """R-01: what was set, done, validated and exported; no write action is offered, not even to an admin."""
    now = trained(project, cast.rita)
    exported(now, cast.mona)
    stopping.set_plan(now, cast.mona, {"target": 0.8, "confidence": 0.95, "looks": 1})
    stopping.look(now, cast.mona)
    leases.release(now, cast.rita)
    round_ = validation.start(now, cast.mona, Design(size=4))
    code(fresh(now), cast.rita, 4)
    validation.complete(round_, cast.mona)
    closed = history.of(now.workspace).get()
    for person in (cast.vic, cast.rita, cast.alice):
        client = browser(person)
        listed = client.get(reverse("workspace-history", args=[now.workspace_id])).content.decode()
        assert reverse("closed-project", args=[now.workspace_id, closed.pk]) in listed
        page = client.get(reverse("closed-project", args=[now.workspace_id, closed.pk])).content.decode()
        for said in (*FIGURES, *PROVEN):
            assert said in page, said
        assert changes(page) == []
        assert changes(listed) == []


def test_an_annotation_project_is_kept_with_its_labels_and_without_figures_of_relevance(
    cast: Cast, annotation: Project, browser: Browser
) -> None:
    annotate(annotation, cast.rita, annotation.items.all()[0])
    closing.complete(fresh(annotation), cast.mona)
    closed = history.of(annotation.workspace).get()
    page = browser(cast.vic).get(reverse("closed-project", args=[annotation.workspace_id, closed.pk])).content.decode()
    for said in ("Annotated", "Part, Person, Absent", "Formal, Casual"):
        assert said in page, said
    for said in ("Not relevant", "Relevance rate", "Documents by rank"):
        assert said not in page, said


def test_a_removed_project_is_still_read(cast: Cast, project: Project, browser: Browser) -> None:
    projects.delete(trained(project, cast.rita), cast.alice, "Valves")
    closed = history.of(project.workspace).get()
    page = browser(cast.vic).get(reverse("closed-project", args=[project.workspace_id, closed.pk])).content.decode()
    assert "Removed" in page
    assert "Documents by rank" in page
    assert reverse("project", args=[project.pk]) not in page


def test_an_empty_history_says_how_something_gets_there(cast: Cast, project: Project, browser: Browser) -> None:
    page = browser(cast.vic).get(reverse("workspace-history", args=[project.workspace_id])).content.decode()
    assert "No project has ended yet" in page


def test_a_manager_completes_archives_and_reopens_on_the_pages(cast: Cast, project: Project, browser: Browser) -> None:
    trained(project, cast.rita)
    client, home = browser(cast.mona), reverse("workspace", args=[project.workspace_id])
    assert "Complete the project" in client.get(reverse("project-settings", args=[project.pk])).content.decode()
    assert client.post(reverse("project-complete", args=[project.pk])).status_code == 302
    page = client.get(reverse("project", args=[project.pk])).content.decode()
    assert "This project is complete" in page
    assert "Train now" not in page
    assert "Start review" not in page
    assert set(changes(page)) == {
        reverse("project-archive", args=[project.pk]),
        reverse("project-reopen", args=[project.pk]),
    }
    assert changes(browser(cast.rita).get(reverse("project", args=[project.pk])).content.decode()) == []
    assert "The review has ended" in client.get(home).content.decode()
    client.post(reverse("project-archive", args=[project.pk]))
    assert "Valves" not in client.get(home).content.decode().split("Latest jobs")[0]
    client.post(reverse("project-unarchive", args=[project.pk]))
    client.post(reverse("project-reopen", args=[project.pk]))
    assert fresh(project).state == Project.State.ACTIVE


def test_an_admin_can_still_delete_a_complete_project(cast: Cast, project: Project, browser: Browser) -> None:
    closing.complete(project, cast.mona)
    client, address = browser(cast.alice), reverse("project-settings", args=[project.pk])
    page = client.get(address).content.decode()
    assert changes(page)[-1] == reverse("project-delete", args=[project.pk])
    assert reverse("project-pause", args=[project.pk]) not in page
    client.post(reverse("project-delete", args=[project.pk]), {"confirmation": "Valves"})
    assert not Project.objects.exists()
