"""The documents of a workspace: found, read, tagged and deleted."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from reviewapp import access
from reviewapp.models import Document, Workspace
from reviewapp.web.pages import Request, draw, page_of


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    workspace = access.get(request.user, Workspace, pk)
    rows = workspace.documents.filter(deleted_at=None).defer("text").order_by("control_number")
    return draw(request, "documents/index.html", workspace, page=page_of(request, rows))


@require_safe
def show(request: Request, pk: int, document: int) -> HttpResponse:
    """One document with its metadata."""
    found = access.get(request.user, Document, document, workspace=pk, deleted_at=None)
    return draw(request, "documents/show.html", found, document=found)
