"""A text as sentences of tokens with their offsets in code points."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from training.core.tokens import UNSPACED

LONGEST_SENTENCE = 120  # tokens; what is longer is cut, so that no text can make a step of the model huge
MOST_CLOSING = 4  # quotes and brackets in a row behind the end of a sentence

_TOKENS = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+|[^\w\s]")
_PARAGRAPH = re.compile(r"\n\s*\n")
_ENDS = frozenset(".!?…。！？")
_CLOSING = frozenset("\"')]}»”’")
_NO_END = frozenset(
    {"dr", "mr", "mrs", "ms", "prof", "st", "no", "vs", "fig", "al", "approx", "inc", "ltd", "co", "jr"}
)


class Span(NamedTuple):
    """A labeled piece of a text: code points from ``start`` up to, not including, ``end``."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Sentence:
    """Some tokens in a row: what each says, where it starts and ends, whether a line break stands before it."""

    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    breaks: tuple[bool, ...]


def sentences(text: str, together: Iterable[Span] = ()) -> list[Sentence]:
    """Split a text; no sentence ends inside one of the spans that belong together."""
    tokens = [(match[0], match.start(), match.end()) for match in _TOKENS.finditer(text)]
    inside = [(span.start, span.end) for span in sorted(together)]
    found, start, kept = [], 0, 0
    for place in range(1, len(tokens) + 1):
        if place < len(tokens):
            while kept < len(inside) and inside[kept][1] <= tokens[place][1]:
                kept += 1
            if kept < len(inside) and inside[kept][0] < tokens[place][1]:
                continue
            if place - start < LONGEST_SENTENCE and not _is_boundary(text, tokens, place):
                continue
        found.append(_sentence(text, tokens, start, place))
        start = place
    return found if tokens else []


def _is_boundary(text: str, tokens: list[tuple[str, int, int]], place: int) -> bool:
    """Whether a sentence ends before the token at ``place``."""
    gap = text[tokens[place - 1][2] : tokens[place][1]]
    if not gap:
        return False
    if _PARAGRAPH.search(gap):
        return True
    last = place - 1
    while last > max(0, place - MOST_CLOSING) and tokens[last][0] in _CLOSING:
        last -= 1
    if tokens[last][0] not in _ENDS or tokens[place][0].islower():
        return False
    before = tokens[last - 1][0] if last else ""
    return tokens[last][0] != "." or not ((len(before) == 1 and before.isalpha()) or before.lower() in _NO_END)


def _sentence(text: str, tokens: list[tuple[str, int, int]], start: int, end: int) -> Sentence:
    words, starts, ends = zip(*tokens[start:end], strict=True)
    breaks = ("\n" in text[tokens[place - 1][2] : tokens[place][1]] for place in range(max(start, 1), end))
    return Sentence(words, starts, ends, (*([False] * (start == 0)), *breaks))
