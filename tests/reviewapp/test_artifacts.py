"""Arrays on disk are whole or absent, named by what is in them, and cannot act."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapp.artifacts import ArrayWriter, Artifacts
from reviewapp.errors import Unavailable


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


def test_what_is_mapped_cannot_be_changed(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    array = artifacts.read(artifacts.write({"a": np.arange(5)}))["a"]
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 9
