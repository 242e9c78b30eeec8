"""Which task teaches most when it is annotated next, for all models of a project together."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reviewapp.formats import Task
from training.annotation.examples import read
from training.annotation.models import Keyed, Model, counted
from training.core import uncertainty
from training.core.assertion import Mention
from training.core.choices import ChoiceModel
from training.core.ner.model import NerModel, Reading

Floats = NDArray[np.float64]


def uncertainty_order(
    models: Mapping[str, Model], tasks: Sequence[Task], keyed: Keyed
) -> tuple[NDArray[np.intp], Floats]:
    """The places of the tasks, the most instructive first, and how unsure the models are of each, 0 to 1.

    Entities and choices count by least confidence, a text by its hardest sentence; a status by the least sure of the
    entities found in the text. Several models count alike. Without a model the order stays as it was.
    """
    kinds = unsure(models, tasks, keyed)
    measured = uncertainty.together(kinds) if kinds else np.zeros(len(tasks))
    return uncertainty.order(measured), measured


def unsure(models: Mapping[str, Model], tasks: Sequence[Task], keyed: Keyed) -> list[Floats]:
    """How unsure each model, in order of their names, is of each task (n,), 0 to 1."""
    readings = _readings(models, tasks, keyed)
    return [_unsure(model, tasks, readings, keyed) for _, model in sorted(models.items())]


def _readings(models: Mapping[str, Model], tasks: Sequence[Task], keyed: Keyed) -> list[Reading]:
    found = next((model.learned for model in models.values() if isinstance(model.learned, NerModel)), None)
    return found.read([task.text() for task in tasks], keyed.features) if found else [Reading((), 1.0) for _ in tasks]


def _unsure(model: Model, tasks: Sequence[Task], readings: Sequence[Reading], keyed: Keyed) -> Floats:
    if isinstance(model.learned, NerModel):
        return 1 - np.array([reading.confidence for reading in readings])
    if model.weighting is None:
        return np.array(
            [_of_statuses(model, task, reading, keyed) for task, reading in zip(tasks, readings, strict=True)]
        )
    rows = model.weighting.weigh(counted(*read(tasks, model.wanted.field), keyed))
    return uncertainty.of_choices(model.learned.probabilities(rows), multiple=model.learned.multiple)


def _of_statuses(model: Model, task: Task, reading: Reading, keyed: Keyed) -> float:
    assert isinstance(model.learned, ChoiceModel)
    asked = [span for span in reading.spans if not model.about or span.label in model.about]
    if not asked:
        return 0.0
    rows = keyed.contexts.rows([Mention(task.text(), span.start, span.end) for span in asked])
    return float(uncertainty.of_choices(model.learned.probabilities(rows), multiple=False).max())
