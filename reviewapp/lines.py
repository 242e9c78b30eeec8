"""Rows as text: CSV for people's spreadsheets, JSON lines for programs."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class _Line:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The rows as CSV in UTF-8; no cell that came from outside can act as a formula, so it is not a faithful copy."""
    writer = csv.writer(_Line())
    yield writer.writerow([_cell(column) for column in columns]).encode()
    for row in rows:
        yield writer.writerow([_cell(row[column]) for column in columns]).encode()


def json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The rows as JSON lines, exactly as they are."""
    return (encode(row) + b"\n" for row in rows)


def encode(data: Any) -> bytes:
    """JSON: compact, times in UTC with a Z, lazy labels as text."""
    return orjson.dumps(data, default=str, option=orjson.OPT_UTC_Z)


def _cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers are ours and stay numbers."""
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.lstrip(" \n\v\f").startswith(FORMULA) else text
