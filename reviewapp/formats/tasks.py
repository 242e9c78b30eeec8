"""A task as every format understands it: a document's data, what people said about it, what models said.

What a file says and we do not read is kept in ``rest`` and written back, so nothing is lost on the way through.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

Rest: TypeAlias = Mapping[str, Any]
Id: TypeAlias = int | str | None


class Malformed(ValueError):
    """A task that says something that cannot be read; the message is the reason."""


@dataclass(frozen=True)
class BadTask:
    """A task that could not be read or written, and why; ``line`` and ``number`` count from 1, 0 is unknown."""

    line: int
    number: int
    reason: str

    def __str__(self) -> str:
        line = f"Line {self.line}, task {self.number}" if self.line else f"Task {self.number}"
        return f"{line}: {self.reason}"


@dataclass(frozen=True)
class Region:
    """A labeled span of a text: code points from ``start`` up to, not including, ``end``."""

    start: int
    end: int
    labels: tuple[str, ...]
    text: str = ""
    id: str = ""
    from_name: str = ""
    to_name: str = ""
    confidence: float | None = None
    rest: Rest = field(default_factory=dict)
    rest_of_value: Rest = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """The choices made in one group; with ``place`` about the region of the same id, which lies there."""

    choices: tuple[str, ...]
    id: str = ""
    from_name: str = ""
    to_name: str = ""
    place: tuple[int, int] | None = None
    confidence: float | None = None
    rest: Rest = field(default_factory=dict)
    rest_of_value: Rest = field(default_factory=dict)


@dataclass(frozen=True)
class Relation:
    """A relation from one region to another."""

    from_id: str
    to_id: str
    direction: str = ""
    labels: tuple[str, ...] = ()
    rest: Rest = field(default_factory=dict)


@dataclass(frozen=True)
class Other:
    """A result of a type that is not read, as it came."""

    raw: Rest


Result: TypeAlias = Region | Answer | Relation | Other


@dataclass(frozen=True)
class Review:
    """What a reviewer made of a completion; ``approved`` is None until they decide."""

    approved: bool | None = None
    reviewer: str = ""
    comment: str = ""
    reviewed_at: str = ""
    rest: Rest = field(default_factory=dict)


@dataclass(frozen=True)
class Completion:
    """One answer of one person; ``ground_truth`` is the star of a submitted one."""

    results: tuple[Result, ...] = ()
    id: Id = None
    annotator: str = ""
    ground_truth: bool = False
    cancelled: bool = False
    submitted_at: str = ""
    lead_time: float | None = None
    review: Review | None = None
    rest: Rest = field(default_factory=dict)

    @property
    def when(self) -> datetime:
        """When it was submitted, or changed, or made; the beginning of time where nothing says."""
        for said in (self.submitted_at, self.rest.get("updated_at"), self.rest.get("created_at")):
            if isinstance(said, str) and (found := _moment(said)):
                return found
        return datetime.min.replace(tzinfo=UTC)

    @property
    def regions(self) -> Iterator[Region]:
        return (result for result in self.results if isinstance(result, Region))

    @property
    def answers(self) -> Iterator[Answer]:
        return (result for result in self.results if isinstance(result, Answer))


@dataclass(frozen=True)
class Prediction:
    """What a model said about a task."""

    results: tuple[Result, ...] = ()
    id: Id = None
    model_version: str = ""
    score: float | None = None
    rest: Rest = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """A document with everything that was said about it."""

    data: Mapping[str, Any]
    id: Id = None
    completions: tuple[Completion, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    tags: tuple[str, ...] = ()
    rest: Rest = field(default_factory=dict)

    def text(self, name: str = "text") -> str:
        """A field of its data; empty when it has none."""
        value = self.data.get(name, "")
        return value if isinstance(value, str) else ""


def _moment(said: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
