"""Where a request comes from."""

from django.conf import settings
from django.http import HttpRequest


def client(request: HttpRequest) -> str:
    """The address that the outermost trusted proxy saw (``TRUSTED_PROXIES``); without proxies, the other end's.

    Whatever a client writes into ``X-Forwarded-For`` itself stands left of that and is not believed.
    """
    direct = str(request.META.get("REMOTE_ADDR") or "")
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    return [*seen, direct][-1 - settings.TRUSTED_PROXIES :][0]


def site(request: HttpRequest) -> str:
    """The address of this server for links in mails: the first that it trusts, else the one that was asked for.

    The latter is one of ``ALLOWED_HOSTS``, which name no stranger's host where mail is sent (see the settings).
    """
    trusted = [origin for origin in settings.CSRF_TRUSTED_ORIGINS if "*" not in origin]
    return trusted[0] if trusted else request.build_absolute_uri("/")
