"""Arrays on disk are whole or absent, named by what is in them, and cannot act."""

import os
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapp.artifacts import ArrayWriter, Artifacts
from reviewapp.errors import Unavailable
from tests.threads import at_once


@given(pieces=st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=50), min_size=1, max_size=6))
def test_an_array_written_in_pieces_reads_as_one(
    pieces: list[list[int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    writer = ArrayWriter(folder)
    for piece in pieces:
        writer.append("numbers", np.array(piece, np.int64), np.int32)
    writer.close()
    read = np.load(folder / "numbers.npy", allow_pickle=False)
    assert read.dtype == np.int32
    assert read.tolist() == [number for piece in pieces for number in piece]


def test_the_same_arrays_have_the_same_digest_and_are_kept_once(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    first = artifacts.write({"a": np.arange(5), "b": np.ones(2, np.float32)})
    second = artifacts.write({"b": np.ones(2, np.float32), "a": np.arange(5)})
    assert first == second
    assert artifacts.write({"a": np.arange(6), "b": np.ones(2, np.float32)}) != first
    assert len(list(tmp_path.glob("*/*"))) == 2
    assert np.array_equal(artifacts.read(first)["a"], np.arange(5))


def test_an_array_that_could_act_is_never_written(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        artifacts.write({"a": np.array([object()])})
    assert list(tmp_path.iterdir()) == []


def test_what_is_gone_is_said_to_be_gone(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="are missing"):
        Artifacts(tmp_path).read("ab" * 32)


def test_a_file_expires_unless_the_same_bytes_were_kept_again_lately(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    digest = artifacts.write({"a": np.arange(5)})
    os.utime(tmp_path / digest[:2] / digest, (0, 0))
    artifacts.write({"a": np.arange(5)})
    assert not artifacts.expire(digest, timedelta(hours=1))
    assert artifacts.is_whole(digest)
    assert artifacts.expire(digest, timedelta(0))
    assert not artifacts.is_whole(digest)
    assert artifacts.expire(digest, timedelta(0))
    assert [path.name for path in tmp_path.glob("*/*")] == []


def test_keeping_and_expiring_at_once_leaves_nothing_half(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    digest = artifacts.write({"a": np.arange(5)})

    def work(who: int) -> None:
        for _ in range(200):
            if who % 2:
                assert artifacts.write({"a": np.arange(5)}) == digest
            else:
                artifacts.expire(digest, timedelta(microseconds=50))

    assert at_once(6, work) == [None] * 6
    artifacts.write({"a": np.arange(5)})
    assert artifacts.is_whole(digest)
    assert [path.name for path in tmp_path.glob("*/*")] == [digest]


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    digest = artifacts.write({"a": np.arange(5)})
    assert artifacts.is_whole(digest)
    place = tmp_path / digest[:2] / digest / "a.npy"
    place.write_bytes(place.read_bytes()[:-1] + b"\1")
    assert not artifacts.is_whole(digest)


def test_what_is_mapped_cannot_be_changed(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    array = artifacts.read(artifacts.write({"a": np.arange(5)}))["a"]
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 9
