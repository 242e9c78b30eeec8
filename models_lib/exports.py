"""Exports: the training of a project, digested and sealed, becomes a trained model in its workspace's library."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from models_lib import library, payload, sealing
from models_lib.models import Category, TrainedModel
from models_lib.payload import TrainingRows
from reviewapp import access
from reviewapp.access import Right
from reviewapp.domain import audit, jobs, webhooks
from reviewapp.errors import Invalid, NotEnoughTraining, TooLarge
from reviewapp.models import MINIMUM_PER_CLASS, Event, Job, Project, User

RIGHTS: tuple[Right, ...] = ("manage", "view_models", "add_models")  # 2.1.3, R-19
ADVISED = 200  # coded documents below which the dialog advises to export later
MOST_BYTES = 512 << 20
MOST_DROPPED = 1000


def request(
    project: Project,
    by: User,
    *,
    name: str,
    description: str = "",
    categories: Iterable[Category] = (),
    drop_below: int = 1,
) -> TrainedModel:
    """Ask for an export; it shows among the workspace's models at once and is ready when its job has sealed it.

    ``drop_below`` leaves out tokens of fewer coded documents than this; more than 1 gives exactness away (B-12).
    Raises :class:`NotEnoughTraining` before 5 positive and 5 negative documents (R-17), ``Refused`` without one of
    :data:`RIGHTS`, :class:`Invalid` with field errors.
    """
    access.require(by, project.workspace, *RIGHTS)
    if problem := missing(project):
        raise NotEnoughTraining(problem)
    if not 1 <= drop_below <= MOST_DROPPED:
        message = f"A whole number from 1 (keep every word) to {MOST_DROPPED}."
        raise Invalid(message, fields={"drop_below": [message]})
    with library.unique_name():
        job = jobs.request(Job.Kind.EXPORT, project.workspace, project=project, by=by)
        model = TrainedModel.objects.create(
            workspace=project.workspace,
            name=library.named(name),
            description=description,
            origin=TrainedModel.Origin.EXPORTED,
            project=project,
            job=job,
            drop_below=drop_below,
            created_by=by,
            modified_by=by,
        )
        model.categories.set(library.own(project.workspace, categories))
        audit.record(by, "model.export", model, project.workspace, name=model.name, drop_below=drop_below)
    return model


def of(project: Project, user: User) -> QuerySet[TrainedModel]:
    """The project's exports that the person may see, newest first."""
    rows = project.exports.select_related("job", "created_by")
    return access.visible(user, TrainedModel, among=rows).order_by("-id")


def missing(project: Project) -> str:
    """What the project lacks before it can be exported (R-17); empty when nothing."""
    return "" if project.locally_trainable else _too_few(project.positives, project.negatives)


def asked(run: jobs.Run) -> TrainedModel:
    """The model that the job is to seal; raises ``Cancelled`` when it was deleted meanwhile."""
    model = TrainedModel.objects.select_related("workspace").filter(job=run.job).first()
    if model is None:
        raise jobs.Cancelled(run.job.pk)
    return model


def require_enough(rows: TrainingRows) -> None:
    """Raise :class:`NotEnoughTraining` unless the rows hold 5 of either class (R-17)."""
    if min(rows.positives, rows.negatives) < MINIMUM_PER_CLASS:
        raise NotEnoughTraining(_too_few(rows.positives, rows.negatives))


def publish(
    run: jobs.Run,
    model: TrainedModel,
    rows: TrainingRows,
    *,
    features: Mapping[str, Any],
    privacy: Mapping[str, Any],
) -> None:
    """Seal the rows and make the model ready, together with the end of its job."""
    plain = payload.to_bytes(rows)
    if len(plain) > MOST_BYTES:
        raise TooLarge(f"The training has {len(plain) >> 20} MiB in digested form; a model holds {MOST_BYTES >> 20}.")
    sealed = sealing.seal(plain, model.guid)
    file = library.vault().keep(sealed.body)
    fields = {
        "sealed_at": timezone.now(),
        "file": file,
        "payload": sealing.fingerprint(plain),
        "key_id": sealed.key_id,
        "wrapped_key": sealed.wrapped_key,
        "size": len(sealed.body),
        "positives": rows.positives,
        "negatives": rows.negatives,
        "vocabulary": rows.vocabulary,
        "features": dict(features),
        "privacy": dict(privacy),
    }
    try:
        _make_ready(run, model, fields)
    except (jobs.Cancelled, jobs.Fenced):
        library.forget([file])
        raise


def _make_ready(run: jobs.Run, model: TrainedModel, fields: Mapping[str, Any]) -> None:
    with transaction.atomic():
        if not TrainedModel.objects.filter(pk=model.pk).update(**fields):  # deleted meanwhile
            raise jobs.Cancelled(run.job.pk)
        documents = fields["positives"] + fields["negatives"]
        audit.record(run.job.requested_by, "model.ready", model, model.workspace, documents=documents)
        webhooks.tell(Event.EXPORT_READY, model.workspace, model=model.pk, name=model.name, guid=str(model.guid))
        run.finish(outcome="exported", documents=documents)


def _too_few(positives: int, negatives: int) -> str:
    return (
        f"An export needs at least {MINIMUM_PER_CLASS} positive and {MINIMUM_PER_CLASS} negative coded documents; "
        f"this project has {positives} and {negatives}."
    )
