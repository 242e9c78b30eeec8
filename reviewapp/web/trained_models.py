"""The *Trained Models* tab of a workspace: the table, and what is done with ticked rows."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from models_lib import library
from models_lib.catalogue import Wanted, find, is_narrowed
from models_lib.models import TrainedModel
from reviewapp import access
from reviewapp.access import Right
from reviewapp.errors import Invalid
from reviewapp.models import Workspace
from reviewapp.web import catalogue, refusals
from reviewapp.web.catalogue import COLUMNS, GROUPS, Filter
from reviewapp.web.model_forms import CategorizeForm
from reviewapp.web.pages import Request, draw, page_at_once

ROWS = 50


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    workspace = access.get(request.user, Workspace, pk, may="view_models")
    form = Filter(request.user, workspace, request.GET)
    form.is_valid()
    wanted, columns = form.wanted(), catalogue.chosen(request)
    told: dict[str, Any] = {
        "form": form,
        "wanted": wanted,
        "narrowed": is_narrowed(wanted),
        "groups": GROUPS,
        "columns": columns,
        "all_columns": COLUMNS,
        "headings": catalogue.headings(columns, wanted.order),
        "page": page_at_once(request, find(request.user, workspace, wanted), ROWS),
    }
    return draw(request, "trained_models/index.html", workspace, **told)


@require_safe
def row(request: Request, pk: int, model: int) -> HttpResponse:
    """One row of the table, for as long as its export moves."""
    found = access.get(request.user, TrainedModel, model, workspace=pk)
    shown = find(request.user, found.workspace, Wanted()).filter(pk=found.pk).get()
    return draw(request, "trained_models/_row.html", found, model=shown, columns=catalogue.chosen(request))


@require_POST
def columns(request: Request) -> HttpResponse:
    """Remember which columns the person wants to see, in any workspace, and go back to where they were."""
    catalogue.choose(request, request.POST.getlist("column"))
    back = request.POST.get("back", "")
    ours = url_has_allowed_host_and_scheme(back, None)
    return redirect(back if ours else "workspaces")


@require_http_methods(["GET", "HEAD", "POST"])
def categorize(request: Request, pk: int) -> HttpResponse:
    """Choose categories for the ticked models."""
    workspace, chosen = _ticked(request, pk, "edit_models")
    form = CategorizeForm(workspace, request.POST or None)
    if form.is_valid():
        try:
            take_off = bool(form.cleaned_data["take_off"])
            count = library.categorize(chosen, form.chosen(), request.user, take_off=take_off)
            messages.success(
                request,
                ngettext(
                    "The categories of %(n)s trained model are changed.",
                    "The categories of %(n)s trained models are changed.",
                    count,
                )
                % {"n": count},
            )
            return redirect("models", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    status = 422 if form.is_bound else 200
    return draw(request, "trained_models/categorize.html", workspace, form=form, chosen=chosen, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request, pk: int) -> HttpResponse:
    """Say what goes and what stays; delete once that is confirmed."""
    workspace, chosen = _ticked(request, pk, "delete_models")
    if request.method == "POST":
        count = library.delete(chosen, request.user)
        messages.success(
            request,
            ngettext("%(n)s trained model deleted.", "%(n)s trained models deleted.", count) % {"n": count},
        )
        return redirect("models", pk)
    access.require(request.user, workspace, "edit_models")
    return draw(request, "trained_models/delete.html", workspace, **_lost(request, chosen))


def _ticked(request: Request, pk: int, may: Right) -> tuple[Workspace, list[TrainedModel]]:
    """The workspace and the models that the address or the form names; raises :class:`Invalid` when there is none."""
    workspace = access.get(request.user, Workspace, pk, may=may)
    said = (request.POST or request.GET).getlist("model")
    ticked = [int(model) for model in said if model.isdecimal() and len(model) < 19]
    chosen = list(library.shown(request.user, workspace).filter(pk__in=ticked).order_by("name"))
    if not chosen:
        raise Invalid(_("No trained models are selected. Tick some in the table."))
    return workspace, chosen


def _lost(request: Request, chosen: list[TrainedModel]) -> dict[str, Any]:
    """Every chosen model with the projects that hold on to it."""
    rows = [(model, list(library.linked(model, request.user))) for model in chosen]
    return {"rows": rows, "count": len(rows), "held": any(projects for _, projects in rows)}
