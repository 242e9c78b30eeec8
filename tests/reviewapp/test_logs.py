"""Lines of the log say which request or job they belong to."""

import json
import logging
import subprocess
import sys

import pytest
from django.conf import settings

from reviewapp import logs
from reviewapp.domain import jobs
from reviewapp.models import Job, Workspace
from tests import processes

SAYS = """
import django, logging
django.setup()
from reviewapp import logs
with logs.of_request("proxy-0001"), logs.of_job(7):
    logging.getLogger("reviewapp.test").info("read %d rows of “%s”", 3, "café")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("reviewapp.test").exception("broken")
"""


def test_json_lines_carry_the_request_and_the_job() -> None:
    environment = processes.environment() | {"LOG_JSON": "1", "LOG_LEVEL": "INFO"}
    ran = subprocess.run(
        [sys.executable, "-c", SAYS],
        capture_output=True,
        check=True,
        cwd=settings.BASE_DIR,
        env=environment,
        timeout=60,
    )
    first, second = map(json.loads, ran.stderr.splitlines())
    assert first.pop("time")
    assert first == {
        "level": "INFO",
        "logger": "reviewapp.test",
        "message": "read 3 rows of “café”",
        "request_id": "proxy-0001",
        "job_id": "7",
    }
    assert (second["request_id"], second["job_id"]) == (logs.NOTHING, logs.NOTHING)
    assert "ZeroDivisionError" in second["exc_info"]


def test_what_a_job_logs_carries_its_number(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(logs.Context())
    job = jobs.request(Job.Kind.IMPORT, workspace)

    def work(run: jobs.Run) -> None:
        logging.getLogger("work").info("at it")
        run.finish()

    with caplog.at_level(logging.INFO):
        jobs.perform(job.pk, work)
        logging.getLogger("work").info("after it")
    said = {record.message: record.job_id for record in caplog.records if record.name == "work"}  # type: ignore[attr-defined]
    assert said == {"at it": str(job.pk), "after it": logs.NOTHING}
