"""Validation rounds: a random sample of what nobody has coded, frozen, coded blind, with the model locked.

The round ends in one of three ways: the review is resumed, the project is completed, or the round is abandoned. While
it is open, trainings become due but do not run (``jobs.claim``), so the ranks that are tested stay as they are.
"""

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from reviewapp.domain import audit, closing, locks, samples, stopping, validation_plans, validation_results
from reviewapp.domain.validation_plans import Design
from reviewapp.domain.validation_results import Result
from reviewapp.errors import Conflict
from reviewapp.models import Job, Project, ProjectDocument, Sample, User, ValidationRound

STATE = ValidationRound.State
STRATUM = validation_results.STRATUM


def start(project: Project, by: User, design: Design) -> ValidationRound:
    """Draw the sample, lock the model, and serve the sample's documents before all others.

    Raises :class:`Conflict` when a round is open, a training runs, or nothing is left to sample.
    """
    try:
        with transaction.atomic():
            return _start(project, by, design)
    except IntegrityError as problem:
        if "one_open_round_a_project" not in str(problem) and "round_number_once" not in str(problem):
            raise
        raise Conflict("A validation round of this project is open already. Close it first.") from problem


def resume(round_: ValidationRound, by: User) -> ValidationRound:
    """Keep the result, unlock the model, and train on the decisions that waited.

    Raises :class:`Conflict` before every document of the sample is coded or skipped.
    """
    return _close(round_, by, STATE.RESUMED)


def complete(round_: ValidationRound, by: User) -> ValidationRound:
    """Keep the result and end the review: nothing is handed out any more, and the model stays as it is.

    Raises :class:`Conflict` before every document of the sample is coded or skipped.
    """
    return _close(round_, by, STATE.COMPLETED)


def abandon(round_: ValidationRound, by: User) -> ValidationRound:
    """End the round without a result. What was coded stays coded; the model is unlocked.

    Raises :class:`Conflict` when the sample is coded to the end: a result that is there is kept, whatever it says.
    """
    return _close(round_, by, STATE.ABANDONED)


def rounds(project: Project) -> list[ValidationRound]:
    """The project's rounds, newest first."""
    return list(project.validation_rounds.select_related("created_by", "closed_by").order_by("-number"))


def _start(project: Project, by: User, design: Design) -> ValidationRound:
    if waiting := project.items.filter(awaits__isnull=False).count():
        raise Conflict(
            f"{waiting} documents of the control set are to be coded first; the review hands them out first."
        )
    piles = validation_plans.piles(project, design.cutoff)
    planned = validation_plans.plan_of(design, piles)
    if not planned.below.sample:
        raise Conflict("There is nothing to sample: every document below the cutoff is coded.")
    last = project.validation_rounds.order_by("-number").values_list("number", flat=True).first() or 0
    parts = {
        STRATUM.ABOVE.value: (piles.above, planned.above.sample),
        STRATUM.BELOW.value: (piles.below, planned.below.sample),
    }
    sample = samples.draw(
        project,
        Sample.Purpose.VALIDATION,
        by,
        {name: pile for name, (pile, size) in parts.items() if size},
        {name: size for name, (_, size) in parts.items()},
    )
    round_ = ValidationRound.objects.create(
        project=project,
        number=last + 1,
        kind=design.kind,
        sample=sample,
        cutoff=design.cutoff,
        confidence=design.confidence,
        margin=None if design.size else design.margin,
        version=project.version.number if project.version else None,
        documents=planned.documents,
        found=planned.found,
        above=planned.above.pile,
        below=planned.below.pile,
        created_by=by,
    )
    _lock(project, round_)
    audit.record(
        by,
        "validation.start",
        round_,
        project.workspace,
        number=round_.number,
        kind=round_.kind,
        cutoff=round_.cutoff,
        sample=planned.size,
        pile=round_.below,
        version=round_.version,
    )
    return round_


def _lock(project: Project, round_: ValidationRound) -> None:
    """Hold the model, unless one is just being made."""
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    locks.require_open(locked)
    running = Job.objects.filter(project=project, kind=Job.Kind.TRAIN, state=Job.State.RUNNING)
    if running.exists() or locked.snapshot_id != project.snapshot_id:
        raise Conflict("A model is just being trained. Start the validation when it is there.")
    Project.objects.filter(pk=project.pk).update(validation=round_, sampling=True)


def _close(round_: ValidationRound, by: User, state: ValidationRound.State) -> ValidationRound:
    with transaction.atomic():
        round_ = _still_open(round_)
        left = validation_results.progress(round_).left
        if state == STATE.ABANDONED:
            _drop(round_, left)
        else:
            _keep(round_, left)
        round_.state, round_.closed_by, round_.closed_at = state, by, timezone.now()
        round_.save(update_fields=["state", "closed_by", "closed_at", "result"])
        if round_.result is not None:
            stopping.record_planned(round_, Result.from_json(round_.result), by)
        _unlock(round_, by)
        audit.record(
            by, f"validation.{state}", round_, round_.project.workspace, number=round_.number, result=round_.result
        )
    return round_


def _still_open(round_: ValidationRound) -> ValidationRound:
    rows = ValidationRound.objects.select_for_update(of=("self",)).select_related("project__workspace", "sample")
    found = rows.filter(pk=round_.pk, state=STATE.OPEN).first()
    if found is None:
        raise Conflict("This validation round is closed already.")
    return found


def _drop(round_: ValidationRound, left: int) -> None:
    """Let go of the documents that are not coded yet."""
    if not left:
        raise Conflict("The sample is coded to the end, so its result is kept. Resume the review, or complete it.")
    samples.release(round_.sample)


def _keep(round_: ValidationRound, left: int) -> None:
    """Freeze what the sample says, document by document and in figures."""
    if left:
        raise Conflict(
            f"{left} documents of the sample are not coded yet. Code or skip them, or abandon the round: "
            "a sample that is read halfway shows nothing."
        )
    round_.result = validation_results.read(round_).to_json()
    decisions = ProjectDocument.objects.filter(pk=OuterRef("item"), removed=False).values("decision")
    validation_results.drawn(round_).update(decision=Subquery(decisions))


def _unlock(round_: ValidationRound, by: User) -> None:
    project = closing.locked(round_.project)
    project.validation = None
    project.save(update_fields=["validation"])
    if round_.state == STATE.COMPLETED:
        closing.close(project, by, Project.State.COMPLETE)
    locks.train_pending(project)
