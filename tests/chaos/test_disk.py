"""A disk that is full or read-only: a clear word, nothing half-written, and all goes on when there is room again."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from prometheus_client import values
from pytest_django import Settings

from reviewapp import serving
from reviewapp.domain import jobs
from reviewapp.models import Job, Project, Workspace
from tests.cast import Cast, code, fresh, perform_jobs
from tests.chaos import disk
from tests.reviewapp.api.conftest import Api

FULL = os.environ.get("REVIEWAPP_CHAOS") == "full"


@pytest.fixture
def small() -> Iterator[Path]:
    """A file system of 8 MiB."""
    try:
        with disk.small(8) as place:
            yield place
    except PermissionError as problem:
        pytest.skip(f"Nothing can be mounted here: {problem}")


@pytest.fixture(autouse=True)
def unhashed_static_files(settings: Settings) -> None:
    """Link static files by their plain names: nobody collected them for a test."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)  # whitenoise warns of a folder that is not there


def read_only(place: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)


@pytest.mark.parametrize("spoil", [lambda place: disk.fill(place, leave=0), read_only], ids=["full", "read-only"])
def test_an_upload_that_the_disk_does_not_take_is_a_507_and_leaves_nothing(
    small: Path, workspace: Workspace, cast: Cast, settings: Settings, spoil: Callable[[Path], None]
) -> None:
    """T-9: told as a problem by REST and as a page in the browser."""
    settings.UPLOADS_DIR = small / "uploads"
    settings.UPLOADS_DIR.mkdir()
    spoil(small)
    rows = b"control_number,text\nD-1,words\n" + b"D-2,more\n" * 5_000
    refused = Api(cast.mona).upload(f"/workspaces/{workspace.pk}/uploads", file=SimpleUploadedFile("a.csv", rows))
    assert (refused.status_code, refused.json()["code"]) == (507, "out_of_space")
    assert "everything that was saved before is safe" in refused.json()["detail"]
    browser = Client(raise_request_exception=False)
    browser.force_login(cast.mona)
    page = browser.post(f"/workspaces/{workspace.pk}/import/", {"file": SimpleUploadedFile("a.csv", rows)})
    assert page.status_code == 507
    assert b"The server is out of space" in page.content
    assert not list(settings.UPLOADS_DIR.iterdir())


def test_a_training_waits_for_room_and_goes_on_by_itself(
    small: Path, project: Project, cast: Cast, settings: Settings
) -> None:
    """T-9: below the floor and on a full disk alike the job says what it waits for; with room again it is done."""
    code(project, cast.rita, 24)
    job = jobs.request(Job.Kind.TRAIN, project.workspace, project=project, source="manual")
    settings.FREE_SPACE_FLOOR = 1 << 60
    assert waiting(job).startswith("Waits for room on the disk. The server has")
    settings.FREE_SPACE_FLOOR = 0
    index = fresh(project).index
    assert index is not None
    place = Path(index.artifact[:2]) / index.artifact
    shutil.copytree(settings.ARTIFACTS_DIR / place, small / place)
    settings.ARTIFACTS_DIR = small
    disk.fill(small, leave=0)
    assert waiting(job).startswith("Waits for room on the disk. The server cannot write")
    disk.free(small)
    perform_jobs()
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert fresh(project).version is not None


def waiting(job: Job) -> str:
    """What the job says that it waits for, after a worker has looked at it; its time is over afterwards."""
    perform_jobs()
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED
    Job.objects.filter(pk=job.pk).update(not_before=None)
    return job.step


def test_a_web_process_without_room_for_its_figures_counts_in_its_memory(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that grows on a full disk would end the process when it is written to."""
    monkeypatch.setenv(serving.FOLDER, str(small / "metrics"))
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    serving.on_starting(None)
    serving.post_fork(None, SimpleNamespace(pid=1))
    assert (small / "metrics" / "histogram_1.db").stat().st_size == serving.ROOM
    assert serving.FOLDER in os.environ
    disk.fill(small, leave=0)
    serving.post_fork(None, SimpleNamespace(pid=2))
    assert serving.FOLDER not in os.environ
    assert values.ValueClass is values.MutexValue


@pytest.mark.chaos
@pytest.mark.processes
@pytest.mark.timeout(900)
def test_a_full_disk_loses_nothing_and_all_is_well_when_there_is_room_again(small: Path) -> None:
    """T-9: uploads are refused while review goes on; with no byte left nothing acknowledged is lost or doubled."""
    found = disk.run(disk.FULL_SECONDS if FULL else 5.0)
    assert found["upload_below_the_floor"] == 507
    assert found["refusals_below_the_floor"] == {}, found
    wrong = ("lost", "decided_twice", "handed_to_two", "miscounted", "trainings_missing", "trainings_doubled")
    assert {name: found[name] for name in wrong} == dict.fromkeys(wrong, 0), found
    assert found["jobs_stuck"] == found["orphan_leases"] == found["stuck_reviewers"] == 0, found
    assert "500" not in found["refusals"], found
