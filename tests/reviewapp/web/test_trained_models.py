"""The Trained Models tab and the page of one model."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from models_lib import categories, exports, library, links, shares
from models_lib.models import Category, TrainedModel
from reviewapp.domain import jobs, people
from reviewapp.models import Job, Project, User, Workspace
from reviewapp.web.catalogue import COLUMNS
from tests.cast import Cast, exported, fresh, perform_jobs, trained
from tests.reviewapp.web.test_projects import HTMX, Anatomy

Browser = Callable[[User], Client]


@pytest.fixture
def model(project: Project, cast: Cast) -> TrainedModel:
    """A ready model of the Valves project."""
    return exported(trained(project, cast.rita), cast.mona, description="Learned on Mars")


def address(name: str, model: TrainedModel) -> str:
    return reverse(name, args=[model.workspace_id, model.pk])


def tab(workspace: Workspace) -> str:
    return reverse("models", args=[workspace.pk])


def shown(client: Client, workspace: Workspace, **query: str) -> list[str]:
    """The names in the table."""
    return [row.name for row in client.get(tab(workspace), query).context["page"].object_list]


def test_the_tab_is_there_for_who_may_see_models_and_for_nobody_else(
    model: TrainedModel, cast: Cast, browser: Browser
) -> None:
    """R-26, SPEC 2.1.3"""
    home = reverse("workspace", args=[model.workspace_id])
    assert tab(model.workspace) in browser(cast.vic).get(home).content.decode()
    people.grant_rights(model.workspace, cast.rolf, ["review", "manage", "edit_models"], cast.alice)
    rolf = browser(cast.rolf)
    said = rolf.get(home).content.decode()
    assert (tab(model.workspace) in said, reverse("fields", args=[model.workspace_id]) in said) == (False, False)
    assert rolf.get(tab(model.workspace)).status_code == 403
    assert rolf.get(reverse("fields", args=[model.workspace_id])).status_code == 403
    assert rolf.get(address("model", model)).status_code == 404
    assert rolf.get(reverse("project-exports", args=[model.project_id])).status_code == 403
    assert "Export Model" not in rolf.get(reverse("project", args=[model.project_id])).content.decode()


def test_one_of_each_kind_is_visible_together_and_the_filter_separates_them(
    model: TrainedModel, cast: Cast, browser: Browser
) -> None:
    """R-27"""
    TrainedModel.objects.create(workspace=model.workspace, name="Came in", origin="shared", sealed_at=model.sealed_at)
    exports.request(fresh(model.project), cast.mona, name="Under way")  # type: ignore[arg-type]
    vic = browser(cast.vic)
    assert shown(vic, model.workspace) == ["Under way", "Came in", "Valve knowledge"]
    assert shown(vic, model.workspace, group="exported") == ["Valve knowledge"]
    assert shown(vic, model.workspace, group="progress") == ["Under way"]
    assert shown(vic, model.workspace, group="shared") == ["Came in"]


def test_every_column_can_be_shown_sorted_and_is_remembered(model: TrainedModel, cast: Cast, browser: Browser) -> None:
    """R-28"""
    vic = browser(cast.vic)
    assert "Payload hash</a>" not in vic.get(tab(model.workspace)).content.decode()
    keys = [column.key for column in COLUMNS]
    choose, back = reverse("model-columns"), f"{tab(model.workspace)}?order=-size&words=valve"
    assert vic.post(choose, {"column": [*keys, "no such"], "back": back}).headers["Location"] == back
    said = vic.get(back).content.decode()
    for column in COLUMNS:
        assert f">{column.label}</a>" in said
        ordered = vic.get(tab(model.workspace), {"order": column.key}).content.decode()
        assert len(re.findall('aria-sort="ascending"', ordered)) == 1, column
    assert 'aria-sort="descending"' in said
    for value in (str(model.guid), model.payload[:16], "Learned on Mars", "mona"):
        assert value in said
    elsewhere = vic.post(choose, {"back": "//elsewhere.example/models/"}).headers["Location"]
    assert elsewhere == reverse("workspaces")
    assert [column.key for column in vic.get(tab(model.workspace)).context["columns"]] == []


def test_filters_narrow_the_table_and_wrong_ones_are_told(model: TrainedModel, cast: Cast, browser: Browser) -> None:
    """R-28, R-35"""
    spam = model.workspace.categories.create(name="Spam removal")
    other = exported(model.project, cast.mona, "Other", categories=[spam])  # type: ignore[arg-type]
    vic, name, rest = browser(cast.vic), "Valve knowledge", ["Other", "Valve knowledge"]
    assert shown(vic, model.workspace, category=str(spam.pk)) == ["Other"]
    assert shown(vic, model.workspace, category="none") == [name]
    assert shown(vic, model.workspace, words="mars") == [name]
    assert shown(vic, model.workspace, guid=str(other.guid)[:8]) == ["Other"]
    assert shown(vic, model.workspace, status="ready") == rest
    assert shown(vic, model.workspace, status="failed") == []
    assert shown(vic, model.workspace, size_min="1000000") == []
    assert shown(vic, model.workspace, documents_min="12", documents_max="12") == rest
    assert shown(vic, model.workspace, created_max="2001-01-01") == []
    assert "No trained model matches" in vic.get(tab(model.workspace), {"words": "nothing"}).content.decode()
    wrong = vic.get(tab(model.workspace), {"size_min": "big"})
    assert (wrong.status_code, "Enter a whole number" in wrong.content.decode()) == (200, True)


def test_the_tab_costs_the_same_however_many_models_there_are(
    model: TrainedModel, cast: Cast, browser: Browser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """R-28: one statement gives the whole page of the table; the others are the frame's."""
    spam = model.workspace.categories.create(name="Spam removal")
    vic = browser(cast.vic)
    vic.get(tab(model.workspace))
    with django_assert_num_queries(6):
        vic.get(tab(model.workspace))
    for number in range(60):
        made = TrainedModel.objects.create(
            workspace=model.workspace, name=f"M {number}", origin="shared", created_by=cast.vic
        )
        made.categories.add(spam)
    with django_assert_num_queries(6):
        page = vic.get(tab(model.workspace)).context["page"]
    assert (len(page.object_list), page.paginator.count, page.has_next()) == (50, 61, True)
    assert len(vic.get(tab(model.workspace), {"page": "2"}).context["page"].object_list) == 11
    assert vic.get(tab(model.workspace), {"page": "99"}).context["page"].number == 1


def test_ticked_models_are_categorized(model: TrainedModel, cast: Cast, browser: Browser) -> None:
    """R-37: in bulk, put on and taken off."""
    other = exported(model.project, cast.mona, "Other")  # type: ignore[arg-type]
    spam = categories.create(model.workspace, cast.mona, "Spam removal")
    mona, url = browser(cast.mona), reverse("models-categorize", args=[model.workspace_id])
    both = {"model": [model.pk, other.pk]}
    assert "Categorize 2 trained models" in mona.get(url, both).content.decode()
    assert mona.post(url, both).status_code == 422
    assert mona.post(url, {**both, "categories": [spam.pk]}).status_code == 302
    assert spam.models.count() == 2
    mona.post(url, {"model": [other.pk], "categories": [spam.pk], "take_off": "1"})
    assert list(spam.models.all()) == [model]
    assert mona.get(url).status_code == 422


def test_deleting_asks_first_and_names_what_is_linked(model: TrainedModel, cast: Cast, browser: Browser) -> None:
    """R-34, D7"""
    other = exported(model.project, cast.mona, "Other")  # type: ignore[arg-type]
    links.link(fresh(model.project), model, cast.mona)  # type: ignore[arg-type]
    mona, url = browser(cast.mona), reverse("models-delete", args=[model.workspace_id])
    asked = mona.get(url, {"model": [model.pk, other.pk]}).content.decode()
    assert "<strong>is linked to</strong>" in asked
    assert reverse("project", args=[model.project_id]) in asked
    assert "disabled" in asked
    refused = mona.post(url, {"model": [model.pk, other.pk]})
    assert (refused.status_code, "linked to Valves" in refused.content.decode()) == (409, True)
    assert TrainedModel.objects.count() == 2
    assert mona.post(url, {"model": other.pk}).headers["Location"] == tab(model.workspace)
    assert TrainedModel.objects.get() == model


@pytest.mark.parametrize("missing", [None, "view_models", "edit_models", "delete_models"])
def test_deleting_needs_each_of_its_rights(
    model: TrainedModel, cast: Cast, browser: Browser, missing: str | None
) -> None:
    """R-34, SPEC 2.1.3"""
    people.grant_rights(
        model.workspace, cast.rolf, {"view_models", "edit_models", "delete_models"} - {missing}, cast.alice
    )
    rolf, url = browser(cast.rolf), reverse("models-delete", args=[model.workspace_id])
    status = {None: 302, "view_models": 422, "edit_models": 403, "delete_models": 403}[missing]
    assert rolf.post(url, {"model": model.pk}).status_code == status
    assert TrainedModel.objects.exists() == (missing is not None)


def test_the_table_offers_what_the_person_may_do(model: TrainedModel, cast: Cast, browser: Browser) -> None:
    """SPEC 2.1.3: buttons follow rights; ticked models go to the share page by name."""

    def offered(*rights: str) -> list[str]:
        people.grant_rights(model.workspace, cast.rolf, ["view_models", *rights], cast.alice)
        said = browser(cast.rolf).get(tab(model.workspace)).content.decode()
        return [name for name in ("Categorize…", "Share…", "Delete…") if name in said]

    assert offered() == []
    assert offered("edit_models") == ["Categorize…"]
    assert offered("add_models") == ["Share…"]
    assert offered("edit_models", "delete_models") == ["Categorize…", "Delete…"]
    said = browser(cast.mona).get(tab(model.workspace)).content.decode()
    assert f'formaction="{tab(model.workspace)}share/"' in said


def test_the_model_page_says_everything_about_it(model: TrainedModel, cast: Cast, browser: Browser) -> None:
    """R-33, B-12, R-10: fields, digests, privacy figures, links, history, and the warning."""
    linked = links.create_project(model.workspace, cast.mona, model, name="Head start")
    said = browser(cast.vic).get(address("model", model)).content.decode()
    for value in (str(model.guid), model.payload, model.file, model.key_id, "Learned on Mars", "words and word pairs"):
        assert value in said
    assert "Membership advantage" in said
    assert f"{model.privacy['single_document_tokens']} <small>of {model.vocabulary}" in said
    assert reverse("project", args=[linked.pk]) in said
    assert "asked for the export" in said
    assert shares.WARNING in said
    assert "Who may see it" not in said
    assert address("model-edit", model) not in said


def test_a_model_is_edited_on_a_page_of_its_own(model: TrainedModel, cast: Cast, browser: Browser) -> None:
    """R-33, R-37"""
    spam = categories.create(model.workspace, cast.mona, "Spam removal")
    other = exported(model.project, cast.mona, "Other")  # type: ignore[arg-type]
    mona, url = browser(cast.mona), address("model-edit", model)
    assert 'value="Valve knowledge"' in mona.get(url).content.decode()
    taken = mona.post(url, {"name": other.name, "description": "", "categories": []})
    assert (taken.status_code, "already has a trained model of this name" in taken.content.decode()) == (422, True)
    assert "Edit Valve knowledge" in taken.content.decode()
    told = {"name": "Pumps", "description": "New words", "categories": [spam.pk], "guid": "x", "payload": "y"}
    assert mona.post(url, told).headers["Location"] == address("model", model)
    after = TrainedModel.objects.get(pk=model.pk)
    assert (after.name, after.description, list(after.categories.all())) == ("Pumps", "New words", [spam])
    assert (after.guid, after.payload) == (model.guid, model.payload)
    assert browser(cast.vic).get(url).status_code == 403


def test_an_admin_restricts_a_model_to_named_people(model: TrainedModel, cast: Cast, browser: Browser) -> None:
    """R-12"""
    alice, url = browser(cast.alice), address("model-access", model)
    assert alice.post(url, {"restricted": "1", "people": [cast.rita.pk]}).status_code == 302
    assert [browser(p).get(address("model", model)).status_code for p in (cast.rita, cast.vic, cast.mona)] == [
        200,
        404,
        404,
    ]
    assert "Restricted" in alice.get(tab(model.workspace)).content.decode()
    assert alice.post(url, {"restricted": "1", "people": [cast.stan.pk]}).status_code == 422
    alice.post(url, {"restricted": ""})
    assert browser(cast.vic).get(address("model", model)).status_code == 200
    assert browser(cast.rita).post(url, {"restricted": "1"}).status_code == 403


def leaks(model: TrainedModel, client: Client, pages: list[str]) -> list[str]:
    """The pages that say anything by which the model can be recognized."""
    known = (
        model.name,
        str(model.guid),
        model.payload[:12],
        model.description,
        f"/models/{model.pk}/",
        f'value="{model.pk}"',
    )
    return [page for page in pages if any(word in client.get(page).content.decode() for word in known)]


def test_no_page_list_count_or_filter_gives_a_restricted_model_away(
    model: TrainedModel, cast: Cast, browser: Browser
) -> None:
    """R-12: every page that could speak of it, asked by somebody who may manage everything but see this model."""
    spam = Category.objects.create(workspace=model.workspace, name="Spam removal")
    library.categorize([model], [spam], cast.mona)
    TrainedModel.objects.filter(pk=model.pk).update(name="Zanzibar", description="Zeppelin")
    model.refresh_from_db()
    linked = links.create_project(model.workspace, cast.mona, model, name="Head start")
    perform_jobs()
    at, projects = model.workspace_id, [model.project_id, linked.pk]
    pages = [reverse(name, args=[at]) for name in ("models", "fields", "workspace", "workspace-jobs", "project-create")]
    pages += [
        tab(model.workspace) + f"?{query}"
        for query in (f"guid={str(model.guid)[:4]}", f"category={spam.pk}", "links_min=1")
    ]
    pages += [reverse("category-delete", args=[at, spam.pk])]
    for name in ("project", "project-live", "project-settings", "project-exports", "project-link", "project-unlink"):
        pages += [reverse(name, args=[pk]) for pk in projects]
    pages += [reverse("job", args=[job.pk]) for job in Job.objects.filter(workspace=at)]
    mona = browser(cast.mona)
    seen = leaks(model, mona, pages)
    assert {tab(model.workspace), reverse("project-settings", args=[linked.pk])} <= set(seen), "it can be found at all"
    library.restrict(model, cast.alice, True, [])
    assert leaks(model, mona, pages) == []
    assert mona.get(tab(model.workspace)).context["page"].paginator.count == 0
    assert [row.uses for row in mona.get(reverse("fields", args=[at])).context["shown"]] == [0]
    for name in ("model", "model-row", "model-edit"):
        assert mona.get(address(name, model)).status_code == 404
    for name in ("model-cancel", "model-retry", "model-edit", "model-access"):
        assert mona.post(address(name, model)).status_code == 404
    for name in ("models-delete", "models-categorize"):
        assert mona.post(reverse(name, args=[at]), {"model": model.pk}).status_code == 422
    assert mona.post(reverse("project-link", args=[model.project_id]), {"model": model.pk}).status_code == 404
    assert TrainedModel.objects.filter(pk=model.pk, categories=spam).exists()


def test_an_export_is_followed_stopped_and_tried_again_from_the_table_and_the_page(
    project: Project, cast: Cast, browser: Browser
) -> None:
    """R-24, R-25: the row and the page ask again while it moves, and not any more when it is ready."""
    made = exports.request(trained(project, cast.rita), cast.mona, name="Under way")
    mona = browser(cast.mona)
    row, page = address("model-row", made), address("model", made)
    assert "every 1500ms" in mona.get(tab(made.workspace)).content.decode()
    for at in (row, page):
        assert "every 1500ms" in mona.get(at, headers=HTMX).content.decode()
    assert mona.post(address("model-cancel", made), headers=HTMX).headers["HX-Trigger"]
    assert "Cancelled" in mona.get(page, headers=HTMX).content.decode()
    assert address("model-retry", made) in mona.get(page).content.decode()
    assert mona.post(address("model-retry", made)).headers["Location"] == page
    perform_jobs()
    for at in (row, page):
        said = mona.get(at, headers=HTMX).content.decode()
        assert ("every 1500ms" in said, "Ready" in said) == (False, True)
    assert mona.post(address("model-cancel", made), headers=HTMX).status_code == 409
    assert browser(cast.vic).post(address("model-retry", made)).status_code == 403


def test_a_model_whose_project_was_deleted_meanwhile_says_so(project: Project, cast: Cast, browser: Browser) -> None:
    """R-25"""
    made = exports.request(trained(project, cast.rita), cast.mona, name="Orphan")
    Project.objects.get(pk=project.pk).delete()
    mona = browser(cast.mona)
    said = mona.get(address("model", made)).content.decode()
    assert ("project was deleted" in said, address("model-retry", made) in said) == (True, False)
    refused = mona.post(address("model-retry", made))
    assert (refused.status_code, "can only be deleted" in refused.content.decode()) == (409, True)
    assert not jobs.waiting()


def test_the_help_names_three_uses_of_either_kind_and_the_warning(cast: Cast, browser: Browser) -> None:
    """R-15, R-16, R-10, R-58"""
    said = browser(cast.stan).get(reverse("models-help")).content.decode()
    subject, kind = said.split('id="subject"')[1].split('id="kind"')
    assert (subject.count("<dt>"), kind.split('id="how"')[0].count("<dt>")) == (3, 3)
    assert shares.WARNING in said
    assert "models are not merged" in said
    documented = (settings.BASE_DIR / "docs" / "how-to" / "library.md").read_text(encoding="utf-8")
    assert shares.WARNING in documented
    assert "models are not merged" in documented


@pytest.mark.parametrize("name", ["models", "model", "model-edit", "models-categorize", "models-delete", "models-help"])
def test_every_page_has_one_heading_a_label_for_each_field_and_nothing_inline(
    model: TrainedModel, cast: Cast, browser: Browser, name: str
) -> None:
    categories.create(model.workspace, cast.mona, "Spam removal")
    urls = {
        "models-help": reverse("models-help"),
        "model": address("model", model),
        "model-edit": address("model-edit", model),
    }
    at = urls.get(name) or reverse(name, args=[model.workspace_id])
    anatomy = Anatomy()
    anatomy.feed(browser(cast.alice).get(at, {"model": model.pk}).content.decode())
    assert (anatomy.tags["h1"], anatomy.tags["main"]) == (1, 1)
    assert set(anatomy.fields) <= anatomy.labelled
    assert anatomy.forbidden == []
