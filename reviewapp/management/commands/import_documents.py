"""``manage.py import_documents FILE --workspace NAME``: load a CSV, TSV or JSONL file from this machine."""

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError

from reviewapp import access
from reviewapp.domain import imports, jobs, uploads, workspaces
from reviewapp.domain.mapping import Mapping
from reviewapp.errors import Invalid, ReviewError
from reviewapp.management import console
from reviewapp.models import Job, User, Workspace

PRINTED_PROBLEMS = 20


class Command(BaseCommand):
    help = "Load documents from a CSV, TSV or JSONL file (each may be gzipped) into a workspace."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--workspace", required=True, metavar="NAME")
        parser.add_argument("--create", action="store_true", help="make the workspace when there is none of this name")
        parser.add_argument("--control-number", metavar="COLUMN", help="default: guessed from the names of the columns")
        parser.add_argument("--title", metavar="COLUMN")
        parser.add_argument("--text", metavar="COLUMN")
        parser.add_argument("--tags", metavar="COLUMN")
        parser.add_argument("--metadata", metavar="COLUMN,COLUMN", help="default: all other columns")
        parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="put on every document")
        parser.add_argument("--by", metavar="USERNAME", help="default: the first superuser")
        parser.add_argument("--wait", action="store_true", help="leave the work to the worker and wait for its end")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            job = self._request(options)
            if options["wait"]:
                console.wait(job, self.stdout)
            else:
                jobs.perform(job.pk, lambda run: imports.run(console.Told(run.job, run.token, self.stdout)))
        except ReviewError as refusal:
            raise CommandError(refusal.message) from refusal
        job.refresh_from_db()
        self._tell(job)

    def _request(self, options: dict[str, Any]) -> Job:
        path: Path = options["file"]
        if not path.is_file():
            raise Invalid(f"There is no file {path}.")
        by = console.person(options["by"])
        workspace = _workspace(options["workspace"], by, create=options["create"])
        with path.open("rb") as file:
            upload = imports.stash(File(file), path.name, workspace, by)
        try:
            mapping = _mapping(uploads.find(upload, workspace, by), options)
            return imports.request(workspace, by, upload, mapping, options["tag"])
        except BaseException:
            uploads.forget(uploads.find(upload, workspace, by))
            raise

    def _tell(self, job: Job) -> None:
        for problem in job.row_problems.order_by("-refused", "line")[:PRINTED_PROBLEMS]:
            name = f" {problem.control_number}" if problem.control_number else ""
            self.stdout.write(f"line {problem.line}{name}: {'' if problem.refused else '(loaded) '}{problem.reason}")
        if job.state != Job.State.DONE:
            raise CommandError(f"The import is {job.get_state_display().lower()}. {job.error}".strip())
        found = job.result
        more = found["problems_listed"] + found["problems_not_listed"] - PRINTED_PROBLEMS
        if more > 0:
            self.stdout.write(f"… and {more:,} more; see the job's page.")
        said = f"{found['loaded']:,} loaded, {found['refused']:,} refused, {found['changed']:,} changed on the way"
        self.stdout.write(f"{said}; {found['seconds']} s.")
        if not found["loaded"]:
            raise CommandError("Nothing was loaded.")


def _workspace(name: str, by: User, *, create: bool) -> Workspace:
    found = Workspace.objects.filter(name=name).first()
    if found is None and create:
        return workspaces.create(name, by)
    if found is None:
        raise Invalid(f"There is no workspace “{name}”. Add --create to make it.")
    return access.get(by, Workspace, found.pk, may="manage")


def _mapping(upload: uploads.Upload, options: dict[str, Any]) -> Mapping:
    """The guessed mapping with what was said on the command line in the place of the guesses."""
    preview = imports.preview(upload.path, upload.filename)
    said = {name: options[name] for name in ("control_number", "title", "text", "tags") if options[name]}
    chosen = replace(preview.mapping, **said)
    used = {chosen.control_number, chosen.title, chosen.text, chosen.tags}
    others = tuple(column for column in preview.columns if column not in used)
    named = tuple(name.strip() for name in (options["metadata"] or "").split(",") if name.strip())
    return replace(chosen, metadata=named if options["metadata"] is not None else others)
