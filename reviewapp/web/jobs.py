"""Jobs: the list of a workspace, and one job as it runs."""

from dataclasses import dataclass
from typing import Any, Self

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from models_lib import outcomes
from reviewapp import access
from reviewapp.domain import downloads, jobs, trainings
from reviewapp.models import Job, Workspace
from reviewapp.web.figures import local
from reviewapp.web.pages import Request, draw, page_of

SOON = 1.0  # seconds; a rate over less would be a guess


class PaceForm(forms.Form):
    """What the last look at a running job saw first of its present step."""

    step = forms.CharField(required=False)
    since = forms.FloatField(required=False)
    base = forms.IntegerField(required=False)


@dataclass(frozen=True)
class Pace:
    """How fast the present step of a job goes, measured from when somebody first looked at it."""

    step: str
    since: float  # seconds of the epoch
    base: int  # progress at that time
    seconds: float
    done: int
    left: int

    @classmethod
    def of(cls, job: Job, seen: QueryDict) -> Self:
        """Measure on from what the page saw before; a new step starts anew."""
        now = job.heartbeat.timestamp() if job.heartbeat else 0.0
        form = PaceForm(seen)
        before = form.cleaned_data if form.is_valid() else {}
        if before.get("step") != job.step or before.get("since") is None or before.get("base") is None:
            before = {"since": now, "base": job.progress}
        since, base = before["since"], before["base"]
        left = max(0, job.total - job.progress)
        return cls(job.step, since, base, now - since, job.progress - base, left)

    @property
    def rate(self) -> float | None:
        """Units a second; None before there is enough to measure."""
        return self.done / self.seconds if self.seconds >= SOON and self.done > 0 else None

    @property
    def remaining(self) -> int | None:
        """Seconds that this step still needs at this rate."""
        return round(self.left / self.rate) if self.rate and self.left else None

    @property
    def query(self) -> str:
        """What the next look sends along."""
        query = QueryDict(mutable=True)
        query.update({"step": self.step, "since": str(self.since), "base": str(self.base)})
        return query.urlencode()


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    workspace = access.get(request.user, Workspace, pk)
    rows = workspace.jobs.select_related("project", "requested_by").order_by("-id")
    template = "jobs/_list.html" if request.htmx else "jobs/index.html"
    page = page_of(request, rows)
    outcomes.say_errors(page.object_list, request.user)
    return draw(request, template, workspace, page=page)


@require_safe
def show(request: Request, pk: int) -> HttpResponse:
    """One job; only the part that moves when htmx asks."""
    job = access.get(request.user, Job, pk)
    template = "jobs/_live.html" if request.htmx else "jobs/show.html"
    return draw(request, template, job, **_shown(job, request))


@require_safe
def file(request: Request, pk: int) -> FileResponse:
    """What a download job wrote, as a file to save."""
    found = downloads.find(access.get(request.user, Job, pk), request.user)
    answer = FileResponse(found.path.open("rb"), as_attachment=True, filename=found.name, content_type=found.kind)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
def cancel(request: Request, pk: int) -> HttpResponse:
    job = access.get(request.user, Job, pk, may="manage")
    jobs.cancel(job, request.user)
    messages.success(request, _("The job is asked to stop."))
    return redirect(_page_of(job))


@require_POST
def retry(request: Request, pk: int) -> HttpResponse:
    job = access.get(request.user, Job, pk, may="manage")
    jobs.retry(job, request.user)
    messages.success(request, _("The job is queued again."))
    return redirect(_page_of(job))


def _page_of(job: Job) -> str:
    """Where the job is watched: what annotations are learned by stands on a page of its own."""
    if job.project and not job.project.is_review and job.kind in trainings.KINDS:
        return reverse("training", args=[job.project_id])
    return reverse("job", args=[job.pk])


def _shown(job: Job, request: Request) -> dict[str, Any]:
    problems = page_of(request, job.row_problems.all())
    share = outcomes.told([job], request.user).get(job.pk)
    outcomes.say_errors([job], request.user)
    return {"job": job, "pace": Pace.of(job, request.GET), "page": problems, "took": _took(job), "share": share}


def _took(job: Job) -> str:
    """How long the job ran, in words; empty while it runs, or when it never did."""
    if job.started_at is None or job.finished_at is None:
        return ""
    seconds = (job.finished_at - job.started_at).total_seconds()
    return (
        _("%(seconds)s seconds") % {"seconds": local(f"{seconds:.1f}")}
        if seconds < 60
        else timesince(job.started_at, job.finished_at)
    )
