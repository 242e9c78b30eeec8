"""Precision, recall and F1 by label, their averages, and who was taken for whom."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from training.core.evaluation import NONE, evaluate_choices, evaluate_spans
from training.core.ner.text import Span


def test_a_span_is_right_when_offsets_and_label_are() -> None:
    """J-13."""
    annotated = [[Span(0, 4, "A"), Span(6, 9, "B"), Span(10, 12, "B")], [Span(0, 2, "A")]]
    predicted = [[Span(0, 4, "A"), Span(6, 9, "A"), Span(10, 13, "B")], []]
    found = evaluate_spans(annotated, predicted, ["A", "B"])
    a, b = found.labels
    assert (a.precision, a.recall, a.f1) == (0.5, 0.5, 0.5)
    assert (b.precision, b.recall, b.f1) == (0.0, 0.0, 0.0)
    assert (found.micro.precision, found.micro.recall) == (1 / 3, 1 / 4)
    assert found.confusion == {("A", "A"): 1, ("B", "A"): 1, ("B", NONE): 1, ("A", NONE): 1, (NONE, "B"): 1}
    assert found.macro_f1 == found.weighted_f1 == 0.25


def test_nothing_is_said_where_nothing_can_be_said() -> None:
    found = evaluate_spans([[]], [[]], ["A"])
    assert (found.labels[0].precision, found.labels[0].recall, found.labels[0].f1) == (None, None, None)
    assert (found.micro.f1, found.macro_f1, found.weighted_f1) == (None, None, None)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_averages_of_single_choices_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    annotated, predicted = np.array(pairs).T
    found = evaluate_choices([{str(a)} for a in annotated], [{str(p)} for p in predicted], ["0", "1", "2", "3"])
    options = {"labels": sorted(set(annotated.tolist())), "zero_division": 0}
    np.testing.assert_allclose(found.macro_f1 or 0.0, f1_score(annotated, predicted, average="macro", **options))
    np.testing.assert_allclose(found.weighted_f1 or 0.0, f1_score(annotated, predicted, average="weighted", **options))
    np.testing.assert_allclose(found.micro.f1 or 0.0, (annotated == predicted).mean())


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.sets(st.sampled_from("abc"))), min_size=1, max_size=20))
def test_sums_of_multiple_choices_are_those_of_scikit_learn(pairs: list[tuple[set[str], set[str]]]) -> None:
    members = np.array([[[name in side for name in "abc"] for side in pair] for pair in pairs])
    found = evaluate_choices([said for said, _ in pairs], [picked for _, picked in pairs], list("abc"))
    expected = f1_score(members[:, 0], members[:, 1], average="micro", zero_division=0)
    np.testing.assert_allclose(found.micro.f1 or 0.0, expected)
