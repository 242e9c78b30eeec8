"""The forms that take a password: each try is counted before the password is looked at."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy

from reviewapp.domain import lockout
from reviewapp.web import addresses


class SignInForm(AuthenticationForm):
    """User name and password; a few wrong ones from one address close it for that name there, and for nobody else."""

    def clean(self) -> dict[str, Any]:
        if self.errors:
            return self.cleaned_data
        who = self.cleaned_data["username"]
        address = addresses.client(self.request) if self.request else ""
        lockout.admit("password", who, address)
        said = super().clean()
        lockout.forgive("password", who, address)
        return said


class NewPasswordForm(PasswordChangeForm):
    """A new password, for whoever knows the old one: a stolen session is no place to guess it."""

    def clean_old_password(self) -> str:
        lockout.admit("old password", self.user.username)
        said = super().clean_old_password()
        lockout.forgive("old password", self.user.username)
        return said


class AddressForm(forms.Form):
    """Where a link for a new password goes."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address of your account"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
