"""What a section of a report is made of: facts, tables, charts, each with the page it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fact:
    """One figure with what it means; ``source`` is the address of the page that shows it."""

    label: str
    value: str
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of text; the columns named in ``numbers`` are set to the right."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    source: str = ""
    note: str = ""
    numbers: Sequence[int] = ()


@dataclass(frozen=True)
class Section:
    """One chapter of a report."""

    name: str
    title: str
    source: str = ""
    text: Sequence[str] = ()
    facts: Sequence[Fact] = ()
    tables: Sequence[Table] = ()
    charts: Sequence[dict[str, Any]] = field(default_factory=list)
