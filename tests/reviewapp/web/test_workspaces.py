"""Workspaces: the list, a new one, the home of one, its settings."""

from collections.abc import Callable

from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reviewapp.domain import people, projects
from reviewapp.models import Project, User, Workspace
from tests.cast import Cast, trained, write_documents

Browser = Callable[[User], Client]


def home(client: Client, workspace: Workspace) -> str:
    return client.get(reverse("workspace", args=[workspace.pk])).content.decode()


def may_add(person: User) -> None:
    person.user_permissions.add(Permission.objects.get(codename="add_workspace"))


def test_the_list_shows_the_persons_own_workspaces_only(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    said = browser(cast.rita).get(reverse("workspaces")).content.decode()
    assert "Halden" in said
    assert "Elsewhere" not in said


def test_the_list_costs_the_same_for_one_and_for_many_workspaces(
    cast: Cast, workspace: Workspace, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        people.grant(Workspace.objects.create(name=f"Matter {number}"), cast.rita, "reviewer", None)
    client = browser(cast.rita)
    with django_assert_max_num_queries(6):
        client.get(reverse("workspaces"))


def test_who_is_in_no_workspace_reads_what_to_do(cast: Cast, browser: Browser) -> None:
    said = browser(cast.rita).get(reverse("workspaces")).content.decode()
    assert "Ask the admin of a workspace to add you" in said
    assert "New workspace" not in said


def test_a_new_workspace_opens_with_its_maker_as_admin(cast: Cast, browser: Browser) -> None:
    may_add(cast.rita)
    answer = browser(cast.rita).post(reverse("workspace-create"), {"name": "Kirkfell"})
    made = Workspace.objects.get(name="Kirkfell")
    assert answer.headers["Location"] == reverse("workspace", args=[made.pk])
    assert [(member.user, member.role) for member in people.members(made)] == [(cast.rita, "admin")]


def test_a_name_that_is_taken_is_told_beside_the_field(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    answer = browser(cast.olga).post(reverse("workspace-create"), {"name": "Halden"})
    assert answer.status_code == 422
    assert 'id="id_name_error"' in answer.content.decode()
    assert "There is a workspace of this name already." in answer.content.decode()


def test_without_the_right_nobody_makes_a_workspace(cast: Cast, browser: Browser) -> None:
    assert browser(cast.rita).post(reverse("workspace-create"), {"name": "Kirkfell"}).status_code == 403
    assert not Workspace.objects.filter(name="Kirkfell").exists()


def test_a_stranger_finds_no_workspace(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    client = browser(cast.stan)
    for name in ("workspace", "workspace-live", "workspace-settings", "workspace-people", "workspace-jobs"):
        assert client.get(reverse(name, args=[workspace.pk])).status_code == 404


def test_the_home_shows_progress_and_the_way_into_the_review(cast: Cast, project: Project, browser: Browser) -> None:
    trained(project, cast.rolf)
    said = home(browser(cast.rita), project.workspace)
    now = Project.objects.get(pk=project.pk)
    assert f"{now.coded} of 60 coded" in said
    assert "Model v" in said
    assert f'href="{reverse("review", args=[project.pk])}"' in said
    assert "New project" not in said


def test_a_viewer_is_not_offered_to_review(cast: Cast, project: Project, browser: Browser) -> None:
    assert "Start review" not in home(browser(cast.vic), project.workspace)


def test_a_paused_project_says_why_the_review_cannot_start(cast: Cast, project: Project, browser: Browser) -> None:
    projects.pause(project, cast.mona)
    said = home(browser(cast.rita), project.workspace)
    assert "Paused by a manager" in said
    assert f'href="{reverse("review", args=[project.pk])}"' not in said


def test_a_project_that_is_not_indexed_yet_says_so(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    write_documents(workspace, 3)
    projects.create(workspace, cast.mona, name="Fresh")
    said = home(browser(cast.rita), workspace)
    assert "Indexing" in said
    assert "Documents are being indexed" in said


def test_the_home_costs_the_same_for_one_and_for_many_projects(
    cast: Cast, project: Project, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        projects.create(project.workspace, cast.mona, name=f"Question {number}")
    client = browser(cast.rita)
    with django_assert_max_num_queries(9):
        home(client, project.workspace)


def test_an_empty_workspace_says_the_next_step_to_those_who_may_take_it(
    cast: Cast, workspace: Workspace, browser: Browser
) -> None:
    assert "Bring in the documents" in home(browser(cast.mona), workspace)
    assert "Nothing to review yet" in home(browser(cast.rita), workspace)
    write_documents(workspace, 1)
    assert "Start the first project" in home(browser(cast.mona), workspace)


def test_the_moving_part_is_the_same_in_the_page_and_in_the_poll(
    cast: Cast, project: Project, browser: Browser
) -> None:
    client = browser(cast.rita)
    part = client.get(reverse("workspace-live", args=[project.workspace_id])).content.decode()
    assert part.strip().startswith('<div class="stack loose" id="live" data-live')
    assert "<html" not in part
    assert part.strip() in home(client, project.workspace)


def test_an_admin_renames_the_workspace(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    browser(cast.alice).post(reverse("workspace-settings", args=[workspace.pk]), {"name": "Halden II"})
    workspace.refresh_from_db()
    assert workspace.name == "Halden II"


def test_a_refused_name_leaves_the_workspace_and_its_heading_as_they_were(
    cast: Cast, workspace: Workspace, browser: Browser
) -> None:
    answer = browser(cast.alice).post(reverse("workspace-settings", args=[workspace.pk]), {"name": "Elsewhere"})
    assert answer.status_code == 422
    assert "<h1>Halden</h1>" in answer.content.decode()


def test_a_manager_does_not_get_to_the_settings(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    client = browser(cast.mona)
    assert client.get(reverse("workspace-settings", args=[workspace.pk])).status_code == 403
    assert reverse("workspace-settings", args=[workspace.pk]) not in home(client, workspace)
