"""Single sign-on: who of the people here somebody is whom an identity provider vouches for."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from reviewapp.domain import audit
from reviewapp.errors import Refused
from reviewapp.models import User


@dataclass(frozen=True)
class Stranger:
    """What a provider says of somebody; ``addresses`` are those that it has verified."""

    addresses: Sequence[str]
    username: str
    first_name: str = ""
    last_name: str = ""


def person_of(stranger: Stranger) -> User:
    """The one active person with a verified address of the stranger's; a new one if ``OIDC_CREATE_PEOPLE`` says so.

    A new person has no right anywhere. The caller holds a transaction. Raises :class:`Refused` otherwise.
    """
    people = [user for address in stranger.addresses for user in User.objects.filter(email__iexact=address)[:2]]
    if len({user.pk for user in people}) == 1 and people[0].is_active:
        audit.record(people[0], "person.connect", people[0], None)
        return people[0]
    if people or not stranger.addresses or not settings.OIDC_CREATE_PEOPLE:
        raise Refused(
            _(
                "Nobody here has the verified e-mail address that your provider told us. Ask the operator of "
                "this server for an account with that address."
            )
        )
    return _create(stranger)


def _create(stranger: Stranger) -> User:
    with transaction.atomic():
        user = User(
            username=_free_name(stranger.username or stranger.addresses[0]),
            email=stranger.addresses[0],
            first_name=stranger.first_name[:150],
            last_name=stranger.last_name[:150],
        )
        user.set_unusable_password()
        user.save()
        audit.record(user, "person.create", user, None, by="single sign-on")
    return user


def _free_name(wanted: str) -> str:
    wanted = "".join(letter for letter in wanted if letter.isprintable()).strip()[:140]
    tries = [wanted, *(f"{wanted} {number}" for number in range(2, 100))]
    used = set(User.objects.filter(username__in=tries).values_list("username", flat=True))
    return next(name for name in tries if name not in used)
