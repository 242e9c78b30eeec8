"""The worker's sign of life: a row that health checks and people read, written by the worker's main process.

It stops when the worker stops, hangs or has lost the broker, since it runs in the loop that takes the messages.
"""

import logging
from typing import Any

from celery import bootsteps
from django.db import DatabaseError, connection

from reviewapp.domain import health

EVERY = 5.0  # seconds
logger = logging.getLogger(__name__)


class Pulse(bootsteps.StartStopStep):
    """Runs as long as the worker's event loop."""

    requires = ("celery.worker.components:Timer",)

    def start(self, worker: Any) -> None:
        worker.timer.call_after(0, beat, (worker.hostname,))
        worker.timer.call_repeatedly(EVERY, beat, (worker.hostname,))


def beat(hostname: str) -> None:
    """Write the row; the connection is closed at once so that no forked child ever shares it."""
    try:
        health.beat_of_worker(hostname)
    except DatabaseError as problem:
        logger.warning("The database does not answer, so this worker looks dead: %s", problem)
    finally:
        connection.close()
