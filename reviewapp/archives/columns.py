"""Rows of an archive, read: what points to a row, a person, a right or a file is checked, or becomes what it is here.

The very same code does both. A :class:`Book` says what a number of the archive stands for; the one that only checks
says so of every number that there is.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from django.contrib.auth.models import Permission
from django.db.models import Field, ForeignKey

from reviewapp.archives.packing import FORMER
from reviewapp.domain.belongings import Table, carried
from reviewapp.errors import ArchiveDamaged, Invalid
from reviewapp.models import User

MOST_ROW = 256 << 20  # bytes of one row: many times the longest text
NULL = b"\\N"
DIGEST = re.compile(rb"[0-9a-f]{64}")
NUMBER = re.compile(rb"[1-9][0-9]{0,17}")
NAMED = re.compile(r"([a-z_]+):([1-9][0-9]{0,17})")
ESCAPES = {b"\\": b"\\\\", b"\n": b"\\n", b"\t": b"\\t", b"\r": b"\\r"}
SPECIAL = re.compile(rb"[\\\n\t\r]")
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
PLAIN = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"\\": b"\\"}

Translate = Callable[[bytes], bytes]


class Book(Protocol):
    """What the numbers of an archive stand for."""

    def row(self, label: str, number: int) -> int:
        """The primary key of a row; raises :class:`ArchiveDamaged` for one that there is not."""

    def person(self, number: int) -> int:
        """The primary key of a person; raises :class:`ArchiveDamaged`."""

    def right(self, codename: str) -> int:
        """The primary key of a permission; raises :class:`Invalid` for one that this version does not know."""

    def file(self, kind: str, digest: str) -> None:
        """A row names this file; raises :class:`ArchiveDamaged` when it may not."""


def lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The rows of a part, each without its line end."""
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
        if len(rest) > MOST_ROW:
            raise ArchiveDamaged("The archive has a row that is longer than any that this product writes.")
    if rest:
        raise ArchiveDamaged("The archive has a part that ends within a row.")


class Translator:
    """Turns the rows of one table, whose columns the archive lists, into what they are according to the book."""

    def __init__(self, table: Table, columns: Sequence[str], book: Book) -> None:
        known = {column.attname: column for column in table.columns}
        if unknown := [name for name in columns if name not in known]:
            said = f"{table.label} has no {', '.join(unknown)[:200]} here"
            raise Invalid(f"The archive was made by a newer version of this product: {said}.")
        if len(set(columns)) != len(columns):
            raise ArchiveDamaged(f"The archive lists a column of {table.label} twice.")
        self._width = len(columns)
        self._label = table.label
        found = ((place, _translation(table, known[name], book)) for place, name in enumerate(columns))
        self._steps = [(place, step) for place, step in found if step is not None]

    def __call__(self, line: bytes) -> list[bytes]:
        """The row's values."""
        values = line.split(b"\t")
        if len(values) != self._width:
            raise ArchiveDamaged(f"The archive has a row of {self._label} with more or fewer values than columns.")
        for place, step in self._steps:
            if values[place] != NULL:
                values[place] = step(values[place])
        return values


def escaped(plain: bytes) -> bytes:
    """A value as COPY's text has it."""
    return SPECIAL.sub(lambda found: ESCAPES[found[0]], plain)


def unescaped(value: bytes) -> bytes:
    """What a value of COPY's text says."""
    return ESCAPED.sub(lambda found: PLAIN.get(found[1], found[1]), value) if b"\\" in value else value


def numbered(value: bytes) -> int:
    """A number of the archive."""
    if not NUMBER.fullmatch(value):
        raise ArchiveDamaged("The archive has a row that points nowhere.")
    return int(value)


def _translation(table: Table, column: "Field[Any, Any]", book: Book) -> Translate | None:
    """How values of a column are translated; None for those that are carried as they are."""
    if isinstance(column, ForeignKey):
        if column.related_model is Permission:
            return lambda value: b"%d" % book.right(unescaped(value).decode("utf-8", "replace"))
        follow = _following(column.related_model, book)
        return lambda value: b"%d" % follow(numbered(value))
    if column.name in table.files:
        return _file(table.files[column.name], book)
    if column.name in table.named:
        return _name(book)
    for inside, model in table.ids.items():
        outer, _, member = inside.partition(".")
        if outer == column.name:
            return _inner(member, _following(model, book)) if member else _array(_following(model, book))
    return None


def _following(model: Any, book: Book) -> Callable[[int], int]:
    label = model._meta.label_lower
    return book.person if model is User else lambda number: book.row(label, number)


def _file(kind: str, book: Book) -> Translate:
    def step(value: bytes) -> bytes:
        if value:
            if not DIGEST.fullmatch(value):
                raise ArchiveDamaged("The archive has a row that names no file that there can be.")
            book.file(kind, value.decode())
        return value

    return step


def _array(follow: Callable[[int], int]) -> Translate:
    def step(value: bytes) -> bytes:
        inside = value.removeprefix(b"{").removesuffix(b"}")
        return b"{%s}" % b",".join(b"%d" % follow(numbered(one)) for one in inside.split(b",") if inside)

    return step


def _inner(member: str, follow: Callable[[int], int]) -> Translate:
    def step(value: bytes) -> bytes:
        try:
            record = json.loads(unescaped(value))
        except (ValueError, RecursionError) as problem:
            raise ArchiveDamaged("The archive has a row with JSON that cannot be read.") from problem
        if isinstance(record, dict) and isinstance(record.get(member), list):
            record[member] = [None if one is None else follow(numbered(str(one).encode())) for one in record[member]]
        return escaped(json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass"))

    return step


def _name(book: Book) -> Translate:
    labels = {table.model._meta.model_name: table.label for table in carried().values()}

    def step(value: bytes) -> bytes:
        found = NAMED.fullmatch(unescaped(value).decode("utf-8", "replace"))
        if found is None:
            return value
        noun, number = found[1], int(found[2])
        if noun == User._meta.model_name:
            return f"{noun}:{book.person(number)}".encode()
        if noun in labels:
            return f"{noun}:{book.row(labels[noun], number)}".encode()
        return f"{noun}:{FORMER}{number}".encode()

    return step
