"""The elements of a JSON list one after the other, in memory for the longest of them, each with its line.

An element that is well-formed and holds what cannot be kept (a number too large, a nesting too deep, half a character)
is passed over as a :class:`Flaw`; what follows it is read.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from reviewapp.errors import Invalid, TooLarge

LONGEST = 64 << 20  # characters of one element
PIECE = 1 << 16  # characters read at a time, at least
DIGITS = 18  # of a whole number, so that it fits into 64 bits
NEAR = 16  # characters from the end of what was read where an error may only mean that more is to come

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[^\s,\[\]{}\"]*")
_MARK = re.compile(r"[\[\]{}\"]")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


@dataclass(frozen=True)
class Flaw:
    """Why an element cannot be kept."""

    reason: str


def elements(path: Path, filename: str) -> Iterator[tuple[int, Any]]:
    """``(line, element)`` of each element of a list, or of one value after another; a :class:`Flaw` for one to refuse.

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
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as problem:
                behind = problem.pos - self._at
                unfinished = len(self._text) - problem.pos <= NEAR or problem.msg.startswith("Unterminated")
                if not (unfinished and self._fill()):
                    raise self._invalid(problem.msg, self._at + behind) from problem
            except RecursionError:
                return self._passed_over("it is nested too deeply")
            except ValueError as problem:
                return self._passed_over(str(problem))
            else:
                if end < len(self._text) or not self._fill():
                    written, self._at = self._text[self._at : end], end
                    return Flaw("half of a character (a lone surrogate)") if _is_half(written, value) else value

    def _passed_over(self, reason: str) -> Flaw:
        """Go behind the element by its brackets and quotes alone."""
        depth, seen = 0, 0  # seen: how many characters of the element were looked at
        while True:
            scalar = None if depth or self._text[self._at] in '[{"' else _SCALAR.match(self._text, self._at)
            mark = None if scalar else _MARK.search(self._text, self._at + seen)
            found = scalar or (_TEXT.match(self._text, mark.start()) if mark and mark[0] == '"' else mark)
            if found is None or (scalar and scalar.end() == len(self._text)):
                seen = (mark.start() if mark else len(self._text)) - self._at
                if self._fill():
                    continue
            if found is None:
                raise self._invalid("it is not closed", self._at)
            depth += (found[0] in ("[", "{")) - (found[0] in ("]", "}"))
            seen = found.end() - self._at
            if depth == 0:
                self._at = found.end()
                return Flaw(reason)

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


def _is_half(written: str, value: Any) -> bool:
    """Whether a text of the value ends within a character, so that no file can hold it."""
    if "\\ud" not in written.lower():
        return False
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


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


DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_whole, parse_float=_fraction
)
