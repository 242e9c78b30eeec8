"""What pages share: a request that has a person, the frame of a workspace's pages, pages of a list."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails

from reviewapp import access
from reviewapp.models import User

ROWS = 50  # rows a page


class Request(HttpRequest):
    """A request behind the sign-in: ``user`` is a person."""

    user: User
    htmx: HtmxDetails


def draw(request: Request, template: str, subject: Model, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render a page of a workspace, or of something in one: adds ``workspace`` and the person's ``rights`` there."""
    workspace = access.workspace_of(subject)
    rights = access.rights(request.user, workspace)
    return render(request, template, {"workspace": workspace, "rights": rights, **context}, status=status)


def page_of(request: HttpRequest, rows: Any, size: int = ROWS) -> Page[Any]:
    """The page of the list that ``?page=`` asks for; the nearest one there is when it asks for none of them."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
