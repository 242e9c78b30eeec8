"""Charts of model versions: numbers become the geometry that ``projects/_chart.html`` draws."""

from collections.abc import Sequence
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from models_lib.comparison import Comparison, Pair
from models_lib.models import DriftLook, ValidationRecord
from models_lib.validation import CODED, Validation
from reviewapp.web.charts import BOTTOM, HEIGHT, LEFT, RIGHT, ROW, TOP, WIDTH, Chart, Line, Scale, Table, Tick
from reviewapp.web.figures import local
from training.core.novelty import MANY
from training.core.validation import Difference

NAMED, NAME_LENGTH = 150, 26  # room for the names of figures, in pixels and in characters
X = Scale(100, LEFT, WIDTH - RIGHT)
Y = Scale(100, HEIGHT - BOTTOM, TOP)


def precision_recall(found: Validation) -> Chart | None:
    """Precision over recall, one curve a label, with a dot where the threshold stands; None without positives."""
    drawn = [label for label in found.labels if len(label.curve.thresholds)]
    if not drawn:
        return None
    lines = [
        _line(
            [(100 * r, 100 * p) for r, p in zip(label.curve.recalls, label.curve.precisions, strict=True)], f"label-{n}"
        )
        for n, label in enumerate(drawn)
    ]
    here = [
        _line([(100 * label.figures.recall.value, 100 * label.figures.precision.value)], "threshold")
        for label in drawn
        if label.figures.recall.value is not None and label.figures.precision.value is not None
    ]
    return Chart(
        name="precision-recall",
        title=_("Precision and recall"),
        description=_("Precision and recall at every threshold. The one chosen is rank %(threshold)s.")
        % {"threshold": f"{100 * found.threshold:g}"},
        x_label=_("Recall, percent"),
        y_label=_("Precision, percent"),
        x_ticks=X.ticks(),
        y_ticks=Y.ticks(),
        legend=(
            *((f"label-{n}", label.name) for n, label in enumerate(drawn)),
            *([("threshold", _("The threshold"))] if here else []),
        ),
        table=Table((_("Label"), _("Threshold"), _("Precision"), _("Recall")), tuple(_points(drawn))),
        lines=(*lines, *here),
    )


def over_time(records: Sequence[ValidationRecord]) -> Chart | None:
    """Rating and average precision of the pinned versions, by number; None for fewer than two."""
    if len(records) < 2:
        return None
    places = [100 * place / (len(records) - 1) for place in range(len(records))]
    rating = [(x, score) for x, record in zip(places, records, strict=True) if (score := _score(record)) is not None]
    average = [(x, 100 * ap) for x, record in zip(places, records, strict=True) if (ap := _average(record)) is not None]
    series = [(points, name) for points, name in ((rating, "rating"), (average, "average")) if points]
    return Chart(
        name="over-time",
        title=_("Pinned versions over time"),
        description=_("Rating and average precision of %(number)s pinned versions, as they were when pinned.")
        % {"number": len(records)},
        x_label=_("Version"),
        y_label="0–100",
        x_ticks=tuple(_ticks(places, records)),
        y_ticks=Y.ticks(),
        legend=(("rating", _("Rating")), ("average", _("Average precision, percent"))),
        table=Table((_("Version"), _("Rating"), _("Average precision")), tuple(_row(record) for record in records)),
        lines=tuple(_line(points, name) for points, name in series),
    )


def differences(found: Comparison) -> Chart:
    """By how much each figure changes, with its interval, a line a figure; better is to the right of 0."""
    x = Scale(200, NAMED, WIDTH - RIGHT)
    pairs = [(label, pair) for label in found.labels for pair in label.pairs if pair.change.value is not None]
    rows = [(TOP + ROW * (place + 0.5), label, pair) for place, (label, pair) in enumerate(pairs)]
    bottom = TOP + ROW * max(len(rows), 1)
    one = len(found.labels) == 1
    lines = [_interval(x, y, pair) for y, _, pair in rows]
    return Chart(
        name="differences",
        title=_("%(later)s less %(earlier)s") % {"later": found.later, "earlier": found.earlier},
        description=_("Differences in points on %(documents)s documents, with 95 %% intervals. 0 is no difference.")
        % {"documents": intcomma(found.documents)},
        x_label=_("Points"),
        y_label="",
        x_ticks=tuple(Tick(x(at + 100), f"{at:+d}" if at else "0") for at in range(-100, 101, 50)),
        y_ticks=tuple(
            Tick(y, pair.title if one else f"{label.name}: {pair.title}"[:NAME_LENGTH]) for y, label, pair in rows
        ),
        legend=(("better", _("Better")), ("worse", _("Worse")), ("open", _("Not decided"))),
        table=Table(
            (_("Label"), _("Figure"), _("Difference"), _("From"), _("To")),
            tuple(
                (label.name, pair.title, *(local(f"{100 * at:+.1f}") for at in _of(pair.change) if at is not None))
                for _, label, pair in rows
            ),
        ),
        lines=(_line_at([(x(100), TOP), (x(100), bottom)], "zero"), *lines),
        left=NAMED,
        bottom=bottom,
        height=bottom + BOTTOM,
    )


def drift(looks: Sequence[DriftLook]) -> Chart | None:
    """The share of strange documents by look, with its interval and the limit; None without looks."""
    if not looks:
        return None
    step = (WIDTH - RIGHT - LEFT) / len(looks)
    places = [(round(LEFT + step * (n + 0.5), 2), look) for n, look in enumerate(looks)]
    intervals = [
        Line(
            f"{x:g},{Y(100 * look.low):g} {x:g},{Y(100 * look.high):g}",
            "worse" if look.found else "open",
            (x, Y(100 * look.share)),
        )
        for x, look in places
    ]
    return Chart(
        name="drift",
        title=_("Documents unlike the training"),
        description=_("Share of strange new documents at %(number)s looks, with 95 %% intervals.")
        % {"number": len(looks)},
        x_label=_("Look"),
        y_label=_("Percent"),
        x_ticks=tuple(Tick(x, date_format(look.at, "j M")) for x, look in places[:: -(-len(places) // 8)]),
        y_ticks=Y.ticks(),
        legend=(
            ("worse", _("Drift")),
            ("open", _("No drift")),
            ("zero", _("10 %: an interval wholly above it is drift")),
        ),
        table=Table(
            (_("Day"), _("New documents"), _("Strange"), _("Share"), _("From"), _("To")),
            tuple(_look(look) for look in looks),
        ),
        lines=(_line_at([(LEFT, Y(100 * MANY)), (WIDTH - RIGHT, Y(100 * MANY))], "zero"), *intervals),
    )


def _look(look: DriftLook) -> tuple[str, ...]:
    shares = (local(f"{100 * share:.1f} %") for share in (look.share, look.low, look.high))
    return (
        date_format(look.at, "DATE_FORMAT"),
        intcomma(look.documents),
        _("%(strange)s of %(looked_at)s") % {"strange": intcomma(look.strange), "looked_at": intcomma(look.looked_at)},
        *shares,
    )


def _of(change: Difference) -> tuple[float | None, float, float]:
    return change.value, change.low, change.high


def _interval(x: Scale, y: float, pair: Pair) -> Line:
    """The interval as a line, with the dot where the difference itself is."""
    low, high, value = (x(100 + 100 * at) for at in (pair.change.low, pair.change.high, pair.change.value or 0))
    return Line(f"{low:g},{y:g} {high:g},{y:g}", pair.verdict, (value, y))


def _line_at(places: Sequence[tuple[float, float]], series: str) -> Line:
    """A line through these places of the drawing itself."""
    return Line(" ".join(f"{a:g},{b:g}" for a, b in places), series, places[-1])


def figures_of(record: ValidationRecord) -> list[dict[str, Any]]:
    """The frozen figures of each label; empty for a version that had none."""
    frozen = record.record.get("validation", {}).get(CODED)
    return frozen["labels"] if frozen else []


def _points(labels: Sequence[Any]) -> list[tuple[str, ...]]:
    return [
        (label.name, local(f"{threshold:.3f}"), local(f"{100 * precision:.1f} %"), local(f"{100 * recall:.1f} %"))
        for label in labels
        for threshold, precision, recall in zip(
            label.curve.thresholds, label.curve.precisions, label.curve.recalls, strict=True
        )
    ]


def _ticks(places: Sequence[float], records: Sequence[ValidationRecord], most: int = 10) -> list[Tick]:
    step = -(-len(records) // most)
    pairs = list(zip(places, records, strict=True))[::step]
    return [Tick(X(place), str(record.version)) for place, record in pairs]


def _row(record: ValidationRecord) -> tuple[str, ...]:
    score, average = _score(record), _average(record)
    return (
        str(record.version),
        "–" if score is None else f"{score:.0f}",
        "–" if average is None else local(f"{average:.3f}"),
    )


def _score(record: ValidationRecord) -> float | None:
    rated = record.record.get("rating")
    return rated["score"] if rated else None


def _average(record: ValidationRecord) -> float | None:
    values = [label["figures"]["average_precision"]["value"] for label in figures_of(record)]
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _line(points: Sequence[tuple[float, float]], series: str) -> Line:
    placed = [(X(a), Y(b)) for a, b in points]
    return Line(" ".join(f"{a:g},{b:g}" for a, b in placed), series, placed[-1])
