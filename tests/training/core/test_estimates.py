from itertools import product

import numpy as np
import pytest
from scipy.stats import binomtest, hypergeom

from training.core import estimates
from training.core.estimates import Stratum

TAIL = 0.025
NONE = Stratum(0)


def test_planned_sizes_are_those_of_the_textbook() -> None:
    """SPEC 2.1.8: 95 % ± 2.5 % needs 1,537, ± 2 % 2,401 and ± 5 % 385 documents of a large pile."""
    assert [estimates.sample_size(margin, 0.95) for margin in (0.025, 0.02, 0.05)] == [1537, 2401, 385]


def test_a_small_pile_needs_a_smaller_sample_and_never_more_than_it_holds() -> None:
    """SPEC 2.1.8: the finite population correction."""
    assert estimates.sample_size(0.025, 0.95, 10_000) == 1333
    assert [estimates.sample_size(0.025, 0.95, pile) for pile in (0, 1, 2, 10)] == [0, 1, 2, 10]


@pytest.mark.parametrize(("positives", "documents"), [(0, 1), (0, 300), (3, 300), (150, 300), (300, 300)])
def test_the_binomial_interval_is_that_of_clopper_and_pearson(positives: int, documents: int) -> None:
    exact = binomtest(positives, documents).proportion_ci(0.95, "exact")
    assert estimates.binomial(positives, documents, 0.95) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize(("pile", "sample"), [(1, 1), (40, 1), (40, 12), (40, 39), (40, 40)])
def test_the_finite_interval_holds_whatever_the_pile_holds(pile: int, sample: int) -> None:
    """B-03: not by simulation but by counting: for every content of the pile, over every possible draw."""
    drawn = np.arange(sample + 1)
    possible = [relevant for relevant in drawn.tolist() if sample - relevant <= pile]
    low = {relevant: estimates.fewest(relevant, sample, pile, TAIL) for relevant in possible}
    high = {relevant: estimates.most(relevant, sample, pile, TAIL) for relevant in possible}
    for held in range(pile + 1):
        chances = hypergeom.pmf(drawn, pile, held, sample)
        covered = sum(chances[relevant] for relevant in possible if low[relevant] <= held <= high[relevant])
        assert covered >= 0.95 - 1e-12


def test_the_finite_interval_is_not_wider_than_the_test_demands() -> None:
    """One document less or more at either end is ruled out."""
    low, high = estimates.fewest(3, 100, 1000, TAIL), estimates.most(3, 100, 1000, TAIL)
    assert hypergeom.sf(2, 1000, low - 1, 100) <= TAIL < hypergeom.sf(2, 1000, low, 100)
    assert hypergeom.cdf(3, 1000, high + 1, 100) <= TAIL < hypergeom.cdf(3, 1000, high, 100)


def test_a_whole_pile_leaves_nothing_open_and_no_sample_everything() -> None:
    whole, nothing = Stratum(50, 50, 5), Stratum(50)
    assert (whole.fewest(TAIL), whole.most(TAIL)) == (5, 5)
    assert (nothing.fewest(TAIL), nothing.most(TAIL)) == (0, 50)


def test_recall_holds_whatever_both_piles_hold() -> None:
    """SPEC 2.1.8: the product of two exact intervals, counted out over every content and every pair of draws."""
    found, above, below, n, m = 4, 8, 14, 4, 7
    limits = {
        (a, b): estimates.recall(found, Stratum(above, n, a), Stratum(below, m, b), 0.9)
        for a, b in product(range(n + 1), range(m + 1))
    }
    for held, missed in product(range(above + 1), range(below + 1)):
        truth = (found + held) / (found + held + missed)
        chances = np.outer(
            hypergeom.pmf(np.arange(n + 1), above, held, n), hypergeom.pmf(np.arange(m + 1), below, missed, m)
        )
        covered = sum(chances[pair] for pair, limit in limits.items() if limit.low <= truth <= limit.high)
        assert covered >= 0.9 - 1e-12


def test_the_four_figures_of_a_validation() -> None:
    """SPEC 2.1.8: elusion, richness, recall and precision, as a hand would work them out."""
    above, below = Stratum(200, 100, 50), Stratum(1000, 500, 5)
    assert estimates.elusion(below, 0.95).value == 0.01
    assert estimates.richness(300, 2000, above, below, 0.95).value == (300 + 100 + 10) / 2000
    assert estimates.recall(300, above, below, 0.95).value == 400 / 410
    precision = estimates.precision(300, above, 0.95)
    assert precision.value == 400 / 500
    assert (precision.low, precision.high) == ((300 + above.fewest(TAIL)) / 500, (300 + above.most(TAIL)) / 500)


def test_what_was_skipped_is_read_as_is_worse_for_the_review() -> None:
    """D6: relevant in the discard pile; above the cutoff it adds nothing to recall and precision."""
    above, below = Stratum(200, 100, 50, skipped=10), Stratum(1000, 500, 5, skipped=5)
    assert estimates.elusion(below, 0.95).value == 0.02
    assert estimates.recall(300, above, below, 0.95).value == 400 / 420
    assert estimates.precision(300, above, 0.95).value == 400 / 500
    assert estimates.richness(300, 2000, above, below, 0.95).value == (300 + 120 + 20) / 2000


def test_the_interval_spans_both_readings_of_what_was_skipped() -> None:
    """D6: whatever the skipped documents are, the interval is as wide as both answers together."""
    found = estimates.elusion(Stratum(1000, 500, 5, skipped=5), 0.95)
    assert found.low == estimates.elusion(Stratum(1000, 500, 5), 0.95).low
    assert found.high == estimates.elusion(Stratum(1000, 500, 10), 0.95).high


def test_one_sample_keeps_the_whole_chance_of_error() -> None:
    """Without a cutoff there is one pile, and recall is exact: a pile that is not there takes no share of the tail."""
    below = Stratum(1000, 500, 5)
    assert estimates.recall_bound(300, NONE, below, TAIL) == 300 / (300 + below.most(TAIL))


def test_nothing_known_is_said_as_nothing() -> None:
    assert estimates.recall(0, NONE, NONE, 0.95).value is None
    assert estimates.precision(0, NONE, 0.95).value is None
    assert estimates.elusion(Stratum(10), 0.95).value is None
    assert estimates.weighted(np.zeros(0, bool), np.zeros(0), 0.95).value is None
    open_ = estimates.recall(0, NONE, Stratum(10), 0.95)
    assert (open_.low, open_.high) == (0.0, 1.0)


def test_the_best_that_a_sample_can_show_is_said_before_it_is_drawn() -> None:
    """SPEC 2.1.8: recall when nothing relevant turns up in the discard pile."""
    best = estimates.best_recall(75, NONE, Stratum(100_000, 600), 0.025)
    assert best == estimates.recall(75, NONE, Stratum(100_000, 600, 0), 0.95).low
    assert best < estimates.best_recall(75, NONE, Stratum(100_000, 2400), 0.025)


def test_the_smallest_sample_that_can_pass_is_just_large_enough() -> None:
    """B-03: the planner of the one planned test."""
    size = estimates.smallest_sample(100, 10_000, 0.8, 0.05)
    assert size is not None
    best = [estimates.best_recall(100, NONE, Stratum(10_000, n), 0.05) for n in (size - 1, size)]
    assert best[0] < 0.8 <= best[1]
    assert estimates.smallest_sample(0, 10_000, 0.8, 0.05) is None
    assert estimates.smallest_sample(1, 50, 0.99, 0.05) == 48, "one relevant among 50 is missed with 4 %"


def test_equal_probabilities_weigh_nothing() -> None:
    """B-05"""
    labels = np.arange(300) < 12
    found = estimates.weighted(labels, np.full(300, 0.1), 0.95)
    assert (found.value, found.low, found.high) == pytest.approx((0.04, *estimates.binomial(12, 300, 0.95)))


def test_a_document_that_was_unlikely_to_be_drawn_stands_for_more() -> None:
    """B-05: 10 positives drawn with 10 % and 90 negatives drawn with 90 % stand for 100 of each."""
    labels = np.arange(100) < 10
    found = estimates.weighted(labels, np.where(labels, 0.1, 0.9), 0.95)
    assert found.value == pytest.approx(0.5)
    assert found.high - found.low > 2 * (0.5 - estimates.binomial(50, 100, 0.95)[0])


def test_a_figure_on_fewer_than_20_positives_is_weak() -> None:
    """B-05"""
    assert estimates.elusion(Stratum(1000, 500, 19), 0.95).is_weak
    assert not estimates.elusion(Stratum(1000, 500, 20), 0.95).is_weak


def test_the_margin_after_the_test_is_half_of_the_interval() -> None:
    found = estimates.elusion(Stratum(100_000, 1537, 30), 0.95)
    assert found.margin == (found.high - found.low) / 2 < 0.025
