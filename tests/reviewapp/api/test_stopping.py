"""Stopping over REST: plan, control set, looks."""

import pytest

from reviewapp.domain import leases
from reviewapp.models import Project, Workspace
from tests import samples
from tests.cast import Cast, fresh, trained
from tests.reviewapp.api.conftest import Api
from training.core import stopping as rules

EASY = {"target": 0.5, "confidence": 0.8, "looks": 2, "run": 5}


@pytest.fixture
def project(workspace: Workspace, cast: Cast) -> Project:
    return samples.half_relevant(workspace, cast)


def test_the_planner_tells_what_a_control_set_takes_or_that_nothing_can_be_proven(project: Project, cast: Cast) -> None:
    """B-02"""
    vic, asked = Api(cast.vic), {"target": 0.5, "confidence": 0.8}
    told = vic.get(f"/projects/{project.pk}/stopping/designs", richness=0.5, **asked).json()
    assert (told["relevant"], told["fewest"]) == (40, 3)
    assert told["designs"][0]["documents"] == rules.plan(0.5, 0.8, 0.5, 80).designs[0].documents
    poor = vic.get(f"/projects/{project.pk}/stopping/designs", richness=0.01, **asked).json()
    assert (poor["relevant"], poor["designs"]) == (0, [])
    assert vic.get(f"/projects/{project.pk}/stopping/designs", **asked).status_code == 400


def test_from_the_plan_to_a_look(project: Project, cast: Cast) -> None:
    mona, base = Api(cast.mona), f"/projects/{project.pk}"
    assert mona.get(f"{base}/stopping").json()["plan"] is None
    assert mona.post(f"{base}/stopping/looks").status_code == 409
    assert mona.put(f"{base}/stopping/plan", EASY).json()["set_by"] == "mona"
    drawn = mona.post(f"{base}/control-set", {"documents": 20})
    assert (drawn.status_code, drawn.json()["probability"], drawn.json()["left"]) == (201, 0.25, drawn.json()["drawn"])
    assert mona.post(f"{base}/control-set", {"documents": 20}).status_code == 409
    assert Api(cast.rita).post(f"{base}/next").json()["next"]["reason"] == "control_set"
    leases.release(project, cast.rita)
    samples.code_sample(project, cast.rita)
    trained(fresh(project), cast.rita)

    looks = mona.post(f"{base}/stopping/looks")
    assert looks.status_code == 201
    assert {look["rule"]: look["guarantee"] for look in looks.json()} == {
        "certified": True,
        "run": False,
        "knee": False,
        "look_back": False,
    }
    told = mona.get(f"{base}/stopping").json()
    assert {look["rule"] for look in told["latest"]} == {"certified", "run", "knee", "look_back"}
    assert told["control"]["left"] == 0
    assert set(told["metrics"]) == {"richness", "recall", "precision"}
    assert told["planned"]["looks"] == 2
    assert [row["rule"] for row in mona.every(f"{base}/stopping/looks", rule="knee")] == ["knee"]
    assert mona.put(f"{base}/stopping/plan", EASY).status_code == 409


def test_a_control_set_is_given_up(project: Project, cast: Cast) -> None:
    mona, base = Api(cast.mona), f"/projects/{project.pk}"
    mona.post(f"{base}/control-set", {"documents": 20})
    assert mona.delete(f"{base}/control-set").status_code == 204
    assert mona.delete(f"{base}/control-set").status_code == 404
    assert mona.get(f"{base}/stopping").json()["control"] is None


def test_only_a_manager_plans_draws_and_looks(project: Project, cast: Cast) -> None:
    rita, base = Api(cast.rita), f"/projects/{project.pk}"
    assert rita.put(f"{base}/stopping/plan", EASY).status_code == 403
    assert rita.post(f"{base}/stopping/looks").status_code == 403
    assert rita.post(f"{base}/control-set", {"documents": 5}).status_code == 403
    assert Api(cast.stan).get(f"{base}/stopping").status_code == 404


@pytest.mark.parametrize("wrong", [{"target": 1}, {"confidence": 0.2}, {"looks": 0}, {"run": 0}, {"surprise": 1}])
def test_what_cannot_be_planned_is_named(project: Project, cast: Cast, wrong: dict[str, float]) -> None:
    refused = Api(cast.mona).put(f"/projects/{project.pk}/stopping/plan", EASY | wrong)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, list(wrong))
