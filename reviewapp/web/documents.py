"""The documents of a workspace: found, read, tagged and deleted."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Left
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from reviewapp import access
from reviewapp.domain import documents, saved_views
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import CODED, Document, ProjectDocument, Workspace
from reviewapp.web import columns, views
from reviewapp.web.pages import Request, draw, window_of

BEGINNING = 200  # characters of the text in the list
SHOWN = 300_000  # characters of one text that a page shows
MOST_ROWS = 10_000  # of a file that is written while it is sent
ROWS_AT_A_TIME = 500
NAMED = 10  # documents that a confirmation lists


class SearchForm(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=500,
        widget=forms.TextInput(
            {"type": "search", "placeholder": gettext_lazy("Words, “a phrase”, -not, or a control number")}
        ),
    )
    tag = forms.CharField(
        label=gettext_lazy("Tag"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"placeholder": gettext_lazy("Any tag")}),
    )


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    workspace = access.get(request.user, Workspace, pk)
    own = views.listed(request, workspace)
    if own.opening and not request.GET:
        return redirect(own.opening)
    shown = columns.shown(columns.OF_WORKSPACE, request.GET)
    rows = _found(workspace, request.GET).defer("text").annotate(beginning=Left("text", BEGINNING))
    return draw(
        request,
        "documents/index.html",
        workspace,
        form=SearchForm(request.GET),
        window=window_of(request, rows),
        columns=shown,
        offered=columns.offered(columns.OF_WORKSPACE, documents.metadata_names(workspace), shown),
        views=own,
        most_rows=MOST_ROWS,
    )


@require_safe
def table(request: Request, pk: int) -> HttpResponseBase:
    """What the search finds, with the same columns, as a file: every page of it."""
    workspace = access.get(request.user, Workspace, pk)
    shown = columns.shown(columns.OF_WORKSPACE, request.GET)
    rows = _found(workspace, request.GET).defer("text").order_by("pk")[:MOST_ROWS]
    found = (columns.cells_of_document(shown, document) for document in rows.iterator(ROWS_AT_A_TIME))
    return columns.as_csv("documents", shown, found)


@require_safe
def show(request: Request, pk: int, document: int) -> HttpResponse:
    """One document with its metadata, and what was decided about it in every project."""
    found = access.get(request.user, Document, document, workspace=pk, deleted_at=None)
    text = found.text if "whole" in request.GET else found.text[:SHOWN]
    return draw(
        request, "documents/show.html", found, document=found, text=text, history=documents.history(found, request.user)
    )


@require_POST
def tag(request: Request, pk: int) -> HttpResponse:
    """Give the chosen documents tags, or take them off."""
    workspace = access.get(request.user, Workspace, pk, may="manage")
    change = documents.remove_tags if request.POST.get("change") == "remove" else documents.add_tags
    tags = request.POST.get("tags", "").split(",")
    changed = change(workspace, _chosen(workspace, request.POST), tags, request.user)
    messages.success(
        request,
        ngettext("The tags of %(documents)s document changed.", "The tags of %(documents)s documents changed.", changed)
        % {"documents": intcomma(changed)},
    )
    return redirect(_list(workspace, request.POST))


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    """Say what will be lost; delete once that is confirmed."""
    workspace = access.get(request.user, Workspace, pk, may="manage")
    chosen, back = _chosen(workspace, request.POST), _list(workspace, request.POST)
    if "confirmed" not in request.POST:
        return draw(request, "documents/delete.html", workspace, **_lost(chosen), back=back, said=request.POST)
    if request.POST.get("count") != str(chosen.count()):
        raise Conflict(_("Meanwhile the search finds other documents than those you confirmed. Nothing was deleted."))
    deleted = documents.delete(workspace, chosen, request.user)
    messages.success(
        request,
        ngettext("%(documents)s document deleted.", "%(documents)s documents deleted.", deleted)
        % {"documents": intcomma(deleted)},
    )
    return redirect(back)


def _found(workspace: Workspace, asked: QueryDict) -> QuerySet[Document]:
    """The documents that the search names: by whole control number, else by words; and by tag."""
    form = SearchForm(asked)
    rows = workspace.documents.filter(deleted_at=None)
    if not form.is_valid():
        return rows.none()
    said, tag = form.cleaned_data["q"].strip(), form.cleaned_data["tag"].strip()
    if tag:
        rows = rows.filter(tags__contains=[tag])
    # Not both with OR: PostgreSQL would then read every text instead of the index of words.
    numbered = rows.filter(control_number=said)
    return numbered if said and numbered.exists() else documents.search(rows, said)


def _chosen(workspace: Workspace, said: QueryDict) -> QuerySet[Document]:
    """The ticked documents, or everything that the search found; raises :class:`Invalid` when there is none."""
    if "everything" in said:
        return _found(workspace, said)
    ticked = [int(pk) for pk in said.getlist("document") if pk.isdecimal() and len(pk) < 19]
    if not ticked:
        raise Invalid(_("No documents are selected. Tick some, or all that were found."))
    return workspace.documents.filter(pk__in=ticked, deleted_at=None)


def _lost(chosen: QuerySet[Document]) -> dict[str, Any]:
    """What a deletion takes away: documents, and the decisions about them in each project."""
    places = ProjectDocument.objects.filter(document__in=chosen.order_by().values("pk"), removed=False)
    by_project = places.order_by("project__name").values("project__name")
    projects = by_project.annotate(documents=Count("pk"), coded=Count("pk", filter=Q(decision__in=CODED)))
    count = chosen.count()
    return {"chosen": chosen.defer("text")[:NAMED], "count": count, "more": max(0, count - NAMED), "projects": projects}


def _list(workspace: Workspace, said: QueryDict) -> str:
    """The list that the person came from, with its search."""
    query = saved_views.canonical(workspace, said.urlencode())
    address = reverse("workspace-documents", args=[workspace.pk])
    return f"{address}?{query}" if query else address
