"""Every request under an id that its answer, its log lines and an upstream proxy share; counted and timed by route."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from reviewapp import logs
from reviewapp.web import metrics

HEADER = "X-Request-Id"
USABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")
UNKNOWN = "none"  # the route of an address that is nobody's
logger = logging.getLogger(__name__)


class ObservingMiddleware:
    """Stands before all others, so that it sees what they refuse."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with logs.of_request(_id_of(request)) as name:
            begun = time.perf_counter()
            answer = self.get_response(request)
            seconds = time.perf_counter() - begun
            answer[HEADER] = name
            metrics.observe(str(request.method), route(request), answer.status_code, seconds)
            logger.info("%s %s %d in %.0f ms", request.method, route(request), answer.status_code, 1000 * seconds)
            return answer


def route(request: HttpRequest) -> str:
    """The pattern that the address matched: an address itself may hold what people typed."""
    return f"/{request.resolver_match.route}" if request.resolver_match else UNKNOWN


def _id_of(request: HttpRequest) -> str:
    given = request.headers.get(HEADER, "")
    return given if USABLE.fullmatch(given) else uuid.uuid4().hex
