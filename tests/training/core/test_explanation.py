"""A rank written out adds up, and the words in the text are where it says."""

from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.core.collections import collection
from training.core import explanation
from training.core.explanation import Explanation, Span, Term
from training.core.features import document_frequencies, inverse_document_frequencies, weigh
from training.core.relevance import RelevanceModel, fit_relevance, score
from training.core.tokens import BUCKETS, Place, Tokenizer

TOKENIZER = Tokenizer(b"key")
MADE = collection()
COUNTS = TOKENIZER.count(MADE.titles, MADE.texts)
ROWS = weigh(COUNTS, inverse_document_frequencies(document_frequencies(COUNTS), COUNTS.shape[0]))
MODEL = fit_relevance(ROWS, MADE.labels)


def explained(number: int, most: int = 10) -> Explanation:
    terms = TOKENIZER.terms(MADE.titles[number], MADE.texts[number])
    return explanation.explain(ROWS[[number]], MODEL, terms, most)


def added_up(found: Explanation) -> Decimal:
    """What a person with a pencil gets from the numbers as they are printed."""
    shown = [found.bias, found.rest, *(term.added for term in (*found.speaking_for, *found.speaking_against))]
    return sum((Decimal(f"{number:.2f}") for number in shown), Decimal(0))


@pytest.mark.parametrize("number", range(0, 120, 7))
@pytest.mark.parametrize("most", [1, 3, 10, 1000])
def test_what_is_shown_adds_up_to_the_log_odds_that_are_shown(number: int, most: int) -> None:
    """B-11: the sum of shown contributions plus the rest equals the score, to the last digit shown."""
    found = explained(number, most)
    assert added_up(found) == Decimal(f"{found.log_odds:.2f}")
    assert found.score == pytest.approx(float(score(ROWS[[number]], MODEL)[0]), abs=1e-6)
    assert found.log_odds == pytest.approx(np.log(found.score / (1 - found.score)), abs=0.006)


def test_with_every_term_named_only_rounding_is_left() -> None:
    found = explained(0, 10_000)
    named = len(found.speaking_for) + len(found.speaking_against)
    assert abs(found.rest) <= 0.005 * (named + found.others + 2)


def test_the_strongest_terms_come_first_each_on_its_side() -> None:
    found = explained(int(np.flatnonzero(MADE.labels)[0]))
    assert [term.added for term in found.speaking_for] == sorted((t.added for t in found.speaking_for), reverse=True)
    assert [term.added for term in found.speaking_against] == sorted(t.added for t in found.speaking_against)
    assert all(term.added > 0 for term in found.speaking_for)
    assert all(term.added < 0 for term in found.speaking_against)


def test_terms_that_share_a_bucket_are_named_together() -> None:
    model = RelevanceModel(np.array([7], np.int32), np.array([2.0], np.float32), -0.5)
    row = TOKENIZER.count([""], [""])
    row = type(row)((np.array([1.0], np.float32), np.array([7], np.int32), np.array([0, 1])), shape=(1, BUCKETS))
    found = explanation.explain(row, model, {"one": 7, "other": 7, "third": 8})
    assert found.speaking_for == (Term(("one", "other"), 7, 2.0),)
    assert (found.log_odds, found.bias, found.rest, found.others) == (1.5, -0.5, 0.0, 0)


places = st.builds(
    lambda start, length, bucket: Place("", start, start + length, bucket),
    st.integers(0, 60),
    st.integers(1, 12),
    st.integers(0, 5),
)


@given(st.lists(places, max_size=40), st.dictionaries(st.integers(0, 5), st.sampled_from([-2.0, -0.5, 0.5, 2.0])))
def test_marks_are_in_order_and_never_overlap(found: list[Place], weights: dict[int, float]) -> None:
    marks = explanation.mark(found, [Term(("x",), bucket, added) for bucket, added in weights.items()])
    assert all(one.end <= other.start for one, other in pairwise(marks))
    assert all(
        any((p.start, p.end) == (m.start, m.end) and weights.get(p.bucket) == m.added for p in found) for m in marks
    )


def test_the_stronger_of_two_overlapping_terms_is_marked_whole() -> None:
    found = [Place("a b", 0, 3, 1), Place("b", 2, 3, 2), Place("b c", 2, 5, 3)]
    terms = [Term(("a b",), 1, 0.5), Term(("b",), 2, 0.4), Term(("b c",), 3, -0.9)]
    assert explanation.mark(found, terms) == [Span(2, 5, -0.9)]


def test_the_nearest_of_each_decision_come_likest_first() -> None:
    likeness = explanation.similarities(ROWS[[3]], ROWS)
    assert likeness[3] == pytest.approx(1, abs=1e-5)
    likeness[3] = 0
    picked = explanation.nearest(likeness, MADE.labels, 2)
    assert 3 not in picked
    assert sorted(MADE.labels[list(picked)].tolist()) == [False, False, True, True]
    assert [likeness[place] for place in picked] == sorted((likeness[place] for place in picked), reverse=True)
    assert explanation.nearest(np.zeros(4, np.float32), np.ones(4, bool), 2) == []
