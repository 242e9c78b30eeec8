from math import ceil

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, hypergeom

from training.core import stopping
from training.core.estimates import Stratum
from training.core.stopping import Certificate


def order(*runs: tuple[int, int]) -> NDArray[np.bool_]:
    """So many relevant, then so many irrelevant documents, again and again."""
    return np.concatenate([np.repeat([True, False], run) for run in runs])


def test_14_positives_prove_80_percent_and_59_prove_95() -> None:
    """B-02: the boundary on both sides."""
    assert [stopping.fewest_positives(target, 0.95) for target in (0.8, 0.95)] == [14, 59]
    assert [stopping.needed(positives, 0.8, 0.95) for positives in (0, 13, 14, 22)] == [None, None, 14, 21]
    assert [stopping.needed(positives, 0.95, 0.95) for positives in (58, 59)] == [None, 59]


def test_no_sample_proves_that_everything_is_found() -> None:
    """B-02: it says that it cannot."""
    assert stopping.fewest_positives(1.0, 0.95) is None
    assert stopping.plan(1.0, 0.95, 0.5, 10_000).designs == ()


@pytest.mark.parametrize("target", [0.5, 0.7, 0.8, 0.95])
def test_the_rule_errs_at_most_as_often_as_it_says_in_every_collection(target: float) -> None:
    """B-02: exactly, for every number of positives and every size of control set, without chance."""
    for relevant in range(5, 200):
        control = np.arange(1, relevant + 1)
        must = np.array([stopping.needed(positives, target, 0.95) or relevant + 1 for positives in control.tolist()])
        before = ceil(round(target * relevant, 9)) - 1  # positives read while recall is still below the target
        assert np.max(hypergeom.sf(must - 1, relevant, before, control)) <= 0.05


def test_what_is_proven_at_a_look_is_the_same_test_solved_for_recall() -> None:
    assert stopping.provable(14, 14, 0.95) == pytest.approx(0.05 ** (1 / 14))
    bound = stopping.provable(21, 22, 0.95)
    assert binom.sf(20, 22, bound) == pytest.approx(0.05)
    assert stopping.provable(0, 22, 0.95) == 0.0


def test_a_certificate_says_what_is_missing() -> None:
    """B-02"""
    assert not Certificate(0.8, 0.95, positives=22, met=20).is_reached
    assert Certificate(0.8, 0.95, positives=22, met=21).is_reached
    few = Certificate(0.8, 0.95, positives=13, met=13)
    assert (few.needed, few.is_reached) == (None, False)
    assert few.best < 0.8


def test_the_planner_says_how_many_documents_to_draw_before_any_is_coded() -> None:
    """B-02: target, confidence and richness give a sample size, its cost and the best bound."""
    plan = stopping.plan(0.8, 0.95, 0.01, 100_000)
    cheapest = plan.designs[0]
    assert (plan.relevant, cheapest.positives, cheapest.needed) == (1000, 14, 14)
    assert binom.sf(13, 1000, cheapest.probability) == pytest.approx(0.9)
    assert cheapest.documents == ceil(cheapest.probability * 100_000)
    spared = [design.positives - design.needed for design in plan.designs]
    assert spared == list(range(7))
    stops = [design.stops_at for design in plan.designs]
    assert stops == sorted(stops, reverse=True), "the more may stay unmet, the nearer to the target it stops"
    assert stopping.positives_drawn(1000, cheapest.probability) >= 13


def test_the_planner_says_not_provable_where_that_is_so() -> None:
    """B-02: ten relevant documents altogether are no fourteen."""
    plan = stopping.plan(0.8, 0.95, 0.001, 10_000)
    assert plan.designs == ()
    assert plan.fewest == 14
    assert plan.best == pytest.approx(0.05 ** (1 / 10))
    assert stopping.plan(0.8, 0.95, 0.0, 0).best == 0.0


def test_a_planned_test_splits_the_chance_of_error_over_its_looks() -> None:
    """B-03"""
    below = Stratum(10_000, 1500, 0)
    once, often = (stopping.planned_test(100, Stratum(0), below, 0.8, 0.95, looks) for looks in (1, 5))
    assert [once.tail, often.tail] == pytest.approx([0.05, 0.01])
    assert once.bound > often.bound
    assert once.bound == 100 / (100 + below.most(once.tail))
    assert once.is_passed
    assert not often.is_passed


def test_a_pile_above_the_cutoff_without_a_sample_finds_nothing() -> None:
    """B-03: then it cannot help, and the whole chance of error is left to the discard pile."""
    below = Stratum(10_000, 1500, 2)
    bound = stopping.planned_test(100, Stratum(500), below, 0.8, 0.95, 1).bound
    assert bound == stopping.planned_test(100, Stratum(0), below, 0.8, 0.95, 1).bound


def test_a_run_of_irrelevant_documents() -> None:
    """B-04"""
    assert stopping.run_of_irrelevant(order((3, 50)), 50).is_stop
    assert not stopping.run_of_irrelevant(order((3, 50), (1, 49)), 50).is_stop
    assert not stopping.run_of_irrelevant(np.zeros(500, bool), 50).is_stop, "nothing was found yet"
    assert not stopping.run_of_irrelevant(np.zeros(0, bool), 50).is_stop


def test_the_knee_of_a_gain_curve() -> None:
    """B-04: 200 relevant at once, then none: slopes of 1 before, and of 1 in 1,000 after the knee."""
    found = stopping.knee(order((200, 1000)))
    assert [found.figure, found.threshold] == pytest.approx([1000, 6])
    assert found.is_stop
    assert not stopping.knee(order((10, 100))).is_stop, "with few found the curve must be 146 times as steep"
    assert not stopping.knee(order((1, 3), (1, 3), (1, 3))).is_stop
    assert not stopping.knee(np.zeros(9, bool)).is_stop


def test_look_back_takes_the_smallest_p_of_all_windows() -> None:
    """B-04: the published algorithm, one window after the other, on orders drawn by chance."""
    for seed in range(20):
        random = np.random.default_rng(seed)
        read = random.random(120) < np.linspace(0.6, 0.05, 120)
        found = int(read.sum())
        chances = []
        for window in range(1, len(read) + 1):
            inside = int(read[-window:].sum())
            held = int(found / 0.95 + 1) - (found - inside)
            chances.append(hypergeom.cdf(inside, 400 - (120 - window), held, window))
        assert stopping.look_back(read, 400, 0.95, 0.95).figure == pytest.approx(min(chances))


def test_look_back_stops_when_too_few_are_unread_to_miss_the_target() -> None:
    assert stopping.look_back(order((100, 0), (0, 95)), 200, 0.95, 0.95).is_stop
    assert not stopping.look_back(np.zeros(50, bool), 200, 0.95, 0.95).is_stop


def test_the_forecast_is_where_the_control_positives_stand() -> None:
    """SPEC part 3 row 30: documents left, with an interval."""
    places = np.array([0] * 10 + [40, 60, 80, 200])
    found = stopping.forecast(places, 1000, 0.8, 0.95)
    assert found is not None
    assert (found.documents, found.low, found.certified) == (60, 0, 200)
    assert found.high == 1000, "14 positives cannot say where 80 % are reached at the latest"
    many = stopping.forecast(np.repeat(places, 5), 1000, 0.8, 0.95)
    assert many is not None
    assert (many.documents, many.high) == (60, 80)
    assert stopping.forecast(np.zeros(0, np.int64), 1000, 0.8, 0.95) is None
