"""Charts: numbers become SVG geometry here; ``projects/_chart.html`` draws it. No request, no database."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import floor, log10
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from reviewapp.domain.quality import Agreed
from reviewapp.domain.statistics import BINS, BY_RANK, RankDistribution, Reading
from reviewapp.models import Reason
from reviewapp.web.figures import Figure, local
from training.core.agreement import Estimate as Measured
from training.core.estimates import Estimate
from training.core.human_error import Recall

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 44
NAMES, LOW = 96, 150  # room for names on the left, and the height of a chart of a few intervals
GAP = 2  # between bars
INDENT, ROW = 96, 34  # of charts with a line a figure
STATES = (
    ("positive", gettext_noop("Relevant")),
    ("negative", gettext_noop("Not relevant")),
    ("neutral", gettext_noop("Neutral")),
    ("skipped", gettext_noop("Skipped")),
    ("unreviewed", gettext_noop("Not reviewed")),
)
AT_RANDOM = (Reason.RANDOM_CONTROL, Reason.INDEX_HEALTH, Reason.CONTROL_SET)


@dataclass(frozen=True)
class Tick:
    """A place on an axis with what stands there."""

    at: float
    label: str


@dataclass(frozen=True)
class Bar:
    """One rectangle; ``series`` names its colour."""

    x: float
    y: float
    width: float
    height: float
    series: str
    title: str


@dataclass(frozen=True)
class Line:
    """One curve; ``points`` is ready for ``<polyline>``, ``last`` is where it ends."""

    points: str
    series: str
    last: tuple[float, float]


@dataclass(frozen=True)
class Table:
    """The chart's numbers, for those who read rather than look."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """Everything that the template draws."""

    name: str
    title: str
    description: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    legend: tuple[tuple[str, str], ...]
    table: Table
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    left: float = LEFT
    right: float = WIDTH - RIGHT
    bottom: float = HEIGHT - BOTTOM
    height: float = HEIGHT

    width = WIDTH
    top = TOP


def as_record(chart: Chart) -> dict[str, Any]:
    """Everything that is drawn, as plain data."""
    return {**asdict(chart), "width": chart.width, "top": chart.top}


@dataclass(frozen=True)
class Scale:
    """Numbers from 0 to ``most`` on a stretch of pixels."""

    most: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return round(self.start + (self.end - self.start) * value / self.most, 2)

    def ticks(self, unit: str = "", wanted: int = 5) -> tuple[Tick, ...]:
        return tuple(Tick(self(value), _number(value) + unit) for value in steps(self.most, wanted))


def steps(most: float, wanted: int = 5) -> list[float]:
    """About so many round numbers from 0 up to ``most``: steps of 1, 2 or 5 times a power of ten, never below 1."""
    rough = most / wanted
    power = 10 ** floor(log10(rough)) if rough > 0 else 1
    step = max(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough), 1)
    return [step * place for place in range(int(most / step) + 1)]


def rank_distribution(ranks: RankDistribution) -> Chart:
    """Documents by rank, stacked by state."""
    totals = [sum(counts[place] for counts in ranks.states.values()) for place in range(BINS)]
    x = Scale(100, LEFT, WIDTH - RIGHT)
    y = Scale(max(*totals, 1), HEIGHT - BOTTOM, TOP)
    present = tuple((name, _(label)) for name, label in STATES if any(ranks.states[name]))
    return Chart(
        name="rank-distribution",
        title=_("Documents by rank"),
        description=(
            _(
                "%(documents)s documents by the rank that version %(version)s gives them, split by state. "
                "%(above_half)s documents that nobody has reviewed rank 50 or higher."
            )
            % {
                "documents": intcomma(ranks.documents),
                "version": ranks.version,
                "above_half": intcomma(_above_half(ranks, "unreviewed")),
            }
        ),
        x_label=_("Rank"),
        y_label=_("Documents"),
        x_ticks=x.ticks(wanted=10),
        y_ticks=y.ticks(),
        legend=present,
        table=Table(
            (_("Rank"), *(label for name, label in present)),
            tuple(
                (_bin(place), *(intcomma(ranks.states[name][place]) for name, label in present))
                for place in range(BINS)
            ),
        ),
        bars=tuple(bar for place in range(BINS) for bar in _stack(ranks, place, x, y)),
    )


def relevance_rate(reading: Reading) -> Chart | None:
    """Relevant documents of those served by rank, window by window; beside it what was drawn at random, cumulated."""
    ranked = [(end, served.rate) for end, served in reading.rate(*BY_RANK)]
    drawn = _cumulated(reading)
    if not ranked and not drawn:
        return None
    x = Scale(reading.gain()[-1][0], LEFT, WIDTH - RIGHT)
    y = Scale(100, HEIGHT - BOTTOM, TOP)
    legend = (
        ("ranked", _("Served by rank, per %(documents)s") % {"documents": reading.size}),
        ("random", _("Served at random, so far")),
    )
    lines = tuple(
        _line(points, name, x, y) for points, (name, said) in zip((ranked, drawn), legend, strict=True) if points
    )
    return Chart(
        name="relevance-rate",
        title=_("Relevance rate"),
        description=_rate_in_words(ranked, drawn),
        x_label=_("Documents coded"),
        y_label=_("Relevant"),
        x_ticks=x.ticks(),
        y_ticks=y.ticks("%"),
        legend=tuple(entry for entry, points in zip(legend, (ranked, drawn), strict=True) if points),
        table=_rates(reading, dict(ranked), dict(drawn)),
        lines=lines,
    )


def gain_curve(reading: Reading) -> Chart | None:
    """Relevant documents found over documents coded."""
    points = reading.gain()
    coded, found = points[-1]
    if not coded:
        return None
    x = Scale(coded, LEFT, WIDTH - RIGHT)
    y = Scale(max(found, 1), HEIGHT - BOTTOM, TOP)
    return Chart(
        name="gain",
        title=_("Relevant documents found"),
        description=_("%(found)s relevant documents found by coding %(coded)s.")
        % {"found": intcomma(found), "coded": intcomma(coded)},
        x_label=_("Documents coded"),
        y_label=_("Found"),
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        legend=(("gain", _("Relevant documents found")),),
        table=Table((_("Coded"), _("Relevant")), tuple((intcomma(a), intcomma(b)) for a, b in points)),
        lines=(_line(points, "gain", x, y),),
    )


def agreement(agreed: Agreed) -> Chart | None:
    """Share of equal answers, kappa and alpha with their intervals; None before two people coded one document."""
    measures = agreed.measures
    if not measures.documents:
        return None
    named = ((_("Equal"), measures.percent), (_("Kappa"), measures.kappa), (_("Alpha"), measures.alpha))
    return _intervals(
        "agreement",
        _("Agreement of second looks"),
        _("%(documents)s documents coded by two people: %(share)s got the same answer.")
        % {"documents": intcomma(measures.documents), "share": _percent_of(measures.percent)},
        named,
    )


def recall(recall: Recall) -> Chart:
    """Recall as coded beside recall corrected for the errors of people."""
    return _intervals(
        "recall",
        _("Recall"),
        _("Recall is %(coded)s as coded and %(corrected)s with the errors of people counted.")
        % {"coded": _percent_of(recall.as_coded), "corrected": _percent_of(recall.corrected)},
        ((_("As coded"), recall.as_coded), (_("Corrected"), recall.corrected)),
    )


def _intervals(name: str, title: str, description: str, figures: Sequence[tuple[str, Measured]]) -> Chart:
    """Each figure as a point on the line of its interval, from 0 to 100 %."""
    x = Scale(100, NAMES, WIDTH - RIGHT)
    step = (LOW - BOTTOM - TOP) / len(figures)
    places = [round(TOP + step * (place + 0.5), 2) for place in range(len(figures))]
    known = [
        (label, figure, at)
        for (label, figure), at in zip(figures, places, strict=True)
        if figure.value is not None and figure.low is not None and figure.high is not None
    ]
    return Chart(
        name=name,
        title=title,
        description=description,
        x_label=_("0 is as by chance for kappa and alpha") if name == "agreement" else _("95 % interval"),
        y_label="",
        x_ticks=x.ticks("%"),
        y_ticks=tuple(Tick(at, label) for (label, figure), at in zip(figures, places, strict=True)),
        legend=(),
        table=Table(("", _("Figure"), _("From"), _("To")), tuple(_row(label, figure) for label, figure in figures)),
        lines=tuple(_interval(figure, at, x) for label, figure, at in known),
        left=NAMES,
        height=LOW,
        bottom=LOW - BOTTOM,
    )


def _interval(figure: Measured, at: float, x: Scale) -> Line:
    low, value, high = (x(100 * max(end or 0.0, 0.0)) for end in (figure.low, figure.value, figure.high))
    return Line(f"{low:g},{at:g} {high:g},{at:g}", "ranked", (value, at))


def _row(label: str, figure: Measured) -> tuple[str, ...]:
    return (label, *(_decimal(end) for end in (figure.value, figure.low, figure.high)))


def _decimal(value: float | None) -> str:
    return "–" if value is None else local(f"{100 * value:.1f} %")


def _percent_of(figure: Measured) -> str:
    return _decimal(figure.value)


def intervals(shown: Sequence[Figure], confidence: float) -> Chart:
    """Estimates with their intervals, one below the other, in percent."""
    x = Scale(100, INDENT, WIDTH - 2 * RIGHT)
    places = [TOP + ROW * place + ROW / 2 for place in range(len(shown))]
    end = TOP + ROW * len(shown)
    return Chart(
        name="intervals",
        title=_("Estimates and intervals"),
        description="; ".join(f"{figure.label} {figure.value}, {figure.interval}" for figure in shown) + ".",
        x_label=_("Percent, exact interval at %(confidence)s %% confidence") % {"confidence": f"{100 * confidence:g}"},
        y_label="",
        x_ticks=x.ticks("%"),
        y_ticks=tuple(Tick(place, figure.label) for place, figure in zip(places, shown, strict=True)),
        legend=(),
        table=Table(
            (_("Figure"), _("Estimate"), _("Interval"), _("Margin")),
            tuple((figure.label, figure.value, figure.interval, figure.margin) for figure in shown),
        ),
        lines=tuple(_whisker(figure.estimate, x, place) for place, figure in zip(places, shown, strict=True)),
        left=INDENT,
        right=WIDTH - 2 * RIGHT,
        bottom=end,
        height=end + BOTTOM,
    )


def control_positives(points: Sequence[tuple[int, int]], needed: int, positives: int) -> Chart:
    """Hidden relevant documents that the review has met, and how many it must meet."""
    coded, met = points[-1]
    x = Scale(max(coded, 1), LEFT, WIDTH - RIGHT)
    y = Scale(max(positives, 1), HEIGHT - BOTTOM, TOP)
    steps_up = [(at, height) for (start, before), (at, after) in pairwise(points) for height in (before, after)]
    return Chart(
        name="control-positives",
        title=_("Hidden relevant documents met"),
        description=_("Of %(positives)s hidden relevant documents %(met)s are met; %(needed)s are needed.")
        % {"positives": intcomma(positives), "met": intcomma(met), "needed": intcomma(needed)},
        x_label=_("Documents coded"),
        y_label=_("Met"),
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        legend=(("gain", _("Met")), ("random", _("Needed"))),
        table=Table(
            (_("Documents coded"), _("Met"), _("Needed")),
            tuple((intcomma(a), intcomma(b), intcomma(needed)) for a, b in points),
        ),
        lines=(
            _line([points[0], *steps_up], "gain", x, y),
            _line([(0, needed), (coded, needed)], "random", x, y),
        ),
    )


def _whisker(estimate: Estimate, x: Scale, place: float) -> Line:
    """From end to end of the interval, and back to the estimate, where the dot is."""
    ends = [x(100 * estimate.low), x(100 * estimate.high)]
    dot = x(100 * (estimate.low if estimate.value is None else estimate.value))
    series = "weak" if estimate.is_weak else "ranked"
    return Line(" ".join(f"{at:g},{place:g}" for at in (*ends, dot)), series, (dot, place))


def _stack(ranks: RankDistribution, place: int, x: Scale, y: Scale) -> list[Bar]:
    left, right = x(100 * place / BINS), x(100 * (place + 1) / BINS)
    below, bars = 0, []
    for name, label in STATES:
        count = ranks.states[name][place]
        if count:
            top, bottom = y(below + count), y(below)
            title = _("Rank %(ranks)s: %(documents)s %(state)s") % {
                "ranks": _bin(place),
                "documents": intcomma(count),
                "state": _(label).lower(),
            }
            bars.append(Bar(left + GAP / 2, top, round(right - left - GAP, 2), round(bottom - top, 2), name, title))
        below += count
    return bars


def _bin(place: int) -> str:
    width = 100 // BINS
    return f"{place * width}–{(place + 1) * width}"


def _above_half(ranks: RankDistribution, state: str) -> int:
    return sum(ranks.states[state][BINS // 2 :])


def _cumulated(reading: Reading) -> list[tuple[int, float]]:
    """The rate of everything drawn at random up to each window: single windows hold too few to say anything."""
    points, documents, positives = [], 0, 0
    for end, served in reading.rate(*AT_RANDOM):
        documents, positives = documents + served.documents, positives + served.positives
        points.append((end, 100 * positives / documents))
    return points


def _rates(reading: Reading, ranked: dict[int, float], drawn: dict[int, float]) -> Table:
    rows = ((intcomma(end), _percent(ranked.get(end)), _percent(drawn.get(end))) for end, found in reading.gain()[1:])
    return Table((_("Documents coded"), _("Served by rank"), _("Served at random, so far")), tuple(rows))


def _rate_in_words(ranked: Sequence[tuple[int, float]], drawn: Sequence[tuple[int, float]]) -> str:
    told = {"ranked": _percent(ranked[-1][1]) if ranked else "", "drawn": _percent(drawn[-1][1]) if drawn else ""}
    if ranked and drawn:
        said = _("Of the last documents served by rank %(ranked)s were relevant, of those served at random %(drawn)s.")
    elif ranked:
        said = _("Of the last documents served by rank %(ranked)s were relevant.")
    else:
        said = _("Of those served at random %(drawn)s.")
    return said % told


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} %"


def _line(points: Sequence[tuple[float, float]], series: str, x: Scale, y: Scale) -> Line:
    placed = [(x(a), y(b)) for a, b in points]
    return Line(" ".join(f"{a:g},{b:g}" for a, b in placed), series, placed[-1])


def _number(value: float) -> str:
    """A round number as an axis shows it."""
    return intcomma(int(value)) if value == int(value) else local(f"{value:,g}")
