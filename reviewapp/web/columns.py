"""The columns of the tables of documents: which there are, which are looked at, and what stands in them.

The address says it all: ``?column=rank&column=metadata.custodian`` shows these two beside the document's own.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict, StreamingHttpResponse
from django.utils.translation import gettext_noop

from reviewapp.domain.items import Row
from reviewapp.lines import csv_lines
from reviewapp.models import Document, ProjectDocument

METADATA = "metadata."
MOST = 20  # of metadata beside each other
Direction = str  # as in aria-sort


@dataclass(frozen=True)
class Column:
    """One column; ``orders`` are those by it, with their direction, first the one that a click asks for."""

    key: str
    label: str
    ordinarily: bool = False  # whether it is shown to who has not chosen
    number: bool = False
    orders: tuple[tuple[str, Direction], ...] = ()

    @property
    def field(self) -> str:
        """The metadata's name; empty for the other columns."""
        return self.key.removeprefix(METADATA) if self.key.startswith(METADATA) else ""


OF_PROJECT = (
    Column(
        "rank",
        gettext_noop("Rank"),
        ordinarily=True,
        number=True,
        orders=(("highest", "descending"), ("lowest", "ascending")),
    ),
    Column("decision", gettext_noop("Decision"), ordinarily=True),
    Column("reviewer", gettext_noop("By"), ordinarily=True),
    Column("reason", gettext_noop("Served because"), ordinarily=True),
    Column(
        "decided", gettext_noop("When"), ordinarily=True, orders=(("latest", "descending"), ("earliest", "ascending"))
    ),
    Column("served_rank", gettext_noop("Rank when coded"), number=True),
    Column("served_version", gettext_noop("Version when coded"), number=True),
    Column("note", gettext_noop("Note")),
    Column("checker", gettext_noop("Checker")),
    Column("tags", gettext_noop("Tags")),
    Column("imported", gettext_noop("Imported")),
)
OF_WORKSPACE = (
    Column("title", gettext_noop("Title"), ordinarily=True),
    Column("tags", gettext_noop("Tags"), ordinarily=True),
    Column("imported", gettext_noop("Imported"), ordinarily=True),
)
DOCUMENT = Column(
    "document", gettext_noop("Document"), orders=(("control_number", "ascending"), ("-control_number", "descending"))
)


@dataclass(frozen=True)
class Heading:
    """A column as the head of the table draws it."""

    column: Column
    order: str  # what the table is ordered by now

    @property
    def sorted(self) -> str:
        """For ``aria-sort``; empty for a column by which there is no order."""
        return dict(self.column.orders).get(self.order, "none") if self.column.orders else ""

    @property
    def next(self) -> str:
        """The order that a click asks for."""
        names = [name for name, direction in self.column.orders]
        return names[(names.index(self.order) + 1) % len(names)] if self.order in names else next(iter(names), "")


def shown(columns: Sequence[Column], asked: QueryDict) -> list[Column]:
    """The columns that the address asks for, the ordinary ones if it asks for none; what is no column is left out."""
    keys = set(asked.getlist("column"))
    named = sorted(key for key in keys if key.startswith(METADATA) and key != METADATA)
    chosen = [column for column in columns if column.key in keys] + [of_metadata(key) for key in named[:MOST]]
    return chosen or [column for column in columns if column.ordinarily]


def offered(columns: Sequence[Column], keys: Iterable[str], chosen: Iterable[Column]) -> list[Column]:
    """What can be ticked: all columns, and one for each of these names of metadata and of those chosen already."""
    names = dict.fromkeys([*(METADATA + key for key in keys), *(column.key for column in chosen if column.field)])
    return [*columns, *(of_metadata(name) for name in names)]


def of_metadata(key: str) -> Column:
    """The column of one name of metadata."""
    return Column(key, key.removeprefix(METADATA))


def as_csv(name: str, columns: Iterable[Column], rows: Iterable[dict[str, Any]]) -> StreamingHttpResponse:
    """A file with these columns beside the document's own, written while it is sent."""
    names = dict.fromkeys(["control_number", "title", *(column.key for column in columns)])
    answer = StreamingHttpResponse(csv_lines(list(names), rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def cells_of_row(columns: Iterable[Column], row: Row) -> dict[str, Any]:
    """What a project's document says in these columns, for a file: times in UTC, ranks exact."""
    document = row.item.document
    return _cells(columns, document, lambda key: ROW[key](row))


def cells_of_document(columns: Iterable[Column], document: Document) -> dict[str, Any]:
    """What a workspace's document says in these columns, for a file."""
    return _cells(columns, document, lambda key: OWN[key](document))


def _cells(columns: Iterable[Column], document: Document, of: Callable[[str], Any]) -> dict[str, Any]:
    said = {
        column.key: document.metadata.get(column.field, "") if column.field else of(column.key) for column in columns
    }
    return {"control_number": document.control_number, "title": document.title} | said


def _answered(told: Callable[[ProjectDocument], Any]) -> Callable[[Row], Any]:
    """What the current answer says; nothing where there is none, or none that the person may know of."""
    return lambda row: None if row.item.decision is None else told(row.item)


OWN: dict[str, Callable[[Document], Any]] = {
    "title": lambda document: document.title,
    "tags": lambda document: "; ".join(document.tags),
    "imported": lambda document: document.created_at.isoformat(),
}
ROW: dict[str, Callable[[Row], Any]] = {
    "rank": lambda row: None if row.rank is None else round(row.rank, 4),
    "decision": _answered(lambda item: item.current.choice if item.current else ""),
    "reviewer": _answered(lambda item: item.current.reviewer.username if item.current else ""),
    "reason": _answered(lambda item: item.current.served_reason if item.current else ""),
    "decided": _answered(lambda item: item.current.created_at.isoformat() if item.current else ""),
    "served_rank": _answered(lambda item: item.current.served_rank if item.current else None),
    "served_version": _answered(lambda item: item.current.served_version if item.current else None),
    "note": _answered(lambda item: item.current.note if item.current else ""),
    "checker": lambda row: row.item.checker.username if row.item.checker else "",
    "tags": lambda row: OWN["tags"](row.item.document),
    "imported": lambda row: OWN["imported"](row.item.document),
}
