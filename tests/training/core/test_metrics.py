import numpy as np
import pytest

from training.core.metrics import average_time_to_discovery, documents_to, quality, recall_curve, work_saved

# Ten documents, relevant ones read first, third and sixth.
READING = np.array([1, 0, 1, 0, 0, 1, 0, 0, 0, 0], bool)


def test_the_example_done_by_hand() -> None:
    assert recall_curve(READING).tolist() == pytest.approx([1 / 3, 1 / 3, *[2 / 3] * 3, *[1] * 5])
    assert average_time_to_discovery(READING) == pytest.approx(100 * (1 + 3 + 6) / 3 / 10)
    assert [documents_to(READING, percent) for percent in (33, 50, 66, 67, 95, 100)] == [1, 3, 3, 6, 6, 6]
    assert work_saved(READING, 95) == pytest.approx(40 - 5)
    assert work_saved(READING, 100) == pytest.approx(40)


def test_95_percent_of_20_is_19_not_20() -> None:
    assert documents_to(np.ones(20, bool), 95) == 19


def test_quality_at_the_threshold() -> None:
    labels = np.array([1, 1, 0, 0, 1], bool)
    found = quality(labels, np.array([0.9, 0.5, 0.6, 0.1, 0.2], np.float32))
    assert (found.documents, found.positives) == (5, 3)
    assert (found.precision, found.recall, found.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert found.average_precision == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)


def test_what_cannot_be_said_is_not_said() -> None:
    nothing = quality(np.zeros(3, bool), np.zeros(3, np.float32))
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.average_precision) == (None, None, None, None)
