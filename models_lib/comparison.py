"""Comparison: two versions on the documents that were held out of both, figure by figure, with paired intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from models_lib import validation
from models_lib.models import ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.errors import Conflict, Invalid
from training.core.validation import FIGURES, Difference, Figure, Figures, Sample, difference, figures

METHOD = (
    "95 % intervals of the difference on the same documents: MOVER (Zou and Donner 2008), which puts the two versions’ "
    "own intervals together with the correlation of their errors. For precision and recall at a threshold it is "
    "Newcombe’s paired interval (1998, method 10) with Clopper–Pearson limits; F1 goes through the share of hits; "
    "average precision takes the number of positives for the number of trials (Boyd, Eng and Page 2013)."
)
TITLES = dict(zip(FIGURES, ("Precision", "Recall", "F1", "Average precision"), strict=True))


@dataclass(frozen=True)
class Pair:
    """One figure of one label by both versions, and by how much the later one exceeds the earlier."""

    name: str
    before: Figure
    after: Figure
    change: Difference

    @property
    def title(self) -> str:
        """The figure's name for people."""
        return TITLES[self.name]

    @property
    def verdict(self) -> str:
        """``better`` or ``worse`` where the interval excludes no difference, else ``open``."""
        if self.change.value is None or self.change.low <= 0 <= self.change.high:
            return "open"
        return "better" if self.change.low > 0 else "worse"


@dataclass(frozen=True)
class Label:
    """One label of the comparison."""

    name: str
    positives: int
    is_weak: bool
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Comparison:
    """Two versions on ``documents`` that were held out of both; ``recoded`` of them are decided otherwise by now.

    ``only_earlier`` and ``only_later`` were held out of one alone, or coded for one alone, and are left out.
    """

    earlier: ModelVersion
    later: ModelVersion
    threshold: float
    basis: str
    documents: int
    drawn: int
    only_earlier: int
    only_later: int
    recoded: int
    labels: tuple[Label, ...]


def between(
    earlier: ModelVersion, later: ModelVersion, threshold: float = validation.HALF, basis: str = validation.CODED
) -> Comparison:
    """Compare what both say of the documents held out of both, as the version with the higher number saw them coded.

    Raises :class:`Invalid` for one and the same version, :class:`Conflict` where one has no held-out scores, or they
    share no document or label.
    """
    if earlier.pk == later.pk:
        message = f"Version {later.number} is the same as itself. Choose two versions."
        raise Invalid(message, fields={"earlier": [message]})
    one, other = _arrays(earlier), _arrays(later)
    both, at_one, at_other = np.intersect1d(one["ordinals"], other["ordinals"], assume_unique=True, return_indices=True)
    shared = _shared(earlier, later)
    if not len(both) or not shared:
        raise Conflict(f"No document was held out of both {earlier} and {later}, so they cannot be compared.")
    newer, at = (other, at_other) if later.number > earlier.number else (one, at_one)
    columns = [place if newer is other else was for _, was, place in shared]
    decided = np.asarray(newer["truth"][at][:, columns], bool)
    known = {name: np.asarray(newer[name][at]) for name in ("stands_for", "drawn")}
    old, new = (np.asarray(found["truth"][rows], bool) for found, rows in ((one, at_one), (other, at_other)))
    changed = old[:, [was for _, was, _ in shared]] != new[:, [place for _, _, place in shared]]
    return Comparison(
        earlier=earlier,
        later=later,
        threshold=threshold,
        basis=basis,
        documents=len(both),
        drawn=int(known["drawn"].sum()),
        only_earlier=len(one["ordinals"]) - len(both),
        only_later=len(other["ordinals"]) - len(both),
        recoded=int(changed.any(axis=1).sum()),
        labels=tuple(
            _label(
                name,
                validation.sample(known, decided[:, n], basis),
                np.asarray(one["scores"][at_one, was], np.float32),
                np.asarray(other["scores"][at_other, place], np.float32),
                threshold,
            )
            for n, (name, was, place) in enumerate(shared)
        ),
    )


def _label(
    name: str,
    sample: Sample,
    one: NDArray[np.float32],
    other: NDArray[np.float32],
    threshold: float,
) -> Label:
    before, after = figures(sample, one, threshold), figures(sample, other, threshold)
    changes = difference(sample, one, other, threshold)
    pairs = tuple(_pair(figure, before, after, changes) for figure in FIGURES)
    return Label(name, sample.positives, after.is_weak, pairs)


def _pair(figure: str, before: Figures, after: Figures, changes: Mapping[str, Difference]) -> Pair:
    return Pair(figure, getattr(before, figure), getattr(after, figure), changes[figure])


def _shared(earlier: ModelVersion, later: ModelVersion) -> list[tuple[str, int, int]]:
    """Labels of both with their places; a sole label may have been renamed in between."""
    was, now = validation.names(earlier), validation.names(later)
    if len(was) == len(now) == 1:
        return [(now[0], 0, 0)]
    return [(name, was.index(name), place) for place, name in enumerate(now) if name in was]


def _arrays(version: ModelVersion) -> Mapping[str, NDArray[Any]]:
    if not version.held_out:
        raise Conflict(validation.why_not(version))
    return Artifacts(settings.ARTIFACTS_DIR).read(version.held_out)
