"""The library: seen by those who may, edited and deleted without touching where the model came from."""

from typing import Any

import pytest
from django.conf import settings

from models_lib import library, links, payload, shares
from models_lib.models import TrainedModel
from reviewapp import access
from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, people
from reviewapp.errors import Conflict, Invalid, NotFound, Refused
from reviewapp.models import Project, Workspace
from tests.cast import Cast, exported, fresh, perform_jobs, trained


@pytest.fixture
def model(project: Project, cast: Cast) -> TrainedModel:
    """A ready model of the Valves project."""
    return exported(trained(project, cast.rita), cast.mona)


def test_name_description_and_categories_can_be_edited_and_nothing_else(model: TrainedModel, cast: Cast) -> None:
    """R-33, R-37: training, GUID, status and origin cannot."""
    spam = model.workspace.categories.create(name="Spam removal")
    before = dict(TrainedModel.objects.values().get(pk=model.pk))
    library.edit(model, cast.mona, {"name": "Valves 2026", "description": "Cracked ones", "categories": [spam]})
    after = dict(TrainedModel.objects.values().get(pk=model.pk))
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"name", "description", "modified_at"}
    assert list(model.categories.all()) == [spam]
    for name in ("guid", "payload", "positives", "origin", "sealed_at", "status", "restricted"):
        with pytest.raises(Invalid, match="Cannot be edited"):
            library.edit(model, cast.mona, {name: "x"})


def test_an_edit_that_is_refused_changes_nothing(model: TrainedModel, cast: Cast) -> None:
    """R-33"""
    other = Workspace.objects.get(name="Elsewhere").categories.create(name="Theirs")
    for changes in ({"name": " "}, {"name": "New", "categories": [other]}):
        with pytest.raises(Invalid):
            library.edit(model, cast.mona, changes)
    assert TrainedModel.objects.get(pk=model.pk).name == "Valve knowledge"


def test_editing_and_deleting_leave_the_source_project_alone(model: TrainedModel, cast: Cast) -> None:
    """R-32: settings, version, snapshot and the bytes of the ranks are unchanged."""
    assert model.project is not None

    def source() -> tuple[dict[str, Any], bytes]:
        now = fresh(model.project)  # type: ignore[arg-type]
        assert now.snapshot is not None
        ranks = Artifacts(settings.ARTIFACTS_DIR).read(now.snapshot.artifact)["scores"].tobytes()
        return dict(Project.objects.values().get(pk=now.pk)), ranks

    before = source()
    library.edit(model, cast.mona, {"name": "Renamed"})
    assert source() == before
    library.delete([model], cast.mona)
    assert source() == before


@pytest.mark.parametrize("missing", [None, "view_models", "edit_models", "delete_models"])
def test_a_deletion_needs_each_of_its_rights(model: TrainedModel, cast: Cast, missing: str | None) -> None:
    """R-34, SPEC 2.1.3: see, edit and delete trained models; without seeing them there is nothing to delete."""
    needed = {"view_models", "edit_models", "delete_models"}
    people.grant_rights(model.workspace, cast.rolf, needed - {missing}, cast.alice)
    if missing is None:
        library.delete([access.get(cast.rolf, TrainedModel, model.pk)], cast.rolf)
        assert not TrainedModel.objects.exists()
        return
    with pytest.raises(NotFound if missing == "view_models" else Refused):
        library.delete([access.get(cast.rolf, TrainedModel, model.pk)], cast.rolf)
    assert TrainedModel.objects.exists()


@pytest.mark.parametrize("missing", [None, "view_models", "edit_models"])
def test_an_edit_needs_each_of_its_rights(model: TrainedModel, cast: Cast, missing: str | None) -> None:
    """R-33, SPEC 2.1.3: see and edit trained models."""
    people.grant_rights(model.workspace, cast.rolf, {"view_models", "edit_models"} - {missing}, cast.alice)
    if missing is None:
        library.edit(access.get(cast.rolf, TrainedModel, model.pk), cast.rolf, {"name": "Mine"})
        assert TrainedModel.objects.get().name == "Mine"
        return
    with pytest.raises(NotFound if missing == "view_models" else Refused):
        library.edit(access.get(cast.rolf, TrainedModel, model.pk), cast.rolf, {"name": "Mine"})
    assert TrainedModel.objects.get().name == "Valve knowledge"


def test_all_ticked_models_go_or_none(model: TrainedModel, cast: Cast) -> None:
    """R-34, D7: one of them is linked, so both stay, and no trail says otherwise."""
    other = exported(model.project, cast.mona, "Other")  # type: ignore[arg-type]
    links.link(fresh(model.project), model, cast.mona)  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="linked to Valves"):
        library.delete([other, model], cast.mona)
    assert TrainedModel.objects.count() == 2
    assert not audit.about(other).filter(verb="model.delete").exists()


def test_models_are_categorized_together(model: TrainedModel, cast: Cast) -> None:
    """R-37: in bulk; what they carried before stays, and can be taken off."""
    one, two = (model.workspace.categories.create(name=name) for name in ("One", "Two"))
    other = exported(model.project, cast.mona, "Other", categories=[two])  # type: ignore[arg-type]
    library.categorize([model, other], [one], cast.mona)
    assert [sorted(c.name for c in m.categories.all()) for m in (model, other)] == [["One"], ["One", "Two"]]
    library.categorize([model, other], [one], cast.mona, take_off=True)
    assert [sorted(c.name for c in m.categories.all()) for m in (model, other)] == [[], ["Two"]]
    with pytest.raises(Invalid, match="at least one category"):
        library.categorize([model], [], cast.mona)
    with pytest.raises(Refused, match="edit trained models"):
        library.categorize([model], [one], cast.vic)


def test_a_restricted_model_is_seen_by_admins_and_by_those_who_are_named(model: TrainedModel, cast: Cast) -> None:
    """R-12: everybody else gets what they would get for a model that does not exist."""
    library.restrict(model, cast.alice, True, [cast.rita])
    assert [model in library.shown(person, model.workspace) for person in (cast.alice, cast.rita, cast.olga)] == [
        True
    ] * 3
    assert library.named_on(model) == [cast.rita]
    for person in (cast.mona, cast.rolf, cast.vic, cast.stan):
        assert not library.shown(person, model.workspace).exists()
        with pytest.raises(NotFound, match="does not exist, or you have no access"):
            access.get(person, TrainedModel, model.pk)
    library.restrict(model, cast.alice, False, [])
    assert library.shown(cast.vic, model.workspace).get() == model
    assert library.named_on(model) == []


def test_only_admins_restrict_and_only_to_people_who_see_models(model: TrainedModel, cast: Cast) -> None:
    """R-12"""
    with pytest.raises(Refused, match="takes an admin"):
        library.restrict(model, cast.mona, True, [])
    people.grant_rights(model.workspace, cast.rolf, ["review"], cast.alice)
    for person in (cast.stan, cast.rolf):
        with pytest.raises(Invalid, match=person.username):
            library.restrict(model, cast.alice, True, [person])
    assert not TrainedModel.objects.get().restricted


def test_links_are_counted_as_far_as_the_person_sees_them(model: TrainedModel, cast: Cast) -> None:
    links.link(fresh(model.project), model, cast.mona)  # type: ignore[arg-type]
    assert [row.links for row in library.shown(cast.mona, model.workspace)] == [1]  # type: ignore[attr-defined]
    assert list(library.linked(model, cast.mona)) == [model.project]
    assert list(library.linked(model, cast.stan)) == []


def test_what_was_done_to_a_model_can_be_read(model: TrainedModel, cast: Cast) -> None:
    library.edit(model, cast.mona, {"name": "Valves 2026"})
    assert [event.verb for event in audit.about(model)] == ["model.edit", "model.ready", "model.export"]
    assert {event.actor for event in audit.about(model)} == {cast.mona}


def copied(model: TrainedModel, cast: Cast) -> TrainedModel:
    """The model as another workspace has it after a share."""
    elsewhere = Workspace.objects.get(name="Elsewhere")
    people.grant(elsewhere, cast.mona, "manager", None)
    shares.request(model.workspace, cast.mona, [model.pk], [elsewhere.pk])
    perform_jobs()
    return elsewhere.trained_models.get()


def test_categories_travel_with_the_model(model: TrainedModel, cast: Cast) -> None:
    """R-36: the copy in the other workspace is in categories of the same names."""
    for name in ("Subject-specific", "Spam removal"):
        library.categorize([model], [model.workspace.categories.create(name=name)], cast.mona)
    copy = copied(model, cast)
    assert {category.name for category in copy.categories.all()} == {"Subject-specific", "Spam removal"}
    assert {category.workspace for category in copy.categories.all()} == {copy.workspace}


def test_a_copy_names_neither_where_it_came_from_nor_any_document(model: TrainedModel, cast: Cast) -> None:
    """R-11: names of workspace and project, and control numbers, are in no field and not in the opened payload."""
    assert model.project is not None
    Workspace.objects.filter(pk=model.workspace_id).update(name="PLANTED-WORKSPACE")
    Project.objects.filter(pk=model.project.pk).update(name="PLANTED-PROJECT")
    copy = copied(model, cast)
    fields = repr(TrainedModel.objects.values().get(pk=copy.pk))
    opened = payload.to_bytes(library.training_rows(copy))
    numbers = list(model.project.workspace.documents.values_list("control_number", flat=True))
    assert len(numbers) == 60
    for planted in ("PLANTED-WORKSPACE", "PLANTED-PROJECT", *numbers):
        assert planted not in fields
        assert planted.encode() not in opened
    assert (copy.project, copy.job, copy.payload) == (None, None, model.payload)
