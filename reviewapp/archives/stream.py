"""The encrypted stream of an archive: read with the passphrase, and only whole.

The construction of age (age-encryption.org/v1) with AES-256-GCM (NIST SP 800-38D): a random file key, wrapped under a
key that scrypt (RFC 7914) derives from the passphrase; the content in chunks of 64 KiB, each sealed under a key
derived from the file key (HKDF, RFC 5869), with its number and a last-chunk flag as its nonce (STREAM, Hoang et al.
2015). So no chunk can be changed, moved, left out or put behind the end without being noticed. The header commits to
the file key, since GCM alone lets one text be opened under two keys (Albertini et al. 2022).

    header = magic (8) | log2 N, r, p of scrypt (3) | salt (16) | nonce (12) | wrapped file key (48) | commitment (32)
    chunk  = AES-256-GCM(up to 64 KiB) with the header authenticated; nonce = number (11) | 1 for the last chunk, else 0
"""

import secrets
import unicodedata
from dataclasses import dataclass
from hmac import compare_digest
from threading import BoundedSemaphore
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from reviewapp.errors import ArchiveDamaged, Invalid, Unavailable, WrongPassphrase

MAGIC = b"RVARCH\x001"
KEY, SALT, NONCE, TAG = 32, 16, 12, 16
CHUNK = 64 << 10
BOUND = len(MAGIC) + 3 + SALT + NONCE  # of the header, what the wrapped key is bound to
HEADER = BOUND + KEY + TAG + KEY
BLOCK_SIZE = 8  # r of scrypt
LEAST_WORK, MOST_WORK = 10, 18  # log2 N: a file from outside cannot ask for more than 256 MiB
DERIVING = BoundedSemaphore(2)  # a derivation takes 128 MiB, and a server has many threads
PATIENCE = 20  # seconds


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True)
class Header:
    """The first bytes of an archive: all that is needed to get from the passphrase to the file key."""

    raw: bytes

    @classmethod
    def make(cls, passphrase: str, work: int) -> tuple["Header", bytes]:
        """A header for this passphrase with a new file key; ``work`` is log2 N of scrypt."""
        file_key, salt, nonce = secrets.token_bytes(KEY), secrets.token_bytes(SALT), secrets.token_bytes(NONCE)
        bound = MAGIC + bytes([work, BLOCK_SIZE, 1]) + salt + nonce
        wrapped = AESGCM(_derive(passphrase, salt, work)).encrypt(nonce, file_key, bound)
        return cls(bound + wrapped + _expand(file_key, b"reviewapp archive commitment")), file_key

    @classmethod
    def read(cls, file: BinaryIO) -> "Header":
        """The header at the beginning of a file; raises :class:`Invalid` when it is not an archive of ours."""
        raw = file.read(HEADER)
        if not raw.startswith(MAGIC):
            newer = raw.startswith(MAGIC[:-1])
            message = "It was made by a newer version of this product." if newer else "This is not an archive."
            raise Invalid(message, fields={"file": [message]})
        work, block, parallel = raw[len(MAGIC) : len(MAGIC) + 3] if len(raw) == HEADER else (0, 0, 0)
        if not LEAST_WORK <= work <= MOST_WORK or (block, parallel) != (BLOCK_SIZE, 1):
            raise ArchiveDamaged("The archive’s first bytes are damaged.")
        return cls(raw)

    def unlock(self, passphrase: str) -> bytes:
        """The file key; raises :class:`WrongPassphrase` for any other passphrase."""
        bound, wrapped = self.raw[:BOUND], self.raw[BOUND : BOUND + KEY + TAG]
        salt, nonce = bound[-SALT - NONCE : -NONCE], bound[-NONCE:]
        try:
            file_key = AESGCM(_derive(passphrase, salt, bound[len(MAGIC)])).decrypt(nonce, wrapped, bound)
        except InvalidTag as problem:
            message = "The passphrase is wrong, or the archive’s first bytes are damaged."
            raise WrongPassphrase(message, fields={"passphrase": [message]}) from problem
        self.require(file_key)
        return file_key

    def require(self, file_key: bytes) -> None:
        """Raise :class:`ArchiveDamaged` unless this is the key that the header commits to."""
        if not compare_digest(self.raw[-KEY:], _expand(file_key, b"reviewapp archive commitment")):
            raise ArchiveDamaged("The archive’s first bytes are damaged.")


class Writer:
    """Encrypts what is written to it into a file; only after :meth:`close` is the archive whole."""

    def __init__(self, file: Sink, header: Header, file_key: bytes) -> None:
        file.write(header.raw)
        self._file = file
        self._seal = _Sealer(header, file_key)
        self._held = bytearray()

    def write(self, data: bytes, /) -> None:
        self._held += data
        # A full chunk waits for what follows: the last one is sealed as such.
        while len(self._held) > CHUNK:
            self._file.write(self._seal.encrypt(bytes(self._held[:CHUNK]), last=False))
            del self._held[:CHUNK]

    def close(self) -> None:
        """Write the last chunk; the file itself stays open."""
        self._file.write(self._seal.encrypt(bytes(self._held), last=True))


class Reader:
    """Decrypts an archive piece by piece; what it gives is authentic, and so is that nothing follows.

    Every reading method raises :class:`ArchiveDamaged` where the file is not, bit for bit, what was written.
    """

    def __init__(self, file: BinaryIO, header: Header, file_key: bytes) -> None:
        header.require(file_key)
        self._file = file
        self._seal = _Sealer(header, file_key)
        self._ahead = file.read(CHUNK + TAG)
        self._held = memoryview(b"")
        if not self._ahead:
            raise _damaged()

    def read(self, size: int) -> bytes:
        """Exactly so many bytes."""
        pieces = []
        while size:
            if not self._held and not self._more():
                raise _damaged()
            pieces.append(bytes(self._held[:size]))
            self._held = self._held[size:]
            size -= len(pieces[-1])
        return b"".join(pieces)

    def at_end(self) -> bool:
        """Whether everything was read."""
        return not self._held and not self._more()

    def _more(self) -> bool:
        sealed, self._ahead = self._ahead, self._file.read(CHUNK + TAG)
        if not sealed:
            return False
        self._held = memoryview(self._seal.decrypt(sealed, last=not self._ahead))
        return bool(self._held)


class _Sealer:
    """Chunk after chunk under one payload key."""

    def __init__(self, header: Header, file_key: bytes) -> None:
        self._cipher = AESGCM(_expand(file_key, b"reviewapp archive payload"))
        self._header = header.raw
        self._number = 0

    def encrypt(self, plain: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(last=last), plain, self._header)

    def decrypt(self, sealed: bytes, *, last: bool) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(last=last), sealed, self._header)
        except (InvalidTag, ValueError) as problem:
            raise _damaged() from problem

    def _nonce(self, *, last: bool) -> bytes:
        self._number += 1
        return self._number.to_bytes(NONCE - 1, "big") + bytes([last])


def _derive(passphrase: str, salt: bytes, work: int) -> bytes:
    if not DERIVING.acquire(timeout=PATIENCE):
        raise Unavailable("Others are opening archives right now. Try again in a moment.")
    try:
        spelled = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
        return Scrypt(salt=salt, length=KEY, n=1 << work, r=BLOCK_SIZE, p=1).derive(spelled)
    finally:
        DERIVING.release()


def _expand(file_key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY, salt=None, info=purpose).derive(file_key)


def _damaged() -> ArchiveDamaged:
    return ArchiveDamaged("The archive is damaged or cut off: it is not, bit for bit, what was written.")
