"""Rolling a project back to a pinned version: what would change, and the typed confirmation."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from models_lib import rollbacks, versions
from reviewapp import access
from reviewapp.errors import Invalid
from reviewapp.models import Project
from reviewapp.web import refusals
from reviewapp.web.pages import Request, draw


class RollbackForm(forms.Form):
    """The version's name, typed by whoever goes back to it."""

    confirmation = forms.CharField(label=gettext_lazy("Type the name of the version"), max_length=20)


@require_http_methods(["GET", "HEAD", "POST"])
def roll_back(request: Request, pk: int, number: int) -> HttpResponse:
    """Show what would change; with the version's name, go back to it."""
    project = access.get(request.user, Project, pk, may="manage")
    access.require(request.user, project.workspace, "pin")
    form = RollbackForm(request.POST or None)
    if form.is_valid():
        try:
            rollbacks.request(project, number, request.user, form.cleaned_data["confirmation"])
            messages.success(
                request,
                _("The project goes back to v%(number)s. Nothing is coded until that is done.") % {"number": number},
            )
            return redirect("project-models", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    status = 422 if form.is_bound else 200
    preview = rollbacks.preview(project, versions.get(project, number))
    return draw(request, "models/rollback.html", project, status=status, project=project, preview=preview, form=form)
