"""Two versions side by side: figures on the documents held out of both, and what the collection would rank like."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from models_lib import comparison, shadows, tags, validation, versions
from models_lib.models import ModelVersion, Tag
from reviewapp import access
from reviewapp.errors import ReviewError
from reviewapp.models import Job, Project
from reviewapp.web import version_charts
from reviewapp.web.pages import Request, draw


class PairForm(forms.Form):
    """Which two versions, from which threshold on a document is called relevant, and on what basis."""

    earlier = forms.IntegerField(label=gettext_lazy("Version"), min_value=1)
    later = forms.IntegerField(label=gettext_lazy("Beside"), min_value=1)
    threshold = forms.FloatField(label=gettext_lazy("Relevant from rank"), min_value=0, max_value=100)
    basis = forms.ChoiceField(label=gettext_lazy("Rests on"), choices=list(validation.BASES.items()))


@require_safe
def show(request: Request, pk: int) -> HttpResponse:
    """The page; Live beside Staging where nothing was asked for, else the version before beside the current one."""
    project = access.get(request.user, Project, pk)
    asked = {"threshold": "50", "basis": validation.CODED, **_usual(project), **request.GET.dict()}
    form = PairForm(asked)
    told = _told(project, **form.cleaned_data) if form.is_valid() else {}
    return draw(request, "models/compare.html", project, project=project, form=form, **told)


@require_POST
def score(request: Request, pk: int, number: int) -> HttpResponse:
    """Have a version score the collection as it is now, beside the one that ranks."""
    project = access.get(request.user, Project, pk, may="pin")
    shadows.request(project, versions.get(project, number), request.user)
    messages.success(
        request, _("v%(number)s scores the collection. Look again when that is done.") % {"number": number}
    )
    return redirect(_back(request, pk))


def _back(request: Request, pk: int) -> str:
    """The same comparison again."""
    query = {name: request.POST[name] for name in PairForm.base_fields if name in request.POST}
    return f"{reverse('model-compare', args=[pk])}?{urlencode(query)}"


def _usual(project: Project) -> dict[str, str]:
    """What one would look at first, as far as it is there."""
    named = {tag.name: tag.pin.version.number for tag in tags.of(project)}
    current = project.version.number if project.version else None
    earlier = named.get(Tag.Name.LIVE, current - 1 if current else None)
    later = named.get(Tag.Name.STAGING, current)
    return {name: str(number) for name, number in (("earlier", earlier), ("later", later)) if number}


def _told(project: Project, earlier: int, later: int, threshold: float, basis: str) -> dict[str, Any]:
    one, other = versions.get(project, earlier), versions.get(project, later)
    told: dict[str, Any] = {"earlier": one, "later": other, "intervals": comparison.METHOD}
    try:
        found = comparison.between(one, other, threshold / 100, basis)
        told |= {"found": found, "chart": version_charts.differences(found)}
    except ReviewError as refusal:
        told["why_not"] = refusal.message
    return told | {"assumption": validation.ASSUMPTIONS[basis], **_ranked(project, one, other, threshold / 100)}


def _ranked(project: Project, one: ModelVersion, other: ModelVersion, threshold: float) -> dict[str, Any]:
    unscored = shadows.missing(project, one, other)
    waiting = project.jobs.filter(kind=Job.Kind.SCORE, state__in=Job.OPEN).first()
    told: dict[str, Any] = {"unscored": unscored, "scoring": waiting}
    if not unscored and one != other:
        shadow = shadows.compare(project, one, other, threshold)
        lists = (
            (_("Moved most"), shadow.most),
            (_("Would come above the threshold"), shadow.rises),
            (_("Would fall below the threshold"), shadow.falls),
        )
        told |= {"shadow": shadow, "lists": lists}
    return told
