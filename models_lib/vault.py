"""The folder of sealed files, each named by the digest of its bytes; equal copies of a model read the same file."""

import os
import secrets
from hashlib import blake2b
from pathlib import Path

from reviewapp.errors import Damaged, Unavailable


class Vault:
    """Keeps sealed files; what is in them is checked on every reading."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(self, body: bytes) -> str:
        """Store the bytes; returns their BLAKE2b digest (64 hexadecimal digits). A reader never sees a half."""
        digest = _digest(body)
        place = self._place(digest)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = place.with_name(f".{digest}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(place)
        return digest

    def read(self, digest: str, size: int) -> bytes:
        """The stored bytes, of which there must be ``size``.

        Raises :class:`Unavailable` when the file is gone, :class:`Damaged` when it is not what was stored.
        """
        try:
            with self._place(digest).open("rb") as file:
                body = file.read(size + 1)
        except OSError as problem:
            raise Unavailable(f"The sealed file {digest[:12]}… cannot be read from {self.root}.") from problem
        if len(body) != size or _digest(body) != digest:
            raise Damaged(f"The sealed file {digest[:12]}… is damaged: it is not, bit for bit, what was stored.")
        return body

    def remove(self, digest: str) -> None:
        """Delete a file that no row names any more."""
        self._place(digest).unlink(missing_ok=True)

    def _place(self, digest: str) -> Path:
        return self.root / digest[:2] / digest


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=32).hexdigest()
