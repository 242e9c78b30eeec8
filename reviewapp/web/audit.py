"""The audit trail: of one workspace for its admins, of everything for operators of the server."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from reviewapp import access
from reviewapp.domain import audit, chain
from reviewapp.domain.audit import Wanted
from reviewapp.models import AuditEvent, AuditSeal, Workspace
from reviewapp.web.pages import Request, draw, newest_window_of

SEALS = 10
DATE = forms.DateInput({"type": "date"})


class Filter(forms.Form):
    """What to look for in the trail; every field may stay empty."""

    actor = forms.CharField(
        required=False, label=gettext_lazy("Who"), widget=forms.TextInput({"placeholder": gettext_lazy("User name")})
    )
    verb = forms.CharField(
        required=False,
        label=gettext_lazy("Did what"),
        widget=forms.TextInput({"placeholder": "project, project.change …"}),
    )
    target = forms.CharField(
        required=False,
        label=gettext_lazy("To what"),
        widget=forms.TextInput({"placeholder": "project:7"}),
    )
    since = forms.DateTimeField(required=False, label=gettext_lazy("From"), widget=DATE)
    until = forms.DateTimeField(required=False, label=gettext_lazy("to"), widget=DATE)

    def wanted(self) -> Wanted:
        """What was asked for, days as whole days; what cannot be read is left out, and the field says so."""
        told = getattr(self, "cleaned_data", {})
        given: dict[str, Any] = {name: value for name, value in told.items() if value}
        if "until" in given:
            given["until"] += timedelta(days=1)
        return Wanted(**given)

    def query(self) -> dict[str, str]:
        """The same as parameters of the REST list."""
        return {
            name: value if isinstance(value, str) else value.isoformat()
            for name, value in vars(self.wanted()).items()
            if value
        }


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    workspace = access.get(request.user, Workspace, pk, may="audit")
    rows = AuditEvent.objects.filter(workspace=workspace)
    export = reverse("api:workspace-audit", args=[pk])
    return draw(request, "audit/index.html", workspace, **_trail(request, rows, export))


@require_safe
def everything(request: Request) -> HttpResponse:
    """All workspaces, and what belongs to none; with the newest seals."""
    access.operate(request.user)
    seals = AuditSeal.objects.defer("ids", "leaves").order_by("-number")[:SEALS]
    rows = AuditEvent.objects.select_related("workspace")
    return render(request, "audit/everything.html", {**_trail(request, rows, reverse("api:audit")), "seals": seals})


def _trail(request: Request, rows: QuerySet[AuditEvent], export: str) -> dict[str, Any]:
    form = Filter(request.GET)
    form.is_valid()
    return {
        "form": form,
        "window": newest_window_of(request, audit.find(rows, form.wanted())),
        "narrowed": bool(form.query()),
        "head": chain.head(),
        "unsealed": chain.unsealed(),
        "export": export,
        "query": form.query(),
    }
