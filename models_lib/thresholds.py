"""Thresholds: from which probability on a label counts as predicted, as a number or by a name that says what for.

A name stands for a number of its own for each version: it is taken from what the version said of held-out documents.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import floor
from typing import Any

import numpy as np
from django.conf import settings

from models_lib.models import ModelVersion
from models_lib.prediction import PLACES
from reviewapp.artifacts import Artifacts
from reviewapp.domain import projects
from reviewapp.domain.taxonomy import path_of
from reviewapp.errors import Conflict, Invalid
from training.core import validation

NAMES = {
    "high_recall": "the highest with which 90 % of the held-out documents with the label are found",
    "balanced": "the one with the best F1 on the held-out documents",
    "high_precision": "the lowest with which 90 % of what is predicted on the held-out documents is right",
}
EVEN = 0.5


@dataclass(frozen=True)
class Predicted:
    """A label that a text is given; ``threshold`` is None where none was asked for."""

    name: tuple[str, ...]
    probability: float
    threshold: float | None


def labels(version: ModelVersion) -> tuple[str, ...]:
    """What the version predicts."""
    return tuple(version.labels) or (projects.positive(version.project),)


def resolve(version: ModelVersion, asked: str | Mapping[str, Any] | None = None) -> dict[str, float]:
    """A number for each label of the version: one name for all, a number or a name for each, 0.5 where none is asked.

    Raises :class:`Invalid` for a label or name that there is not, :class:`Conflict` where a name stands for no number.
    """
    known = labels(version)
    if asked is None or isinstance(asked, str):
        return {label: _number(version, label, EVEN if asked is None else asked) for label in known}
    if unknown := sorted(set(asked) - set(known)):
        message = f"Version {version.number} does not predict {', '.join(unknown)}. It predicts {', '.join(known)}."
        raise Invalid(message, fields={"thresholds": [message]})
    return {label: _number(version, label, asked.get(label, EVEN)) for label in known}


def reached(probabilities: Mapping[str, float], wanted: Mapping[str, float] | None) -> tuple[Predicted, ...]:
    """The labels whose probability is not below their threshold; all of them where no thresholds are wanted."""
    if wanted is None:
        return tuple(Predicted(path_of(label), found, None) for label, found in probabilities.items())
    pairs = ((label, found, wanted.get(label, EVEN)) for label, found in probabilities.items())
    return tuple(Predicted(path_of(label), found, least) for label, found, least in pairs if found >= least)


def named(version: ModelVersion) -> dict[str, dict[str, float]]:
    """For each label the number that each name stands for; a name without one is left out."""
    return {label: _named(version.held_out, place) for place, label in enumerate(labels(version))}


def _number(version: ModelVersion, label: str, asked: Any) -> float:
    if isinstance(asked, str):
        return _of_name(version, label, asked)
    if isinstance(asked, bool) or not isinstance(asked, int | float) or not 0 <= asked <= 1:
        message = f"The threshold of “{label}” is a number from 0 to 1, or one of {', '.join(NAMES)}."
        raise Invalid(message, fields={"thresholds": [message]})
    return float(asked)


def _of_name(version: ModelVersion, label: str, name: str) -> float:
    if name not in NAMES:
        message = f"“{name}” is not a threshold. Give a number from 0 to 1, or one of {', '.join(NAMES)}."
        raise Invalid(message, fields={"thresholds": [message]})
    found = _named(version.held_out, labels(version).index(label))
    if name not in found:
        raise Conflict(
            f"Version {version.number} has no {name} threshold for “{label}”: the held-out documents do not give one. "
            "Give a number, or code more documents and train."
        )
    return found[name]


@lru_cache(maxsize=64)
def _named(held_out: str, place: int) -> dict[str, float]:
    if not held_out:
        return {}
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(held_out)
    truth = np.asarray(arrays["truth"][:, place], bool)
    curve = validation.curve(validation.plain(truth), np.asarray(arrays["scores"][:, place], np.float32))
    # Predictions are rounded; rounded down, the document that gave the number still reaches it.
    return {
        name: floor(number * 10**PLACES) / 10**PLACES for name, number in validation.named_thresholds(curve).items()
    }
