"""Sharing on the pages: ticked models, workspaces to choose from, the warning, and what came of it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from models_lib import categories, library
from models_lib.models import TrainedModel
from reviewapp.domain import people
from reviewapp.models import AuditEvent, Job, Workspace
from tests.cast import Cast, perform_jobs
from tests.models_lib.shelf import another, ready_model, waiting_model

Browser = Callable[..., Client]


@pytest.fixture
def model(workspace: Workspace, cast: Cast) -> TrainedModel:
    made = ready_model(workspace, cast.mona)
    return library.edit(made, cast.mona, {"categories": [categories.create(workspace, cast.mona, "Bribery")]})


@pytest.fixture
def bergen(cast: Cast) -> Workspace:
    return another("Bergen", cast)


def page(client: Client, workspace: Workspace, *models: int) -> str:
    answer = client.get(reverse("models-share", args=[workspace.pk]), {"model": models})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_offers_the_workspaces_where_it_may_go_and_warns(
    model: TrainedModel, bergen: Workspace, cast: Cast, browser: Browser
) -> None:
    """R-10, R-41, R-48: targets with what would be created there; the warning that a model can give away."""
    said = page(browser(cast.mona), model.workspace, model.pk)
    assert f'name="workspace" value="{bergen.pk}"' in said
    assert "Elsewhere" not in said
    assert "Created there" in said
    assert "it can give away what it learned" in said
    people.grant_rights(bergen, cast.mona, ["edit_models", "add_models"], cast.stan)
    assert "Left off, since you may not create categories there" in page(browser(cast.mona), model.workspace, model.pk)
    people.grant(bergen, cast.mona, "viewer", cast.stan)
    assert "There is no workspace to share to" in page(browser(cast.mona), model.workspace, model.pk)


def test_those_not_ready_are_named_as_left_out(
    model: TrainedModel, bergen: Workspace, cast: Cast, browser: Browser
) -> None:
    """R-42, R-43: a warning names them, before and after; alone there is nothing to share."""
    waiting, mona = waiting_model(model), browser(cast.mona)
    said = page(mona, model.workspace, model.pk, waiting.pk)
    assert "Left out: <strong>Waiting</strong> (queued)" in said
    assert "Share 1 model<" in said
    assert "<form class" not in page(mona, model.workspace, waiting.pk)
    asked = {"model": [model.pk, waiting.pk], "workspace": [bergen.pk]}
    answer = mona.post(reverse("models-share", args=[model.workspace_id]), asked, follow=True)
    assert "Not ready, so left out: Waiting." in answer.content.decode()
    assert Job.objects.get(kind=Job.Kind.SHARE).parameters["models"] == [model.pk]


def test_the_share_leads_to_its_job_which_says_what_came_of_it_in_each_place(
    model: TrainedModel, bergen: Workspace, cast: Cast, browser: Browser
) -> None:
    """R-44, R-45, R-49: created, then renewed, categories left off; only places that the viewer may see."""
    people.grant_rights(bergen, cast.mona, ["edit_models", "add_models"], cast.stan)
    mona, asked = browser(cast.mona), {"model": [model.pk], "workspace": [bergen.pk]}
    answer = mona.post(reverse("models-share", args=[model.workspace_id]), asked)
    job = Job.objects.get(kind=Job.Kind.SHARE)
    assert (answer.status_code, answer["Location"]) == (302, reverse("job", args=[job.pk]))
    assert "Into <strong>Bergen</strong>" in mona.get(answer["Location"]).content.decode()
    perform_jobs()
    said = mona.get(answer["Location"]).content.decode()
    assert ">Bergen</th>" in said
    assert "Created" in said
    assert "Without Bribery: whoever shared it may not create categories there." in said
    elsewhere = browser(cast.vic).get(answer["Location"]).content.decode()
    assert "Bergen" not in elsewhere
    assert "1 workspace that you may not see" in elsewhere


def test_a_share_without_a_workspace_says_so_and_keeps_the_models(
    model: TrainedModel, bergen: Workspace, cast: Cast, browser: Browser
) -> None:
    answer = browser(cast.mona).post(reverse("models-share", args=[model.workspace_id]), {"model": [model.pk]})
    assert answer.status_code == 422
    assert "Choose 1 to 50 other workspaces." in answer.content.decode()
    assert f'name="model" value="{model.pk}"' in answer.content.decode()


def test_a_refused_share_leaves_one_event(model: TrainedModel, bergen: Workspace, cast: Cast, browser: Browser) -> None:
    """R-09"""
    asked = {"model": [model.pk], "workspace": [bergen.pk]}
    for person, status in ((cast.vic, 403), (cast.alice, 404)):
        before = AuditEvent.objects.count()
        answer = browser(person).post(reverse("models-share", args=[model.workspace_id]), asked)
        assert answer.status_code == status
        assert AuditEvent.objects.count() == before + 1
    assert not Job.objects.exists()


def test_what_is_no_number_is_a_model_that_is_not_there(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    answer = browser(cast.mona).get(reverse("models-share", args=[workspace.pk]), {"model": ["7; drop"]})
    assert answer.status_code == 404
