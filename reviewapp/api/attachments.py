"""Downloads: rows streamed as CSV for people's spreadsheets, or as JSON lines for programs."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http import StreamingHttpResponse

from reviewapp.api.renderers import encode

FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
ROWS_AT_A_TIME = 500


class _Line:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def as_csv(filename: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> StreamingHttpResponse:
    """The rows as CSV in UTF-8; no cell that came from outside can act as a formula, so it is not a faithful copy."""
    return _attached(f"{filename}.csv", "text/csv; charset=utf-8", _pieces(_csv_lines(columns, rows)))


def as_jsonl(filename: str, rows: Iterable[Mapping[str, Any]]) -> StreamingHttpResponse:
    """The rows as JSON lines, exactly as they are."""
    return _attached(f"{filename}.jsonl", "application/x-ndjson", _pieces(encode(row) + b"\n" for row in rows))


def _attached(filename: str, kind: str, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(pieces, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{filename}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    writer = csv.writer(_Line())
    yield writer.writerow(columns).encode()
    for row in rows:
        yield writer.writerow([_cell(row[column]) for column in columns]).encode()


def _cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers are ours and stay numbers."""
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.lstrip(" \n\v\f").startswith(FORMULA) else text


def _pieces(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Several lines at a time: a piece for each would cost more than its rows."""
    held: list[bytes] = []
    for line in lines:
        held.append(line)
        if len(held) == ROWS_AT_A_TIME:
            yield b"".join(held)
            held = []
    yield b"".join(held)
