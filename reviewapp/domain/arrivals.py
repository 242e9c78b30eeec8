"""Documents written in bulk: numbered, copied in, each control number once; what exists is never overwritten."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import BytesIO

import orjson
from django.db import connection

from reviewapp.domain import jobs
from reviewapp.domain.mapping import Incoming, Problem
from reviewapp.models import Document, Job, RowProblem

NUMBER = "DOC-{:07d}"
LISTED_PROBLEMS = 10_000


@dataclass
class Tally:
    """What the result of an import says, during it and after it; a later try goes on behind its mark."""

    refused: int = 0
    changed: int = 0
    problems_listed: int = 0
    problems_not_listed: int = 0

    def note(self, job: Job, problems: Sequence[Problem]) -> None:
        """List what is wrong with rows, and count it."""
        listed = problems[: LISTED_PROBLEMS - self.problems_listed]
        RowProblem.objects.bulk_create(RowProblem(job=job, **asdict(problem)) for problem in listed)
        self.problems_listed += len(listed)
        self.problems_not_listed += len(problems) - len(listed)
        self.refused += sum(problem.refused for problem in problems)
        self.changed += len({problem.line for problem in problems if not problem.refused})

    def keep(self, run: jobs.Run) -> None:
        """Move the mark, in the transaction of what it stands for; raises Fenced when another worker holds the job."""
        mine = Job.objects.filter(pk=run.job.pk, token=run.token, state=Job.State.RUNNING)
        if not mine.update(result=asdict(self)):
            raise jobs.Fenced(run.job.pk)


def numbers(workspace: int, count: int, last: int = 0) -> tuple[list[str], int]:
    """So many control numbers that are not taken, and the last that was made; ``last`` is that of the piece before.

    Call it with the workspace's row locked, so that no number is made twice.
    """
    if not last or _is_taken(workspace, _numbers(last, count)):
        last = _highest_number(workspace)
    return _numbers(last, count), last + count


def copy_in(job: Job, documents: Sequence[Incoming]) -> set[str]:
    """Write the documents whose control numbers are new; returns those control numbers."""
    if not documents:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS incoming (line bigint, control_number text, title text, text text, "
            "metadata jsonb, tags varchar(100)[]) ON COMMIT DELETE ROWS"
        )
        cursor.execute("DELETE FROM incoming")  # of an earlier piece, or file, of the same transaction
        lines = BytesIO("".join(map(_copy_line, documents)).encode())
        cursor.copy_expert("COPY incoming FROM STDIN", lines)
        # The moment when the job first started marks its documents: it tells them from those that were there before.
        cursor.execute(
            "INSERT INTO reviewapp_document (workspace_id, control_number, title, text, metadata, tags, created_at) "
            "SELECT %s, control_number, title, text, metadata, tags, %s FROM incoming ORDER BY line "
            "ON CONFLICT (workspace_id, control_number) DO NOTHING RETURNING control_number",
            [job.workspace_id, job.started_at],
        )
        return {control_number for (control_number,) in cursor.fetchall()}


def _copy_line(document: Incoming) -> str:
    metadata = orjson.dumps(document.metadata).decode()
    tags = ",".join('"' + tag.replace("\\", "\\\\").replace('"', '\\"') + '"' for tag in document.tags)
    cells = (document.control_number, document.title, document.text, metadata, f"{{{tags}}}")
    return "\t".join((str(document.line), *map(_escaped, cells))) + "\n"


def _escaped(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def refused(job: Job, documents: Sequence[Incoming]) -> list[Problem]:
    """Say of documents whose numbers are taken, by whom; nothing was overwritten."""
    numbers = [document.control_number for document in documents]
    rows = Document.objects.filter(workspace=job.workspace_id, control_number__in=numbers)
    there = {document.control_number: document for document in rows.defer("text", "title", "metadata", "tags")}
    return [_refusal(job, document, there[document.control_number]) for document in documents]


def _refusal(job: Job, document: Incoming, there: Document) -> Problem:
    if there.deleted_at:
        reason = "belonged to a document that was deleted. Its number is not used again."
    elif there.created_at == job.started_at:
        reason = "is on an earlier line of this file already. The first one was kept."
    else:
        reason = "is in this workspace already. The document there was kept as it is."
    return Problem(document.line, f"“{document.control_number}” {reason}", document.control_number)


def _numbers(last: int, count: int) -> list[str]:
    return [NUMBER.format(number) for number in range(last + 1, last + 1 + count)]


def _is_taken(workspace: int, numbers: Sequence[str]) -> bool:
    return Document.objects.filter(workspace=workspace, control_number__in=numbers).exists()


def _highest_number(workspace: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(substr(control_number, 5)::bigint), 0) FROM reviewapp_document "
            "WHERE workspace_id = %s AND control_number ~ '^DOC-[0-9]{7,15}$'",
            [workspace],
        )
        highest: int = cursor.fetchone()[0]
    return highest
