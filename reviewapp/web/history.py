"""Active Learning History: complete, archived and removed projects, to be read and not to be changed (R-01)."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from reviewapp import access
from reviewapp.domain import history
from reviewapp.domain.validation_results import Result
from reviewapp.models import ClosedProject, Project, ValidationRound, Workspace
from reviewapp.web import charts, figures
from reviewapp.web.pages import Request, draw, page_of


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    workspace = access.get(request.user, Workspace, pk)
    return draw(request, "history/index.html", workspace, page=page_of(request, history.of(workspace)))


@require_safe
def show(request: Request, pk: int, closed: int) -> HttpResponse:
    """One closed project: settings, people, charts at close, versions, exports."""
    among = ClosedProject.objects.select_related("project", "closed_by")
    found = access.get(request.user, ClosedProject, closed, among=among, workspace=pk)
    shown: dict[str, Any] = {
        "closed": found,
        "record": found.record,
        "parts": [f"history/_{part}.html" for part in history.SHOWN],
        "rounds": _rounds(found.record),
        "looks": history.looks(found.record),
    }
    if found.record["kind"] == Project.Kind.REVIEW:
        shown |= _relevance(found.record)
    return draw(request, "history/show.html", found, **shown)


def _relevance(record: Mapping[str, Any]) -> dict[str, Any]:
    """What was found and when: an annotation project has no such figures."""
    reading, ranks = history.reading(record), history.ranks(record)
    drawn = (
        charts.relevance_rate(reading),
        charts.rank_distribution(ranks) if ranks else None,
        charts.gain_curve(reading),
    )
    return {"charts": [chart for chart in drawn if chart], "reasons": reading.by_reason()}


def _rounds(record: Mapping[str, Any]) -> list[tuple[ValidationRound, Result | None, list[figures.Figure]]]:
    rows = []
    for round_ in history.rounds(record):
        result = Result.from_json(round_.result) if round_.result else None
        rows.append((round_, result, figures.figures(result.estimates) if result else []))
    return rows
