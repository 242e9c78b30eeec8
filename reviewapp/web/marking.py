"""A text with spans over it, as a page that is only read draws it: stretch after stretch, each with what lies there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from reviewapp.labeling import Config
from reviewapp.web import drawing
from reviewapp.web.drawing import Mark

CHARACTERS = 200_000  # of a text that are drawn
SPANS = 2_000
NAMES = 8  # of a stretch


@dataclass(frozen=True)
class Stretch:
    """Text under the same spans: the innermost gives the colour, the one around it a line below.

    ``names`` are their labels; ``opening`` and ``closing`` those of the spans that begin and end here.
    """

    text: str
    top: Mark | None = None
    under: Mark | None = None
    names: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Marked:
    """A text as it is drawn; ``cut`` when it or its spans are more than a page holds."""

    stretches: tuple[Stretch, ...]
    cut: bool


def marked(text: str, result: Sequence[Mapping[str, Any]], config: Config) -> Marked:
    """The document's text with the spans of an answer that lie in it."""
    shown = text[:CHARACTERS]
    sets = {part.name for part in config.texts if part.field == "text"}
    found = [one for one in result if one["type"] == "labels" and one.get("to_name") in sets]
    inside = [one for one in found if 0 <= one["value"]["start"] < one["value"]["end"] <= len(shown)][:SPANS]
    marks = {mark.value: mark for mark in drawing.labels(config)}
    cut = len(shown) < len(text) or len(inside) < len(found)
    return Marked(tuple(_stretches(shown, inside, marks)), cut)


def _stretches(text: str, spans: Sequence[Mapping[str, Any]], marks: Mapping[str, Mark]) -> Iterator[Stretch]:
    """Cut the text wherever a span begins or ends."""
    values = sorted((span["value"] for span in spans), key=lambda value: (value["start"], -value["end"]))
    cuts = sorted({0, len(text), *(place for value in values for place in (value["start"], value["end"]))})
    waiting, over = list(reversed(values)), list[Any]()
    for start, end in pairwise(cuts):
        over = [value for value in over if value["end"] > start]
        while waiting and waiting[-1]["start"] == start:
            over.append(waiting.pop())
        innermost = sorted(over, key=lambda value: (-value["start"], value["end"]))[:NAMES]
        top, under = (*(_mark(value, marks) for value in innermost[:2]), None, None)[:2]
        yield Stretch(
            text[start:end],
            top,
            under,
            names=tuple(_name(value) for value in innermost),
            opening=tuple(_name(value) for value in innermost if value["start"] == start),
            closing=tuple(_name(value) for value in innermost if value["end"] == end),
        )


def _mark(value: Mapping[str, Any], marks: Mapping[str, Mark]) -> Mark | None:
    """How the first of its labels is drawn that the config still has."""
    return next((marks[label] for label in value["labels"] if label in marks), None)


def _name(value: Mapping[str, Any]) -> str:
    return ", ".join(value["labels"])
