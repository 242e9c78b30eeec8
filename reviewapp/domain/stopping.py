"""Whether the review may stop: a certified rule, one planned test, and heuristics without a guarantee.

What shall be proven is fixed before the first look. Whoever wants to know how things stand takes a look, and every look
is kept with what each rule said.
"""

from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np
from django.db import connection, transaction
from django.db.models import QuerySet
from numpy.typing import NDArray

from reviewapp.domain import audit, controls, locks, statistics, validation_plans, webhooks
from reviewapp.domain.controls import Standing
from reviewapp.domain.validation_results import Result
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import CODED, Decision, Event, Project, Reason, StoppingLook, StoppingPlan, User, ValidationRound
from training.core import estimates
from training.core import stopping as rules
from training.core.estimates import Estimate
from training.core.stopping import Certificate, Heuristic, Plan

Rule: TypeAlias = StoppingLook.Rule
Verdict: TypeAlias = StoppingLook.Verdict
LIMITS: dict[str, tuple[float, float]] = {
    "target": (0.5, 0.999),
    "confidence": (0.5, 0.999),
    "looks": (1, 20),
    "run": (1, 100_000),
}
DEFAULTS: dict[str, float | int] = {"target": 0.8, "confidence": 0.95, "looks": 1, "run": 50}
# The look-back rule on an order by chance, from python -m tests.bench.stopping look-back (docs/statistics.md).
LOOK_BACK_MISSED, LOOK_BACK_RUNS = 78, 400

READ = """
WITH opened AS (
  SELECT DISTINCT ON (item_id) item_id, id, served_reason FROM reviewapp_completion
  WHERE project_id = %(project)s AND decision = ANY(%(coded)s) ORDER BY item_id, id
)
SELECT coalesce(array_agg(pd.decision = %(positive)s ORDER BY opened.id), '{}')
FROM opened JOIN reviewapp_projectdocument pd ON pd.id = opened.item_id
WHERE pd.decision = ANY(%(coded)s) AND NOT pd.removed AND NOT pd.in_control_set
  AND opened.served_reason <> %(validation)s
"""


@dataclass(frozen=True)
class Planned:
    """The planned test: how many of its looks are used, and what the next one needs."""

    looks: int
    used: int
    found: int
    pile: int
    sample: int | None

    @property
    def left(self) -> int:
        return max(self.looks - self.used, 0)


@dataclass(frozen=True)
class Overview:
    """What is known about stopping without a new look: nothing of what was met since the last one."""

    plan: StoppingPlan | None
    control: Standing | None
    planned: Planned | None
    latest: dict[str, StoppingLook]
    metrics: dict[str, Estimate]


def current_plan(project: Project) -> StoppingPlan | None:
    """What shall be proven; None before anybody has said so."""
    return StoppingPlan.objects.filter(project=project).first()


def set_plan(project: Project, by: User, settings: dict[str, Any]) -> StoppingPlan:
    """Fix target, confidence, looks of the planned test, and the run of irrelevant documents.

    Raises :class:`Conflict` after the first look: a target that is chosen by what was seen proves nothing.
    """
    _validate(settings)
    with transaction.atomic():
        locks.hold_open(project)
        if StoppingLook.objects.filter(project=project).exists():
            raise Conflict("A look was taken already, so what shall be proven stays as it was planned.")
        plan, _ = StoppingPlan.objects.update_or_create(project=project, defaults={**settings, "set_by": by})
        audit.record(by, "stopping.plan", project, project.workspace, plan=settings)
    return plan


def look(project: Project, by: User) -> list[StoppingLook]:
    """Ask the certified rule and every heuristic how things stand, and keep what they say.

    Raises :class:`Conflict` before there is a plan.
    """
    locks.require_open(project)
    with transaction.atomic():
        plan = current_plan(project)
        if plan is None:
            raise Conflict("Say first what shall be proven: target and confidence stand before the first look.")
        controls.meet(project)
        _take_turn(project)
        said = [_certified(project, plan), *_heuristics(project, plan)]
        looks = [_look(project, by, rule, verdict, figures) for rule, verdict, figures in filter(None, said)]
        for taken in (taken for taken in looks if taken.rule == Rule.CERTIFIED):
            _tell_reached(project, plan, taken, _met(taken, plan))
        told = {taken.rule: taken.verdict for taken in looks}
        audit.record(by, "stopping.look", project, project.workspace, coded=project.coded, verdicts=told)
    return looks


def record_planned(round_: ValidationRound, result: Result, by: User) -> StoppingLook | None:
    """The look of the planned test that this round is; None where no look was planned before it, or none is left.

    Call it in the transaction that closes the round.
    """
    project = round_.project
    plan = current_plan(project)
    used = _planned_looks(project)
    if plan is None or plan.set_at > round_.created_at or used >= plan.looks:
        return None
    test = rules.planned_test(round_.found, result.above, result.below, plan.target, plan.confidence, plan.looks)
    figures = {"bound": test.bound, "tail": test.tail, "target": test.target, "look": used + 1, "of": plan.looks}
    verdict = Verdict.STOP if test.is_passed else Verdict.GO_ON
    _take_turn(project)
    taken = _look(project, by, Rule.PLANNED, verdict, figures, round_)
    recall = estimates.recall(round_.found, result.above, result.below, plan.confidence)
    _tell_reached(project, plan, taken, recall)
    return taken


def overview(project: Project) -> Overview:
    """The plan, the control set, the planned test, and the last look at each rule."""
    plan = current_plan(project)
    newest = StoppingLook.objects.filter(project=project).order_by("rule", "-id").distinct("rule")
    confidence = plan.confidence if plan else DEFAULTS["confidence"]
    return Overview(
        plan=plan,
        control=controls.standing(project),
        planned=_planned(project, plan) if plan else None,
        latest={taken.rule: taken for taken in newest.select_related("by", "round")},
        metrics=controls.measure(project, confidence),
    )


def designs(project: Project, target: float, confidence: float, richness: float) -> Plan:
    """What a control set drawn now would have to be, if so many of the open documents are relevant."""
    return rules.plan(target, confidence, richness, controls.eligible(project))


def certificate(plan: StoppingPlan, control: Standing) -> Certificate:
    """Where the certified rule stands with this control set."""
    return Certificate(plan.target, plan.confidence, control.counted, control.met)


def pace(project: Project) -> float | None:
    """Documents an hour of reading, over everybody who was timed."""
    people = statistics.reviewers(project)
    seconds, timed = sum(person.seconds for person in people), sum(person.timed for person in people)
    return 3600 * timed / seconds if seconds else None


def looks(project: Project) -> QuerySet[StoppingLook]:
    """Every look, newest first."""
    return StoppingLook.objects.filter(project=project).select_related("by", "round")


def _validate(settings: dict[str, Any]) -> None:
    wrong = {}
    for name, value in settings.items():
        low, high = LIMITS[name]
        if not low <= value <= high:
            wrong[name] = [f"From {low:g} to {high:g}."]
    if wrong:
        said = " ".join(f"{name}: {messages[0]}" for name, messages in wrong.items())
        raise Invalid(f"This cannot be planned. {said}", fields=wrong)


def _certified(project: Project, plan: StoppingPlan) -> tuple[Rule, Verdict, dict[str, Any]] | None:
    control = controls.standing(project)
    if control is None:
        return None
    found = certificate(plan, control)
    figures = {
        "target": plan.target,
        "confidence": plan.confidence,
        "positives": found.positives,
        "met": found.met,
        "needed": found.needed,
        "best": found.best,
        "left": control.left,
        "skipped": control.skipped,
        "undecided": project.skipped - control.skipped,
        "outlook": None if control.left else _outlook(project, plan),
    }
    if control.left:
        return Rule.CERTIFIED, Verdict.NOT_READY, figures
    if found.needed is None:
        return Rule.CERTIFIED, Verdict.NOT_PROVABLE, figures
    return Rule.CERTIFIED, Verdict.STOP if found.is_reached else Verdict.GO_ON, figures


def _outlook(project: Project, plan: StoppingPlan) -> dict[str, Any] | None:
    """Documents left to the target and to the certified stop in the order of now, and how many are read in an hour."""
    found = rules.forecast(controls.places(project), controls.unread(project), plan.target, plan.confidence)
    return {**asdict(found), "pace": pace(project)} if found else None


def _take_turn(project: Project) -> None:
    """Of two looks at once, let one come after the other; after :func:`controls.meet`, as a training locks too."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _met(taken: StoppingLook, plan: StoppingPlan) -> Estimate:
    """Recall by the control set: the share of its positives that were met, with the interval of Clopper and Pearson."""
    positives, met = taken.figures["positives"], taken.figures["met"]
    low, high = estimates.binomial(met, positives, plan.confidence)
    return Estimate(met / positives if positives else None, low, high, met, positives)


def _tell_reached(project: Project, plan: StoppingPlan, taken: StoppingLook, recall: Estimate) -> None:
    """Tell the webhooks when the rule says for the first time, or again after it had not, that the target holds.

    At looks alone: told between them, what the hidden documents show would be a look that nobody recorded.
    """
    earlier = StoppingLook.objects.filter(project=project, rule=taken.rule, pk__lt=taken.pk).order_by("-pk").first()
    if taken.verdict != Verdict.STOP or (earlier and earlier.verdict == Verdict.STOP):
        return
    facts: dict[str, Any] = {"project": project.pk, "rule": taken.rule, "look": taken.pk, "coded": taken.coded}
    facts |= {"target": plan.target, "confidence": plan.confidence, "estimate": recall.value}
    webhooks.tell(Event.RECALL_REACHED, project.workspace, **facts, low=recall.low, high=recall.high)


def _heuristics(project: Project, plan: StoppingPlan) -> list[tuple[Rule, Verdict, dict[str, Any]]]:
    read = _read(project)
    documents = len(read) + controls.unread(project)
    said = {
        Rule.RUN: rules.run_of_irrelevant(read, plan.run),
        Rule.KNEE: rules.knee(read),
        Rule.LOOK_BACK: rules.look_back(read, documents, plan.target, plan.confidence),
    }
    return [
        (rule, Verdict.STOP if found.is_stop else Verdict.GO_ON, _told(found, read)) for rule, found in said.items()
    ]


def _told(found: Heuristic, read: NDArray[np.bool_]) -> dict[str, Any]:
    return {"figure": found.figure, "threshold": found.threshold, "read": len(read), "found": int(read.sum())}


def _read(project: Project) -> NDArray[np.bool_]:
    """What the ordinary review has read, in order, True for relevant; samples are not part of that order."""
    values: dict[str, Any] = {
        "project": project.pk,
        "coded": list(CODED),
        "positive": Decision.POSITIVE.value,
        "validation": Reason.VALIDATION.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(READ, values)
        (read,) = cursor.fetchone()
    return np.array(read, bool)


def _planned(project: Project, plan: StoppingPlan) -> Planned:
    piles = validation_plans.piles(project, None)
    tail = (1 - plan.confidence) / plan.looks
    pile = len(piles.below)
    sample = estimates.smallest_sample(piles.found, pile, plan.target, tail)
    return Planned(plan.looks, _planned_looks(project), piles.found, pile, sample)


def _planned_looks(project: Project) -> int:
    return StoppingLook.objects.filter(project=project, rule=Rule.PLANNED).count()


def _look(
    project: Project,
    by: User,
    rule: Rule,
    verdict: Verdict,
    figures: dict[str, Any],
    round_: ValidationRound | None = None,
) -> StoppingLook:
    return StoppingLook.objects.create(
        project=project,
        rule=rule,
        verdict=verdict,
        figures=figures,
        documents=project.documents,
        coded=project.coded,
        version=project.version.number if project.version else None,
        round=round_,
        by=by,
    )
