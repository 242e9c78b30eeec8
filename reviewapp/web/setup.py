"""Setting up an annotation project: its labeling config with a live preview, and its settings."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from reviewapp import access
from reviewapp.domain import configs, projects, task_orders
from reviewapp.errors import Invalid
from reviewapp.labeling.templates import TEMPLATES
from reviewapp.models import Document, Project, Workspace
from reviewapp.web import drawing, refusals
from reviewapp.web.kinds import annotation_project
from reviewapp.web.pages import Request, draw
from reviewapp.web.project_forms import CommonForm, DeleteForm, offer_tags
from reviewapp.web.words import called

SAMPLE_TITLE = "Sample document"
SAMPLE = (
    "The patient, a 64-year-old retired teacher, reports chest pain since Monday. She took aspirin, "
    "which eased it. No fever. She stopped smoking ten years ago."
)
SHOWN = 1_500  # characters of the sample document


class ConfigForm(forms.Form):
    """The labeling config as somebody writes it."""

    labeling_config = forms.CharField(
        label=gettext_lazy("Labeling config"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "autocomplete": "off", "class": "mono"}),
    )

    def clean_labeling_config(self) -> str:
        """The text as it was typed: browsers send every line end as CR LF."""
        return str(self.cleaned_data["labeling_config"]).replace("\r\n", "\n")


class NewForm(ConfigForm):
    name = CommonForm.base_fields["name"]
    instructions = forms.CharField(
        label=gettext_lazy("Instructions"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Shown beside every document. What is to be marked, and what is not?"),
    )
    document_tags = CommonForm.base_fields["document_tags"]

    field_order = ["name", "instructions", "document_tags", "labeling_config"]

    def __init__(self, workspace: Workspace, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        offer_tags(self, workspace, [])


class SetupForm(CommonForm):
    """The settings of an annotation project, named as the domain takes them."""

    instructions = NewForm.base_fields["instructions"]
    task_order = forms.ChoiceField(
        label=gettext_lazy("Order of the tasks that are anybody’s"),
        choices=called(Project.TaskOrder),
        widget=forms.RadioSelect,
        required=False,
    )
    completion_choice = forms.ChoiceField(
        label=gettext_lazy("When several people annotated a document, train on"),
        choices=called(Project.CompletionChoice),
        widget=forms.RadioSelect,
    )
    reviewer_priority = forms.CharField(
        label=gettext_lazy("Annotators in order of priority"),
        required=False,
        help_text=gettext_lazy(
            "User names with commas between, the highest first. Used with “Highest priority reviewer”."
        ),
    )

    def __init__(self, project: Project, data: Any = None) -> None:
        super().__init__(project.workspace, project.document_tags, data)
        self.initial = _initial(project, self.usernames(project.reviewer_priority))

    def clean_task_order(self) -> str:
        return str(self.cleaned_data["task_order"] or Project.TaskOrder.DOCUMENTS)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: Request, pk: int) -> HttpResponse:
    """A new annotation project: a name, and what its annotators are asked."""
    workspace = access.get(request.user, Workspace, pk, may="manage")
    first = TEMPLATES[0].xml
    form = NewForm(workspace, request.POST or None, initial={"name": "Annotation", "labeling_config": first})
    if form.is_valid():
        try:
            made = projects.create_annotation(workspace, request.user, **form.cleaned_data)
            messages.success(request, _("The project is set up. Assign its tasks, or start annotating."))
            return redirect("project", made.pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    written = form["labeling_config"].value() or ""
    status = 422 if form.is_bound else 200
    return draw(
        request, "annotation/create.html", workspace, status=status, form=form, **_previewed(workspace, written)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def config(request: Request, pk: int) -> HttpResponse:
    """The labeling config of a project, replaced whole."""
    project = annotation_project(request, pk, may="manage")
    form = ConfigForm(request.POST or None, initial={"labeling_config": project.labeling_config})
    if form.is_valid():
        try:
            configs.change(
                project, request.user, _as_before(form.cleaned_data["labeling_config"], project.labeling_config)
            )
            messages.success(request, _("The labeling config is saved."))
            return redirect("labeling-config", project.pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    written = form["labeling_config"].value() or ""
    drawn = _previewed(project.workspace, written, project)
    status = 422 if form.is_bound else 200
    return draw(request, "annotation/config.html", project, status=status, project=project, form=form, **drawn)


@require_POST
def preview(request: Request, pk: int) -> HttpResponse:
    """The Interface Preview of what is in the editor now; nothing is saved (J-56)."""
    workspace = access.get(request.user, Workspace, pk, may="manage")
    project = workspace.projects.filter(pk=_number(request.POST.get("project", ""))).first()
    written = request.POST.get("labeling_config", "")
    return draw(request, "annotation/_preview.html", workspace, **_previewed(workspace, written, project))


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Request, pk: int) -> HttpResponse:
    """Everything about the project but its config."""
    project = annotation_project(request, pk, may="manage")
    form = SetupForm(project, request.POST or None)
    if form.is_valid():
        try:
            projects.change(project, request.user, form.cleaned_data)
            messages.success(request, _("The settings are saved."))
            return redirect("annotation-setup", project.pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    fresh = annotation_project(request, pk, may="manage")
    order = {"order_told": task_orders.told(fresh), "order_rule": task_orders.RULE}
    drawn = {"form": form, "deletion": DeleteForm(), **order}
    status = 422 if form.is_bound else 200
    return draw(request, "annotation/setup.html", fresh, status=status, project=fresh, **drawn)


def _previewed(workspace: Workspace, written: str, project: Project | None = None) -> dict[str, Any]:
    seen = configs.preview(written, project)
    found = seen.examined.config
    return {
        "preview": seen,
        "parts": drawing.parts(found) if found else [],
        "sample": _sample(workspace, project),
        "templates": TEMPLATES,
        "lines": sorted({problem.place.line for problem in seen.examined.errors}),
    }


def _sample(workspace: Workspace, project: Project | None) -> dict[str, str]:
    """The beginning of the first document there is."""
    rows = Document.objects.filter(workspace=workspace, deleted_at=None)
    if project is not None:
        rows = rows.filter(places__project=project)
    first = rows.order_by("pk").first()
    if first is None or not first.text:
        return {"title": SAMPLE_TITLE, "text": SAMPLE}
    return {"title": first.title or first.control_number, "text": first.text[:SHOWN]}


def _as_before(written: str, before: str) -> str:
    """The text with the line ends that it had before."""
    return written.replace("\n", "\r\n") if "\r\n" in before else written


def _number(said: str) -> int:
    return int(said) if said.isdecimal() and len(said) < 19 else 0


def _initial(project: Project, annotators: str) -> dict[str, Any]:
    return {
        "name": project.name,
        "instructions": project.instructions,
        "document_tags": project.document_tags,
        "completion_choice": project.completion_choice,
        "reviewer_priority": annotators,
        "task_order": project.task_order,
        "training_filter": project.training_filter,
    }
