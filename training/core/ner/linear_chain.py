"""A linear-chain conditional random field in plain numpy, trained by stochastic gradient descent on mini-batches.

Lafferty, McCallum, Pereira 2001: the score of a sequence of tags is the sum of a weight for each feature of each token
under its tag, and of a weight for each pair of neighbouring tags; its probability is the exponential of that over the
sum for all sequences. The sums are taken by the forward-backward recursion with each step scaled to 1 (Rabiner 1989).
Steps are plain ones (Bottou 2010). Adam gives a feature that was seen once as large a step as one seen a thousand
times, and learns the training sentences by heart.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.core.parameters import Parameters

Floats = NDArray[np.float64]
Rows = Sequence[Sequence[int]]  # feature ids of each token of a sentence
Tagged = tuple[NDArray[np.intp], Floats, float]  # a sentence's tags, the probability of each, and of all together
PREDICTED_AT_ONCE = 64
LOWEST = -300.0  # a tag so far below the best of its token has no chance; keeps exponentials above zero
SMALLEST = 1e-3  # a feature whose weights are all smaller is not kept


@dataclass(frozen=True)
class Chains:
    """Sentences of a batch under each other: a row a token, and where each sentence ends."""

    rows: sparse.csr_array
    lengths: NDArray[np.int64]

    @property
    def grid(self) -> NDArray[np.bool_]:
        """Which places of a (sentences, longest) grid hold a token."""
        found: NDArray[np.bool_] = np.arange(self.lengths.max(initial=0)) < self.lengths[:, None]
        return found


@dataclass(frozen=True)
class Beliefs:
    """What a model believes of a batch: each tag at each token, pairs of neighbours in all, sums of all sequences."""

    tags: Floats  # (tokens, tags)
    pairs: Floats  # (tags, tags)
    log_sums: Floats  # (sentences,)


@dataclass(frozen=True)
class LinearChain:
    """Weights by feature and tag (features, tags), and by pairs of neighbouring tags (tags, tags)."""

    features: NDArray[np.uint64]
    weights: NDArray[np.float32]
    transitions: NDArray[np.float32]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays."""
        return {"features": self.features, "weights": self.weights, "transitions": self.transitions}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Read what ``to_arrays`` wrote."""
        return cls(arrays["features"], arrays["weights"], arrays["transitions"])

    def tag(self, sentences: Sequence[Rows]) -> Iterator[Tagged]:
        """For each sentence its most probable tags (tokens,), the probability of each of them, and of all together."""
        for start in range(0, len(sentences), PREDICTED_AT_ONCE):
            chains = encode(sentences[start : start + PREDICTED_AT_ONCE], self.features)
            scores, transitions = chains.rows @ self.weights.astype(np.float64), self.transitions.astype(np.float64)
            best = decode(scores, transitions, chains)
            beliefs = believe(scores, transitions, chains)
            chances = np.exp(path_scores(best, scores, transitions, chains) - beliefs.log_sums)
            sure = beliefs.tags[np.arange(len(best)), best]
            cuts = np.cumsum(chains.lengths)[:-1]
            yield from zip(np.split(best, cuts), np.split(sure, cuts), chances.tolist(), strict=True)


def fit(
    sentences: Sequence[Rows],
    tags: Sequence[NDArray[np.intp]],
    number: int,
    parameters: Parameters,
    report: Callable[[int, float], None] = lambda epoch, loss: None,
) -> LinearChain:
    """Learn from sentences and the tags of their tokens, 0 up to ``number``; ``report`` hears of each epoch's loss.

    The loss is the negative log-likelihood a sentence. All six parameters act; the same sentences in the same order
    give the same bytes.
    """
    features = np.unique(np.fromiter((f for rows in sentences for row in rows for f in row), np.uint64))
    whole, gold = encode(sentences, features), np.concatenate(tags)
    ends = np.cumsum(whole.lengths)
    learner = _Learner(np.zeros((len(features), number)), np.zeros((number, number)))
    chance = np.random.default_rng(parameters.seed)
    for epoch in range(parameters.epochs):
        rate, losses = parameters.learning_rate / (1 + parameters.decay * epoch), 0.0
        order = chance.permutation(len(sentences))
        for start in range(0, len(order), parameters.batch):
            picked = order[start : start + parameters.batch]
            tokens = np.concatenate([np.arange(ends[s] - whole.lengths[s], ends[s]) for s in picked])
            rows = whole.rows[tokens]
            rows.data = (chance.random(rows.nnz) >= parameters.dropout) / (1 - parameters.dropout)
            losses += learner.step(Chains(rows, whole.lengths[picked]), gold[tokens], rate)
        report(epoch + 1, losses / len(order))
    return learner.model(features)


@dataclass
class _Learner:
    """The weights while they are learned."""

    weights: Floats
    transitions: Floats

    def step(self, chains: Chains, gold: NDArray[np.intp], rate: float) -> float:
        """One step against the gradient of the loss; returns the batch's loss before it."""
        active, positions = np.unique(chains.rows.indices, return_inverse=True)
        rows = sparse.csr_array((chains.rows.data, positions, chains.rows.indptr), (len(gold), len(active)))
        scores = rows @ self.weights[active]
        beliefs = believe(scores, self.transitions, chains)
        loss = beliefs.log_sums.sum() - path_scores(gold, scores, self.transitions, chains).sum()
        wrong, pairs = beliefs.tags, beliefs.pairs
        wrong[np.arange(len(gold)), gold] -= 1
        follows = np.flatnonzero(~_starts(chains))
        np.subtract.at(pairs, (gold[follows - 1], gold[follows]), 1)
        step = rate / len(chains.lengths)
        self.weights[active] -= step * (rows.T @ wrong)
        self.transitions -= step * pairs
        return float(loss)

    def model(self, features: NDArray[np.uint64]) -> LinearChain:
        """What was learned, without the features that weigh nearly nothing."""
        kept = np.abs(self.weights).max(axis=1, initial=0) >= SMALLEST
        return LinearChain(features[kept], self.weights[kept].astype(np.float32), self.transitions.astype(np.float32))


def encode(sentences: Sequence[Rows], features: NDArray[np.uint64]) -> Chains:
    """The sentences' tokens as rows over the known features (sorted ids); others are left out."""
    tokens = [row for rows in sentences for row in rows]
    counts = np.array([len(row) for row in tokens], np.int64)
    ids = np.fromiter((f for row in tokens for f in row), np.uint64, count=int(counts.sum()))
    found = np.minimum(np.searchsorted(features, ids), max(len(features) - 1, 0))
    known = features[found] == ids if len(features) else np.zeros(len(ids), bool)
    ends = np.concatenate([[0], np.cumsum(known)])[np.concatenate([[0], np.cumsum(counts)])]
    rows = sparse.csr_array((np.ones(ends[-1]), found[known], ends), (len(tokens), len(features)))
    return Chains(rows, np.array([len(rows) for rows in sentences], np.int64))


def believe(scores: Floats, transitions: Floats, chains: Chains) -> Beliefs:
    """Forward and backward over the sentences of a batch at once, both in one loop over the places.

    ``scores`` is (tokens, tags). The second half of the stack reads each sentence from its end.
    """
    grid, tops = chains.grid, scores.max(axis=1, keepdims=True)
    count, longest = grid.shape
    forward = np.ones((count, longest, scores.shape[1]))
    forward[grid] = np.exp(np.maximum(scores - tops, LOWEST))
    mirror = np.where(grid, chains.lengths[:, None] - 1 - np.arange(longest), np.arange(longest))[:, :, None]
    chances = np.stack([forward, np.take_along_axis(forward, mirror, axis=1)])
    top = transitions.max()
    step = np.exp(np.maximum(transitions - top, LOWEST))
    steps = np.stack([step, step.T])
    scales = np.ones((2, count, longest))
    for place in range(longest):
        if place:
            chances[:, :, place] *= chances[:, :, place - 1] @ steps
        scales[:, :, place] = chances[:, :, place].sum(axis=2)
        chances[:, :, place] /= scales[:, :, place, None]
    ahead, behind = chances[0], np.take_along_axis(chances[1], mirror, axis=1)
    both = (ahead * behind / forward)[grid]
    left, right = grid[:, 1:], behind[:, 1:]
    totals = np.einsum("nti,ij,ntj->nt", ahead[:, :-1], step, right)
    weighted = np.where(left, 1 / totals, 0)[:, :, None] * right
    pairs = step * np.einsum("nti,ntj->ij", ahead[:, :-1], weighted)
    log_sums = np.where(grid, np.log(scales[0]), 0).sum(axis=1) + np.add.reduceat(tops[:, 0], _cuts(chains))
    log_sums += top * (chains.lengths - 1)
    return Beliefs(both / both.sum(axis=1, keepdims=True), pairs, log_sums)


def decode(scores: Floats, transitions: Floats, chains: Chains) -> NDArray[np.intp]:
    """The most probable tags of each sentence (tokens,): Viterbi 1967."""
    grid = chains.grid
    best = np.zeros((*grid.shape, scores.shape[1]))
    best[grid] = scores
    came = np.zeros(best.shape, np.intp)
    for place in range(1, grid.shape[1]):
        ways = best[:, place - 1, :, None] + transitions
        came[:, place] = ways.argmax(axis=1)
        best[:, place] += ways.max(axis=1)
    tags = np.zeros(grid.shape, np.intp)
    everyone = np.arange(len(grid))
    for place in range(grid.shape[1] - 1, -1, -1):
        last = place == chains.lengths - 1
        ahead = min(place + 1, grid.shape[1] - 1)
        tags[:, place] = np.where(last, best[:, place].argmax(axis=1), came[everyone, ahead, tags[:, ahead]])
    return tags[grid]


def path_scores(tags: NDArray[np.intp], scores: Floats, transitions: Floats, chains: Chains) -> Floats:
    """The score of each sentence under these tags (tokens,): (sentences,)."""
    found = scores[np.arange(len(tags)), tags]
    follows = np.flatnonzero(~_starts(chains))
    found[follows] += transitions[tags[follows - 1], tags[follows]]
    sums: Floats = np.add.reduceat(found, _cuts(chains))
    return sums


def _cuts(chains: Chains) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.cumsum(chains.lengths) - chains.lengths
    return found


def _starts(chains: Chains) -> NDArray[np.bool_]:
    starts = np.zeros(int(chains.lengths.sum()), bool)
    starts[_cuts(chains)] = True
    return starts
