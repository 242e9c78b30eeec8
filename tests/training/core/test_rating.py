"""The rating: an open formula whose every part can be reckoned by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from training.core import rating

share = st.floats(0, 1)


def rows(*given: list[float]) -> sparse.csr_array:
    return sparse.csr_array(np.array(given, np.float32))


def test_the_score_is_the_weighted_mean_of_the_factors() -> None:
    """U-22, 2.3.6: four factors with open weights."""
    rated = rating.rate([0.9, 0.5], coverage=0.8, likeness=0.7, chance=0.1)
    assert (rated.all_labels, rated.underperforming, rated.coverage) == pytest.approx((70, 50, 80))
    assert rated.balance == pytest.approx(100 * (0.7 * 0.7 + 0.3 * 0.5))
    assert rated.score == pytest.approx(0.4 * 70 + 0.2 * 50 + 0.2 * 80 + 0.2 * rated.balance)
    assert sum(rating.WEIGHTS.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        *((score, "Poor") for score in (0, 49, 49.4)),
        *((score, "Average") for score in (50, 69)),
        *((score, "Good") for score in (70, 89)),
        *((score, "Excellent") for score in (89.5, 90, 100)),
        (None, "None"),
    ],
)
def test_the_grades_have_their_bounds(score: float | None, grade: str) -> None:
    """2.3.6: Poor 0-49, Average 50-69, Good 70-89, Excellent 90-100, and None; by the rounded score that is shown."""
    assert rating.grade(score) == grade


@given(precisions=st.lists(share, min_size=1, max_size=30), covered=share, likeness=share, chance=share)
def test_every_factor_stays_between_0_and_100(
    precisions: list[float], covered: float, likeness: float, chance: float
) -> None:
    rated = rating.rate(precisions, covered, likeness, chance)
    for value in (rated.all_labels, rated.underperforming, rated.coverage, rated.balance, rated.score):
        assert value is not None
        assert -1e-9 <= value <= 100 + 1e-9
    assert rated.underperforming <= rated.all_labels + 1e-9  # type: ignore[operator]


def test_the_worst_tenth_of_the_labels_counts_apart() -> None:
    rated = rating.rate([0.1, 0.2, *([1.0] * 18)], 1, 1, 1)
    assert rated.underperforming == pytest.approx(15)


def test_without_held_out_positives_there_is_no_rating() -> None:
    rated = rating.rate([None], 1, 1, 1)
    assert (rated.score, rated.grade, rated.coverage) == (None, "None", 100)


def test_a_document_is_covered_by_half_of_its_weight() -> None:
    """U-22: coverage is a number with its formula."""
    documents = rows([1, 1, 0, 0], [1, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0])
    assert rating.coverage(documents, np.array([0], np.int32)) == pytest.approx(1 / 3)
    assert rating.coverage(documents, np.array([0, 1, 2], np.int32)) == 1
    assert rating.coverage(rows([0, 0]), np.array([0], np.int32)) == 0


def test_likeness_is_the_cosine_of_the_means() -> None:
    """U-22: balance is a number with its formula."""
    documents = rows([1, 0], [0, 1])
    assert rating.likeness(documents, documents) == pytest.approx(1)
    assert rating.likeness(documents, rows([1, 0])) == pytest.approx(1 / np.sqrt(2))
    assert rating.likeness(rows([1, 0]), rows([0, 1])) == 0
