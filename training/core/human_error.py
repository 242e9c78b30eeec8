"""Recall when people err: what second looks say about the first ones, carried over to everything that was coded.

The model. Documents were coded once. A random part of those coded relevant, and a random part of those coded not
relevant, was looked at again, blind; where the two answers differ, somebody decided, and that decision is taken to be
right. Given what a document really is, the second answer does not depend on the first. Then, with *precision* (the
share of truly relevant documents among those coded relevant), *omission* (the same among those coded not relevant), the
second look's *miss rate* and its *false alarm rate*, the shares of all looks are

    coded relevant,      second differs and was wrong:   precision · miss
                         second differs and was right:   (1 − precision) · (1 − false alarm)
    coded not relevant,  second differs and was right:   omission · (1 − miss)
                         second differs and was wrong:   (1 − omission) · false alarm

Four unknowns, four shares: solved exactly (the double sampling of Tenenbein 1970 with a fallible second classifier,
where decided disagreements take the place of Hui and Walter's 1980 second population). Errors that both made are
therefore counted, although nobody saw them. The uncoded pile is known through a random sample of it, coded once, whose
positives are corrected by the same two rates (Rogan and Gladen 1978).

The interval is generalized fiducial (Hannig 2009): every observed share is drawn from the distributions whose ends are
those of Clopper and Pearson 1934, from the adverse ones for the lower end and the favourable ones for the upper. With
one share it is their exact interval.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.core.agreement import CONFIDENCE, EXACT, Estimate, share

DRAWS = 10_000
SEED = 0
STEPS = 60  # of the fixed point at most; each one shrinks the error by about the error rates themselves
CLOSE = 1e-9
WORST = 0.95  # no rate of a reader is taken to be worse
METHOD = f"generalized fiducial with Clopper-Pearson ends, {DRAWS:,} draws"


@dataclass(frozen=True)
class Looks:
    """Second looks at documents that were first coded one way; disagreements by who was right, as far as decided."""

    agreed: int
    first_right: int
    second_right: int
    undecided: int = 0

    @property
    def differ(self) -> int:
        return self.first_right + self.second_right + self.undecided

    @property
    def all(self) -> int:
        return self.agreed + self.differ


@dataclass(frozen=True)
class Pile:
    """What was not coded: its size, and a random sample of it that was coded once."""

    size: int
    sample: int
    positives: int


@dataclass(frozen=True)
class Coded:
    """Documents by their first decision, with the second looks at each kind."""

    relevant: int
    irrelevant: int
    looks_at_relevant: Looks
    looks_at_irrelevant: Looks


@dataclass(frozen=True)
class Recall:
    """Recall of a review as its coding says, and corrected for the errors of people."""

    as_coded: Estimate
    corrected: Estimate
    missed: Estimate  # truly relevant documents that stay coded not relevant, a number
    precision: Estimate
    omission: Estimate
    miss_rate: Estimate
    false_alarm_rate: Estimate


@dataclass(frozen=True)
class _Rates:
    precision: NDArray[np.float64]
    omission: NDArray[np.float64]
    miss: NDArray[np.float64]
    alarm: NDArray[np.float64]


def recall(coded: Coded, pile: Pile | None = None) -> Recall | None:
    """Recall over what was coded and, with ``pile``, over the whole collection.

    None without second looks at both kinds, or without a document that is coded relevant.
    """
    if not (coded.relevant and coded.looks_at_relevant.all and coded.looks_at_irrelevant.all):
        return None
    if pile is not None and not pile.sample and pile.size:
        return None
    best = _rates(*(np.array([part]) for part in _observed(coded)))
    low, high = _drawn(coded, adverse=True), _drawn(coded, adverse=False)
    return Recall(
        as_coded=as_coded(coded, pile),
        corrected=_estimate(
            _recall(coded, best, _left(best, pile)),
            _recall(coded, low, _left_drawn(coded, pile, adverse=True)),
            _recall(coded, high, _left_drawn(coded, pile, adverse=False)),
        ),
        missed=_estimate(_missed(coded, best), _missed(coded, high), _missed(coded, low)),
        precision=_estimate(best.precision, low.precision, high.precision),
        omission=_estimate(best.omission, high.omission, low.omission),
        miss_rate=_estimate(best.miss, high.miss, low.miss),
        false_alarm_rate=_estimate(best.alarm, low.alarm, high.alarm),
    )


def as_coded(coded: Coded, pile: Pile | None = None) -> Estimate:
    """Recall if every decision were right: exact, from the interval of the pile's sample alone."""
    found = coded.relevant - coded.looks_at_relevant.second_right + coded.looks_at_irrelevant.second_right
    if pile is None or not pile.size:
        return Estimate(1.0, 1.0, 1.0, EXACT)
    left = share(pile.positives, pile.sample)
    assert left.value is not None and left.low is not None and left.high is not None
    value, high, low = (
        found / (found + pile.size * rate) if found else 0.0 for rate in (left.value, left.low, left.high)
    )
    return Estimate(value, low, high, EXACT)


def _observed(coded: Coded) -> tuple[float, float, float, float]:
    """Shares that differ, and of those the truly relevant ones, among documents coded relevant and not relevant.

    Decisions that are still open are taken to fall as the others do.
    """
    relevant, irrelevant = coded.looks_at_relevant, coded.looks_at_irrelevant
    return (
        relevant.differ / relevant.all,
        _part(relevant.first_right, relevant.second_right),
        irrelevant.differ / irrelevant.all,
        _part(irrelevant.second_right, irrelevant.first_right),
    )


def _rates(
    differ_1: NDArray[np.float64],
    relevant_1: NDArray[np.float64],
    differ_0: NDArray[np.float64],
    relevant_0: NDArray[np.float64],
) -> _Rates:
    """Solve the four equations of the module's text for each draw."""
    second_missed, first_wrong = differ_1 * relevant_1, differ_1 * (1 - relevant_1)
    first_missed, second_wrong = differ_0 * relevant_0, differ_0 * (1 - relevant_0)
    alarm = np.minimum(second_wrong, WORST)
    for _ in range(STEPS):
        precision = np.clip(1 - first_wrong / (1 - alarm), 0, 1)
        miss = np.clip(second_missed / np.maximum(precision, 1e-12), 0, WORST)
        omission = np.clip(first_missed / (1 - miss), 0, 1)
        before, alarm = alarm, np.clip(second_wrong / np.maximum(1 - omission, 1e-12), 0, WORST)
        if np.abs(alarm - before).max() < CLOSE:
            break
    return _Rates(precision, omission, miss, alarm)


def _drawn(coded: Coded, *, adverse: bool, many_alarms: bool | None = None) -> _Rates:
    random = np.random.default_rng(SEED)
    relevant, irrelevant = coded.looks_at_relevant, coded.looks_at_irrelevant
    return _rates(
        _beta(random, relevant.differ, relevant.agreed, adverse=adverse),
        random.beta(relevant.first_right + 0.5, relevant.second_right + 0.5, DRAWS),
        _beta(random, irrelevant.differ, irrelevant.agreed, adverse=adverse if many_alarms is None else many_alarms),
        _beta(random, irrelevant.second_right, irrelevant.first_right, adverse=adverse),
    )


def _left_drawn(coded: Coded, pile: Pile | None, *, adverse: bool) -> NDArray[np.float64]:
    """Truly relevant documents in the pile: many where the sample has many and few of them are false alarms.

    More disagreements would be adverse for what was coded, but mean more false alarms, so here they are drawn the other
    way round.
    """
    if pile is None or not pile.size:
        return np.zeros(DRAWS)
    rates = _drawn(coded, adverse=adverse, many_alarms=not adverse)
    clear = pile.sample - pile.positives
    return _left(rates, pile, _beta(np.random.default_rng(SEED + 1), pile.positives, clear, adverse=adverse))


def _left(rates: _Rates, pile: Pile | None, seen: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    if pile is None or not pile.size:
        return np.zeros_like(rates.miss)
    coded_relevant = np.full_like(rates.miss, pile.positives / pile.sample) if seen is None else seen
    corrected = (coded_relevant - rates.alarm) / np.maximum(1 - rates.alarm - rates.miss, 1e-12)
    return pile.size * np.clip(corrected, 0, 1)


def _recall(coded: Coded, rates: _Rates, left: NDArray[np.float64]) -> NDArray[np.float64]:
    found = coded.relevant * rates.precision + coded.looks_at_irrelevant.second_right
    relevant = found + _missed(coded, rates) + left
    return np.divide(found, relevant, out=np.ones_like(found), where=relevant > 0)


def _missed(coded: Coded, rates: _Rates) -> NDArray[np.float64]:
    """Truly relevant documents that are coded not relevant and that no second look brought back."""
    return np.maximum(coded.irrelevant * rates.omission - coded.looks_at_irrelevant.second_right, 0)


def _beta(random: np.random.Generator, hits: int, others: int, *, adverse: bool) -> NDArray[np.float64]:
    """The distribution whose upper (adverse) or lower quantiles are the ends of Clopper and Pearson."""
    a, b = (hits + 1, others) if adverse else (hits, others + 1)
    if a == 0 or b == 0:
        return np.full(DRAWS, float(b == 0))
    return random.beta(a, b, DRAWS)


def _part(hits: int, others: int) -> float:
    return hits / (hits + others) if hits + others else 0.5


def _estimate(value: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> Estimate:
    """The value with the outer quantiles of what was drawn for each end."""
    tail = 100 * (1 - CONFIDENCE) / 2
    point = float(value[0])
    return Estimate(
        point,
        min(point, float(np.percentile(low, tail))),
        max(point, float(np.percentile(high, 100 - tail))),
        METHOD,
    )
