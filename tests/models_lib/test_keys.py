"""A change of the instance key: every model stays open all the while, and no sealed file is touched."""

import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from threading import Event, Thread

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from models_lib import keys, library, links, sealing
from models_lib.models import TrainedModel
from reviewapp import env
from reviewapp import models as tables
from reviewapp.domain import webhooks
from reviewapp.errors import Damaged, OtherInstance
from reviewapp.models import AuditEvent, Project, Workspace
from tests import processes
from tests.authenticator import digits
from tests.cast import Cast, exported, fresh, perform_jobs, trained
from tests.models_lib.shelf import ready_model
from tests.threads import at_once


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of this test's own, with an instance key of its own."""
    monkeypatch.setenv("TOKEN_KEY", env.secret("TOKEN_KEY").hex())
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    env.secret("INSTANCE_KEY")
    return tmp_path / "data"


@pytest.fixture
def models(folder: Path, workspace: Workspace, cast: Cast) -> list[TrainedModel]:
    return [ready_model(workspace, cast.mona, f"Model {number}") for number in range(5)]


def opens(model: TrainedModel) -> bytes:
    """The training of the model as its row is now; the payload's fingerprint depends on nothing else."""
    model.refresh_from_db()
    return library.training_rows(model).counts.data.tobytes()


def rotate(*options: str) -> str:
    said = StringIO()
    call_command("rotate_key", *options, stdout=said)
    return said.getvalue()


def sealed_files() -> dict[str, tuple[int, float]]:
    files = [path for path in library.vault().root.rglob("*") if path.is_file()]
    return {path.name: (path.stat().st_ino, path.stat().st_mtime) for path in files}


def test_a_rotation_makes_a_new_key_and_keeps_the_former_one(models: list[TrainedModel], folder: Path) -> None:
    """T-13: all models open as before, no sealed file is touched, key files are their owner's alone."""
    before, files = [opens(model) for model in models], sealed_files()
    key, ids = env.secret("INSTANCE_KEY"), {model.key_id for model in models}
    said = rotate()
    assert "5 trained models were re-wrapped" in said
    assert [opens(model) for model in models] == before
    assert sealed_files() == files
    assert {model.key_id for model in models} == {sealing.instance_keys()[0].id} != ids
    assert env.secret("INSTANCE_KEY") != key
    assert env.former_secrets("INSTANCE_KEY") == [key]
    assert {path.stat().st_mode & 0o777 for path in (folder / "keys").iterdir()} == {0o600}
    event = AuditEvent.objects.get(verb="key.rotate")
    assert (event.workspace, event.detail) == (models[0].workspace, {"models": 5, "key": models[0].key_id})


def test_a_forgotten_key_opens_nothing_and_none_that_is_needed_is_forgotten(
    models: list[TrainedModel], folder: Path
) -> None:
    key = env.secret("INSTANCE_KEY")
    env.renew_secret("INSTANCE_KEY")
    assert rotate("--forget") == "1 former keys are left.\n"  # the models are under it still
    rotate()
    assert rotate("--forget") == "0 former keys are left.\n"
    assert not (folder / "keys" / "instance_key.previous").exists()
    assert key not in [env.secret("INSTANCE_KEY"), *env.former_secrets("INSTANCE_KEY")]
    assert all(opens(model) for model in models)


def test_ranks_are_the_same_bytes_after_a_rotation(folder: Path, project: Project, cast: Cast) -> None:
    """R-53, T-13: linked again after the key changed, the version and its snapshot are what they were."""
    model = exported(trained(project, cast.rita), cast.mona)
    first = links.create_project(project.workspace, cast.mona, model, name="Before", control_share=0.0)
    perform_jobs()
    rotate()
    second = links.create_project(project.workspace, cast.mona, model, name="After", control_share=0.0)
    perform_jobs()
    assert artifacts(second) == artifacts(first)


def artifacts(project: Project) -> tuple[str, str]:
    now = fresh(project)
    assert now.version is not None
    assert now.snapshot is not None
    return now.version.artifact, now.snapshot.artifact


def test_an_interrupted_rotation_is_finished_by_the_next_and_makes_no_third_key(
    models: list[TrainedModel], folder: Path
) -> None:
    """Killed before the new key was there, or before the rows were changed: in both cases nothing is lost."""
    key = env.secret("INSTANCE_KEY")
    (folder / "keys" / "instance_key.previous").write_text(key.hex(), encoding="ascii")
    (folder / "keys" / "instance_key.previous").chmod(0o600)
    assert all(opens(model) for model in models)
    rotate()
    assert env.former_secrets("INSTANCE_KEY") == [key]
    env.renew_secret("INSTANCE_KEY")  # and here the power fails
    second = env.secret("INSTANCE_KEY")
    assert all(opens(model) for model in models)
    assert "No new key was made" in rotate()
    assert env.secret("INSTANCE_KEY") == second
    assert {model.key_id for model in TrainedModel.objects.all()} == {sealing.instance_keys()[0].id}


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_rotation_that_is_killed_loses_nothing(models: list[TrainedModel], folder: Path) -> None:
    """kill -9 with the new key in place and the rows about to change; the next run goes on from there."""
    before, key = [opens(model) for model in models], env.secret("INSTANCE_KEY")
    command = [sys.executable, "manage.py", "rotate_key"]
    surroundings = processes.environment() | {"DATA_DIR": str(folder)}
    with transaction.atomic():
        TrainedModel.objects.select_for_update().get(pk=models[-1].pk)  # the command stops at this row
        with subprocess.Popen(command, cwd=env.ROOT, env=surroundings, stderr=subprocess.PIPE) as process:
            until = time.monotonic() + 60
            while env.secret("INSTANCE_KEY") == key or not waits():
                assert process.poll() is None, process.communicate()[1]
                assert time.monotonic() < until
                time.sleep(0.02)
            process.kill()
    assert [opens(model) for model in models] == before
    assert {model.key_id for model in models} == {sealing.InstanceKey(key).id}
    assert "5 trained models were re-wrapped" in rotate()
    assert [opens(model) for model in models] == before


def waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_who_opens_models_meanwhile_notices_nothing(models: list[TrainedModel]) -> None:
    """Running workers read key files at each use: between two rotations and in the midst of one."""
    ended, opened, faults = Event(), [], list[Exception]()

    def read_on() -> None:
        try:
            while not ended.is_set():
                opened.append([opens(TrainedModel.objects.get(pk=model.pk)) for model in models])
        except Exception as fault:  # noqa: BLE001 - handed to the test
            faults.append(fault)
        finally:
            connection.close()

    before = [opens(model) for model in models]
    readers = [Thread(target=read_on) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(8):
        keys.rotate()
    ended.set()
    for reader in readers:
        reader.join()
    assert not faults
    assert all(found == before for found in opened)


@pytest.mark.django_db(transaction=True)
def test_two_rotations_at_once_come_one_after_the_other(models: list[TrainedModel]) -> None:
    done = at_once(2, lambda number: keys.rotate())
    assert not [fault for fault in done if isinstance(fault, Exception)]
    assert all(opens(model) for model in models)
    assert keys.use().former == keys.use().foreign == 0


def test_a_key_from_the_environment_is_rotated_from_outside(
    models: list[TrainedModel], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INSTANCE_KEY and INSTANCE_KEY_PREVIOUS are set by the operator; the command re-wraps and writes no key file."""
    old = env.secret("INSTANCE_KEY").hex()
    (folder / "keys" / "instance_key").unlink()
    monkeypatch.setenv("INSTANCE_KEY", old)
    with pytest.raises(CommandError, match="set INSTANCE_KEY to a new key"):
        rotate()
    monkeypatch.setenv("INSTANCE_KEY", "ab" * 32)
    monkeypatch.setenv("INSTANCE_KEY_PREVIOUS", f"{'cd' * 32}, {old}")
    assert "5 trained models were re-wrapped" in rotate()
    monkeypatch.delenv("INSTANCE_KEY_PREVIOUS")
    assert all(opens(model) for model in models)
    assert not list((folder / "keys").glob("instance_key*"))


def test_what_another_instance_sealed_stays_as_it_is(
    models: list[TrainedModel], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-63: its key is not here, so it can neither be opened nor re-wrapped; with the key it can be adopted."""
    foreign, key = models[0], env.secret("INSTANCE_KEY").hex()
    (folder / "keys" / "instance_key").unlink()
    TrainedModel.objects.exclude(pk=foreign.pk).delete()
    assert "1 were sealed by another instance and stay as they are" in rotate()
    with pytest.raises(OtherInstance, match="was sealed by another instance"):
        opens(foreign)
    monkeypatch.setenv("INSTANCE_KEY_PREVIOUS", key)
    assert "1 trained models were re-wrapped" in rotate()
    monkeypatch.delenv("INSTANCE_KEY_PREVIOUS")
    assert opens(foreign)


def test_one_damaged_row_does_not_hold_up_the_others(models: list[TrainedModel]) -> None:
    TrainedModel.objects.filter(pk=models[0].pk).update(wrapped_key=bytes(60))
    with pytest.raises(CommandError, match=f"stay under a former key: {models[0].pk}"):
        rotate()
    assert all(opens(model) for model in models[1:])
    with pytest.raises(Damaged):
        opens(models[0])
    assert (keys.use().current, keys.use().former) == (4, 1)


@pytest.mark.parametrize("name", ["instance_key", "instance_key.previous", "token_key"])
def test_nothing_starts_while_others_can_read_a_key(name: str, folder: Path) -> None:
    """A key file that its group or everybody can read: each process refuses, and says what to do in one line."""
    path = folder / "keys" / name
    path.write_text("ab" * 32, encoding="ascii")
    path.chmod(0o640)
    for command in (["manage.py", "doctor"], ["-c", "import reviewapp.settings"]):
        done = subprocess.run([sys.executable, *command], check=False, capture_output=True, text=True, cwd=env.ROOT)
        assert done.returncode == 1
        assert f"Run: chmod 600 {path}" in done.stderr.splitlines()[-1]


def test_the_secrets_of_webhooks_come_along(folder: Path, workspace: Workspace, cast: Cast) -> None:
    """After a rotation, and without the former key, a webhook still signs what it sends."""
    where = {"name": "Archive", "url": "https://example.org/hook"}
    hook, plain = webhooks.create(workspace, cast.alice, **where, events=[tables.Event.VERSION_READY])
    assert keys.rotate().rewrapped == 1
    assert keys.forget() == 0
    hook.refresh_from_db()
    sealed = sealing.Sealed(bytes(hook.secret), hook.key_id, bytes(hook.wrapped_key))
    assert sealing.unseal(sealed, hook.guid).decode() == plain


def test_second_factors_come_along(folder: Path, cast: Cast) -> None:
    """After a rotation, and without the former key, an authenticator app and recovery codes still open the account."""
    app = TOTP.activate(cast.rita, key := generate_totp_secret())
    codes = RecoveryCodes.activate(cast.rita)
    written = codes.generate_codes()
    assert "0 trained models" not in rotate()
    assert "0 former keys are left" in rotate("--forget")
    for factor in (app.instance, codes.instance):
        factor.refresh_from_db()
    assert app.validate_code(digits(key))
    assert codes.generate_codes() == written
