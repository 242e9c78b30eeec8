"""The history and the end of a review by REST."""

from reviewapp.models import Project
from tests.cast import Cast, trained
from tests.reviewapp.api.conftest import Api


def test_a_review_is_completed_listed_in_the_history_archived_and_reopened(project: Project, cast: Cast) -> None:
    """R-01: by REST as by page."""
    trained(project, cast.rita)
    api, address, workspace = Api(cast.mona), f"/projects/{project.pk}", f"/workspaces/{project.workspace_id}"
    assert api.post(f"{address}/complete").json()["state"] == "complete"
    refused = api.post(f"{address}/train")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    listed = Api(cast.vic).get(f"{workspace}/history").json()["results"]
    assert [(row["name"], row["state"], row["record"]["progress"]["coded"]) for row in listed] == [
        ("Valves", "complete", 12)
    ]
    assert Api(cast.vic).get(f"{workspace}/history/{listed[0]['id']}").json() == listed[0]
    assert len(api.get(f"{workspace}/projects").json()["results"]) == 1
    api.post(f"{address}/archive")
    assert api.get(f"{workspace}/projects").json()["results"] == []
    assert api.get("/projects").json()["results"] == []
    assert len(api.get(f"{workspace}/projects", state="archived").json()["results"]) == 1
    assert api.post(f"{address}/unarchive").json()["state"] == "complete"
    assert api.post(f"{address}/reopen").json()["state"] == "active"
    assert api.post(f"{address}/reopen").status_code == 409
