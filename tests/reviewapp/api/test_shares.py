"""Shares by REST: in bulk, as a job; the answer says what is left out; a refused attempt stays on the trail."""

import pytest

from models_lib import categories, library
from models_lib.models import TrainedModel
from reviewapp.models import AuditEvent, IdempotencyKey, Job, Workspace
from tests.cast import Cast, perform_jobs
from tests.models_lib.shelf import another, ready_model, waiting_model
from tests.reviewapp.api.conftest import Api


@pytest.fixture
def model(workspace: Workspace, cast: Cast) -> TrainedModel:
    return ready_model(workspace, cast.mona)


@pytest.fixture
def bergen(cast: Cast) -> Workspace:
    return another("Bergen", cast)


def address(workspace: Workspace) -> str:
    return f"/workspaces/{workspace.pk}/models/share"


def test_models_go_to_several_workspaces_at_once_and_those_not_ready_are_named(
    model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    """R-43, R-44, R-10: 202 with the job and what is left out; the ended job says what was done in each place."""
    oslo, second = another("Oslo", cast), ready_model(model.workspace, cast.mona, "Second")
    failed = waiting_model(model)
    Job.objects.filter(trained_model=failed).update(state=Job.State.FAILED)
    asked = {"models": [model.pk, second.pk, failed.pk], "workspaces": [bergen.pk, oslo.pk]}
    answer = Api(cast.mona).post(address(model.workspace), asked)
    said = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/jobs/{said['job']['id']}"
    assert [(left["name"], left["status"]) for left in said["left_out"]] == [("Waiting", "failed")]
    assert "it can give away what it learned" in said["warning"]
    perform_jobs()
    ended = Api(cast.mona).get(f"/jobs/{said['job']['id']}", wait=30).json()
    assert (ended["state"], ended["result"]["outcome"]) == ("done", "shared")
    made = {
        (target["workspace"], copied["name"]) for target in ended["result"]["targets"] for copied in target["models"]
    }
    assert made == {(place.pk, name) for place in (bergen, oslo) for name in ("Valve knowledge", "Second")}


def test_an_admin_elsewhere_sees_a_share_without_the_places_that_are_not_theirs(
    model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    job = Api(cast.mona).post(address(model.workspace), {"models": [model.pk], "workspaces": [bergen.pk]}).json()["job"]
    perform_jobs()
    assert job["parameters"] == {"models": [model.pk], "workspaces": [bergen.pk]}
    for said in (
        Api(cast.alice).get(f"/jobs/{job['id']}").json(),
        Api(cast.alice).get(f"/workspaces/{model.workspace_id}/jobs", kind="share").json()["results"][0],
    ):
        assert said["parameters"] == {"models": [model.pk], "workspaces": []}
        assert said["result"] == {"outcome": "shared", "targets": []}


@pytest.mark.parametrize("key", [{}, {"Idempotency_Key": "once"}])
def test_a_refused_attempt_leaves_one_event_and_nothing_else(
    key: dict[str, str], model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    """R-09: also with an idempotency key, whose transaction a refusal takes back; 403 and 404 alike."""
    asked = {"models": [model.pk], "workspaces": [bergen.pk]}
    for person, status in ((cast.vic, 403), (cast.alice, 404)):
        before = AuditEvent.objects.count()
        assert Api(person).post(address(model.workspace), asked, **key).status_code == status
        assert AuditEvent.objects.count() == before + 1
        event = AuditEvent.objects.latest("pk")
        assert (event.verb, event.actor, event.workspace) == ("model.share-refused", person, model.workspace)
    assert not Job.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert TrainedModel.objects.count() == 1


def test_a_repeated_request_shares_once(model: TrainedModel, bergen: Workspace, cast: Cast) -> None:
    asked = {"models": [model.pk], "workspaces": [bergen.pk]}
    first, second = (Api(cast.mona).post(address(model.workspace), asked, Idempotency_Key="k") for _ in range(2))
    assert first.content == second.content
    assert Job.objects.filter(kind=Job.Kind.SHARE).count() == 1
    assert AuditEvent.objects.filter(verb="model.share").count() == 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "models"),
        ({"models": [], "workspaces": [1]}, "models"),
        ({"models": ["x"], "workspaces": [1]}, "models.0"),
        ({"models": [1] * 101, "workspaces": [1]}, "models"),
    ],
)
def test_a_body_that_asks_for_nothing_sensible_is_refused_by_field(
    asked: dict[str, object], field: str, workspace: Workspace, bergen: Workspace, cast: Cast
) -> None:
    asked = {**asked, "workspaces": [bergen.pk]} if "workspaces" in asked else asked
    answer = Api(cast.mona).post(address(workspace), asked)
    assert answer.status_code == 422
    assert field in answer.json()["fields"]


def test_a_preview_lists_where_one_may_share_to_and_what_would_be_done(
    model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    """R-41, D8"""
    library.edit(model, cast.mona, {"categories": [categories.create(model.workspace, cast.mona, "Bribery")]})
    said = Api(cast.mona).get(f"{address(model.workspace)}?model={model.pk}").json()
    assert [named["name"] for named in said["ready"]] == ["Valve knowledge"]
    shown = {"id": bergen.pk, "name": "Bergen", "created": 1, "known": 0, "missing": ["Bribery"], "left_off": []}
    assert said["targets"] == [shown]
    assert Api(cast.mona).get(f"{address(model.workspace)}?model=987654").status_code == 404
    assert Api(cast.mona).get(f"{address(model.workspace)}?model=x").status_code == 400
