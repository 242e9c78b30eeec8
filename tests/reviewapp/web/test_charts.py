"""Charts: what is drawn is what was counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapp.domain.statistics import BINS, RankDistribution, Reading, Served
from reviewapp.models import Reason
from reviewapp.web import charts

NOBODY = (0,) * BINS


def ranks(**states: tuple[int, ...]) -> RankDistribution:
    everything = {name: states.get(name, NOBODY) for name, _ in charts.STATES}
    return RankDistribution(version=3, documents=sum(map(sum, everything.values())), states=everything)


def reading(*windows: tuple[Served, ...]) -> Reading:
    return Reading(10, windows)


@given(st.floats(min_value=0.5, max_value=1e9), st.integers(min_value=2, max_value=12))
def test_ticks_are_round_start_at_zero_and_stay_on_the_axis(most: float, wanted: int) -> None:
    steps = charts.steps(most, wanted)
    assert steps[0] == 0
    assert steps[-1] <= most
    assert len(steps) <= wanted + 1


def test_bars_of_one_bin_stand_on_each_other_and_add_up() -> None:
    chart = charts.rank_distribution(ranks(positive=(*NOBODY[1:], 30), unreviewed=(*NOBODY[1:], 70)))
    below, above = chart.bars
    assert (below.series, above.series) == ("positive", "unreviewed")
    assert below.y == pytest.approx(above.y + above.height)
    assert above.y == pytest.approx(chart.top)
    assert below.height / (below.height + above.height) == pytest.approx(0.3, abs=0.001)


def test_every_bar_lies_inside_the_plot() -> None:
    counts = tuple(range(BINS))
    chart = charts.rank_distribution(ranks(positive=counts, negative=counts[::-1], skipped=counts))
    for bar in chart.bars:
        assert chart.left <= bar.x <= bar.x + bar.width <= chart.right
        assert chart.top <= bar.y <= bar.y + bar.height <= chart.bottom + 0.01


def test_the_table_under_the_ranks_has_every_bin_and_every_state_that_occurs() -> None:
    chart = charts.rank_distribution(ranks(positive=(1, *NOBODY[1:]), unreviewed=(1500, *NOBODY[1:])))
    assert chart.table.head == ("Rank", "Relevant", "Not reviewed")
    assert chart.table.rows[0] == ("0–5", "1", "1,500")
    assert len(chart.table.rows) == BINS


def test_an_empty_collection_is_drawn_without_bars() -> None:
    assert charts.rank_distribution(ranks()).bars == ()


def test_the_relevance_rate_tells_ranked_from_random() -> None:
    """B-07"""
    chart = charts.relevance_rate(
        reading(
            (Served(Reason.INDEX_HEALTH, 10, 1),),
            (Served(Reason.HIGH_RANK, 8, 6), Served(Reason.RANDOM_CONTROL, 2, 0)),
        )
    )
    assert chart
    assert {line.series for line in chart.lines} == {"ranked", "random"}
    assert chart.table.rows == (("10", "–", "10 %"), ("20", "75 %", "8 %"))
    assert (
        chart.description == "Of the last documents served by rank 75 % were relevant, of those served at random 8 %."
    )


def test_there_is_no_curve_before_the_first_decision() -> None:
    assert charts.relevance_rate(reading()) is None
    assert charts.gain_curve(reading()) is None


def test_the_gain_curve_ends_at_the_top_right_when_all_that_was_found_is_drawn() -> None:
    chart = charts.gain_curve(reading((Served(Reason.HIGH_RANK, 10, 7),), (Served(Reason.HIGH_RANK, 4, 1),)))
    assert chart
    assert chart.lines[0].last == (chart.right, chart.top)
    assert chart.table.rows[-1] == ("14", "8")
