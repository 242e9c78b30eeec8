"""``manage.py archive --workspace NAME --to FILE``: everything of a workspace in one encrypted file."""

import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviewapp.archives import catalog, writing
from reviewapp.domain import jobs
from reviewapp.errors import Invalid, ReviewError
from reviewapp.management import console
from reviewapp.models import Archive


class Command(BaseCommand):
    help = (
        "Archive a workspace into one encrypted file. The passphrase is typed, or comes from a file or the environment."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, metavar="NAME")
        parser.add_argument("--to", required=True, type=Path, metavar="FILE", help="must not exist yet")
        parser.add_argument("--passphrase-file", type=Path, metavar="FILE")
        parser.add_argument("--by", metavar="USERNAME", help="default: the first superuser")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = self._archive(options)
        except ReviewError as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{options['to']}: {made.size:,} bytes, content {made.content}")

    def _archive(self, options: dict[str, Any]) -> Archive:
        to: Path = options["to"]
        if to.exists():
            raise Invalid(f"{to} is there already.")
        by, workspace = console.person(options["by"]), console.workspace(options["workspace"])
        made = catalog.request(workspace, by, console.passphrase(options["passphrase_file"], new=True))
        assert made.job is not None
        jobs.perform(made.job.pk, lambda run: writing.archive(console.Told(run.job, run.token, self.stdout)))
        made.refresh_from_db()
        if not made.ready:
            raise Invalid(f"The archive was not made. {made.job and made.job.error}")
        shutil.copyfile(catalog.open_file(made, by), to)
        to.chmod(0o600)
        catalog.delete(made, by)
        return made
