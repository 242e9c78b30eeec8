"""Small secrets that must be read back, such as the key that signs a webhook: never in clear in the database.

AES-256-GCM under the instance's sealing key. What a secret is for is authenticated with it, so a sealed secret moved to
another row does not open there. What need not be read back (passwords, tokens) is kept as a digest instead.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reviewapp import env
from reviewapp.errors import Unavailable

NONCE = 12  # bytes


def seal(secret: bytes, purpose: str) -> bytes:
    """The secret, to be opened for the same purpose only."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + _cipher().encrypt(nonce, secret, purpose.encode())


def unseal(sealed: bytes, purpose: str) -> bytes:
    """The secret again; raises :class:`Unavailable` when it was sealed under another key, or altered."""
    try:
        return _cipher().decrypt(sealed[:NONCE], sealed[NONCE:], purpose.encode())
    except InvalidTag as problem:
        raise Unavailable(
            "A stored secret cannot be opened: it was sealed under another key, or altered. "
            "Restore keys/sealing_key, or make a new secret."
        ) from problem


def _cipher() -> AESGCM:
    return AESGCM(env.secret("SEALING_KEY"))
