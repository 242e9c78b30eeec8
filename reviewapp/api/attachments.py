"""Downloads: rows streamed as CSV for people's spreadsheets, or as JSON lines for programs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http import StreamingHttpResponse

from reviewapp.lines import csv_lines, json_lines

ROWS_AT_A_TIME = 500
CSV, JSON_LINES = "text/csv", "application/x-ndjson"


def as_csv(filename: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> StreamingHttpResponse:
    """The rows as CSV in UTF-8; no cell that came from outside can act as a formula, so it is not a faithful copy."""
    return _attached(f"{filename}.csv", f"{CSV}; charset=utf-8", _pieces(csv_lines(columns, rows)))


def as_jsonl(filename: str, rows: Iterable[Mapping[str, Any]]) -> StreamingHttpResponse:
    """The rows as JSON lines, exactly as they are."""
    return _attached(f"{filename}.jsonl", JSON_LINES, _pieces(json_lines(rows)))


def _attached(filename: str, kind: str, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(pieces, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{filename}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _pieces(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Several lines at a time: a piece for each would cost more than its rows."""
    held: list[bytes] = []
    for line in lines:
        held.append(line)
        if len(held) == ROWS_AT_A_TIME:
            yield b"".join(held)
            held = []
    yield b"".join(held)
