"""Reading JSON from outside: bounded, and nothing that PostgreSQL could not store."""

from collections.abc import Iterator, Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from reviewapp.errors import TooLarge

MAX_DEPTH = 32


class JSONParser(BaseParser):
    """JSON of at most ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes and :data:`MAX_DEPTH` levels.

    NaN, infinities and lone surrogates are refused by orjson, NUL characters here.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"A JSON body has at most {limit:,} bytes. Send fewer items at a time.")
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
