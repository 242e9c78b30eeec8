"""When a review may stop: a certified rule, one planned test, and heuristics that promise nothing.

*Target* is the share of the relevant documents to be found, *confidence* the chance that the promise holds. A reading
order is an array of True (relevant) and False in the order in which documents were read.
"""

from dataclasses import dataclass
from math import ceil, floor, log

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv
from scipy.stats import binom, hypergeom

from training.core import estimates
from training.core.estimates import Stratum

ASSURANCE = 0.9  # with which a planned control set holds the positives that it is drawn for
MOST_SPARED = 6  # control positives that a design may leave unmet; more make little difference
WINDOWS_AT_A_TIME = 256


@dataclass(frozen=True)
class Certificate:
    """Where the certified rule stands: how many of the control positives the review has met, and must meet."""

    target: float
    confidence: float
    positives: int
    met: int

    @property
    def needed(self) -> int | None:
        """The control positives to be met; None when there are too few to prove the target."""
        return needed(self.positives, self.target, self.confidence)

    @property
    def is_reached(self) -> bool:
        """Whether the target is certified."""
        return self.needed is not None and self.met >= self.needed

    @property
    def best(self) -> float:
        """The recall that this control set can prove when all of its positives are met."""
        return provable(self.positives, self.positives, self.confidence)


@dataclass(frozen=True)
class Design:
    """One way to certify: a control set with so many positives, of which so many must be met."""

    positives: int
    needed: int
    probability: float  # of each document to be drawn
    documents: int  # that are drawn on average
    stops_at: float  # the recall at which the rule stops on average


@dataclass(frozen=True)
class Plan:
    """What can be certified in a collection of this richness, cheapest sample first; ``designs`` empty: nothing."""

    target: float
    confidence: float
    relevant: int
    fewest: int | None
    best: float
    designs: tuple[Design, ...]


@dataclass(frozen=True)
class PlannedTest:
    """One look of a planned test: recall is at least ``bound``, with this look's share of the chance of error."""

    target: float
    tail: float
    bound: float

    @property
    def is_passed(self) -> bool:
        return self.bound >= self.target


@dataclass(frozen=True)
class Heuristic:
    """What a rule of thumb says. There is no guarantee behind any of them."""

    figure: float
    threshold: float
    is_stop: bool


@dataclass(frozen=True)
class Forecast:
    """Documents left until the target is reached in the order of now, with their interval.

    ``certified`` is when the certified rule will stop in that order; None when it never will.
    """

    documents: int
    low: int
    high: int
    certified: int | None


def needed(positives: int, target: float, confidence: float) -> int | None:
    """How many of so many hidden positives must be met before the target is certified; None when all are too few.

    Lewis, Yang and Frieder 2021, Certifying One-Phase Technology-Assisted Reviews: positives drawn at random are met
    in an order that knows nothing of the draw, so the chance that ``j`` or more of them stand before the target's
    quantile is at most the binomial one. The rule is one fixed event, the meeting of the ``j``-th: looking often costs
    nothing. In a finite collection the chance is hypergeometric, which is smaller still.
    """
    count = int(binom.isf(1 - confidence, positives, target)) + 1 if positives else 1
    return count if count <= positives else None


def fewest_positives(target: float, confidence: float) -> int | None:
    """The smallest control set, in positives, that can certify the target: ``target ** n`` is the chance that the
    target's last part holds none of them. None for a target of 1, which no sample can prove.
    """
    return ceil(log(1 - confidence) / log(target)) if 0 < target < 1 else None


def provable(met: int, positives: int, confidence: float) -> float:
    """The recall proven at one look, chosen beforehand, that finds so many of the control positives met.

    The lower limit of Clopper and Pearson 1934; the same test as in :func:`needed`, solved for the target.
    """
    return float(betaincinv(met, positives - met + 1, 1 - confidence)) if met else 0.0


def plan(target: float, confidence: float, richness: float, documents: int) -> Plan:
    """Before any coding: how many documents to draw for a control set that can certify the target.

    Every document is drawn with the same probability, so the number of positives in it is binomial; with a chance of
    :data:`ASSURANCE` there are enough. A larger set may leave some positives unmet, and stops nearer to the target.
    """
    relevant = floor(round(richness * documents, 6))
    fewest = fewest_positives(target, confidence)
    found = [_design(wanted, must, relevant, documents) for wanted, must in _pairs(target, confidence, relevant)]
    return Plan(target, confidence, relevant, fewest, provable(relevant, relevant, confidence), tuple(found))


def positives_drawn(relevant: int, probability: float) -> int:
    """How many positives a control set holds at least, with a chance of :data:`ASSURANCE`."""
    return int(binom.ppf(1 - ASSURANCE, relevant, probability))


def planned_test(
    found: int, above: Stratum, below: Stratum, target: float, confidence: float, looks: int
) -> PlannedTest:
    """One look at a random sample of the discard pile, of ``looks`` planned ones.

    Bonferroni: each look has its share of the chance of error, so all of them together keep the confidence.
    ``found`` relevant documents are known; a pile above the cutoff without a sample counts as nothing found.
    """
    tail = (1 - confidence) / looks
    return PlannedTest(target, tail, estimates.recall_bound(found, above, below, tail))


def run_of_irrelevant(relevant: NDArray[np.bool_], run: int) -> Heuristic:
    """Stop after ``run`` irrelevant documents in a row, as ASReview suggests (van de Schoot et al. 2021)."""
    last = np.flatnonzero(relevant)
    length = len(relevant) - 1 - int(last[-1]) if len(last) else len(relevant)
    return Heuristic(length, run, bool(len(last)) and length >= run)


def knee(relevant: NDArray[np.bool_]) -> Heuristic:
    """Stop when the gain curve is much steeper before its knee than after it.

    Cormack and Grossman 2016, Engineering Quality and Reliability in Technology-Assisted Review: the knee is farthest
    above the line from the start to now; the ratio of slopes must reach 156 less the relevant found, and at least 6.
    """
    gain = np.cumsum(relevant)
    if not len(gain) or not gain[-1]:
        return Heuristic(0.0, 156.0, is_stop=False)
    read, found = len(gain), int(gain[-1])
    places = np.arange(1, read + 1)
    place = int(np.argmax(gain - places * (found / read)))
    before = gain[place] / places[place]
    after = (1 + found - gain[place]) / max(read - int(places[place]), 1)
    threshold = 156.0 - min(int(gain[place]), 150)
    return Heuristic(float(before / after), threshold, bool(before / after >= threshold))


def look_back(relevant: NDArray[np.bool_], documents: int, target: float, confidence: float) -> Heuristic:
    """Stop when the last documents read, taken for a random sample, make it unlikely that the target was missed.

    Callaghan and Müller-Hansen 2020, Statistical stopping criteria for automated screening in systematic reviews, in
    the form without bias; ``documents`` counts the unread ones too. The figure is the smallest p of all windows that
    end now. It takes the smallest of many and is looked at many times, so it errs more often than its level says.
    """
    found, unread = int(relevant.sum()), documents - len(relevant)
    level = 1 - confidence
    if not found:
        return Heuristic(1.0, level, is_stop=False)
    missing = floor(round(found / target, 9)) + 1 - found  # the fewest in the unread ones under which recall is too low
    if missing > unread:
        return Heuristic(0.0, level, is_stop=True)
    # A window gains by every irrelevant document before it: only those that start behind a relevant one matter.
    starts = np.concatenate([[0], np.flatnonzero(relevant) + 1])
    held = np.concatenate([[found], found - np.arange(1, found + 1)]) + missing
    sizes = len(relevant) - starts + unread
    pieces = range(0, len(starts), WINDOWS_AT_A_TIME)
    parts = (slice(at, at + WINDOWS_AT_A_TIME) for at in pieces)
    smallest = min(float(np.min(hypergeom.sf(missing - 1, sizes[part], held[part], unread))) for part in parts)
    return Heuristic(smallest, level, smallest < level)


def forecast(places: NDArray[np.int64], unread: int, target: float, confidence: float) -> Forecast | None:
    """From where the control positives stand in the order of now; None without any.

    ``places`` says for each of them how many unread documents come before it, 0 when it was met already. The interval
    is the distribution-free one for a quantile (David and Nagaraja 2003, Order Statistics, section 7.1). It holds for
    the order of now, and every training makes a new one.
    """
    positives = len(places)
    if not positives:
        return None
    ends = np.concatenate([[0], np.sort(places), [unread]])
    tail = (1 - confidence) / 2
    low = int(binom.ppf(tail, positives, target))
    high = int(binom.isf(tail, positives, target)) + 1
    stop = needed(positives, target, confidence)
    return Forecast(
        documents=int(ends[min(ceil(round(target * positives, 9)), positives)]),
        low=int(ends[low]),
        high=int(ends[min(high, positives + 1)]),
        certified=None if stop is None else int(ends[stop]),
    )


def _pairs(target: float, confidence: float, relevant: int) -> list[tuple[int, int]]:
    """The smallest numbers of positives that allow 0, 1, 2, ... of them to stay unmet, as (positives, needed)."""
    pairs: list[tuple[int, int]] = []
    positives = fewest_positives(target, confidence)
    while positives is not None and positives <= relevant and len(pairs) <= MOST_SPARED:
        must = needed(positives, target, confidence)
        if must is not None and positives - must == len(pairs):
            pairs.append((positives, must))
        positives += 1
    return pairs


def _design(positives: int, must: int, relevant: int, documents: int) -> Design:
    probability = float(betaincinv(positives, relevant - positives + 1, ASSURANCE))
    stops_at = must / (positives + 1)
    return Design(positives, must, probability, ceil(round(probability * documents, 6)), stops_at)
