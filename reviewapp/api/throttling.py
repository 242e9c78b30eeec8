"""Rate limits of the API: so many requests a minute for each address, and for each token or signed-in person.

The counts lie in Valkey, so that all processes share them. They are a courtesy between clients, not a lock: when Valkey
does not answer within a tenth of a second nothing is limited, a line goes to the log, and it is left alone for a while.
"""

import logging
import math
from functools import cache
from hashlib import blake2b
from threading import Lock
from time import monotonic, time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.request import Request

from reviewapp.errors import TooManyTries
from reviewapp.models import ApiToken
from reviewapp.web import addresses

MINUTE = 60
PATIENCE = 0.1  # seconds that Valkey may take
AWAY = 10.0  # seconds in which it is not asked again
logger = logging.getLogger(__name__)
_making = Lock()
_asked_again_at = 0.0


def admit_address(request: Request) -> None:
    """Count a request of this address, whoever sends it; raises :class:`TooManyTries`."""
    _admit("address", addresses.client(request._request), settings.API_RATE_PER_ADDRESS)


def admit_client(request: Request) -> None:
    """Count a request of this token, or of this signed-in person; raises :class:`TooManyTries`."""
    who = request.auth.digest if isinstance(request.auth, ApiToken) else f"person {request.user.pk}"
    _admit("client", str(who), settings.API_RATE_PER_TOKEN)


def _admit(kind: str, who: str, limit: int) -> None:
    now = time()
    if limit and _count(kind, who, int(now // MINUTE)) > limit:
        wait = math.ceil(MINUTE - now % MINUTE)
        raise TooManyTries(f"More than {limit:,} requests in a minute. Wait {wait} seconds, then go on.", wait=wait)


def _count(kind: str, who: str, minute: int) -> int:
    """How many requests this is of the minute; 0 when nobody can say."""
    global _asked_again_at  # noqa: PLW0603 - one memory a process
    if monotonic() < _asked_again_at:
        return 0
    key = f"requests:{kind}:{blake2b(who.encode(), digest_size=16).hexdigest()}:{minute}"
    try:
        with valkey(settings.CELERY_BROKER_URL).pipeline(transaction=False) as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, 2 * MINUTE)
            count, _ = pipeline.execute()
    except Exception as problem:  # noqa: BLE001 - redis-py tells a lost link by ValueError and AttributeError too
        _asked_again_at = monotonic() + AWAY
        logger.warning("Requests are not limited for %.0f s: Valkey does not answer (%s)", AWAY, type(problem).__name__)
        return 0
    return int(count)


def valkey(url: str) -> Redis:
    """The broker's Valkey, with little patience.

    Made by one thread: of two that make a client at once, one would be dropped, and closes the links it lent out.
    """
    with _making:
        return _client(url)


@cache
def _client(url: str) -> Redis:
    """A client for the address; Celery writes that of a socket in a way of its own."""
    parts = urlsplit(url)
    once = Retry(NoBackoff(), 0)
    options: dict[str, Any] = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "retry": once}
    if parts.scheme == "redis+socket":
        database = int(parse_qs(parts.query).get("virtual_host", ["0"])[0])
        return Redis(unix_socket_path=parts.path, db=database, password=parts.password, **options)
    return Redis.from_url(url, **options)
