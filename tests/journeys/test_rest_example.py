"""The example in the REST documentation is run as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from reviewapp.domain import tokens
from reviewapp.models import Project, Workspace
from tests import processes
from tests.cast import Cast
from tests.journeys.test_first_review import write_csv

pytestmark = pytest.mark.processes


def test_the_documented_client_does_a_whole_review(
    celery_worker_process: None, workspace: Workspace, cast: Cast, tmp_path: Path
) -> None:
    page = (settings.BASE_DIR / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert example is not None
    _, token = tokens.create(cast.mona, "example")
    with processes.web() as address:
        given = {
            "API": f"{address}/api/v1",
            "TOKEN": token,
            "WORKSPACE": str(workspace.pk),
            "FILE": str(write_csv(tmp_path / "mails.csv", 90)),
        }
        done = subprocess.run(
            [sys.executable, "-c", example[1]],
            env=os.environ | given | {"NO_PROXY": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "imported: 90" in done.stdout
    assert re.search(r"next, and why: HAL-\d+ (high_rank|random_control|index_health) ", done.stdout)
    assert "version 1:" in done.stdout
    assert "decisions: 40" in done.stdout
    assert "exported: 40" in done.stdout
    assert re.search(r"Valve mail: \d+ relevant, \d+ not", done.stdout)
    assert "coded: 0 version: 1" in done.stdout
    project = Project.objects.get(name="By REST")
    assert project.coded == 40
    assert project.version is not None
