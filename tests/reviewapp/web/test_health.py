"""The health address says what works and what does not."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reviewapp.domain import health
from reviewapp.models import Heartbeat


def seen(name: str, seconds_ago: float = 1) -> None:
    Heartbeat.objects.create(name=name, at=timezone.now() - timedelta(seconds=seconds_ago))


def ask(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get(reverse("healthz"))
    return answer.status_code, answer.json()


def test_all_is_well_while_the_beat_and_one_worker_live(db: None, client: Client) -> None:
    seen("beat")
    seen("worker:training@a", seconds_ago=500)
    seen("worker:work@a")
    status, said = ask(client)
    assert status == 200
    assert said == {"ok": True, "database": True, "beat": True, "worker": True, "problems": []}


def test_a_worker_that_was_not_seen_for_half_a_minute_counts_as_stopped(db: None, client: Client) -> None:
    seen("beat")
    seen("worker:work@a", seconds_ago=31)
    status, said = ask(client)
    assert status == 503
    assert said["worker"] is False
    assert "No worker runs" in said["problems"][0]


def test_both_missing_processes_are_named(db: None, client: Client) -> None:
    status, said = ask(client)
    assert status == 503
    assert len(said["problems"]) == 2


def test_a_worker_shows_that_it_lives_and_forgets_those_gone_for_days(db: None) -> None:
    seen("worker:old@a", seconds_ago=3 * 86_400)
    seen("beat", seconds_ago=3 * 86_400)
    health.beat_of_worker("work@a")
    health.beat_of_worker("work@a")
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"beat", "worker:work@a"}
    assert health.check().parts["worker"]
