"""Shares: ready models are copied into other workspaces; each copy stands on its own (R-31, R-44)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet

from models_lib import library
from models_lib.models import Category, TrainedModel, TrainedModelUserObjectPermission
from reviewapp import access
from reviewapp.access import Right
from reviewapp.domain import audit, jobs
from reviewapp.errors import Conflict, Invalid, NotFound, Refused
from reviewapp.models import Job, User, Workspace

IN_ORIGIN: tuple[Right, ...] = ("view_models", "add_models")  # D13
IN_TARGET: tuple[Right, ...] = ("edit_models", "add_models")
MOST_MODELS, MOST_WORKSPACES = 100, 50
WARNING = (
    "A model holds no documents, but it can give away what it learned: a document that says nothing but a person’s "
    "name and ranks high shows that the name mattered in the case that the model comes from."
)
CARRIED = (
    *("guid", "description", "restricted", "drop_below", "sealed_at", "file", "payload", "key_id", "wrapped_key"),
    *("size", "positives", "negatives", "vocabulary", "features", "privacy"),
)


@dataclass(frozen=True)
class Preview:
    """What a share would do in one target workspace."""

    workspace: Workspace
    created: int  # copies that would be new
    known: int  # copies that are there already: their name, description and categories are renewed
    missing: list[str]  # categories that would be created
    left_off: list[str]  # categories that may not be created there (D8)


@dataclass(frozen=True)
class Copied:
    """What a share did with one model in one target workspace."""

    model: int
    guid: str
    copy: int
    name: str
    renamed: bool  # the copy has another name than the model, whose name was taken there
    created: bool  # otherwise a copy of this GUID was there, and what describes it was renewed
    left_off: list[str]  # categories that could not be created (D8)
    kept_training: list[str]  # digests there and here where they differ (D14)


def targets(user: User, origin: Workspace) -> QuerySet[Workspace]:
    """Where the person may share to: every other workspace in which they hold both rights, by name."""
    rows = access.visible(user, Workspace).exclude(pk=origin.pk)
    for right in IN_TARGET:
        rows = access.visible(user, Workspace, may=right, among=rows)
    return rows.order_by("name")


def pick(origin: Workspace, by: User, models: Collection[int]) -> list[TrainedModel]:
    """These models of the workspace; raises ``Refused`` without the rights to share from here, :class:`NotFound`."""
    access.require(by, origin, *IN_ORIGIN)
    found = library.shown(by, origin).filter(pk__in=models).order_by("pk")
    if len(picked := list(found)) != len(set(models)):
        raise access.not_found(TrainedModel)
    return picked


def part(models: Iterable[TrainedModel]) -> tuple[list[TrainedModel], list[TrainedModel]]:
    """The models that are ready, and those that are not and would be left out (R-43)."""
    found = list(models)
    return [model for model in found if model.sealed_at], [model for model in found if not model.sealed_at]


def previews(ready: Sequence[TrainedModel], into: Iterable[Workspace], by: User) -> list[Preview]:
    """What a share of these models would do in each target."""
    workspaces = list(into)
    names = sorted({category.name for model in ready for category in model.categories.all()})
    found = set(Category.objects.filter(workspace__in=workspaces, name__in=names).values_list("workspace", "name"))
    known = access.visible(by, TrainedModel).filter(workspace__in=workspaces, guid__in=[model.guid for model in ready])
    copies = list(known.values_list("workspace", flat=True))
    asked = Workspace.objects.filter(pk__in=[workspace.pk for workspace in workspaces])
    creating = set(access.visible(by, Workspace, may="add_choices", among=asked).values_list("pk", flat=True))
    previews = []
    for workspace in workspaces:
        missing = [name for name in names if (workspace.pk, name) not in found]
        split = (missing, []) if workspace.pk in creating else ([], missing)
        there = copies.count(workspace.pk)
        previews.append(Preview(workspace, len(ready) - there, there, *split))
    return previews


def admit(
    origin: Workspace, by: User, models: Collection[int], workspaces: Collection[int]
) -> tuple[list[TrainedModel], list[Workspace]]:
    """Fetch what is to be shared and where to, with every right asked for on both sides (R-09, R-40).

    Raises ``Refused`` or :class:`NotFound`; then nothing is written but the attempt, in the origin's trail. Call it
    outside of any transaction that the refusal would take back.
    """
    try:
        return pick(origin, by, models), _open_to(by, workspaces)
    except (Refused, NotFound) as refusal:
        asked = {"models": sorted(models), "workspaces": sorted(workspaces)}
        audit.record(by, "model.share-refused", origin, origin, **asked, reason=refusal.code)
        raise


def request(
    origin: Workspace, by: User, models: Collection[int], workspaces: Collection[int]
) -> tuple[Job, list[TrainedModel]]:
    """Ask for copies of the ready models; returns the job and the models left out because they are not ready (R-43).

    Raises what :func:`admit` raises, :class:`Invalid` with field errors, :class:`Conflict` when none is ready (R-42).
    """
    asked, into = admit(origin, by, models, workspaces)
    _require_shape(origin, asked, into)
    ready, left_out = part(asked)
    if not ready:
        raise Conflict("Only models that are ready can be shared; none of these is.")
    chosen, guids = [model.pk for model in ready], [str(model.guid) for model in ready]
    places = [target.pk for target in into]
    with transaction.atomic():
        job = jobs.request(Job.Kind.SHARE, origin, by=by, models=chosen, workspaces=places)
        audit.record(by, "model.share", job, origin, guids=guids, workspaces=places)
    return job, left_out


def share(run: jobs.Run) -> None:
    """Copy or renew every model in every target, all or nothing; rights are asked for again, they may have changed."""
    by, origin, asked = run.job.requested_by, run.workspace, run.job.parameters
    if by is None:
        run.fail("The person who asked for this is not here any more, so it is not known what they may do.")
        return
    run.report("Copying")
    try:
        _, into = admit(origin, by, asked["models"], asked["workspaces"])
    except (Refused, NotFound):
        run.fail(f"Nothing was copied: a model is gone, or {by} may not share it from here to there any more.")
        return
    with library.unique_name():
        # Who deletes a model waits for this, and then finds the copy's claim on the sealed file.
        rows = TrainedModel.objects.ready().filter(pk__in=asked["models"]).order_by("pk")
        models = list(rows.select_for_update(of=("self",), no_key=True).prefetch_related("categories"))
        if len(models) != len(asked["models"]):
            raise access.not_found(TrainedModel)
        targets = [{"workspace": target.pk, "models": _share_into(target, models, by)} for target in into]
        run.finish(outcome="shared", targets=targets)


def _require_shape(origin: Workspace, models: Sequence[TrainedModel], into: Sequence[Workspace]) -> None:
    if not 1 <= len(models) <= MOST_MODELS:
        message = f"Choose 1 to {MOST_MODELS} models."
        raise Invalid(message, fields={"models": [message]})
    if not 1 <= len(into) <= MOST_WORKSPACES or origin in into:
        message = f"Choose 1 to {MOST_WORKSPACES} other workspaces."
        raise Invalid(message, fields={"workspaces": [message]})


def _open_to(by: User, workspaces: Collection[int]) -> list[Workspace]:
    """These workspaces, in the order of their keys; both rights are held in each."""
    found = list(access.visible(by, Workspace).filter(pk__in=workspaces).order_by("pk"))
    if len(found) != len(set(workspaces)):
        raise access.not_found(Workspace)
    asked = Workspace.objects.filter(pk__in=workspaces)
    for right in IN_TARGET:
        allowed = set(access.visible(by, Workspace, may=right, among=asked))
        for target in found:
            if target not in allowed:
                raise Refused(f"In “{target}”: {access.refused(right).message}")
    return found


def _share_into(target: Workspace, models: Sequence[TrainedModel], by: User) -> list[dict[str, Any]]:
    Workspace.objects.select_for_update(no_key=True).get(pk=target.pk)
    names = {category.name for model in models for category in model.categories.all()}
    categories = _categories(target, names, by)
    return [asdict(_share_one(target, model, categories, by)) for model in models]


def _share_one(target: Workspace, model: TrainedModel, categories: Mapping[str, Category], by: User) -> Copied:
    known = TrainedModel.objects.filter(workspace=target, guid=model.guid).first()
    copy = _renew(known, model, by) if known else _copy(target, model, by)
    names = [category.name for category in model.categories.all()]
    copy.categories.set([categories[name] for name in names if name in categories])
    differs = copy.payload != model.payload
    audit.record(by, "model.received", copy, target, guid=str(copy.guid), known=known is not None)
    return Copied(
        model=model.pk,
        guid=str(model.guid),
        copy=copy.pk,
        name=copy.name,
        renamed=copy.name != model.name,
        created=known is None,
        left_off=[name for name in names if name not in categories],
        kept_training=[copy.payload, model.payload] if differs else [],
    )


def _copy(target: Workspace, model: TrainedModel, by: User) -> TrainedModel:
    """A row of its own with the same GUID and training; what names the source stays behind (R-11)."""
    copy = TrainedModel.objects.create(
        workspace=target,
        origin=TrainedModel.Origin.SHARED,
        name=_free_name(target, model),
        created_by=by,
        modified_by=by,
        **{name: getattr(model, name) for name in CARRIED},
    )
    if copy.restricted:
        TrainedModelUserObjectPermission.objects.assign_perm("view_trainedmodel", by, copy)
    return copy


def _renew(copy: TrainedModel, model: TrainedModel, by: User) -> TrainedModel:
    """Take over name and description; the training never changes (R-45, R-46)."""
    copy.name, copy.description, copy.modified_by = _free_name(copy.workspace, model), model.description, by
    copy.save(update_fields=["name", "description", "modified_by", "modified_at"])
    return copy


def _free_name(target: Workspace, model: TrainedModel) -> str:
    """The model's name, or with a number behind it where another model has that name."""
    others = TrainedModel.objects.filter(workspace=target).exclude(guid=model.guid)
    used = set(others.filter(name__startswith=model.name[:190]).values_list("name", flat=True))
    tries = [model.name, *(f"{model.name[:190]} ({number})" for number in range(2, len(used) + 3))]
    return next(name for name in tries if name not in used)


def _categories(target: Workspace, names: Collection[str], by: User) -> dict[str, Category]:
    """The target's categories of exactly this spelling (R-47); missing ones are created where that may be (R-48)."""
    found = {category.name: category for category in target.categories.filter(name__in=names)}
    if "add_choices" in access.rights(by, target):
        last = target.categories.aggregate(last=Max("position"))["last"] or 0
        for position, name in enumerate(sorted(set(names) - set(found)), last + 1):
            found[name], _ = Category.objects.get_or_create(
                workspace=target, name=name, defaults={"position": position}
            )
    return found
