"""Immutable arrays on disk: one folder an artefact, named by the digest of what is in it.

A folder holds ``<name>.npy`` files, written aside and renamed into place, so a reader never sees a half.
Readers map the arrays into memory. Nothing here can act: ``allow_pickle`` is never on.
"""

import errno
import hashlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from reviewapp.errors import Unavailable

CHUNK = 1 << 20
DIGEST = 64  # characters
UNFINISHED = ".unfinished-"


class ArrayWriter:
    """Appends pieces of one-dimensional arrays to ``.npy`` files, so that none has to fit in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, tuple[Any, np.dtype[Any], int]] = {}

    def append(self, name: str, piece: NDArray[Any], dtype: DTypeLike) -> None:
        """Add ``piece``, cast to ``dtype``, to the end of the array ``name``."""
        if name not in self._files:
            self._files[name] = (self._path(name).open("w+b"), np.dtype(dtype), 0)
            self._write_header(name)
        file, kind, length = self._files[name]
        np.ascontiguousarray(piece, dtype=kind).tofile(file)
        self._files[name] = (file, kind, length + len(piece))

    def close(self) -> None:
        """Write the final lengths; the files are complete ``.npy`` files afterwards."""
        for name, (file, _, _) in self._files.items():
            file.seek(0)
            self._write_header(name)
            file.close()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.npy"

    def _write_header(self, name: str) -> None:
        file, kind, length = self._files[name]
        # numpy pads the header for growth along the first axis, so a longer length still fits in place.
        header = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": (length,)}
        np.lib.format.write_array_header_1_0(file, header)


class Artifacts:
    """The folder of all artefacts of this instance."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def scratch(self) -> Path:
        """A new folder aside, to be filled and then handed to :meth:`keep`."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.root))

    def keep(self, scratch: Path) -> str:
        """Move a filled scratch folder to its place; returns its digest (64 hexadecimal digits)."""
        digest = _digest(sorted(scratch.iterdir()))
        place = self._place(digest)
        place.parent.mkdir(exist_ok=True, mode=0o700)
        while not _settle(scratch, place):
            pass
        return digest

    def discard(self, scratch: Path) -> None:
        """Remove a scratch folder that will not be kept."""
        shutil.rmtree(scratch, ignore_errors=True)

    def write(self, arrays: Mapping[str, NDArray[Any]]) -> str:
        """Keep these arrays as one artefact; returns its digest."""
        scratch = self.scratch()
        try:
            for name, array in arrays.items():
                np.save(scratch / f"{name}.npy", array, allow_pickle=False)
            return self.keep(scratch)
        except BaseException:
            self.discard(scratch)
            raise

    def read(self, digest: str) -> Mapping[str, NDArray[Any]]:
        """The arrays of an artefact, mapped read-only; raises :class:`Unavailable` when it is gone."""
        return _mapped(self._place(digest))

    def file(self, digest: str, name: str) -> Path:
        """One file of an artefact that is no array; raises :class:`Unavailable` when it is gone."""
        path = self._place(digest) / name
        if not path.is_file():
            raise Unavailable(f"The stored file {digest[:12]}…/{name} is missing from {self.root}.")
        return path

    def remove(self, digest: str) -> None:
        """Delete an artefact; a process that has it mapped keeps reading."""
        shutil.rmtree(self._place(digest), ignore_errors=True)

    def expire(self, digest: str, unused: timedelta) -> bool:
        """Delete an artefact unless :meth:`keep` was given the same bytes within ``unused``; whether it is gone.

        Its age is asked once more when it was moved aside: whoever keeps the same bytes later finds no place taken.
        """
        place = self._place(digest)
        aside = place.with_name(f".expired-{secrets.token_hex(8)}")
        try:
            if _unused(place) < unused:
                return False
            place.rename(aside)
        except FileNotFoundError:
            return True
        if _unused(aside) < unused:
            _settle(aside, place)
            return False
        shutil.rmtree(aside)
        return True

    def size(self, digest: str) -> int:
        """Bytes on disk."""
        return sum(file.stat().st_size for file in self._place(digest).iterdir())

    def stored(self, *, before: float) -> list[str]:
        """Digests of all artefacts last stored before that time; scratch folders as old as that are removed."""
        for scratch in self.root.glob(f"{UNFINISHED}*"):
            if scratch.stat().st_mtime < before:
                self.discard(scratch)
        found = (place for place in self.root.glob("??/*") if len(place.name) == DIGEST and place.is_dir())
        return [place.name for place in found if place.stat().st_mtime < before]

    def files(self, digest: str) -> list[Path]:
        """The files of an artefact, in the order in which its digest counts them; none when it is gone."""
        place = self._place(digest)
        return sorted(place.iterdir()) if place.is_dir() else []

    def is_whole(self, digest: str) -> bool:
        """Whether the artefact is there and still what its name says; reads all of it."""
        return bool(found := self.files(digest)) and _digest(found) == digest

    def _place(self, digest: str) -> Path:
        return self.root / digest[:2] / digest


def _settle(folder: Path, place: Path) -> bool:
    """Rename the folder to its place, or drop it where the same bytes are; False when they vanished meanwhile."""
    try:
        folder.rename(place)
    except OSError as problem:
        if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        try:
            os.utime(place)  # used again: see ``expire``
        except FileNotFoundError:
            return False
        shutil.rmtree(folder)
    return True


def _unused(place: Path) -> timedelta:
    return timedelta(seconds=time.time() - place.stat().st_mtime)


def _digest(files: Iterable[Path]) -> str:
    whole = hashlib.blake2b(digest_size=32)
    for path in files:
        whole.update(path.name.encode() + b"\0")
        with path.open("rb") as file:
            while piece := file.read(CHUNK):
                whole.update(piece)
    return whole.hexdigest()


@lru_cache(maxsize=64)
def _mapped(place: Path) -> Mapping[str, NDArray[Any]]:
    if not place.is_dir():
        raise Unavailable(f"The stored arrays {place.name[:12]}… are missing from {place.parent.parent}.")
    return {path.stem: np.load(path, mmap_mode="r", allow_pickle=False) for path in place.glob("*.npy")}
