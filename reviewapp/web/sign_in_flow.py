"""What django-allauth asks us on the way in: who may come, how secrets are kept, what goes on the trail."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from reviewapp.domain import audit, lockout, second_factor
from reviewapp.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth is untyped
    """Nobody signs up, nothing is verified by mail; a sign-in is over, and recorded, after its last factor."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def login(self, request: HttpRequest, user: User) -> None:
        records = get_authentication_records(request, user)
        ways = [str(record.get("type") or record["method"]) for record in records]
        with transaction.atomic():
            audit.record(user, "person.sign_in", user, None, ways=ways or ["password"])
            super().login(request, user)

    def reauthenticate(self, user: User, password: str) -> bool:
        lockout.admit("old password", user.username)
        right = bool(user.check_password(password))
        if right:
            lockout.forgive("old password", user.username)
        return right

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        messages.error(request, _("This account is disabled. The operator of this server can help."))
        return redirect("sign-in")

    def add_message(
        self, request: HttpRequest, level: int, *given: Any, message: str | None = None, **more: Any
    ) -> None:
        """Only what is wrong: the pages say themselves what was done."""
        if message and level >= messages.WARNING:
            messages.add_message(request, level, message)


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets are sealed with the instance key; who must have a second factor keeps the last one."""

    def encrypt(self, text: str) -> str:
        return second_factor.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return second_factor.unseal(encrypted_text)

    def get_totp_issuer(self) -> str:
        return f"Review {context.request.get_host()}"

    def get_totp_label(self, user: User) -> str:
        return str(user.username)

    def generate_authenticator_name(self, user: User, kind: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=kind).count() + 1
        return _("Passkey %(number)s") % {"number": number}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return second_factor.may_lose(authenticator)
