"""Signing in through an OpenID Connect provider: django-allauth speaks with it, our rules say who comes in."""

import logging
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from reviewapp.domain import single_sign_on
from reviewapp.domain.single_sign_on import Stranger
from reviewapp.errors import NotFound, Refused
from reviewapp.web import refusals

logger = logging.getLogger(__name__)
login = login_not_required(require_safe(views.login))
callback = login_not_required(require_safe(views.callback))


def name() -> str:
    """What the provider is called on the sign-in page; empty where there is none."""
    return settings.OIDC_NAME if settings.OIDC_URL else ""


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth is untyped
    """One provider, from the environment; whom it vouches for joins the person with that verified address."""

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise ImmediateHttpResponse(refusals.draw(request, NotFound(_("This server signs in, and nothing else."))))
        if sociallogin.is_existing:
            return
        try:
            with transaction.atomic():
                sociallogin.connect(request, single_sign_on.person_of(_stranger(sociallogin)))
        except Refused as problem:
            raise ImmediateHttpResponse(refusals.draw(request, problem)) from problem

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        logger.warning("Single sign-on failed: %s %s", error, type(exception).__name__)
        messages.error(
            request, _("Signing in with %(name)s did not work, or was cancelled. Try again.") % {"name": name()}
        )
        raise ImmediateHttpResponse(redirect("sign-in"))


def _stranger(sociallogin: SocialLogin) -> Stranger:
    user = sociallogin.user
    addresses = [address.email for address in sociallogin.email_addresses if address.verified is True]
    return Stranger(addresses, user.username, user.first_name, user.last_name)
