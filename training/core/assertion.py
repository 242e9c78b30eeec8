"""What is said about an entity – that it is absent, past, somebody else's – from the words around it.

A sparse logistic regression over the words near the span, how far they are, the heading above it, and what the rule of
:mod:`~training.core.cues` makes of it: the rule carries the first fifty examples, the words what no rule foresees.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from scipy import sparse

from training.core.choices import ChoiceModel, fit_choices
from training.core.cues import verdicts
from training.core.ner.text import Sentence, sentences
from training.core.tokens import BUCKET_BITS, BUCKETS, TokenIds

NEAR = 5  # tokens on each side whose place counts
RULE_WEIGHT = 2.0
LONGEST_HEADING = 60
DISTANCES = (2, 5, 10)

PARAMETERS: dict[str, Any] = {
    "algorithm": "logistic regression, L2, a class against all others (liblinear)",
    "features": "words and word pairs around the span, distances, heading, NegEx and ConText rules",
    "classes": "balanced",
    "C": "chosen by 3-fold cross-validation from 0.3, 1, 3, 10",
}

_HEADING = re.compile(rf"^[ \t]*([^\W\d_][^\n:]{{1,{LONGEST_HEADING}}}):", re.MULTILINE)


@dataclass(frozen=True)
class Mention:
    """A span in a text: code points from ``start`` up to, not including, ``end``."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Page:
    """A text with its sentences and its headings, each with where it ends."""

    text: str
    sentences: tuple[Sentence, ...]
    headings: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, text: str) -> Self:
        headings = ((match.end(1), match[1]) for match in _HEADING.finditer(text))
        return cls(text, tuple(sentences(text)), tuple(headings))


class Contexts:
    """Looks at mentions with one key; another key gives unrelated columns."""

    def __init__(self, key: bytes) -> None:
        self._ids = TokenIds(key)

    def rows(self, mentions: Sequence[Mention]) -> sparse.csr_array:
        """A row for each mention (n, BUCKETS): its words of unit length in all, and what the rule says."""
        columns: list[int] = []
        values: list[float] = []
        ends = [0]
        page = Page.of("")
        for mention in mentions:
            if mention.text != page.text:
                page = Page.of(mention.text)
            found = self._row(mention, page)
            columns += found
            values += found.values()
            ends.append(len(columns))
        shape = (len(mentions), BUCKETS)
        return sparse.csr_array((np.array(values), np.array(columns, np.int32), np.array(ends, np.int32)), shape)

    def _row(self, mention: Mention, page: Page) -> dict[int, float]:
        words, rule = seen(mention, page)
        kept = {self._bucket(word) for word in words}
        row = dict.fromkeys(sorted(kept), 1 / max(len(kept), 1) ** 0.5)
        weight = RULE_WEIGHT / max(len(rule), 1) ** 0.5
        row |= {self._bucket(verdict): weight for verdict in rule}
        return dict(sorted(row.items()))

    def _bucket(self, feature: str) -> int:
        return self._ids[feature] >> (64 - BUCKET_BITS)


def fit_assertion(
    mentions: Sequence[Mention], said: Sequence[str], classes: Sequence[str], contexts: Contexts
) -> ChoiceModel:
    """Fit on mentions and what is said of each; exactly one of ``classes`` is predicted for each.

    The same set gives the same bytes in whatever order it comes. Raises NotEnoughTraining when fewer than two classes
    occur.
    """
    return fit_choices(contexts.rows(mentions), [[name] for name in said], classes, multiple=False)


def seen(mention: Mention, page: Page) -> tuple[list[str], list[str]]:
    """What stands around a mention in its sentence and above it, and what the rule says of it."""
    if not page.sentences:
        return [], []
    place = bisect_right(page.sentences, mention.start, key=_end)
    sentence = page.sentences[min(place, len(page.sentences) - 1)]
    first = min(bisect_right(sentence.ends, mention.start), len(sentence.words) - 1)
    last = max(bisect_left(sentence.starts, mention.end), first + 1)
    words = list(around(sentence, first, last))
    above = bisect_left(page.headings, (mention.start, ""))
    if above:
        words += [f"heading {word}" for word in page.headings[above - 1][1].lower().split()]
    found = verdicts(sentence.words, first, last)
    rule = [f"rule {kind} {side}" for kind, side, _ in found]
    rule += [f"rule {kind} {side} {bisect_right(DISTANCES, distance)}" for kind, side, distance in found]
    rule += [f"rule {kind}" for kind in {verdict.kind for verdict in found}]
    return words, rule or ["rule silent"]


def around(sentence: Sentence, first: int, last: int) -> Iterator[str]:
    """What stands around the tokens from ``first`` up to ``last`` of a sentence."""
    words = [word.lower() for word in sentence.words]
    before, inside, after = words[:first], words[first:last], words[last:]
    for side, beside in (("before", before[::-1]), ("after", after)):
        yield from (f"{side} {word}" for word in beside)
        yield from (f"{side} {one} {other}" for one, other in pairwise(beside[: 2 * NEAR]))
        yield from (f"{side} {distance} {word}" for distance, word in enumerate(beside[:NEAR]))
        if not beside:
            yield f"{side} edge"
    yield from (f"inside {word}" for word in inside)


def _end(sentence: Sentence) -> int:
    return sentence.ends[-1]
