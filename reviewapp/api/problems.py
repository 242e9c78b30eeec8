"""Every refusal of the API in one shape: ``application/problem+json`` (RFC 9457)."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import DatabaseError, DataError, InterfaceError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from reviewapp.domain.health import NO_ROOM, is_away, is_full
from reviewapp.errors import ReviewError, TooManyTries

MEDIA_TYPE = "application/problem+json"
CODES = {
    400: "unreadable",
    401: "not_signed_in",
    403: "refused",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    500: "fault",
    503: "unavailable",
    507: "out_of_space",
}
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    """What the client is told."""

    status: int
    detail: str
    code: str = ""
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> Response:
        """The problem as a response."""
        code = self.code or CODES.get(self.status, "error")
        body = {
            "type": f"urn:reviewapp:problem:{code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": code,
            **({"fields": self.fields} if self.fields else {}),
        }
        return Response(body, self.status, headers=dict(self.headers), content_type=MEDIA_TYPE)


class BadQuery(exceptions.APIException):
    """The address's query cannot be used; ``fields`` says what is wrong with which parameter."""

    status_code = 400

    def __init__(self, detail: str, fields: Mapping[str, list[str]]) -> None:
        super().__init__(detail)
        self.fields = fields


class Replaced(exceptions.APIException):
    """An idempotency key was used before, for another request."""

    status_code = 422
    default_code = "key_reused"


def handle(fault: Exception, context: Mapping[str, Any]) -> Response:
    """Turn whatever an endpoint raised into a problem; a fault of ours is logged and told as 500."""
    problem = _problem(fault)
    if problem is None:
        logger.error("Unexpected fault", exc_info=fault)
        got_request_exception.send(sender=handle, request=context["request"]._request)
        problem = Problem(500, "Something went wrong on our side. The server's log has the details.")
    return problem.answer()


def _problem(fault: Exception) -> Problem | None:
    if isinstance(fault, ReviewError):
        headers = {"Retry-After": str(fault.wait)} if isinstance(fault, TooManyTries) else {}
        return Problem(fault.status, fault.message, fault.code, fault.fields, headers)
    if isinstance(fault, exceptions.APIException):
        return _from_rest(fault)
    if is_full(fault):
        logger.error("There is no room on the disk", exc_info=fault)
        return Problem(507, NO_ROOM)
    if isinstance(fault, Http404):
        return Problem(404, "There is nothing at this address.")
    if isinstance(fault, PermissionDenied):
        return Problem(403, "You may not do this.")
    if isinstance(fault, RequestDataTooBig):
        return Problem(413, "The request is larger than this server reads.")
    if isinstance(fault, SuspiciousOperation):
        return Problem(400, "The request cannot be read.")
    return _from_database(fault) if isinstance(fault, DatabaseError | InterfaceError) else None


def _from_rest(fault: exceptions.APIException) -> Problem:
    if isinstance(fault, exceptions.ValidationError):
        fields = _flat(fault.detail)
        said = " ".join(f"{name}: {' '.join(messages)}" for name, messages in fields.items())
        return Problem(422, f"The request cannot be used. {said}", fields=fields)
    headers = {}
    if challenge := getattr(fault, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(fault, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    code = fault.default_code if isinstance(fault, Replaced) else ""
    return Problem(fault.status_code, str(fault.detail), code, getattr(fault, "fields", {}), headers)


def _from_database(fault: Exception) -> Problem | None:
    if is_away(fault):
        logger.error("The database does not answer", exc_info=fault)
        return Problem(503, "The database does not answer. Try again in a moment.", headers={"Retry-After": "2"})
    if isinstance(fault, DataError):
        return Problem(422, "The request holds a value that cannot be stored.")
    return None


def _flat(detail: Any) -> dict[str, list[str]]:
    """DRF's nested errors by dotted name: ``{"choices.0.role": ["…"]}``."""
    found: dict[str, list[str]] = {}
    for name, message in _leaves(detail, ()):
        found.setdefault(name, []).append(message)
    return found


def _leaves(detail: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _leaves(inner, path if name == "non_field_errors" else (*path, str(name)))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _leaves(inner, path)
    else:
        yield ".".join(path) or "body", str(detail)
