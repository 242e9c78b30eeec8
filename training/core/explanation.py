"""Why a document has its rank: what each of its terms adds to the log-odds, and which coded documents are like it.

A linear model's log-odds are a sum, so an explanation is that sum written out; nothing is approximated.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.core.relevance import RelevanceModel, contributions
from training.core.tokens import Place

DECIMALS = 2  # of log-odds, in everything that is shown


@dataclass(frozen=True)
class Term:
    """A word or word pair with what it adds; several that share a bucket are one, since the index cannot tell them."""

    said: tuple[str, ...]
    bucket: int
    added: float


@dataclass(frozen=True)
class Explanation:
    """Log-odds written out, every number rounded to :data:`DECIMALS` so that they add up as they are shown.

    ``log_odds = bias + sum of for + sum of against + rest``; ``score`` is 1 / (1 + exp(-log_odds)) before rounding.
    """

    score: float
    log_odds: float
    bias: float
    speaking_for: tuple[Term, ...]
    speaking_against: tuple[Term, ...]
    rest: float
    others: int  # terms that the rest is made of


@dataclass(frozen=True)
class Span:
    """A stretch of a text and what the term there adds."""

    start: int
    end: int
    added: float


def explain(row: sparse.csr_array, model: RelevanceModel, terms: Mapping[str, int], most: int = 10) -> Explanation:
    """Write out the log-odds of one row (1, BUCKETS); ``terms`` are the document's words with their buckets.

    Names up to ``most`` terms for and as many against, strongest first.
    """
    added = contributions(row, model).astype(np.float64)
    log_odds = float(added.sum()) + model.bias
    said: dict[int, list[str]] = {}
    for term, bucket in terms.items():
        said.setdefault(bucket, []).append(term)
    order = np.argsort(-np.abs(added), kind="stable")
    # What rounds to nothing says nothing.
    known = [place for place in order.tolist() if int(row.indices[place]) in said and round(added[place], DECIMALS)]
    strongest = [_term(int(row.indices[place]), float(added[place]), said) for place in known]
    speaking_for = tuple(term for term in strongest if term.added > 0)[:most]
    speaking_against = tuple(term for term in strongest if term.added < 0)[:most]
    shown, bias = round(log_odds, DECIMALS), round(model.bias, DECIMALS)
    named = sum(term.added for term in (*speaking_for, *speaking_against))
    return Explanation(
        score=float(1 / (1 + np.exp(-log_odds))),
        log_odds=shown,
        bias=bias,
        speaking_for=speaking_for,
        speaking_against=speaking_against,
        rest=round(shown - bias - named, DECIMALS),
        others=int(np.count_nonzero(added)) - len(speaking_for) - len(speaking_against),
    )


def mark(places: Iterable[Place], terms: Iterable[Term]) -> list[Span]:
    """Where the terms stand in a text, in order, without overlaps: the stronger of two that overlap is kept whole."""
    weights = {term.bucket: term.added for term in terms}
    found = [Span(place.start, place.end, weights[place.bucket]) for place in places if place.bucket in weights]
    taken: list[Span] = []
    covered: set[int] = set()
    for span in sorted(found, key=lambda span: (-abs(span.added), span.start)):
        stretch = range(span.start, span.end)
        if covered.isdisjoint(stretch):
            covered.update(stretch)
            taken.append(span)
    return sorted(taken, key=lambda span: span.start)


def similarities(row: sparse.csr_array, rows: sparse.csr_array) -> NDArray[np.float32]:
    """Cosine of one row (1, BUCKETS) with each of the rows (n, BUCKETS): (n,); all have unit length."""
    wanted = np.zeros(rows.shape[1], np.float32)
    wanted[row.indices] = row.data
    found: NDArray[np.float32] = rows @ wanted
    return found


def nearest(likeness: NDArray[np.float32], labels: NDArray[np.bool_], most: int) -> Sequence[int]:
    """Places of the ``most`` likest of each label, likest first; those with nothing in common are left out."""
    picked = []
    for label in (True, False):
        among = np.flatnonzero((labels == label) & (likeness > 0))
        picked += among[np.argsort(-likeness[among], kind="stable")[:most]].tolist()
    return sorted(picked, key=lambda place: -likeness[place])


def _term(bucket: int, added: float, said: Mapping[int, Sequence[str]]) -> Term:
    return Term(tuple(said[bucket]), bucket, round(added, DECIMALS))
