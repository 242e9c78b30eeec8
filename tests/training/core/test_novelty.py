"""What a model has not learnt from, on rows small enough to check by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from training.core import novelty
from training.core.relevance import RelevanceModel
from training.core.tokens import BUCKETS


def rows(*documents: dict[int, float]) -> sparse.csr_array:
    """Rows of unit length with these weights by bucket."""
    dense = sparse.lil_array((len(documents), BUCKETS), dtype=np.float32)
    for place, weights in enumerate(documents):
        length = np.sqrt(sum(weight**2 for weight in weights.values())) or 1
        for bucket, weight in weights.items():
            dense[place, bucket] = weight / length
    return sparse.csr_array(dense)


def model(weights: dict[int, float]) -> RelevanceModel:
    buckets = np.array(sorted(weights), np.int32)
    return RelevanceModel(buckets, np.array([weights[b] for b in sorted(weights)], np.float32), 0.3)


def test_evidence_that_cancels_out_is_not_a_lack_of_evidence() -> None:
    """U-20: Teach and Low confidence are two things (Sharma and Bilgic 2017)."""
    torn, empty_handed = {1: 1.0, 2: 1.0}, {3: 1.0, 4: 1.0}
    found = novelty.evidence(rows(torn, empty_handed), model({1: 2.0, 2: -2.0, 3: 0.1}))
    assert found[0] == pytest.approx(2 * 2 * np.sqrt(0.5), rel=1e-6)
    assert found[1] == pytest.approx(0.1 * np.sqrt(0.5), rel=1e-6)


def test_the_unseen_share_is_the_squared_length_on_strange_buckets() -> None:
    found = novelty.unseen(rows({1: 1.0}, {2: 1.0}, {1: 3.0, 2: 4.0}, {}), np.array([1, 7], np.int32))
    assert found.tolist() == pytest.approx([0.0, 1.0, 16 / 25, 0.0], abs=1e-6)


def test_the_unseen_share_is_the_same_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(3)
    many = rows(*({int(b): float(chance.random()) for b in chance.integers(0, 50, 6)} for _ in range(40)))
    seen = np.arange(25, dtype=np.int32)
    at_once = novelty.unseen(many, seen)
    monkeypatch.setattr(novelty, "NONZEROS_AT_A_TIME", 13)
    assert np.allclose(novelty.unseen(many, seen), at_once)


def test_the_witness_is_lowest_where_nothing_was_reviewed() -> None:
    """MMD's witness: mean cosine with the reviewed less mean cosine with all, computed here from its definition."""
    many = rows({1: 1.0}, {1: 1.0, 2: 1.0}, {1: 2.0, 3: 1.0}, {8: 1.0}, {8: 1.0, 9: 1.0})
    reviewed = np.array([0, 1])
    cosines: NDArray[np.float64] = (many @ many.T).toarray().astype(np.float64)
    by_definition = cosines[:, reviewed].mean(axis=1) - cosines.mean(axis=1)
    found = novelty.witness(many, reviewed)
    assert found.tolist() == pytest.approx(by_definition.tolist(), abs=1e-6)
    assert set(np.argsort(found)[:2].tolist()) == {3, 4}


def test_nothing_reviewed_and_nothing_there_are_no_faults() -> None:
    assert len(novelty.witness(rows(), np.array([], np.int32))) == 0
    assert len(novelty.unseen(rows(), np.array([], np.int32))) == 0


def test_documents_of_the_same_kind_are_hardly_ever_drift() -> None:
    """U-26: alarms where nothing changed are rarer than the 2.5 % that the interval allows for."""
    chance = np.random.default_rng(1)
    alarms = 0
    for _ in range(2000):
        known, new = chance.beta(2, 8, 300), chance.beta(2, 8, 100)
        found = novelty.drift(known, new)
        assert found is not None
        alarms += found.found
    assert alarms / 2000 < 0.025


def test_drift_is_found_where_a_third_is_strange() -> None:
    """U-26: the share, its exact interval, and the rule that lies on it."""
    known = np.linspace(0, 0.5, 200)
    new = np.concatenate([np.full(40, 0.9), np.full(60, 0.1)])
    found = novelty.drift(known, new)
    assert found is not None
    assert (found.strange, found.documents, found.found) == (40, 100, True)
    assert found.low < found.share < found.high
    assert (known > found.limit).mean() <= novelty.USUAL


def test_ties_with_the_limit_are_not_strange() -> None:
    found = novelty.drift(np.zeros(50), np.zeros(50))
    assert found is not None
    assert (found.strange, found.found) == (0, False)


def test_nothing_is_said_of_a_handful() -> None:
    assert novelty.drift(np.zeros(50), np.ones(19)) is None
    assert novelty.drift(np.zeros(19), np.ones(50)) is None
