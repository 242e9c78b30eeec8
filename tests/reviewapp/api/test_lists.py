"""Lists: pages that miss and repeat nothing, filters that are named, and only what the person may see."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from reviewapp.domain import jobs, people, projects
from reviewapp.models import Document, Job, Project, Workspace
from tests.cast import Cast, code, trained, write_documents
from tests.reviewapp.api.conftest import Api

# Nonsense, an empty object, a text for a number, a negative number, a third direction, not ASCII, long, too large.
NO_CURSORS = ("x", "e30", "WzAsInh4Il0", "WzAsLTFd", "WzIsMV0", "é", "W" * 9000, "WzAsMTAwMDAwMDAwMDAwMDAwMDAwMDAwXQ")


def numbers(rows: list[Any], name: str = "control_number") -> list[Any]:
    return [row[name] for row in rows]


def test_pages_forward_miss_and_repeat_nothing(project: Project, cast: Cast) -> None:
    pages = list(Api(cast.vic).pages(f"/workspaces/{project.workspace_id}/documents", page_size=25))
    assert [len(page) for page in pages] == [25, 25, 10]
    assert numbers([row for page in pages for row in page]) == [f"HAL-{n:06d}" for n in range(60)]


def test_pages_backward_are_the_same_pages(project: Project, cast: Cast) -> None:
    vic = Api(cast.vic)
    for path, query in (
        (f"/workspaces/{project.workspace_id}/documents", {}),
        (f"/projects/{project.pk}/documents", {}),
        (f"/workspaces/{project.workspace_id}/people", {"page_size": 2}),
    ):
        first = vic.get(path, **{"page_size": 20, **query}).json()
        second = vic.client.get(first["next"]).json()
        back = vic.client.get(second["previous"]).json()
        assert back["results"] == first["results"]
        assert back["previous"] is None
        assert vic.client.get(back["next"]).json()["results"] == second["results"]


def test_a_page_stays_where_it_is_when_rows_are_added_before_it(project: Project, cast: Cast) -> None:
    """Jobs come newest first: a new one must not push an old one onto the next page again."""
    vic = Api(cast.vic)
    for _ in range(4):
        jobs.request(Job.Kind.POPULATE, project.workspace, project=project)
    first = vic.get(f"/workspaces/{project.workspace_id}/jobs", page_size=2).json()
    jobs.request(Job.Kind.POPULATE, project.workspace, project=project)
    second = vic.client.get(first["next"]).json()
    assert not set(numbers(first["results"], "id")) & set(numbers(second["results"], "id"))


@pytest.mark.parametrize("size", ["0", "501", "-1", "x", "1e3", "", "٣", "9" * 5000])
def test_a_page_size_outside_1_to_500_is_refused(project: Project, cast: Cast, size: str) -> None:
    refused = Api(cast.vic).get(f"/projects/{project.pk}/documents", page_size=size)
    assert refused.status_code == 400
    assert "page_size" in refused.json()["fields"]


@pytest.mark.parametrize("cursor", NO_CURSORS)
def test_a_cursor_that_is_none_is_refused(project: Project, cast: Cast, cursor: str) -> None:
    for path in (f"/projects/{project.pk}/documents", f"/workspaces/{project.workspace_id}/documents"):
        assert Api(cast.vic).get(path, cursor=cursor).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/workspaces",
        "/projects",
        "/workspaces/{w}/people",
        "/workspaces/{w}/documents",
        "/workspaces/{w}/jobs",
        "/workspaces/{w}/projects",
        "/projects/{p}/documents",
        "/projects/{p}/completions",
        "/projects/{p}/versions",
    ],
)
def test_a_filter_through_relations_is_refused_naming_the_known_ones(project: Project, cast: Cast, path: str) -> None:
    """The way in which others leaked password digests: a filter that follows relations."""
    address = path.format(w=project.workspace_id, p=project.pk)
    for name in ("project__workspace__members__password__startswith", "workspace__grants__user", "id__gt", "order_by"):
        refused = Api(cast.vic).get(address, **{name: "a"})
        assert refused.status_code == 400
        assert "page_size" in refused.json()["detail"]


def test_documents_are_found_by_words_tag_and_control_number(workspace: Workspace, cast: Cast) -> None:
    write_documents(workspace, 12)
    vic, path = Api(cast.vic), f"/workspaces/{workspace.pk}/documents"
    assert numbers(vic.every(path, search="hidden commission")) == ["HAL-000000", "HAL-000004", "HAL-000008"]
    assert len(vic.every(path, tag="box a")) == 6
    assert numbers(vic.every(path, control_number="HAL-000003")) == ["HAL-000003"]
    assert numbers(vic.every(path, control_number_starts="HAL-00001")) == ["HAL-000010", "HAL-000011"]
    assert numbers(vic.every(path, search="commission", tag="box a")) == []
    assert "text" not in vic.get(path).json()["results"][0]


def test_documents_of_other_workspaces_and_deleted_ones_are_in_no_list(workspace: Workspace, cast: Cast) -> None:
    elsewhere = Workspace.objects.get(name="Elsewhere")
    write_documents(elsewhere, 3)
    write_documents(workspace, 3)
    Document.objects.filter(workspace=workspace, control_number="HAL-000001").update(deleted_at="2026-01-01T00:00Z")
    shown = Api(cast.alice).every(f"/workspaces/{workspace.pk}/documents")
    assert {row["id"] for row in shown} == set(
        Document.objects.filter(workspace=workspace, deleted_at=None).values_list("pk", flat=True)
    )


def test_jobs_are_found_by_state_kind_and_project(project: Project, cast: Cast) -> None:
    vic, path = Api(cast.vic), f"/workspaces/{project.workspace_id}/jobs"
    jobs.request(Job.Kind.TRAIN, project.workspace, project=project)
    assert numbers(vic.every(path), "kind") == ["train", "populate"]
    assert numbers(vic.every(path, state="queued"), "kind") == ["train"]
    assert numbers(vic.every(path, state=["queued", "done"]), "kind") == ["train", "populate"]
    assert numbers(vic.every(path, kind="populate"), "state") == ["done"]
    assert vic.every(path, project=project.pk + 1) == []
    assert vic.get(path, state="sleeping").status_code == 400


def test_a_projects_documents_are_found_by_what_was_decided_by_whom(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 5)
    code(project, cast.rolf, 2)
    vic, path = Api(cast.vic), f"/projects/{project.pk}/documents"
    assert len(vic.every(path, state="unreviewed")) == 53
    assert len(vic.every(path, reviewer="rita")) == 5
    assert len(vic.every(path, reviewer="rolf", reason="index_health")) == 2
    assert vic.every(path, reviewer="stan") == vic.every(path, reviewer="nobody") == []
    decided = vic.every(path, state="positive") + vic.every(path, state="negative")
    assert {row["reviewer"] for row in decided} == {"rita", "rolf"}
    assert all(row["revision"] == 1 and row["choice"] for row in decided)


def test_a_projects_documents_come_by_rank_with_their_rank(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    rows = Api(cast.vic).every(f"/projects/{project.pk}/documents", order="highest", page_size=7)
    assert len({row["ordinal"] for row in rows}) == 60
    assert numbers(rows, "rank") == sorted(numbers(rows, "rank"), reverse=True)
    middle = rows[30]["rank"]
    above = Api(cast.vic).every(f"/projects/{project.pk}/documents", lowest=middle, state="unreviewed")
    assert above
    assert all(row["rank"] >= middle and row["decision"] is None for row in above)


def test_a_list_by_rank_that_moved_on_says_so(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    vic, path = Api(cast.vic), f"/projects/{project.pk}/documents"
    first = vic.get(path, order="highest", state="unreviewed", page_size=5).json()
    code_all = project.items.filter(ordinal=first["results"][-1]["ordinal"])
    code_all.update(decision=1)
    refused = vic.client.get(first["next"])
    assert refused.status_code == 400
    assert "moved on" in refused.json()["detail"]


def test_everybody_sees_the_projects_of_their_workspaces_and_no_other(project: Project, cast: Cast) -> None:
    """The visible set and the hidden set."""
    theirs = projects.create(Workspace.objects.get(name="Elsewhere"), cast.stan, name="Theirs")
    for person, seen in (
        (cast.alice, {project.pk}),
        (cast.mona, {project.pk}),
        (cast.rita, {project.pk}),
        (cast.vic, {project.pk}),
        (cast.stan, {theirs.pk}),
        (cast.olga, {project.pk, theirs.pk}),
    ):
        assert {row["id"] for row in Api(person).every("/projects")} == seen


def test_everybody_sees_their_workspaces_with_their_role(workspace: Workspace, cast: Cast) -> None:
    for person, seen in (
        (cast.alice, {("Halden", "admin")}),
        (cast.mona, {("Halden", "manager")}),
        (cast.rita, {("Halden", "reviewer")}),
        (cast.vic, {("Halden", "viewer")}),
        (cast.stan, {("Elsewhere", "admin")}),
        (cast.olga, {("Halden", "admin"), ("Elsewhere", "admin")}),
    ):
        assert {(row["name"], row["role"]) for row in Api(person).every("/workspaces")} == seen


def test_a_role_elsewhere_opens_no_list_here(project: Project, cast: Cast) -> None:
    stan = Api(cast.stan)
    for path in (
        f"/workspaces/{project.workspace_id}",
        f"/workspaces/{project.workspace_id}/people",
        f"/workspaces/{project.workspace_id}/documents",
        f"/workspaces/{project.workspace_id}/jobs",
        f"/workspaces/{project.workspace_id}/projects",
        f"/projects/{project.pk}/documents",
        f"/projects/{project.pk}/completions",
        f"/projects/{project.pk}/versions",
        f"/projects/{project.pk}/statistics",
    ):
        assert stan.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/workspaces", 6),
        ("/projects", 5),
        ("/workspaces/{w}/people", 6),
        ("/workspaces/{w}/documents", 5),
        ("/workspaces/{w}/jobs", 5),
        ("/workspaces/{w}/projects", 5),
        ("/projects/{p}/documents", 6),
        ("/projects/{p}/completions", 5),
        ("/projects/{p}/versions", 5),
    ],
)
def test_a_list_takes_no_statement_a_row(
    project: Project,
    cast: Cast,
    path: str,
    most: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(5):
        more = projects.create(project.workspace, cast.mona, name=f"More {number}")
        people.grant(Workspace.objects.create(name=f"W {number}"), cast.vic, "viewer", None)
        jobs.request(Job.Kind.TRAIN, project.workspace, project=more, by=cast.mona)
    trained(project, cast.rita)
    vic = Api(cast.vic)
    with django_assert_max_num_queries(most):
        assert vic.get(path.format(w=project.workspace_id, p=project.pk)).status_code == 200
