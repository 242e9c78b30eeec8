from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse

from reviewapp.errors import NotEnoughTraining
from tests.training.core.collections import TOPIC, VOCABULARY, Collection, collection
from training.core.features import document_frequencies, inverse_document_frequencies, weigh
from training.core.metrics import quality
from training.core.relevance import RelevanceModel, contributions, cross_scored, fit_relevance, score
from training.core.tokens import Tokenizer

KEY = b"key"
MADE = collection()


def weighed(made: Collection, key: bytes = KEY) -> sparse.csr_array:
    counts = Tokenizer(key).count(made.titles, made.texts)
    return weigh(counts, inverse_document_frequencies(document_frequencies(counts), counts.shape[0]))


ROWS = weighed(MADE)


def bytes_of(model: RelevanceModel) -> bytes:
    return b"".join(array.tobytes() for array in model.to_arrays().values())


def bucket_of(word: str) -> int:
    return int(Tokenizer(KEY).count([""], [word]).indices[0])


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(60)))
def test_the_order_of_coding_does_not_change_a_bit(order: list[int]) -> None:
    """B-01: the same coded rows give the same bytes in whatever order they were coded."""
    assert bytes_of(fit_relevance(ROWS[order], MADE.labels[order])) == bytes_of(
        fit_relevance(ROWS[:60], MADE.labels[:60])
    )


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 119), min_size=1, max_size=119))
def test_linked_and_local_rows_train_as_one_set(linked: set[int]) -> None:
    """R-53, B-01: scores of (link A + local B) equal those of one project trained on A and B, to the last bit."""
    a = np.array(sorted(linked))
    b = np.setdiff1d(np.arange(120), a)
    union = sparse.vstack([ROWS[a], ROWS[b]], format="csr")
    linked_scores = score(ROWS, fit_relevance(union, np.concatenate([MADE.labels[a], MADE.labels[b]])))
    assert linked_scores.tobytes() == score(ROWS, fit_relevance(ROWS, MADE.labels)).tobytes()


def test_twins_with_either_label_train_in_any_order() -> None:
    twins, labels = ROWS[[0, 0, 1, 1, 2, 3]], np.array([True, False, False, True, True, False])
    order = [5, 3, 1, 0, 2, 4]
    assert bytes_of(fit_relevance(twins, labels)) == bytes_of(fit_relevance(twins[order], labels[order]))


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(VOCABULARY[:60]), st.booleans())
def test_a_word_only_in_one_class_speaks_for_that_class(word: str, relevant: bool) -> None:
    """R-05: a planted word that occurs only in positives weighs above zero, one only in negatives below."""
    planted = f"planted{word}"
    texts = [
        f"{text} {planted}" if label == relevant else text for text, label in zip(MADE.texts, MADE.labels, strict=True)
    ]
    model = fit_relevance(weighed(Collection(MADE.titles, texts, MADE.labels)), MADE.labels)
    weight = model.weights[np.searchsorted(model.buckets, bucket_of(planted))]
    assert weight != 0
    assert (weight > 0) == relevant


def test_topic_words_weigh_more_than_any_common_word() -> None:
    model = fit_relevance(ROWS, MADE.labels)
    weights = dict(zip(model.buckets.tolist(), model.weights.tolist(), strict=True))
    common = max(weights[bucket_of(word)] for word in VOCABULARY[:20])
    assert min(weights[bucket_of(word)] for word in TOPIC) > common


@pytest.mark.parametrize("label", [True, False])
def test_a_class_without_examples_is_refused_by_name(label: bool) -> None:
    with pytest.raises(NotEnoughTraining, match="No irrelevant" if label else "No relevant"):
        fit_relevance(ROWS, np.full(120, label))


def test_rows_without_a_single_known_word_still_train() -> None:
    empty = weighed(Collection(["?"] * 120, ["!"] * 120, MADE.labels))
    assert score(empty, fit_relevance(empty, MADE.labels)).tolist() == [0.5] * 120


def test_scores_are_calibrated_on_the_training_rows_with_even_classes() -> None:
    """Platt's condition: with equal class weights the scores' mean error is zero against his softened targets."""
    scores = score(ROWS, fit_relevance(ROWS, MADE.labels)).astype(float)
    assert ((scores > 0) & (scores < 1)).all()
    relevant, others = scores[MADE.labels], scores[~MADE.labels]
    missed = (len(relevant) + 1) / (len(relevant) + 2) - relevant.mean()
    alarmed = others.mean() - 1 / (len(others) + 2)
    assert missed == pytest.approx(alarmed, abs=1e-4)
    assert np.median(relevant) > 0.9
    assert np.median(others) < 0.1


def test_a_score_does_not_depend_on_who_else_is_scored() -> None:
    model = fit_relevance(ROWS, MADE.labels)
    whole = score(ROWS, model)
    assert score(ROWS[40:90], model).tobytes() == whole[40:90].tobytes()
    assert score(ROWS[[7]], model)[0] == whole[7]
    assert score(ROWS[:0], model).shape == (0,)


def test_memory_mapped_rows_score_the_same(tmp_path: Path) -> None:
    parts = {"data": ROWS.data, "indices": ROWS.indices, "indptr": ROWS.indptr}
    for name, array in parts.items():
        np.save(tmp_path / f"{name}.npy", array)
    mapped = {name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in parts}
    rows = sparse.csr_array((mapped["data"], mapped["indices"], mapped["indptr"]), ROWS.shape)
    model = fit_relevance(ROWS, MADE.labels)
    assert score(rows, model).tobytes() == score(ROWS, model).tobytes()


def test_a_model_survives_storage_to_the_bit(tmp_path: Path) -> None:
    """B-06: what is stored is what was fitted."""
    model = fit_relevance(ROWS, MADE.labels)
    for name, array in model.to_arrays().items():
        np.save(tmp_path / name, array, allow_pickle=False)
    again = RelevanceModel.from_arrays({name: np.load(tmp_path / f"{name}.npy") for name in model.to_arrays()})
    assert bytes_of(again) == bytes_of(model)
    assert score(ROWS, again).tobytes() == score(ROWS, model).tobytes()


def test_contributions_and_the_rest_add_up_to_the_score() -> None:
    """B-11: the sum of shown contributions plus the rest equals the score."""
    model = fit_relevance(ROWS, MADE.labels)
    scores = score(ROWS, model)
    for row in range(0, 120, 10):
        log_odds = contributions(ROWS[[row]], model).sum(dtype=float) + model.bias
        assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(scores[row], abs=1e-6)


def test_a_model_of_relevant_words_finds_the_others() -> None:
    """R-13: what was learnt from some documents puts the unread relevant ones on top."""
    coded = np.arange(60)
    scores = score(ROWS[60:], fit_relevance(ROWS[coded], MADE.labels[coded]))
    unread: NDArray[np.bool_] = MADE.labels[60:]
    best = np.argsort(-scores)[: unread.sum()]
    assert unread[best].mean() > 5 * unread.mean()


def test_cross_validation_scores_no_row_by_a_model_that_saw_it() -> None:
    """A word that stands in one row alone cannot help that row: rows of noise score no better than chance."""
    noise = np.random.default_rng(3)
    texts = [" ".join(f"w{word}" for word in noise.integers(0, 400, 30)) for _ in range(200)]
    labels = np.arange(200) % 2 == 0
    rows = weighed(Collection(["?"] * 200, texts, labels))
    fitted = quality(labels, score(rows, fit_relevance(rows, labels))).average_precision
    crossed = quality(labels, cross_scored(rows, labels)).average_precision
    assert fitted is not None
    assert crossed is not None
    assert fitted > 0.95
    assert abs(crossed - 0.5) < 0.12


def test_cross_validation_does_not_mind_the_order_of_the_rows() -> None:
    order = np.random.default_rng(5).permutation(120)
    straight = cross_scored(ROWS, MADE.labels)
    assert cross_scored(ROWS[order], MADE.labels[order]).tobytes() == straight[order].tobytes()
