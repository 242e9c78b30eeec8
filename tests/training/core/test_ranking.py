import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from training.core import ranking
from training.core.ranking import coverage, histogram, prioritized, ranks

SCORES = np.array([0.5, 0.875, 0.125, 0.875, 0.625, 0.4375], np.float32)
OPEN = np.array([True, True, True, True, False, True])


def test_the_best_open_document_comes_first_and_ties_go_by_ordinal() -> None:
    assert prioritized(SCORES, OPEN).tolist() == [1, 3, 0, 5, 2]


def test_coverage_begins_where_the_model_is_least_sure() -> None:
    assert coverage(SCORES, OPEN).tolist() == [0, 5, 1, 2, 3]


@given(arrays.arrays(np.float32, 40, elements=st.floats(0, 1, width=32)), arrays.arrays(bool, 40))
def test_both_orders_hold_every_open_document_once(scores: np.ndarray, open_: np.ndarray) -> None:
    for order in (prioritized(scores, open_), coverage(scores, open_)):
        assert order.dtype == np.int32
        assert sorted(order.tolist()) == np.flatnonzero(open_).tolist()
    ordinals = np.flatnonzero(open_)
    assert prioritized(scores, open_).tolist() == ordinals[np.argsort(-scores[ordinals], kind="stable")].tolist()
    distances = np.abs(scores[ordinals] - np.float32(0.5))
    assert coverage(scores, open_).tolist() == ordinals[np.argsort(distances, kind="stable")].tolist()


def test_ranks_run_from_0_to_100_and_the_histogram_counts_everybody() -> None:
    assert ranks(np.array([0, 0.5, 1], np.float32)).tolist() == [0, 50, 100]
    counts = histogram(np.array([0, 0.04, 0.05, 0.999, 1], np.float32))
    assert (len(counts), counts[0], counts[1], counts[-1]) == (20, 2, 1, 2)


def test_a_shuffled_order_is_one_of_all_and_stays_when_documents_come() -> None:
    """U-20: shuffle. Documents that come later fall in between; those that were there keep their order."""
    few, more = ranking.shuffled(100, seed=7), ranking.shuffled(150, seed=7)
    assert sorted(few.tolist()) == list(range(100))
    assert [ordinal for ordinal in more.tolist() if ordinal < 100] == few.tolist()
    assert few.tolist() != ranking.shuffled(100, seed=8).tolist()


def test_a_shuffled_order_does_not_favour_early_documents() -> None:
    """The mean place of any document over many seeds is the middle, within four standard errors."""
    places = np.array([np.argsort(ranking.shuffled(50, seed)) for seed in range(2000)])
    spread = np.sqrt((50**2 - 1) / 12 / 2000)
    assert np.abs(places.mean(axis=0) - 24.5).max() < 4 * spread


def test_ascending_orders_only_what_it_is_given() -> None:
    keys = np.array([3.0, 1.0, 2.0, 1.0])
    assert ranking.ascending(keys, np.array([3, 0, 1])).tolist() == [1, 3, 0]


def test_movements_count_who_crosses_and_list_who_moved_most() -> None:
    before = np.array([0.1, 0.6, 0.5, 0.49, 0.9, 0.2], np.float32)
    after = np.array([0.8, 0.4, 0.5, 0.51, 0.1, 0.9], np.float32)
    among = np.array([True, True, True, True, True, False])
    found = ranking.movements(before, after, among, 0.5, 2)
    assert (found.above_before, found.above_after, found.rising, found.falling) == (3, 3, 2, 2)
    assert found.most.tolist() == [4, 0]
    assert found.rises.tolist() == [0, 3]
    assert found.falls.tolist() == [4, 1]
