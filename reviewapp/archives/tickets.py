"""Tickets: between two pages of a restore the browser carries the file key, sealed, so that nobody types twice."""

import json
import time
from typing import Any

from models_lib import sealing
from reviewapp.errors import Conflict, Damaged, OtherInstance
from reviewapp.models import Archive, User

VALID = 3600  # seconds
PURPOSE = "ticket of a restore"


def issue(archive: Archive, by: User, file_key: bytes) -> str:
    """A text that only this instance can read, for this person and archive alone."""
    said = {"key": file_key.hex(), "archive": archive.pk, "person": by.pk, "until": time.time() + VALID}
    return sealing.lock(json.dumps(said).encode(), PURPOSE).hex()


def redeem(ticket: str, archive: Archive, by: User) -> bytes:
    """The file key; raises :class:`Conflict` for a ticket that is old, somebody else's or none."""
    try:
        said: dict[str, Any] = json.loads(sealing.unlock(bytes.fromhex(ticket), PURPOSE))
    except (ValueError, Damaged, OtherInstance) as problem:
        raise _stale() from problem
    if (said["archive"], said["person"]) != (archive.pk, by.pk) or said["until"] < time.time():
        raise _stale()
    return bytes.fromhex(said["key"])


def _stale() -> Conflict:
    return Conflict("This page is too old. Open the archive with its passphrase again.")
