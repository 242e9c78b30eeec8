"""Recall corrected for the errors of people: exact where it can be, and honest about what it does not know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.core.agreement import Estimate, share
from training.core.human_error import Coded, Looks, Pile, as_coded, recall

counts = st.integers(0, 60)
looks = st.builds(Looks, counts, counts, counts, st.integers(0, 5))


def expected(documents: int, relevant: float, miss: float, alarm: float, again: float) -> tuple[Coded, float]:
    """What readers of these rates leave behind on average, looked at again by the same readers; and the true recall."""
    true, false = documents * relevant, documents * (1 - relevant)
    kinds = []
    for said_true, said_false in ((1 - miss, alarm), (miss, 1 - alarm)):  # coded relevant, coded not relevant
        right_true, right_false = true * said_true * again, false * said_false * again
        kinds.append((right_true, right_false))
    (rt, rf), (it, if_) = kinds
    at_relevant = Looks(round(rt * (1 - miss) + rf * alarm), round(rt * miss), round(rf * (1 - alarm)))
    at_irrelevant = Looks(round(it * miss + if_ * (1 - alarm)), round(if_ * alarm), round(it * (1 - miss)))
    coded = Coded(
        round(true * (1 - miss) + false * alarm), round(true * miss + false * (1 - alarm)), at_relevant, at_irrelevant
    )
    return coded, (true * (1 - miss) + it * (1 - miss)) / true


@pytest.mark.parametrize(("miss", "alarm"), [(0.0, 0.0), (0.1, 0.01), (0.2, 0.02), (0.3, 0.05)])
@pytest.mark.parametrize("again", [0.1, 0.5])
def test_with_the_expected_counts_the_true_rates_come_out(miss: float, alarm: float, again: float) -> None:
    """B-09: the four equations are solved exactly, also for errors that both readers made."""
    coded, true = expected(2_000_000, 0.1, miss, alarm, again)
    found = recall(coded)
    assert found is not None
    assert found.corrected.value == pytest.approx(true, abs=2e-4)
    assert found.miss_rate.value == pytest.approx(miss, abs=2e-4)
    assert found.false_alarm_rate.value == pytest.approx(alarm, abs=2e-4)
    assert found.as_coded.value == 1


def test_what_both_readers_missed_is_counted_too() -> None:
    """Counting only the misses that the second look found would say too little: it misses as well."""
    coded, true = expected(2_000_000, 0.1, 0.3, 0.0, 0.1)
    found, seen = recall(coded), coded.looks_at_irrelevant
    assert found is not None
    naive = coded.irrelevant * seen.second_right / seen.all
    assert found.missed.value is not None
    assert found.missed.value + seen.second_right > 1.3 * naive
    assert found.corrected.value == pytest.approx(true, abs=1e-3)


def test_the_pile_that_nobody_read_is_corrected_by_the_same_rates() -> None:
    coded, _ = expected(1_000_000, 0.2, 0.2, 0.02, 0.1)
    share_seen = 0.05 * 0.8 + 0.95 * 0.02
    found = recall(coded, Pile(500_000, 1_000_000, round(1_000_000 * share_seen)))
    assert found is not None
    true_found = 200_000 * 0.8 + 200_000 * 0.2 * 0.1 * 0.8
    assert found.corrected.value == pytest.approx(true_found / (200_000 + 25_000), abs=1e-3)
    assert found.as_coded.value is not None
    assert found.corrected.value is not None
    assert found.as_coded.value > found.corrected.value


def test_recall_as_coded_is_the_exact_interval_of_the_piles_sample() -> None:
    coded = Coded(100, 900, Looks(10, 0, 0), Looks(10, 0, 0))
    left = share(3, 300)
    said = as_coded(coded, Pile(5_000, 300, 3))
    assert left.low is not None
    assert left.high is not None
    assert said.value == pytest.approx(100 / (100 + 50))
    ends = [100 / (100 + 5_000 * left.high), 100 / (100 + 5_000 * left.low)]
    assert [said.low, said.high] == pytest.approx(ends)
    assert as_coded(coded).value == 1


def test_without_looks_at_both_kinds_nothing_is_said() -> None:
    some, none = Looks(10, 1, 1), Looks(0, 0, 0)
    assert recall(Coded(50, 50, some, none)) is None
    assert recall(Coded(50, 50, none, some)) is None
    assert recall(Coded(0, 50, some, some)) is None
    assert recall(Coded(50, 50, some, some), Pile(100, 0, 0)) is None


@given(st.integers(1, 5_000), st.integers(0, 5_000), looks, looks, st.integers(0, 50), st.integers(0, 50))
def test_whatever_the_counts_every_figure_lies_in_its_interval(
    relevant: int, irrelevant: int, at_relevant: Looks, at_irrelevant: Looks, clear: int, positives: int
) -> None:
    pile = Pile(1_000, clear + positives, positives) if clear + positives else None
    coded = Coded(relevant + at_relevant.all, irrelevant + at_irrelevant.all, at_relevant, at_irrelevant)
    found = recall(coded, pile)
    if found is None:
        return
    for name in ("as_coded", "corrected", "precision", "omission", "miss_rate", "false_alarm_rate"):
        one: Estimate = getattr(found, name)
        assert one.low is not None
        assert one.value is not None
        assert one.high is not None
        assert 0 <= one.low <= one.value <= one.high <= 1, name


def test_more_looks_narrow_the_interval_and_open_decisions_widen_it() -> None:
    widths = []
    for again in (0.001, 0.01, 0.1):
        coded, _ = expected(100_000, 0.1, 0.2, 0.02, again)
        found = recall(coded)
        assert found is not None
        widths.append((found.corrected.high or 0) - (found.corrected.low or 0))
    assert widths == sorted(widths, reverse=True)
    decided = recall(Coded(1_000, 9_000, Looks(80, 10, 10), Looks(190, 2, 8)))
    waiting = recall(Coded(1_000, 9_000, Looks(80, 5, 5, 10), Looks(190, 1, 4, 5)))
    assert decided is not None
    assert waiting is not None
    assert (waiting.corrected.low or 0) < (decided.corrected.low or 0)
