"""The linked model of a project: chosen, changed and removed, each with a look at what follows."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from models_lib import links
from models_lib.models import TrainedModel
from reviewapp import access
from reviewapp.errors import NotFound
from reviewapp.models import MINIMUM_PER_CLASS, Project, User
from reviewapp.web.pages import Request, draw


@require_http_methods(["GET", "HEAD", "POST"])
def link(request: Request, pk: int) -> HttpResponse:
    """Choose a model, see what follows, and link it."""
    project = _project(request, pk)
    access.require(request.user, project.workspace, "view_models")
    said = request.POST or request.GET
    model = _asked(request.user, project, said) if request.method == "POST" or "model" in said else None
    if request.method == "POST" and model is not None:
        links.link(project, model, request.user)
        messages.success(request, _("“%(name)s” is linked. The documents are ranked anew.") % {"name": model.name})
        return redirect("project", pk)
    return draw(request, "links/link.html", project, project=project, model=model, **about(request.user, project))


@require_http_methods(["GET", "HEAD", "POST"])
def unlink(request: Request, pk: int) -> HttpResponse:
    """See what follows, and remove the link."""
    project = _project(request, pk)
    if request.method == "POST":
        links.unlink(project, request.user)
        messages.success(
            request, _("The link is removed. The documents are ranked anew by the coding of this project.")
        )
        return redirect("project", pk)
    return draw(request, "links/unlink.html", project, project=project, **about(request.user, project))


def about(user: User, project: Project) -> dict[str, Any]:
    """What a page about the link shows: the linked model if the person sees it, and what could be linked."""
    return {
        "linked": links.seen(user, [project]).get(project.linked_model_id or 0),
        "linkable": links.linkable(user, project.workspace),
        "removable": links.is_removable(project),
        "minimum": MINIMUM_PER_CLASS,
    }


def _project(request: Request, pk: int) -> Project:
    rows = Project.objects.select_related("linked_model")
    return access.get(request.user, Project, pk, may="manage", among=rows)


def _asked(user: User, project: Project, said: QueryDict) -> TrainedModel:
    pk = said.get("model", "")
    if not (pk.isdecimal() and len(pk) < 19):
        raise NotFound(_("Choose a trained model of this workspace."))
    return access.get(user, TrainedModel, pk, workspace=project.workspace_id)
