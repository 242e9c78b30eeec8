"""Files of annotated tasks: sent, looked at, imported after the question what is overwritten; and exported."""

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from reviewapp import formats
from reviewapp.domain import items, task_exports, task_imports, uploads
from reviewapp.domain.annotating import config
from reviewapp.domain.task_exports import Wish
from reviewapp.errors import Invalid
from reviewapp.labeling import answers
from reviewapp.models import Job, Project
from reviewapp.web import refusals
from reviewapp.web.kinds import annotation_project
from reviewapp.web.pages import Request, draw
from reviewapp.web.project_forms import MOST_TAGS

NAMED = {
    "annotation-lab": gettext_lazy("JSON in the shape of Annotation Lab: everything"),
    "label-studio": gettext_lazy("JSON in the shape of Label Studio: everything"),
    "csv": gettext_lazy("CSV: everything, with columns for people; no cell can act as a formula"),
    "tsv": gettext_lazy("TSV: as CSV, with tabs"),
    "conll2003": gettext_lazy("CoNLL-2003: tokens with one label each; choices, relations and overlaps are left out"),
}
RECENT = 5


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput({"accept": ",".join(formats.SUFFIXES)}),
        help_text=gettext_lazy("JSON of Label Studio or Annotation Lab, CSV, TSV or CoNLL-2003."),
    )


class ConflictForm(forms.Form):
    conflict = forms.ChoiceField(
        label=gettext_lazy("Tasks that are here already"),
        choices=[
            ("skip", gettext_lazy("Skip: they stay as they are")),
            (
                "overwrite",
                gettext_lazy(
                    "Overwrite: what is here stays on record, and neither trains nor leaves in an export any more"
                ),
            ),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Say what becomes of tasks that are here already."},
    )


class ExportForm(forms.Form):
    """What shall be in the file; ``wish()`` gives it as the domain takes it."""

    format = forms.ChoiceField(
        label=gettext_lazy("Format"), choices=list(NAMED.items()), widget=forms.RadioSelect, initial="annotation-lab"
    )
    tags = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("Only tasks with one of these tags"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nothing ticked: all tasks."),
    )
    labels = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("Only these labels and choices"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nothing ticked: all of them. Relations stay where both of their spans do."),
    )
    only_ground_truth = forms.BooleanField(
        required=False, label=gettext_lazy("Only completions with the star: those that stand")
    )
    without_empty = forms.BooleanField(required=False, label=gettext_lazy("Without tasks in which nothing is left"))

    def __init__(self, project: Project, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type] # as a request brings it
        self._offer("tags", items.tags(project.workspace, MOST_TAGS))
        self._offer("labels", sorted({value for part, value in answers.offered(config(project)) if part}))

    def wish(self) -> Wish:
        return Wish(**self.cleaned_data)

    def _offer(self, name: str, values: list[str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(value, value) for value in values]


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: Request, pk: int) -> HttpResponse:
    """A file of tasks is sent; then it is looked at."""
    project = annotation_project(request, pk, may="manage")
    form = FileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            file = form.cleaned_data["file"]
            kept = task_imports.receive(file, file.name, project, request.user)[0]
            return redirect("task-import", pk, kept.id)
        except Invalid as problem:
            refusals.tell(form, problem)
    told = {"form": form, "limit": filesizeformat(settings.UPLOAD_LIMIT)}
    status = 422 if form.is_bound else 200
    return draw(request, "annotation/import.html", project, status=status, project=project, **told)


@require_http_methods(["GET", "HEAD", "POST"])
def look(request: Request, pk: int, upload: str) -> HttpResponse:
    """What an import would do, and the question what becomes of tasks that are here; then the import."""
    project = annotation_project(request, pk, may="manage")
    found = uploads.find(upload, project.workspace, request.user)
    form = ConflictForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return redirect("job", task_imports.request(project, request.user, upload, form.cleaned_data["conflict"]).pk)
    told = {"form": form, "upload": found, "seen": task_imports.preview(found, project, request.user)}
    status = 422 if form.is_bound else 200
    return draw(request, "annotation/import_look.html", project, status=status, project=project, **told)


@require_POST
def discard(request: Request, pk: int, upload: str) -> HttpResponse:
    """Remove a file that will not be imported."""
    project = annotation_project(request, pk, may="manage")
    task_imports.discard(upload, project, request.user)
    return redirect("task-import-upload", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: Request, pk: int) -> HttpResponse:
    """Ask for a file of the tasks; the last ones are listed."""
    project = annotation_project(request, pk, may="manage")
    form = ExportForm(project, request.POST if request.method == "POST" else None)
    if form.is_valid():
        return redirect("job", task_exports.request(project, request.user, form.wish()).pk)
    recent = project.jobs.filter(kind=Job.Kind.EXPORT_TASKS).select_related("requested_by").order_by("-pk")[:RECENT]
    status = 422 if form.is_bound else 200
    return draw(request, "annotation/export.html", project, status=status, project=project, form=form, recent=recent)
