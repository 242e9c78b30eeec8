"""Model versions: which one ranks now, which are kept, which of them are live and staging, and what differs."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from models_lib import differences, pins, shadows, tags, versions
from models_lib.models import ModelVersion, Tag
from reviewapp import access
from reviewapp.errors import Invalid
from reviewapp.models import Job, Project
from reviewapp.web import refusals
from reviewapp.web.pages import Request, draw, page_of
from reviewapp.web.words import called

PROJECTS = 50  # a page of the list of all
CARDS = 12  # of pinned versions, a page


class TagForm(forms.Form):
    """Where a tag shall stand: on this version or on none, and where the person saw it."""

    name = forms.ChoiceField(label=gettext_lazy("Name"), choices=called(Tag.Name))
    was = forms.IntegerField(label=gettext_lazy("Was"), required=False, min_value=1)
    off = forms.BooleanField(label=gettext_lazy("Off"), required=False)


class DeleteForm(forms.Form):
    """The version's name, typed by whoever wants its payload gone."""

    confirmation = forms.CharField(label=gettext_lazy("Type the name of the version"), max_length=20)


class AgainstForm(forms.Form):
    """Another version to hold beside one."""

    against = forms.IntegerField(label=gettext_lazy("Against"), min_value=1)


@require_safe
def everywhere(request: Request) -> HttpResponse:
    """The projects of all workspaces with the models that they have."""
    page = page_of(request, versions.overview(request.user), PROJECTS)
    return render(request, "models/everywhere.html", {"page": page})


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    """The models of a project; only what moves when htmx asks."""
    project = access.get(request.user, Project, pk)
    told: dict[str, Any] = {"project": project, "standing": versions.status(project)}
    if request.htmx:
        return draw(request, "models/_live.html", project, **told)
    rows = project.versions.select_related("pin").defer("metrics", "parameters").order_by("-number")
    return draw(request, "models/index.html", project, page=page_of(request, rows), **told, **_pinned(request, project))


@require_safe
def pinned(request: Request, pk: int) -> HttpResponse:
    """The cards of the pinned versions, while the figures of one are being frozen."""
    project = access.get(request.user, Project, pk)
    return draw(request, "models/_pinned.html", project, project=project, **_pinned(request, project))


@require_safe
def show(request: Request, pk: int, number: int) -> HttpResponse:
    """One version: digest, inputs, and what differs from another one."""
    project = access.get(request.user, Project, pk)
    version = versions.get(project, number)
    other = _other(project, version, request)
    told: dict[str, Any] = {"other": other, "changes": differences.between(other, version) if other else []}
    tagged = [tag for tag in tags.of(project) if tag.pin.version == version]
    return draw(request, "models/show.html", project, project=project, version=version, tagged=tagged, **told)


@require_POST
def pin(request: Request, pk: int, number: int) -> HttpResponse:
    project = access.get(request.user, Project, pk, may="pin")
    pins.request(project, number, request.user)
    messages.success(request, _("v%(number)s is pinned: it is kept, and stays the same.") % {"number": number})
    return redirect("project-models", pk)


@require_POST
def unpin(request: Request, pk: int, number: int) -> HttpResponse:
    project = access.get(request.user, Project, pk, may="pin")
    pins.unpin(project, number, request.user)
    messages.success(request, _("v%(number)s is not pinned any more.") % {"number": number})
    return redirect("project-models", pk)


@require_POST
def tag(request: Request, pk: int, number: int) -> HttpResponse:
    """Set a tag on this version, or take it off."""
    project = access.get(request.user, Project, pk, may="pin")
    form = TagForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Say which tag, and which version it named when you looked."))
    name, kind = Tag.Name(form.cleaned_data["name"]), ModelVersion.Kind.RELEVANCE
    if form.cleaned_data["off"]:
        tags.remove(project, kind, name, number, request.user)
        messages.success(request, _("No version is %(label)s now.") % {"label": name.label})
    else:
        shadows.promote(project, name, number, form.cleaned_data["was"], request.user)
        messages.success(request, _("v%(number)s is %(label)s now.") % {"number": number, "label": name.label})
    return redirect("project-models", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request, pk: int, number: int) -> HttpResponse:
    """Ask for the version's name, then drop its payload for good."""
    project = access.get(request.user, Project, pk, may="pin")
    version = versions.get(project, number)
    form = DeleteForm(request.POST or None)
    if form.is_valid():
        try:
            pins.delete(project, number, request.user, form.cleaned_data["confirmation"])
            messages.success(request, _("The payload of v%(number)s is deleted.") % {"number": number})
            return redirect("project-models", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    status = 422 if form.is_bound else 200
    return draw(request, "models/delete.html", project, status=status, project=project, version=version, form=form)


def _pinned(request: Request, project: Project) -> dict[str, Any]:
    """A page of cards, the versions that carry a tag first."""
    carried = Tag.objects.filter(pin__version=OuterRef("pk"))
    rows = (
        pins.of(project)
        .select_related("validation")
        .defer("metrics", "validation__record")
        .order_by(Exists(carried).desc(), "-number")
    )
    cards = Paginator(rows, CARDS).get_page(request.GET.get("cards"))
    now = {tag.name: tag.pin.version.number for tag in tags.of(project)}
    waits = [version for version in cards if not hasattr(version, "validation")]
    return {
        "pinned": cards,
        "tagged": [(name, label, now.get(name)) for name, label in called(Tag.Name)],
        "shadow": shadows.beside_live(project),
        "freezing": any(version.pin.job and version.pin.job.state in Job.OPEN for version in waits),
    }


def _other(project: Project, version: ModelVersion, request: Request) -> ModelVersion | None:
    """The version to compare with: the one asked for, else the one before."""
    form = AgainstForm(request.GET)
    number = form.cleaned_data["against"] if form.is_valid() else version.number - 1
    return versions.get(project, number) if number else None
