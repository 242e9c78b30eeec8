"""Downloads: a project's documents with their coding, as a table that is safe to open and as lines that are exact."""

import csv
import json
import os
from datetime import timedelta

import pytest

from reviewapp.domain import downloads, projects
from reviewapp.errors import Conflict, Invalid, NotFound, Refused
from reviewapp.models import AuditEvent, Document, Job, Project, WorkspaceUserObjectPermission
from reviewapp.tasks import write_download
from tests.cast import Cast, fresh, perform_jobs, trained


def written(project: Project, cast: Cast, kind: str, **asked: bool) -> Job:
    job = downloads.request(project, cast.mona, kind, **asked)
    write_download(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    return job


def lines(job: Job, cast: Cast) -> list[dict[str, object]]:
    text = downloads.find(job, cast.vic).path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def table(job: Job, cast: Cast) -> list[dict[str, str]]:
    with downloads.find(job, cast.vic).path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_json_lines_hold_every_document_exactly(project: Project, cast: Cast) -> None:
    """U-16: export of a dataset."""
    hostile = "=cmd|' /C calc'!A0\n\u2028 <b> “quoted” \N{PILE OF POO}"
    Document.objects.create(
        workspace=project.workspace, control_number="=1+1", title=hostile, text=hostile, metadata={"k": ["a", {"b": 1}]}
    )
    projects.adopt(project.workspace)
    perform_jobs()
    now = trained(project, cast.rita)
    job = written(now, cast, "jsonl", texts=True)
    rows = lines(job, cast)
    assert len(rows) == job.result["rows"] == 61
    (odd,) = (row for row in rows if row["control_number"] == "=1+1")
    assert (odd["title"], odd["text"], odd["metadata"]) == (hostile, hostile, {"k": ["a", {"b": 1}]})
    coded = [row for row in rows if row["decision"]]
    assert len(coded) == 12
    assert {row["reviewer"] for row in coded} == {"rita"}
    assert {(row["decision"], row["label"]) for row in coded} == {
        ("positive", "Relevant"),
        ("negative", "Not relevant"),
    }
    assert all(isinstance(row["rank"], float) and row["version"] == 1 for row in rows)


def test_no_cell_of_the_table_can_act_as_a_formula(project: Project, cast: Cast) -> None:
    """U-16: neither a value nor the name of a metadata column."""
    Document.objects.create(
        workspace=project.workspace,
        control_number="@A1",
        title="-2+3",
        text="+1",
        metadata={"=HYPERLINK(1)": "\t=2", "size": 3},
        tags=["=x"],
    )
    projects.adopt(project.workspace)
    perform_jobs()
    job = written(fresh(project), cast, "csv", texts=True)
    path = downloads.find(job, cast.vic).path
    with path.open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.lstrip(" \n").startswith(("=", "+", "-", "@", "\t", "\r"))]
    (row,) = (row for row in table(job, cast) if row["control_number"] == "'@A1")
    assert (row["title"], row["text"], row["metadata.size"]) == ("'-2+3", "'+1", "3")
    assert row["metadata.=HYPERLINK(1)"] == "'\t=2"


def test_a_table_has_a_column_for_each_kind_of_metadata_and_no_texts_unless_asked(project: Project, cast: Cast) -> None:
    rows = table(written(project, cast, "csv"), cast)
    assert len(rows) == 60
    assert "text" not in rows[0]
    assert {"metadata.custodian", "metadata.truth"} <= set(rows[0])
    assert rows[0]["metadata.custodian"] == "desk 0"


def test_only_what_is_coded_when_that_is_asked(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    assert len(lines(written(now, cast, "jsonl", coded_only=True), cast)) == 12


def test_a_deleted_document_is_not_in_it(project: Project, cast: Cast) -> None:
    project.items.filter(ordinal=3).update(removed=True)
    assert len(lines(written(project, cast, "jsonl"), cast)) == 59


def test_it_takes_the_rights_to_see_documents_and_labels(project: Project, cast: Cast) -> None:
    job = written(project, cast, "csv")
    with pytest.raises(Refused, match="manage"):
        downloads.request(project, cast.rita, "csv")
    for lacking in ("view_sources", "view_labels"):
        for person in (cast.mona, cast.vic):
            WorkspaceUserObjectPermission.objects.filter(user=person, permission__codename=lacking).delete()
        with pytest.raises(Refused):
            downloads.request(project, cast.mona, "csv")
        with pytest.raises(Refused):
            downloads.find(job, cast.vic)
    assert AuditEvent.objects.filter(verb="documents.download").count() == 1


def test_a_file_that_is_not_there_yet_or_any_more_is_said_so(project: Project, cast: Cast) -> None:
    with pytest.raises(Invalid):
        downloads.request(project, cast.mona, "xlsx")
    job = downloads.request(project, cast.mona, "csv")
    with pytest.raises(Conflict, match="still being written"):
        downloads.find(job, cast.vic)
    write_download(job.pk)
    job.refresh_from_db()
    path = downloads.find(job, cast.vic).path
    assert path.stat().st_mode & 0o777 == 0o600
    old = path.stat().st_mtime - (downloads.KEEP + timedelta(minutes=1)).total_seconds()
    os.utime(path, (old, old))
    downloads.forget_old()
    with pytest.raises(NotFound, match="not here any more"):
        downloads.find(job, cast.vic)
    populated = project.jobs.get(kind=Job.Kind.POPULATE)
    with pytest.raises(NotFound, match="wrote no file"):
        downloads.find(populated, cast.vic)
