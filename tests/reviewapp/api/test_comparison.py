"""Comparison, shadow scores, rollbacks and drift at the API."""

from models_lib import shadows
from reviewapp.models import Project
from tests.cast import Cast, code_chosen, perform_jobs, pinned
from tests.models_lib.test_validation import validated
from tests.reviewapp.api.conftest import Api
from tests.training.test_drifting import STRANGE, arrive
from tests.training.test_validating import train

__all__ = ["validated"]


def test_two_versions_are_compared_and_shadowed(validated: Project, cast: Cast) -> None:
    """U-10, U-13: figures with paired intervals, then what would move in the collection."""
    pinned(validated, cast.mona)
    code_chosen(validated, cast.rita, validated.items.select_related("document").filter(decision=None))
    train(validated, cast)
    pinned(validated, cast.mona, 2)
    mona, path = Api(cast.mona), f"/projects/{validated.pk}/versions/2"
    found = Api(cast.vic).get(f"{path}/comparison", earlier=1).json()
    assert (found["earlier"], found["later"], found["only_earlier"]) == (1, 2, 0)
    assert "Newcombe" in found["intervals"]
    [label] = found["labels"]
    assert [pair["name"] for pair in label["pairs"]] == ["precision", "recall", "f1", "average_precision"]
    assert mona.get(f"{path}/comparison", earlier=2).status_code == 422
    assert mona.get(f"{path}/comparison", earlier=9).status_code == 404
    shadow = mona.get(f"{path}/shadow", earlier=1)
    assert shadow.status_code == 200
    assert len(shadow.json()["most"]) == shadows.LISTED
    assert mona.post(f"{path}/scores").status_code == 409
    arrive(validated, 25, STRANGE)
    assert mona.get(f"{path}/shadow", earlier=1).status_code == 409
    asked = mona.post(f"/projects/{validated.pk}/versions/1/scores")
    assert (asked.status_code, asked.json()["kind"]) == (202, "score")
    [look] = Api(cast.vic).every(f"/projects/{validated.pk}/drift")
    assert (look["documents"], look["found"]) == (25, True)


def test_a_project_is_rolled_back_and_forth(validated: Project, cast: Cast) -> None:
    """U-27: what would change, the typed name, and the way back."""
    pinned(validated, cast.mona)
    code_chosen(validated, cast.rita, validated.items.select_related("document").filter(decision=None)[:10])
    train(validated, cast)
    mona, base = Api(cast.mona), f"/projects/{validated.pk}"
    path = f"{base}/versions/1/rollback"
    told = mona.get(path).json()
    assert (told["to"], told["backup"], told["set_aside"], told["pending"]) == (1, 2, 10, 0)
    assert Api(cast.rita).post(path, {"confirmation": "v1"}).status_code == 403
    assert mona.post(path, {"confirmation": "1"}).status_code == 422
    asked = mona.post(path, {"confirmation": "v1"})
    assert (asked.status_code, asked.json()["made"]) == (202, None)
    assert mona.post(path, {"confirmation": "v1"}).status_code == 409
    perform_jobs()
    assert mona.get(asked.headers["Location"].removeprefix("/api/v1")).json()["result"]["to"] == 1
    assert mona.get(base).json()["positives"] == told["after"]["positives"]
    again = mona.post(f"{base}/versions/2/rollback", {"confirmation": "v2"})
    assert again.status_code == 202
    perform_jobs()
    rows = Api(cast.vic).every(f"{base}/rollbacks")
    assert [(row["to"], row["backup"], row["made"], row["asked_by"]) for row in rows] == [
        (2, 3, 4, "mona"),
        (1, 2, 3, "mona"),
    ]
    assert mona.get(base).json()["positives"] == told["before"]["positives"]
