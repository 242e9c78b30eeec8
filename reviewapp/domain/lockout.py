"""Wrong passwords and codes: a few tries for each who and where, then a wait. Kept in PostgreSQL, as digests alone."""

import hmac
import ipaddress
import math
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from reviewapp.domain import audit
from reviewapp.errors import TooManyTries
from reviewapp.models import GuessedSecret, User


def admit(secret: str, who: str, address: str = "") -> None:
    """Count one try at a secret, before it is looked at, so that many tries at once are no more than a few.

    ``secret`` says what is guessed, ``who`` whose it is, ``address`` where from; each combination has its own count.
    Raises :class:`TooManyTries` for one try more than ``SIGN_IN_TRIES`` within ``SIGN_IN_WAIT`` seconds, and until as
    many seconds after it.
    """
    now, wait = timezone.now(), timedelta(seconds=settings.SIGN_IN_WAIT)
    key = _key(secret, who, address)
    with transaction.atomic():
        GuessedSecret.objects.bulk_create([GuessedSecret(key=key, tries=[])], ignore_conflicts=True)
        row = GuessedSecret.objects.select_for_update().get(key=key)
        row.tries = [at for at in row.tries if at > now - wait]
        if starts := not _locked(row, now) and len(row.tries) >= settings.SIGN_IN_TRIES:
            row.locked_until = now + wait
            _record(secret, who)
        elif not _locked(row, now):
            row.tries.append(now)
            row.locked_until = None
        if starts or not row.locked_until:
            row.save()
    if row.locked_until:
        raise _refusal(row.locked_until - now)


def forgive(secret: str, who: str, address: str = "") -> None:
    """Forget the tries: the last one was right."""
    GuessedSecret.objects.filter(key=_key(secret, who, address)).delete()


def forget_old() -> None:
    """Drop counts that say nothing any more."""
    GuessedSecret.objects.filter(changed_at__lt=timezone.now() - 2 * timedelta(seconds=settings.SIGN_IN_WAIT)).delete()


def _locked(row: GuessedSecret, now: datetime) -> bool:
    return row.locked_until is not None and row.locked_until > now


def _record(secret: str, who: str) -> None:
    if person := User.objects.filter(username=who).first():
        audit.record(None, "person.lock", person, None, secret=secret, seconds=settings.SIGN_IN_WAIT)


def _key(secret: str, who: str, address: str) -> str:
    """Keyed, so that a copy of the database does not tell what was typed: people type passwords as user names."""
    said = "\0".join((secret, who, network(address)))
    return hmac.digest(settings.SECRET_KEY.encode(), said.encode("utf-8", "replace"), "sha256").hex()


def network(address: str) -> str:
    """What counts as one place: an IPv6 subscriber has 2⁶⁴ addresses, so it is their network."""
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return address
    if number.version == 4:
        return str(number)
    return str(ipaddress.IPv6Network((number.packed, 64), strict=False))


def _refusal(left: timedelta) -> TooManyTries:
    seconds = max(1, math.ceil(left.total_seconds()))
    minutes = math.ceil(seconds / 60)
    told = _("%(minutes)s minutes") % {"minutes": minutes} if minutes > 1 else _("a minute")
    return TooManyTries(_("Too many wrong tries. Wait %(told)s, then try again.") % {"told": told}, wait=seconds)
