"""Whether the whole system works: the database, the beat and at least one worker; and what a fault says of it."""

import errno
from dataclasses import dataclass
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, OperationalError
from django.utils import timezone
from psycopg2.errors import DiskFull

from reviewapp.models import Heartbeat

ALIVE = timedelta(seconds=30)  # a process that was not seen for longer counts as stopped
FORGET = timedelta(days=1)
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})  # a disk that turns read-only has failed
NO_ROOM = (
    "The server cannot write to its disk: it is full or read-only. Nothing of this was saved; everything that was "
    "saved before is safe. Ask the operator to make room, then try again."
)
BEAT, WORKER = "beat", "worker"
MISSING = {
    BEAT: "The beat process does not run, so waiting jobs are not started: start manage.py sweep.",
    WORKER: "No worker runs, so imports and trainings wait: start celery -A reviewapp worker.",
}


@dataclass(frozen=True)
class Health:
    """What was found: each part with whether it answers, and what is wrong in words."""

    parts: dict[str, bool]
    problems: list[str]

    @property
    def ok(self) -> bool:
        return not self.problems


def is_away(fault: BaseException | None) -> bool:
    """Whether the fault says that the database does not answer; psycopg2 has no class of its own for a lost link."""
    return isinstance(fault, OperationalError | InterfaceError) or type(fault) is DatabaseError


def is_full(fault: BaseException | None) -> bool:
    """Whether the fault says that there is no room on the server's disk, be it ours or the database's."""
    return (isinstance(fault, OSError) and fault.errno in FULL) or isinstance(getattr(fault, "__cause__", 0), DiskFull)


def check() -> Health:
    """Look at every part; never raises."""
    since = timezone.now() - ALIVE
    try:
        seen = set(Heartbeat.objects.filter(at__gte=since).values_list("name", flat=True))
    except DatabaseError:
        return Health({"database": False}, ["The database does not answer."])
    alive = {part: any(name == part or name.startswith(f"{part}:") for name in seen) for part in MISSING}
    return Health({"database": True, **alive}, [MISSING[part] for part, answers in alive.items() if not answers])


def beat_of_worker(hostname: str) -> None:
    """Show that this worker lives, and forget workers that were last seen days ago."""
    now = timezone.now()
    Heartbeat.objects.update_or_create(name=f"{WORKER}:{hostname}"[:100], defaults={"at": now})
    Heartbeat.objects.filter(name__startswith=f"{WORKER}:", at__lt=now - FORGET).delete()
