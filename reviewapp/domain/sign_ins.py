"""Sign-ins that failed, on the audit trail: enough to see that somebody tries passwords, never enough to fill it."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from reviewapp.domain import audit
from reviewapp.models import AuditEvent, User

VERB = "person.sign_in_failed"
WITHIN = timedelta(hours=1)
MOST = 10  # events within that time for each account, and for all unknown names together


def failed(username: str) -> AuditEvent | None:
    """Record that somebody tried to sign in under this name; None once there were enough within the hour.

    A name that no account has is not written down: people type their password there by mistake. The last event that is
    written says that the following ones are not.
    """
    person = User.objects.filter(username=username).first() or User()
    with transaction.atomic():
        newest = audit.about(person).filter(verb=VERB, at__gt=timezone.now() - WITHIN)[:MOST].count()
        if newest >= MOST:
            return None
        known = {"account": person.username} if person.pk else {"account": None}
        more = {"following": "not recorded for an hour"} if newest == MOST - 1 else {}
        return audit.record(None, VERB, person, None, **known, **more)
