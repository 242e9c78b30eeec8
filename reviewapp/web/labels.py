"""Labels: the taxonomy of a project as a tree, one more label, and a file of labels."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from reviewapp import access
from reviewapp.domain import taxonomy
from reviewapp.errors import Invalid
from reviewapp.models import Project
from reviewapp.web import refusals
from reviewapp.web.pages import Request, draw


class LabelForm(forms.Form):
    label = forms.CharField(
        label=gettext_lazy("Label"),
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "Contract > Termination"}),
        help_text=gettext_lazy(
            "With “ > ” between parent and child. It is neutral: it counts as coded and trains nothing."
        ),
    )
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=1,
        required=False,
        help_text=gettext_lazy("One character that gives it on the review page."),
    )


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput({"accept": ".csv,.tsv,.json"}),
        help_text=gettext_lazy(
            "CSV with the columns label, role and key, or a JSON list. What is there already stays as it is."
        ),
    )


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    return _page(request, access.get(request.user, Project, pk))


@require_POST
def add(request: Request, pk: int) -> HttpResponse:
    project = access.get(request.user, Project, pk, may="manage")
    form = LabelForm(request.POST)
    if form.is_valid():
        try:
            label = taxonomy.add(project, request.user, form.cleaned_data["label"], key=form.cleaned_data["key"])
            messages.success(request, _("“%(label)s” can be given from now on.") % {"label": label})
            return redirect("labels", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    return _page(request, project, status=422, form=form)


@require_POST
def load(request: Request, pk: int) -> HttpResponse:
    """Take a file of labels, and say row by row what came of it."""
    project = access.get(request.user, Project, pk, may="manage")
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            rows = taxonomy.read(file.read(taxonomy.LARGEST_FILE + 1), file.name)
            return _page(request, project, report=taxonomy.load(project, request.user, rows))
        except Invalid as problem:
            refusals.tell(form, problem)
    return _page(request, project, status=422, file_form=form)


def _page(request: Request, project: Project, *, status: int = 200, **context: Any) -> HttpResponse:
    now = Project.objects.select_related("workspace").get(pk=project.pk)
    labels = taxonomy.labels(now)
    drawn = {
        "project": now,
        "tree": taxonomy.tree(labels),
        "count": len(labels),
        "needed": taxonomy.NEEDED,
        "measured": taxonomy.MEASURED,
        "form": LabelForm(),
        "file_form": FileForm(),
    }
    return draw(request, "labels/index.html", now, status=status, **drawn | context)
