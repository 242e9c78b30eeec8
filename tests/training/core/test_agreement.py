"""Agreement equals what the field's libraries say, and its intervals cover."""

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score

from training.core import agreement

tables = st.integers(2, 4).flatmap(lambda k: arrays(np.int64, (k, k), elements=st.integers(0, 30)))


def answers(table: NDArray[np.int64]) -> tuple[list[int], list[int]]:
    """The two people's answers, document by document."""
    pairs = [(i, j) for (i, j), count in np.ndenumerate(table) for _ in range(count)]
    return [first for first, _ in pairs], [second for _, second in pairs]


@given(tables)
def test_the_measures_are_those_of_the_libraries(table: NDArray[np.int64]) -> None:
    """SPEC 3.7: percent, Cohen's kappa, Krippendorff's alpha; the closed form that is drawn from is the library's."""
    first, second = answers(table)
    assume(len(set(first + second)) > 1)
    found = agreement.agreement(table)
    assert found.percent.value == pytest.approx(np.mean(np.array(first) == np.array(second)))
    assert found.alpha.value == pytest.approx(
        krippendorff.alpha(np.array([first, second], float), level_of_measurement="nominal")
    )
    assert float(agreement.alphas(table.astype(float), len(first))) == pytest.approx(found.alpha.value)
    assert found.kappa.value is not None
    assert found.kappa.value == pytest.approx(cohen_kappa_score(first, second))


def test_a_published_example() -> None:
    """Two readers and fifty grant proposals, as in every textbook: 70 % agreement, kappa 0.4."""
    found = agreement.agreement(np.array([[20, 5], [10, 15]]))
    assert [found.percent.value, found.kappa.value] == pytest.approx([0.7, 0.4])
    assert [found.percent.low, found.percent.high] == pytest.approx([0.5539, 0.8214], abs=1e-4)
