"""How far a validation's sample is coded, and what it shows when it is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from reviewapp.domain import samples
from reviewapp.models import SampledDocument, ValidationRound
from training.core import estimates
from training.core.estimates import Estimate, Stratum

STRATUM = SampledDocument.Stratum


@dataclass(frozen=True)
class Progress:
    """How far the coding of a sample is, in documents."""

    sample: int
    left: int
    skipped: int
    deleted: int

    @property
    def decided(self) -> int:
        return self.sample - self.left

    @property
    def share(self) -> float:
        """Of the sample, 0 to 100."""
        return 100 * self.decided / self.sample if self.sample else 100.0


@dataclass(frozen=True)
class Result:
    """What a sample showed. ``estimates`` by name: elusion, and of a whole validation richness, recall, precision."""

    above: Stratum
    below: Stratum
    deleted: int
    estimates: Mapping[str, Estimate]

    @property
    def skipped(self) -> int:
        return self.above.skipped + self.below.skipped

    @property
    def sample(self) -> int:
        return self.above.sample + self.below.sample

    @property
    def eluded(self) -> tuple[int | None, int, int]:
        """Relevant documents in the discard pile: estimated, at least, at most."""
        found, pile = self.estimates["elusion"], self.below.pile
        value = None if found.value is None else round(found.value * pile)
        return value, round(found.low * pile), round(found.high * pile)

    def to_json(self) -> dict[str, Any]:
        return {
            "above": asdict(self.above),
            "below": asdict(self.below),
            "deleted": self.deleted,
            "estimates": {name: asdict(estimate) for name, estimate in self.estimates.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Result":
        return cls(
            above=Stratum(**kept["above"]),
            below=Stratum(**kept["below"]),
            deleted=kept["deleted"],
            estimates={name: Estimate(**estimate) for name, estimate in kept["estimates"].items()},
        )


def progress(round_: ValidationRound) -> Progress:
    """How many of the sample are coded, skipped, and still to be coded."""
    counts = drawn(round_).aggregate(
        sample=Count("pk", filter=Q(item__removed=False)),
        left=Count("pk", filter=samples.LEFT),
        skipped=Count("pk", filter=samples.SKIPPED),
        deleted=Count("pk", filter=Q(item__removed=True)),
    )
    return Progress(**counts)


def result(round_: ValidationRound) -> Result | None:
    """What the sample shows; None before every document of it is coded or skipped, and of an abandoned round."""
    if round_.result is not None:
        return Result.from_json(round_.result)
    if round_.state != ValidationRound.State.OPEN or progress(round_).left:
        return None
    return read(round_)


def drawn(round_: ValidationRound) -> QuerySet[SampledDocument]:
    return SampledDocument.objects.filter(sample=round_.sample_id)


def read(round_: ValidationRound) -> Result:
    """The figures of a sample that is coded to the end; what was deleted meanwhile is left out of it."""
    above = _stratum(round_, STRATUM.ABOVE, round_.above)
    below = _stratum(round_, STRATUM.BELOW, round_.below)
    deleted = drawn(round_).filter(item__removed=True).count()
    return Result(above, below, deleted, _estimates(round_, above, below))


def _stratum(round_: ValidationRound, name: str, pile: int) -> Stratum:
    counts = (
        drawn(round_)
        .filter(stratum=name, item__removed=False)
        .aggregate(
            sample=Count("pk"),
            relevant=Count("pk", filter=samples.RELEVANT),
            skipped=Count("pk", filter=samples.SKIPPED),
        )
    )
    return Stratum(pile, **counts)


def _estimates(round_: ValidationRound, above: Stratum, below: Stratum) -> dict[str, Estimate]:
    found = {"elusion": estimates.elusion(below, round_.confidence)}
    if round_.kind == ValidationRound.Kind.ELUSION:
        return found
    found["richness"] = estimates.richness(round_.found, round_.documents, above, below, round_.confidence)
    found["recall"] = estimates.recall(round_.found, above, below, round_.confidence)
    if round_.cutoff is not None:
        found["precision"] = estimates.precision(round_.found, above, round_.confidence)
    return found
