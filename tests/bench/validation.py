"""Do the intervals of a version's figures cover? ``python -m tests.bench.validation --runs 2000``.

Reviews are simulated: some documents read at random, the others best first. Each interval is compared with the figure
over the whole collection, which is known here. Coverage is given with what it must not fall below, an exact one-sided
bound on chance. The settings go from few to many positives, from a poor ranking to a good one.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from training.core import validation
from training.core.validation import CONFIDENCE, FIGURES, Figure, Sample, figures, plain

THRESHOLD = 0.5
MOST_UNLUCKY = 0.001  # chance that a rule which covers exactly as often as it says falls below the bound

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Setting:
    """A collection and a review of it."""

    documents: int
    richness: float
    separation: float  # of relevant from irrelevant scores, in standard deviations
    chance: float = 1.0  # of the reading that is drawn at random
    read: int = 0
    health: int = 20  # documents read at random before there is a ranking


@dataclass(frozen=True)
class Coverage:
    """How often one figure's interval held the truth, and how wide it was."""

    basis: str
    setting: Setting
    figure: str
    runs: int
    covered: float
    bound: float
    width: float
    bias: float


RANDOM = [
    Setting(200, 0.1, 1.0),
    Setting(100, 0.3, 1.5),
    Setting(1000, 0.02, 2.0),
    Setting(400, 0.05, 3.0),
    Setting(70, 0.3, 0.5),
    Setting(1000, 0.1, 1.5),
]
REVIEWS = [
    Setting(2000, 0.10, 1.5, 0.20, 500),
    Setting(2000, 0.05, 2.0, 0.10, 800),
    Setting(2000, 0.30, 1.0, 0.10, 400),
    Setting(1000, 0.02, 1.5, 0.20, 500),
    Setting(2000, 0.10, 1.5, 0.05, 400),
    Setting(500, 0.20, 1.0, 0.50, 300),
]
PAIRS = [
    Setting(100, 0.1, 1.0),
    Setting(1000, 0.1, 1.0),
    Setting(600, 0.05, 2.0),
    Setting(330, 0.3, 1.5),
    Setting(150, 0.2, 0.5),
    Setting(100, 0.3, 3.0),
]


def random_samples(runs: int) -> Iterator[Coverage]:
    """Every held-out document was drawn at random: precision, recall, F1 and average precision."""
    for seed, setting in enumerate(RANDOM):
        truth, scores, _ = _drawn(Setting(1_000_000, setting.richness, setting.separation), np.random.default_rng(seed))
        real = figures(plain(truth), scores, THRESHOLD)

        def look(chance: np.random.Generator, setting: Setting = setting) -> dict[str, Figure]:
            truth, scores, _ = _drawn(setting, chance)
            return _figures(figures(plain(truth), scores, THRESHOLD))

        yield from _covered("random sample", setting, _figures(real), look, runs, seed)


def reviews(runs: int) -> Iterator[Coverage]:
    """Most were read best first, and weights make them stand for the whole collection."""
    for seed, setting in enumerate(REVIEWS):
        truth, scores, ranks = _drawn(setting, np.random.default_rng(seed))
        real = figures(plain(truth), scores, THRESHOLD)

        def look(
            chance: np.random.Generator,
            setting: Setting = setting,
            truth: NDArray[np.bool_] = truth,
            scores: Scores = scores,
            ranks: Scores = ranks,
        ) -> dict[str, Figure]:
            read, drawn = _read(setting, ranks, chance)
            weights = validation.des_raj(np.arange(len(read)), drawn, setting.documents)
            return _figures(figures(Sample(truth[read], weights, drawn), scores[read], THRESHOLD))

        yield from _covered("weighted review", setting, _figures(real), look, runs, seed)


def pairs(runs: int) -> Iterator[Coverage]:
    """Two versions on the same documents: the difference of each figure."""
    for seed, setting in enumerate(PAIRS):
        large = Setting(1_000_000, setting.richness, setting.separation)
        real = _differences(large, np.random.default_rng(seed))

        def look(chance: np.random.Generator, setting: Setting = setting) -> dict[str, Figure]:
            return _differences(setting, chance)

        yield from _covered("paired difference", setting, real, look, runs, seed)


def bound(runs: int) -> float:
    """Coverage below this would be a surprise of one in a thousand for an interval that covers as it says."""
    return float(binom.ppf(MOST_UNLUCKY, runs, CONFIDENCE)) / runs


def _covered(
    basis: str,
    setting: Setting,
    real: dict[str, Figure],
    look: Callable[[np.random.Generator], dict[str, Figure]],
    runs: int,
    seed: int,
) -> Iterator[Coverage]:
    chance = np.random.default_rng([seed, 1])
    seen = [look(chance) for _ in range(runs)]
    for name in FIGURES:
        truth = real[name].value
        assert truth is not None
        held = [one[name].low <= truth <= one[name].high for one in seen]
        wide = [one[name].high - one[name].low for one in seen]
        values = [one[name].value for one in seen]
        bias = float(np.mean([value for value in values if value is not None])) - truth
        yield Coverage(basis, setting, name, runs, float(np.mean(held)), bound(runs), float(np.mean(wide)), bias)


def _drawn(setting: Setting, chance: np.random.Generator) -> tuple[NDArray[np.bool_], Scores, Scores]:
    """Truth, the scores of the version that is validated, and the ranks by which the review reads."""
    truth = chance.random(setting.documents) < setting.richness
    margins = chance.normal(size=setting.documents) + setting.separation * (truth - 0.5)
    scores = (1 / (1 + np.exp(-margins))).astype(np.float32)
    return truth, scores, (margins + chance.normal(scale=0.3, size=setting.documents)).astype(np.float32)


def _read(setting: Setting, ranks: Scores, chance: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """What a review reads, in order, and which of it came by chance."""
    open_, order, head = np.ones(setting.documents, bool), np.argsort(-ranks), 0
    drawn = chance.random(setting.read) < setting.chance
    drawn[: setting.health] = True
    read = np.empty(setting.read, np.int64)
    for place in range(setting.read):
        while not open_[order[head]]:
            head += 1
        read[place] = chance.choice(np.flatnonzero(open_)) if drawn[place] else order[head]
        open_[read[place]] = False
    return read, drawn


def _differences(setting: Setting, chance: np.random.Generator) -> dict[str, Figure]:
    truth = chance.random(setting.documents) < setting.richness
    shared = chance.normal(size=setting.documents)
    one, other = (
        (1 / (1 + np.exp(-(0.9 * shared + 0.44 * chance.normal(size=len(truth)) + apart * truth - 1)))).astype(
            np.float32
        )
        for apart in (setting.separation, setting.separation + 0.3)
    )
    found = validation.difference(plain(truth), one, other, THRESHOLD)
    return {name: Figure(change.value, change.low, change.high, 0) for name, change in found.items()}


def _figures(found: validation.Figures) -> dict[str, Figure]:
    return {name: getattr(found, name) for name in FIGURES}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    runs = parser.parse_args(arguments).runs
    rows = [*random_samples(runs), *reviews(runs), *pairs(runs)]
    for row in rows:
        at = row.setting
        print(
            f"{row.basis:18}{at.documents:>6} documents, {at.richness:4.0%} relevant  {row.figure:18}"
            f"covered {row.covered:.3f} (bound {row.bound:.3f})  width {row.width:.2f}  bias {row.bias:+.3f}"
        )
    print(json.dumps({"coverage": [asdict(row) for row in rows]}))


if __name__ == "__main__":
    main(sys.argv[1:])
