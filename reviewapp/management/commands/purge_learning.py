"""``manage.py purge_learning --workspace NAME --confirm NAME``: remove a workspace's active learning for good."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviewapp.domain import jobs, removal
from reviewapp.errors import Invalid, ReviewError
from reviewapp.management import console
from reviewapp.models import Job


class Command(BaseCommand):
    help = "Remove every project, rank, training row and trained model of a workspace; documents and people stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, metavar="NAME")
        parser.add_argument(
            "--confirm", default="", metavar="NAME", help="the workspace's name; without it, say what goes"
        )
        parser.add_argument("--by", metavar="USERNAME", help="default: the first superuser")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            workspace = console.workspace(options["workspace"])
            self._name(removal.losses(workspace))
            job = removal.request_purge(workspace, console.person(options["by"]), options["confirm"])
            jobs.perform(job.pk, lambda run: removal.purge(console.Told(run.job, run.token, self.stdout)))
            job.refresh_from_db()
            if job.state != Job.State.DONE:
                raise Invalid(job.error)
        except ReviewError as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write("Purged.")

    def _name(self, lost: removal.Losses) -> None:
        self.stdout.write(
            f"Lost: {lost.project_count} projects ({', '.join(lost.projects)}), {lost.completions} decisions,"
        )
        self.stdout.write(f"{lost.versions} versions, {lost.model_count} trained models ({', '.join(lost.models)}).")
