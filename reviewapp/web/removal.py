"""What cannot be undone: the deletion of a workspace, and the purge of its active learning."""

from collections.abc import Callable

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from reviewapp import access
from reviewapp.domain import removal
from reviewapp.errors import Invalid
from reviewapp.models import Job, User, Workspace
from reviewapp.web import refusals
from reviewapp.web.pages import Request, draw


class ConfirmationForm(forms.Form):
    """The workspace's name, typed by whoever wants it gone."""

    confirmation = forms.CharField(
        label=gettext_lazy("Type the name of the workspace"),
        max_length=200,
        strip=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request, pk: int) -> HttpResponse:
    return _confirmed(request, pk, "workspaces/delete.html", removal.request_removal)


@require_http_methods(["GET", "HEAD", "POST"])
def purge(request: Request, pk: int) -> HttpResponse:
    return _confirmed(request, pk, "workspaces/purge.html", removal.request_purge)


def _confirmed(request: Request, pk: int, template: str, verb: Callable[[Workspace, User, str], Job]) -> HttpResponse:
    """Say what will be lost; do it once the name is typed."""
    workspace = access.get(request.user, Workspace, pk, may="administer")
    form = ConfirmationForm(request.POST or None)
    if form.is_valid():
        try:
            return redirect("job", verb(workspace, request.user, form.cleaned_data["confirmation"]).pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    status = 422 if form.is_bound else 200
    return draw(request, template, workspace, form=form, losses=removal.losses(workspace), status=status)
