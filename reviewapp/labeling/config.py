"""What a labeling config says, as data that cannot change."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Text:
    """A text of the document that is shown and can be labeled; ``field`` is the document's field it comes from."""

    name: str
    field: str


@dataclass(frozen=True)
class Header:
    """A line of text between the questions."""

    value: str


@dataclass(frozen=True)
class Choice:
    """One answer of a group: what people read, what it means for training in a review, its key."""

    value: str
    role: str = "neutral"
    hotkey: str = ""


@dataclass(frozen=True)
class Choices:
    """A group of choices about a text, or with ``per_region`` about each span; its name names its classifier."""

    name: str
    to_name: str
    choices: tuple[Choice, ...]
    multiple: bool = False
    show_in_line: bool = False
    required: bool = False
    required_message: str = ""
    per_region: bool = False
    train: bool = False
    model: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(choice.value for choice in self.choices)


@dataclass(frozen=True)
class Label:
    """A label for spans: of an entity, or with ``assertion`` of what is said about one; ``model`` predicts it."""

    value: str
    background: str = ""
    hotkey: str = ""
    assertion: bool = False
    model: str = ""


@dataclass(frozen=True)
class Labels:
    """A set of labels for the spans of a text."""

    name: str
    to_name: str
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class Pair:
    """Two labels whose spans may be related: from the first to the second, or both ways."""

    source: str
    target: str
    both: bool


@dataclass(frozen=True)
class Relation:
    """A kind of relation between spans; with no pairs, between any."""

    value: str
    allowed: tuple[Pair, ...] = ()

    def joins(self, source: str, target: str) -> bool:
        """Whether a span labeled ``source`` may have this relation to one labeled ``target``."""
        forwards = any((pair.source, pair.target) == (source, target) for pair in self.allowed)
        backwards = any(pair.both and (pair.source, pair.target) == (target, source) for pair in self.allowed)
        return forwards or backwards or not self.allowed


@dataclass(frozen=True)
class Relations:
    """The kinds of relation between spans."""

    relations: tuple[Relation, ...]


@dataclass(frozen=True)
class View:
    """A part of the page; ``style`` is kept as written and never given to a browser."""

    parts: tuple["Part", ...]
    style: str = ""


Part: TypeAlias = View | Text | Header | Labels | Choices | Relations


@dataclass(frozen=True)
class Config:
    """A labeling config: its view, and what stands anywhere in it, in the order of the text."""

    view: View

    @property
    def texts(self) -> tuple[Text, ...]:
        return tuple(part for part in self._parts(self.view) if isinstance(part, Text))

    @property
    def groups(self) -> tuple[Choices, ...]:
        return tuple(part for part in self._parts(self.view) if isinstance(part, Choices))

    @property
    def label_sets(self) -> tuple[Labels, ...]:
        return tuple(part for part in self._parts(self.view) if isinstance(part, Labels))

    @property
    def entity_labels(self) -> tuple[str, ...]:
        """The labels that a NER model learns."""
        return tuple(label.value for part in self.label_sets for label in part.labels if not label.assertion)

    @property
    def assertion_labels(self) -> tuple[str, ...]:
        """The labels that an assertion model learns."""
        return tuple(label.value for part in self.label_sets for label in part.labels if label.assertion)

    @property
    def relations(self) -> tuple[Relation, ...]:
        found = (part.relations for part in self._parts(self.view) if isinstance(part, Relations))
        return tuple(relation for relations in found for relation in relations)

    @property
    def trained_group(self) -> Choices | None:
        """The one group whose classifier is trained: the one that says so, else the first by name (J-39, J-40)."""
        groups = sorted((group for group in self.groups if not group.per_region), key=lambda group: group.name)
        return next((group for group in groups if group.train), groups[0] if groups else None)

    def _parts(self, view: View) -> Iterator[Part]:
        for part in view.parts:
            yield part
            if isinstance(part, View):
                yield from self._parts(part)
