"""The language of the pages: what a person chose, or else what their browser asks for."""

from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from reviewapp.domain import preferences
from reviewapp.domain.preferences import Preferences


class LanguageMiddleware(LocaleMiddleware):
    """Pages speak the person's language, REST answers English; afterwards the thread speaks English again."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with translation.override(settings.LANGUAGE_CODE):
            return cast(HttpResponseBase, super().__call__(request))

    def process_request(self, request: HttpRequest) -> None:
        translation.activate(_asked(request))
        request.LANGUAGE_CODE = translation.get_language()


def of(chosen: Preferences, request: HttpRequest) -> str:
    """The code of the language that these preferences mean in this browser."""
    return translation.get_language_from_request(request) if chosen.language == "browser" else chosen.language


def _asked(request: HttpRequest) -> str:
    if request.path_info.startswith("/api/"):
        return settings.LANGUAGE_CODE
    return of(preferences.of(request.user), request)
