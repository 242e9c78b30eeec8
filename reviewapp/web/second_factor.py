"""A person's second factors, and confirming that it is them: django-allauth's steps on our pages, with our trail."""

from collections.abc import Callable
from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.base.views import ReauthenticateView as ConfirmByCodeView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from reviewapp.domain import audit, second_factor
from reviewapp.errors import Refused
from reviewapp.models import User
from reviewapp.web.factor_forms import PENDING

# Where somebody may go who needs a second factor and has none yet.
WITHOUT = frozenset(
    [
        "sign-out",
        "healthz",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
    ]
)


class SecondFactorMiddleware(MiddlewareMixin):
    """Leads whoever needs a second factor and has none to the page that gives them one; to no other page."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], given: Any, named: Any
    ) -> HttpResponseBase | None:
        where = request.resolver_match
        exempt = where is None or where.url_name in WITHOUT or request.path.startswith("/api/")
        person = request.user
        if exempt or not isinstance(person, User) or not second_factor.is_missing_in(request.session, person):
            return None
        messages.warning(request, _("Your role needs a second factor. Add one here, then go on."))
        return redirect("mfa_index")


ASKED = ["get", "head", "post"]


class Enter(AuthenticateView):  # type: ignore[misc] # allauth is untyped
    """The second step of signing in: a code or a passkey."""

    http_method_names = ASKED
    template_name = "second_factor/enter.html"


@method_decorator(login_not_required, name="dispatch")
class EnterByPasskey(LoginWebAuthnView):  # type: ignore[misc]
    """Signing in with a passkey alone."""

    http_method_names = ASKED


class Index(IndexView):  # type: ignore[misc]
    """What the person has, and what can be added."""

    template_name = "second_factor/index.html"

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        required = second_factor.is_required(self.request.user)
        return {**super().get_context_data(**given), "required": required}


class _Recorded:
    """A form whose success is one event."""

    request: HttpRequest
    verb: str
    factor: str
    told: str

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            audit.record(self.request.user, self.verb, self.request.user, None, factor=self.factor)  # type: ignore[arg-type]
            answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        messages.success(self.request, _(self.told))
        return answer


class AddApp(_Recorded, ActivateTOTPView):  # type: ignore[misc]
    http_method_names = ASKED
    template_name = "second_factor/app.html"
    verb, factor, told = "second_factor.add", "app", gettext_noop("Your authenticator app is set up.")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        self.request.session.pop(PENDING, None)
        return answer


class RemoveApp(_Recorded, DeactivateTOTPView):  # type: ignore[misc]
    http_method_names = ASKED
    template_name = "second_factor/remove_app.html"
    verb, factor, told = (
        "second_factor.remove",
        "app",
        gettext_noop("Your authenticator app opens nothing here any more."),
    )


class Codes(ViewRecoveryCodesView):  # type: ignore[misc]
    http_method_names = ASKED
    template_name = "second_factor/codes.html"


class NewCodes(_Recorded, GenerateRecoveryCodesView):  # type: ignore[misc]
    http_method_names = ASKED
    template_name = "second_factor/new_codes.html"
    verb, factor, told = (
        "second_factor.add",
        "recovery codes",
        gettext_noop("These are your new codes. The former ones are void."),
    )


class AddPasskey(_Recorded, AddWebAuthnView):  # type: ignore[misc]
    http_method_names = ASKED
    template_name = "second_factor/passkey.html"
    verb, factor, told = "second_factor.add", "passkey", gettext_noop("Your passkey is set up.")

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        return {**super().get_context_data(**given), "form": given.get("form") or self.get_form()}


class RemovePasskey(_Recorded, RemoveWebAuthnView):  # type: ignore[misc]
    http_method_names = ASKED
    template_name = "second_factor/remove_passkey.html"
    success_url = reverse_lazy("mfa_index")
    verb, factor, told = "second_factor.remove", "passkey", gettext_noop("That passkey opens nothing here any more.")

    def get_object(self, queryset: Any = None) -> Authenticator:
        asked = self.request.POST.get("passkey") or self.request.GET.get("passkey", "")
        return get_object_or_404(self.get_queryset(), pk=int(asked) if asked.isdecimal() and len(asked) < 19 else 0)

    def form_valid(self, form: Any) -> HttpResponse:
        if not second_factor.may_lose(self.get_object()):
            raise Refused(_("Your role needs a second factor, and this is your last. Add another one first."))
        return super().form_valid(form)


class Confirm(ReauthenticateView):  # type: ignore[misc]
    http_method_names = ASKED
    template_name = "second_factor/confirm.html"


class ConfirmByCode(ConfirmByCodeView):  # type: ignore[misc]
    http_method_names = ASKED
    template_name = "second_factor/confirm_code.html"


class ConfirmByPasskey(ReauthenticateWebAuthnView):  # type: ignore[misc]
    http_method_names = ASKED
    template_name = "second_factor/confirm_passkey.html"
