"""API tokens: a person's named keys for REST clients, shown once and kept only as a digest."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from reviewapp import access
from reviewapp.domain import audit
from reviewapp.errors import Invalid, NotFound
from reviewapp.models import ApiToken, User, Workspace


def create(
    user: User,
    name: str,
    expires: datetime | None = None,
    *,
    read_only: bool = False,
    workspace: Workspace | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for the person: for everything or for reading alone, for all that they see or for one workspace.

    The second value is the token itself, which cannot be had again. Who is confined to a workspace makes tokens for
    that one alone. Raises :class:`Invalid` for an empty or used name, or a time of expiry that has passed.
    """
    name, now = name.strip(), timezone.now()
    if user.confined_to is not None:
        workspace = access.get(user, Workspace, user.confined_to)
    if not 1 <= len(name) <= 100:
        raise Invalid(
            _("A token needs a name of at most 100 characters."), fields={"name": [_("1 to 100 characters.")]}
        )
    if expires is not None and expires <= now:
        raise Invalid(_("The token would have expired already."), fields={"expires": [_("Choose a later day.")]})
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if _live(user).filter(name=name).exists():
            message = _("You have a token of this name already. Choose another name, or revoke that one first.")
            raise Invalid(message, fields={"name": [message]})
        kept = {"name": name, "read_only": read_only, "workspace": workspace}
        token, plain = ApiToken.objects.create(user, expiry=expires and expires - now, **kept)
        audit.record(user, "token.create", user, workspace, name=name, read_only=read_only)
    return token, plain


def revoke(user: User, pk: str) -> None:
    """End one of the person's own tokens at once; raises :class:`NotFound`."""
    with transaction.atomic():
        token = _reachable(ApiToken.objects.filter(user=user, pk=pk), user).first()
        if token is None:
            raise NotFound(_("You have no such token."))
        audit.record(user, "token.revoke", user, token.workspace, name=token.name)
        token.delete()


def of(user: User) -> QuerySet[ApiToken]:
    """The person's tokens that still open a door, newest first; of one workspace for who is confined to it."""
    return _reachable(_live(user), user).select_related("workspace").order_by("-created")


def _live(user: User) -> QuerySet[ApiToken]:
    live = Q(expiry=None) | Q(expiry__gt=timezone.now())
    tokens: QuerySet[ApiToken] = ApiToken.objects.filter(live, user=user)
    return tokens


def _reachable(tokens: QuerySet[ApiToken], user: User) -> QuerySet[ApiToken]:
    return tokens if user.confined_to is None else tokens.filter(workspace=user.confined_to)
