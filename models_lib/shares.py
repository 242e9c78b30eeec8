"""Shares: ready models are copied into other workspaces; each copy stands on its own (R-31, R-44)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet

from models_lib.models import Category, TrainedModel
from reviewapp import access
from reviewapp.access import Right
from reviewapp.domain import audit, jobs
from reviewapp.errors import Conflict, Invalid, NotFound, Refused
from reviewapp.models import Job, User, Workspace

IN_ORIGIN: tuple[Right, ...] = ("view_models", "add_models")  # D13
IN_TARGET: tuple[Right, ...] = ("edit_models", "add_models")
WARNING = (
    "A model holds no documents, but it can give away what it learned: a document that says nothing but a person’s "
    "name and ranks high shows that the name mattered in the case that the model comes from."
)


@dataclass
class Outcome:
    """What a share did in one target workspace."""

    workspace: int
    created: list[int] = field(default_factory=list)  # new copies, by primary key
    updated: list[int] = field(default_factory=list)  # copies of the same GUID whose metadata were renewed
    renamed: dict[str, str] = field(default_factory=dict)  # GUID: the free name it took
    left_off: list[str] = field(default_factory=list)  # categories that could not be created (D8)
    kept_training: dict[str, list[str]] = field(default_factory=dict)  # GUID: [digest there, digest here] (D14)


def targets(user: User, origin: Workspace) -> QuerySet[Workspace]:
    """Where the person may share to: every other workspace in which they hold both rights."""
    rows = access.visible(user, Workspace).exclude(pk=origin.pk)
    for right in IN_TARGET:
        rows = access.visible(user, Workspace, may=right, among=rows)
    return rows


def request(
    models: Sequence[TrainedModel], workspaces: Sequence[Workspace], by: User
) -> tuple[Job, list[TrainedModel]]:
    """Ask for copies of the ready models; returns the job and the models that are left out because they are not ready.

    Raises ``Refused`` where a right is missing on either side (R-09): nothing is written then but the attempt, in the
    trail. :class:`Conflict` when none is ready (R-42).
    """
    origin = _origin(models)
    if not workspaces or any(target.pk == origin.pk for target in workspaces):
        raise Invalid("Choose at least one other workspace.", fields={"workspaces": ["Choose another workspace."]})
    require_rights(origin, workspaces, models, by)
    ready = [model for model in models if model.sealed_at is not None]
    if not ready:
        raise Conflict("Only models that are ready can be shared; none of these is.")
    into = [target.pk for target in workspaces]
    with transaction.atomic():
        job = jobs.request(Job.Kind.SHARE, origin, by=by, models=[model.pk for model in ready], workspaces=into)
        for model in ready:
            audit.record(by, "model.share", model, origin, guid=str(model.guid), workspaces=into)
    return job, [model for model in models if model.sealed_at is None]


def require_rights(
    origin: Workspace, workspaces: Sequence[Workspace], models: Sequence[TrainedModel], by: User
) -> None:
    """Raise ``Refused`` or :class:`NotFound` unless every right is held on both sides (R-09, R-40).

    The attempt goes to the trail: call it outside of any transaction that the refusal would take back.
    """
    try:
        access.require(by, origin, *IN_ORIGIN)
        for target in workspaces:
            access.get(by, Workspace, target.pk)
            access.require(by, target, *IN_TARGET)
    except (Refused, NotFound) as refusal:
        for model in models:
            audit.record(by, "model.share-refused", model, origin, guid=str(model.guid), reason=refusal.code)
        raise


def share(run: jobs.Run) -> None:
    """Copy or renew every model in every target, all or nothing; rights are asked for again, they may have changed."""
    by = run.job.requested_by
    if by is None:
        run.fail("The person who asked for this is not here any more, so it is not known what they may do.")
        return
    run.report("Copying")
    asked = run.job.parameters
    rows = TrainedModel.objects.ready().filter(pk__in=asked["models"], workspace=run.job.workspace)
    models = list(rows.select_related("workspace").prefetch_related("categories").order_by("pk"))
    workspaces = list(Workspace.objects.filter(pk__in=asked["workspaces"]).order_by("pk"))
    require_rights(run.job.workspace, workspaces, models, by)
    with transaction.atomic():
        outcomes = [_share_into(target, models, by) for target in workspaces]
        run.finish(outcome="shared", targets=[asdict(outcome) for outcome in outcomes])


def _origin(models: Sequence[TrainedModel]) -> Workspace:
    workspaces = {model.workspace for model in models}
    if len(workspaces) != 1:
        raise Invalid("Choose one or more models of one workspace.", fields={"models": ["Choose at least one."]})
    return workspaces.pop()


def _share_into(target: Workspace, models: Sequence[TrainedModel], by: User) -> Outcome:
    Workspace.objects.select_for_update(no_key=True).get(pk=target.pk)
    outcome = Outcome(target.pk)
    may_create = "add_choices" in access.rights(by, target)
    for model in models:
        copy = TrainedModel.objects.filter(workspace=target, guid=model.guid).first()
        known = copy is not None
        copy = _renew(copy, model, by, outcome) if copy else _copy(target, model, by, outcome)
        copy.categories.set(_categories(target, model, outcome, may_create=may_create))
        (outcome.updated if known else outcome.created).append(copy.pk)
        audit.record(by, "model.received", copy, target, guid=str(copy.guid), known=known)
    return outcome


def _copy(target: Workspace, model: TrainedModel, by: User, outcome: Outcome) -> TrainedModel:
    """A row of its own with the same GUID and training; what names the source stays behind (R-11)."""
    carried = ("guid", "description", "drop_below", "sealed_at", "file", "payload", "key_id", "wrapped_key", "size")
    figures = ("positives", "negatives", "vocabulary", "features", "privacy")
    return TrainedModel.objects.create(
        workspace=target,
        origin=TrainedModel.Origin.SHARED,
        name=_free_name(target, model, outcome),
        created_by=by,
        modified_by=by,
        **{name: getattr(model, name) for name in (*carried, *figures)},
    )


def _renew(copy: TrainedModel, model: TrainedModel, by: User, outcome: Outcome) -> TrainedModel:
    """Take over name and description; the training never changes (R-45, R-46, D14)."""
    if copy.payload != model.payload:
        outcome.kept_training[str(copy.guid)] = [copy.payload, model.payload]
    copy.name, copy.description, copy.modified_by = _free_name(copy.workspace, model, outcome), model.description, by
    copy.save(update_fields=["name", "description", "modified_by", "modified_at"])
    return copy


def _free_name(target: Workspace, model: TrainedModel, outcome: Outcome) -> str:
    """The model's name, or with a number behind it where another model has that name."""
    others = TrainedModel.objects.filter(workspace=target).exclude(guid=model.guid)
    used = set(others.filter(name__startswith=model.name[:190]).values_list("name", flat=True))
    tries = [model.name, *(f"{model.name[:190]} ({number})" for number in range(2, len(used) + 3))]
    name = next(name for name in tries if name not in used)
    if name != model.name:
        outcome.renamed[str(model.guid)] = name
    return name


def _categories(target: Workspace, model: TrainedModel, outcome: Outcome, *, may_create: bool) -> list[Category]:
    """The target's categories of exactly this spelling (R-47); missing ones are created where that may be (R-48)."""
    names = [category.name for category in model.categories.all()]
    found = {category.name: category for category in Category.objects.filter(workspace=target, name__in=names)}
    for name in names:
        if name in found:
            continue
        if may_create:
            found[name] = _new_category(target, name)
        elif name not in outcome.left_off:
            outcome.left_off.append(name)
    return list(found.values())


def _new_category(target: Workspace, name: str) -> Category:
    last: dict[str, Any] = target.categories.aggregate(last=Max("position"))
    return Category.objects.create(workspace=target, name=name, position=(last["last"] or 0) + 1)
