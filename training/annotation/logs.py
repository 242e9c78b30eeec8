"""The log of a training, line by line while it runs, and the logs of one start as one archive."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from training.annotation.learners import Learner
from training.annotation.selection import Split
from training.core.evaluation import Evaluation, LabelQuality

_NO_PATH = re.compile(r'[\x00-\x1f/\\:*?"<>|]')  # a group may be named "../x", and its model with it
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the time of every file in an archive, so that equal logs make equal archives


@dataclass
class Log:
    """Keeps what is said and passes it on."""

    listener: Callable[[str], None]
    said: list[str] = field(default_factory=list)

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(self.said)

    def say(self, line: str) -> None:
        """One line."""
        self.said.append(line)
        self.listener(line)

    def opening(
        self, learns: Learner, name: str, source: str, parts: Split, examples: Mapping[str, int], advised: int
    ) -> None:
        """What is trained, how, and from how many examples (J-13, J-14)."""
        self.say(f"{name}: {learns.wanted.title}, started by {source.replace('_', ' ')}")
        for setting, value in learns.settings.items():
            self.say(f"{setting}: {value}")
        for parameter, told in learns.parameters.record(learns.engine).items():
            self.say(f"{parameter} = {told['value']:g} ({told['effect']})")
        side = "by tags" if parts.fixed else "by share"
        self.say(f"Tasks: {len(parts.train)} to train, {len(parts.test)} held out {side}.")
        for label, number in examples.items():
            few = f", fewer than the {advised} that are advised" if number < advised else ""
            self.say(f"{label}: {number} examples{few}")
        for note in learns.notes(parts.everything):
            self.say(note)

    def results(self, evaluation: Evaluation) -> None:
        """Precision, recall and F1 of each label, their averages, and who was taken for whom."""
        for quality in (*evaluation.labels, evaluation.micro):
            self.say(
                f"{quality.label}: precision {_percent(quality.precision)}, recall {_percent(quality.recall)}, "
                f"F1 {_percent(quality.f1)} ({quality.annotated} annotated, {quality.predicted} predicted)"
            )
        self.say(f"macro F1 {_percent(evaluation.macro_f1)}, weighted F1 {_percent(evaluation.weighted_f1)}")
        for (annotated, predicted), number in sorted(evaluation.confusion.items()):
            self.say(f"annotated {annotated or 'nothing'}, predicted {predicted or 'nothing'}: {number}")


def figures(evaluation: Evaluation) -> dict[str, Any]:
    """An evaluation as plain data; an empty name in the confusion matrix stands for nothing."""
    return {
        "labels": {quality.label: _quality(quality) for quality in evaluation.labels},
        "micro": _quality(evaluation.micro),
        "macro_f1": evaluation.macro_f1,
        "weighted_f1": evaluation.weighted_f1,
        "confusion": [
            {"annotated": annotated, "predicted": predicted, "count": count}
            for (annotated, predicted), count in sorted(evaluation.confusion.items())
        ],
    }


def archive(logs: Iterable[tuple[str, Iterable[str]]]) -> bytes:
    """The logs of one start, ``(model, lines)`` each, as one zip file (J-43)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, lines in logs:
            packed.writestr(zipfile.ZipInfo(f"{_NO_PATH.sub('_', name)}.log", EARLIEST), written(lines))
    return buffer.getvalue()


def written(lines: Iterable[str]) -> bytes:
    """A log as a text file."""
    return "".join(f"{line}\n" for line in lines).encode()


def _quality(quality: LabelQuality) -> dict[str, Any]:
    counts = {"annotated": quality.annotated, "predicted": quality.predicted, "hits": quality.hits}
    return {"precision": quality.precision, "recall": quality.recall, "f1": quality.f1, **counts}


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.1%}"
