"""Trained models, their categories and their links over REST."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from models_lib import exports, library, links
from models_lib.models import Category, TrainedModel
from reviewapp.domain import people, projects
from reviewapp.models import Job, Project, Workspace
from tests.cast import WORDS, Cast, code_chosen, exported, fresh, perform_jobs, trained
from tests.reviewapp.api.conftest import Api


@pytest.fixture
def model(project: Project, cast: Cast) -> TrainedModel:
    """A ready model of the Valves project."""
    return exported(trained(project, cast.rita), cast.mona)


def names(rows: list[Any]) -> list[str]:
    return [row["name"] for row in rows]


def test_a_client_exports_waits_and_finds_the_model_ready(project: Project, cast: Cast) -> None:
    """R-20, R-24, R-25: the answer names the job to wait for; the model says how far it is."""
    trained(project, cast.rita)
    mona = Api(cast.mona)
    kind = project.workspace.categories.create(name="Subject-specific")
    asked = {"name": "Valves", "description": "Matter 7", "categories": [kind.pk], "drop_below": 2}
    made = mona.post(f"/projects/{project.pk}/exports", asked, Idempotency_Key="export-1")
    shown = made.json()
    assert (made.status_code, made.headers["Location"]) == (202, f"/api/v1/models/{shown['id']}")
    assert (shown["status"], shown["documents"], shown["categories"]) == (
        "queued",
        None,
        [{"id": kind.pk, "name": "Subject-specific"}],
    )
    assert mona.post(f"/projects/{project.pk}/exports", asked, Idempotency_Key="export-1").json() == shown
    assert mona.get(f"/jobs/{shown['job']}").json()["kind"] == "export"
    perform_jobs()
    ready = mona.get(f"/models/{shown['id']}").json()
    assert (ready["status"], ready["positives"], ready["negatives"], ready["origin"]) == ("ready", 6, 6, "exported")
    assert ready["privacy"]["drop_below"] == 2
    assert names(mona.every(f"/projects/{project.pk}/exports")) == ["Valves"]


@pytest.mark.parametrize(("positives", "negatives", "status"), [(4, 5, 409), (5, 4, 409), (5, 5, 202)])
def test_five_and_five_is_the_boundary(
    project: Project, cast: Cast, positives: int, negatives: int, status: int
) -> None:
    """R-17"""
    items = project.items.select_related("document")
    for truth, count in ((True, positives), (False, negatives)):
        code_chosen(project, cast.rita, items.filter(document__metadata__truth=truth)[:count])
    said = Api(cast.mona).post(f"/projects/{project.pk}/exports", {"name": "Valves"})
    assert said.status_code == status
    if status == 409:
        assert (said.json()["code"], f"{positives} and {negatives}" in said.json()["detail"]) == (
            "not_enough_training",
            True,
        )


@pytest.mark.parametrize("missing", [None, *exports.RIGHTS])
def test_an_export_needs_each_of_its_rights(project: Project, cast: Cast, missing: str | None) -> None:
    """R-19, SPEC 2.1.3"""
    trained(project, cast.rita)
    people.grant_rights(project.workspace, cast.rolf, set(exports.RIGHTS) - {missing}, cast.alice)
    said = Api(cast.rolf).post(f"/projects/{project.pk}/exports", {"name": "Valves"})
    assert said.status_code == (403 if missing else 202)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "name"),
        ({"name": "Valve knowledge"}, "name"),
        ({"name": "New", "drop_below": 0}, "drop_below"),
        ({"name": "New", "categories": [987]}, "categories"),
        ({"name": "New", "payload": "x"}, "payload"),
    ],
)
def test_what_cannot_be_exported_is_named(model: TrainedModel, cast: Cast, wrong: Any, field: str) -> None:
    refused = Api(cast.mona).post(f"/projects/{model.project_id}/exports", wrong)
    assert (refused.status_code, list(refused.json()["fields"])) == (422, [field])
    assert TrainedModel.objects.count() == 1


def test_a_failed_export_is_retried_and_a_waiting_one_cancelled_by_its_job(project: Project, cast: Cast) -> None:
    """R-25"""
    trained(project, cast.rita)
    mona = Api(cast.mona)
    made = mona.post(f"/projects/{project.pk}/exports", {"name": "Valves"}).json()
    mona.post(f"/jobs/{made['job']}/cancel")
    assert mona.get(f"/models/{made['id']}").json()["status"] == "cancelled"
    mona.post(f"/jobs/{made['job']}/retry")
    assert mona.get(f"/models/{made['id']}").json()["status"] == "queued"
    Job.objects.filter(pk=made["job"]).update(state="failed", error="The disk is full.")
    failed = mona.get(f"/models/{made['id']}").json()
    assert (failed["status"], failed["reason"]) == ("failed", "The disk is full.")


def test_models_are_found_by_status_category_origin_and_name(model: TrainedModel, cast: Cast) -> None:
    """R-27, R-35"""
    workspace = model.workspace
    spam = workspace.categories.create(name="Spam removal")
    library.categorize([model], [spam], cast.mona)
    TrainedModel.objects.create(workspace=workspace, name="Shared in", origin="shared", sealed_at=model.sealed_at)
    exports.request(fresh(model.project), cast.mona, name="Under way")  # type: ignore[arg-type]
    vic, path = Api(cast.vic), f"/workspaces/{workspace.pk}/models"
    assert names(vic.every(path)) == ["Under way", "Shared in", "Valve knowledge"]
    assert names(vic.every(path, page_size=1)) == ["Under way", "Shared in", "Valve knowledge"]
    assert names(vic.every(path, status="queued")) == ["Under way"]
    assert names(vic.every(path, status=["ready", "failed"])) == ["Shared in", "Valve knowledge"]
    assert names(vic.every(path, origin="shared")) == ["Shared in"]
    assert names(vic.every(path, category=spam.pk)) == ["Valve knowledge"]
    assert names(vic.every(path, name="valve")) == ["Valve knowledge"]
    assert names(vic.every(path, restricted="true")) == []
    assert vic.get(path, status="gone").status_code == 400
    assert vic.get(path, workspace__grants__user="1").status_code == 400


def test_a_list_of_models_costs_the_same_at_any_length(
    model: TrainedModel, cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        TrainedModel.objects.create(workspace=model.workspace, name=f"M {number}", origin="shared", created_by=cast.vic)
    vic = Api(cast.vic)
    with django_assert_max_num_queries(6):
        assert len(vic.get(f"/workspaces/{model.workspace_id}/models").json()["results"]) == 21


def test_a_model_is_edited_and_nothing_but_its_words(model: TrainedModel, cast: Cast) -> None:
    """R-33, R-37"""
    mona, path = Api(cast.mona), f"/models/{model.pk}"
    spam = model.workspace.categories.create(name="Spam removal")
    shown = mona.patch(path, {"name": "Pumps", "categories": [spam.pk]}).json()
    assert (shown["name"], names(shown["categories"]), shown["modified_by"]) == ("Pumps", ["Spam removal"], "mona")
    for field in ("guid", "payload", "status", "origin", "positives", "restricted"):
        assert mona.patch(path, {field: "x"}).status_code == 422
    assert mona.patch(path, {"categories": [987]}).status_code == 422
    assert Api(cast.vic).patch(path, {"name": "Mine"}).status_code == 403


def test_a_linked_model_is_not_deleted_and_the_answer_names_the_links(model: TrainedModel, cast: Cast) -> None:
    """R-34, D7"""
    mona, path = Api(cast.mona), f"/models/{model.pk}"
    mona.put(f"/projects/{model.project_id}/linked-model", {"model": model.pk})
    assert mona.get(path).json()["linked_projects"] == [{"id": model.project_id, "name": "Valves"}]
    refused = mona.delete(path)
    assert (refused.status_code, "linked to Valves" in refused.json()["detail"]) == (409, True)
    mona.delete(f"/projects/{model.project_id}/linked-model")
    assert mona.delete(path).status_code == 204
    assert mona.get(path).status_code == 404


def test_several_are_categorized_and_deleted_together(model: TrainedModel, cast: Cast) -> None:
    """R-34, R-37: all or none."""
    mona, path = Api(cast.mona), f"/workspaces/{model.workspace_id}/models"
    other = exported(model.project, cast.mona, "Other")  # type: ignore[arg-type]
    spam = model.workspace.categories.create(name="Spam removal")
    both = {"models": [model.pk, other.pk]}
    assert mona.post(f"{path}/categorization", {**both, "categories": [spam.pk]}).json() == {"changed": 2}
    assert len(mona.every(path, category=spam.pk)) == 2
    mona.post(f"{path}/categorization", {"models": [other.pk], "categories": [spam.pk], "take_off": True})
    assert names(mona.every(path, category=spam.pk)) == ["Valve knowledge"]
    assert mona.post(f"{path}/deletion", {"models": [model.pk, 987]}).status_code == 404
    assert TrainedModel.objects.count() == 2
    assert mona.post(f"{path}/deletion", both).json() == {"changed": 2}
    assert Api(cast.vic).post(f"{path}/deletion", both).status_code == 403


def test_admins_say_who_sees_a_model(model: TrainedModel, cast: Cast) -> None:
    """R-12"""
    alice, path = Api(cast.alice), f"/models/{model.pk}/access"
    assert alice.get(path).json() == {"restricted": False, "people": []}
    shown = alice.put(path, {"restricted": True, "people": ["rita", "mona"]}).json()
    assert shown == {"restricted": True, "people": ["mona", "rita"]}
    assert [Api(person).get(f"/models/{model.pk}").status_code for person in (cast.rita, cast.rolf)] == [200, 404]
    assert alice.put(path, {"restricted": True, "people": ["stan"]}).status_code == 422
    assert alice.put(path, {"restricted": True, "people": ["nobody"]}).status_code == 422
    assert Api(cast.mona).get(path).status_code == 403
    assert Api(cast.rolf).get(path).status_code == 404


def test_what_was_done_to_a_model_is_told_without_what_was_written(model: TrainedModel, cast: Cast) -> None:
    events = Api(cast.vic).every(f"/models/{model.pk}/history")
    assert [(event["verb"], event["actor"]) for event in events] == [("model.ready", "mona"), ("model.export", "mona")]


def test_no_answer_about_a_model_holds_a_text_a_name_of_its_documents_or_its_content(
    model: TrainedModel, cast: Cast
) -> None:
    """R-06, R-07: everything that REST says about it, searched for texts, control numbers, keys and bytes."""
    alice = Api(cast.alice)
    paths = [f"/models/{model.pk}", f"/models/{model.pk}/history", f"/models/{model.pk}/access"]
    paths += [f"/workspaces/{model.workspace_id}/models", f"/projects/{model.project_id}/exports"]
    told = "\n".join(alice.get(path).content.decode() for path in paths)
    sealed = library.vault().read(model.file, model.size)
    hidden = [*WORDS.values(), "commission", "canteen", "HAL-0000", "Mail 1", bytes(model.wrapped_key).hex()]
    assert [text for text in (*hidden, sealed.hex()[:40]) if text in told] == []


def test_a_project_is_created_with_a_link_and_says_so(model: TrainedModel, cast: Cast) -> None:
    """R-54, R-52: it ranks with nothing coded."""
    mona = Api(cast.mona)
    asked = {"name": "Head start", "linked_model": model.pk, "control_share": 0.0}
    made = mona.post(f"/workspaces/{model.workspace_id}/projects", asked).json()
    assert (made["linked"], made["linked_model"], made["trainable"]) == (True, model.pk, True)
    perform_jobs()
    path = f"/projects/{made['id']}"
    assert mona.get(path).json()["version"] == 1
    waiting = mona.get(f"{path}/statistics").json()["waiting"]
    assert (waiting["missing_positives"], waiting["missing_negatives"]) == (0, 0)
    assert mona.post(f"{path}/next").json()["next"]["reason"] == "high_rank"
    plain = mona.get(f"/projects/{model.project_id}").json()
    assert (plain["linked"], plain["linked_model"]) == (False, None)


def test_only_a_ready_model_of_the_workspace_can_be_linked(model: TrainedModel, cast: Cast) -> None:
    """R-50, R-54: one that is not ready is a conflict; one of another workspace is not there."""
    mona, path = Api(cast.mona), f"/projects/{model.project_id}/linked-model"
    waiting = exports.request(fresh(model.project), cast.mona, name="Not yet")  # type: ignore[arg-type]
    elsewhere = Workspace.objects.get(name="Elsewhere")
    people.grant(elsewhere, cast.mona, "manager", None)
    theirs = TrainedModel.objects.create(workspace=elsewhere, name="Theirs", sealed_at=model.sealed_at)
    for pk, status in ((waiting.pk, 409), (theirs.pk, 404), (987, 404)):
        assert mona.put(path, {"model": pk}).status_code == status
        asked = {"name": "New", "linked_model": pk}
        assert mona.post(f"/workspaces/{model.workspace_id}/projects", asked).status_code == status
    assert Project.objects.filter(workspace=model.workspace).count() == 1


def test_a_link_is_changed_and_removed(model: TrainedModel, cast: Cast) -> None:
    """R-55, R-59, R-61: removed at 5 and 5 and not before; every step asks for a training."""
    other = exported(model.project, cast.mona, "Other")  # type: ignore[arg-type]
    mona = Api(cast.mona)
    made = links.create_project(model.workspace, cast.mona, model, name="Linked")
    perform_jobs()
    path = f"/projects/{made.pk}/linked-model"
    assert mona.put(path, {"model": other.pk}).json()["linked_model"] == other.pk
    assert Job.objects.filter(project=made, kind="train", state="queued").exists()
    assert mona.delete(path).status_code == 409
    trained(made, cast.rita, each=5)
    assert mona.delete(path).json()["linked"] is False
    assert mona.delete(path).status_code == 409


@pytest.mark.parametrize("missing", [None, "manage", "view_models"])
def test_a_link_needs_each_of_its_rights(model: TrainedModel, cast: Cast, missing: str | None) -> None:
    """SPEC 2.1.3: edit the project, see trained models; who does not see them finds none to link."""
    people.grant_rights(model.workspace, cast.rolf, {"manage", "view_models"} - {missing}, cast.alice)
    rolf = Api(cast.rolf)
    said = rolf.put(f"/projects/{model.project_id}/linked-model", {"model": model.pk})
    assert said.status_code == {None: 200, "manage": 403, "view_models": 404}[missing]
    asked = {"name": "New", "linked_model": model.pk}
    created = rolf.post(f"/workspaces/{model.workspace_id}/projects", asked)
    assert created.status_code == {None: 201, "manage": 403, "view_models": 404}[missing]


def test_who_may_not_see_the_linked_model_learns_that_there_is_one_and_no_more(model: TrainedModel, cast: Cast) -> None:
    """R-12: the project says that it is linked; which model it is stays untold."""
    links.link(fresh(model.project), model, cast.mona)  # type: ignore[arg-type]
    library.restrict(model, cast.alice, True, [])
    for path in (f"/projects/{model.project_id}", "/projects", f"/workspaces/{model.workspace_id}/projects"):
        said = Api(cast.vic).get(path).json()
        shown = said["results"][0] if "results" in said else said
        assert (shown["linked"], shown["linked_model"]) == (True, None)
    assert Api(cast.alice).get(f"/projects/{model.project_id}").json()["linked_model"] == model.pk


def test_categories_are_managed_before_there_is_any_model(workspace: Workspace, cast: Cast) -> None:
    """R-38"""
    mona, path = Api(cast.mona), f"/workspaces/{workspace.pk}/categories"
    one, two = (mona.post(path, {"name": name}).json() for name in ("One", "Two"))
    assert mona.patch(f"/categories/{two['id']}", {"name": "Second"}).json()["name"] == "Second"
    assert names(mona.put(f"{path}/order", {"order": [two["id"], one["id"]]}).json()) == ["Second", "One"]
    assert names(mona.every(path, page_size=1)) == ["Second", "One"]
    assert mona.get(f"/categories/{one['id']}").json()["models"] == 0
    assert mona.put(f"{path}/order", {"order": [one["id"]]}).status_code == 422
    assert mona.post(path, {"name": "One"}).status_code == 422
    assert mona.delete(f"/categories/{one['id']}").status_code == 409
    assert mona.delete(f"/categories/{one['id']}?confirmed=true").status_code == 204
    assert names(mona.every(path)) == ["Second"]


def test_deleting_a_category_names_its_models_first(model: TrainedModel, cast: Cast) -> None:
    """R-39"""
    mona = Api(cast.mona)
    spam = Category.objects.create(workspace=model.workspace, name="Spam removal")
    library.categorize([model], [spam], cast.mona)
    refused = mona.delete(f"/categories/{spam.pk}?confirmed=false")
    assert (refused.status_code, "Valve knowledge" in refused.json()["detail"]) == (409, True)
    assert mona.delete(f"/categories/{spam.pk}?confirmed=true").status_code == 204


def test_who_may_not_see_models_sees_no_category_either(workspace: Workspace, cast: Cast) -> None:
    """R-26, SPEC 2.1.3: the library is closed to who lacks the right to view it."""
    category = Category.objects.create(workspace=workspace, name="Spam removal")
    people.grant_rights(workspace, cast.rolf, ["review"], cast.alice)
    rolf = Api(cast.rolf)
    assert rolf.get(f"/categories/{category.pk}").status_code == 404
    assert rolf.get(f"/workspaces/{workspace.pk}/categories").status_code == 403
    assert rolf.get(f"/workspaces/{workspace.pk}/models").status_code == 403


def test_counts_of_models_shared_in_can_be_kept_back(model: TrainedModel, cast: Cast, settings: Settings) -> None:
    """SPEC 2.1.2"""
    TrainedModel.objects.filter(pk=model.pk).update(origin="shared")
    vic = Api(cast.vic)
    assert vic.get(f"/models/{model.pk}").json()["documents"] == 12
    settings.MODEL_COUNTS = False
    kept_back = vic.get(f"/models/{model.pk}").json()
    assert {kept_back[name] for name in ("positives", "negatives", "documents")} == {None}


def test_a_project_without_an_index_hands_out_nothing_and_says_why(workspace: Workspace, cast: Cast) -> None:
    """R-66: also with a linked model, documents are indexed before they can be ranked."""
    made = projects.create(workspace, cast.mona, name="Not indexed yet")
    refused = Api(cast.rita).post(f"/projects/{made.pk}/next")
    assert refused.status_code == 409
    assert "not indexed yet" in refused.json()["detail"]
