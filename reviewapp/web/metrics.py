"""Figures for Prometheus: requests by route of every web process, and how the server does at the moment of asking."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from reviewapp import access
from reviewapp.domain import operations
from reviewapp.domain.operations import Reading
from reviewapp.serving import FOLDER

NAME = "reviewapp_request_seconds"
METHODS = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
)  # others are one: clients could invent any number
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
REQUESTS = Histogram(NAME, "Time until an answer begins.", ["method", "route", "status"], buckets=BUCKETS)


@dataclass(frozen=True)
class Route:
    """What was asked of one route since the web processes started: requests, of these faults of ours, seconds."""

    method: str
    name: str
    requests: int
    faults: int
    p95: float

    @property
    def milliseconds(self) -> float:
        return 1000 * self.p95


class _Now:
    """Collects a reading of the server."""

    def collect(self) -> Iterator[Metric]:
        yield from gauges(operations.read())


@require_safe
@login_not_required
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """The figures, for whoever brings ``METRICS_TOKEN``, and for operators."""
    if not _brings_token(request):
        access.operate(request.user)
    now = CollectorRegistry()
    now.register(_Now())
    return HttpResponse(generate_latest(_requests()) + generate_latest(now), content_type=CONTENT_TYPE_LATEST)


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request."""
    REQUESTS.labels(method if method in METHODS else "other", route, str(status)).observe(seconds)


def routes() -> list[Route]:
    """Every route that was asked for, the slowest first."""
    counts: dict[tuple[str, str], dict[float, float]] = {}
    faults: dict[tuple[str, str], float] = {}
    for metric in _requests().collect():
        for sample in metric.samples:
            if sample.name != f"{NAME}_bucket":
                continue
            key = (sample.labels["method"], sample.labels["route"])
            bound = float(sample.labels["le"])
            below = counts.setdefault(key, {})
            below[bound] = below.get(bound, 0) + sample.value
            if bound == float("inf") and sample.labels["status"].startswith("5"):
                faults[key] = faults.get(key, 0) + sample.value
    found = [
        Route(*key, int(below[float("inf")]), int(faults.get(key, 0)), quantile(below, 0.95))
        for key, below in counts.items()
    ]
    return sorted(found, key=lambda route: -route.p95)


def quantile(below: dict[float, float], share: float) -> float:
    """The value that so large a share stays under, interpolated within its bucket as Prometheus does.

    ``below`` gives for each upper bound how many were at most that. Beyond the last finite bound: that bound.
    """
    rank, before, floor = share * below[float("inf")], 0.0, 0.0
    for bound in sorted(below):
        if below[bound] >= rank > 0:
            return (
                floor if bound == float("inf") else floor + (bound - floor) * (rank - before) / (below[bound] - before)
            )
        before, floor = below[bound], bound
    return 0.0


def gauges(now: Reading) -> Iterator[Metric]:
    """The reading as Prometheus knows it."""
    jobs = GaugeMetricFamily(
        "reviewapp_jobs", "Jobs that are open, or failed in the last day.", labels=["kind", "state"]
    )
    oldest = GaugeMetricFamily(
        "reviewapp_job_wait_seconds", "How long the oldest job that could start waits.", labels=["kind"]
    )
    for work in now.work:
        for state, count in (("queued", work.waiting), ("running", work.running), ("failed", work.failed)):
            jobs.add_metric([work.kind, state], count)
        oldest.add_metric([work.kind], work.oldest.total_seconds())
    seen = GaugeMetricFamily("reviewapp_process_seen_seconds", "How long ago a process was seen.", labels=["process"])
    for name, ago in now.processes.items():
        seen.add_metric([name], ago.total_seconds())
    yield from (jobs, oldest, seen)
    yield _gauge("training_lag_seconds", "How long the oldest due training waits.", now.training_lag.total_seconds())
    yield _gauge("leases", "Documents in reviewers' hands.", now.leases.live)
    yield _gauge("lease_age_seconds", "How long ago the oldest lease was given.", now.leases.oldest.total_seconds())
    yield _gauge("leases_overdue", "Leases that should have been freed.", now.leases.overdue)
    yield _gauge("audit_unsealed", "Events of the audit trail without a seal.", now.unsealed)
    yield _gauge("disk_free_bytes", "Room on the disk of the data folder.", now.free)


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"reviewapp_{name}", says, value=value)


def _requests() -> CollectorRegistry:
    if not os.environ.get(FOLDER):
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


def _brings_token(request: HttpRequest) -> bool:
    wanted = f"Bearer {settings.METRICS_TOKEN}" if settings.METRICS_TOKEN else ""
    return bool(wanted) and secrets.compare_digest(request.headers.get("Authorization", "").encode(), wanted.encode())
