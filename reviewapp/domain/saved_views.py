"""Saved views: a person keeps filter, order and columns of a list of documents under a name.

The list is that of a project or of a workspace. What is kept is the query of the page's address, so a view is a link
that anybody may open who may see the list.
"""

from urllib.parse import parse_qsl, urlencode

from django.db import transaction
from django.db.models import QuerySet

from reviewapp.domain import audit
from reviewapp.errors import Invalid
from reviewapp.models import Project, SavedView, User, Workspace

List = Project | Workspace

MOST = 50  # views of one person on one list
LONGEST = 2000  # characters of a query
MOST_FIELDS = 100
PROJECT_FIELDS = ("words", "state", "reviewer", "tag", "reason", "lowest", "highest", "order", "column")
WORKSPACE_FIELDS = ("q", "tag", "column")


def of(person: User, among: List) -> QuerySet[SavedView]:
    """The person's own views of the list, by name."""
    workspace, project = _place(among)
    return SavedView.objects.filter(person=person, workspace=workspace, project=project)


def canonical(among: List, query: str) -> str:
    """The query with the list's own fields alone, in their order; empty for one that cannot be read."""
    fields = PROJECT_FIELDS if isinstance(among, Project) else WORKSPACE_FIELDS
    try:
        pairs = parse_qsl(query.removeprefix("?"), max_num_fields=MOST_FIELDS)
    except ValueError:
        pairs = []
    known = sorted((pair for pair in pairs if pair[0] in fields), key=lambda pair: fields.index(pair[0]))
    return urlencode(known)


def save(person: User, among: List, name: str, query: str, *, is_default: bool = False) -> SavedView:
    """Keep the query under this name, in place of what had the name before."""
    name = name.strip()
    if not name:
        raise Invalid("Give the view a name.", fields={"name": ["Give it a name."]})
    kept = canonical(among, query)
    if len(kept) > LONGEST:
        raise Invalid("This view is too long to be kept. Choose fewer columns, or shorter words.")
    workspace, project = _place(among)
    with transaction.atomic():
        own = of(person, among)
        if own.exclude(name=name).count() >= MOST:
            raise Invalid(f"You have {MOST} views of this list. Delete one before you save another.")
        if is_default:
            own.filter(is_default=True).update(is_default=False)
        view, _ = SavedView.objects.update_or_create(
            {"query": kept, "is_default": is_default}, person=person, workspace=workspace, project=project, name=name
        )
        audit.record(person, "view.save", among, None, name=name)
    return view


def prefer(view: SavedView, *, is_default: bool) -> SavedView:
    """Let the person's list open with this view and no other, or not any more."""
    with transaction.atomic():
        if is_default:
            of(view.person, view.project or view.workspace).filter(is_default=True).update(is_default=False)
        view.is_default = is_default
        view.save(update_fields=["is_default"])
        audit.record(view.person, "view.prefer", view, None, name=view.name, is_default=is_default)
    return view


def delete(view: SavedView) -> None:
    """Forget the view; the documents stay as they are."""
    with transaction.atomic():
        audit.record(view.person, "view.delete", view, None, name=view.name)
        view.delete()


def _place(among: List) -> tuple[Workspace, Project | None]:
    return (among.workspace, among) if isinstance(among, Project) else (among, None)
