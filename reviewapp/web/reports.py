"""Reports of a review: asked for, listed, read."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from reviewapp import access
from reviewapp.domain import reports
from reviewapp.models import Job, Project
from reviewapp.web.pages import Request, draw, page_of


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request, pk: int) -> HttpResponse:
    """The reports there are; managers ask for a new one here."""
    project = access.get(request.user, Project, pk, may="manage" if request.method == "POST" else "view")
    if request.method == "POST":
        reports.request(project, request.user, request.build_absolute_uri("/"))
        messages.success(request, _("The report is being made. It appears here in a moment."))
        return redirect("project-reports", pk)
    jobs = Job.objects.filter(project=project, kind=Job.Kind.REPORT).order_by("-id")
    newest = jobs.first()
    return draw(
        request,
        "reports/_live.html" if request.htmx else "reports/index.html",
        project,
        project=project,
        page=page_of(request, project.reports.select_related("made_by").defer("record")),
        job=newest if newest and newest.state in Job.OPEN else None,
        failed=newest if newest and newest.state == Job.State.FAILED else None,
    )


@require_safe
def show(request: Request, pk: int, number: int) -> HttpResponse:
    """One report, as it was when it was made."""
    project = access.get(request.user, Project, pk)
    report = reports.get(project, number)
    return draw(request, "reports/show.html", project, project=project, report=report, record=report.record)
