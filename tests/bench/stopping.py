"""What the stopping rules and intervals are worth: ``python -m tests.bench.stopping [certified] [intervals] ...``.

- ``certified``: reviews that stop at the first moment when the certified rule allows it, in orders that are as bad for
  the rule as an order can be. How many stopped below the target?
- ``intervals``: draws from piles of known richness. How often does the interval hold the truth?
- ``look-back``: the look-back heuristic on an order no better than chance, looked at every 25 documents.
- ``cost``: every rule on the labelled collections beside this repository, read with our own ranking.

Everything is drawn from seeds: two runs give the same figures. The last line is one JSON object.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, partial
from itertools import product
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from tests.bench import stopping_costs as costs
from tests.bench.ranking import COLLECTIONS, PROCESSES
from tests.bench.stopping_costs import CONFIDENCE, TARGETS
from training.core import estimates, stopping
from training.core.estimates import Estimate, Stratum

PILE = 10_000
RICHNESS = (0.001, 0.01, 0.1)
CHECKED_EVERY = 25

Walk = Callable[[np.random.Generator, NDArray[np.bool_]], Iterator[int]]  # the positives, as they are read
Draw = Callable[[np.random.Generator, float], tuple[float, float, float]]  # the truth, and the interval's ends


@dataclass(frozen=True)
class Missed:
    """Reviews that stopped below the target, with the exact interval of that share and the share that theory gives."""

    order: str
    target: float
    positives: int
    control: int
    needed: int
    reviews: int
    missed: int
    low: float
    high: float
    exact: float
    limit: float
    mean_recall: float

    def __str__(self) -> str:
        return (
            f"target {self.target:.0%}  order by {self.order:6}  {self.needed} of {self.control} hidden positives: "
            f"{self.missed} of {self.reviews} reviews below the target = {self.missed / self.reviews:.1%} "
            f"(exact 95 % interval {self.low:.1%} to {self.high:.1%}; "
            f"by theory {self.exact:.2%}, and {self.limit:.2%} in an endless collection)"
        )


def certified(target: float, order: str, reviews: int, relevant: int = 1000) -> Missed:
    """Reviews of ``relevant`` positives that look after every document, with the smallest control set there is.

    The smallest set and many positives are the least favourable case: the chance of a miss is nearest to 5 %.
    """
    control = stopping.fewest_positives(target, CONFIDENCE)
    assert control is not None
    must = stopping.needed(control, target, CONFIDENCE)
    assert must is not None
    recalls = [_recall_at_stop(WALKS[order], relevant, control, must, seed) for seed in range(reviews)]
    missed = sum(recall < target for recall in recalls)
    before = ceil(round(target * relevant, 9)) - 1
    return Missed(
        order=order,
        target=target,
        positives=relevant,
        control=control,
        needed=must,
        reviews=reviews,
        missed=missed,
        **_bounds(missed, reviews),
        exact=float(hypergeom.sf(must - 1, relevant, before, control)),
        limit=target**control,
        mean_recall=float(np.mean(recalls)),
    )


def _recall_at_stop(walk: Walk, relevant: int, control: int, must: int, seed: int) -> float:
    random = np.random.default_rng([seed, relevant])
    hidden = np.zeros(relevant, bool)
    hidden[random.permutation(relevant)[:control]] = True
    met = 0
    for read, positive in enumerate(walk(random, hidden), 1):
        met += hidden[positive]
        if met >= must:
            return read / relevant
    raise AssertionError("every control positive is met in the end")


def _by_chance(random: np.random.Generator, hidden: NDArray[np.bool_]) -> Iterator[int]:
    """The positives in an order that knows nothing. Irrelevant documents between them change nothing."""
    yield from random.permutation(len(hidden)).tolist()


def _by_twins(random: np.random.Generator, hidden: NDArray[np.bool_]) -> Iterator[int]:
    """An order that learns: each positive has a twin that comes next, unless the first one is hidden from the model."""
    done = np.zeros(len(hidden), bool)
    for positive in random.permutation(len(hidden)).tolist():
        if done[positive]:
            continue
        done[positive] = True
        yield positive
        twin = positive ^ 1
        if not hidden[positive] and not done[twin]:
            done[twin] = True
            yield twin


WALKS = {"chance": _by_chance, "twins": _by_twins}


@dataclass(frozen=True)
class Coverage:
    """How often an interval at 95 % confidence held the truth."""

    figure: str
    richness: float
    draws: int
    covered: int
    share: float
    low: float
    high: float
    mean_width: float

    def __str__(self) -> str:
        return (
            f"{self.figure:10} richness {self.richness:6.1%}  held the truth in {self.covered} of {self.draws} = "
            f"{self.share:.1%} (exact 95 % interval {self.low:.1%} to {self.high:.1%}), "
            f"mean width {self.mean_width:.4g}"
        )


def intervals(draws: int) -> list[Coverage]:
    """Every kind of interval at every richness."""
    kinds = (_elusion, _binomial, _recall, _richness, _precision, _weighted, _forecast)
    return [_covered(kind, richness, draws) for kind, richness in product(kinds, RICHNESS)]


def _covered(kind: Draw, richness: float, draws: int) -> Coverage:
    random = np.random.default_rng([int(richness * 1000), draws])
    found = [kind(random, richness) for _ in range(draws)]
    covered = sum(low - 1e-12 <= truth <= high + 1e-12 for truth, low, high in found)
    return Coverage(
        figure=kind.__name__.strip("_"),
        richness=richness,
        draws=draws,
        covered=covered,
        share=covered / draws,
        **_bounds(covered, draws),
        mean_width=float(np.mean([high - low for _, low, high in found])),
    )


def _elusion(random: np.random.Generator, richness: float) -> tuple[float, float, float]:
    held, sample = round(PILE * richness), 1537
    relevant = int(random.hypergeometric(held, PILE - held, sample))
    return held / PILE, *_ends(_elusion_of(Stratum(PILE, sample, relevant)))


def _binomial(random: np.random.Generator, richness: float) -> tuple[float, float, float]:
    return richness, *_binomial_of(int(random.binomial(1537, richness)))


def _recall(random: np.random.Generator, richness: float) -> tuple[float, float, float]:
    found, above, below, held, missed = _two_strata(random, richness)
    return (found + held) / (found + held + missed), *_ends(_recall_of(found, above, below))


def _richness(random: np.random.Generator, richness: float) -> tuple[float, float, float]:
    found, above, below, held, missed = _two_strata(random, richness)
    return (found + held + missed) / (2 * PILE), *_ends(_richness_of(found, above, below))


def _precision(random: np.random.Generator, richness: float) -> tuple[float, float, float]:
    found, above, _, held, _ = _two_strata(random, richness)
    return (found + held) / (found + above.pile), *_ends(_precision_of(found, above))


def _weighted(random: np.random.Generator, richness: float) -> tuple[float, float, float]:
    """Two halves of a collection, the second twice as rich and drawn with a third of the probability."""
    size, probabilities = PILE // 2, np.repeat([0.15, 0.05], PILE // 2)
    labels = np.zeros(PILE, bool)
    labels[: round(size * richness * 2 / 3)] = labels[size : size + round(size * richness * 4 / 3)] = True
    drawn = random.random(PILE) < probabilities
    return float(labels.mean()), *_ends(estimates.weighted(labels[drawn], probabilities[drawn], CONFIDENCE))


def _forecast(random: np.random.Generator, richness: float) -> tuple[float, float, float]:
    """Where 80 % of the positives are reached, from 60 control positives or fewer; an order better than chance."""
    relevant = max(round(PILE * richness), 20)
    places = np.sort((PILE * random.beta(1, 8, relevant)).astype(np.int64))
    truth = int(places[ceil(round(0.8 * relevant, 9)) - 1])
    control = np.sort(random.permutation(places)[: min(60, relevant // 2)])
    seen = stopping.forecast(control, PILE, 0.8, CONFIDENCE)
    assert seen is not None
    return truth, seen.low, seen.high


def _two_strata(random: np.random.Generator, richness: float) -> tuple[int, Stratum, Stratum, int, int]:
    """Known relevant documents, a small rich pile above the cutoff and a large poor one below, with the truth."""
    found, above, below = round(PILE * richness), 500, PILE
    held, missed = round(above * min(10 * richness, 0.5)), round(below * richness / 4)
    tops, rest = (
        int(random.hypergeometric(held, above - held, 300)),
        int(random.hypergeometric(missed, below - missed, 1537)),
    )
    return found, Stratum(above, 300, tops), Stratum(below, 1537, rest), held, missed


def _ends(estimate: Estimate) -> tuple[float, float]:
    return estimate.low, estimate.high


_elusion_of = cache(partial(estimates.elusion, confidence=CONFIDENCE))
_binomial_of = cache(partial(estimates.binomial, documents=1537, confidence=CONFIDENCE))
_recall_of = cache(partial(estimates.recall, confidence=CONFIDENCE))
_precision_of = cache(partial(estimates.precision, confidence=CONFIDENCE))


@cache
def _richness_of(found: int, above: Stratum, below: Stratum) -> Estimate:
    return estimates.richness(found, 2 * PILE, above, below, CONFIDENCE)


@dataclass(frozen=True)
class TooEarly:
    """How often a heuristic stopped below the target, and how often it says that it would at most."""

    target: float
    documents: int
    relevant: int
    runs: int
    missed: int
    share: float
    low: float
    high: float
    nominal: float

    def __str__(self) -> str:
        return (
            f"target {self.target:.0%}  {self.documents:,} documents, {self.relevant} relevant, order by chance: "
            f"too early in {self.missed} of {self.runs} runs = {self.share:.1%} "
            f"(exact 95 % interval {self.low:.1%} to {self.high:.1%}) against {self.nominal:.0%}"
        )


def look_back(target: float, runs: int, documents: int = 2000, relevant: int = 100) -> TooEarly:
    """The look-back rule on an order no better than chance, looked at every 25 documents."""
    missed = sum(_stops_early(target, documents, relevant, seed) for seed in range(runs))
    return TooEarly(
        target, documents, relevant, runs, missed, missed / runs, **_bounds(missed, runs), nominal=1 - CONFIDENCE
    )


def _stops_early(target: float, documents: int, relevant: int, seed: int) -> bool:
    order = np.zeros(documents, bool)
    order[np.random.default_rng([seed, documents]).permutation(documents)[:relevant]] = True
    for read in range(CHECKED_EVERY, documents, CHECKED_EVERY):
        if stopping.look_back(order[:read], documents, target, CONFIDENCE).is_stop:
            return bool(order[:read].sum() < target * relevant)
    return False


def _bounds(count: int, runs: int) -> dict[str, float]:
    low, high = estimates.binomial(count, runs, CONFIDENCE)
    return {"low": low, "high": high}


def main(arguments: list[str]) -> None:
    parts = ("certified", "intervals", "look-back", "cost")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=parts, metavar="part", help=f"of {', '.join(parts)}; else all")
    parser.add_argument("--reviews", type=int, default=1000, help="simulated reviews of the certified rule")
    parser.add_argument("--draws", type=int, default=2000, help="draws of each interval")
    parser.add_argument("--runs", type=int, default=400, help="runs of the look-back rule")
    parser.add_argument("--seeds", type=int, default=5, help="priors and samples drawn of each collection")
    parser.add_argument("--collections", nargs="+", help="names without .csv.gz; all when left out")
    options = parser.parse_args(arguments)
    work: dict[str, Callable[[], list[Any]]] = {
        "certified": lambda: [certified(target, order, options.reviews) for target, order in product(TARGETS, WALKS)],
        "intervals": lambda: intervals(options.draws),
        "look-back": lambda: [look_back(target, options.runs) for target in TARGETS],
        "cost": lambda: _costs(options.collections, options.seeds),
    }
    found = {part: work[part]() for part in options.parts}
    for part, rows in found.items():
        print(costs.table(rows) if part == "cost" else "\n".join(f"{part}  {row}" for row in rows))
    print(json.dumps({part: [asdict(row) for row in rows] for part, rows in found.items()}))


def _costs(wanted: Sequence[str] | None, seeds: int) -> list[costs.Stop]:
    names = wanted or sorted(path.name.removesuffix(".csv.gz") for path in COLLECTIONS.glob("*.csv.gz"))
    if not names:
        return []
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ProcessPoolExecutor(PROCESSES) as pool:
        runs = pool.map(costs.cost, *zip(*product(names, range(seeds)), strict=True))
        return [stop for stops in runs for stop in stops]


if __name__ == "__main__":
    main(sys.argv[1:])
