"""A labeling config as a page draws it: its parts in order, each label with a colour and a key."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from reviewapp.labeling import Choices, Config, Header, Labels, Relations, Text, View

TONES = 12
KEYS = "123456789"
COMMANDS = {"skip": "s", "relate": "r", "help": "?"}


@dataclass(frozen=True)
class Mark:
    """A label as it is drawn: one of :data:`TONES` colours, or a colour of its own."""

    value: str
    set: str
    key: str
    tone: int
    colour: str
    assertion: bool
    model: str


@dataclass(frozen=True)
class Drawn:
    """One part of the page: ``kind`` says which template draws it."""

    kind: str
    part: Any
    marks: tuple[Mark, ...] = ()


def parts(config: Config) -> list[Drawn]:
    """The parts of the config in the order of its text; nested views only group."""
    marks = {mark.value: mark for mark in labels(config)}
    return list(_of(config.view, marks))


def labels(config: Config) -> list[Mark]:
    """The labels of the config; those without a key get the next free digit."""
    taken = {label.hotkey for part in config.label_sets for label in part.labels}
    taken |= {choice.hotkey for group in config.groups for choice in group.choices}
    free = chain((key for key in KEYS if key not in taken), iter(lambda: "", None))
    every = [(part.name, label) for part in config.label_sets for label in part.labels]
    return [
        Mark(
            label.value,
            part,
            label.hotkey or next(free),
            place % TONES,
            label.background,
            label.assertion,
            label.model,
        )
        for place, (part, label) in enumerate(every)
    ]


def keys(config: Config) -> dict[str, str]:
    """The keys of the page's own commands that the config leaves free."""
    taken = {mark.key for mark in labels(config)}
    taken |= {choice.hotkey for group in config.groups for choice in group.choices}
    return {command: key for command, key in COMMANDS.items() if key not in taken}


def told(config: Config) -> dict[str, Any]:
    """What the script of the page has to know of the config."""
    return {
        "labels": [asdict(mark) for mark in labels(config)],
        "sets": {part.name: part.to_name for part in config.label_sets},
        "groups": [
            {"name": g.name, "toName": g.to_name, "multiple": g.multiple, "perRegion": g.per_region}
            for g in config.groups
        ],
        "relations": [
            {"value": r.value, "allowed": [[p.source, p.target, p.both] for p in r.allowed]} for r in config.relations
        ],
    }


def _of(view: View, marks: dict[str, Mark]) -> Iterator[Drawn]:
    for part in view.parts:
        if isinstance(part, View):
            yield from _of(part, marks)
        elif isinstance(part, Labels):
            yield Drawn("labels", part, tuple(marks[label.value] for label in part.labels))
        else:
            yield Drawn(KINDS[type(part)], part)


KINDS: dict[type[Any], str] = {Text: "text", Header: "header", Choices: "choices", Relations: "relations"}
