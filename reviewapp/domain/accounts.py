"""People's accounts, as an operator makes them: a name, an address, and a link that sets the password once."""

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from reviewapp.domain import audit
from reviewapp.errors import Invalid
from reviewapp.models import User


def create(username: str, email: str) -> User:
    """A person without a password and without any right; raises :class:`Invalid` for a name that is in use or unfit."""
    user = User(username=User.normalize_username(username.strip()), email=email.strip())
    if not user.username or len(user.username) > 150 or User.objects.filter(username=user.username).exists():
        raise Invalid(f"“{username}” is in use already, empty, or longer than 150 characters.")
    with transaction.atomic():
        user.set_unusable_password()
        user.save()
        audit.record(None, "person.create", user, None, by="operator")
    return user


def password_link(user: User) -> str:
    """The path of a page that sets this person's password: once, and within ``PASSWORD_RESET_TIMEOUT`` seconds."""
    audit.record(None, "person.password_link", user, None)
    kwargs = {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": default_token_generator.make_token(user)}
    return reverse("new-password", kwargs=kwargs)
