"""Finished annotations replayed: what models learn from some tasks, measured on others, with the time it takes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reviewapp.errors import Invalid, NotEnoughTraining
from reviewapp.formats import Task
from reviewapp.labeling import Config
from training.annotation import logs
from training.annotation.learners import Learner, learner
from training.annotation.models import Keyed
from training.annotation.plan import wanted
from training.annotation.selection import Learned, learned
from training.core.ner.model import DEFAULT_ENGINE, Engine
from training.core.parameters import Parameters

HEADLINES = {
    "ner": ("span_f1", "micro"),
    "assertion": ("assertion_f1", "macro"),
    "choice-single": ("choice_f1", "macro"),
    "choice-multiple": ("choice_f1", "micro"),
}


@dataclass(frozen=True)
class Figures:
    """What one kind of model makes of the tasks; seconds are CPU seconds."""

    learner: Learner
    train_seconds: float
    predict_seconds: float
    predictions: int
    size: int
    metrics: dict[str, Any]

    @property
    def f1(self) -> float | None:
        """Micro F1 of spans and multiple choices, macro F1 of what is exactly one of several."""
        micro = HEADLINES[self.learner.wanted.kind][1] == "micro"
        found: float | None = self.metrics["micro"]["f1"] if micro else self.metrics["macro_f1"]
        return found

    def told(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "kind": self.learner.wanted.kind,
            "name": self.learner.wanted.name("", "manual"),
            "parameters": self.learner.parameters.record(self.learner.engine),
            "f1": self.f1,
            "train_seconds": self.train_seconds,
            "predictions": self.predictions,
            "predictions_per_second": self.predictions / max(self.predict_seconds, 1e-9),
            "bytes": self.size,
            **self.metrics,
        }


def replay(
    config: Config,
    tasks: Sequence[Task],
    test: Sequence[Task],
    keyed: Keyed,
    parameters: Parameters,
    engine: Engine = DEFAULT_ENGINE,
) -> dict[str, Any]:
    """Train each model that the config calls for on the completions of ``tasks``, and measure it on those of ``test``.

    A kind with too few examples is told as skipped; raises :class:`Invalid` when that leaves none, or when there is
    nothing to measure by.
    """
    training, held_out = learned(tasks), learned(test)
    if not held_out:
        raise Invalid("No task to test on has a completion; there is nothing to measure by.")
    models, skipped = list[Figures](), dict[str, str]()
    for each in wanted(config):
        learns = learner(each, parameters, keyed, engine)
        try:
            models.append(_figures(learns, training, held_out))
        except NotEnoughTraining as refused:
            skipped[each.title] = refused.message
    if not models:
        raise Invalid(f"No model could be trained. {' '.join(skipped.values())}")
    headlines = {HEADLINES[each.learner.wanted.kind][0]: each.f1 for each in models}
    return {
        "tasks": len(training),
        "test_tasks": len(held_out),
        "engine": engine,
        **headlines,
        "train_seconds": sum(each.train_seconds for each in models),
        "models": [each.told() for each in models],
        "skipped": skipped,
    }


def _figures(learns: Learner, training: Sequence[Learned], held_out: Sequence[Learned]) -> Figures:
    train_seconds, model = _timed(lambda: learns.fit(training, lambda epoch, loss: None))
    predict_seconds, evaluation = _timed(lambda: learns.evaluate(model, held_out))
    predictions = learns.asked(held_out)
    return Figures(learns, train_seconds, predict_seconds, predictions, len(model.to_bytes()), logs.figures(evaluation))


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    made = work()
    return time.process_time() - started, made
