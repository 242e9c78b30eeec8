"""An authenticator app: the six digits of a key at a moment (RFC 6238), by another library than the product's."""

import base64
import time

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP


def digits(key: str, steps: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    app = TOTP(base64.b32decode(key), 6, SHA1(), 30)  # noqa: S303 - what apps use
    return app.generate(time.time() + 30 * steps).decode()
