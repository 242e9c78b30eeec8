"""Saved views over REST, as the OpenAPI document says."""

from reviewapp.domain import saved_views
from reviewapp.models import Project
from tests.cast import Cast, code
from tests.reviewapp.api.conftest import Api


def test_views_are_saved_listed_preferred_and_deleted(project: Project, cast: Cast) -> None:
    rita, path = Api(cast.rita), f"/projects/{project.pk}/views"
    made = rita.post(path, {"name": "Coded", "query": "state=positive&page=3&column=rank"})
    assert made.status_code == 201
    assert made.json()["query"] == "state=positive&column=rank"
    assert [view["name"] for view in rita.get(path).json()["results"]] == ["Coded"]
    assert Api(cast.rolf).get(path).json()["results"] == []
    address = made.headers["Location"].removeprefix("/api/v1")
    assert rita.patch(address, {"is_default": True}).json()["is_default"] is True
    assert rita.get(address).json()["project"] == project.pk
    assert Api(cast.alice).get(address).status_code == 404
    assert rita.delete(address).status_code == 204
    assert not saved_views.of(cast.rita, project).exists()


def test_a_workspaces_views_are_lists_of_their_own(project: Project, cast: Cast) -> None:
    rita, path = Api(cast.rita), f"/workspaces/{project.workspace_id}/views"
    made = rita.post(path, {"name": "Box a", "query": "tag=box+a", "is_default": True}).json()
    assert (made["workspace"], made["project"]) == (project.workspace_id, None)
    assert rita.get(f"/projects/{project.pk}/views").json()["results"] == []
    assert rita.post(path, {"name": ""}).status_code == 422


def test_the_order_of_a_view_is_an_order_of_the_list(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 5)
    path, vic = f"/projects/{project.pk}/documents", Api(cast.vic)
    by_number = [row["document"]["control_number"] for row in vic.every(path, order="-control_number", page_size=7)]
    assert by_number == sorted(by_number, reverse=True)
    assert len(by_number) == 60
    latest = [row["document"]["id"] for row in vic.every(path, order="latest", page_size=2)]
    decided = project.items.exclude(decision=None).order_by("-current_id").values_list("document_id", flat=True)
    assert latest[:5] == list(decided)
    assert sorted(latest) == sorted(project.items.values_list("document_id", flat=True))
