"""The examples that automate exports are run as they stand in the documentation."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings

from models_lib.models import TrainedModel
from reviewapp.domain import projects, tokens
from reviewapp.models import Project, Workspace
from tests import processes
from tests.cast import Cast, fresh, trained, write_documents
from tests.models_lib.shelf import another

pytestmark = pytest.mark.processes

RUN = {"sh": ["sh", "-c"], "python": [sys.executable, "-c"]}


@pytest.fixture
def surroundings(project: Project, cast: Cast) -> dict[str, str]:
    """A coded project, and one in another workspace with nothing coded."""
    bergen = another("Bergen", cast)
    write_documents(bergen, 40)
    following = projects.create(bergen, cast.mona, name="Next case")
    trained(project, cast.rita)
    _, token = tokens.create(cast.mona, "example")
    rows = {"PROJECT": project.pk, "WORKSPACE": project.workspace_id, "TARGET": bergen.pk, "NEXT": following.pk}
    return {"TOKEN": token, **{name: str(pk) for name, pk in rows.items()}}


@pytest.fixture
def api(surroundings: dict[str, str]) -> Iterator[str]:
    """The product at work: web, worker and beat."""
    with processes.worker(), processes.beat(), processes.web() as address:
        yield f"{address}/api/v1"


def run(language: str, surroundings: dict[str, str], api: str) -> str:
    """What the example in this language prints."""
    page = (settings.BASE_DIR / "docs" / "how-to" / "automate-exports.md").read_text(encoding="utf-8")
    (example,) = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    given = os.environ | surroundings | {"API": api, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [*RUN[language], example], env=given, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.django_db(transaction=True)
def test_the_documented_clients_export_share_and_link(surroundings: dict[str, str], api: str, cast: Cast) -> None:
    """R-20, R-43, R-50: export, wait, list by status and category, share in bulk, link; in Python, then with curl."""
    said = run("python", surroundings, api)
    assert "ready: Bribery, first case 12 documents" in said
    assert "created: Bribery, first case in workspace" in said
    assert "linked: True" in said
    assert "version: 1" in said
    target = Workspace.objects.get(name="Bergen")
    copy = TrainedModel.objects.get(workspace=target)
    assert [category.name for category in copy.categories.all()] == ["Bribery"]
    said = run("sh", surroundings, api)
    assert "it can give away what it learned" in said
    newest = TrainedModel.objects.filter(workspace=target).latest("pk")
    assert newest != copy
    assert said.splitlines()[-1] == str(newest.pk)
    assert fresh(Project.objects.get(name="Next case")).linked_model == newest
