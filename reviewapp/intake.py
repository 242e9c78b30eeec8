"""Bodies that are read while they are answered: as lines of bounded length, in memory that does not grow.

A sender may send everything before it reads an answer. Whoever answers while reading would then wait for the sender,
and the sender for them; so a thread reads ahead into a temporary file.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from threading import Condition, Thread
from typing import Protocol

PIECE = 2**17  # bytes that are answered together at most


class Source(Protocol):
    """What a body is read from."""

    def read(self, size: int, /) -> bytes: ...


class Intake:
    """A body that is being read ahead, up to ``most`` bytes; use it in a ``with`` block and take its :meth:`pieces`."""

    def __init__(self, source: Source, most: int) -> None:
        self._source = source
        self._most = most
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever is done with it last
        self._news = Condition()
        self._written = 0
        self._is_ended = self._is_left = False
        self._fault: Exception | None = None
        self.is_cut = False  # whether there was more than is read

    def __enter__(self) -> "Intake":
        Thread(target=self._fill, name="intake", daemon=True).start()
        return self

    def __exit__(self, *fault: object) -> None:
        with self._news:
            self._is_left = True
            if self._is_ended:
                self._file.close()

    def pieces(self) -> Iterator[bytes]:
        """What has arrived, as soon as it has, :data:`PIECE` bytes at most at a time; raises what reading raised."""
        done = 0
        while True:
            with self._news:
                self._news.wait_for(lambda: self._written > done or self._is_ended)  # noqa: B023 - asked at once
                there = self._written - done
                if not there and self._fault:
                    raise self._fault
            if not there:
                return
            piece = os.pread(self._file.fileno(), min(there, PIECE), done)
            done += len(piece)
            yield piece

    def _fill(self) -> None:
        try:
            while not self._is_left and (piece := self._source.read(PIECE)):
                kept = piece[: self._most - self._written]
                self._keep(kept)
                if len(kept) < len(piece):
                    self.is_cut = True
                    break
        except Exception as fault:  # noqa: BLE001 - told to whoever takes the pieces
            self._fault = fault
        with self._news:
            self._is_ended = True
            self._news.notify()
            if self._is_left:
                self._file.close()

    def _keep(self, piece: bytes) -> None:
        place = self._written
        while piece:
            wrote = os.pwrite(self._file.fileno(), piece, place)
            piece, place = piece[wrote:], place + wrote
        with self._news:
            self._written = place
            self._news.notify()


def lines(pieces: Iterable[bytes], longest: int) -> Iterator[list[bytes | None]]:
    """For each piece the lines that end in it, and at last the one without an end; None for one of too many bytes."""
    begun, is_long = bytearray(), False
    for piece in pieces:
        *ends, begin = piece.split(b"\n")
        found: list[bytes | None] = []
        for end in ends:
            is_long = is_long or len(begun) + len(end) > longest
            found.append(None if is_long else bytes(begun) + end)
            begun.clear()
            is_long = False
        is_long = is_long or len(begun) + len(begin) > longest
        if is_long:
            begun.clear()
        else:
            begun += begin
        yield found
    if begun or is_long:
        yield [None if is_long else bytes(begun)]
