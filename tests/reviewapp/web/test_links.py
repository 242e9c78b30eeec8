"""Linking on pages: while a project is created, in its settings, and what its home says of it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from models_lib import exports, library, links
from models_lib.models import TrainedModel
from reviewapp.domain import people, projects
from reviewapp.models import Project, User, Workspace
from tests.cast import Cast, code_chosen, exported, fresh, perform_jobs, trained
from tests.reviewapp.web.test_projects import Anatomy, as_offered

Browser = Callable[[User], Client]


@pytest.fixture
def model(project: Project, cast: Cast) -> TrainedModel:
    """A ready model of the Valves project."""
    return exported(trained(project, cast.rita), cast.mona)


@pytest.fixture
def linked(model: TrainedModel, cast: Cast) -> Project:
    """A project that ranks by the model, with nothing coded."""
    made = links.create_project(model.workspace, cast.mona, model, name="Head start", control_share=0.0)
    perform_jobs()
    return fresh(made)


def test_a_project_is_created_with_a_ready_model(model: TrainedModel, cast: Cast, browser: Browser) -> None:
    """R-54: an optional field that lists only ready models that the person may see."""
    hidden = exported(model.project, cast.mona, "Hidden one")  # type: ignore[arg-type]
    exports.request(fresh(model.project), cast.mona, name="Not ready yet")  # type: ignore[arg-type]
    library.restrict(hidden, cast.alice, True, [])
    mona, url = browser(cast.mona), reverse("project-create", args=[model.workspace_id])
    said = mona.get(url).content.decode()
    assert ("Valve knowledge" in said, "Not ready yet" in said, "Hidden one" in said) == (True, False, False)
    offered = as_offered(mona, url)
    mona.post(url, offered | {"name": "Head start", "linked_model": model.pk})
    mona.post(url, offered | {"name": "From nothing"})
    made = Project.objects.get(name="Head start")
    assert made.linked_model == model
    assert Project.objects.get(name="From nothing").linked_model is None
    refused = mona.post(url, offered | {"name": "Third", "linked_model": hidden.pk})
    assert (refused.status_code, Project.objects.filter(name="Third").exists()) == (422, False)
    perform_jobs()
    assert fresh(made).version is not None


def test_the_field_is_not_offered_to_who_may_not_see_models(model: TrainedModel, cast: Cast, browser: Browser) -> None:
    """SPEC 2.1.3"""
    people.grant_rights(model.workspace, cast.rolf, ["manage"], cast.alice)
    rolf, url = browser(cast.rolf), reverse("project-create", args=[model.workspace_id])
    assert "Trained model to begin with" not in rolf.get(url).content.decode()
    told = as_offered(rolf, url) | {"name": "Mine"}
    assert rolf.post(url, told | {"linked_model": model.pk}).status_code == 422
    assert rolf.post(url, told).status_code == 302


def test_the_home_says_what_the_ranks_rest_on(linked: Project, cast: Cast, browser: Browser) -> None:
    """R-52, B-08: N linked and M local documents, and nothing is missing with none coded."""
    client, live = browser(cast.mona), reverse("project-live", args=[linked.pk])
    said = client.get(live).content.decode()
    assert "Its ranks rest on 12 documents of a linked model and 0 coded here." in said
    assert ("Missing:" in said, "needs 5 relevant" in said) == (False, False)
    assert reverse("model", args=[linked.workspace_id, linked.linked_model_id]) in said
    trained(linked, cast.rita, each=2)
    projects.train_now(fresh(linked), cast.mona)
    perform_jobs()
    assert "rest on 12 documents of a linked model and 4 coded here." in client.get(live).content.decode()


def test_a_linked_project_that_is_not_indexed_yet_asks_for_no_examples(
    model: TrainedModel, cast: Cast, browser: Browser
) -> None:
    """R-66, R-52: it waits for its index, not for five relevant documents; reviewers are told why there is no queue."""
    made = links.create_project(model.workspace, cast.mona, model, name="Fresh")
    mona = browser(cast.mona)
    said = mona.get(reverse("project-live", args=[made.pk])).content.decode()
    assert "as soon as they are indexed" in said
    assert ("Missing:" in said, "needs 5 relevant" in said) == (False, False)
    home = mona.get(reverse("workspace", args=[made.workspace_id])).content.decode()
    assert "Documents are being indexed" in home
    assert "0 relevant and 0 not relevant of 5 + 5" not in home
    assert "0 + 0 of 5 + 5" not in mona.get(reverse("review-live", args=[made.pk])).content.decode()


def test_a_model_is_linked_changed_and_removed_in_the_settings(
    model: TrainedModel, cast: Cast, browser: Browser
) -> None:
    """R-55, R-61, R-65: each step says what follows, is confirmed, asks for a training, and is in the trail."""
    other = exported(model.project, cast.mona, "Other")  # type: ignore[arg-type]
    made = projects.create(model.workspace, cast.mona, name="Later")
    trained(made, cast.rita, each=5)
    mona, url = browser(cast.mona), reverse("project-link", args=[made.pk])
    settings = mona.get(reverse("project-settings", args=[made.pk])).content.decode()
    assert ("Link this model…" in settings, "Remove the link…" in settings) == (True, False)

    asked = mona.get(url, {"model": model.pk}).content.decode()
    assert "Its 12 documents (6 relevant) count beside the 10 coded here" in asked
    assert fresh(made).linked_model is None
    mona.post(url, {"model": model.pk})
    assert fresh(made).linked_model == model
    assert made.jobs.filter(kind="train", state="queued").count() == 1

    asked = mona.get(url, {"model": other.pk}).content.decode()
    assert "“Valve knowledge” is replaced" in asked
    mona.post(url, {"model": other.pk})
    assert fresh(made).linked_model == other

    perform_jobs()
    unlink = reverse("project-unlink", args=[made.pk])
    assert "10 documents coded in this project alone" in mona.get(unlink).content.decode()
    assert fresh(made).linked_model == other
    mona.post(unlink)
    assert fresh(made).linked_model is None
    assert made.jobs.filter(kind="train", state="queued").count() == 1
    assert mona.post(unlink).status_code == 409


def test_the_link_cannot_be_removed_before_the_project_can_build_alone(
    linked: Project, cast: Cast, browser: Browser
) -> None:
    """R-59: refused at 4/5, accepted at 5/5; the button says what is missing."""
    items = linked.items.select_related("document")
    relevant = items.filter(document__metadata__truth=True)
    code_chosen(linked, cast.rita, [*relevant[:4], *items.filter(document__metadata__truth=False)[:5]])
    mona, unlink = browser(cast.mona), reverse("project-unlink", args=[linked.pk])
    for page in (unlink, reverse("project-settings", args=[linked.pk])):
        said = mona.get(page).content.decode()
        assert "has 4 and 5" in said
        assert "disabled" in said
    assert mona.post(unlink).status_code == 409
    code_chosen(linked, cast.rita, relevant[4:5])
    assert mona.post(unlink).status_code == 302


def test_who_may_not_see_the_model_learns_that_there_is_a_link_and_no_more(
    linked: Project, cast: Cast, browser: Browser
) -> None:
    """R-12: neither home nor settings nor the pages of the link name it; the link can still be managed."""
    assert linked.linked_model is not None
    library.restrict(linked.linked_model, cast.alice, True, [])
    trained(linked, cast.rita, each=5)
    mona = browser(cast.mona)
    for name in ("project", "project-settings", "project-unlink", "project-link"):
        said = mona.get(reverse(name, args=[linked.pk])).content.decode()
        assert ("Valve knowledge" in said, f"/models/{linked.linked_model_id}/" in said) == (False, False)
    assert "one that you may not see" in mona.get(reverse("project", args=[linked.pk])).content.decode()
    assert mona.post(reverse("project-unlink", args=[linked.pk])).status_code == 302


@pytest.mark.parametrize("missing", [None, "manage", "view_models"])
def test_a_link_needs_each_of_its_rights(
    model: TrainedModel, cast: Cast, browser: Browser, missing: str | None
) -> None:
    """SPEC 2.1.3"""
    people.grant_rights(model.workspace, cast.rolf, {"manage", "view_models"} - {missing}, cast.alice)
    answer = browser(cast.rolf).post(reverse("project-link", args=[model.project_id]), {"model": model.pk})
    assert answer.status_code == (403 if missing else 302)


def test_only_a_ready_model_of_this_workspace_can_be_linked(model: TrainedModel, cast: Cast, browser: Browser) -> None:
    """R-50"""
    waiting = exports.request(fresh(model.project), cast.mona, name="Not yet")  # type: ignore[arg-type]
    elsewhere = Workspace.objects.get(name="Elsewhere")
    theirs = TrainedModel.objects.create(workspace=elsewhere, name="Theirs", sealed_at=model.sealed_at)
    mona, url = browser(cast.mona), reverse("project-link", args=[model.project_id])
    for said, status in ((waiting.pk, 409), (theirs.pk, 404), ("x", 404), ("", 404)):
        assert mona.post(url, {"model": said}).status_code == status
    assert fresh(model.project).linked_model is None  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["project-link", "project-unlink", "project-settings"])
def test_every_page_is_well_formed(linked: Project, cast: Cast, browser: Browser, name: str) -> None:
    exported(Project.objects.get(name="Valves"), cast.mona, "Other")
    anatomy = Anatomy()
    anatomy.feed(browser(cast.mona).get(reverse(name, args=[linked.pk])).content.decode())
    assert (anatomy.tags["h1"], set(anatomy.fields) <= anatomy.labelled, anatomy.forbidden) == (1, True, [])
