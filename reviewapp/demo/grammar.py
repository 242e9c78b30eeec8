"""Sentence templates: `[this|that]` picks one alternative, `{slot}` puts in a word of the vocabulary."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Generic, TypeAlias, TypeVar

from reviewapp.demo.vocabulary import NUMBERS, STICKY, SYNONYMS, WORDS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one word of the vocabulary."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives, one of which is said."""

    options: "tuple[Phrase, ...]"


Phrase: TypeAlias = "tuple[str | Slot | Choice, ...]"

_TOKENS = re.compile(r"([\[\]|]|\{\w+\})")
# A contraction cannot stand before a comma or a full stop ("as it is, ...").
_SYNONYMS = re.compile(rf"(?<![\w{{])(?:{'|'.join(sorted(SYNONYMS, key=len, reverse=True))})(?![\w,.;:?!])")


@cache
def parse(template: str) -> Phrase:
    """Read a template; outside of brackets a bar stands for itself. Raises ValueError when brackets do not match."""
    varied = _SYNONYMS.sub(lambda found: SYNONYMS[found[0]], template)
    tokens = [token for token in _TOKENS.split(varied) if token]
    options, rest = _options(tokens, 0, inside=False)
    if rest != len(tokens):
        raise ValueError(f"The template {template!r} closes a bracket that it never opened.")
    return options[0]


def _options(tokens: Sequence[str], at: int, *, inside: bool) -> tuple[list[Phrase], int]:
    options: list[list[str | Slot | Choice]] = [[]]
    while at < len(tokens) and tokens[at] != "]":
        match tokens[at]:
            case "[":
                inner, at = _options(tokens, at + 1, inside=True)
                options[-1].append(Choice(tuple(inner)))
            case "|" if inside:
                options.append([])
            case token:
                options[-1].append(Slot(token[1:-1]) if token[0] == "{" else token)
        at += 1
    if inside and at >= len(tokens):
        raise ValueError(f"The template {''.join(tokens)!r} never closes a bracket.")
    return [tuple(option) for option in options], at


class Deck(Generic[T]):
    """Cards drawn in random order; none comes back before all have been drawn."""

    def __init__(self, cards: Sequence[T], random: Random) -> None:
        self._cards = list(cards)
        self._random = random
        self._left: list[T] = []

    def draw(self) -> T:
        """Draw one card."""
        if not self._left:
            self._left = list(self._cards)
            self._random.shuffle(self._left)
        return self._left.pop()

    def draws(self, count: int, without: Container[T] = ()) -> list[T]:
        """Draw several different cards that are not among `without`; fewer when there are not enough."""
        hand: list[T] = []
        for _ in range(2 * len(self._cards)):
            if len(hand) >= count:
                break
            card = self.draw()
            if card not in without and card not in hand:
                hand.append(card)
        return hand


class Narrator:
    """Says templates; facts such as the lot or the customer stay the same throughout one conversation."""

    def __init__(self, random: Random, facts: dict[str, str] | None = None) -> None:
        self.random = random
        self.facts = dict(facts or {})
        self.told: set[str] = set()

    def untold(self, deck: Deck[str], count: int) -> list[str]:
        """Draw templates that this conversation has not used yet."""
        templates = deck.draws(count, self.told)
        self.told.update(templates)
        return templates

    def say(self, *pieces: str) -> str:
        """Say one or several templates as one sentence, with a capital at its start."""
        said = "".join([self._expand(parse(piece)) for piece in pieces])
        start = 1 if said.startswith("¿") else 0
        return said[:start] + said[start : start + 1].upper() + said[start + 1 :]

    def _expand(self, phrase: Phrase) -> str:
        return "".join([part if isinstance(part, str) else self._fill(part) for part in phrase])

    def _fill(self, part: Slot | Choice) -> str:
        if isinstance(part, Choice):
            return self._expand(part.options[int(self.random.random() * len(part.options))])
        if part.name in self.facts:
            return self.facts[part.name]
        said = self._word(part.name)
        if part.name in STICKY:
            self.facts[part.name] = said
        return said

    def _word(self, name: str) -> str:
        if name in NUMBERS:
            low, high = NUMBERS[name]
            return str(low + int(self.random.random() * (high - low + 1)))
        words = WORDS[name]
        return self._expand(parse(words[int(self.random.random() * len(words))]))
