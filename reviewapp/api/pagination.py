"""Lists in pages: a cursor says after which row to go on, so a page costs the same at the end as at the beginning."""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np
import orjson
from django.db.models import Model, QuerySet
from numpy.typing import NDArray
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from reviewapp.api.problems import BadQuery

DEFAULT_SIZE = 100
LARGEST_SIZE = 500
MAX_ID = 10**18 - 1
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Cursor:
    """Where a page starts: beyond the row of this key, going on or going back."""

    key: int | str
    back: bool = False

    def to_text(self) -> str:
        """The opaque form that clients hand back."""
        return base64.urlsafe_b64encode(orjson.dumps([int(self.back), self.key])).decode().rstrip("=")

    @classmethod
    def from_text(cls, text: str, kind: type[int] | type[str]) -> "Cursor":
        """Read the opaque form; raises :class:`BadQuery` for anything else."""
        try:
            back, key = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            usable = back in (0, 1) and type(key) is kind and (type(key) is str or 0 <= int(key) <= MAX_ID)
        except (binascii.Error, ValueError, TypeError) as problem:
            raise _unusable() from problem
        if not usable:
            raise _unusable()
        return cls(key, bool(back))


def page(
    request: Request,
    rows: QuerySet[Row, Any],
    render: Callable[[Sequence[Any]], Iterable[Any]],
    *,
    by: str = "pk",
    key: Callable[[Any], int] = attrgetter("pk"),
    newest_first: bool = False,
) -> Response:
    """One page of the rows, with the addresses of its neighbours.

    Their order is that of ``by``, a unique whole-number column that ``key`` reads from a row.
    """
    size, cursor = asked(request, int)
    back = cursor is not None and cursor.back
    descending = newest_first != back
    if cursor is not None:
        rows = rows.filter(**{f"{by}__{'lt' if descending else 'gt'}": cursor.key})
    found = list(rows.order_by(f"-{by}" if descending else by)[: size + 1])
    more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
    results = list(render(found))
    return Response({"results": results, **_links(request, [key(row) for row in found], cursor, more)})


def page_of_list(
    request: Request, rows: Sequence[Any], key: Callable[[Any], str], render: Callable[[Sequence[Any]], Iterable[Any]]
) -> Response:
    """As :func:`page`, for a list that is in memory already; ``key`` is unique and rows come sorted by it."""
    size, cursor = asked(request, str)
    if cursor is None:
        found = list(rows)
    elif cursor.back:
        found = [row for row in rows if key(row) < str(cursor.key)]
    else:
        found = [row for row in rows if key(row) > str(cursor.key)]
    more = len(found) > size
    found = found[-size:] if cursor and cursor.back else found[:size]
    return Response({"results": list(render(found)), **_links(request, [key(row) for row in found], cursor, more)})


def page_of_places(
    request: Request,
    rows: Sequence[Any],
    places: NDArray[np.int64],
    render: Callable[[Sequence[Any]], Iterable[Any]],
    *,
    ascending: bool,
) -> Response:
    """As :func:`page`, for rows that are read by slices; ``places`` names each row, and the cursor holds such a name.

    A row that is not among them any more has its place only where names are ``ascending``; else the list is refused.
    """
    size, cursor = asked(request, int)
    start, stop = 0, size
    if cursor is not None:
        before, after = _around(places, int(cursor.key), ascending)
        start, stop = (max(before - size, 0), before) if cursor.back else (after, after + size)
    named = places[start:stop].tolist()
    more = start > 0 if cursor and cursor.back else stop < len(places)
    return Response({"results": list(render(rows[start:stop])), **_links(request, named, cursor, more)})


def _around(places: NDArray[np.int64], name: int, ascending: bool) -> tuple[int, int]:
    if ascending:
        return int(np.searchsorted(places, name, "left")), int(np.searchsorted(places, name, "right"))
    found = np.flatnonzero(places == name)
    if not len(found):
        problem = "The list has moved on since this cursor was made. Start again without it."
        raise BadQuery(problem, {"cursor": [problem]})
    return int(found[0]), int(found[0]) + 1


def asked(request: Request, kind: type[int] | type[str]) -> tuple[int, Cursor | None]:
    """Page size and cursor of the query; the cursor's key is of this kind."""
    said = request.query_params.get("page_size", str(DEFAULT_SIZE))
    if not (said.isascii() and said.isdigit() and len(said) < 6 and 1 <= int(said) <= LARGEST_SIZE):
        problem = f"page_size is a whole number from 1 to {LARGEST_SIZE}."
        raise BadQuery(problem, {"page_size": [problem]})
    text = request.query_params.get("cursor")
    return int(said), Cursor.from_text(text, kind) if text else None


def _links(request: Request, keys: Sequence[Any], cursor: Cursor | None, more: bool) -> dict[str, str | None]:
    back = cursor is not None and cursor.back
    has_next, has_previous = (True, more) if back else (more, cursor is not None)
    return {
        "next": _link(request, Cursor(keys[-1])) if keys and has_next else None,
        "previous": _link(request, Cursor(keys[0], back=True)) if keys and has_previous else None,
    }


def _link(request: Request, cursor: Cursor) -> str:
    return replace_query_param(request.build_absolute_uri(), "cursor", cursor.to_text())


def _unusable() -> BadQuery:
    problem = "This cursor was not made by this list. Start again without it."
    return BadQuery(problem, {"cursor": [problem]})
