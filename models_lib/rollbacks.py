"""Rollbacks: a project goes back to the decisions behind a pinned version, and forth again (U-27, D18).

The log of completions is not touched. Which of them count is a list of runs by number, kept with each rollback: those
that trained the chosen version, and all that come after. So nothing is lost, and the version that ranked before, which
is pinned first, is a rollback away, with everything that had been decided until then, trained or not.

From the request until the job's end the project is locked: ``coding`` and ``retraining`` ask under the project's lock.
What is decided while a training reads its set may have a lower number than its last decision, and then counts with it.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from models_lib import pins, streams
from models_lib.models import ModelVersion, Rollback, TrainingInputs
from reviewapp import access
from reviewapp.domain import audit, jobs, locks
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import CODED, Decision, Job, Project, Reason, User

Spans = list[tuple[int, int]]

STANDING = """
SELECT pd.id, pd.decision AS was, pd.current_id AS was_current, standing.id AS now_current,
       nullif(standing.decision, %(withdrawn)s) AS now
FROM reviewapp_projectdocument pd LEFT JOIN (
  SELECT DISTINCT ON (c.item_id) c.item_id, c.id, c.decision FROM reviewapp_completion c
  WHERE c.project_id = %(project)s AND c.served_reason <> %(second_look)s AND (c.id > %(until)s OR EXISTS (
    SELECT FROM unnest(%(firsts)s::bigint[], %(lasts)s::bigint[]) AS span(first, last)
    WHERE c.id BETWEEN span.first AND span.last))
  ORDER BY c.item_id, c.id DESC
) standing ON standing.item_id = pd.id
WHERE pd.project_id = %(project)s AND NOT pd.removed AND NOT pd.in_control_set
  AND pd.current_id IS DISTINCT FROM standing.id
"""
REPOINT = f"""
UPDATE reviewapp_projectdocument pd
SET current_id = moved.now_current, decision = moved.now, revision = pd.revision + 1
FROM ({STANDING}) moved WHERE pd.id = moved.id AND NOT pd.removed
"""  # noqa: S608 - our own statement
CHANGES = f"SELECT was, now, count(*) FROM ({STANDING}) moved GROUP BY was, now"  # noqa: S608 - our own statement
NAMES = {
    Decision.POSITIVE: "positives",
    Decision.NEGATIVE: "negatives",
    Decision.NEUTRAL: "neutrals",
    Decision.SKIPPED: "skipped",
}


@dataclass(frozen=True)
class Preview:
    """What a rollback would do, in documents of the project outside its control set.

    ``set_aside`` are coded and would be open again, ``back`` are open and would be coded again, ``other`` would have
    another decision. ``pending`` decisions no version counts yet; they are set aside, and kept like all others.
    """

    version: ModelVersion
    current: ModelVersion
    set_aside: int
    back: int
    other: int
    before: dict[str, int]
    after: dict[str, int]
    pending: int
    training: bool

    @property
    def figures(self) -> list[tuple[str, int, int]]:
        """Documents by decision, before and after."""
        return [(name, self.before[name], self.after[name]) for name in NAMES.values()]


def counting(rollback: Rollback | None, completion: str = "pk") -> Q:
    """The completions that count since this rollback, by the way to a completion's key; without one all do."""
    if rollback is None:
        return Q()
    found = Q(**{f"{completion}__gt": rollback.until_id or 0})
    for first, last in zip(rollback.firsts, rollback.lasts, strict=True):
        found |= Q(**{f"{completion}__range": (first, last)})
    return found


def preview(project: Project, version: ModelVersion) -> Preview:
    """What going back to the version would change; raises :class:`Conflict` where it may not be done."""
    _require_possible(project, version)
    if not hasattr(version, "pin"):
        raise Conflict(f"Version {version.number} is not pinned. Pin it first: one goes back to pinned versions only.")
    assert project.version is not None
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, _values(project, _spans(project, version), _last(project)))
        moves: list[tuple[int | None, int | None, int]] = cursor.fetchall()
    before = {name: getattr(project, name) for name in NAMES.values()}
    after = dict(before)
    for was, now, count in moves:
        for decision, sign in ((was, -1), (now, 1)):
            if decision is not None:
                after[NAMES[Decision(decision)]] += sign * count
    return Preview(
        version=version,
        current=project.version,
        set_aside=sum(count for was, now, count in moves if was in CODED and now not in CODED),
        back=sum(count for was, now, count in moves if was not in CODED and now in CODED),
        other=sum(count for was, now, count in moves if was in CODED and now in CODED and was != now),
        before=before,
        after=after,
        pending=max(project.completions - project.version.completions, 0),
        training=project.jobs.filter(kind=Job.Kind.TRAIN, state=Job.State.RUNNING).exists(),
    )


def request(project: Project, number: int, by: User, confirmation: str) -> Rollback:
    """Pin what ranks now, lock the project, and ask for the job that goes back to a pinned version.

    ``confirmation`` is the version's typed name, ``v3``. A training that is under way publishes nothing any more.
    Raises ``Refused`` without the rights to manage and to pin, :class:`Conflict` for a version that is not pinned or
    ranks now, and while the project is locked.
    """
    access.require(by, project.workspace, "manage", "pin")
    if confirmation.strip().lower() != f"v{number}":
        message = f"Type v{number} to go back to this version."
        raise Invalid(message, fields={"confirmation": [message]})
    with transaction.atomic():
        pin = pins.hold(project, number)
        related = Project.objects.select_for_update(of=("self",), no_key=True).select_related("workspace", "version")
        project = related.get(pk=project.pk)
        _require_possible(project, pin.version)
        assert project.version is not None
        pins.keep(project, project.version.number, by)
        job = jobs.request(Job.Kind.ROLL_BACK, project.workspace, project=project, by=by, version=number)
        project.rolling_back = Rollback.objects.create(
            project=project, to=pin.version, backup=project.version, job=job, asked_by=by
        )
        project.save(update_fields=["rolling_back"])
        facts = {"number": number, "backup": project.version.number}
        audit.record(by, "rollback.request", project, project.workspace, **facts)
    return project.rolling_back


def prepared(project: Project, job: Job) -> Rollback:
    """The rollback that this job is for, with what shall count; raises :class:`Conflict` where it was given up.

    The project is locked, so no completion comes between this and :func:`perform`.
    """
    rollback = Rollback.objects.select_related("to").filter(pk=project.rolling_back_id or 0, job=job).first()
    if rollback is None:
        raise Conflict("This rollback was given up. Ask for it anew.")
    spans = _spans(project, rollback.to)
    rollback.firsts, rollback.lasts = [first for first, _ in spans], [last for _, last in spans]
    rollback.until_id = _last(project)
    return rollback


def perform(project: Project, rollback: Rollback) -> dict[str, int]:
    """Point every document to the completion that counts, and set the counters right; returns these.

    Call it in the transaction that publishes. Documents are locked before the project, as in coding.
    """
    spans = list(zip(rollback.firsts, rollback.lasts, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(REPOINT, _values(project, spans, rollback.until_id))
        documents: int = cursor.rowcount
    streams.settle(project)
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    tally = _tally(locked)
    for name, count in tally.items():
        setattr(locked, name, count)
    locked.counted, locked.rollback, locked.rolling_back = locked.completions, rollback, None
    locked.save(update_fields=[*tally, "counted", "rollback", "rolling_back"])
    return {"documents": documents, **tally}


def finish(rollback: Rollback, made: ModelVersion) -> None:
    """Keep what came of it; call it in the same transaction."""
    rollback.made, rollback.done_at = made, timezone.now()
    rollback.save(update_fields=["made", "done_at"])


def give_up(job: Job) -> None:
    """Unlock the project of a rollback that failed; nothing has changed, and what waited goes on."""
    rollback = Rollback.objects.select_related("to").filter(job=job, done_at=None).first()
    if rollback is None:
        return
    project = Project.objects.select_for_update(of=("self",), no_key=True).get(pk=rollback.project_id)
    if project.rolling_back_id == rollback.pk:
        project.rolling_back = None
        project.save(update_fields=["rolling_back"])
        audit.record(job.requested_by, "rollback.fail", project, project.workspace, number=rollback.to.number)
        locks.train_pending(project)


def _require_possible(project: Project, version: ModelVersion) -> None:
    if held := locks.reason(project):
        raise Conflict(f"{held} Roll back afterwards.")
    if project.version is None or project.index is None or not project.index.artifact:
        raise Conflict("No model ranks the documents of this project, so there is nothing to roll back from.")
    if version.pk == project.version_id:
        raise Conflict(f"Version {version.number} ranks the documents now, so there is nothing to go back to.")


def _spans(project: Project, version: ModelVersion) -> Spans:
    """Runs of completions, by first and last number, that counted when the version was trained.

    Where the version was left by a rollback: that counted then, also what it had not been trained on.
    """
    done = project.rollbacks.exclude(done_at=None).order_by("-id")
    left = done.filter(backup=version).first()
    if left is not None:
        base, last = done.filter(pk__lt=left.pk).first(), left.until_id or 0
    else:
        base = done.filter(made__number__lte=version.number).first()
        last = max(TrainingInputs.objects.get(version=version).record.get("completions", []), default=0)
    earlier = list(zip(base.firsts, base.lasts, strict=True)) if base else []
    after = (base.until_id or 0) if base else 0
    ends = project.answers.filter(pk__gt=after, pk__lte=last).aggregate(first=Min("pk"), last=Max("pk"))
    return [*earlier, (ends["first"], ends["last"])] if ends["last"] else earlier


def _last(project: Project) -> int | None:
    last: int | None = project.answers.aggregate(last=Max("pk"))["last"]
    return last


def _values(project: Project, spans: Spans, until: int | None) -> dict[str, Any]:
    return {
        "project": project.pk,
        "until": until or 0,
        "firsts": [first for first, _ in spans],
        "lasts": [last for _, last in spans],
        "withdrawn": Decision.WITHDRAWN.value,
        "second_look": Reason.SECOND_LOOK.value,
    }


def _tally(project: Project) -> dict[str, int]:
    counts = {name: Count("pk", filter=Q(decision=decision)) for decision, name in NAMES.items()}
    hidden = {
        "control_positives": Count("pk", filter=Q(decision=Decision.POSITIVE, in_control_set=True)),
        "control_negatives": Count("pk", filter=Q(decision=Decision.NEGATIVE, in_control_set=True)),
    }
    found: dict[str, int] = project.items.filter(removed=False).order_by().aggregate(**counts, **hidden)
    return found
