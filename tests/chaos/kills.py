"""What survives: ``python -m tests.chaos.kills --kills 200 --reviewers 32``.

Starts the product as people do (``manage.py up`` with embedded engines), lets reviewers answer over HTTP, and kills
one process after the other with SIGKILL: web, worker, beat, Valkey, PostgreSQL, masters and children alike. Beside
every twentieth kill a part is frozen for longer than a job may be silent (SIGSTOP, SIGCONT). Reviewers repeat a request
that got no answer, with the same idempotency key. Afterwards the database is compared with what the reviewers were
told. Only the loopback interface is used, and the number of kills bounds the time. The last line is one JSON object.
"""

import argparse
import csv
import http.client
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

from reviewapp import engines
from reviewapp.env import ROOT
from reviewapp.management.commands import up
from tests.bench.server import PEOPLE, environment
from tests.processes import free_port

PARTS = {
    "web": "gunicorn",
    "worker": "celery",
    "beat": "sweep",
    "valkey": "valkey-server",
    "postgres": "pginstall",
}
EVERY_N = 10
PAUSE = 1.5  # seconds between two kills, on average
FROZEN = ("worker", "valkey", "beat")
FREEZE_EVERY = 20  # kills
FREEZE = 25.0  # seconds; a job is given to another worker after 20 without a sign of life
START = 400.0  # seconds; a machine that runs other tests besides takes minutes for a new database
PATIENCE = 120.0  # seconds until everything must be well again
LOOK = """
import json
from reviewapp.models import *
from models_lib.models import ModelVersion
from django.db.models import Count
p = Project.objects.get()
jobs = Job.objects.filter(project=p, kind="train", sequence__isnull=False)
print(json.dumps({
    "written": list(p.answers.values_list("pk", "item__document_id", "reviewer__username", "choice")),
    "decided_twice": p.answers.values("item").annotate(n=Count("pk")).filter(n__gt=1).count(),
    "counter": p.completions, "due": p.trainings_due, "sequences": sorted(jobs.values_list("sequence", flat=True)),
    "states": list(jobs.values_list("state", flat=True)), "open": Job.objects.filter(state__in=Job.OPEN).count(),
    "leases": p.items.filter(reviewer__isnull=False).count(),
    "versions": list(ModelVersion.objects.order_by("number").values_list("number", flat=True)),
    "snapshot": p.snapshot.version.number if p.snapshot else None,
}))
"""


@dataclass
class Told:
    """What the reviewers know: what was handed to whom, and which decisions the server said it has."""

    holders: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    acknowledged: list[tuple[int, int, str, str]] = field(default_factory=list)
    retried: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    waits: list[tuple[float, float]] = field(default_factory=list)  # when an answer came, and after how many seconds


@dataclass
class Reviewer:
    """One person at work, who repeats what was not answered."""

    name: str
    token: str
    port: int
    project: int
    told: Told
    stop: Event
    think: float = 0.0  # seconds before each answer

    def work(self) -> None:
        """Until stopped, and then until nothing is in the air."""
        chance = random.Random(self.name)
        assignment = None
        while not self.stop.is_set() or assignment is not None:
            if assignment is None:
                assignment = self._ask("next", {}).get("next")
                self._hold(assignment)
                if assignment is None:
                    return
            time.sleep(self.think)
            choice = "Relevant" if chance.random() < 0.3 else "Not relevant"
            answer = self._ask("submissions", {"lease_token": assignment["lease_token"], "choice": choice})
            done = answer["completion"]
            self.told.acknowledged.append((done["id"], done["document"], self.name, done["choice"]))
            assignment = None if self.stop.is_set() else answer["next"]  # what is not kept is released below
            self._hold(assignment)
        self._ask("release", {})

    def _hold(self, assignment: dict[str, Any] | None) -> None:
        if assignment is not None:
            self.told.holders[assignment["document"]["id"]].add(self.name)

    def _ask(self, verb: str, body: dict[str, str]) -> dict[str, Any]:
        key = str(uuid.uuid4())
        while True:
            began = time.monotonic()
            try:
                status, answer = call(self.port, "POST", f"projects/{self.project}/{verb}", self.token, body, key)
            except (OSError, http.client.HTTPException):
                status, answer = 0, {}
            if status in (200, 201, 204):
                self.told.waits.append((time.monotonic(), time.monotonic() - began))
                return dict(answer)
            self.told.retried += 1
            self.told.refused[status] += 1
            if status >= 500 and status not in (503, 507):
                print(status, verb, answer, file=sys.stderr)
            time.sleep(0.2)


def call(
    port: int, method: str, path: str, token: str, body: Any = None, key: str = "", kind: str = "application/json"
) -> tuple[int, Any]:
    """One request; returns the status and the answer."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Token {token}", "Content-Type": kind} | ({"Idempotency-Key": key} if key else {})
    sent = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    try:
        link.request(method, f"/api/v1/{path}", sent, headers)
        said = link.getresponse()
        read = said.read()
        return said.status, json.loads(read) if read[:1] in (b"{", b"[") else {}
    finally:
        link.close()


@contextmanager
def product(at: Path | None = None, **further: str) -> Iterator[tuple[subprocess.Popen[str], Path, int]]:
    """``manage.py up`` on engines of its own, in this folder or a new one; everything is gone afterwards.

    What it prints is kept in the file that ``CHAOS_LOG`` names.
    """
    data, port = at or Path(tempfile.mkdtemp(prefix="reviewapp-chaos-")), free_port()
    log = Path(os.environ.get("CHAOS_LOG", os.devnull)).open("a")  # noqa: SIM115 - closed below, after the process
    command = [sys.executable, "manage.py", "up", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(data) | further, stdout=log, stderr=log, text=True)
    try:
        until(lambda: up.answers(f"http://127.0.0.1:{port}"), "the product does not start", START)
        yield process, data, port
    finally:
        process.terminate()
        process.wait(60)
        log.close()
        for folder in filter(None, (engines.home(data), data)):
            shutil.rmtree(folder, ignore_errors=True)


def run(kills: int, reviewers: int, documents: int, seed: int = 0, pause: float = PAUSE) -> dict[str, Any]:
    """Everything: start, import, review under kills, wait until all is well, compare."""
    with product() as (process, data, port):
        crew = Crew(data, port, reviewers, documents)
        killed = _kill(process.pid, kills, pause, random.Random(seed))
        return crew.compared() | {"kills": dict(killed)}


class Crew:
    """Reviewers at work on a review of so many documents, from now until they are :meth:`compared`."""

    def __init__(self, data: Path, port: int, reviewers: int, documents: int, think: float = 0.0) -> None:
        self.data, self.port, self.told, self._stop = data, port, Told(), Event()
        people = json.loads(manage(data, "shell", "-v0", "-c", PEOPLE.replace("REVIEWERS", str(reviewers))))
        self.operator = people.pop("olga")
        self.project = _set_up(port, self.operator, people, documents)
        shared = (port, self.project, self.told, self._stop, think)
        crew = [Reviewer(name, token, *shared) for name, token in people.items()]
        self.threads = [Thread(target=person.work, name=person.name, daemon=True) for person in crew]
        for thread in self.threads:
            thread.start()

    def compared(self) -> dict[str, Any]:
        """End the work, wait until all is well, and compare the database with what the reviewers know."""
        self._stop.set()
        began = time.monotonic()
        for thread in self.threads:
            thread.join(PATIENCE)
        until(lambda: well(self.port), "the product is not well again")
        return compare(self.told, _settled(self.data)) | {
            "stuck_reviewers": sum(thread.is_alive() for thread in self.threads),
            "settled_after_seconds": round(time.monotonic() - began, 1),
            "repeated_requests": self.told.retried,
            "refusals": {str(status): many for status, many in sorted(self.told.refused.items())},
        }


def compare(told: Told, found: dict[str, Any]) -> dict[str, Any]:
    """What was lost, doubled or left over."""
    written = {tuple(row) for row in found["written"]}
    states = Counter(found["states"])
    return {
        "acknowledged": len(told.acknowledged),
        "lost": len(set(told.acknowledged) - written),
        "decided_twice": found["decided_twice"],
        "handed_to_two": sum(len(people) > 1 for people in told.holders.values()),
        "miscounted": found["counter"] - len(written),
        "trainings_due": found["due"],
        "trainings_missing": found["due"]
        - len(set(found["sequences"]))
        + abs(found["counter"] // EVERY_N - found["due"]),
        "trainings_doubled": len(found["sequences"]) - len(set(found["sequences"])),
        "trainings_failed": states["failed"],
        "jobs_stuck": found["open"],
        "orphan_leases": found["leases"],
        "gaps_in_versions": sum(number != place for place, number in enumerate(found["versions"], 1)),
        "versions": len(found["versions"]),
    }


def _set_up(port: int, operator: str, people: dict[str, str], documents: int) -> int:
    """A workspace with documents, a review with a training at every 10, and everybody in it."""

    def ask(method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        status, answer = call(port, method, path, operator, body, kind=kind)
        assert status in (200, 201, 202), (path, status, answer)
        return answer

    workspace = ask("POST", "workspaces", {"name": "Chaos"})["id"]
    upload = ask("POST", f"workspaces/{workspace}/uploads", *form(documents))
    columns = {"control_number": "control_number", "title": "title", "text": "text"}
    job = ask("POST", f"workspaces/{workspace}/imports", {"upload": upload["id"], "mapping": columns})
    until(lambda: ask("GET", f"jobs/{job['id']}?wait=5")["state"] == "done", "the import does not end")
    for name in people:
        ask("PUT", f"workspaces/{workspace}/people/{name}", {"role": "reviewer"})
    project: int = ask("POST", f"workspaces/{workspace}/projects", {"name": "Chaos", "every_n": EVERY_N})["id"]
    until(lambda: (ask("GET", f"projects/{project}")["index"] or {}).get("state") == "active", "no index")
    return project


def form(documents: int) -> tuple[bytes, str]:
    """A multipart upload of made-up documents, with its content type."""
    chance, file = random.Random(1), io.StringIO()
    table = csv.writer(file)
    table.writerow(["control_number", "title", "text"])
    for number in range(documents):
        words = " ".join(f"word{int(chance.paretovariate(0.8)) % 5000}" for _ in range(40))
        table.writerow([f"C-{number:06d}", f"Mail {number}", words])
    head = 'Content-Disposition: form-data; name="file"; filename="chaos.csv"\r\nContent-Type: text/csv'
    return (
        f"--chaos\r\n{head}\r\n\r\n{file.getvalue()}\r\n--chaos--\r\n".encode(),
        "multipart/form-data; boundary=chaos",
    )


def _kill(parent: int, kills: int, pause: float, chance: random.Random) -> Counter[str]:
    """One process after the other, each part in turn, any of its processes."""
    killed: Counter[str] = Counter()
    for number in range(kills):
        time.sleep(chance.uniform(pause / 3, pause * 5 / 3))
        if number % FREEZE_EVERY == FREEZE_EVERY - 1:
            frozen = FROZEN[number // FREEZE_EVERY % len(FROZEN)]
            Thread(target=freeze, args=(processes(parent, frozen), FREEZE), daemon=True).start()
            killed[f"{frozen} frozen"] += 1
        part = list(PARTS)[number % len(PARTS)]
        if victims := processes(parent, part):
            try:
                os.kill(chance.choice(victims), signal.SIGKILL)
                killed[part] += 1
            except ProcessLookupError:
                continue
    return killed


def freeze(pids: list[int], seconds: float) -> None:
    """Let these processes stand still for so long."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def processes(parent: int, part: str) -> list[int]:
    """The processes of this part of the product."""
    return [pid for pid in descendants(parent) if PARTS[part] in _command_line(pid)]


def well(port: int) -> bool:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        link.request("GET", "/healthz")
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def _settled(data: Path) -> dict[str, Any]:
    """The database's word, once no job is open any more or the patience is at its end."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found: dict[str, Any] = json.loads(manage(data, "shell", "-v0", "-c", LOOK))
        if not found["open"] or time.monotonic() > deadline:
            return found
        time.sleep(2)


def descendants(parent: int) -> list[int]:
    """The processes below this one."""
    children: dict[int, list[int]] = defaultdict(list)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            children[int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])].append(int(process.name))
        except OSError:
            continue
    found, open_ = [], [parent]
    while open_:
        for child in children[open_.pop()]:
            found.append(child)
            open_.append(child)
    return found


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") + str(Path(f"/proc/{pid}/exe").resolve())
    except OSError:
        return ""


def manage(data: Path, *command: str) -> str:
    """What a command of the product says."""
    run = [sys.executable, "manage.py", *command]
    return subprocess.run(run, cwd=ROOT, env=environment(data), capture_output=True, text=True, check=True).stdout


def until(holds: Any, otherwise: str, patience: float = PATIENCE) -> None:
    """Wait until this holds; it has to within the patience."""
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.3)


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--kills", type=int, default=200)
    read.add_argument("--reviewers", type=int, default=32)
    read.add_argument("--documents", type=int, default=100_000)
    read.add_argument("--seed", type=int, default=0)
    read.add_argument("--pause", type=float, default=PAUSE, help="seconds between two kills, on average")
    options = read.parse_args()
    print(json.dumps(run(options.kills, options.reviewers, options.documents, options.seed, options.pause)))


if __name__ == "__main__":
    main()
