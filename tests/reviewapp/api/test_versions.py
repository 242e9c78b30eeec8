"""Versions, pins and tags at the API."""

from models_lib.models import ModelVersion
from reviewapp.models import Project
from tests.cast import Cast, perform_jobs, pinned, retrained, trained
from tests.reviewapp.api.conftest import Api


def test_a_version_is_pinned_listed_and_unpinned(project: Project, cast: Cast) -> None:
    """U-05, U-11: the request names the version that was seen."""
    trained(project, cast.rita)
    retrained(project, cast.rita)
    mona, path = Api(cast.mona), f"/projects/{project.pk}/pins"
    asked = mona.post(path, {"version": 1})
    assert (asked.status_code, asked.json()["version"], asked.json()["record"]) == (202, 1, None)
    assert mona.get(asked.headers["Location"].removeprefix("/api/v1")).json()["kind"] == "pin"
    assert mona.post(path, {"version": 1}).json()["job"] == asked.json()["job"]
    perform_jobs()
    [row] = mona.every(path)
    assert (row["version"], row["pinned_by"], row["tags"]) == (1, "mona", [])
    assert row["record"]["metrics"]
    assert [row["number"] for row in mona.every(f"/projects/{project.pk}/versions", pinned="true")] == [1]
    assert [row["number"] for row in mona.every(f"/projects/{project.pk}/versions", pinned="false")] == [2]
    assert mona.post(path, {"version": 9}).status_code == 404
    assert mona.post(path, {}).status_code == 422
    assert mona.delete(f"{path}/1").status_code == 204
    assert mona.delete(f"{path}/1").status_code == 409


def test_a_tag_moves_for_who_says_what_they_saw(project: Project, cast: Cast) -> None:
    """U-06, U-12, D9."""
    trained(project, cast.rita)
    retrained(project, cast.rita)
    for number in (1, 2):
        pinned(project, cast.mona, number)
    mona, path = Api(cast.mona), f"/projects/{project.pk}/tags"
    assert mona.put(f"{path}/live", {"version": 1, "was": None}).json()["version"] == 1
    assert mona.put(f"{path}/live", {"version": 2, "was": None}).status_code == 409
    assert mona.put(f"{path}/live", {"version": 2, "was": 1}).json()["version"] == 2
    assert mona.put(f"{path}/blue", {"version": 2, "was": None}).status_code == 422
    [tag] = Api(cast.vic).get(path).json()["results"]
    assert (tag["name"], tag["version"], tag["moved_by"]) == ("live", 2, "mona")
    assert mona.get(f"/projects/{project.pk}/versions/2").json()["tags"] == ["live"]
    assert mona.delete(f"/projects/{project.pk}/pins/2").status_code == 409
    assert mona.delete(f"{path}/live?was=1").status_code == 409
    assert mona.delete(f"{path}/live").status_code == 400
    assert mona.delete(f"{path}/live?was=2").status_code == 204
    assert mona.get(path).json() == {"results": []}


def test_deleting_a_version_asks_for_its_name(project: Project, cast: Cast) -> None:
    """U-24"""
    trained(project, cast.rita)
    pinned(project, cast.mona, 1)
    retrained(project, cast.rita)
    mona, path = Api(cast.mona), f"/projects/{project.pk}/versions/1"
    assert mona.delete(path).status_code == 422
    assert mona.delete(f"{path}?confirmation=v1").status_code == 204
    row = mona.get(path).json()
    assert (row["kept"], row["pinned"]) == (False, False)
    assert Api(cast.rita).delete(f"{path}?confirmation=v1").status_code == 403


def test_what_differs_between_two_versions_is_said_in_words(project: Project, cast: Cast) -> None:
    """B-06"""
    trained(project, cast.rita)
    retrained(project, cast.rita)
    vic, path = Api(cast.vic), f"/projects/{project.pk}/versions/2/difference"
    told = vic.get(path, earlier=1).json()
    assert (told["earlier"], told["later"], told["same"]) == (1, 2, False)
    [change] = told["changes"]
    assert change["what"] == "Decisions"
    assert change["said"].startswith("1 decision came in: ")
    assert vic.get(path, earlier=2).json() == {"earlier": 2, "later": 2, "same": True, "changes": []}
    assert vic.get(path).status_code == 400
    assert vic.get(path, earlier=7).status_code == 404


def test_the_model_says_whether_it_is_up_to_date(project: Project, cast: Cast) -> None:
    """U-19: state, version applied, pending changes."""
    vic, path = Api(cast.vic), f"/projects/{project.pk}/model-status"
    assert vic.get(path).json()["state"] == "none"
    trained(project, cast.rita)
    now = vic.get(path).json()
    assert (now["version"], now["job"]) == (ModelVersion.objects.get().number, None)
