import numpy as np
import pytest
from scipy import sparse

from tests.training.core.collections import collection
from training.core import features
from training.core.features import document_frequencies, inverse_document_frequencies, weigh
from training.core.tokens import BUCKETS, Tokenizer


@pytest.fixture
def counts() -> sparse.csr_array:
    made = collection()
    return Tokenizer(b"key").count([*made.titles, ""], [*made.texts, ""])


def test_frequencies_count_documents_not_occurrences(counts: sparse.csr_array, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = (counts.toarray() > 0).sum(axis=0)
    assert (document_frequencies(counts) == expected).all()
    monkeypatch.setattr(features, "NONZEROS_AT_A_TIME", 100)
    assert (document_frequencies(counts) == expected).all()


def test_rarity_is_smoothed_and_falls_to_one_for_what_every_document_says() -> None:
    frequencies = np.zeros(BUCKETS, np.int64)
    frequencies[:3] = [1, 2, 9]
    idf = inverse_document_frequencies(frequencies, 9)
    assert idf[:3].tolist() == [np.float32(np.log(10 / 2) + 1), np.float32(np.log(10 / 3) + 1), 1]


def test_rows_have_length_one_and_share_their_pattern_with_the_counts(counts: sparse.csr_array) -> None:
    values = weigh(counts, inverse_document_frequencies(document_frequencies(counts), counts.shape[0]))
    assert values.data.dtype == np.float32
    assert np.shares_memory(values.indices, counts.indices)
    lengths = np.sqrt(values.multiply(values).sum(axis=1))
    assert np.allclose(lengths[:-1], 1, atol=1e-6)
    assert lengths[-1] == 0


def test_a_rows_weights_do_not_depend_on_its_neighbours(
    counts: sparse.csr_array, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B-01: a row that comes by a link is weighed to the bit as if it had been local."""
    idf = inverse_document_frequencies(document_frequencies(counts), counts.shape[0])
    whole = weigh(counts, idf)
    alone = np.concatenate([weigh(counts[[row]], idf).data for row in range(counts.shape[0])])
    assert whole.data.tobytes() == alone.tobytes()
    monkeypatch.setattr(features, "NONZEROS_AT_A_TIME", 100)
    assert whole.data.tobytes() == weigh(counts, idf).data.tobytes()


def test_a_count_weighs_by_its_logarithm() -> None:
    counts = sparse.csr_array((np.array([1, 3], np.uint16), np.array([4, 7], np.int32), np.array([0, 2])), (1, BUCKETS))
    values = weigh(counts, np.ones(BUCKETS, np.float32))
    assert values.data[1] / values.data[0] == pytest.approx(1 + np.log(3), rel=1e-6)
