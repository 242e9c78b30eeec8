"""T-17: whatever file somebody uploads, the answer names what is wrong with it, soon and in little memory."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from reviewapp.domain import imports
from reviewapp.domain.mapping import Mapping
from reviewapp.env import ROOT
from reviewapp.models import Job, Workspace
from reviewapp.tasks import import_documents
from tests.cast import Cast
from tests.reviewapp import hostile_files
from tests.reviewapp.hostile_files import FILES, ROWS

SECONDS, MEGABYTES = 5, 300
HEAVY = {name for name in (*ROWS, *FILES) if "200 MB" in name or name.startswith("gzip bomb")}
# Reads a file to its end in a process of its own; says what it found, the processor's seconds, the peak of memory.
READER = """
import json, sys, time
from pathlib import Path
from reviewapp.errors import ReviewError
from reviewapp.tabular import BadRow, open_table
start, good, reasons = time.process_time(), [], []
try:
    with open_table(Path(sys.argv[1]), Path(sys.argv[1]).name, text_limit=10_000_000) as table:
        for row in table:
            reasons.append(row.reason) if isinstance(row, BadRow) else good.append(str(row.values["id"])[:20])
except ReviewError as refused:
    reasons.append(refused.message)
status = Path("/proc/self/status").read_text()  # ru_maxrss would be that of the process that started this one
peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
print(json.dumps({"good": good, "reasons": reasons, "seconds": time.process_time() - start, "megabytes": peak}))
"""


@pytest.mark.parametrize("name", sorted(HEAVY))
def test_a_huge_file_is_read_in_bounded_time_and_memory(name: str, tmp_path: Path) -> None:
    """T-17: at most 5 s of a processor and 300 MB, measured in a process of its own; the good rows are read."""
    (path,) = hostile_files.write(tmp_path, {name: {**ROWS, **FILES}[name]})
    command = [sys.executable, "-c", READER, str(path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    found = json.loads(said.stdout)
    assert found["seconds"] < SECONDS, found
    assert found["megabytes"] < MEGABYTES, found
    assert len(found["reasons"]) == 1, found
    if name in ROWS:
        assert found["good"] == ["good-1", "good-2"], found


@pytest.mark.parametrize("name", sorted(ROWS.keys() - HEAVY))
def test_what_is_wrong_with_a_row_is_said_and_the_good_rows_are_imported(
    name: str, workspace: Workspace, cast: Cast
) -> None:
    upload = imports.stash(ContentFile(ROWS[name]()), name, workspace, cast.mona)
    job = imports.request(workspace, cast.mona, upload, Mapping(text="text", control_number="id"))
    begun = time.process_time()
    import_documents(job.pk)
    assert time.process_time() - begun < SECONDS
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    there = dict(workspace.documents.values_list("control_number", "text"))
    assert (there["good-1"], there["good-2"]) == ("first", "last")
    told = list(job.row_problems.values_list("line", "reason"))
    harmless = name in ("field of 200 KB.csv", "formula.csv")
    assert [line for line, _ in told] == ([] if harmless else [3 if name.endswith("csv") else 2])
    assert all(reason for _, reason in told)


@pytest.mark.parametrize("name", sorted(FILES.keys() - HEAVY))
def test_a_file_that_is_no_table_is_refused_at_the_door_with_a_reason(
    name: str, workspace: Workspace, cast: Cast
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(cast.mona)
    begun = time.process_time()
    said = client.post(f"/api/v1/workspaces/{workspace.pk}/uploads", {"file": SimpleUploadedFile(name, FILES[name]())})
    assert time.process_time() - begun < SECONDS
    assert said.status_code in (413, 422), said.content
    assert said.json()["detail"]
    assert not workspace.documents.exists()
