"""Requests are named, counted and timed; operators and Prometheus read how the server does."""

import logging
from collections.abc import Callable
from datetime import timedelta
from urllib.request import Request, urlopen

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from reviewapp.domain import health, jobs, operations, queue
from reviewapp.models import Heartbeat, Job, Project, ProjectDocument, User, Workspace
from reviewapp.web import metrics
from tests import processes
from tests.cast import Cast, fresh
from tests.threads import at_once

Browser = Callable[[User], Client]
TOKEN = "a token that only Prometheus knows"


def figures(client: Client, token: str = TOKEN) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by name and labels."""
    answer = client.get(reverse("metrics"), headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space in it", 'quote"quote', "naïve-naïve"])
def test_a_request_gets_an_id_unless_it_brings_a_usable_one(client: Client, given: str, db: None) -> None:
    assert client.get("/livez", headers={"X-Request-Id": "proxy-00.17_a"})["X-Request-Id"] == "proxy-00.17_a"
    made = {client.get("/livez", headers={"X-Request-Id": given})["X-Request-Id"] for _ in range(2)}
    assert len(made) == 2
    assert all(len(name) == 32 for name in made)


def test_a_line_about_a_request_names_its_route_and_not_what_was_typed(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="reviewapp.web.observing"):
        client.get("/projects/7/documents/?q=secret")
        client.get("/secret/address/")
    said = [record.getMessage() for record in caplog.records if record.name == "reviewapp.web.observing"]
    assert said[0].startswith("GET /projects/<int:pk>/documents/ 302 in ")
    assert said[1].startswith("GET none 404 in ")
    assert "secret" not in "".join(said)


def test_metrics_are_for_who_brings_the_token_and_for_operators(
    client: Client, cast: Cast, browser: Browser, settings: Settings
) -> None:
    assert client.get(reverse("metrics"), headers={"Authorization": "Bearer "}).status_code == 403
    settings.METRICS_TOKEN = TOKEN
    for wrong in ("", "Bearer ", f"Bearer {TOKEN}x", TOKEN, "Bearer töken"):
        assert client.get(reverse("metrics"), headers={"Authorization": wrong}).status_code == 403
    assert figures(client)
    assert browser(cast.olga).get(reverse("metrics")).status_code == 200
    assert browser(cast.alice).get(reverse("metrics")).status_code == 403


def test_requests_are_counted_by_route(client: Client, db: None, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    key = ("reviewapp_request_seconds_count", frozenset({"method": "GET", "route": "/livez", "status": "200"}.items()))
    before = figures(client).get(key, 0.0)
    for _ in range(3):
        client.get("/livez")
    client.generic("BREW", "/livez")
    after = figures(client)
    assert after[key] == before + 3
    other = frozenset({"method": "other", "route": "/livez", "status": "405"}.items())
    assert after["reviewapp_request_seconds_count", other] >= 1


def test_the_gauges_say_what_waits_and_what_is_in_hands(
    client: Client, project: Project, cast: Cast, settings: Settings
) -> None:
    settings.METRICS_TOKEN = TOKEN
    jobs.request(Job.Kind.TRAIN, project.workspace, project=project)
    late = jobs.request(Job.Kind.DELIVER, project.workspace)
    Job.objects.filter(pk=late.pk).update(not_before=timezone.now() + timedelta(hours=1))
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    queue.next_document(fresh(project), cast.rita)
    said = figures(client)
    assert said["reviewapp_jobs", frozenset({"kind": "train", "state": "queued"}.items())] == 1
    assert said["reviewapp_job_wait_seconds", frozenset({("kind", "train")})] == pytest.approx(600, abs=30)
    assert said["reviewapp_job_wait_seconds", frozenset({("kind", "deliver")})] == 0, "it waits for its time"
    assert said["reviewapp_training_lag_seconds", frozenset()] == pytest.approx(600, abs=30)
    assert said["reviewapp_leases", frozenset()] == 1
    assert said["reviewapp_disk_free_bytes", frozenset()] > 0


def test_a_quantile_is_read_off_a_histogram_as_prometheus_does() -> None:
    below = {0.1: 50.0, 0.2: 90.0, 0.5: 100.0, float("inf"): 100.0}
    assert metrics.quantile(below, 0.5) == pytest.approx(0.1)
    assert metrics.quantile(below, 0.95) == pytest.approx(0.35)
    assert metrics.quantile({0.1: 1.0, float("inf"): 100.0}, 0.95) == 0.1
    assert metrics.quantile({0.1: 0.0, float("inf"): 0.0}, 0.95) == 0.0


def test_the_reading_takes_the_same_few_statements_however_much_there_is(
    workspace: Workspace, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(40):
        jobs.request(Job.Kind.IMPORT, workspace)
    with django_assert_max_num_queries(7):
        operations.read()


def test_every_problem_says_what_to_do(project: Project, settings: Settings) -> None:
    assert health.check().problems == list(operations.read().problems())
    Heartbeat.objects.create(name="beat", at=timezone.now())
    Heartbeat.objects.create(name="worker:work@a", at=timezone.now())
    assert list(operations.read().problems()) == []
    jobs.request(Job.Kind.TRAIN, project.workspace, project=project)
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    ProjectDocument.objects.filter(project=project, ordinal=0).update(
        leased_until=timezone.now() - timedelta(minutes=2), leased_at=timezone.now() - timedelta(hours=1)
    )
    settings.FREE_SPACE_FLOOR = 1 << 60
    waits, overdue, full = operations.read().problems()
    assert "Training: a job waits for 10 minutes" in waits
    assert "start another worker" in waits
    assert "The beat process frees them: restart it" in overdue
    assert "Make room on the disk of" in full


def test_the_operators_page_shows_what_runs_and_what_failed(project: Project, cast: Cast, browser: Browser) -> None:
    failed = jobs.request(Job.Kind.SHARE, project.workspace)
    jobs.perform(failed.pk, lambda run: run.fail("<b>no</b> such model"))
    running = jobs.request(Job.Kind.TRAIN, project.workspace, project=project)
    assert jobs.claim(running.pk) is not None
    client = browser(cast.olga)
    for door in ("operations", "operations-live"):
        shown = client.get(reverse(door)).content.decode()
        assert "No worker runs" in shown
        assert "&lt;b&gt;no&lt;/b&gt; such model" in shown
        assert reverse("job", args=[running.pk]) in shown
        assert "GET /server/" in client.get(reverse(door)).content.decode()
    assert browser(cast.alice).get(reverse("operations")).status_code == 403


def read(address: str, **headers: str) -> str:
    with urlopen(Request(address, headers=headers), timeout=20) as answer:
        said: str = answer.read().decode()
        return said


@pytest.mark.processes
def test_the_figures_of_both_web_processes_come_together(transactional_db: None) -> None:
    """Whichever process answers, every request is in its figures."""
    with processes.web(METRICS_TOKEN=TOKEN) as address:
        assert set(at_once(20, lambda number: read(f"{address}/livez"))) == {"ok\n"}
        said = [read(f"{address}/metrics", Authorization=f"Bearer {TOKEN}") for _ in range(6)]
    counted = [line for text in said for line in text.splitlines() if 'route="/livez"' in line and "_count" in line]
    assert [float(line.split()[-1]) for line in counted] == [20.0] * 6
    assert list((configured.DATA_DIR / "metrics").glob("histogram_*.db"))
