"""The *Export Trained Model* panel of a project: what was exported, how far it is, and a new one."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import reswap, retarget

from models_lib import exports
from reviewapp import access
from reviewapp.errors import Invalid
from reviewapp.models import Project
from reviewapp.web import refusals
from reviewapp.web.model_forms import ExportForm
from reviewapp.web.pages import Request, draw, page_of

PANEL = "#exports-panel"
ROWS = 20


@require_http_methods(["GET", "HEAD", "POST"])
def panel(request: Request, pk: int) -> HttpResponse:
    """The panel alone when htmx asks, else on a page of its own; a POST asks for an export."""
    project = _project(request, pk, may="manage" if request.method == "POST" else None)
    form = ExportForm(project.workspace, project.version, request.POST or None)
    if form.is_valid():
        try:
            exports.request(project, request.user, **form.said())
            return _drawn(request, project) if request.htmx else redirect("project-exports", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    return _drawn(request, project, form, status=422 if form.is_bound else 200)


@require_safe
def live(request: Request, pk: int) -> HttpResponse:
    """The list of the panel, which moves while an export does."""
    project = _project(request, pk)
    return draw(request, "exports/_list.html", project, **_listed(request, project))


def _project(request: Request, pk: int, may: Any = None) -> Project:
    project = access.get(request.user, Project, pk, may=may, among=Project.objects.select_related("version"))
    access.require(request.user, project.workspace, "view_models")
    return project


def _drawn(request: Request, project: Project, form: ExportForm | None = None, *, status: int = 200) -> HttpResponse:
    template = "exports/_panel.html" if request.htmx else "exports/index.html"
    told = {
        "form": form or ExportForm(project.workspace, project.version),
        "missing": exports.missing(project),
        "advised": exports.ADVISED,
        "few": project.positives + project.negatives < exports.ADVISED,
    }
    answer = draw(request, template, project, status=status, **told, **_listed(request, project))
    return reswap(retarget(answer, PANEL), "outerHTML") if request.htmx and status != 200 else answer


def _listed(request: Request, project: Project) -> dict[str, Any]:
    page = page_of(request, exports.of(project, request.user), ROWS)
    return {"project": project, "page": page, "moving": any(model.moving for model in page.object_list)}
