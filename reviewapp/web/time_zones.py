"""Times as people see them: pages in the person's time zone, REST in UTC."""

import zoneinfo
from collections.abc import Callable
from datetime import UTC, tzinfo

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from reviewapp.domain import preferences

API = "/api/"


class TimeZoneMiddleware:
    """Every time of an answer is in the zone of who asked; what programs read is in UTC, whoever asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(UTC if request.path_info.startswith(API) else zone_of(request)):
            return self.get_response(request)


def zone_of(request: HttpRequest) -> tzinfo:
    """The zone that the person chose; the server's for who chose none, or one that this server does not know."""
    chosen = preferences.of(request.user).time_zone
    try:
        return zoneinfo.ZoneInfo(chosen) if chosen else timezone.get_default_timezone()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return timezone.get_default_timezone()
