"""Drift watch: how unlike the training the documents of each import were."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from reviewapp import access
from reviewapp.models import Project
from reviewapp.web import version_charts
from reviewapp.web.pages import Request, draw, page_of
from training.drifting import RULE

DRAWN = 50  # looks in the chart


@require_safe
def show(request: Request, pk: int) -> HttpResponse:
    """The looks over time, with the rule."""
    project = access.get(request.user, Project, pk)
    looks = project.drift_looks.select_related("version").order_by("-id")
    chart = version_charts.drift(list(looks[:DRAWN])[::-1])
    page = page_of(request, looks)
    return draw(request, "models/drift.html", project, project=project, page=page, chart=chart, rule=RULE)
