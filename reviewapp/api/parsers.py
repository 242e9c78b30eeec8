"""Reading JSON from outside: bounded, and nothing that PostgreSQL could not store."""

from collections.abc import Iterator, Mapping
from typing import IO, Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_DEPTH = 32


class JSONParser(BaseParser):
    """JSON of at most :data:`MAX_DEPTH` levels; the endpoint has refused too many bytes before.

    NaN, infinities and lone surrogates are refused by orjson, NUL characters here.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read()
        try:
            found = orjson.loads(raw)
        except orjson.JSONDecodeError as problem:
            raise ParseError(f"The body is not JSON that can be read: {problem}.") from problem
        # Only a body with so many brackets can be too deep, and only one with this escape can hold a NUL.
        if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH or b"\\u0000" in raw:
            _check(found)
        return found


def _check(found: Any) -> None:
    level, depth = [found], 0
    while level:
        if depth > MAX_DEPTH:
            raise ParseError(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
        if any(isinstance(value, str) and "\0" in value for value in level):
            raise ParseError("The JSON holds the character NUL (\\u0000), which cannot be stored.")
        level = [inner for value in level for inner in _inside(value)]
        depth += 1


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list):
        yield from value
