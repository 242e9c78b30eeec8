"""A real worker shows that it lives, and keeps no connection that its children could share."""

import time
from collections.abc import Callable

import pytest
from django.db import connection

from reviewapp.domain import health
from reviewapp.models import Heartbeat
from tests import processes

SECONDS = 60.0


def eventually(is_so: Callable[[], bool]) -> bool:
    begin = time.monotonic()
    while not is_so():
        if time.monotonic() > begin + SECONDS:
            return False
        time.sleep(0.1)
    return True


def others_connected() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connected: int = cursor.fetchone()[0]
    return connected


@pytest.mark.processes
def test_a_worker_is_seen_again_and_again_and_leaves_no_connection_open(transactional_db: None) -> None:
    before = others_connected()
    with processes.worker():
        assert eventually(lambda: health.check().parts["worker"])
        first = Heartbeat.objects.get(name__startswith="worker:").at
        assert eventually(lambda: Heartbeat.objects.get(name__startswith="worker:").at > first)
        assert eventually(lambda: others_connected() == before)
