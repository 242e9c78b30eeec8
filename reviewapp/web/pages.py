"""What pages share: a request that has a person, the frame of a workspace's pages, pages of a list."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails

from reviewapp import access
from reviewapp.access import Right
from reviewapp.models import Project, User

ROWS = 50  # rows a page
CHANGING: frozenset[Right] = frozenset({"review", "manage"})
COUNTED = 1_000  # rows beyond which a long list says only that there are more


class Request(HttpRequest):
    """A request behind the sign-in: ``user`` is a person."""

    user: User
    htmx: HtmxDetails


def draw(request: Request, template: str, subject: Model, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a page of a workspace, or of something in one: adds ``workspace`` and the person's ``rights`` there.

    What belongs to no workspace has none, and whoever may see it has every right to it.
    """
    workspace = access.workspace_of(subject)
    rights = access.rights(request.user, workspace) if workspace else frozenset(access.RIGHTS)
    offered = rights - CHANGING if isinstance(subject, Project) and subject.is_closed else rights
    drawn = {"workspace": workspace, "rights": offered, "held": rights, **context}
    return render(request, template, drawn, status=status)


def page_of(request: HttpRequest, rows: Any, size: int = ROWS) -> Page[Any]:
    """The page of the list that ``?page=`` asks for; the nearest one there is when it asks for none of them."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def page_at_once(request: HttpRequest, rows: QuerySet[Any], size: int = ROWS) -> Page[Any]:
    """As :func:`page_of`, in one statement: the rows say themselves, as ``total``, how many there are in all."""
    said = request.GET.get("page", "1")
    number = int(said) if said.isdecimal() and 0 < len(said) < 7 else 1
    found = list(rows[(number - 1) * size : number * size]) if number else []
    if not found and number != 1:
        number, found = 1, list(rows[:size])
    total = found[0].total if found else 0
    return Page(found, number, Paginator(range(total), size))


@dataclass(frozen=True)
class Window:
    """A piece of a list too long to count, in order of primary key, with where the pieces beside it begin."""

    rows: list[Any]
    before: int | None
    after: int | None
    count: int

    @property
    def is_more(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.count > COUNTED

    @property
    def counted(self) -> int:
        return min(self.count, COUNTED)


def window_of(request: HttpRequest, rows: QuerySet[Any], size: int = ROWS) -> Window:
    """The rows after or before the key that the address names: costs the same on the first page and the last."""
    before, after = (_key(request, name) for name in ("before", "after"))
    if before is not None:
        found = list(rows.filter(pk__lt=before).order_by("-pk")[: size + 1])
        is_first, shown = len(found) <= size, found[:size][::-1]
        is_last = False
    else:
        found = list(rows.filter(pk__gt=after or 0).order_by("pk")[: size + 1])
        is_first, shown = not after, found[:size]
        is_last = len(found) <= size
    return Window(
        rows=shown,
        before=None if is_first or not shown else shown[0].pk,
        after=None if is_last or not shown else shown[-1].pk,
        count=rows.order_by()[: COUNTED + 1].count(),
    )


def newest_window_of(request: HttpRequest, rows: QuerySet[Any], size: int = ROWS) -> Window:
    """As :func:`window_of`, the newest row first: ``after`` names an older neighbour, ``before`` a newer one."""
    newer, older = (_key(request, name) for name in ("before", "after"))
    if newer is not None:
        found = list(rows.filter(pk__gt=newer).order_by("pk")[: size + 1])
        is_first, shown, is_last = len(found) <= size, found[:size][::-1], False
    else:
        below = rows if older is None else rows.filter(pk__lt=older)
        found = list(below.order_by("-pk")[: size + 1])
        is_first, shown, is_last = older is None, found[:size], len(found) <= size
    return Window(
        rows=shown,
        before=None if is_first or not shown else shown[0].pk,
        after=None if is_last or not shown else shown[-1].pk,
        count=rows.order_by()[: COUNTED + 1].count(),
    )


def _key(request: HttpRequest, name: str) -> int | None:
    asked = request.GET.get(name, "")
    return int(asked) if asked.isdecimal() and len(asked) < 19 else None
