"""The encrypted stream: the passphrase opens it, and not one bit of it can be another."""

import io
import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewapp.archives.stream import CHUNK, HEADER, LEAST_WORK, TAG, Header, Reader, Writer
from reviewapp.errors import ArchiveDamaged, Invalid, WrongPassphrase

PASSPHRASE = "seven green valves at noon"
REFUSALS = (ArchiveDamaged, WrongPassphrase, Invalid)


def written(plain: bytes, passphrase: str = PASSPHRASE) -> bytes:
    file = io.BytesIO()
    writer = Writer(file, *Header.make(passphrase, LEAST_WORK))
    for start in range(0, len(plain), 100_000):
        writer.write(plain[start : start + 100_000])
    writer.close()
    return file.getvalue()


def read(sealed: bytes, passphrase: str = PASSPHRASE) -> bytes:
    file = io.BytesIO(sealed)
    header = Header.read(file)
    reader = Reader(file, header, header.unlock(passphrase))
    found = bytearray()
    while not reader.at_end():
        found += reader.read(1)
    return bytes(found)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 77]))
def test_what_was_written_comes_back_at_every_length_around_a_chunk(length: int) -> None:
    plain = secrets.token_bytes(length)
    assert read(written(plain)) == plain


def test_the_file_shows_nothing_of_the_text_or_the_passphrase() -> None:
    sealed = written(b"a plain and simple text " * 1000)
    assert b"plain and simple" not in sealed
    assert PASSPHRASE.encode() not in sealed
    assert written(b"x") != written(b"x")


def test_another_passphrase_is_refused_by_name() -> None:
    with pytest.raises(WrongPassphrase, match="passphrase is wrong") as refused:
        read(written(b"secret"), "seven green valves at one")
    assert refused.value.code == "wrong_passphrase"


def test_a_passphrase_typed_on_another_keyboard_is_the_same() -> None:
    """Accents may come as one character or as two; both spell the same word."""
    assert read(written(b"x", "cafe\u0301 et the\u0301"), "caf\u00e9 et th\u00e9") == b"x"


def test_a_flipped_bit_in_any_byte_is_refused() -> None:
    sealed = written(b"a few bytes")
    for place in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(REFUSALS):
            read(bytes(damaged))


def test_every_truncation_and_every_addition_is_refused() -> None:
    sealed = written(b"a few bytes")
    for length in range(len(sealed)):
        with pytest.raises(REFUSALS):
            read(sealed[:length])
    with pytest.raises(ArchiveDamaged):
        read(sealed + b"\0")


def test_chunks_cannot_be_dropped_swapped_or_cut_at_their_edge() -> None:
    sealed = written(secrets.token_bytes(3 * CHUNK))
    size = CHUNK + TAG
    head, one, two, three = sealed[:HEADER], *(sealed[HEADER + n * size : HEADER + (n + 1) * size] for n in range(3))
    assert head + one + two + three == sealed
    for others in (one + two, two + one + three, one + three, one + one + two + three, three, b""):
        with pytest.raises(ArchiveDamaged):
            read(head + others)


def test_a_chunk_of_another_archive_of_the_same_passphrase_is_refused() -> None:
    mine, other = written(b"mine"), written(b"ours")
    with pytest.raises(ArchiveDamaged):
        read(mine[:HEADER] + other[HEADER:])


def test_a_file_cannot_ask_for_more_work_than_we_do() -> None:
    """A header that asks scrypt for gigabytes is refused before anything is derived."""
    sealed = bytearray(written(b"x"))
    sealed[8] = 30
    with pytest.raises(ArchiveDamaged):
        Header.read(io.BytesIO(bytes(sealed)))


def test_other_files_and_newer_formats_are_told_apart() -> None:
    with pytest.raises(Invalid, match="not an archive"):
        Header.read(io.BytesIO(b"PK\x03\x04" + bytes(200)))
    with pytest.raises(Invalid, match="newer version"):
        Header.read(io.BytesIO(b"RVARCH\x009" + bytes(200)))
