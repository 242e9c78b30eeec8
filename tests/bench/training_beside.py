"""How long a reviewer waits while models of entities are trained beside, and while nothing is: turn and turn about."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from reviewapp.domain import jobs, trainings
from reviewapp.models import Job, Project, User

LONG = trainings.Wish({"epochs": 1000}, engine="minibatch")  # longer than anybody looks
READY_SECONDS = 120.0


class Desk:
    """One reviewer with a connection that stays open; every answer brings the next document along."""

    def __init__(self, address: str, project: int, token: str) -> None:
        where = urlsplit(address)
        self._link = HTTPConnection(str(where.hostname), where.port, timeout=60)
        self._path, self._headers = f"/api/v1/projects/{project}/", {"Authorization": f"Token {token}"}
        self._lease = self._ask("next", {})["next"]["lease_token"]

    def label(self, number: int) -> float:
        """Answer, and have the next document; gives the milliseconds that took."""
        said = {"lease_token": self._lease, "choice": ("Relevant", "Not relevant")[number % 4 > 0], "take_next": True}
        began = time.perf_counter()
        answer = self._ask("submissions", said)
        spent = 1000 * (time.perf_counter() - began)
        self._lease = answer["next"]["lease_token"]
        return spent

    def _ask(self, what: str, said: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(said).encode()
        self._link.request("POST", self._path + what, body, self._headers | {"Content-Type": "application/json"})
        answer = self._link.getresponse()
        told = json.loads(answer.read())
        assert answer.status in (200, 201), told
        found: dict[str, Any] = told
        return found


def measure(desk: Desk, annotation: Project, by: User, rounds: int, labels: int) -> dict[str, Any]:
    """So many labels without and then with a training under way, so many times; the ratio is the rounds' median.

    Two neighbours in time share what else the machine does, which a ratio of two long runs would not.
    """
    for number in range(labels // 2):
        desk.label(number)
    pairs = []
    for _ in range(rounds):
        quiet = _p95([desk.label(number) for number in range(labels)])
        with _training(annotation, by):
            pairs.append((quiet, _p95([desk.label(number) for number in range(labels)])))
    ratios = sorted(beside / quiet for quiet, beside in pairs)
    return {
        "labels": labels,
        "quiet_p95_ms": round(median(quiet for quiet, _ in pairs), 1),
        "training_p95_ms": round(median(beside for _, beside in pairs), 1),
        "ratios": [round(ratio, 2) for ratio in ratios],
        "ratio": round(median(ratios), 2),
    }


@contextmanager
def _training(annotation: Project, by: User) -> Iterator[None]:
    """A training that learns during the whole block: under way before it, not ended at its end, then stopped."""
    job = trainings.start(annotation, by, LONG, deploy=False)
    _wait(lambda: Job.objects.filter(pk=job.pk, progress__gt=0, state=Job.State.RUNNING).exists(), job)
    yield
    assert Job.objects.get(pk=job.pk).state == Job.State.RUNNING, "the training ended before the reviewer did"
    jobs.cancel(job, by)
    _wait(lambda: Job.objects.get(pk=job.pk).state == Job.State.CANCELLED, job)


def _wait(until: Callable[[], bool], job: Job) -> None:
    begin = time.monotonic()
    while not until():
        assert time.monotonic() < begin + READY_SECONDS, Job.objects.get(pk=job.pk).error
        time.sleep(0.1)


def _p95(waits: list[float]) -> float:
    return sorted(waits)[int(0.95 * len(waits))]
