"""Rows out of the database: each table as PostgreSQL's COPY text, every row number counted anew from 1.

A row's number is its line in its table's part, so it needs no column, and equal workspaces give equal bytes whatever
their primary keys are. Everything below belongs into one :func:`moment`. The numbers live in temporary tables, so
memory does not grow with the workspace.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.db.models import Field, ForeignKey, Model

from reviewapp.archives.parts import PartWriter
from reviewapp.domain.belongings import Table, carried
from reviewapp.models import User, Workspace

# ruff: noqa: S608 - the statements below are put together from our own tables and columns only
PEOPLE = "archived_people"
NAME = r"'^[a-z_]+:[0-9]{1,18}$'"  # a row named as "project:12"
ONE_WAY = (
    "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'iso_8601'; "
    "SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1"
)
FORMER = "former "  # "project:former 12": a row that was gone already, so that its number names no other one


@dataclass(frozen=True)
class Person:
    """Somebody whom the rows name; their number in the archive is their place in the list, from 1."""

    username: str
    first_name: str
    last_name: str
    passing: bool = False  # named only by rows that tell of archives: they come last, and are no part of the content


@contextmanager
def moment() -> Iterator[None]:
    """The workspace as it is at one moment, however long the reading takes, with every value written one way.

    What is made for it is rolled back. Inside of a transaction it is what that one sees.
    """
    first = not connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if first:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute(ONE_WAY)
        yield
        transaction.set_rollback(True)


def number(workspace: Workspace) -> dict[str, int]:
    """Number the workspace's rows, table by table; returns how many there are."""
    return {label: _number(table, workspace) for label, table in carried().items()}


def people() -> list[Person]:
    """Number everybody whom the numbered rows name, by user name."""
    mentions = " UNION ALL ".join(mention for table in carried().values() for mention in _mentions(table))
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {PEOPLE} AS "
            'SELECT u.id, row_number() OVER (ORDER BY passing, username COLLATE "C") AS n, '
            "username, first_name, last_name, passing FROM reviewapp_user u JOIN ("
            f"SELECT id, bool_and(passing) AS passing FROM ({mentions}) mentions(id, passing) GROUP BY id"
            ") named ON named.id = u.id"
        )
        cursor.execute(f"ALTER TABLE {PEOPLE} ADD PRIMARY KEY (id); ANALYZE {PEOPLE}")
        cursor.execute(f"SELECT username, first_name, last_name, passing FROM {PEOPLE} ORDER BY n")
        return [Person(*row) for row in cursor.fetchall()]


def copy(table: Table, part: PartWriter, gone: Sequence[str], tell: Callable[[int], None]) -> None:
    """Write the table's numbered rows into the part; files that are ``gone`` are not named any more."""
    sink = _Sink(table, part, tell)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        select = cursor.mogrify(_select(table), {"gone": list(gone)}).decode()
        cursor.copy_expert(f"COPY ({select}) TO STDOUT", sink)
    sink.close()


class _Sink:
    """Gets one row at a time; tells of every thousandth."""

    def __init__(self, table: Table, part: PartWriter, tell: Callable[[int], None]) -> None:
        self._part = part
        self._tell = tell
        self._rows = 0
        names = [column.name for column in table.columns]
        self._passing = [(names.index(name), {value.encode() for value in of}) for name, of in table.passing.items()]
        self._content = blake2b(digest_size=32)

    def write(self, row: bytes) -> None:
        self._part.write(row)
        self._rows += 1
        if self._passing and not is_passing(row, self._passing):
            self._content.update(row)
        if self._rows % 1000 == 0:
            self._tell(self._rows)

    def close(self) -> None:
        if self._passing:
            self._part.entry.content = self._content.hexdigest()


def is_passing(row: bytes, passing: Sequence[tuple[int, set[bytes]]]) -> bool:
    """Whether the row tells of archives alone, so that equal workspaces may differ in it."""
    fields = row.rstrip(b"\n").split(b"\t")
    return any(fields[place] in values for place, values in passing)


def summary(person: Person, role: str) -> dict[str, Any]:
    """What the head of an archive says of somebody."""
    return {**asdict(person), "role": role}


def _numbers(model: type[Model]) -> str:
    """The temporary table that numbers the model's rows."""
    return f"archived_{[table.model for table in carried().values()].index(model)}"


def _number(table: Table, workspace: Workspace) -> int:
    found, values = table.rows(workspace).order_by().values_list("pk").query.sql_with_params()
    name = _numbers(table.model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {name} AS "
            f"SELECT id, row_number() OVER (ORDER BY id) AS n FROM ({found}) found(id)",
            values,
        )
        rows: int = cursor.rowcount
        cursor.execute(f"ALTER TABLE {name} ADD PRIMARY KEY (id); ANALYZE {name}")
    return rows


def _mentions(table: Table) -> Iterator[str]:
    """Statements that give the people whom the table's rows name, and whether the row tells of archives alone."""
    tells = [f"t.{name} IN ({', '.join(map(repr, values))})" for name, values in table.passing.items()]
    passing = " OR ".join(tells) or "false"
    base = f"{passing} FROM {table.model._meta.db_table} t JOIN {_numbers(table.model)} m ON m.id = t.{table.key}"
    for column in table.columns:
        if isinstance(column, ForeignKey) and column.related_model is User:
            yield f"SELECT t.{column.attname}, {base}"
        elif table.ids.get(column.name) is User:
            yield f"SELECT unnest(t.{column.attname}), {base}"
        elif column.name in table.named:
            noun, who = (f"split_part(t.{column.attname}, ':', {place})" for place in (1, 2))
            person = f"t.{column.attname} ~ {NAME} AND {noun} = '{User._meta.model_name}'"
            yield f"SELECT CASE WHEN {person} THEN {who}::bigint END, {base}"


def _select(table: Table) -> str:
    columns, joins = [], []
    for place, column in enumerate(table.columns):
        expression, join = _expression(table, column, f"j{place}")
        columns.append(f"{expression} AS {column.attname}")
        joins.append(join)
    return (
        f"SELECT {', '.join(columns)} FROM {table.model._meta.db_table} t "
        f"JOIN {_numbers(table.model)} me ON me.id = t.{table.key} {' '.join(joins)} ORDER BY me.n"
    )


def _expression(table: Table, column: "Field[Any, Any]", alias: str) -> tuple[str, str]:
    """How a column is written, and what has to be joined for it."""
    name = f"t.{column.attname}"
    if column.name in table.shaped:
        return table.shaped[column.name], ""
    if column.name in table.files:
        return f"CASE WHEN {name} = ANY(%(gone)s) THEN '' ELSE {name} END", ""
    if column.name in table.named:
        return _named(name), ""
    if isinstance(column, ForeignKey):
        if column.related_model is Permission:
            return f"{alias}.codename", f"LEFT JOIN auth_permission {alias} ON {alias}.id = {name}"
        return f"{alias}.n", f"LEFT JOIN {_numbers_of(column.related_model)} {alias} ON {alias}.id = {name}"
    for inside, model in table.ids.items():
        outer, _, member = inside.partition(".")
        if outer == column.name:
            return (_member(name, member, model) if member else _array(name, model)), ""
    return name, ""


def _numbers_of(model: Any) -> str:
    return PEOPLE if model is User else _numbers(model)


def _array(name: str, model: type[Model]) -> str:
    return (
        f"(SELECT coalesce(array_agg(m.n ORDER BY e.place), '{{}}') "
        f"FROM unnest({name}) WITH ORDINALITY e(id, place) JOIN {_numbers_of(model)} m ON m.id = e.id)"
    )


def _member(name: str, member: str, model: type[Model]) -> str:
    inside = f"{name}->'{member}'"
    listed = (
        f"(SELECT coalesce(jsonb_agg(m.n ORDER BY e.place), '[]') "
        f"FROM jsonb_array_elements_text({inside}) WITH ORDINALITY e(id, place) "
        f"LEFT JOIN {_numbers_of(model)} m ON m.id = e.id::bigint)"
    )
    return f"CASE jsonb_typeof({inside}) WHEN 'array' THEN jsonb_set({name}, '{{{member}}}', {listed}) ELSE {name} END"


def _named(name: str) -> str:
    """``project:12`` becomes ``project:3``; what is not carried becomes ``project:former 12``."""
    models: list[type[Model]] = [User, *(table.model for table in carried().values())]
    whens = " ".join(
        f"WHEN '{model._meta.model_name}' THEN "
        f"(SELECT m.n::text FROM {_numbers_of(model)} m WHERE m.id = split_part({name}, ':', 2)::bigint)"
        for model in models
    )
    noun, former = f"split_part({name}, ':', 1)", f"'{FORMER}' || split_part({name}, ':', 2)"
    return (
        f"CASE WHEN {name} ~ {NAME} THEN {noun} || ':' || coalesce(CASE {noun} {whens} END, {former}) ELSE {name} END"
    )
