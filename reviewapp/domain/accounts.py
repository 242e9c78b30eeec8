"""People's accounts: made by an operator, with a link that sets the password once, which can come by mail as well."""

from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from reviewapp.domain import audit, jobs, lockout
from reviewapp.errors import Conflict, Invalid, Unavailable
from reviewapp.models import Job, User

MOST = 5  # people with one address who are written to
AGAIN, PATIENCE = timedelta(minutes=1), timedelta(hours=1)  # while the mail server is away
KEEP = timedelta(days=1)
SUBJECT = "A new password for Review"
LETTER = """Somebody, probably you, asked for a new password for the account {username}.
Set it here, once, within {hours} hours:

{link}

If it was not you, do nothing: the password stays as it is. A second factor is asked for as before.
"""


def create(username: str, email: str) -> User:
    """A person without a password and without any right; raises :class:`Invalid` for a name that is in use or unfit."""
    user = User(username=User.normalize_username(username.strip()), email=email.strip())
    if not user.username or len(user.username) > 150 or User.objects.filter(username=user.username).exists():
        raise Invalid(
            _("“%(username)s” is in use already, empty, or longer than 150 characters.") % {"username": username}
        )
    with transaction.atomic():
        user.set_unusable_password()
        user.save()
        audit.record(None, "person.create", user, None, by="operator")
    return user


def password_link(user: User, **detail: object) -> str:
    """The path of a page that sets this person's password: once, and within ``PASSWORD_RESET_TIMEOUT`` seconds."""
    audit.record(None, "person.password_link", user, None, **detail)
    kwargs = {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": default_token_generator.make_token(user)}
    return reverse("new-password", kwargs=kwargs)


def ask_for_mail(email: str, client: str, site: str) -> None:
    """Ask for a mail with a link for a new password; ``client`` is where the question comes from.

    What is done is the same whether anybody has this e-mail address or not: one job is written. Raises
    :class:`TooManyTries` for too many of one address or from one client, :class:`Conflict` where no mail is sent.
    """
    if not settings.SENDS_MAIL:
        raise Conflict(f"This server sends no mail. Ask {settings.CONTACT} for a link that sets a new password.")
    lockout.admit("mail from", "", client)
    lockout.admit("mail to", f"<{email.strip().lower()}>")
    people = [user.pk for user in _reached_at(email)]
    with transaction.atomic():
        jobs.request(Job.Kind.MAIL, None, people=people, site=site)


def send_mail(run: jobs.Run) -> None:
    """Send each of the job's people a link for a new password, to the address that their account has.

    The link is made here and stored nowhere. While the mail server is away the job is given back for an hour.
    """
    people = User.objects.filter(pk__in=run.job.parameters["people"], is_active=True).order_by("pk")
    try:
        for user in people:
            _send_link(user, run.job.parameters["site"])
    except (SMTPException, OSError) as problem:
        said = f"The mail server does not take it ({type(problem).__name__})"
        if timezone.now() - run.job.created_at > PATIENCE:
            raise Unavailable(f"{said}. Check EMAIL_URL, then retry.") from problem
        run.postpone(timezone.now() + AGAIN, f"{said}; it is tried again")
        return
    run.finish(sent=len(people))


def forget_old() -> None:
    """Drop what is left of mails that were sent, or could not be, long ago."""
    Job.objects.filter(kind=Job.Kind.MAIL, created_at__lt=timezone.now() - KEEP).exclude(state__in=Job.OPEN).delete()


def _reached_at(email: str) -> list[User]:
    """Active people of this address who sign in with a password; others come in by their provider alone."""
    found = User.objects.filter(email__iexact=email.strip(), is_active=True).exclude(email="").order_by("pk")
    return [user for user in found[:MOST] if user.has_usable_password()]


def _send_link(user: User, site: str) -> None:
    with transaction.atomic():
        link = site.rstrip("/") + password_link(user, by="mail")
        said = LETTER.format(username=user.username, link=link, hours=settings.PASSWORD_RESET_TIMEOUT // 3600)
        EmailMessage(SUBJECT, said, to=[user.email]).send()
