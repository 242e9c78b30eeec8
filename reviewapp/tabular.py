"""Tables in files: CSV, TSV and JSONL, plain or gzipped, read row by row in bounded memory.

A row that cannot be read becomes a :class:`BadRow` with its line and the reason, and reading goes on; only what spoils
the whole file raises :class:`Invalid`. Every text that comes out can be encoded as UTF-8.
"""

import csv
import gzip
import io
import json
import re
import zlib
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from reviewapp.errors import Invalid, TooLarge

Value = str | tuple[str, ...]

TEXT_LIMIT = 10_000_000  # characters of the longest text that is let through
TOTAL_LIMIT = 16 << 30  # bytes of a gzipped file once unpacked
RATIO_LIMIT, RATIO_FREE = 100, 1 << 20  # a gzipped file may unpack to 100 times its size; the first MiB is not judged
BESIDE_TEXT = 1_000_000  # characters that the other columns of a row may have together
SEPARATORS = {".csv": ",;\t", ".txt": ",;\t", ".tsv": "\t", ".tab": "\t"}  # the first that splits the header best
JSON_LINES = (".jsonl", ".ndjson")
COLUMN_LIMIT = 1_000
NAME_LIMIT = 255  # characters of a column's name
PEEKED_LINES, PEEKED_CHARACTERS = 200, 1_000_000  # how far the columns of a JSONL file are looked for
DEPTH_LIMIT = 32  # levels of nesting in a JSON value
PLAUSIBLE_LINES = 20  # lines that are tried to see whether rows begin again after a broken quotation mark
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``line`` is the line of the file where it begins, counted from 1."""

    line: int
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read, and why."""

    line: int
    reason: str


class Table(ABC):
    """A file being read: the names of its columns, then its rows, once."""

    columns: tuple[str, ...]
    open_ended = False  # whether rows further down may have values under names that are not among the columns

    def __init__(self, source: "_Source") -> None:
        self._source = source

    @property
    def size(self) -> int:
        """Bytes of the file on disk."""
        return self._source.size

    @property
    def position(self) -> int:
        """Bytes of the file on disk that were read so far."""
        return self._source.position

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        self._source.close()

    @abstractmethod
    def __iter__(self) -> Iterator[Row | BadRow]: ...


def open_table(path: Path, filename: str, *, text_limit: int = TEXT_LIMIT) -> Table:
    """Open the file at ``path`` as what its original ``filename`` says it is; use the table as a context manager.

    Raises :class:`Invalid` when the file is of no known kind, empty, not UTF-8 text or has no usable header.
    """
    suffix = _suffix(filename)
    source = _Source(path)
    try:
        source.check_text()
        if suffix in JSON_LINES:
            return _JsonLines(source, 6 * text_limit + BESIDE_TEXT)  # \uXXXX spends six characters on one
        return _Separated(source, SEPARATORS[suffix], 2 * text_limit + BESIDE_TEXT)
    except BaseException:
        source.close()
        raise


def verify(path: Path) -> Iterator[int]:
    """Read a gzipped file through once, saying the position in bytes now and then; a plain file needs no check.

    Raises :class:`Invalid` when it is damaged or cut off, :class:`TooLarge` when it unpacks to too much.
    """
    source = _Source(path)
    try:
        while source.packed and source.bytes.read(1 << 24):
            yield source.position
    finally:
        source.close()


def clean_text(text: str) -> str:
    """The text as PostgreSQL can keep it: NUL becomes U+FFFD, the replacement character."""
    return text.replace("\0", "\ufffd") if "\0" in text else text


def _suffix(filename: str) -> str:
    suffix = Path(filename.lower().removesuffix(".gz")).suffix
    if suffix not in SEPARATORS and suffix not in JSON_LINES:
        raise Invalid(
            f"“{filename}” is of no kind that can be read. Save it as .csv, .tsv or .jsonl in UTF-8; "
            "each may be gzipped (.csv.gz)."
        )
    return suffix


class _Source:
    """The bytes of a file, unpacked when they are gzipped."""

    def __init__(self, path: Path) -> None:
        self.size = path.stat().st_size
        self._file: BinaryIO = path.open("rb")
        self.packed = self._file.read(2) == b"\x1f\x8b"
        self._file.seek(0)
        self.bytes = io.BufferedReader(_Unpacked(self._file), 1 << 16) if self.packed else self._file

    @property
    def position(self) -> int:
        return min(self._file.tell(), self.size)

    def check_text(self) -> None:
        """Refuse what is not UTF-8 text at first sight, and step over the byte order mark."""
        head = self.bytes.peek(4096)[:4096]
        if not head:
            raise Invalid("The file is empty.")
        if head.startswith(b"PK\x03\x04"):
            raise Invalid("This is a workbook or a zip archive. Save the sheet as CSV (UTF-8) and import that.")
        if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head.count(0) * 4 > len(head):
            raise Invalid("The file is not UTF-8; it looks like UTF-16 or UTF-32. Save it as UTF-8 and import that.")
        if head.startswith(b"\xef\xbb\xbf"):
            self.bytes.read(3)

    def text(self, newline: str) -> io.TextIOWrapper:
        """The text; each byte that is not UTF-8 becomes a lone surrogate, to be found and refused row by row."""
        return io.TextIOWrapper(self.bytes, "utf-8", errors="surrogateescape", newline=newline)

    def close(self) -> None:
        self._file.close()


class _Unpacked(io.RawIOBase):
    """A gzipped file's content, up to what an honest file may unpack to."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._plain = gzip.GzipFile(fileobj=packed, mode="rb")
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            size = self._plain.readinto(buffer)
        except (EOFError, OSError, zlib.error) as problem:
            raise Invalid(f"The gzipped file is damaged or cut off: {problem}") from problem
        self._size += size
        if self._size > TOTAL_LIMIT or self._size > max(RATIO_FREE, RATIO_LIMIT * self._packed.tell()):
            raise TooLarge(
                f"The gzipped file unpacks to more than {RATIO_LIMIT} times its size or {TOTAL_LIMIT >> 30} GiB. "
                "If that is right, import it unpacked."
            )
        return size


class _TooLong(Exception):
    """A record goes on for longer than any row may."""


class _Lines:
    """The lines of a text, with those that the current record took, so that reading can go back to them."""

    def __init__(self, text: io.TextIOWrapper, limit: int) -> None:
        self.taken: list[str] = []
        self._text = text
        self._limit = limit
        self._finished = 0  # lines of the records before
        self.characters = 0
        self._again: deque[str] = deque()

    @property
    def first(self) -> int:
        """The number of the current record's first line."""
        return self._finished + 1

    @property
    def last(self) -> int:
        return self._finished + len(self.taken)

    def start(self) -> None:
        """Begin a record."""
        self._finished += len(self.taken)
        self.taken = []
        self.characters = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._text.readline(self._limit)
        if not line:
            raise StopIteration
        self.taken.append(line)
        self.characters += len(line)
        if self.characters >= self._limit:
            raise _TooLong
        return line

    def put_back(self, lines: int) -> None:
        """Keep so many lines of the current record, and hand out the others again."""
        self._again.extendleft(reversed(self.taken[lines:]))
        del self.taken[lines:]

    def skip_record(self, quoted: bool) -> int:
        """Pass over the rest of a record that is too long, keeping nothing of it; returns its last line.

        With ``quoted`` it ends where every quotation mark is closed, otherwise with the line.
        """
        odd = quoted and sum(line.count('"') for line in self.taken) % 2 == 1
        ended = self.taken[-1].endswith(("\n", "\r"))
        while odd or not ended:
            piece = self._again.popleft() if self._again else self._text.readline(1 << 20)
            if not piece:
                break
            self._finished += ended
            odd ^= quoted and piece.count('"') % 2 == 1
            ended = piece.endswith(("\n", "\r"))
        return self.last


class _Separated(Table):
    """CSV and TSV: fields between separators, quoted where they hold a separator, a line break or a quotation mark."""

    def __init__(self, source: _Source, separators: str, limit: int) -> None:
        super().__init__(source)
        self._limit = limit
        self._lines = _Lines(source.text(""), limit)
        csv.field_size_limit(limit)
        self._separator = self._sniff(separators)
        self._records = self._parse(self._lines)
        self.columns = self._header()

    def _sniff(self, separators: str) -> str:
        try:
            line = next(self._lines, "")
        except _TooLong as problem:
            raise Invalid("The first line is far too long for the names of columns.") from problem
        self._lines.put_back(0)
        return max(separators, key=lambda each: len(next(csv.reader([line], delimiter=each), [])))

    def _parse(self, lines: Iterator[str]) -> Iterator[list[str]]:
        # Strict: a quotation mark that is not closed properly is an error, never a guess that joins rows in silence.
        return csv.reader(lines, delimiter=self._separator, strict=True)

    def _header(self) -> tuple[str, ...]:
        try:
            names = next((record for record in self._records if record), None)
        except (csv.Error, _TooLong) as problem:
            raise Invalid(f"The first row, which should name the columns, cannot be read: {problem}.") from problem
        if names is None:
            raise Invalid("The file is empty.")
        return _checked_names([name.strip() for name in names])

    def __iter__(self) -> Iterator[Row | BadRow]:
        width = len(self.columns)
        while True:
            self._lines.start()
            try:
                record = next(self._records, None)
            except (csv.Error, _TooLong) as problem:
                yield self._broken(problem)
                continue
            if record is None:
                return
            if not record:
                continue
            if len(record) != width:
                yield BadRow(self._lines.first, f"Has {len(record)} columns where the header names {width}.")
            else:
                yield self._row(record)

    def _row(self, record: list[str]) -> Row | BadRow:
        if not all(map(str.isascii, self._lines.taken)):
            for name, value in zip(self.columns, record, strict=True):
                if problem := _undecodable(value):
                    return BadRow(self._lines.first, f"Column “{name}” is not UTF-8: {problem}.")
        return Row(self._lines.first, dict(zip(self.columns, record, strict=True)))

    def _broken(self, problem: Exception) -> BadRow:
        """What to say of a record that cannot be read, and where to go on.

        A quotation mark that was never closed swallows the rows after it. When the lines after it look like rows they
        are read again as rows; otherwise they belong to a long or badly quoted text, and are passed over with it.
        """
        lines, first = self._lines, self._lines.first
        misquoted = isinstance(problem, csv.Error) and "unexpected end" not in str(problem)
        opened = self._opening(lines.taken[:-1] if misquoted else lines.taken)
        if opened is not None and self._plausible(lines.taken[opened + 1 :]):
            lines.put_back(opened + 1)
            return BadRow(first, f"The quotation mark that opens on line {first + opened} is never closed.")
        if isinstance(problem, _TooLong):
            last = lines.skip_record(quoted=opened is not None)
            return BadRow(first, f"{_span(first, last)}: longer than {self._limit:,} characters.")
        said = "inside a quoted field must be doubled" if misquoted else "is not closed"
        return BadRow(first, f"{_span(first, lines.last)}: a quotation mark {said}.")

    def _opening(self, taken: Sequence[str]) -> int | None:
        return max((index for index, line in enumerate(taken) if '"' in line), default=None)

    def _plausible(self, lines: Sequence[str]) -> bool:
        """Whether the lines read as rows of this table; one column is no evidence, any line would fit."""
        rows = 0
        try:
            for record in self._parse(iter(lines[:PLAUSIBLE_LINES])):
                if record and len(record) != len(self.columns):
                    return False
                rows += bool(record)
        except csv.Error as problem:
            return rows > 0 and "unexpected end" in str(problem)
        return rows > 0 and len(self.columns) > 1


class _JsonLines(Table):
    """JSONL: one object a line. Numbers keep their digits, lists of words stay lists, nesting becomes JSON text."""

    open_ended = True

    def __init__(self, source: _Source, limit: int) -> None:
        super().__init__(source)
        self._limit = limit
        self._lines = _Lines(source.text("\n"), limit)
        self.columns = self._peek()

    def _peek(self) -> tuple[str, ...]:
        lines: list[str] = []
        with suppress(_TooLong):
            for line in islice(self._lines, PEEKED_LINES):
                lines.append(line)
                if self._lines.characters > PEEKED_CHARACTERS:
                    break
        self._lines.put_back(0)
        found = [row.values for line in lines if isinstance(row := _json_row(1, line), Row)]
        columns = tuple(dict.fromkeys(name for values in found for name in values))
        if not columns:
            raise Invalid(
                f"None of the first {len(lines)} lines is a JSON object with values. JSONL has one object on each line."
            )
        return _not_too_many(columns)

    def __iter__(self) -> Iterator[Row | BadRow]:
        while True:
            self._lines.start()
            try:
                line = next(self._lines, "")
            except _TooLong:
                self._lines.skip_record(quoted=False)
                yield BadRow(self._lines.first, f"The line is longer than {self._limit:,} characters.")
                continue
            if not line:
                return
            if not line.isspace():
                yield _json_row(self._lines.first, line)


class _BadJson(ValueError):
    """A JSON text that means nothing certain; the message is the reason."""


def _json_row(number: int, line: str) -> Row | BadRow:
    if problem := _undecodable(line):
        return BadRow(number, f"Not UTF-8: {problem}.")
    try:
        return Row(number, _json_values(line))
    except _BadJson as problem:
        return BadRow(number, str(problem))
    except json.JSONDecodeError as problem:
        return BadRow(number, f"Not JSON: {problem.msg} at character {problem.pos + 1:,}.")
    except RecursionError:
        return BadRow(number, f"Nested more than {DEPTH_LIMIT} levels deep.")


def _json_values(line: str) -> dict[str, Value]:
    found = DECODER.decode(line)
    if not isinstance(found, dict):
        raise _BadJson("Not a JSON object. Each line must be one object, like {“id”: …, “text”: …}.")
    for name in found:
        if not name or len(name) > NAME_LIMIT or CONTROL.search(name):
            raise _BadJson(f"“{CONTROL.sub('?', name[:40])}” cannot be a key: 1 to {NAME_LIMIT} printable characters.")
    values = {name: _json_value(value, name, line) for name, value in found.items() if value is not None}
    if "\\u" in line:
        _refuse_surrogates(values)
    return values


def _json_value(value: Any, name: str, line: str) -> Value:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    if _is_deeper(value, DEPTH_LIMIT):
        raise _BadJson(f"“{name}” is nested more than {DEPTH_LIMIT} levels deep.")
    try:
        # Read once more, since the first reading made strings of the numbers inside.
        return json.dumps(json.loads(line)[name], ensure_ascii=False, allow_nan=False)
    except ValueError as problem:
        raise _BadJson(f"“{name}” holds a number that is too large.") from problem


def _is_deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in inner)


def _refuse_surrogates(values: Mapping[str, Value]) -> None:
    for name, value in values.items():
        if any(SURROGATE.search(part) for part in (name, value if isinstance(value, str) else "".join(value))):
            raise _BadJson(f"“{SURROGATE.sub('?', name)}” holds half of a character (a lone surrogate).")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise _BadJson(f"The key “{twice}” occurs twice.")
    return found


def _no_constant(name: str) -> Any:
    raise _BadJson(f"{name} is not JSON.")


_AS_WRITTEN: Callable[[str], Any] = str
DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_AS_WRITTEN, parse_float=_AS_WRITTEN, parse_constant=_no_constant
)


def _undecodable(text: str) -> str:
    """Where the first byte that is not UTF-8 stands, in words; empty when there is none."""
    if text.isascii():
        return ""
    try:
        text.encode()
    except UnicodeEncodeError as problem:
        before = len(text[: problem.start].encode())
        return f"byte 0x{ord(text[problem.start]) - 0xDC00:02X} at position {before + 1:,}"
    return ""


def _checked_names(names: Sequence[str]) -> tuple[str, ...]:
    for number, name in enumerate(names, start=1):
        if not name:
            raise Invalid(f"Column {number} has no name in the first row. Give every column a name.")
        if _undecodable(name):
            raise Invalid(f"The name of column {number} is not UTF-8. Save the file as UTF-8 and import that.")
        if len(name) > NAME_LIMIT or CONTROL.search(name):
            raise Invalid(
                f"“{name[:40]}…” in column {number} of the first row is no name for a column "
                f"(at most {NAME_LIMIT} characters, no line breaks). Put the names of the columns into the first row."
            )
    if len(set(names)) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise Invalid(f"Two columns are named “{twice}”. Give every column a name of its own.")
    if all(name.replace(".", "", 1).isdigit() for name in names):
        raise Invalid("The first row holds only numbers. Put the names of the columns into the first row.")
    return _not_too_many(tuple(names))


def _not_too_many(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) > COLUMN_LIMIT:
        raise Invalid(f"The file has {len(names):,} columns; at most {COLUMN_LIMIT:,} can be read.")
    return names


def _span(first: int, last: int) -> str:
    return f"Line {first}" if first == last else f"Lines {first} to {last}"
