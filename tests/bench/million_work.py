"""The measured process of ``tests.bench.million``."""

import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import django

django.setup()

from django.core.files import File  # noqa: E402 - tables can be imported only after the setup above

from reviewapp.domain import coding, imports, jobs, people, projects, queue  # noqa: E402
from reviewapp.models import Job, Project, User, Workspace  # noqa: E402
from training import indexing, retraining  # noqa: E402

DECISIONS = 1000
MAPPING = imports.Mapping(control_number="control_number", title="title", text="text", tags=None, metadata=())


class Watch:
    """Wall and CPU time of each step, and how much memory PostgreSQL's processes had at most."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, float]] = {}
        self.postgres_mib = 0
        threading.Thread(target=self._look, daemon=True).start()

    def step(self, name: str, work: Callable[[], object]) -> None:
        began, used = time.monotonic(), time.process_time()
        work()
        self.steps[name] = {
            "seconds": round(time.monotonic() - began, 1),
            "cpu_seconds": round(time.process_time() - used, 1),
            "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        print(f"{name:12} {self.steps[name]}", flush=True)

    def _look(self) -> None:
        while True:
            listed = subprocess.run(["ps", "-C", "postgres", "-o", "rss="], capture_output=True, text=True, check=False)
            self.postgres_mib = max(self.postgres_mib, sum(map(int, listed.stdout.split())) // 1024)
            time.sleep(2)


def do(job: Job, work: Callable[[jobs.Run], None]) -> None:
    """Do the job as a worker would; an unfinished one ends the measurement."""
    jobs.perform(job.pk, work)
    job.refresh_from_db()
    if job.state != Job.State.DONE:
        raise SystemExit(f"{job.kind}: {job.state}. {job.error}")


def fresh(project: Project) -> Project:
    return Project.objects.select_related("workspace", "index", "version", "snapshot").get(pk=project.pk)


def load(path: Path, workspace: Workspace, person: User) -> None:
    with path.open("rb") as file:
        upload = imports.stash(File(file), path.name, workspace, person)
    do(imports.request(workspace, person, upload, MAPPING), imports.run)


def code(project: Project, person: User) -> None:
    chance = Random(0)
    item = queue.next_document(fresh(project), person)
    for _ in range(DECISIONS):
        assert item is not None
        assert item.lease_token is not None
        answer = coding.Answer(choice="Relevant" if chance.random() < 0.1 else "Not relevant")
        item = coding.submit(fresh(project), person, item.lease_token, answer).upcoming


def main(path: Path) -> None:
    person = User.objects.create(username="bench")
    workspace = Workspace.objects.create(name="Large")
    people.grant(workspace, person, "admin", None)
    watch, made = Watch(), []
    watch.step("import", lambda: load(path, workspace, person))
    watch.step("project", lambda: made.append(projects.create(workspace, person, name="Large", every_n=100_000)))
    project: Project = made[0]
    watch.step("population", lambda: do(project.jobs.get(kind=Job.Kind.POPULATE), indexing.populate))
    watch.step("decisions", lambda: code(project, person))
    watch.step("training", lambda: do(projects.train_now(fresh(project), person), retraining.train))
    documents = fresh(project).documents
    print(json.dumps({"documents": documents, "steps": watch.steps, "postgres_peak_rss_mib": watch.postgres_mib}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
