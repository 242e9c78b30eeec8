"""The library of a workspace: its trained models, seen by those who may, edited and deleted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, ProtectedError, Q, QuerySet

from models_lib import payload, sealing
from models_lib.models import Category, TrainedModel, TrainedModelUserObjectPermission
from models_lib.payload import TrainingRows
from models_lib.vault import Vault
from reviewapp import access
from reviewapp.domain import audit
from reviewapp.errors import Conflict, Invalid, OtherInstance
from reviewapp.models import Project, User, Workspace

EDITABLE = ("name", "description", "categories")


def vault() -> Vault:
    """Where this instance keeps its sealed files."""
    return Vault(Path(settings.ARTIFACTS_DIR) / "sealed")


def shown(user: User, workspace: Workspace) -> QuerySet[TrainedModel]:
    """The models of the workspace that the person may see, with status, categories and the links they may see."""
    linked = access.visible(user, Project).values("pk")
    rows = TrainedModel.objects.with_status().filter(workspace=workspace)
    rows = rows.annotate(links=Count("linked_projects", filter=Q(linked_projects__in=linked), distinct=True))
    related = ("job", "created_by", "modified_by")
    return access.visible(user, TrainedModel, among=rows).select_related(*related).prefetch_related("categories")


def edit(model: TrainedModel, by: User, changes: Mapping[str, Any]) -> TrainedModel:
    """Change name, description or categories; nothing else of a model can be changed (R-33).

    Raises :class:`Invalid` with field errors, and then nothing is changed.
    """
    if unknown := sorted(set(changes) - set(EDITABLE)):
        raise Invalid(f"Cannot be edited: {', '.join(unknown)}.", fields={name: ["Not editable."] for name in unknown})
    access.require(by, model.workspace, "edit_models")
    with unique_name():
        model.name = named(changes.get("name", model.name))
        model.description = changes.get("description", model.description)
        model.modified_by = by
        model.save(update_fields=["name", "description", "modified_by", "modified_at"])
        if "categories" in changes:
            model.categories.set(own(model.workspace, changes["categories"]))
        audit.record(by, "model.edit", model, model.workspace, changed=sorted(changes))
    return model


def categorize(models: Sequence[TrainedModel], categories: Iterable[Category], by: User) -> int:
    """Put every one of these models of one workspace into these categories as well; returns how many there are."""
    with transaction.atomic():
        for model in models:
            access.require(by, model.workspace, "edit_models")
            model.categories.add(*own(model.workspace, categories))
            audit.record(by, "model.edit", model, model.workspace, changed=["categories"])
    return len(models)


def delete(models: Sequence[TrainedModel], by: User) -> int:
    """Delete models; a linked one is refused with the list of links that the person may see (D7), and all stay.

    Copies elsewhere, the source project and its ranks are untouched (R-30, R-32).
    """
    files = {model.file for model in models if model.file}
    with transaction.atomic():
        for model in models:
            access.require(by, model.workspace, "edit_models", "delete_models")
            audit.record(by, "model.delete", model, model.workspace, name=model.name, guid=str(model.guid))
            _delete(model, by)
        transaction.on_commit(lambda: _forget(files))
    return len(models)


def restrict(model: TrainedModel, by: User, restricted: bool, people: Iterable[User]) -> None:
    """Say who may see the model: everybody with the right to see models, or only admins and these people (R-12)."""
    access.require(by, model.workspace, "administer")
    with transaction.atomic():
        model.restricted = restricted
        model.save(update_fields=["restricted"])
        model.grants.all().delete()
        if restricted:
            for person in people:
                TrainedModelUserObjectPermission.objects.assign_perm("view_trainedmodel", person, model)
        audit.record(by, "model.restrict", model, model.workspace, restricted=restricted)


def training_rows(model: TrainedModel) -> TrainingRows:
    """Open a ready model.

    Raises :class:`OtherInstance` naming the model when another instance sealed it, ``Damaged`` when any bit differs,
    ``Unavailable`` when its file is gone.
    """
    require_openable(model)
    sealed = sealing.Sealed(vault().read(model.file, model.size), model.key_id, bytes(model.wrapped_key))
    return payload.from_bytes(sealing.unseal(sealed, model.guid))


def is_openable(model: TrainedModel) -> bool:
    """Whether this instance has the key that sealed the model."""
    return any(key.id == model.key_id for key in sealing.instance_keys())


def require_openable(model: TrainedModel) -> None:
    """Raise :class:`OtherInstance`, naming the model, when another instance sealed it."""
    try:
        sealing.find(model.key_id, sealing.instance_keys())
    except OtherInstance as problem:
        raise OtherInstance(
            f"The trained model “{model.name}” was sealed by another instance and cannot be opened here. "
            "Where it is linked, remove the link; then the index can be populated."
        ) from problem


def named(name: str) -> str:
    """A model's name as it is kept; raises :class:`Invalid`."""
    name = name.strip()
    if not 1 <= len(name) <= 200:
        raise Invalid("A trained model needs a name of at most 200 characters.", fields={"name": ["1 to 200."]})
    return name


def own(workspace: Workspace, categories: Iterable[Category]) -> list[Category]:
    """These categories, all of which must be the workspace's."""
    found = list(categories)
    if any(category.workspace_id != workspace.pk for category in found):
        raise Invalid("A category of another workspace cannot be used.", fields={"categories": ["Unknown category."]})
    return found


@contextmanager
def unique_name() -> Iterator[None]:
    """Turn the database's refusal of a second equal name into one that a person can read."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as problem:
        if "model_name_once_a_workspace" not in str(problem):
            raise
        message = "This workspace already has a trained model of this name."
        raise Invalid(message, fields={"name": [message]}) from problem


def _delete(model: TrainedModel, by: User) -> None:
    try:
        model.delete()
    except ProtectedError as problem:
        links = Project.objects.filter(linked_model=model)
        seen = [project.name for project in access.visible(by, Project, among=links)]
        hidden = links.count() - len(seen)
        said = ", ".join([*seen, *([f"{hidden} that you may not see"] if hidden else [])])
        raise Conflict(
            f"“{model.name}” is linked to {said}. Remove the link first, or link another model."
        ) from problem


def _forget(files: Iterable[str]) -> None:
    for file in files:
        if not TrainedModel.objects.filter(file=file).exists():
            vault().remove(file)
