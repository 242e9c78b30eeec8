"""The one door: fetch an object and check the person's right to it in one step."""

from typing import Any, Literal, TypeVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, Func, Model, OuterRef, Q, QuerySet

from models_lib.models import Category, Stream, TrainedModel, TrainedModelUserObjectPermission
from reviewapp.errors import NotFound, Refused
from reviewapp.models import (
    Archive,
    AuditEvent,
    ClosedProject,
    Completion,
    Document,
    Job,
    Project,
    ProjectDocument,
    SavedView,
    SecondLook,
    User,
    ValidationRound,
    Webhook,
    Workspace,
    WorkspaceUserObjectPermission,
)

Right = Literal[
    "view",
    "view_sources",
    "view_labels",
    "review",
    "manage",
    "view_models",
    "add_models",
    "edit_models",
    "delete_models",
    "add_choices",
    "pin",
    "consume_streams",
    "modify_streams",
    "administer_streams",
    "audit",
    "administer",
]
Table = TypeVar("Table", bound=Model)

RIGHTS: dict[Right, str] = {
    "view": "view_workspace",
    "view_sources": "view_sources",
    "view_labels": "view_labels",
    "review": "review_documents",
    "manage": "manage_projects",
    "view_models": "view_trained_models",
    "add_models": "add_trained_models",
    "edit_models": "edit_trained_models",
    "delete_models": "delete_trained_models",
    "add_choices": "add_choices",
    "pin": "pin_versions",
    "consume_streams": "consume_streams",
    "modify_streams": "modify_streams",
    "administer_streams": "administer_streams",
    "audit": "read_audit",
    "administer": "administer_workspace",
}
ASKED: dict[Right, str] = {
    "view": "look at this",
    "view_sources": "see documents here",
    "view_labels": "see labels and predictions here",
    "review": "code documents here",
    "manage": "manage projects and documents here",
    "view_models": "see trained models here",
    "add_models": "add trained models here",
    "edit_models": "edit trained models here",
    "delete_models": "delete trained models here",
    "add_choices": "create categories here",
    "pin": "pin model versions here",
    "consume_streams": "read streams here",
    "modify_streams": "change streams here",
    "administer_streams": "create and delete streams here",
    "audit": "read the audit trail here",
    "administer": "do this, which takes an admin of the workspace",
}
# Whether a person holds a right on a workspace. Written out, because it is part of every request: the ORM takes longer
# to put an EXISTS together than PostgreSQL to answer it.
HOLDS = (
    "EXISTS (SELECT FROM reviewapp_workspaceuserobjectpermission held "
    "JOIN auth_permission asked ON asked.id = held.permission_id "
    "WHERE held.user_id = %(user)s AND asked.codename = '%(codename)s' "
    "AND held.content_object_id = %(expressions)s)"
)

# How each table's rows lead to the workspace that guards them.
WORKSPACE: dict[type[Model], str] = {
    Workspace: "",
    Document: "workspace",
    Project: "workspace",
    Job: "workspace",
    ProjectDocument: "project__workspace",
    Completion: "project__workspace",
    ValidationRound: "project__workspace",
    Webhook: "workspace",
    Stream: "project__workspace",
    TrainedModel: "workspace",
    Category: "workspace",
    SecondLook: "project__workspace",
    AuditEvent: "workspace",
    Archive: "workspace",
    ClosedProject: "workspace",
    SavedView: "workspace",
}
# Rows of these tables may belong to no workspace; then whoever the column names may do everything with them.
OWNER: dict[type[Model], str] = {Job: "requested_by", Archive: "made_by"}
# Tables whose rows are seen with a right of their own instead of the workspace's.
SEEN_WITH: dict[type[Model], Right] = {TrainedModel: "view_models", Category: "view_models"}


def rights(user: User | AnonymousUser, workspace: Workspace) -> frozenset[Right]:
    """What the person may do in the workspace; a superuser may do everything."""
    if not isinstance(user, User) or not user.is_active or user.confined_to not in (None, workspace.pk):
        return frozenset()
    if user.is_superuser:
        return frozenset(RIGHTS)
    held = WorkspaceUserObjectPermission.objects.filter(user=user, content_object=workspace)
    names = set(held.values_list("permission__codename", flat=True))
    return frozenset(right for right in RIGHTS if all(RIGHTS[one] in names for one in _taken_together(right)))


def visible(
    user: User | AnonymousUser, table: type[Table], *, may: Right | None = None, among: QuerySet[Table] | None = None
) -> QuerySet[Table]:
    """All rows of the table, or of ``among``, in workspaces where the person has the right; without one: may see them.

    A restricted trained model is there only for admins and for those who are named on it (R-12). Who comes with a token
    for one workspace sees what is in that one, whatever else they may see.
    """
    rows: QuerySet[Table] = table._default_manager.all() if among is None else among
    if not isinstance(user, User) or not user.is_active:
        return rows.none()
    if user.confined_to is not None:
        rows = rows.filter(**{WORKSPACE[table] or "pk": user.confined_to})
    if user.is_superuser:
        return rows
    rows = rows.filter(_allowed(user, table, may or SEEN_WITH.get(table, "view")))
    if table is TrainedModel:
        named = TrainedModelUserObjectPermission.objects.filter(user=user, content_object=OuterRef("pk"))
        rows = rows.filter(Q(restricted=False) | Exists(named) | Q(_held(user, table, "administer")))
    return rows


def get(
    user: User | AnonymousUser,
    table: type[Table],
    pk: object,
    *,
    may: Right | None = None,
    among: QuerySet[Table] | None = None,
    **within: object,
) -> Table:
    """Fetch one row that the person may see, and check the right, in one statement; ``within`` pins its parents.

    Without a right it is enough to see the row. ``among`` says what is fetched with it. Raises :class:`NotFound` for
    what is not there or not theirs to see, :class:`Refused` for what they may see but not do.
    """
    rows = visible(user, table, among=among).filter(pk=pk, **within)
    if WORKSPACE[table]:
        rows = rows.select_related(WORKSPACE[table])
    may = may or SEEN_WITH.get(table, "view")
    if may != SEEN_WITH.get(table, "view") and isinstance(user, User) and not user.is_superuser:
        found: Table | None = rows.annotate(allowed=_allowed(user, table, may)).first()
    else:
        found = rows.first()
    if found is None:
        raise not_found(table)
    if not getattr(found, "allowed", True):
        raise refused(may)
    return found


def require(user: User | AnonymousUser, workspace: Workspace, *needed: Right) -> None:
    """Raise :class:`Refused` naming the first of these rights that the person lacks in a workspace they may see."""
    held = rights(user, workspace)
    for right in needed:
        if right not in held:
            raise refused(right)


def operate(user: User | AnonymousUser) -> None:
    """Let only an operator of the server pass: what lies behind belongs to no single workspace."""
    if not (isinstance(user, User) and user.is_active and user.is_operator):
        raise Refused("Only an operator of this server may look at this.")


def not_found(table: type[Model]) -> NotFound:
    """What is said of a row that is not there, and of one that the person may not see."""
    return NotFound(f"This {table._meta.verbose_name} does not exist, or you have no access to it.")


def refused(may: Right) -> Refused:
    """What is said to a person who may see the row, but not do this."""
    return Refused(f"Your role does not let you {ASKED[may]}. Ask an admin of the workspace for another role.")


class _Holds(Func):
    """Whether a person holds a right on the workspace of this id.

    The template gets a primary key and one of our own code names, nothing from outside.
    """

    template = HOLDS
    output_field = BooleanField()


def _held(user: User, table: type[Model], may: Right) -> "_Holds | ExpressionWrapper[Q]":
    workspace = F(f"{WORKSPACE[table]}_id" if WORKSPACE[table] else "pk")
    needed = [_Holds(workspace, user=user.pk, codename=RIGHTS[right]) for right in _taken_together(may)]
    return needed[0] if len(needed) == 1 else ExpressionWrapper(Q(*needed), output_field=BooleanField())


def _taken_together(right: Right) -> tuple[Right, ...]:
    """What one has to hold for a right to count; in compatible mode who sees sources and labels may pin (U-01)."""
    return (right,) if right != "pin" or settings.PIN_NEEDS_RIGHT else ("view_sources", "view_labels")


def _allowed(user: User, table: type[Model], may: Right) -> "_Holds | ExpressionWrapper[Any]":
    """Whether the person holds the right on the row's workspace, or owns a row that belongs to none."""
    held = _held(user, table, may)
    if table not in OWNER:
        return held
    owned = Q(**{WORKSPACE[table]: None, OWNER[table]: user})
    return ExpressionWrapper(Q(held) | owned, output_field=BooleanField())


def workspace_of(row: Model) -> Workspace | None:
    """The workspace that guards the row; None for what belongs to no workspace."""
    step: Model = row
    for name in filter(None, WORKSPACE[type(row)].split("__")):
        step = getattr(step, name)
    return step if isinstance(step, Workspace) else None
