"""The jobs pages: what runs, how fast, what came of it, and stopping or trying again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reviewapp.domain import jobs
from reviewapp.models import Job, Project, RowProblem, User, Workspace
from reviewapp.web.jobs import Pace
from tests.cast import Cast

Browser = Callable[[User], Client]


@pytest.fixture
def job(cast: Cast, workspace: Workspace) -> Job:
    """An import that waits for a worker."""
    return jobs.request(Job.Kind.IMPORT, workspace, by=cast.mona, filename="mails.csv", tags=["box a"])


def page(client: Client, job: Job, **query: str) -> str:
    return client.get(reverse("job", args=[job.pk]), query).content.decode()


def part(client: Client, job: Job) -> str:
    return client.get(reverse("job", args=[job.pk]), headers={"HX-Request": "true"}).content.decode()


def test_a_waiting_job_says_that_it_waits_and_the_page_asks_again(cast: Cast, job: Job, browser: Browser) -> None:
    said = page(browser(cast.vic), job)
    assert "Waiting for a worker" in said
    assert 'hx-trigger="every 1500ms"' in said
    assert "mails.csv" in said


def test_a_running_job_shows_its_step_and_progress(cast: Cast, job: Job, browser: Browser) -> None:
    run = jobs.claim(job.pk)
    assert run is not None
    run.report("Loading documents", 2_000_000, 8_000_000)
    said = part(browser(cast.vic), job)
    assert "Loading documents" in said
    assert '<progress max="8000000" value="2000000"' in said
    assert "<html" not in said


@pytest.mark.parametrize("end", ["finish", "fail", "cancel"])
def test_the_page_of_an_ended_job_stops_asking(end: str, cast: Cast, job: Job, browser: Browser) -> None:
    run = jobs.claim(job.pk)
    assert run is not None
    run.fail("The file has no rows.") if end == "fail" else getattr(run, end)()
    assert "hx-trigger" not in part(browser(cast.vic), job)


def test_a_failed_job_shows_its_reason_after_a_reload_too(cast: Cast, job: Job, browser: Browser) -> None:
    """J-09"""
    run = jobs.claim(job.pk)
    assert run is not None
    run.fail("The file has <b>no</b> rows.")
    said = page(browser(cast.vic), job)
    assert "The file has &lt;b&gt;no&lt;/b&gt; rows." in said
    assert "Failed" in said


def test_refused_and_changed_rows_are_listed_page_by_page(cast: Cast, job: Job, browser: Browser) -> None:
    RowProblem.objects.bulk_create(
        RowProblem(job=job, line=line, control_number=f"HAL-{line}", refused=line % 2 == 0, reason=f"Reason {line}.")
        for line in range(1, 121)
    )
    client = browser(cast.vic)
    first, last = page(client, job), page(client, job, page="3")
    assert "Reason 50." in first
    assert "Reason 51." not in first
    assert "HAL-120" in last
    assert "101–120 of 120 rows" in last


def test_a_manager_cancels_and_retries(cast: Cast, job: Job, browser: Browser) -> None:
    client = browser(cast.mona)
    assert "Cancel</button>" in page(client, job)
    client.post(reverse("job-cancel", args=[job.pk]))
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert "Try again</button>" in page(client, job)
    client.post(reverse("job-retry", args=[job.pk]))
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED


def test_a_job_that_ended_meanwhile_is_not_cancelled(cast: Cast, job: Job, browser: Browser) -> None:
    run = jobs.claim(job.pk)
    assert run is not None
    run.finish()
    answer = browser(cast.mona).post(reverse("job-cancel", args=[job.pk]))
    assert answer.status_code == 409
    assert "This job has ended already." in answer.content.decode()


def test_a_reviewer_sees_the_job_and_cannot_stop_it(cast: Cast, job: Job, browser: Browser) -> None:
    client = browser(cast.rita)
    assert "Cancel</button>" not in page(client, job)
    for name in ("job-cancel", "job-retry"):
        assert client.post(reverse(name, args=[job.pk])).status_code == 403
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED


def test_a_stranger_finds_no_job(cast: Cast, job: Job, browser: Browser) -> None:
    client = browser(cast.stan)
    assert client.get(reverse("job", args=[job.pk])).status_code == 404
    assert client.post(reverse("job-cancel", args=[job.pk])).status_code == 404


def test_the_list_costs_the_same_for_few_and_for_many_jobs(
    cast: Cast, project: Project, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(60):
        jobs.request(Job.Kind.TRAIN, project.workspace, project=project, by=cast.mona)
    client = browser(cast.vic)
    with django_assert_max_num_queries(7):
        said = client.get(reverse("workspace-jobs", args=[project.workspace_id])).content.decode()
    assert "1–50 of 61 jobs" in said


def test_pace_is_measured_within_one_step() -> None:
    began = timezone.now()
    first = Job(step="Reading documents", progress=1_000, total=9_000, heartbeat=began)
    pace = Pace.of(first, QueryDict())
    assert pace.rate is None
    later = Job(step=first.step, progress=5_000, total=9_000, heartbeat=began + timedelta(seconds=8))
    pace = Pace.of(later, QueryDict(pace.query))
    assert pace.rate == pytest.approx(500)
    assert pace.remaining == 8


def test_pace_starts_anew_with_every_step() -> None:
    now = timezone.now()
    seen = Pace.of(Job(step="Reading documents", progress=9_000, total=9_000, heartbeat=now), QueryDict()).query
    weighing = Job(step="Weighing", progress=100, total=9_000, heartbeat=now + timedelta(seconds=60))
    pace = Pace.of(weighing, QueryDict(seen))
    assert pace.rate is None
    assert (pace.step, pace.base) == ("Weighing", 100)


@pytest.mark.parametrize("query", ["since=soon&base=x&step=Reading", "since=nan&base=5&step=Reading", "base=9" * 99])
def test_a_made_up_pace_is_ignored(query: str) -> None:
    job = Job(step="Reading", progress=10, total=20, heartbeat=timezone.now())
    assert Pace.of(job, QueryDict(query)).rate is None
