"""What a validation round would draw from a project, and what that could show at best."""

from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from numpy.typing import NDArray

from reviewapp.artifacts import Artifacts
from reviewapp.errors import Invalid
from reviewapp.models import Decision, Project, ValidationRound
from training.core import estimates
from training.core.estimates import Estimate, Stratum

KIND = ValidationRound.Kind
NOT_CODED = (None, int(Decision.SKIPPED))
CONFIDENCES = (0.5, 0.999)
MARGINS = (0.001, 0.5)


@dataclass(frozen=True)
class Design:
    """What a round would test: its kind, the cutoff by rank (0 to 100), and how sure it shall be.

    The sample's size is given, or follows from ``confidence`` and ``margin``. Raises :class:`Invalid` by field.
    """

    kind: str = KIND.ELUSION.value
    cutoff: float | None = None
    confidence: float = 0.95
    margin: float = 0.025
    size: int | None = None

    def __post_init__(self) -> None:
        problems = {
            "kind": "" if self.kind in KIND.values else "Not a kind of validation.",
            "cutoff": "" if self.cutoff is None or 0 < self.cutoff <= 100 else "A rank above 0 and up to 100.",
            "confidence": _outside(self.confidence, CONFIDENCES),
            "margin": _outside(self.margin, MARGINS),
            "size": "" if self.size is None or self.size > 0 else "At least one document.",
        }
        if wrong := {name: [said] for name, said in problems.items() if said}:
            said = " ".join(f"{name}: {messages[0]}" for name, messages in wrong.items())
            raise Invalid(f"This validation cannot be planned. {said}", fields=wrong)


@dataclass(frozen=True)
class Piles:
    """The project now: known relevant documents, and the ordinals of what is not coded, by the cutoff."""

    documents: int
    found: int
    above: NDArray[np.int64]
    below: NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """What a round would draw, and what it could show at best: nothing relevant in the discard pile."""

    design: Design
    documents: int
    found: int
    above: Stratum
    below: Stratum

    @property
    def size(self) -> int:
        """Documents to code."""
        return self.above.sample + self.below.sample

    @property
    def best_elusion(self) -> Estimate:
        return estimates.elusion(self.below, self.design.confidence)

    @property
    def best_recall(self) -> float:
        """This sample can at best show a recall of so much."""
        tail = (1 - self.design.confidence) / 2
        return estimates.best_recall(self.found, self.above, self.below, tail)


def plan(project: Project, design: Design) -> Plan:
    """What a round of this design would draw from the project as it is now."""
    return plan_of(design, piles(project, design.cutoff))


def _outside(value: float, limits: tuple[float, float]) -> str:
    low, high = limits
    return "" if low <= value <= high else f"From {low:g} to {high:g}."


def piles(project: Project, cutoff: float | None) -> Piles:
    """Read in one statement, so that no document is missed or counted twice while people code."""
    decisions = project.items.filter(removed=False).order_by().values("decision")
    groups = dict(decisions.annotate(ordinals=ArrayAgg("ordinal")).values_list("decision", "ordinals"))
    open_ = np.sort(np.array([o for decision in NOT_CODED for o in groups.get(decision, [])], np.int64))
    ranked = _scores(project, cutoff)
    high = np.zeros(len(open_), bool)
    known = open_ < len(ranked)
    if cutoff is not None:
        high[known] = ranked[open_[known]] * 100.0 >= cutoff
    found = len(groups.get(int(Decision.POSITIVE), []))
    return Piles(sum(map(len, groups.values())), found, above=open_[high], below=open_[~high])


def _scores(project: Project, cutoff: float | None) -> NDArray[np.float32]:
    if cutoff is None:
        return np.zeros(0, np.float32)
    if project.snapshot is None:
        message = "There is no model yet, so there is no rank to cut at. Leave the cutoff empty."
        raise Invalid(message, fields={"cutoff": [message]})
    scores: NDArray[np.float32] = Artifacts(settings.ARTIFACTS_DIR).read(project.snapshot.artifact)["scores"]
    return scores


def plan_of(design: Design, now: Piles) -> Plan:
    above, below = len(now.above), len(now.below)
    sampled = below if design.kind == KIND.ELUSION else above + below
    wanted = design.size or estimates.sample_size(design.margin, design.confidence, sampled)
    size = min(wanted, sampled)
    # In proportion, so that every document is equally likely to be drawn; of each pile at least one.
    tops = 0 if sampled == below else min(max(round(size * above / sampled), 1), above, size)
    return Plan(
        design=design,
        documents=now.documents,
        found=now.found,
        above=Stratum(above, tops),
        below=Stratum(below, min(size - tops, below)),
    )
