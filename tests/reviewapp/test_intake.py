"""Bodies that are read while they are answered: lines of bounded length, and a sender that is never waited for."""

import socket
import threading
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from reviewapp import intake
from reviewapp.intake import Intake, lines


class Faulty:
    """A body that breaks off."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def read(self, size: int) -> bytes:
        if not self.pieces:
            raise OSError("the sender is gone")
        return self.pieces.pop(0)


@given(body=some.binary(max_size=200), cuts=some.lists(some.integers(0, 200), max_size=8), longest=some.integers(1, 60))
def test_lines_are_those_of_the_whole_body_however_it_comes(body: bytes, cuts: list[int], longest: int) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < len(body)), len(body)]
    pieces = (body[begin:end] for begin, end in pairwise(edges))
    found = [line for part in lines(pieces, longest) for line in part]
    whole = body.split(b"\n")
    expected = whole if whole[-1] else whole[:-1]
    assert found == [line if len(line) <= longest else None for line in expected]


def test_a_body_is_read_whole_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "PIECE", 7)
    sent = bytes(range(256)) * 5
    with Intake(BytesIO(sent), 10_000) as body:
        pieces = list(body.pieces())
    assert b"".join(pieces) == sent
    assert max(map(len, pieces)) == 7
    assert not body.is_cut


def test_a_body_is_cut_where_it_is_too_long() -> None:
    with Intake(BytesIO(b"x" * 100), 30) as body:
        assert b"".join(body.pieces()) == b"x" * 30
        assert body.is_cut


def test_a_body_that_breaks_off_is_told_after_what_had_come() -> None:
    seen: list[bytes] = []
    with Intake(Faulty(b"one\n", b"two\n"), 100) as body, pytest.raises(OSError, match="gone"):
        seen += body.pieces()
    assert b"".join(seen) == b"one\ntwo\n"


def test_the_sender_is_not_waited_for_while_nobody_takes_pieces() -> None:
    """Whoever sends everything before it reads an answer gets rid of everything."""
    ours, theirs = socket.socketpair()
    sender = threading.Thread(target=theirs.sendall, args=(b"y" * 5_000_000,), daemon=True)
    with ours.makefile("rb", buffering=0) as source, Intake(source, 10_000_000) as body:
        sender.start()
        sender.join(timeout=60)
        assert not sender.is_alive()
        theirs.close()
        assert sum(map(len, body.pieces())) == 5_000_000
    ours.close()
