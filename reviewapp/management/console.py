"""What commands share: who asks, how progress is shown, how a passphrase is given."""

import getpass
import time
import uuid
from pathlib import Path

from django.core.management.base import OutputWrapper

from reviewapp import env
from reviewapp.domain import jobs, people
from reviewapp.errors import Invalid
from reviewapp.models import Job, User, Workspace

LOOK_EVERY = 1.0  # seconds between two looks at a job that a worker does
PASSPHRASE = "ARCHIVE_PASSPHRASE"  # noqa: S105 - the name of a variable


class Printer:
    """Prints a step's progress once for every tenth of it."""

    def __init__(self, stdout: OutputWrapper) -> None:
        self._stdout = stdout
        self._last = ("", -1)

    def show(self, step: str, progress: int, total: int) -> None:
        now = (step, 10 * progress // total if total else 0)
        if step and now != self._last:
            self._stdout.write(f"{step}: {10 * now[1]} %")
            self._last = now


class Told(jobs.Run):
    """A hold on a job that also prints the progress."""

    def __init__(self, job: Job, token: uuid.UUID, stdout: OutputWrapper) -> None:
        super().__init__(job, token)
        self._printer = Printer(stdout)

    def report(self, step: str, progress: int = 0, total: int = 0) -> None:
        super().report(step, progress, total)
        self._printer.show(step, progress, total)

    def tell(self, step: str, progress: int = 0, total: int = 0) -> None:
        super().tell(step, progress, total)
        self._printer.show(step, progress, total)


def wait(job: Job, stdout: OutputWrapper) -> None:
    """Until a worker has ended the job."""
    printer = Printer(stdout)
    while job.state in Job.OPEN:
        time.sleep(LOOK_EVERY)
        job.refresh_from_db()
        printer.show(job.step, job.progress, job.total)


def person(username: str | None) -> User:
    """The person of this user name, else the first operator; raises :class:`Invalid`."""
    if username:
        return people.find(username)
    found = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if found is None:
        raise Invalid("There is no superuser. Say with --by in whose name this is done.")
    return found


def workspace(name: str) -> Workspace:
    """The workspace of this name; raises :class:`Invalid`."""
    found = Workspace.objects.filter(name=name).first()
    if found is None:
        raise Invalid(f"There is no workspace “{name}”.")
    return found


def passphrase(file: Path | None, *, new: bool = False) -> str:
    """From a file, from ``ARCHIVE_PASSPHRASE`` or its file, else typed: never an argument, which others could read."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as problem:
            raise Invalid(f"{file} cannot be read: {problem.strerror}.") from problem
    if given := env.text(PASSPHRASE):
        return given
    typed = getpass.getpass("Passphrase: ")
    if new and getpass.getpass("The same again: ") != typed:
        raise Invalid("The two are not the same.")
    return typed
