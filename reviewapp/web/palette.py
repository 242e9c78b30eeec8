"""The command palette: pages, projects, documents by control number, and what the person may do here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from reviewapp import access
from reviewapp.access import Right, Table
from reviewapp.models import Document, Project, Workspace
from reviewapp.web.pages import Request

MOST = 12  # of each kind


@dataclass(frozen=True)
class Entry:
    """A page, or something that can be done: its route, and the right that it takes."""

    title: str
    route: str
    right: Right = "view"
    states: tuple[str, ...] = ()  # of a project; in any other there is nothing to do


@dataclass(frozen=True)
class Found:
    """One line of the palette."""

    title: str
    address: str
    place: str = ""
    posts: bool = False


EVERYWHERE = (
    Entry(gettext_noop("All workspaces"), "workspaces"),
    Entry(gettext_noop("Models of all projects"), "models"),
    Entry(gettext_noop("New workspace"), "workspace-create"),
    Entry(gettext_noop("Archives"), "archives"),
    Entry(gettext_noop("Appearance and keys"), "preferences"),
    Entry(gettext_noop("Account and password"), "account"),
    Entry(gettext_noop("API tokens"), "tokens"),
    Entry(gettext_noop("Help: four corners, ranks, when to stop"), "help"),
    Entry(gettext_noop("Help: trained models"), "models-help"),
)
OPERATORS = (
    Entry(gettext_noop("Audit of this server"), "audit"),
    Entry(gettext_noop("Components of the pages"), "help-style"),
)
OF_WORKSPACE = (
    Entry(gettext_noop("Projects"), "workspace"),
    Entry(gettext_noop("Documents of the workspace"), "workspace-documents"),
    Entry(gettext_noop("Trained Models"), "models", "view_models"),
    Entry(gettext_noop("Fields"), "fields", "view_models"),
    Entry(gettext_noop("Jobs"), "workspace-jobs"),
    Entry(gettext_noop("People"), "workspace-people"),
    Entry(gettext_noop("Audit"), "workspace-audit", "audit"),
    Entry(gettext_noop("Webhooks"), "workspace-webhooks", "administer"),
    Entry(gettext_noop("Workspace settings"), "workspace-settings", "administer"),
    Entry(gettext_noop("Import documents"), "import", "manage"),
    Entry(gettext_noop("New project"), "project-create", "manage"),
)
OF_PROJECT = (
    Entry(gettext_noop("Review: code the next document"), "review", "review"),
    Entry(gettext_noop("Overview"), "project"),
    Entry(gettext_noop("Documents of the project"), "project-documents"),
    Entry(gettext_noop("Model versions"), "project-models"),
    Entry(gettext_noop("Pinned versions"), "pinned-versions"),
    Entry(gettext_noop("Model validation"), "model-validation"),
    Entry(gettext_noop("Quality"), "project-quality"),
    Entry(gettext_noop("Decide where two people differ"), "project-adjudicate", "manage"),
    Entry(gettext_noop("Stopping"), "project-stopping"),
    Entry(gettext_noop("Validation rounds"), "project-validation"),
    Entry(gettext_noop("Reports"), "project-reports"),
    Entry(gettext_noop("Training modes"), "modes"),
    Entry(gettext_noop("Labels"), "labels"),
    Entry(gettext_noop("Project settings"), "project-settings", "manage"),
    Entry(gettext_noop("Link a trained model"), "project-link", "manage"),
)
OF_ANNOTATION = (
    Entry(gettext_noop("Annotate the next document"), "annotate", "review"),
    Entry(gettext_noop("Overview"), "project"),
    Entry(gettext_noop("Tasks"), "tasks"),
    Entry(gettext_noop("Training: train, deploy, logs, active learning"), "training"),
    Entry(gettext_noop("Predefined labels"), "training-models"),
    Entry(gettext_noop("Labeling config"), "labeling-config", "manage"),
    Entry(gettext_noop("Setup"), "annotation-setup", "manage"),
)
DONE_HERE = (
    Entry(gettext_noop("Train now"), "project-train", "manage"),
    Entry(gettext_noop("Index new documents now"), "project-populate", "manage"),
    Entry(gettext_noop("Pause the project"), "project-pause", "manage", (Project.State.ACTIVE,)),
    Entry(
        gettext_noop("Resume the project"), "project-resume", "manage", (Project.State.PAUSED, Project.State.COMPLETE)
    ),
    Entry(gettext_noop("Write a report now"), "project-reports", "manage"),
)


@require_safe
def show(request: Request) -> HttpResponse:
    """What fits the words, in groups; without words, what there is on the page that asks."""
    words = request.GET.get("q", "").casefold().split()
    project = _here(request, Project, "project")
    workspace = project.workspace if project else _here(request, Workspace, "workspace")
    groups = (
        (_("Do"), _fitting(words, _done(request, project))),
        (_("Documents"), _documents(request, project, words)),
        (_("Go to"), _fitting(words, _pages(request, workspace, project))),
        (_("Projects"), _projects(request, words)),
    )
    shown = [(title, list(islice(found, MOST))) for title, found in groups]
    return render(request, "palette/_found.html", {"groups": [group for group in shown if group[1]], "words": words})


def _here(request: Request, table: type[Table], name: str) -> Table | None:
    """The project or workspace of the page that asks; None where it is in none that the person may see."""
    asked = request.GET.get(name, "")
    rows = access.visible(request.user, table)
    return rows.filter(pk=asked).first() if asked.isdecimal() and len(asked) < 19 else None


def _fitting(words: list[str], lines: Iterable[Found]) -> Iterator[Found]:
    return (line for line in lines if all(word in f"{line.title} {line.place}".casefold() for word in words))


def _done(request: Request, project: Project | None) -> Iterator[Found]:
    if project is None:
        return
    rights = access.rights(request.user, project.workspace)
    for entry in DONE_HERE:
        fits = project.is_review or entry.states  # what is done to an index or a report is a review's
        if entry.right in rights and fits and (not entry.states or project.state in entry.states):
            yield Found(_(entry.title), reverse(entry.route, args=[project.pk]), project.name, posts=True)


def _pages(request: Request, workspace: Workspace | None, project: Project | None) -> Iterator[Found]:
    rights = access.rights(request.user, workspace) if workspace else frozenset()
    of_project = OF_PROJECT if project is None or project.is_review else OF_ANNOTATION
    for row, entries in ((project, of_project), (workspace, OF_WORKSPACE)):
        if row is not None:
            allowed = (entry for entry in entries if entry.right in rights)
            yield from (Found(_(entry.title), reverse(entry.route, args=[row.pk]), row.name) for entry in allowed)
    for entry in (*EVERYWHERE, *(OPERATORS if request.user.is_superuser else ())):
        yield Found(_(entry.title), reverse(entry.route))


def _projects(request: Request, words: list[str]) -> Iterator[Found]:
    """Projects and workspaces that the person may see, by name."""
    if not words:
        return
    projects = access.visible(request.user, Project).select_related("workspace").order_by("name")
    workspaces = access.visible(request.user, Workspace).order_by("name")
    for word in words:
        projects, workspaces = projects.filter(name__icontains=word), workspaces.filter(name__icontains=word)
    for project in projects[:MOST]:
        yield Found(project.name, reverse("project", args=[project.pk]), project.workspace.name)
    for workspace in workspaces[:MOST]:
        yield Found(workspace.name, reverse("workspace", args=[workspace.pk]), _("Workspace"))


def _documents(request: Request, project: Project | None, words: list[str]) -> Iterator[Found]:
    """The documents with this very control number, as typed or in capitals, wherever the person may see them."""
    if len(words) != 1:
        return
    asked = request.GET["q"].strip()
    # By workspace, because that is how control numbers are indexed.
    workspaces = list(access.visible(request.user, Workspace).values_list("pk", flat=True))
    numbered = {"workspace__in": workspaces, "control_number__in": {asked, asked.upper(), asked.lower()}}
    found = Document.objects.filter(**numbered, deleted_at=None).select_related("workspace").defer("text")
    for document in found.order_by("pk")[:MOST]:
        inside = project is not None and project.items.filter(document=document, removed=False).exists()
        address = ("document", project.pk) if inside and project else ("workspace-document", document.workspace_id)
        title = f"{document.control_number} {document.title}".strip()
        yield Found(title, reverse(address[0], args=[address[1], document.pk]), document.workspace.name)
