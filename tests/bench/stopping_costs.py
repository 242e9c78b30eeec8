"""What every stopping rule costs on the labelled collections beside this repository, read with our own ranking."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reviewapp.management.commands.replay import REPLAY_KEY, read_collection
from tests.bench.ranking import COLLECTIONS
from training.core import estimates, stopping
from training.core.estimates import Stratum
from training.core.features import document_frequencies, inverse_document_frequencies, weigh
from training.core.replay import draw_priors, replay
from training.core.tokens import Tokenizer

TARGETS = (0.8, 0.95)
CONFIDENCE = 0.95
RUN = 50  # irrelevant in a row, as ASReview's simulations stop
BATCH = 10


@dataclass(frozen=True)
class Stop:
    """Where a rule stopped one review: documents read for it, samples included, and the recall reached.

    ``promised`` says whether the rule promises anything there; one that cannot prove its target reads everything.
    """

    rule: str
    collection: str
    seed: int
    target: float
    documents: int
    read: int
    recall: float
    promised: bool


def cost(name: str, seed: int) -> list[Stop]:
    """Every rule at every target on one collection with one draw of priors and samples."""
    values, labels = _indexed(name)
    priors = draw_priors(labels, 1, 1, seed)
    order = np.concatenate([priors, replay(values, labels, priors, BATCH).read])
    review = _Review(name, seed, labels, np.concatenate([order, np.setdiff1d(np.arange(len(labels)), order)]))
    stops: list[Stop] = []
    for target in TARGETS:
        stops += [
            review.stop(
                f"irrelevant in a row: {RUN}", target, review.first(lambda read: stopping.run_of_irrelevant(read, RUN))
            ),
            review.stop("knee", target, review.first(stopping.knee)),
            review.stop("look-back", target, review.first(review.looking_back(target))),
            review.planned(target),
            _certified_stop(name, seed, values, labels, priors, target),
        ]
    return stops


@dataclass(frozen=True)
class _Review:
    """One collection in the order in which it is read, to its last document."""

    collection: str
    seed: int
    labels: NDArray[np.bool_]
    order: NDArray[np.int32]

    def first(self, rule: Callable[[NDArray[np.bool_]], stopping.Heuristic]) -> int:
        """How much is read when the rule first says stop, asked after every batch."""
        relevant = self.labels[self.order]
        looks = range(BATCH, len(relevant), BATCH)
        return next((read for read in looks if rule(relevant[:read]).is_stop), len(relevant))

    def looking_back(self, target: float) -> Callable[[NDArray[np.bool_]], stopping.Heuristic]:
        return lambda read: stopping.look_back(read, len(self.labels), target, CONFIDENCE)

    def planned(self, target: float) -> Stop:
        """One look, when the run of irrelevant ones says stop, with the smallest sample that could pass.

        What fails is read to the end: the one look is spent.
        """
        read = self.first(lambda relevant: stopping.run_of_irrelevant(relevant, RUN))
        found, pile = int(self.labels[self.order[:read]].sum()), self.order[read:]
        tail = 1 - CONFIDENCE
        size = estimates.smallest_sample(found, len(pile), target, tail) or len(pile)
        sample = np.random.default_rng([self.seed, 2]).permutation(pile)[:size]
        below = Stratum(len(pile), size, int(self.labels[sample].sum()))
        passed = stopping.planned_test(found, Stratum(0), below, target, CONFIDENCE, looks=1).is_passed
        reached = np.union1d(self.order[:read], sample) if passed else self.order
        recall = float(self.labels[reached].sum() / self.labels.sum())
        return Stop("planned test", self.collection, self.seed, target, len(self.labels), len(reached), recall, passed)

    def stop(self, rule: str, target: float, read: int) -> Stop:
        recall = float(self.labels[self.order[:read]].sum() / self.labels.sum())
        return Stop(rule, self.collection, self.seed, target, len(self.labels), read, recall, promised=False)


def _certified_stop(
    name: str, seed: int, values: sparse.csr_array, labels: NDArray[np.bool_], priors: NDArray[np.int32], target: float
) -> Stop:
    """The smallest control set that the planner gives when it is told the true richness; else everything is read."""
    planned = stopping.plan(target, CONFIDENCE, float(labels.mean()), len(labels))
    everything = Stop("certified", name, seed, target, len(labels), len(labels), 1.0, promised=False)
    if not planned.designs:
        return everything
    hidden = np.random.default_rng([seed, 3]).random(len(labels)) < planned.designs[0].probability
    hidden[priors] = False
    control = int(labels[hidden].sum())
    must = stopping.needed(control, target, CONFIDENCE)
    if must is None:
        return everything
    read = np.concatenate([priors, replay(values, labels, priors, BATCH, hidden).read])
    place = int(np.flatnonzero(np.cumsum(labels[read] & hidden[read]) >= must)[0]) + 1
    reached = np.union1d(read[:place], np.flatnonzero(hidden))
    recall = float(labels[reached].sum() / labels.sum())
    return Stop("certified", name, seed, target, len(labels), len(reached), recall, promised=True)


def _indexed(name: str) -> tuple[sparse.csr_array, NDArray[np.bool_]]:
    collection = read_collection(COLLECTIONS / f"{name}.csv.gz", "title", "abstract", "label")
    counts = Tokenizer(REPLAY_KEY).count(collection.titles, collection.texts)
    return weigh(counts, inverse_document_frequencies(document_frequencies(counts), counts.shape[0])), collection.labels


def table(stops: Sequence[Stop]) -> str:
    """One line a rule and target: how much was read, the recall reached, how often it was below the target."""
    lines = []
    for target, rule in product(TARGETS, dict.fromkeys(stop.rule for stop in stops)):
        mine = [stop for stop in stops if (stop.rule, stop.target) == (rule, target)]
        below = sum(stop.recall < target for stop in mine)
        promised = sum(stop.promised for stop in mine)
        read = np.mean([stop.read / stop.documents for stop in mine])
        lines.append(
            f"cost   target {target:.0%}  {rule:26} read {read:6.1%}  recall {np.mean([s.recall for s in mine]):6.1%}  "
            f"below target {below:3} of {len(mine)}  proven {promised:3} of {len(mine)}"
        )
    return "\n".join(lines)
