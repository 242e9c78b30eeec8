"""Sealing: authenticated encryption under a key of this instance, so that a file can be read here and nowhere else.

Every sealed body has a random data key of its own (AES-256-GCM, NIST SP 800-38D), wrapped by a key that is derived
from the instance key (HKDF, RFC 5869). A change of the instance key re-wraps 60 bytes and leaves the body alone. The
body begins with a commitment to its data key, since GCM alone lets one body be opened under two keys (Albertini et al.
2022).

    body = magic (8) | name (16) | nonce (12) | commitment (32) | AES-256-GCM(plain), authenticated with all before it
"""

import hmac
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reviewapp import env
from reviewapp.errors import Damaged, OtherInstance

MAGIC = b"RVSEAL\x001"
KEY, NONCE, COMMITMENT, TAG = 32, 12, 32, 16
KEY_ID, WRAPPED = 8, NONCE + KEY + TAG
PURPOSES = uuid.UUID("5f0c7a52-5c5e-4f0e-9d0a-6a5d6f1b7c11")  # what small secrets are sealed for lies below it
PREFIX = len(MAGIC) + 16 + NONCE + COMMITMENT


@dataclass(frozen=True)
class Sealed:
    """A sealed body, and what its own data key needs to be unwrapped."""

    body: bytes
    key_id: str
    wrapped_key: bytes


class InstanceKey:
    """One instance key: names itself without giving itself away, wraps and unwraps data keys."""

    def __init__(self, secret: bytes) -> None:
        self.id = _derived(secret, b"reviewapp key id", KEY_ID).hex()
        self._cipher = AESGCM(_derived(secret, b"reviewapp key encryption", KEY))

    def wrap(self, data_key: bytes, name: uuid.UUID) -> bytes:
        """The data key, encrypted for the body of this name: 60 bytes."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, data_key, self._bound(name))

    def unwrap(self, wrapped: bytes, name: uuid.UUID) -> bytes:
        """The data key; raises :class:`Damaged` when it is not what was wrapped for this name."""
        try:
            return self._cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], self._bound(name))
        except (InvalidTag, ValueError) as problem:
            raise _damaged() from problem

    def _bound(self, name: uuid.UUID) -> bytes:
        return MAGIC + name.bytes + self.id.encode()


def instance_keys() -> list[InstanceKey]:
    """This instance's key, then former ones that are still kept (``INSTANCE_KEY``, ``INSTANCE_KEY_PREVIOUS``)."""
    return [InstanceKey(env.secret("INSTANCE_KEY")), *map(InstanceKey, env.former_secrets("INSTANCE_KEY"))]


def seal(plain: bytes, name: uuid.UUID) -> Sealed:
    """Encrypt for this instance; ``name`` is bound into the result."""
    key, data_key, nonce = instance_keys()[0], secrets.token_bytes(KEY), secrets.token_bytes(NONCE)
    prefix = MAGIC + name.bytes + nonce + _derived(data_key, b"reviewapp commitment", COMMITMENT)
    body = prefix + AESGCM(data_key).encrypt(nonce, plain, prefix)
    return Sealed(body, key.id, key.wrap(data_key, name))


def unseal(sealed: Sealed, name: uuid.UUID) -> bytes:
    """What was sealed under this name.

    Raises :class:`OtherInstance` when the key that sealed it is not among ours, :class:`Damaged` when any bit differs.
    """
    data_key = find(sealed.key_id, instance_keys()).unwrap(sealed.wrapped_key, name)
    prefix, secret = sealed.body[:PREFIX], sealed.body[PREFIX:]
    nonce, commitment = prefix[24 : 24 + NONCE], prefix[24 + NONCE :]
    if not prefix.startswith(MAGIC + name.bytes) or not compare_digest(
        commitment, _derived(data_key, b"reviewapp commitment", COMMITMENT)
    ):
        raise _damaged()
    try:
        return AESGCM(data_key).decrypt(nonce, secret, prefix)
    except (InvalidTag, ValueError) as problem:
        raise _damaged() from problem


def lock(secret: bytes, purpose: str) -> bytes:
    """A small secret sealed for one purpose, with all but the instance key that :func:`unlock` needs."""
    sealed = seal(secret, uuid.uuid5(PURPOSES, purpose))
    return bytes.fromhex(sealed.key_id) + sealed.wrapped_key + sealed.body


def unlock(locked: bytes, purpose: str) -> bytes:
    """What was locked for this very purpose; raises what :func:`unseal` raises."""
    key_id, wrapped, body = locked[:KEY_ID], locked[KEY_ID : KEY_ID + WRAPPED], locked[KEY_ID + WRAPPED :]
    return unseal(Sealed(body, key_id.hex(), wrapped), uuid.uuid5(PURPOSES, purpose))


def key_id_of(locked: bytes) -> str:
    """The instance key that :func:`lock` used."""
    return locked[:KEY_ID].hex()


def relock(locked: bytes, purpose: str, keys: Sequence[InstanceKey]) -> bytes:
    """The same small secret under the first of these instance keys; raises what :func:`rewrap` raises."""
    wrapped = locked[KEY_ID : KEY_ID + WRAPPED]
    key_id, wrapped = rewrap(key_id_of(locked), wrapped, uuid.uuid5(PURPOSES, purpose), keys)
    return bytes.fromhex(key_id) + wrapped + locked[KEY_ID + WRAPPED :]


def sign(digest: bytes) -> tuple[str, bytes]:
    """``(key id, code)`` that show that this instance knew the digest (HMAC-SHA-256 under a key of its own)."""
    secret = env.secret("INSTANCE_KEY")
    return InstanceKey(secret).id, _signature(secret, digest)


def is_signed(key_id: str, code: bytes, digest: bytes) -> bool:
    """Whether this instance, under a key that is still kept, gave the code for the digest."""
    held = [env.secret("INSTANCE_KEY"), *env.former_secrets("INSTANCE_KEY")]
    return any(InstanceKey(secret).id == key_id and compare_digest(code, _signature(secret, digest)) for secret in held)


def token_key_id() -> str:
    """Names the key that turns this instance's words into codes, without giving it away (16 hexadecimal digits)."""
    return _derived(env.secret("TOKEN_KEY"), b"reviewapp token key id", KEY_ID).hex()


def rewrap(key_id: str, wrapped_key: bytes, name: uuid.UUID, keys: Sequence[InstanceKey]) -> tuple[str, bytes]:
    """The same data key under the first of these instance keys: ``(key id, wrapped key)``."""
    return keys[0].id, keys[0].wrap(find(key_id, keys).unwrap(wrapped_key, name), name)


def find(key_id: str, among: Iterable[InstanceKey]) -> InstanceKey:
    """The key of this id; raises :class:`OtherInstance`."""
    for key in among:
        if key.id == key_id:
            return key
    raise OtherInstance(
        f"This was sealed by another instance (key {key_id}), and that key is not here, so it cannot be opened."
    )


def fingerprint(plain: bytes) -> str:
    """Keyed BLAKE2b (64 hexadecimal digits): equal for equal content, and of no use for testing a guess elsewhere."""
    key = _derived(env.secret("TOKEN_KEY"), b"reviewapp payload fingerprint", KEY)
    return blake2b(plain, key=key, digest_size=32).hexdigest()


def _signature(secret: bytes, digest: bytes) -> bytes:
    return hmac.digest(_derived(secret, b"reviewapp signature", KEY), digest, "sha256")


def _derived(secret: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=purpose).derive(secret)


def _damaged() -> Damaged:
    return Damaged("The sealed file is damaged: it is not, bit for bit, what was sealed. Restore it from a backup.")
