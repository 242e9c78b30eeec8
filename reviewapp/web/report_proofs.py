"""What a report says of what was proven: validation rounds, the control set, and looks at stopping rules."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone

from reviewapp.domain import stopping as rules
from reviewapp.domain import validation as rounds
from reviewapp.domain import validation_results
from reviewapp.domain.validation_results import Result
from reviewapp.models import Project, StoppingLook, StoppingPlan, ValidationRound
from reviewapp.web import charts, figures
from reviewapp.web.report_parts import Fact, Section, Table

MOST = 40  # rounds or looks that are written out
EXACT = "exact for a finite pile (hypergeometric)"
ROUNDS = (
    "Each round drew its sample at random from what nobody had coded, froze it, and had it coded blind while the "
    "model was locked. Every round is listed, whatever it showed and however it ended. What was skipped counts against "
    "the review. The intervals take every decision of people as right."
)
RULES = (
    "Only two rules carry a guarantee: the certified stop (Lewis, Yang and Frieder 2021) by relevant documents that "
    "were drawn before and hidden from the model, and the planned test, whose looks were numbered beforehand. "
    "The others are heuristics. Every look that was taken is listed. Assumed: the documents of the samples are coded "
    "rightly."
)
GUARANTEE = {StoppingLook.Rule.CERTIFIED: "control set", StoppingLook.Rule.PLANNED: "planned test"}


def validation(project: Project) -> Section | None:
    """The rounds with their figures; None before the first."""
    found = [(round_, _closed(round_)) for round_ in rounds.rounds(project)]
    if not found:
        return None
    source = reverse("project-validation", args=[project.pk])
    told = [(round_, result) for round_, result in found if result is not None]
    facts = [Fact("Rounds", f"{len(found):,}", source), Fact("With a result", f"{len(told):,}", source)]
    drawn = []
    if told:
        newest, result = told[0]
        shown = figures.figures(result.estimates)
        facts += [_fact(figure, newest) for figure in shown]
        drawn = [charts.as_record(charts.intervals(shown, newest.confidence))]
    return Section(
        "validation",
        "Validation rounds",
        source,
        text=[ROUNDS],
        facts=facts,
        tables=[_rounds(found, source), *(_figures(round_, result) for round_, result in told[:MOST])],
        charts=drawn,
    )


def stopping(project: Project) -> Section | None:
    """What was to be proven, and every look at every rule; None before there is a plan."""
    known = rules.overview(project)
    if known.plan is None:
        return None
    source = reverse("project-stopping", args=[project.pk])
    looks = rules.looks(project)
    rows = [_look(look) for look in looks[:MOST]]
    head = ("When", "Rule", "Guarantee", "Verdict", "What it said", "Coded", "By")
    tables = [Table(f"The newest {len(rows):,} of {looks.count():,} looks", head, rows, source, numbers=(5,))]
    return Section(
        "stopping",
        "Stopping",
        source,
        text=[RULES],
        facts=[*_planned(known.plan, source), *_control(known, source), *_verdicts(known, source)],
        tables=tables if rows else [],
    )


def _closed(round_: ValidationRound) -> Result | None:
    """A round's result once it was kept; an open round tells nothing, as on its page."""
    return None if round_.state == ValidationRound.State.OPEN else validation_results.result(round_)


def _page(round_: ValidationRound) -> str:
    return reverse("project-validation-round", args=[round_.project_id, round_.number])


def _fact(figure: figures.Figure, round_: ValidationRound) -> Fact:
    note = f"{figure.interval} at {_whole(round_.confidence)} confidence; {figure.meaning}; {round_}"
    return Fact(figure.label, figure.value, _page(round_), note)


def _rounds(found: Sequence[tuple[ValidationRound, Result | None]], source: str) -> Table:
    rows = [
        (
            str(round_),
            _time(round_.created_at),
            str(round_.get_state_display()),
            "–" if round_.cutoff is None else f"{round_.cutoff:g}",
            "–" if round_.version is None else f"v{round_.version}",
            "–" if result is None else f"{result.sample:,}",
            "–" if result is None else f"{result.skipped:,}",
            str(round_.created_by),
        )
        for round_, result in found[:MOST]
    ]
    head = ("Round", "Started", "Ended as", "Cutoff", "Model", "Sample", "Skipped", "By")
    return Table(f"The newest {len(rows):,} of {len(found):,} rounds", head, rows, source, numbers=(3, 5, 6))


def _figures(round_: ValidationRound, result: Result) -> Table:
    rows = [
        (
            figure.label,
            figure.value,
            figure.interval,
            f"{figure.estimate.positives:,} relevant of {figure.estimate.documents:,}",
        )
        for figure in figures.figures(result.estimates)
    ]
    title = f"{round_}: intervals at {_whole(round_.confidence)}, {EXACT}"
    return Table(title, ("Figure", "Estimate", "Interval", "Rests on"), rows, _page(round_), numbers=(1, 2))


def _planned(plan: StoppingPlan, source: str) -> list[Fact]:
    return [
        Fact("To be found of the relevant documents", f"at least {_whole(plan.target)}", source),
        Fact("Confidence", _whole(plan.confidence), source),
        Fact("Looks of the planned test", f"{plan.looks:,}", source),
        Fact("Planned", _time(plan.set_at), source, f"by {plan.set_by}"),
    ]


def _control(known: rules.Overview, source: str) -> list[Fact]:
    """How the control set was drawn; what was met since the last look is told nowhere."""
    control = known.control
    if control is None:
        return [Fact("Control set", "none", source)]
    drawn = control.control_set
    note = (
        f"each of {drawn.documents:,} documents with a chance of {100 * drawn.probability:.3g} %, hidden from the model"
    )
    facts = [
        Fact("Control set", f"{control.drawn:,} documents", source, note),
        Fact("Coded or skipped of it", f"{control.decided:,}", source),
    ]
    confidence = _whole(known.plan.confidence if known.plan else 0.95)
    return facts + [
        Fact(figure.label, figure.value, source, f"{figure.interval} at {confidence} confidence; {figure.meaning}")
        for figure in figures.of_model(known.metrics)
    ]


def _verdicts(known: rules.Overview, source: str) -> list[Fact]:
    """The last look at each rule that carries a guarantee."""
    last = [known.latest[rule] for rule in GUARANTEE if rule in known.latest]
    return [
        Fact(str(look.get_rule_display()), _verdict(look), source, f"{_said(look)}; {_time(look.at)}") for look in last
    ]


def _look(look: StoppingLook) -> tuple[str, ...]:
    return (
        _time(look.at),
        str(look.get_rule_display()),
        GUARANTEE.get(StoppingLook.Rule(look.rule), "none"),
        _verdict(look),
        _said(look),
        f"{look.coded:,} of {look.documents:,}",
        str(look.by),
    )


def _verdict(look: StoppingLook) -> str:
    proven = {StoppingLook.Rule.CERTIFIED: "Certified", StoppingLook.Rule.PLANNED: "Proven"}
    if look.verdict == StoppingLook.Verdict.STOP:
        return proven.get(StoppingLook.Rule(look.rule), "Would stop")
    return str(look.get_verdict_display())


def _said(look: StoppingLook) -> str:
    told: dict[str, Any] = look.figures
    rule = StoppingLook.Rule(look.rule)
    if rule == StoppingLook.Rule.CERTIFIED:
        needed = "more than there are" if told["needed"] is None else f"{told['needed']:,}"
        return f"{told['met']:,} of {told['positives']:,} hidden relevant met, {needed} needed"
    if rule == StoppingLook.Rule.PLANNED:
        return f"look {told['look']} of {told['of']}: recall at least {figures.down(told['bound'])}"
    if rule == StoppingLook.Rule.RUN:
        return f"{told['figure']:,.0f} irrelevant in a row, of {told['threshold']:,.0f}"
    if rule == StoppingLook.Rule.KNEE:
        return f"slopes {told['figure']:.1f} : 1, of {told['threshold']:.0f} : 1"
    return f"smallest p {told['figure']:.4f}, level {told['threshold']:.2f}"


def _time(moment: Any) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def _whole(share: float) -> str:
    return f"{100 * share:g} %"
