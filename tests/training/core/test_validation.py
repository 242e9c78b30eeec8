"""Figures with their intervals: reckoned by hand, and compared with the definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.stats import binom
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score

from training.core import validation
from training.core.validation import FIGURES, Sample, figures, plain

TRUTH = np.array([1, 1, 0, 1, 0, 0, 0, 0, 1, 0], bool)
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05], np.float32)


def made_up(seed: int, documents: int = 200) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    chance = np.random.default_rng(seed)
    truth = chance.random(documents) < 0.3
    truth[:2] = True, False
    scores = 1 / (1 + np.exp(-chance.normal(size=documents) - 2 * truth + 1))
    return truth, scores.round(2).astype(np.float32)


def test_the_figures_are_those_of_the_book() -> None:
    """U-21: precision, recall, F1, average precision, and the number each rests on."""
    found = figures(plain(TRUTH), SCORES, 0.5)
    assert (found.precision.value, found.precision.number) == (0.6, 5)
    assert (found.recall.value, found.recall.number) == (0.75, 4)
    assert found.f1.value == pytest.approx(2 * 0.6 * 0.75 / 1.35)
    assert found.average_precision.value == pytest.approx((1 + 1 + 3 / 4 + 4 / 9) / 4)
    assert (found.f1.number, found.average_precision.number) == (6, 4)
    assert found.is_weak


@given(seed=st.integers(0, 10_000), threshold=st.sampled_from([0.0, 0.3, 0.5, 0.77, 1.0]))
def test_they_agree_with_scikit_learn_at_any_threshold(seed: int, threshold: float) -> None:
    truth, scores = made_up(seed)
    called = scores >= np.float32(threshold)
    found = figures(plain(truth), scores, threshold)
    assert found.recall.value == pytest.approx(recall_score(truth, called))
    assert found.average_precision.value == pytest.approx(average_precision_score(truth, scores))
    if called.any():
        assert found.precision.value == pytest.approx(precision_score(truth, called))
        assert found.f1.value == pytest.approx(f1_score(truth, called))
    for name in FIGURES:
        figure = getattr(found, name)
        assert 0 <= figure.low <= (figure.value or 0) <= figure.high <= 1 or figure.value is None


@pytest.mark.parametrize(("hits", "number"), [(0, 10), (1, 10), (9, 10), (10, 10), (37, 120)])
def test_the_interval_is_the_exact_one(hits: int, number: int) -> None:
    """Clopper and Pearson: outside of it so many hits, or more extreme ones, have a chance below 2.5 %."""
    scores = (np.arange(number) < hits).astype(np.float32)
    found = figures(plain(np.ones(number, bool)), scores, 0.5).recall
    low, high = found.low, found.high
    assert low == 0 if hits == 0 else binom.sf(hits - 1, number, low) == pytest.approx(0.025)
    assert high == 1 if hits == number else binom.cdf(hits, number, high) == pytest.approx(0.025)


def test_without_documents_nothing_is_said() -> None:
    found = figures(plain(np.zeros(5, bool)), SCORES[:5], 0.95)
    for name in FIGURES:
        figure = getattr(found, name)
        assert (figure.value, figure.low, figure.high, figure.number) == (None, 0, 1, 0)


def test_twenty_positives_are_enough_to_be_plain() -> None:
    """B-05: greyed under 20."""
    truth = np.zeros(60, bool)
    truth[:19] = True
    assert figures(plain(truth), made_up(0, 60)[1], 0.5).is_weak
    truth[:20] = True
    assert not figures(plain(truth), made_up(0, 60)[1], 0.5).is_weak


def test_the_curve_falls_through_the_thresholds() -> None:
    """2.3.5: arrays of thresholds, precisions and recalls; recall rises as the threshold falls."""
    truth, scores = made_up(1, 2000)
    found = validation.curve(plain(truth), scores, points=50)
    assert len(found.thresholds) == len(found.precisions) == len(found.recalls) <= 50
    assert (np.diff(found.thresholds) < 0).all()
    assert (np.diff(found.recalls) >= 0).all()
    assert found.recalls[-1] == 1
    middle = len(found.thresholds) // 2
    at = figures(plain(truth), scores, float(found.thresholds[middle]))
    assert at.precision.value == pytest.approx(found.precisions[middle])
    assert at.recall.value == pytest.approx(found.recalls[middle])


def test_thresholds_have_names() -> None:
    """U-21, 2.3.5: high_recall, balanced, high_precision."""
    truth, scores = made_up(2, 2000)
    named = validation.named_thresholds(validation.curve(plain(truth), scores))
    assert named["high_recall"] < named["balanced"] < named["high_precision"]
    assert figures(plain(truth), scores, named["high_recall"]).recall.value >= 0.9  # type: ignore[operator]
    assert validation.named_thresholds(validation.curve(plain(truth & False), scores)) == {}


def test_weights_stand_for_the_documents_that_nobody_read() -> None:
    """B-05: one of ten was drawn first, one of nine later; what was read by choice counts for itself after a draw."""
    left = np.arange(4)
    drawn = np.array([True, False, True, False])
    weights = validation.des_raj(left, drawn, documents=10)
    assert weights.tolist() == [(1 + 10) / 2, 1 / 2, 8 / 2, 0]
    assert weights.sum() == 10
    assert validation.des_raj(left, np.zeros(4, bool), 10).tolist() == [0, 0, 0, 0]


@given(drawn=arrays.arrays(bool, st.integers(1, 40)), more=st.integers(0, 100))
def test_the_weights_add_up_to_all_documents(drawn: NDArray[np.bool_], more: int) -> None:
    left = np.arange(len(drawn))
    weights = validation.des_raj(left, drawn, len(drawn) + more)
    assert weights.sum() == pytest.approx(len(drawn) + more if drawn.any() else 0)
    assert (weights >= 0).all()


def test_equal_weights_change_nothing() -> None:
    truth, scores = made_up(3)
    doubled = Sample(truth, np.full(len(truth), 2.0), np.ones(len(truth), bool))
    assert figures(doubled, scores, 0.5) == figures(plain(truth), scores, 0.5)


def test_what_chance_did_not_pick_narrows_no_interval() -> None:
    """A hundred positives read by rank say nothing of those that nobody has read."""
    truth, scores = made_up(4, 300)
    by_rank = Sample(truth, np.ones(300), np.zeros(300, bool))
    found = figures(by_rank, scores, 0.5)
    assert (found.recall.low, found.recall.high) == (0, 1)


def test_without_a_draw_nothing_is_said_of_the_collection() -> None:
    """Weights that are all nothing give no figure, the widest interval, and an empty curve."""
    truth, scores = made_up(8)
    unknown = Sample(truth, np.zeros(len(truth)), np.zeros(len(truth), bool))
    for name in FIGURES:
        figure = getattr(figures(unknown, scores, 0.5), name)
        assert (figure.value, figure.low, figure.high) == (None, 0, 1)
    assert len(validation.curve(unknown, scores).thresholds) == 0


def test_a_version_does_not_differ_from_itself() -> None:
    truth, scores = made_up(5)
    for change in validation.difference(plain(truth), scores, scores, 0.5).values():
        assert change.value == 0
        assert -0.05 < change.low <= 0 <= change.high < 0.05


def test_a_better_version_is_seen_to_be_better() -> None:
    truth, scores = made_up(6, 2000)
    worse = np.random.default_rng(0).permutation(scores)
    changes = validation.difference(plain(truth), worse, scores, 0.5)
    back = validation.difference(plain(truth), scores, worse, 0.5)
    for name in FIGURES:
        assert changes[name].low > 0, name
        assert back[name].value == pytest.approx(-(changes[name].value or 0))
        assert back[name].high == pytest.approx(-changes[name].low)


def test_where_one_version_calls_nothing_precision_is_not_compared() -> None:
    truth, scores = made_up(7)
    change = validation.difference(plain(truth), scores * 0, scores, 0.5)["precision"]
    assert (change.value, change.low, change.high) == (None, -1, 1)
