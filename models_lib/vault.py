"""The folder of sealed files, each named by the digest of its bytes; equal copies of a model read the same file."""

import hashlib
import os
import secrets
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from reviewapp.errors import Damaged, Unavailable

UNFINISHED = ".unfinished-"


class Vault:
    """Keeps sealed files; what is in them is checked on every reading."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(self, body: bytes) -> str:
        """Store the bytes; returns their BLAKE2b digest (64 hexadecimal digits). A reader never sees a half."""
        return self.keep_all([body])

    def keep_all(self, pieces: Iterable[bytes]) -> str:
        """As :meth:`keep`, for bytes that need not fit in memory."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = self.root / f"{UNFINISHED}{secrets.token_hex(8)}"
        whole = blake2b(digest_size=32)
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for piece in pieces:
                    whole.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            place = self.path(whole.hexdigest())
            place.parent.mkdir(exist_ok=True, mode=0o700)
            unfinished.replace(place)
        finally:
            unfinished.unlink(missing_ok=True)
        return place.name

    def path(self, digest: str) -> Path:
        """Where a file lies."""
        return self.root / digest[:2] / digest

    def stored(self, *, before: float) -> list[str]:
        """Digests of all files last stored before that time; unfinished ones as old as that are removed."""
        for unfinished in self.root.glob(f"{UNFINISHED}*"):
            if unfinished.stat().st_mtime < before:
                unfinished.unlink(missing_ok=True)
        return [place.name for place in self.root.glob("??/*") if place.stat().st_mtime < before]

    def is_whole(self, digest: str) -> bool:
        """Whether the file is there and still what its name says; reads all of it."""
        try:
            with self.path(digest).open("rb") as file:
                return hashlib.file_digest(file, lambda: blake2b(digest_size=32)).hexdigest() == digest
        except OSError:
            return False

    def read(self, digest: str, size: int) -> bytes:
        """The stored bytes, of which there must be ``size``.

        Raises :class:`Unavailable` when the file is gone, :class:`Damaged` when it is not what was stored.
        """
        try:
            with self.path(digest).open("rb") as file:
                body = file.read(size + 1)
        except OSError as problem:
            raise Unavailable(f"The sealed file {digest[:12]}… cannot be read from {self.root}.") from problem
        if len(body) != size or _digest(body) != digest:
            raise Damaged(f"The sealed file {digest[:12]}… is damaged: it is not, bit for bit, what was stored.")
        return body

    def remove(self, digest: str) -> None:
        """Delete a file that no row names any more."""
        self.path(digest).unlink(missing_ok=True)


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=32).hexdigest()
