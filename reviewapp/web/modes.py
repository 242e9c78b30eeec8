"""Train: the training modes by phase, the list of one with its rule, and documents opened from it."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from reviewapp import access
from reviewapp.domain import coding, leases, projects, queue, returns
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import Job, Project
from reviewapp.web import walks
from reviewapp.web.pages import Request, draw, page_of
from training import advice, clustering, modes
from training.modes import MODES, PHASES


class Ask(forms.Form):
    """What a mode wants to know; fields that it does not need are left out."""

    label = forms.ChoiceField(label=gettext_lazy("Label"), required=False)
    words = forms.CharField(
        label=gettext_lazy("Words"),
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": gettext_lazy("Words")}),
    )
    cluster = forms.ChoiceField(label=gettext_lazy("Cluster"), required=False)

    def __init__(self, project: Project, mode: modes.Mode, data: object) -> None:
        super().__init__(data)  # type: ignore[arg-type] # a QueryDict of the address
        self._offer("label", [(label, label) for label in modes.labels(project)])
        groups = enumerate(standing.groups) if (standing := clustering.latest(project)) else ()
        self._offer("cluster", [(str(number), " · ".join(group["terms"])) for number, group in groups])
        for name in [name for name in self.fields if name not in mode.needs]:
            del self.fields[name]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    """All modes by phase, with what is worth doing next and what each brought so far."""
    project = access.get(request.user, Project, pk)
    brought = advice.shares(project)
    return draw(
        request,
        "modes/index.html",
        project,
        project=project,
        phases=[(title, _of_phase(project, name)) for name, title in PHASES.items()],
        advice=advice.advise(project, brought),
        brought=brought,
        returned=returns.count(project),
        aims=(100 * advice.AT_RANDOM, 100 * advice.BY_SEARCH),
    )


@require_safe
def show(request: Request, pk: int, mode: str) -> HttpResponse:
    """The list of one mode, in its order, with the rule of that order."""
    project = access.get(request.user, Project, pk)
    if mode not in MODES:
        raise Http404
    asked = Ask(project, MODES[mode], request.GET or None)
    context: dict[str, Any] = {"project": project, "mode": MODES[mode], "form": asked, "field": projects.field(project)}
    try:
        walk = walks.asked(request, project, mode)
        assert walk is not None
        page = page_of(request, modes.found(project, walk))
    except Invalid:  # nothing is chosen yet
        return draw(request, "modes/show.html", project, **context, **_clusters(project, mode))
    except Conflict as problem:
        return draw(request, "modes/show.html", project, **context, **_clusters(project, mode), closed=problem.message)
    context |= {"walk": walk, "page": page, "query": f"?{urlencode(walk.asked)}"}
    return draw(request, "modes/show.html", project, **context, **_clusters(project, mode))


@require_POST
def start(request: Request, pk: int, mode: str) -> HttpResponse:
    """Give back what the reviewer holds, and go on with the first document of this mode."""
    project = access.get(request.user, Project, pk, may="review")
    walk = walks.asked(request, project, mode)
    assert walk is not None
    leases.release(project, request.user)
    return redirect(f"{reverse('review', args=[pk])}?{urlencode(walk.asked)}")


@require_POST
def take(request: Request, pk: int, mode: str, document: int) -> HttpResponse:
    """Open one document of the list for review, served with the mode as its reason (B-07)."""
    project = access.get(request.user, Project, pk, may="review")
    walk, item = walks.asked(request, project, mode), coding.place(project, document)
    assert walk is not None
    rank = queue.ranks(project, [item.ordinal])[0]
    leases.open_document(project, item, request.user, walk.mode.reason, rank)
    return redirect(f"{reverse('review', args=[pk])}?{urlencode(walk.asked)}")


@require_POST
def find_clusters(request: Request, pk: int) -> HttpResponse:
    project = access.get(request.user, Project, pk, may="manage")
    clustering.request(project, request.user)
    messages.success(request, _("Clusters are being looked for. This page shows them when they are found."))
    return redirect("mode", pk, "clusters")


def _of_phase(project: Project, phase: str) -> list[tuple[modes.Mode, str]]:
    """The modes of a phase, each with why it is closed now, if it is."""
    return [(mode, modes.closed(project, mode)) for mode in MODES.values() if mode.phase == phase]


def _clusters(project: Project, mode: str) -> dict[str, Any]:
    if mode != "clusters":
        return {}
    looking = Job.objects.filter(project=project, kind=Job.Kind.CLUSTER, state__in=Job.OPEN).first()
    standing = clustering.latest(project)
    newer = standing is not None and project.index is not None and project.index.pk != standing.index_id
    return {"clustering": standing, "looking": looking, "newer": newer}
