"""Validation at the API."""

from reviewapp.models import Project
from tests.cast import Cast, pinned, retrained, trained
from tests.models_lib.test_validation import validated
from tests.reviewapp.api.conftest import Api

__all__ = ["validated"]


def test_figures_curves_and_rating_are_given_at_any_threshold(validated: Project, cast: Cast) -> None:
    """U-21, U-22: arrays of thresholds, precisions and recalls; intervals; the number each rests on; the rating."""
    vic, path = Api(cast.vic), f"/projects/{validated.pk}/versions/1/validation"
    told = vic.get(path, threshold=0.3).json()
    [label] = told["labels"]
    assert (told["threshold"], told["basis"], label["name"]) == (0.3, "coded", "Relevant")
    assert len(label["thresholds"]) == len(label["precisions"]) == len(label["recalls"]) > 0
    recall = label["figures"]["recall"]
    assert recall["low"] <= recall["value"] <= recall["high"]
    assert recall["number"] == label["figures"]["positives"]
    assert 0 <= told["rating"]["score"] <= 100
    assert vic.get(path, basis="control").json()["basis"] == "control"
    for wrong in ({"threshold": 2}, {"basis": "stars"}, {"what": 1}):
        assert vic.get(path, **wrong).status_code == 400
    assert vic.get(f"/projects/{validated.pk}/versions/9/validation").status_code == 404


def test_the_pinned_versions_come_with_their_frozen_figures(validated: Project, cast: Cast) -> None:
    """U-08, U-09, U-10"""
    retrained(validated, cast.rita, 2)
    for number in (1, 3):
        pinned(validated, cast.mona, number)
    rows = Api(cast.vic).every(f"/projects/{validated.pk}/validations")
    assert [row["version"] for row in rows] == [1, 3]
    assert all(row["record"]["validation"]["coded"]["labels"] for row in rows)


def test_where_nothing_was_held_out_the_reason_is_told(project: Project, cast: Cast) -> None:
    version = trained(project, cast.rita).version
    assert version is not None
    type(version).objects.update(held_out="")
    refused = Api(cast.vic).get(f"/projects/{project.pk}/versions/1/validation")
    assert (refused.status_code, "held out" in refused.json()["detail"]) == (409, True)
