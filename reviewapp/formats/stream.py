"""The elements of a JSON list one after the other, in memory for the longest of them, each with its line."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from reviewapp.errors import Invalid, TooLarge

LONGEST = 64 << 20  # characters of one element
PIECE = 1 << 16  # characters read at a time, at least
DIGITS = 18  # of a whole number, so that it fits into 64 bits
NEAR = 16  # characters from the end of what was read where an error may only mean that more is to come

_SPACE = re.compile(r"[ \t\r\n]*")


def elements(path: Path, filename: str) -> Iterator[tuple[int, Any]]:
    """``(line, element)`` of each element of a list, or of one value after another.

    Raises :class:`Invalid` with file, line and column where the text is no JSON, or no UTF-8.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from _Stream(file, filename).elements()


class _Stream:
    """A text that is read on when what is there does not make a whole element."""

    def __init__(self, file: TextIO, filename: str) -> None:
        self._file, self._filename = file, filename
        self._text, self._at, self._ended = "", 0, False
        self._line, self._line_start = 1, 0  # where the kept text begins: its line, and the column before it

    def elements(self) -> Iterator[tuple[int, Any]]:
        listed = self._next() == "["
        self._at += listed
        if listed and self._next() == "]":
            self._at += 1
            self._finish()
            return
        while self._next():
            yield self._place()[0], self._element()
            separator = self._next()
            if not listed:
                continue
            if not separator:
                break
            if separator not in (",", "]"):
                raise self._invalid("a comma or the end of the list is missing", self._at)
            self._at += 1
            if separator == "]":
                self._finish()
                return
        if listed:
            raise self._invalid("the list is not closed", self._at)

    def _finish(self) -> None:
        if self._next():
            raise self._invalid("something stands behind the end of the list", self._at)

    def _next(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            assert found is not None
            self._at = found.end()
            if self._at < len(self._text) or not self._fill():
                return self._text[self._at : self._at + 1]

    def _element(self) -> Any:
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as problem:
                behind = problem.pos - self._at
                unfinished = len(self._text) - problem.pos <= NEAR or problem.msg.startswith("Unterminated")
                if not (unfinished and self._fill()):
                    raise self._invalid(problem.msg, self._at + behind) from problem
            except RecursionError as problem:
                raise self._invalid("this is nested too deeply", self._at) from problem
            except ValueError as problem:
                raise self._invalid(str(problem), self._at) from problem
            else:
                if end < len(self._text) or not self._fill():
                    self._check(self._text[self._at : end], value)
                    self._at = end
                    return value

    def _check(self, written: str, value: Any) -> None:
        if "\\ud" in written.lower():
            try:
                json.dumps(value, ensure_ascii=False).encode()
            except UnicodeEncodeError as problem:
                raise self._invalid("half of a character (a lone surrogate)", self._at) from problem

    def _fill(self) -> bool:
        """Read on, twice as much each time the same element wants more; False at the end of the file."""
        if self._ended:
            return False
        kept = len(self._text) - self._at
        if kept > LONGEST:
            raise TooLarge(f"{self._filename}, line {self._place()[0]}: one task has more than {LONGEST:,} characters.")
        self._line, self._line_start = self._place()[0], self._place()[1] - 1
        try:
            more = self._file.read(max(PIECE, kept))
        except UnicodeDecodeError as problem:
            raise Invalid(f"{self._filename}, near line {self._line}: the file is not UTF-8.") from problem
        self._text, self._at, self._ended = self._text[self._at :] + more, 0, not more
        return bool(more)

    def _place(self, at: int | None = None) -> tuple[int, int]:
        """Line and column, both from 1."""
        before = self._text[: self._at if at is None else at]
        last = before.rfind("\n")
        column = len(before) - last if last >= 0 else self._line_start + len(before) + 1
        return self._line + before.count("\n"), column

    def _invalid(self, reason: str, at: int) -> Invalid:
        line, column = self._place(at)
        return Invalid(f"{self._filename}, line {line}, column {column}: {reason}.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key “{next(name for name in found if names.count(name) > 1)}” occurs twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        raise ValueError(f"{digits[:DIGITS]}… is too large a number")
    return int(digits)


def _fraction(digits: str) -> float:
    if math.isinf(number := float(digits)):
        raise ValueError(f"{digits[:DIGITS]} is too large a number")
    return number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_whole, parse_float=_fraction
)
