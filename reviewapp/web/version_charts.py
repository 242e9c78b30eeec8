"""Charts of model versions: numbers become the geometry that ``projects/_chart.html`` draws."""

from collections.abc import Sequence
from typing import Any

from models_lib.models import ValidationRecord
from models_lib.validation import CODED, Validation
from reviewapp.web.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, Line, Scale, Table, Tick

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
        title="Precision and recall",
        description=f"Precision and recall at every threshold. The one chosen is rank {100 * found.threshold:g}.",
        x_label="Recall, percent",
        y_label="Precision, percent",
        x_ticks=X.ticks(),
        y_ticks=Y.ticks(),
        legend=(
            *((f"label-{n}", label.name) for n, label in enumerate(drawn)),
            *([("threshold", "The threshold")] if here else []),
        ),
        table=Table(("Label", "Threshold", "Precision", "Recall"), tuple(_points(drawn))),
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
        title="Pinned versions over time",
        description=f"Rating and average precision of {len(records)} pinned versions, as they were when pinned.",
        x_label="Version",
        y_label="0–100",
        x_ticks=tuple(_ticks(places, records)),
        y_ticks=Y.ticks(),
        legend=(("rating", "Rating"), ("average", "Average precision, percent")),
        table=Table(("Version", "Rating", "Average precision"), tuple(_row(record) for record in records)),
        lines=tuple(_line(points, name) for points, name in series),
    )


def figures_of(record: ValidationRecord) -> list[dict[str, Any]]:
    """The frozen figures of each label; empty for a version that had none."""
    frozen = record.record.get("validation", {}).get(CODED)
    return frozen["labels"] if frozen else []


def _points(labels: Sequence[Any]) -> list[tuple[str, ...]]:
    return [
        (label.name, f"{threshold:.3f}", f"{100 * precision:.1f} %", f"{100 * recall:.1f} %")
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
    return str(record.version), "–" if score is None else f"{score:.0f}", "–" if average is None else f"{average:.3f}"


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
