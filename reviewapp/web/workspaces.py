"""Workspaces: the list, a new one, the home of one, its settings."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from models_lib import outcomes
from reviewapp import access
from reviewapp.domain import queue, workspaces
from reviewapp.errors import Invalid
from reviewapp.models import Job, Project, Workspace
from reviewapp.web import refusals
from reviewapp.web.pages import Request, draw, page_of

CARDS = 24
RECENT_JOBS = 5


class WorkspaceForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        help_text=gettext_lazy("A matter, a client or a team. It can be changed later."),
    )


@dataclass(frozen=True)
class Card:
    """A project on its workspace's home."""

    project: Project
    busy: str

    @property
    def state(self) -> tuple[str, str]:
        """The state to show, with its label: what stops reviewers first, then what runs."""
        index = self.project.index
        if self.project.state != Project.State.ACTIVE:
            return str(self.project.state), _(self.project.get_state_display())
        if self.busy == Job.Kind.TRAIN:
            return "running", _("Training")
        if self.busy == Job.Kind.POPULATE or index is None:
            return "populating", _("Indexing")
        if index.state not in queue.USABLE:
            return str(index.state), _(index.get_state_display())
        return "active", _("Active")

    @property
    def closed(self) -> str:
        """Why reviewers get no documents now; empty when they do."""
        project = self.project
        if project.state != Project.State.ACTIVE:
            return _("Paused by a manager") if project.state == Project.State.PAUSED else _("The review has ended")
        if not project.documents:
            return _("No documents yet")
        if project.index is None or project.index.state not in queue.USABLE:
            return _("Documents are being indexed")
        return _("Everything is coded") if project.coded >= project.documents else ""


@require_safe
def index(request: Request) -> HttpResponse:
    page = page_of(request, workspaces.overview(request.user))
    return render(request, "workspaces/index.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: Request) -> HttpResponse:
    form = WorkspaceForm(request.POST or None)
    if form.is_valid():
        try:
            return redirect("workspace", workspaces.create(form.cleaned_data["name"], request.user).pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    return render(request, "workspaces/create.html", {"form": form}, status=422 if form.is_bound else 200)


@require_safe
def home(request: Request, pk: int) -> HttpResponse:
    workspace = access.get(request.user, Workspace, pk)
    return draw(request, "workspaces/home.html", workspace, **_moving(request, workspace))


@require_safe
def live(request: Request, pk: int) -> HttpResponse:
    """The moving parts of the home: projects with their progress, and the latest jobs."""
    workspace = access.get(request.user, Workspace, pk)
    return draw(request, "workspaces/_live.html", workspace, **_moving(request, workspace))


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Request, pk: int) -> HttpResponse:
    workspace = access.get(request.user, Workspace, pk, may="administer")
    form = WorkspaceForm(request.POST or None, initial={"name": workspace.name})
    if form.is_valid():
        try:
            workspaces.rename(workspace, form.cleaned_data["name"], request.user)
            messages.success(request, _("The workspace is renamed."))
            return redirect("workspace-settings", workspace.pk)
        except Invalid as problem:
            refusals.tell(form, problem)
            workspace.refresh_from_db()
    return draw(request, "workspaces/settings.html", workspace, form=form, status=422 if form.is_bound else 200)


def _moving(request: Request, workspace: Workspace) -> dict[str, Any]:
    page = page_of(request, _projects(workspace), CARDS)
    page.object_list = [Card(project, project.busy or "") for project in page.object_list]
    recent = list(workspace.jobs.select_related("project").order_by("-id")[:RECENT_JOBS])
    outcomes.say_errors(recent, request.user)
    return {"page": page, "jobs": recent, "has_documents": workspace.documents.filter(deleted_at=None).exists()}


def _projects(workspace: Workspace) -> QuerySet[Any]:
    running = Job.objects.filter(project=OuterRef("pk"), state=Job.State.RUNNING).order_by("-id")
    rows = workspace.projects.exclude(state=Project.State.ARCHIVED).select_related("index", "version")
    return rows.annotate(busy=Subquery(running.values("kind")[:1]))
