"""One trained model: all about it, its words, who sees it, and its export while that moves."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from models_lib import exports, library, shares
from models_lib.models import TrainedModel
from reviewapp import access
from reviewapp.access import Right
from reviewapp.domain import audit, jobs
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import Job, User
from reviewapp.web import refusals
from reviewapp.web.model_forms import AccessForm, ModelForm
from reviewapp.web.pages import Request, draw

EVENTS = 50  # of its history that the page shows
CHANGED = "exports"  # the event that live parts listen to
DID = {
    "model.export": gettext_lazy("asked for the export"),
    "model.ready": gettext_lazy("got it sealed and ready"),
    "model.edit": gettext_lazy("edited it"),
    "model.restrict": gettext_lazy("changed who may see it"),
    "model.share": gettext_lazy("shared it with another workspace"),
    "model.received": gettext_lazy("brought it here by a share"),
}


@require_safe
def show(request: Request, pk: int, model: int) -> HttpResponse:
    """All about the model; only its status when htmx asks."""
    found = _model(request, pk, model)
    if request.htmx:
        return draw(request, "trained_models/_status.html", found, model=found)
    return _shown(request, found, AccessForm(found))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, pk: int, model: int) -> HttpResponse:
    found = _model(request, pk, model, may="edit_models")
    initial = {
        "name": found.name,
        "description": found.description,
        "categories": [category.pk for category in found.categories.all()],
    }
    form = ModelForm(found.workspace, request.POST or None, initial=initial)
    if form.is_valid():
        try:
            library.edit(found, request.user, form.said())
            messages.success(request, _("The trained model is changed. Copies in other workspaces stay as they are."))
            return redirect("model", pk, model)
        except Invalid as problem:
            refusals.tell(form, problem)
            found.refresh_from_db(fields=["name"])
    status = 422 if form.is_bound else 200
    return draw(request, "trained_models/edit.html", found, model=found, form=form, status=status)


@require_POST
def restrict(request: Request, pk: int, model: int) -> HttpResponse:
    """Say who may see the model."""
    found = _model(request, pk, model, may="administer")
    form = AccessForm(found, request.POST)
    if not form.is_valid():
        return _shown(request, found, form, status=422)
    library.restrict(found, request.user, bool(form.cleaned_data["restricted"]), form.named())
    messages.success(request, _("Who may see this trained model is changed."))
    return redirect("model", pk, model)


@require_POST
def cancel(request: Request, pk: int, model: int) -> HttpResponse:
    return _do(request, pk, model, jobs.cancel)


@require_POST
def retry(request: Request, pk: int, model: int) -> HttpResponse:
    return _do(request, pk, model, jobs.retry)


@require_safe
def help_page(request: Request) -> HttpResponse:
    """What trained models are good for, and what to be careful with."""
    return render(request, "trained_models/help.html", {"warning": shares.WARNING, "advised": exports.ADVISED})


def _model(request: Request, pk: int, model: int, may: Right | None = None) -> TrainedModel:
    return access.get(request.user, TrainedModel, model, may=may, among=library.rows(request.user), workspace=pk)


def _do(request: Request, pk: int, model: int, verb: Callable[[Job, User], None]) -> HttpResponse:
    """Stop an export, or ask for it again; whatever shows it draws itself anew."""
    found = _model(request, pk, model, may="manage")
    if found.job is None:
        raise Conflict(found.reason or "This trained model has no export here.")
    verb(found.job, request.user)
    if request.htmx:
        return trigger_client_event(HttpResponse(status=204), CHANGED)
    return redirect("model", pk, model)


def _shown(request: Request, model: TrainedModel, form: AccessForm, *, status: int = 200) -> HttpResponse:
    events = [(event, DID.get(event.verb, event.verb)) for event in audit.about(model)[:EVENTS]]
    told: dict[str, Any] = {"linked": library.linked(model, request.user), "events": events, "warning": shares.WARNING}
    return draw(request, "trained_models/show.html", model, model=model, form=form, status=status, **told)
