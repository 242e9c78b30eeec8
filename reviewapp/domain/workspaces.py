"""Workspaces: made, renamed, and looked over."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from reviewapp import access
from reviewapp.domain import audit, people
from reviewapp.errors import Invalid, Refused
from reviewapp.models import Document, Project, User, Workspace

LONGEST_NAME = 200


def create(name: str, by: User) -> Workspace:
    """Make a workspace with its maker as first admin.

    Raises :class:`Refused` without the right to add workspaces, :class:`Invalid` for a name in use.
    """
    if not by.has_perm("reviewapp.add_workspace"):
        raise Refused(_("Only people with the right to add workspaces may make one. Ask the operator of this server."))
    with _unique_name():
        workspace = Workspace.objects.create(name=_named(name))
        people.give(workspace, by, frozenset(people.ROLES["admin"]))
        audit.record(by, "workspace.create", workspace, workspace, name=workspace.name)
    return workspace


def rename(workspace: Workspace, name: str, by: User) -> None:
    """Give the workspace another name."""
    with _unique_name():
        was, workspace.name = workspace.name, _named(name)
        audit.record(by, "workspace.rename", workspace, workspace, was=was, now=workspace.name)
        workspace.save(update_fields=["name"])


def overview(user: User) -> QuerySet[Workspace]:
    """The workspaces a person may see, with the numbers of their documents and projects."""
    documents = Document.objects.filter(workspace=OuterRef("pk"), deleted_at=None).order_by().values("workspace")
    projects = Project.objects.filter(workspace=OuterRef("pk")).order_by().values("workspace")
    return access.visible(user, Workspace).annotate(
        document_count=Coalesce(Subquery(documents.annotate(n=Count("pk")).values("n")), 0),
        project_count=Coalesce(Subquery(projects.annotate(n=Count("pk")).values("n")), 0),
    )


def free_name(name: str) -> str:
    """The name, or with a number behind it where a workspace has that name already."""
    name = "".join(character for character in name if character.isprintable()).strip()[:LONGEST_NAME] or "Workspace"
    used = set(Workspace.objects.filter(name__startswith=name[:190]).values_list("name", flat=True))
    tries = [name, *(f"{name[:190]} ({number})" for number in range(2, len(used) + 3))]
    return next(name for name in tries if name not in used)


def _named(name: str) -> str:
    if not name.strip() or len(name) > LONGEST_NAME:
        raise Invalid(
            _("A workspace needs a name of at most 200 characters."), fields={"name": [_("1 to 200 characters.")]}
        )
    return name.strip()


@contextmanager
def _unique_name() -> Iterator[None]:
    """Turn the database's refusal of a second equal name into one that a person can read."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as problem:
        message = _("There is a workspace of this name already.")
        raise Invalid(message, fields={"name": [message]}) from problem
