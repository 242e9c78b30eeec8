"""Mapping: which column of a table becomes which part of a document, and what a row must be like to become one."""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Values
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Self

from reviewapp.errors import Invalid
from reviewapp.tabular import CONTROL, Row, Value, clean_text

CONTROL_NUMBER_LIMIT = 255  # characters, as are the next three
TITLE_LIMIT = 10_000
TAG_LIMIT = 100
METADATA_LIMIT = 10_000
TAGS_LIMIT = 100  # tags of one document
JOINED = "; "  # between the values of a list that becomes metadata
CONTROL_NUMBERS = (
    "controlnumber",
    "controlno",
    "docid",
    "documentid",
    "docno",
    "docnumber",
    "documentnumber",
    "begdoc",
    "begbates",
    "batesbegin",
    "recordid",
    "externalid",
    "number",
    "uid",
    "pmid",
    "doi",
    "id",
)
TITLES = ("title", "subject", "emailsubject", "primarytitle", "documenttitle", "headline", "name", "filename")
TEXTS = (
    "text",
    "extractedtext",
    "fulltext",
    "documenttext",
    "bodytext",
    "body",
    "abstract",
    "notesabstract",
    "content",
    "message",
    "description",
)
TAGS = ("tags", "tag", "keywords", "categories", "labels")


@dataclass(frozen=True)
class Mapping:
    """Names of columns. Without one for control numbers, numbers are made; ``metadata`` lists what else is kept."""

    text: str
    control_number: str | None = None
    title: str | None = None
    tags: str | None = None
    metadata: tuple[str, ...] = ()

    @classmethod
    def from_parameters(cls, parameters: Values[str, Any]) -> Self:
        """The mapping that :meth:`to_parameters` wrote down."""
        return cls(**{**parameters, "metadata": tuple(parameters["metadata"])})

    def to_parameters(self) -> dict[str, Any]:
        """The mapping as JSON can keep it."""
        return asdict(self)

    def validate(self, columns: Sequence[str]) -> None:
        """Raise :class:`Invalid`, with an error for each field, when a column is missing that the mapping names."""
        named = {"control_number": self.control_number, "title": self.title, "text": self.text, "tags": self.tags}
        there = ", ".join(columns)
        fields = {
            field: [f"There is no column “{column}”. The columns are: {there}."]
            for field, column in named.items()
            if column is not None and column not in columns
        }
        if not self.text:
            fields["text"] = [f"Choose the column that holds the text. The columns are: {there}."]
        if lost := [column for column in self.metadata if column not in columns]:
            fields["metadata"] = [f"There is no column “{'”, “'.join(lost)}”. The columns are: {there}."]
        if fields:
            raise Invalid(" ".join(message for messages in fields.values() for message in messages), fields=fields)


def suggest(columns: Sequence[str], rows: Sequence[Values[str, Value]] = ()) -> Mapping:
    """Guess the mapping from common names of columns; the rest becomes metadata.

    When no name tells which column is the text it is the one with the most characters in the sample ``rows``;
    without any the guess is empty and the person has to choose.
    """
    free = list(columns)
    text = _claim(free, TEXTS)
    control_number, title, tags = _claim(free, CONTROL_NUMBERS), _claim(free, TITLES), _claim(free, TAGS)
    if text is None and free:
        text = max(free, key=lambda column: sum(len(row.get(column, "")) for row in rows)) if rows else ""
        free = [column for column in free if column != text]
    return Mapping(text=text or "", control_number=control_number, title=title, tags=tags, metadata=tuple(free))


def _claim(free: list[str], names: Sequence[str]) -> str | None:
    plain = {re.sub(r"[\W_]", "", column.casefold()): column for column in reversed(free)}
    found = next((plain[name] for name in names if name in plain), None)
    if found is not None:
        free.remove(found)
    return found


@dataclass(frozen=True, slots=True)
class Incoming:
    """A row that can become a document; ``notes`` say what was changed on the way."""

    line: int
    control_number: str
    title: str
    text: str
    metadata: dict[str, str]
    tags: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row: it is refused, or it was changed to be taken in."""

    line: int
    reason: str
    control_number: str = ""
    refused: bool = True


class _Refusal(Exception):
    """The row cannot become a document; the message is the reason."""


def read(row: Row, mapping: Mapping, more_tags: tuple[str, ...], text_limit: int) -> Incoming | Problem:
    """The row as a document, or why it cannot be one."""
    notes: list[str] = []
    cells = _Cells(row.values, notes)
    name = cells.text(mapping.control_number)
    try:
        control_number = _control_number(name, mapping)
        title = _title(cells.text(mapping.title).strip(), notes)
        return Incoming(
            line=row.line,
            control_number=control_number,
            title=title,
            text=_text(cells.text(mapping.text), title, text_limit, notes),
            metadata=_metadata(cells, mapping.metadata, notes),
            tags=_tags(more_tags, row.values.get(mapping.tags or "", "")),
            notes=tuple(notes),
        )
    except (_Refusal, Invalid) as problem:
        return Problem(row.line, str(problem), _shown(name))


class _Cells:
    """A row's values as texts that PostgreSQL can keep."""

    def __init__(self, values: Values[str, Value], notes: list[str]) -> None:
        self._values = values
        self._notes = notes

    def text(self, column: str | None) -> str:
        value = self._values.get(column, "") if column else ""
        whole = value if isinstance(value, str) else JOINED.join(value)
        if "\0" in whole:
            self._notes.append(f"“{column}”: {whole.count(chr(0)):,} NUL characters were replaced by U+FFFD.")
            return clean_text(whole)
        return whole


def _control_number(name: str, mapping: Mapping) -> str:
    if mapping.control_number is None:
        return ""
    number = name.strip()
    if not number:
        raise _Refusal("The control number is empty.")
    if len(number) > CONTROL_NUMBER_LIMIT:
        raise _Refusal(f"The control number has {len(number):,} characters; {CONTROL_NUMBER_LIMIT} are possible.")
    if CONTROL.search(number) or "\ufffd" in number:
        raise _Refusal("The control number holds a line break or another character that cannot be shown.")
    return number


def _title(title: str, notes: list[str]) -> str:
    if len(title) > TITLE_LIMIT:
        notes.append(f"The title was cut from {len(title):,} to {TITLE_LIMIT:,} characters.")
    return title[:TITLE_LIMIT]


def _text(text: str, title: str, limit: int, notes: list[str]) -> str:
    if len(text) > limit:
        raise _Refusal(f"The text has {len(text):,} characters; at most {limit:,} are possible.")
    if text and not text.isspace():
        return text
    if not title:
        raise _Refusal("The text is empty.")
    notes.append("The text is empty; the title stands in for it.")
    return title


def _metadata(cells: _Cells, columns: tuple[str, ...], notes: list[str]) -> dict[str, str]:
    found = {}
    for column in columns:
        if value := cells.text(column):
            if len(value) > METADATA_LIMIT:
                notes.append(f"“{column}” was cut from {len(value):,} to {METADATA_LIMIT:,} characters.")
            found[column] = value[:METADATA_LIMIT]
    return found


@lru_cache(maxsize=4096)
def _tags(more: tuple[str, ...], value: Value) -> tuple[str, ...]:
    if isinstance(value, str):
        value = tuple(re.split(r"[;|\n]" if re.search(r"[;|\n]", value) else ",", value))
    return checked_tags((*more, *value))


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags without blanks around them, each once; raises :class:`Invalid` for one too long, or for too many."""
    found = tuple(dict.fromkeys(filter(None, (clean_text(tag).strip() for tag in tags))))
    if any(len(tag) > TAG_LIMIT for tag in found):
        raise Invalid(f"A tag has more than {TAG_LIMIT} characters.", fields={"tags": ["Too long."]})
    if len(found) > TAGS_LIMIT:
        raise Invalid(f"{len(found):,} tags; a document can have {TAGS_LIMIT}.", fields={"tags": ["Too many."]})
    return found


def _shown(name: str) -> str:
    return name.strip()[: CONTROL_NUMBER_LIMIT - 1] + "…" if len(name.strip()) > CONTROL_NUMBER_LIMIT else name.strip()
