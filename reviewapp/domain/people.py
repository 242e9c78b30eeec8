"""People of a workspace: a role is a named set of rights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils.translation import gettext as _

from reviewapp.access import RIGHTS, Right
from reviewapp.domain import audit
from reviewapp.errors import Conflict, Invalid, NotFound
from reviewapp.models import ProjectDocument, User, Workspace, WorkspaceUserObjectPermission

LOOK: tuple[Right, ...] = ("view", "view_sources", "view_labels", "view_models")
STREAMS: tuple[Right, ...] = ("consume_streams", "modify_streams", "administer_streams")
LIBRARY: tuple[Right, ...] = ("add_models", "edit_models", "delete_models", "add_choices")
ROLES: dict[str, tuple[Right, ...]] = {
    "viewer": LOOK,
    "auditor": (*LOOK, "audit"),
    "reviewer": (*LOOK, "review"),
    "developer": (*LOOK, "pin", *STREAMS),
    "manager": (*LOOK, "review", "manage", *LIBRARY, "pin", *STREAMS),
    "admin": tuple(RIGHTS),
}
CUSTOM = "custom"  # the role of somebody whose rights were picked one by one


@dataclass(frozen=True)
class Member:
    """A person with rights in a workspace, and the role that has just these."""

    user: User
    rights: frozenset[Right]

    @property
    def role(self) -> str:
        return role_of(self.rights)


def role_of(rights: Iterable[Right]) -> str:
    """The role that has exactly these rights, :data:`CUSTOM` for any others; empty for somebody without any."""
    held = frozenset(rights)
    return next((role for role, its in ROLES.items() if held == set(its)), CUSTOM if held else "")


def members(workspace: Workspace) -> list[Member]:
    """Everybody with a role here, by user name."""
    held: dict[User, set[Right]] = {}
    by_codename = {codename: right for right, codename in RIGHTS.items()}
    for grant in workspace.grants.select_related("user", "permission").order_by("user__username"):
        if right := by_codename.get(grant.permission.codename):
            held.setdefault(grant.user, set()).add(right)
    return [Member(user, frozenset(rights)) for user, rights in held.items()]


def roles(user: User, workspaces: Sequence[Workspace]) -> dict[int, str]:
    """The person's role in each workspace, by primary key, in one look-up; an operator is admin everywhere."""
    if user.is_superuser:
        return {workspace.pk: "admin" for workspace in workspaces}
    by_codename = {codename: right for right, codename in RIGHTS.items()}
    held: dict[int, set[Right]] = {workspace.pk: set() for workspace in workspaces}
    grants = WorkspaceUserObjectPermission.objects.filter(user=user, content_object__in=held)
    for workspace, codename in grants.values_list("content_object", "permission__codename"):
        if right := by_codename.get(codename):
            held[workspace].add(right)
    return {workspace: role_of(rights) for workspace, rights in held.items()}


def find(username: str) -> User:
    """The active person of this user name; raises :class:`Invalid` when there is none."""
    try:
        return User.objects.get(username=username.strip(), is_active=True)
    except User.DoesNotExist as missing:
        problem = f"There is no active person with the user name “{username}”."
        raise Invalid(problem, fields={"username": [problem]}) from missing


def grant(workspace: Workspace, person: User, role: str, by: User | None) -> Member:
    """Give the person this role instead of any other; raises :class:`Invalid` for an unknown role."""
    if role not in ROLES:
        raise Invalid(
            _("“%(role)s” is not a role. Roles are %(value)s.") % {"role": role, "value": ", ".join(ROLES)},
            fields={"role": [_("Unknown role.")]},
        )
    return _grant(workspace, person, frozenset(ROLES[role]), by)


def grant_rights(workspace: Workspace, person: User, rights: Iterable[str], by: User) -> Member:
    """Give the person just these rights instead of a role; to look at the workspace goes with every other one.

    Raises :class:`Invalid` for what is not a right.
    """
    asked = {"view", *rights}
    if unknown := sorted(asked - set(RIGHTS)):
        known = f"Rights are {', '.join(RIGHTS)}."
        raise Invalid(
            _("Not a right: %(value)s. %(known)s") % {"value": ", ".join(unknown), "known": known},
            fields={"rights": [known]},
        )
    return _grant(workspace, person, frozenset(right for right in RIGHTS if right in asked), by)


def give(workspace: Workspace, person: User, rights: frozenset[Right]) -> Member:
    """Write the rights; the caller holds a transaction and records why."""
    _lock(workspace)
    _drop(workspace, person)
    codenames = [RIGHTS[right] for right in rights]
    permissions = Permission.objects.filter(codename__in=codenames, content_type__app_label="reviewapp")
    WorkspaceUserObjectPermission.objects.bulk_create(
        WorkspaceUserObjectPermission(user=person, permission=permission, content_object=workspace)
        for permission in permissions
    )
    return Member(person, rights)


def remove(workspace: Workspace, person: User, by: User) -> None:
    """Take every right away and give back what the person has checked out; raises :class:`NotFound` for a stranger."""
    with transaction.atomic():
        _lock(workspace)
        if not _drop(workspace, person):
            raise NotFound(_("%(person)s has no role in this workspace.") % {"person": person})
        _keep_an_admin(workspace)
        ProjectDocument.objects.filter(project__workspace=workspace, reviewer=person).update(
            reviewer=None, lease_token=None, leased_at=None, leased_until=None
        )
        audit.record(by, "role.remove", person, workspace)


def _grant(workspace: Workspace, person: User, rights: frozenset[Right], by: User | None) -> Member:
    with transaction.atomic():
        member = give(workspace, person, rights)
        if by is not None:
            _keep_an_admin(workspace)
        audit.record(by, "role.grant", person, workspace, role=member.role, rights=sorted(rights))
    return member


def _lock(workspace: Workspace) -> None:
    Workspace.objects.select_for_update().get(pk=workspace.pk)


def _drop(workspace: Workspace, person: User) -> int:
    return int(WorkspaceUserObjectPermission.objects.filter(user=person, content_object=workspace).delete()[0])


def has_admin(workspace: Workspace) -> bool:
    """Whether anybody active may give and take roles here."""
    return workspace.grants.filter(permission__codename=RIGHTS["administer"], user__is_active=True).exists()


def _keep_an_admin(workspace: Workspace) -> None:
    if not has_admin(workspace):
        raise Conflict(_("A workspace keeps at least one admin. Give somebody else the role first."))
