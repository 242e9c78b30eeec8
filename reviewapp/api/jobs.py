"""Jobs: imports, populations and trainings as they go."""

import time
from collections.abc import Sequence
from threading import BoundedSemaphore
from typing import Any

from django_filters import FilterSet, MultipleChoiceFilter
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib import outcomes
from reviewapp import access
from reviewapp.api.endpoints import Endpoint, WorkspaceEndpoint
from reviewapp.api.filters import Flag, IdFilter, filtered, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.problems import BadQuery
from reviewapp.api.schema import operation
from reviewapp.domain import jobs
from reviewapp.models import Job, RowProblem, User

LONGEST_WAIT = 30  # seconds
LOOK_EVERY = 0.25  # seconds
# Each who waits holds a thread of the server, so only so many may; others are told the state at once.
WAITING = BoundedSemaphore(4)
WAIT = OpenApiParameter(
    "wait",
    {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0},
    description="Seconds to wait for the job's end before answering. A busy server answers earlier: ask again.",
)


class JobOut(serializers.ModelSerializer[Job]):
    workspace = serializers.IntegerField(
        source="workspace_id", allow_null=True, help_text="None for work that outlives or precedes a workspace."
    )
    project = serializers.IntegerField(source="project_id", allow_null=True)
    requested_by = serializers.CharField(source="requested_by.username", default=None, allow_null=True)
    parameters = serializers.SerializerMethodField(help_text="What was asked for; depends on the kind.")
    result = serializers.SerializerMethodField(help_text="What came of it; depends on the kind.")
    sequence = serializers.IntegerField(allow_null=True, help_text="k for the training that the k-th N made due.")

    class Meta:
        model = Job
        fields = [
            "id",
            "kind",
            "state",
            "workspace",
            "project",
            "sequence",
            "requested_by",
            "parameters",
            "result",
            "step",
            "progress",
            "total",
            "error",
            "attempts",
            "cancel_requested",
            "created_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_parameters(self, job: Job) -> dict[str, Any]:
        if job.kind == Job.Kind.SHARE:
            told = self._told(job)
            return told.parameters if told else {}
        return {name: value for name, value in job.parameters.items() if name != "upload"}

    def get_result(self, job: Job) -> dict[str, Any]:
        if job.kind == Job.Kind.SHARE:
            told = self._told(job)
            return told.result if told else {}
        result: dict[str, Any] = job.result
        return result

    def _told(self, job: Job) -> outcomes.Told | None:
        """What a share says to who asks; nothing where nobody said who that is."""
        told: outcomes.Told | None = self.context.get("told", {}).get(job.pk)
        return told


class RowProblemOut(serializers.ModelSerializer[RowProblem]):
    class Meta:
        model = RowProblem
        fields = ["line", "control_number", "refused", "reason"]
        read_only_fields = fields


class JobFilters(FilterSet):  # type: ignore[misc]
    state = MultipleChoiceFilter(choices=Job.State.choices)
    kind = MultipleChoiceFilter(choices=Job.Kind.choices)
    project = IdFilter()


class RowProblemFilters(FilterSet):  # type: ignore[misc]
    refused = Flag(help_text="Only rows that were not loaded, or only those that were changed on the way.")


class Jobs(WorkspaceEndpoint):
    may = {"GET": "view"}

    @operation("jobs.list", gives=JobOut, page=True, filters=JobFilters)
    def get(self, request: Request) -> Response:
        """The workspace's jobs, newest first."""
        rows = filtered(request, JobFilters, self.workspace.jobs.select_related("requested_by"))
        return page(request, rows, lambda found: shown(found, self.person), newest_first=True)


class JobEndpoint(Endpoint):
    """An address of one job."""

    job: Job

    def enter(self, **address: Any) -> None:
        self.job = access.get(
            self.person, Job, address["job"], may=self.right, among=Job.objects.select_related("requested_by")
        )


class OneJob(JobEndpoint):
    may = {"GET": "view"}

    @operation("jobs.get", gives=JobOut, parameters=(WAIT,))
    def get(self, request: Request) -> Response:
        """One job; with `wait`, as soon as it has ended."""
        refuse_unknown(request, {"wait"})
        _wait_for_end(self.job, _seconds(request.query_params.get("wait", "0")))
        return Response(shown([self.job], self.person)[0])


class RowProblems(JobEndpoint):
    may = {"GET": "view"}

    @operation("jobs.row-problems", gives=RowProblemOut, page=True, filters=RowProblemFilters)
    def get(self, request: Request) -> Response:
        """Rows of an import that were not loaded, or were changed on the way, with the reason."""
        rows = filtered(request, RowProblemFilters, self.job.row_problems.all())
        return page(request, rows, lambda found: RowProblemOut(found, many=True).data)


class CancelJob(JobEndpoint):
    may = {"POST": "manage"}

    @operation("jobs.cancel", gives=JobOut)
    def post(self, request: Request) -> Response:
        """Stop the job: at once while it waits, at its next step while it runs."""
        jobs.cancel(self.job, self.person)
        self.job.refresh_from_db()
        return Response(shown([self.job], self.person)[0])


class RetryJob(JobEndpoint):
    may = {"POST": "manage"}

    @operation("jobs.retry", gives=JobOut)
    def post(self, request: Request) -> Response:
        """Queue a failed or cancelled job again."""
        jobs.retry(self.job, self.person)
        self.job.refresh_from_db()
        return Response(shown([self.job], self.person)[0])


def shown(rows: Sequence[Job], person: User) -> list[Any]:
    """The jobs as the person may see them."""
    outcomes.say_errors(rows, person)
    return list(JobOut(rows, many=True, context={"told": outcomes.told(rows, person)}).data)


def _seconds(said: str) -> int:
    if not (said.isascii() and said.isdigit() and len(said) < 3 and int(said) <= LONGEST_WAIT):
        problem = f"wait is a whole number of seconds from 0 to {LONGEST_WAIT}."
        raise BadQuery(problem, {"wait": [problem]})
    return int(said)


def _wait_for_end(job: Job, seconds: int) -> None:
    if not seconds or job.state not in Job.OPEN or not WAITING.acquire(blocking=False):
        return
    try:
        deadline = time.monotonic() + seconds
        while job.state in Job.OPEN and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)
            job.refresh_from_db()
    finally:
        WAITING.release()
