"""Second factors: who needs one, how their secrets are kept, and what an operator can do for who lost theirs."""

import base64
from collections.abc import Sequence

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils.translation import gettext as _

from models_lib import sealing
from models_lib.sealing import InstanceKey
from reviewapp import access
from reviewapp.domain import audit, people
from reviewapp.errors import Invalid
from reviewapp.models import User, Workspace

PURPOSE = "second factor"
EVERYBODY, OPERATOR = "everybody", "operator"
KEPT_CODES = 4  # used codes that are remembered; only three are valid at any moment


def seal(secret: str) -> str:
    """The secret of an authenticator app or of recovery codes, as it is stored."""
    return base64.b64encode(sealing.lock(secret.encode(), PURPOSE)).decode()


def unseal(stored: str) -> str:
    """What :func:`seal` sealed; raises what :func:`models_lib.sealing.unlock` raises."""
    return sealing.unlock(base64.b64decode(stored), PURPOSE).decode()


def sealed() -> list[Authenticator]:
    """Every factor with a secret of its own; of a passkey only the public key is here."""
    return list(Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).select_for_update().order_by("pk"))


def key_id(factor: Authenticator) -> str:
    """The instance key that the factor's secret is sealed with."""
    return sealing.key_id_of(base64.b64decode(factor.data[_place(factor)]))


def reseal(factor: Authenticator, keys: Sequence[InstanceKey]) -> None:
    """Bring the factor's secret under the first of these keys; raises what :func:`models_lib.sealing.rewrap` raises."""
    stored = base64.b64decode(factor.data[_place(factor)])
    factor.data[_place(factor)] = base64.b64encode(sealing.relock(stored, PURPOSE, keys)).decode()
    factor.save(update_fields=["data"])


def _place(factor: Authenticator) -> str:
    return "secret" if factor.type == Authenticator.Type.TOTP else "seed"


def is_required(person: User) -> bool:
    """Whether ``SECOND_FACTOR`` names everybody, or a role that the person has in some workspace."""
    named = set(settings.SECOND_FACTOR)
    if not named or EVERYBODY in named:
        return bool(named)
    if person.is_superuser and OPERATOR in named:
        return True
    held = people.roles(person, list(access.visible(person, Workspace))).values()
    return not named.isdisjoint(held)


def is_missing(person: User) -> bool:
    """Whether the person needs a second factor and has none."""
    return bool(settings.SECOND_FACTOR) and not has(person) and is_required(person)


def is_missing_in(session: SessionBase, person: User) -> bool:
    """As :func:`is_missing`, but what single sign-on opened has the factors that its provider asks for."""
    ways = session.get("account_authentication_methods", [])
    return not any(way.get("method") == "socialaccount" for way in ways) and is_missing(person)


def has(person: User) -> bool:
    factors = Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return bool(factors.exists())


def may_lose(factor: Authenticator) -> bool:
    """Whether the person still has what their role needs when this factor is gone."""
    others = Authenticator.objects.filter(user=factor.user).exclude(pk=factor.pk)
    return bool(others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()) or not is_required(factor.user)


def use_once(factor: Authenticator, code: str) -> bool:
    """Whether this code was not used before; a code that somebody overheard is worth nothing then."""
    if factor.type != Authenticator.Type.TOTP:
        return True  # recovery codes keep account of themselves
    with transaction.atomic():
        data = Authenticator.objects.select_for_update().get(pk=factor.pk).data
        used, code = data.get("used", []), "".join(code.split())
        Authenticator.objects.filter(pk=factor.pk).update(data={**data, "used": [*used, code][-KEPT_CODES:]})
    return code not in used


def drop(person: User, by: User | None) -> None:
    """Take every second factor from a person who lost theirs; raises :class:`Invalid` where there is none."""
    with transaction.atomic():
        dropped = Authenticator.objects.filter(user=person).delete()[0]
        if not dropped:
            raise Invalid(_("%(username)s has no second factor.") % {"username": person.username})
        audit.record(by, "second_factor.drop", person, None)
