"""A long day's work: ``python -m tests.chaos.soak --minutes 60 --reviewers 50 --think 1``.

A server of its own, several reviews with a training at every 50 answers, and reviewers who think between two answers.
Every window of the time says how fast answers came, what they cost in CPU, and how much memory each part holds.
Afterwards the database is compared with what the reviewers were told. Only the loopback interface is used. The last
line is one JSON object.
"""

import argparse
import csv
import http.client
import io
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any

import numpy as np
import psutil

from tests.bench import server as servers
from tests.chaos.kills import call, until

EVERY_N = 50
WORDS = 60
PARTS = ("web", "worker", "beat", "valkey", "postgres")
PATIENCE = 300.0  # seconds until import, index or the last training must be done
WRITTEN = (
    "SELECT c.id, i.document_id, u.username, c.choice FROM reviewapp_completion c "
    "JOIN reviewapp_projectdocument i ON i.id = c.item_id JOIN reviewapp_user u ON u.id = c.reviewer_id"
)
OPEN_JOBS = "SELECT 1 FROM reviewapp_job WHERE state IN ('queued', 'running')"
TRAININGS = "SELECT state, count(*) FROM reviewapp_job WHERE kind = 'train' GROUP BY state"


@dataclass
class Told:
    """What all reviewers saw since the last look: milliseconds of each answer, and what was not answered well."""

    took: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    acknowledged: list[tuple[int, int, str, str]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def look(self) -> list[float]:
        """The milliseconds since the last look."""
        with self.lock:
            took, self.took = self.took, []
        return took


@dataclass
class Reviewer:
    """One person who reads, decides, and gets the next document with the answer."""

    name: str
    token: str
    port: int
    project: int
    think: float
    told: Told
    stop: Event

    def work(self) -> None:
        """Until stopped; the document held last is given back."""
        chance = random.Random(self.name)
        path, assignment = f"projects/{self.project}", None
        while not self.stop.wait(self.think * chance.uniform(0.5, 1.5)):
            if assignment is None:
                assignment = self._ask(f"{path}/next", {}).get("next")
                continue
            text = assignment["document"]["text"]
            choice = "Relevant" if "word7 " in text or chance.random() < 0.02 else "Not relevant"
            answer = self._ask(f"{path}/submissions", {"lease_token": assignment["lease_token"], "choice": choice})
            if done := answer.get("completion"):
                self.told.acknowledged.append((done["id"], done["document"], self.name, done["choice"]))
            assignment = answer.get("next")
        self._ask(f"{path}/release", {})

    def _ask(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        began = time.monotonic()
        try:
            status, answer = call(self.port, "POST", path, self.token, body)
        except (OSError, http.client.HTTPException) as error:
            status, answer = 0, {"detail": type(error).__name__}
        with self.told.lock:
            self.told.took.append(1000 * (time.monotonic() - began))
            if status not in (200, 201, 204):
                self.told.wrong[f"{status} {answer.get('detail', '')}"] += 1
        return dict(answer) if status in (200, 201) else {}


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Everything: start, import, review for so long, wait for the last trainings, compare."""
    with servers.running() as server:
        people = server.people(options.reviewers)
        port, operator = int(server.address.rsplit(":", 1)[1]), people.pop("olga")
        needed = int(options.minutes * 60 * options.reviewers / max(options.think, 0.1) / options.projects * 1.2) + 200
        projects = _set_up(port, operator, people, needed, options.projects)
        told, stop = Told(), Event()
        crew = [
            Reviewer(name, token, port, projects[number % len(projects)], options.think, told, stop)
            for number, (name, token) in enumerate(people.items())
        ]
        threads = [Thread(target=person.work, name=person.name, daemon=True) for person in crew]
        for thread in threads:
            thread.start()
        windows = _windows(server, told, options)
        stop.set()
        for thread in threads:
            thread.join(60)
        until(lambda: not server.rows(OPEN_JOBS), "jobs stay open", PATIENCE)
        written = server.rows(WRITTEN)
        return {
            "minutes": options.minutes,
            "reviewers": options.reviewers,
            "projects": options.projects,
            "documents": needed,
            "windows": windows,
            "acknowledged": len(told.acknowledged),
            "lost": len(set(told.acknowledged) - set(written)),
            "decided_twice": sum(many > 1 for many in Counter(row[1] for row in written).values()),
            "wrong_answers": dict(told.wrong),
            "trainings": dict(server.rows(TRAININGS)),
            **trends(windows),
        }


def trends(windows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The last third of the windows beside the second third (the first warms up), as ratios; 1 is flat."""
    third = max(1, len(windows) // 3)
    middle, last = windows[-2 * third : -third] or windows[:third], windows[-third:]

    def ratio(read: Any) -> float:
        return round(float(np.median([read(w) for w in last]) / np.median([read(w) for w in middle])), 2)

    return {
        "p95_last_to_middle": ratio(lambda window: window["p95_ms"]),
        "web_cpu_last_to_middle": ratio(lambda window: window["web_cpu_ms_per_label"]),
        "memory_last_to_middle": {part: ratio(lambda window, p=part: window["mib"][p]) for part in PARTS},
    }


def _windows(server: servers.Server, told: Told, options: argparse.Namespace) -> list[dict[str, Any]]:
    """One row for each stretch of the time, printed as it ends."""
    windows: list[dict[str, Any]] = []
    count = max(3, round(options.minutes * 60 / options.window))
    seconds = options.minutes * 60 / count
    cpu = {part: _cpu(server.pid(part)) for part in PARTS}
    psutil.cpu_percent()
    for number in range(1, count + 1):
        time.sleep(seconds)
        took, now = told.look(), {part: _cpu(server.pid(part)) for part in PARTS}
        spent = {part: now[part] - cpu[part] for part in PARTS}
        cpu, labels = now, max(1, len(took))
        windows.append(
            {
                "minute": round(number * seconds / 60, 1),
                "answers_s": round(len(took) / seconds, 1),
                **{f"p{q}_ms": round(float(np.percentile(took or [0.0], q)), 1) for q in (50, 95, 99)},
                "web_cpu_ms_per_label": round(1000 * spent["web"] / labels, 1),
                "cpu_s": {part: round(spent[part], 1) for part in PARTS},
                "machine_busy_percent": psutil.cpu_percent(),
                "mib": {part: _mib(server.pid(part)) for part in PARTS},
                "wrong": sum(told.wrong.values()),
            }
        )
        print(json.dumps(windows[-1]), flush=True)
    return windows


def _tree(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def _cpu(pid: int) -> float:
    """CPU seconds of a process and all it ever started and waited for."""
    times = [process.cpu_times() for process in _tree(pid)]
    return float(sum(t.user + t.system for t in times) + times[0].children_user + times[0].children_system)


def _mib(pid: int) -> float:
    """What the processes of a part hold, shared pages counted once (PSS), in MiB."""
    return round(float(sum(process.memory_full_info().pss for process in _tree(pid))) / 2**20, 1)


def _set_up(port: int, operator: str, people: dict[str, str], documents: int, projects: int) -> list[int]:
    """A workspace for each review, with documents of its own, and everybody in all of them."""

    def ask(method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        status, answer = call(port, method, path, operator, body, kind=kind)
        assert status in (200, 201, 202), (path, status, answer)
        return answer

    made = []
    for number in range(projects):
        workspace = ask("POST", "workspaces", {"name": f"Soak {number}"})["id"]
        upload = ask("POST", f"workspaces/{workspace}/uploads", *_form(documents, number))
        columns = {"control_number": "control_number", "title": "title", "text": "text"}
        job = ask("POST", f"workspaces/{workspace}/imports", {"upload": upload["id"], "mapping": columns})
        waits = f"jobs/{job['id']}?wait=5"
        until(lambda at=waits: ask("GET", at)["state"] == "done", "the import does not end", PATIENCE)
        for name in people:
            ask("PUT", f"workspaces/{workspace}/people/{name}", {"role": "reviewer"})
        made.append(ask("POST", f"workspaces/{workspace}/projects", {"name": "Soak", "every_n": EVERY_N})["id"])
    for project in made:
        until(
            lambda p=project: (ask("GET", f"projects/{p}")["index"] or {}).get("state") == "active",
            "no index",
            PATIENCE,
        )
    return made


def _form(documents: int, seed: int) -> tuple[bytes, str]:
    """A multipart upload of made-up documents, with its content type."""
    chance, file = np.random.default_rng(seed), io.StringIO()
    table = csv.writer(file)
    table.writerow(["control_number", "title", "text"])
    for number in range(documents):
        words = " ".join(f"word{min(int(draw), 20_000)}" for draw in chance.pareto(0.7, WORDS) + 1)
        table.writerow([f"S-{number:06d}", f"Mail {number}", words])
    head = 'Content-Disposition: form-data; name="file"; filename="soak.csv"\r\nContent-Type: text/csv'
    return f"--soak\r\n{head}\r\n\r\n{file.getvalue()}\r\n--soak--\r\n".encode(), "multipart/form-data; boundary=soak"


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--minutes", type=float, default=60)
    read.add_argument("--reviewers", type=int, default=50)
    read.add_argument("--projects", type=int, default=10)
    read.add_argument("--think", type=float, default=1.0, help="mean seconds between an answer and the next decision")
    read.add_argument("--window", type=float, default=300.0, help="seconds of one row")
    print(json.dumps(run(read.parse_args())))


if __name__ == "__main__":
    main()
