"""Validation rounds over REST."""

from typing import Any

import pytest

from reviewapp.models import Project, ValidationRound
from tests import samples
from tests.cast import Cast, fresh, perform_jobs
from tests.reviewapp.api.conftest import Api


@pytest.fixture
def reviewed(project: Project, cast: Cast) -> Project:
    return samples.reviewed(project, cast)


def begin(project: Project, cast: Cast, **design: Any) -> str:
    """Start a round; where it stands."""
    made = Api(cast.mona).post(f"/projects/{project.pk}/validation-rounds", design)
    assert made.status_code == 201
    return str(made.headers["Location"].removeprefix("/api/v1"))


def test_a_plan_says_what_it_takes_and_what_it_can_show(reviewed: Project, cast: Cast) -> None:
    """SPEC 2.1.8: planner before coding."""
    vic = Api(cast.vic)
    plan = vic.get(f"/projects/{reviewed.pk}/validation-plan", kind="project", size=20).json()
    assert (plan["size"], plan["found"], plan["below"]["pile"]) == (20, 6, 48)
    assert 0 < plan["best_recall"] < 1
    whole = vic.get(f"/projects/{reviewed.pk}/validation-plan", kind="project", size=48).json()
    assert (whole["best_recall"], whole["best_elusion"]) == (1.0, 0.0)
    assert vic.get(f"/projects/{reviewed.pk}/validation-plan", confidence=2).status_code == 400
    assert vic.get(f"/projects/{reviewed.pk}/validation-plan", margin="nan").status_code in (400, 422)
    assert vic.get(f"/projects/{reviewed.pk}/validation-plan", surprise=1).status_code == 400


def test_a_round_is_started_coded_read_and_ended(reviewed: Project, cast: Cast) -> None:
    mona = Api(cast.mona)
    place = begin(reviewed, cast, kind="project", cutoff=50, size=1000)
    assert Api(cast.rita).post(f"/projects/{reviewed.pk}/next").json()["next"]["reason"] == "validation"
    told = mona.get(place).json()
    assert (told["state"], told["progress"]["left"], told["result"]) == ("open", 48, None)
    assert mona.post(f"/projects/{reviewed.pk}/train").status_code == 409
    assert mona.post(f"{place}/resume").status_code == 409

    samples.code_sample(reviewed, cast.rita)
    assert mona.get(place).json()["result"]["estimates"]["recall"]["high"] <= 1
    ended = mona.post(f"{place}/resume").json()

    assert (ended["state"], ended["progress"], ended["closed_by"]) == ("resumed", None, "mona")
    figures = ended["result"]["estimates"]
    assert set(figures) == {"elusion", "richness", "recall", "precision"}
    assert figures["richness"]["value"] == pytest.approx(0.25)
    assert figures["elusion"]["weak"] is True
    (row,) = mona.every(f"/projects/{reviewed.pk}/validation-rounds", state="resumed")
    assert row == ended
    perform_jobs()
    assert mona.get(f"/projects/{reviewed.pk}").json()["version"] == 2


def test_a_project_is_completed_or_a_round_abandoned(reviewed: Project, cast: Cast) -> None:
    mona = Api(cast.mona)
    assert mona.post(f"{begin(reviewed, cast, size=5)}/abandon").json()["state"] == "abandoned"
    place = begin(reviewed, cast, size=2)
    samples.code_sample(reviewed, cast.rita)
    assert mona.post(f"{place}/complete").json()["state"] == "completed"
    assert mona.get(f"/projects/{reviewed.pk}").json()["state"] == "complete"
    assert [row["number"] for row in mona.every(f"/projects/{reviewed.pk}/validation-rounds")] == [2, 1]


def test_only_a_manager_starts_and_ends_rounds(reviewed: Project, cast: Cast) -> None:
    rita, rounds = Api(cast.rita), f"/projects/{reviewed.pk}/validation-rounds"
    assert rita.post(rounds, {}).status_code == 403
    place = begin(reviewed, cast, size=2)
    assert {rita.post(f"{place}/{end}").status_code for end in ("resume", "complete", "abandon")} == {403}
    assert rita.get(place).status_code == 200
    assert Api(cast.stan).get(place).status_code == 404
    assert Api(cast.mona).get(f"{rounds}/7").status_code == 404


def test_what_cannot_be_started_is_named_by_field(project: Project, cast: Cast) -> None:
    mona = Api(cast.mona)
    refused = mona.post(f"/projects/{project.pk}/validation-rounds", {"cutoff": 50})
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["cutoff"])
    assert mona.post(f"/projects/{project.pk}/validation-rounds", {"size": 0}).status_code == 422
    assert not ValidationRound.objects.exists()
    assert not fresh(project).is_locked
