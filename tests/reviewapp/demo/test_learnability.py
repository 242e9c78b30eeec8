"""A review of the demo collection gets visibly better, and neither at once nor never."""

import numpy as np
import pytest
from numpy.typing import NDArray

from reviewapp.demo.collection import generate
from training.core.features import document_frequencies, inverse_document_frequencies, weigh
from training.core.replay import draw_priors, replay
from training.core.tokens import Tokenizer

BATCH = 10
SEEDS = (0, 1)


@pytest.fixture(scope="module")
def reviews() -> list[NDArray[np.bool_]]:
    """What was met, in reading order, in reviews that begin with five relevant and five other documents."""
    documents = list(generate())
    counts = Tokenizer(b"demo").count([each.title for each in documents], [each.text for each in documents])
    values = weigh(counts, inverse_document_frequencies(document_frequencies(counts), counts.shape[0]))
    labels = np.array([each.relevant for each in documents])
    return [replay(values, labels, draw_priors(labels, 5, 5, seed), BATCH).relevant for seed in SEEDS]


def _recall(review: NDArray[np.bool_], share: float) -> float:
    coded = round(share * len(review))
    return float(review[:coded].sum() / review.sum())


def test_a_quarter_of_the_collection_finds_nearly_everything(reviews: list[NDArray[np.bool_]]) -> None:
    assert min(_recall(review, 0.25) for review in reviews) >= 0.85


def test_a_twentieth_finds_much_more_than_chance_and_far_from_all(reviews: list[NDArray[np.bool_]]) -> None:
    found = [_recall(review, 0.05) for review in reviews]
    assert min(found) > 3 * 0.05
    assert max(found) < 0.7


def test_the_first_decisions_are_not_all_hits(reviews: list[NDArray[np.bool_]]) -> None:
    first = np.mean([review[:120].mean() for review in reviews])
    assert 0.4 < first < 0.95
