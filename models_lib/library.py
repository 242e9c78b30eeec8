"""The library of a workspace: its trained models, seen by those who may, edited and deleted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, ProtectedError, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from models_lib import payload, sealing
from models_lib.models import Category, TrainedModel, TrainedModelUserObjectPermission
from models_lib.models.library import TrainedModels
from models_lib.payload import TrainingRows
from models_lib.vault import Vault
from reviewapp import access
from reviewapp.domain import audit, files, jobs, people
from reviewapp.errors import Conflict, Invalid, OtherInstance
from reviewapp.models import Job, Project, User, Workspace

EDITABLE = ("name", "description", "categories")


def vault() -> Vault:
    """Where this instance keeps its sealed files."""
    return files.vault()


def rows(user: User) -> TrainedModels:
    """Models as pages and REST show them: with status, categories, and how many links the person may see.

    ``sealed_elsewhere`` says of each whether another instance sealed it, so that it cannot be opened here.
    """
    linked = access.visible(user, Project, among=Project.objects.filter(linked_model=OuterRef("pk")))
    links = linked.order_by().values("linked_model").annotate(n=Count("pk")).values("n")
    found = TrainedModel.objects.with_status().annotate(
        links=Coalesce(Subquery(links), 0), sealed_elsewhere=ExpressionWrapper(sealed_elsewhere(), BooleanField())
    )
    return found.select_related("workspace", "job", "created_by", "modified_by").prefetch_related("categories")


def shown(user: User, workspace: Workspace) -> TrainedModels:
    """The models of the workspace that the person may see."""
    found = access.visible(user, TrainedModel, among=rows(user).filter(workspace=workspace))
    assert isinstance(found, TrainedModels)
    return found


def linked(model: TrainedModel, user: User) -> QuerySet[Project]:
    """The projects that the model is linked to, as far as the person may see them."""
    return access.visible(user, Project, among=Project.objects.filter(linked_model=model))


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


def categorize(
    models: Sequence[TrainedModel], categories: Iterable[Category], by: User, *, take_off: bool = False
) -> int:
    """Put these models of one workspace into these categories as well, or take them off; returns how many there are."""
    workspace, given = _workspace(models), list(categories)
    access.require(by, workspace, "edit_models")
    if not own(workspace, given):
        raise Invalid("Choose at least one category.", fields={"categories": ["Choose at least one."]})
    with transaction.atomic():
        for model in models:
            model.categories.remove(*given) if take_off else model.categories.add(*given)
            audit.record(by, "model.edit", model, workspace, changed=["categories"])
        TrainedModel.objects.filter(pk__in=[m.pk for m in models]).update(modified_by=by, modified_at=timezone.now())
    return len(models)


def delete(models: Sequence[TrainedModel], by: User) -> int:
    """Delete models of one workspace; a linked one is refused naming the links that the person sees (D7), and all stay.

    An export that is still under way is stopped. Copies elsewhere, the source project and its ranks are untouched
    (R-30, R-32).
    """
    workspace = _workspace(models)
    access.require(by, workspace, "edit_models", "delete_models")
    with transaction.atomic():
        locked = TrainedModel.objects.select_for_update(of=("self",)).select_related("job").order_by("pk")
        found = list(locked.filter(pk__in=[model.pk for model in models]))
        digests = {model.file for model in found if model.file}
        for model in found:
            audit.record(by, "model.delete", model, workspace, name=model.name, guid=str(model.guid))
            _stop(model.job, by)
            _delete(model, by)
        transaction.on_commit(lambda: forget(digests))
    return len(found)


def restrict(model: TrainedModel, by: User, restricted: bool, named: Iterable[User]) -> None:
    """Say who may see the model: everybody with the right to see models, or only admins and these people (R-12).

    Raises :class:`Invalid` for somebody who may not see the workspace's models at all.
    """
    access.require(by, model.workspace, "administer")
    chosen = set(named)
    if strangers := sorted(person.username for person in chosen - set(readers(model.workspace))):
        message = f"May not see trained models in this workspace: {', '.join(strangers)}."
        raise Invalid(message, fields={"people": [message]})
    with transaction.atomic():
        model.restricted = restricted
        model.save(update_fields=["restricted"])
        model.grants.all().delete()
        for person in chosen if restricted else ():
            TrainedModelUserObjectPermission.objects.assign_perm("view_trainedmodel", person, model)
        audit.record(by, "model.restrict", model, model.workspace, restricted=restricted, people=len(chosen))


def readers(workspace: Workspace) -> list[User]:
    """Who may see the workspace's models that are not restricted, by user name."""
    return [member.user for member in people.members(workspace) if "view_models" in member.rights]


def named_on(model: TrainedModel) -> list[User]:
    """Who may see the restricted model besides the admins, by user name."""
    return list(User.objects.filter(pk__in=model.grants.values("user")).order_by("username"))


def training_rows(model: TrainedModel) -> TrainingRows:
    """Open a ready model.

    Raises :class:`OtherInstance` with the model's GUID when another instance sealed it, ``Damaged`` when any bit
    differs, ``Unavailable`` when its file is gone.
    """
    require_openable(model)
    sealed = sealing.Sealed(vault().read(model.file, model.size), model.key_id, bytes(model.wrapped_key))
    return payload.from_bytes(sealing.unseal(sealed, model.guid))


def sealed_elsewhere() -> Q:
    """Models that only another instance can open."""
    return ~Q(sealed_at=None) & ~Q(key_id__in=[key.id for key in sealing.instance_keys()])


def is_openable(model: TrainedModel) -> bool:
    """Whether this instance has the key that sealed the model."""
    return any(key.id == model.key_id for key in sealing.instance_keys())


def require_openable(model: TrainedModel, called: str = "") -> None:
    """Raise :class:`OtherInstance` when another instance sealed the model, with the name that it is to be called by.

    Without one the refusal carries the GUID: a job's error is kept for people who may not all see the model, and
    ``outcomes.say_errors`` puts in the name for those who may.
    """
    try:
        sealing.find(model.key_id, sealing.instance_keys())
    except OtherInstance as problem:
        raise OtherInstance(
            f"The trained model {called or model.guid} was sealed by another instance and cannot be opened here. "
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


def forget(digests: Iterable[str]) -> None:
    """Remove the sealed files among these that no row names any more."""
    files.remove_unused((files.SEALED, digest) for digest in digests)


def _workspace(models: Sequence[TrainedModel]) -> Workspace:
    workspaces = {model.workspace for model in models}
    if len(workspaces) != 1:
        raise Invalid("Choose one or more models of one workspace.", fields={"models": ["Choose at least one."]})
    return workspaces.pop()


def _stop(job: Job | None, by: User) -> None:
    if job and job.state in Job.OPEN:
        with suppress(Conflict):  # it ended a moment ago
            jobs.cancel(job, by)


def _delete(model: TrainedModel, by: User) -> None:
    try:
        model.delete()
    except ProtectedError as problem:
        seen = [project.name for project in linked(model, by)]
        hidden = Project.objects.filter(linked_model=model).count() - len(seen)
        said = ", ".join([*seen, *([f"{hidden} that you may not see"] if hidden else [])])
        raise Conflict(
            f"“{model.name}” is linked to {said}. Remove the link first, or link another model."
        ) from problem
