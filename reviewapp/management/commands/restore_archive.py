"""``manage.py restore_archive FILE``: an archive becomes a workspace again; with ``--check`` it is only looked at."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviewapp.archives import catalog, reading, restoring
from reviewapp.domain import jobs
from reviewapp.errors import Invalid, ReviewError
from reviewapp.management import console
from reviewapp.models import Job


class Command(BaseCommand):
    help = "Restore an archive that lies on this machine, all of it or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--check", action="store_true", help="say whether the file is whole, and restore nothing")
        parser.add_argument("--name", default="", help="default: the archive's, with a number where it is taken")
        parser.add_argument("--roles", choices=("archived", "none"), help="default: archived if it was made here")
        parser.add_argument("--unknown-people", choices=("placeholder", "refuse"), default="placeholder")
        parser.add_argument("--passphrase-file", type=Path, metavar="FILE")
        parser.add_argument("--by", metavar="USERNAME", help="default: the first superuser")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["check"]:
                self._check(options)
            else:
                self._restore(options)
        except ReviewError as refusal:
            raise CommandError(refusal.message) from refusal

    def _check(self, options: dict[str, Any]) -> None:
        file: Path = options["file"]
        key = reading.unlock(file, console.passphrase(options["passphrase_file"]))
        printer, size = console.Printer(self.stdout), file.stat().st_size
        checked = reading.verify(file, key, lambda done: printer.show("Checking the archive", done, size))
        rows = sum(rows for _, rows in checked.head.tables.values())
        self.stdout.write(f"“{checked.head.workspace}” of {checked.head.made_at}: whole, {rows:,} rows")
        self.stdout.write(f"content {checked.content}; {'made' if checked.signed else 'not made'} by this instance")

    def _restore(self, options: dict[str, Any]) -> None:
        by = console.person(options["by"])
        archive = catalog.adopt(options["file"], by)
        try:
            key = reading.unlock(archive.path, console.passphrase(options["passphrase_file"]))
            wanted = {"name": options["name"], "roles": options["roles"], "unknown": options["unknown_people"]}
            job = restoring.request(archive, by, key, **wanted)
            jobs.perform(job.pk, lambda run: restoring.restore(console.Told(run.job, run.token, self.stdout)))
            job.refresh_from_db()
            if job.state != Job.State.DONE:
                raise Invalid(job.error)
        finally:
            catalog.delete(archive, by)
        self._tell(job.result)

    def _tell(self, found: dict[str, Any]) -> None:
        self.stdout.write(f"Restored as “{found['name']}”: {found['documents']:,} documents, {found['rows']:,} rows.")
        for said, names in (
            ("Not here, kept as placeholders", found["placeholders"]),
            ("Without a role", found["without_role"]),
            ("Sealed by another instance", found["sealed_elsewhere"]),
            ("Populated anew, index made by another instance", found["needs_population"]),
        ):
            if names:
                self.stdout.write(f"{said}: {', '.join(names)}")
