"""What a random sample says about the documents that nobody read: exact intervals, and how large a sample must be.

Piles are finite and counts are often near zero, so intervals come from inverting the exact test and never from the
normal curve. *Tail* is the chance of error on one side: a two-sided interval at 95 % confidence has tails of 0.025.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv
from scipy.stats import hypergeom, norm

WEAK = 20  # positives below which a figure says little, whatever it is


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval and what it rests on; ``value`` is None where nothing can be said."""

    value: float | None
    low: float
    high: float
    positives: int
    documents: int

    @property
    def margin(self) -> float:
        """Half of the interval's width: the margin of error after the test."""
        return (self.high - self.low) / 2

    @property
    def is_weak(self) -> bool:
        """Whether it rests on fewer than :data:`WEAK` positives (B-05)."""
        return self.positives < WEAK


@dataclass(frozen=True)
class Stratum:
    """A pile of documents, a random sample of it, and how many of the sample are relevant.

    Skipped ones may be relevant or not: each figure takes the reading that is worse for the review (D6), and its
    interval spans both readings.
    """

    pile: int
    sample: int = 0
    relevant: int = 0
    skipped: int = 0

    @property
    def at_most(self) -> int:
        """Relevant in the sample, when everything that was skipped is."""
        return self.relevant + self.skipped

    @property
    def is_uncertain(self) -> bool:
        """Whether the sample says something about the pile, but not everything."""
        return 0 < self.sample < self.pile

    def fewest(self, tail: float) -> int:
        """The fewest relevant documents that the pile can be believed to hold."""
        return fewest(self.relevant, self.sample, self.pile, tail)

    def most(self, tail: float) -> int:
        """The most relevant documents that the pile can be believed to hold."""
        return most(self.at_most, self.sample, self.pile, tail)

    def expected(self, relevant: int) -> float:
        """The pile's relevant documents, when so many of the sample are."""
        return self.pile * relevant / self.sample if self.sample else 0.0


def sample_size(margin: float, confidence: float, pile: int | None = None, share: float = 0.5) -> int:
    """Documents to draw so that a share is known to ``± margin``; fewer for a small pile, and never more than it holds.

    Cochran, Sampling Techniques, 3rd edition 1977, section 4.4: ``n0 = z² p (1 - p) / margin²``, and with the finite
    population correction ``n0 / (1 + (n0 - 1) / pile)``. The normal curve plans here; it never gives a result.
    """
    z = float(norm.ppf(1 - (1 - confidence) / 2))
    wanted = z * z * share * (1 - share) / margin**2
    if pile is not None:
        wanted = wanted / (1 + (wanted - 1) / pile) if pile else 0.0
    return ceil(round(wanted, 9))


def binomial(positives: float, documents: float, confidence: float) -> tuple[float, float]:
    """The share of relevant documents in an endless pile: the exact interval of Clopper and Pearson 1934.

    Counts need not be whole, for samples of unequal weights (see :func:`weighted`).
    """
    tail = (1 - confidence) / 2
    low = float(betaincinv(positives, documents - positives + 1, tail)) if positives > 0 else 0.0
    high = float(betaincinv(positives + 1, documents - positives, 1 - tail)) if positives < documents else 1.0
    return low, high


def fewest(relevant: int, sample: int, pile: int, tail: float) -> int:
    """The smallest number of relevant documents in the pile that the sample does not rule out.

    That is, under which so many relevant ones or more are drawn with a chance above ``tail``: the hypergeometric test,
    inverted (Buonaccorsi 1987; Wright 1991, Exact Confidence Bounds when Sampling from Small Finite Universes).
    """
    floor, ceiling = relevant, pile - (sample - relevant)
    return first(floor, ceiling, lambda held: hypergeom.sf(relevant - 1, pile, held, sample) > tail)


def most(relevant: int, sample: int, pile: int, tail: float) -> int:
    """The largest number of relevant documents in the pile that the sample does not rule out; see :func:`fewest`."""
    floor, ceiling = relevant, pile - (sample - relevant)
    ruled_out = first(floor, ceiling + 1, lambda held: held > ceiling or _at_most(relevant, pile, held, sample) <= tail)
    return ruled_out - 1


def weighted(positive: NDArray[np.bool_], probabilities: NDArray[np.float64], confidence: float) -> Estimate:
    """The share of positives among the documents that a sample stands for, each drawn with a probability of its own.

    Hájek's 1971 ratio, every document weighing one over its probability; the interval is that of Korn and Graubard
    1998: Clopper and Pearson at Kish's effective size. With equal probabilities it is the exact binomial one.
    """
    documents, positives = len(positive), int(positive.sum())
    if not documents:
        return Estimate(None, 0.0, 1.0, 0, 0)
    weights = 1 / probabilities
    share = float(weights[positive].sum() / weights.sum())
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    low, high = binomial(share * effective, effective, confidence)
    return Estimate(share, low, high, positives, documents)


def elusion(below: Stratum, confidence: float) -> Estimate:
    """The share of the discard pile that is relevant, by the exact hypergeometric interval."""
    tail = (1 - confidence) / 2
    value = below.at_most / below.sample if below.sample else None
    size = max(below.pile, 1)
    return Estimate(value, below.fewest(tail) / size, below.most(tail) / size, below.at_most, below.sample)


def richness(found: int, documents: int, above: Stratum, below: Stratum, confidence: float) -> Estimate:
    """The share of all documents that is relevant: ``found`` known ones, and what the samples say of the rest."""
    tail = _shared((1 - confidence) / 2, above, below)
    size = max(documents, 1)
    value = (found + above.expected(above.at_most) + below.expected(below.at_most)) / size
    low = (found + above.fewest(tail) + below.fewest(tail)) / size
    high = (found + above.most(tail) + below.most(tail)) / size
    return Estimate(value, low, high, *_rests_on(above, below))


def recall(found: int, above: Stratum, below: Stratum, confidence: float) -> Estimate:
    """The share of the relevant documents that is found: ``found`` known ones, and those of the pile above the cutoff.

    The interval is the product of exact hypergeometric ones: recall is lowest with the fewest above and the most below.
    The two samples are independent, so tails widened by Šidák 1967 keep the promised confidence for both together.
    """
    tail = (1 - confidence) / 2
    held, missed = above.expected(above.relevant), below.expected(below.at_most)
    value = _share(found + held, found + held + missed)
    high = _shared(tail, above, below)
    kept = found + above.most(high)
    upper = _share(kept, kept + below.fewest(high))
    low = recall_bound(found, above, below, tail)
    return Estimate(value, low, 1.0 if upper is None else upper, *_rests_on(above, below))


def recall_bound(found: int, above: Stratum, below: Stratum, tail: float) -> float:
    """What recall is at least, with a chance of error of ``tail``; see :func:`recall`."""
    tail = _shared(tail, above, below)
    kept = found + above.fewest(tail)
    return _share(kept, kept + below.most(tail)) or 0.0


def precision(found: int, above: Stratum, confidence: float) -> Estimate:
    """The share of what counts as relevant that is: ``found`` coded ones and the pile above the cutoff."""
    tail = (1 - confidence) / 2
    size = found + above.pile
    if not size:
        return Estimate(None, 0.0, 1.0, 0, 0)
    low, high = (found + above.fewest(tail)) / size, (found + above.most(tail)) / size
    return Estimate((found + above.expected(above.relevant)) / size, low, high, above.relevant, above.sample)


def smallest_sample(found: int, pile: int, target: float, tail: float) -> int | None:
    """The smallest sample of the discard pile that can show the target, when nothing relevant turns up in it.

    None when no sample can: nothing is found yet.
    """
    if not found:
        return None
    none = Stratum(0)
    return first(0, pile, lambda sample: best_recall(found, none, Stratum(pile, sample), tail) >= target)


def best_recall(found: int, above: Stratum, below: Stratum, tail: float) -> float:
    """The recall that samples of these sizes can show at best: when nothing relevant turns up below the cutoff."""
    lucky = Stratum(above.pile, above.sample, above.sample)
    return recall_bound(found, lucky, Stratum(below.pile, below.sample), tail)


def first(start: int, stop: int, holds: Callable[[int], bool]) -> int:
    """The first number from ``start`` for which it holds; ``stop`` when it holds for none before."""
    while start < stop:
        middle = (start + stop) // 2
        start, stop = (start, middle) if holds(middle) else (middle + 1, stop)
    return start


def _rests_on(above: Stratum, below: Stratum) -> tuple[int, int]:
    return above.at_most + below.at_most, above.sample + below.sample


def _shared(tail: float, *strata: Stratum) -> float:
    """The tail for each of the samples that leave something open, so that all of them hold together."""
    uncertain = sum(stratum.is_uncertain for stratum in strata)
    return 1 - float((1 - tail) ** (1 / uncertain)) if uncertain else tail


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _at_most(relevant: int, pile: int, held: int, sample: int) -> float:
    return float(hypergeom.cdf(relevant, pile, held, sample))
