"""The operator's page: how the whole server does, and what to do about it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from models_lib import keys
from reviewapp import access
from reviewapp.domain import operations
from reviewapp.models import Job
from reviewapp.web import metrics
from reviewapp.web.pages import Request

ROUTES = 15
JOBS = 20


@require_safe
def show(request: Request) -> HttpResponse:
    """For operators of the server."""
    access.operate(request.user)
    return render(request, "operations/show.html", _shown())


@require_safe
def live(request: Request) -> HttpResponse:
    """The same figures again."""
    access.operate(request.user)
    return render(request, "operations/_figures.html", _shown())


def _shown() -> dict[str, object]:
    now = operations.read()
    jobs = Job.objects.select_related("workspace", "project", "requested_by").defer("result", "parameters")
    return {
        "now": now,
        "problems": list(now.problems()),
        "keys": keys.use(),
        "routes": metrics.routes()[:ROUTES],
        "running": jobs.filter(state=Job.State.RUNNING).order_by("started_at")[:JOBS],
        "failed": jobs.filter(state=Job.State.FAILED, finished_at__gte=operations.lately()).order_by("-finished_at")[
            :JOBS
        ],
    }
