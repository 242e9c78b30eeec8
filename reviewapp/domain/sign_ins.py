"""Sign-ins and tokens that failed, on the audit trail: enough to see that somebody tries, never enough to fill it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from reviewapp.domain import audit, lockout
from reviewapp.models import ApiToken, AuditEvent, User

VERB = "person.sign_in_failed"
TOKEN_VERB = "token.failed"  # noqa: S105 - what happened, not a secret
WITHIN = timedelta(hours=1)
MOST = 10  # events within that time for each account, and for all unknown names together; for each address of tokens
MOST_ADDRESSES = 100  # events of failed tokens within that time, of all addresses together


def failed(username: str) -> AuditEvent | None:
    """Record that somebody tried to sign in under this name; None once there were enough within the hour.

    A name that no account has is not written down: people type their password there by mistake. The last event that is
    written says that the following ones are not.
    """
    person = User.objects.filter(username=username).first() or User()
    known = {"account": person.username} if person.pk else {"account": None}
    recent = audit.about(person).filter(verb=VERB, at__gt=timezone.now() - WITHIN)[:MOST].count()
    return _record(VERB, person, known, left=MOST - recent)


def token_failed(digest: str, address: str) -> AuditEvent | None:
    """Record that a client at this address came with a token that opens nothing; None once there were enough.

    A token that expired, or whose person is disabled, is named with its person; of any other one nothing is written
    down but where it came from. Addresses of one IPv6 network count together, and there is a bound for all of them, so
    that nobody with many addresses fills the trail.
    """
    kept = ApiToken.objects.filter(digest=digest).select_related("user").first()
    network, since = lockout.network(address), timezone.now() - WITHIN
    tried = AuditEvent.objects.filter(workspace=None, verb=TOKEN_VERB).order_by("-id")
    newest = tried.values_list("at", "detail__address")[:MOST_ADDRESSES]
    recent = [place for at, place in newest if at > since]
    said = {"address": network, "token": kept.name if kept else None}
    left = min(MOST - recent.count(network), MOST_ADDRESSES - len(recent))
    return _record(TOKEN_VERB, kept.user if kept else User(), said, left=left)


def _record(verb: str, person: User, said: dict[str, Any], *, left: int) -> AuditEvent | None:
    """The last of those that are left says that the following ones are not written."""
    if left <= 0:
        return None
    more = {"following": "not recorded for an hour"} if left == 1 else {}
    return audit.record(None, verb, person, None, **said, **more)
