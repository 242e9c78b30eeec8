"""Rows into the database: new numbers, COPY, and what a column gets that the archive does not have."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from django.db import connection, models
from django.utils import timezone

from reviewapp.archives.columns import NULL, Book, Translator, escaped
from reviewapp.domain.belongings import Table, carried
from reviewapp.domain.imports import merge_new_words
from reviewapp.errors import ArchiveDamaged

AT_A_TIME = 1_000_000  # numbers asked for in one statement
PIECE = 1 << 20
MANY = 500  # rows after which the database's statistics are wrong
RUNS = """
SELECT min(value), count(*) FROM (
  SELECT value, value - row_number() OVER (ORDER BY value) AS run
  FROM (SELECT nextval(%s) AS value FROM generate_series(1, %s)) taken
) numbered GROUP BY run ORDER BY 1
"""


class Numbers:
    """New primary keys for the rows 1 to n of a table, kept as runs: usually one, whatever n is."""

    def __init__(self, model: type[models.Model], rows: int) -> None:
        self._runs: list[tuple[int, int, int]] = []  # first number, last number, first primary key
        column = model._meta.pk
        assert column is not None
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [model._meta.db_table, column.attname])
            (sequence,) = cursor.fetchone()
            for start in range(0, rows, AT_A_TIME):
                cursor.execute(RUNS, [sequence, min(AT_A_TIME, rows - start)])
                for first, count in cursor.fetchall():
                    last = self._runs[-1][1] if self._runs else 0
                    self._runs.append((last + 1, last + count, first))
        self._at = (1, 0, 0)

    def key(self, number: int) -> int:
        """The primary key of a row; raises :class:`ArchiveDamaged` for a number beyond the table."""
        first, last, key = self._at
        if not first <= number <= last:
            first, last, key = self._at = self._run(number)
        return key + number - first

    def _run(self, number: int) -> tuple[int, int, int]:
        place = bisect_left(self._runs, number, key=itemgetter(1))
        if place == len(self._runs):
            raise ArchiveDamaged("The archive has a row that points to one that is not in it.")
        return self._runs[place]


def load(
    table: Table,
    columns: Sequence[str],
    rows: Iterable[bytes],
    book: Book,
    numbers: Numbers | None,
    *,
    given: Mapping[str, str],
    skips: Callable[[list[bytes]], bool],
) -> int:
    """Write the rows of a table; returns how many there are.

    ``columns`` are the archive's; ``given`` are values for others, which else get their default. ``skips`` says of a
    row's values that it is to be left out.
    """
    filled = _filled(table, columns, given)
    own = [] if numbers is None else [table.key]
    feed = _Feed(_written(Translator(table, columns, book), rows, numbers, skips, list(filled.values())))
    names = ", ".join(connection.ops.quote_name(name) for name in [*own, *columns, *filled])
    with connection.wrap_database_errors, connection.cursor() as cursor:
        try:
            cursor.copy_expert(f"COPY {table.model._meta.db_table} ({names}) FROM STDIN", feed, size=PIECE)
        except Exception:
            if feed.fault is not None:
                raise feed.fault from None
            raise
        written: int = cursor.rowcount
    return written


def settle(counts: Mapping[str, int]) -> None:
    """After many rows came in: tell the planner, and merge new words into the search index.

    A table with an index on an expression is left to the autovacuum, which has the time to compute it for a sample.
    """
    with connection.cursor() as cursor:
        for label, rows in counts.items():
            known = carried()[label].model._meta
            if rows >= MANY and not any(index.expressions for index in known.indexes):
                cursor.execute(f"ANALYZE {known.db_table}")
    merge_new_words()


def _written(
    translate: Translator,
    rows: Iterable[bytes],
    numbers: Numbers | None,
    skips: Callable[[list[bytes]], bool],
    filled: list[bytes],
) -> Iterator[bytes]:
    for number, row in enumerate(rows, 1):
        values = translate(row)
        if not skips(values):
            own = [] if numbers is None else [b"%d" % numbers.key(number)]
            yield b"\t".join([*own, *values, *filled]) + b"\n"


class _Feed:
    """A file that COPY reads; keeps what went wrong while it was made, which the driver would only mention."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""
        self.fault: BaseException | None = None

    def read(self, size: int = PIECE) -> bytes:
        pieces, length = [self._held], len(self._held)
        try:
            while length < size and (piece := next(self._pieces, b"")):
                pieces.append(piece)
                length += len(piece)
        except BaseException as fault:
            self.fault = fault
            raise
        held = b"".join(pieces)
        self._held = held[size:]
        return held[:size]


def _filled(table: Table, columns: Sequence[str], given: Mapping[str, str]) -> dict[str, bytes]:
    """The values of the columns that the archive does not have."""
    missing = [column for column in table.model._meta.concrete_fields if column.attname not in columns]
    own = [column for column in missing if column.primary_key]
    return {
        column.attname: escaped(given[column.attname].encode()) if column.attname in given else _default(column)
        for column in missing
        if column not in own
    }


def _default(column: "models.Field[Any, Any]") -> bytes:
    """What the database would write for the column's default."""
    value = timezone.now() if getattr(column, "auto_now_add", False) or getattr(column, "auto_now", False) else None
    value = column.get_default() if value is None else value
    if value is None:
        return NULL
    with connection.cursor() as cursor:
        prepared = column.get_db_prep_save(value, connection)
        cursor.execute(f"SELECT (%s::{column.db_type(connection)})::text", [prepared])
        (text,) = cursor.fetchone()
    return escaped(str(text).encode())
