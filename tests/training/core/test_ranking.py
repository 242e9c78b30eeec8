import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

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
