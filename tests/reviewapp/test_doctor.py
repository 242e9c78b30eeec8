"""The doctor finds what is wrong and says what to do."""

import os
import subprocess
import sys
from datetime import timedelta
from importlib.metadata import version
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from models_lib import keys
from reviewapp import env
from reviewapp.management.commands import doctor, up
from reviewapp.models import Heartbeat, Workspace
from tests.cast import Cast
from tests.models_lib.shelf import ready_model


def test_with_nothing_running_every_line_says_what_to_do(tmp_path: Path) -> None:
    """A newcomer's first question, before anything was started."""
    bare = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    result = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        check=False,
        capture_output=True,
        text=True,
        cwd=env.ROOT,
        env=bare | {"DATA_DIR": str(tmp_path / "data")},
    )
    lines = result.stdout.splitlines()
    assert result.returncode == 1
    assert {line.split()[1] for line in lines if line.startswith("wrong")} >= {"database", "broker", "static"}
    for line, following in pairwise(lines):
        assert not line.startswith("wrong") or following.strip().startswith("->")


@pytest.mark.django_db
def test_a_whole_installation_is_well(tmp_path: Path) -> None:
    up.collect_static(os.environ)
    for name in ("worker:celery@here", "beat"):
        Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})
    said = StringIO()
    call_command("doctor", "--lock", str(an_own_lock(tmp_path)), stdout=said)
    assert {line.split()[0] for line in said.getvalue().splitlines()} == {"ok"}


@pytest.mark.django_db
def test_a_worker_that_went_silent_ends_the_command_with_1(tmp_path: Path) -> None:
    Heartbeat.objects.update_or_create(
        name="worker:celery@here", defaults={"at": timezone.now() - timedelta(minutes=5)}
    )
    said = StringIO()
    with pytest.raises(SystemExit) as ending:
        call_command("doctor", stdout=said)
    assert ending.value.code == 1
    assert "not seen in the last 30 s" in said.getvalue()


def an_own_lock(folder: Path) -> Path:
    lock = folder / "own.lock"
    lock.write_text(f"django=={version('django')} \\\n    --hash=sha256:00\n", encoding="ascii")
    return lock


def test_packages_are_compared_with_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    installed = version("django")
    lock.write_text(
        "django==0.0.1 ; python_full_version < '3' \\\n    --hash=sha256:00\n"
        f"django=={installed} ; python_full_version >= '3'\n"
        "no-such-package==1.0\nonly-elsewhere==1.0 ; sys_platform == 'win32'\npytest==0.0.1\n",
        encoding="ascii",
    )
    found = doctor.packages(lock)
    assert found.state == f"no-such-package is missing, pytest is {version('pytest')} instead of 0.0.1"
    assert "pip install --require-hashes" in found.remedy


@pytest.mark.parametrize(("mode", "well"), [(0o700, True), (0o710, True), (0o750, False), (0o755, False)])
def test_a_data_folder_that_others_can_read_is_found(tmp_path: Path, mode: int, well: bool) -> None:
    tmp_path.chmod(mode)
    assert bool(doctor.data_folder(tmp_path).remedy) is not well


def test_a_key_that_others_can_read_is_found(tmp_path: Path) -> None:
    key = tmp_path / "keys" / "secret_key"
    key.parent.mkdir()
    key.write_text("00", encoding="ascii")
    key.chmod(0o600)
    assert not doctor.private_files(tmp_path).remedy
    key.chmod(0o640)
    assert doctor.private_files(tmp_path).remedy == f"Run: chmod 600 {key}"


def test_a_nearly_full_disk_is_found(settings: Settings, tmp_path: Path) -> None:
    settings.FREE_SPACE_FLOOR = 1
    assert not doctor.free_space(tmp_path / "not" / "yet" / "there").remedy
    settings.FREE_SPACE_FLOOR = 1 << 60
    assert "Make room" in doctor.free_space(tmp_path).remedy


def test_a_weak_secret_and_debug_are_found(settings: Settings) -> None:
    assert "openssl rand" in doctor.secret_key("short").remedy
    settings.DEBUG = True
    assert "Unset DEBUG" in doctor.secret_key("x" * 64).remedy
    settings.DEBUG = False
    assert not doctor.secret_key("x" * 64).remedy


def test_models_under_a_former_or_a_foreign_key_are_found(
    workspace: Workspace, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    ready_model(workspace, cast.mona)
    assert doctor.sealed_models() == doctor.Finding("models", "1, all under the current instance key")
    env.renew_secret("INSTANCE_KEY")
    assert doctor.sealed_models().remedy == "Run: ./manage.py rotate_key"
    keys.rotate()
    assert doctor.sealed_models().state == "1, all under the current instance key; 1 former kept for archives"
    (tmp_path / "keys" / "instance_key").write_text("ab" * 32, encoding="ascii")
    found = doctor.sealed_models()
    assert (found.state, "keys.md" in found.remedy) == ("1 of 1 were sealed with a key that is not here", True)
