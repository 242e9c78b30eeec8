"""Forms of second factors: codes are counted before they are looked at, and each opens once."""

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy

from reviewapp.domain import lockout, second_factor

PENDING = "second_factor_pending"


class _CountedCode(BaseAuthenticateForm):  # type: ignore[misc] # allauth is untyped
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
        help_text=gettext_lazy("From your authenticator app, or one of your recovery codes."),
    )

    def clean_code(self) -> str:
        lockout.admit("code", self.user.username)
        code: str = super().clean_code()
        if not second_factor.use_once(self.authenticator, code):
            raise get_adapter().validation_error("incorrect_code")
        lockout.forgive("code", self.user.username)
        return code


class CodeForm(_CountedCode, AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class ConfirmCodeForm(_CountedCode, ReauthenticateForm):  # type: ignore[misc]
    """A signed-in person shows again that it is them."""


class AppForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app; until it is right, the secret waits in the session, sealed."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=10,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
        help_text=gettext_lazy("The six digits that the app shows now."),
    )

    def __init__(self, *given: Any, **options: Any) -> None:
        self.user = options.pop("user")
        forms.Form.__init__(self, *given, **options)
        session = context.request.session
        if not self.is_bound or PENDING not in session:
            session[PENDING] = second_factor.seal(generate_totp_secret())
        self.secret = second_factor.unseal(session[PENDING])

    def clean_code(self) -> str:
        lockout.admit("code", self.user.username)
        code: str = super().clean_code()
        lockout.forgive("code", self.user.username)
        return code


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey; one that opens the account alone asks for a PIN or a fingerprint."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("So that you can tell your keys apart."),
    )
    passwordless = forms.BooleanField(
        label=gettext_lazy("Sign in with this key alone"),
        required=False,
        initial=True,
        help_text=gettext_lazy("No user name and no password; the key then asks for your PIN or fingerprint."),
    )
