"""Archives are asked for by admins, opened by a passphrase that is kept nowhere, and do not stay for ever."""

import base64
import io
import logging
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files import File
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from reviewapp import access
from reviewapp.archives import catalog, packing, reading, restoring
from reviewapp.archives.parts import PartWriter
from reviewapp.artifacts import Artifacts
from reviewapp.domain import jobs, queue
from reviewapp.domain.belongings import Table
from reviewapp.errors import Conflict, Invalid, NotFound, OutOfSpace, Refused
from reviewapp.models import Archive, AuditEvent, Document, Job, Workspace
from tests.cast import Cast, fresh, perform_jobs
from tests.reviewapp.archives.conftest import PASSPHRASE, World, archived, deleted, key_of, restored


def database() -> bytes:
    """All rows of all tables, as a dump would have them."""
    dump = io.BytesIO()
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.copy_expert(f"COPY {model._meta.db_table} TO STDOUT", dump)
    return dump.getvalue()


def stored() -> Iterator[bytes]:
    yield from (path.read_bytes() for path in Path(settings.DATA_DIR).rglob("*") if path.is_file())


def test_the_passphrase_and_the_key_are_found_nowhere(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """T-18: not in the database, not in a file, not in the log; before, while and after the job runs."""
    caplog.set_level(logging.DEBUG)
    made = catalog.request(world.workspace, world.cast.alice, PASSPHRASE)
    assert made.job is not None
    key = jobs.Run(made.job, made.job.token).secret()  # type: ignore[arg-type]
    secrets = [PASSPHRASE.encode(), key, key.hex().encode(), base64.b64encode(key)]

    def found() -> list[bytes]:
        everything = [database(), caplog.text.encode(), *stored()]
        return [secret for secret in secrets if any(secret in place for place in everything)]

    assert found() == []
    perform_jobs()
    made.refresh_from_db()
    assert made.ready
    assert found() == []
    assert Job.objects.get(pk=made.job.pk).secret is None
    restoring.request(made, world.cast.olga, key_of(made))
    assert found() == []


@pytest.mark.parametrize("passphrase", ["", "elevenchars", "x" * 1001, "passwordpassword", "qwertyuiop123"])
def test_a_passphrase_that_can_be_guessed_is_refused(workspace: Workspace, cast: Cast, passphrase: str) -> None:
    if passphrase == "passwordpassword":
        catalog.require_strong(passphrase)  # long, and in no list of common ones
        return
    with pytest.raises(Invalid) as refused:
        catalog.request(workspace, cast.alice, passphrase)
    assert "passphrase" in refused.value.fields


def test_only_admins_ask_for_an_archive_and_only_for_one_at_a_time(workspace: Workspace, cast: Cast) -> None:
    for person in (cast.mona, cast.rita, cast.vic, cast.stan):
        with pytest.raises(Refused):
            catalog.request(workspace, person, PASSPHRASE)
    catalog.request(workspace, cast.alice, PASSPHRASE)
    with pytest.raises(Conflict, match="being made already"):
        catalog.request(workspace, cast.olga, PASSPHRASE)
    assert AuditEvent.objects.filter(verb="workspace.archive").count() == 1


def test_an_archive_is_a_private_file_with_a_date_of_expiry(world: World) -> None:
    made = archived(world.workspace, world.cast.alice)
    assert (made.path.stat().st_mode & 0o077, made.path.parent.stat().st_mode & 0o077) == (0, 0)
    assert made.size == made.path.stat().st_size
    assert made.counts["reviewapp.document"] == 60
    assert made.expires_at is not None
    assert timedelta(days=13) < made.expires_at - timezone.now() <= timedelta(days=settings.ARCHIVE_DAYS)
    assert catalog.open_file(made, world.cast.alice) == made.path
    assert AuditEvent.objects.filter(verb="archive.download", actor=world.cast.alice).exists()


def test_who_sees_an_archive_follows_the_workspace_and_then_its_maker(world: World) -> None:
    """While the workspace is there its admins do; afterwards whoever made it, and operators."""
    made = archived(world.workspace, world.cast.alice)
    cast = world.cast
    assert list(catalog.shown(cast.alice)) == [made] == list(catalog.shown(cast.olga))
    assert not catalog.shown(cast.mona).exists()
    assert not catalog.shown(cast.stan).exists()
    with pytest.raises(Refused):
        access.get(cast.mona, Archive, made.pk, may="administer")
    with pytest.raises(NotFound):
        access.get(cast.stan, Archive, made.pk, may="administer")
    deleted(world.workspace, cast.olga)
    assert list(catalog.shown(cast.alice)) == [made]
    assert access.get(cast.alice, Archive, made.pk, may="administer").workspace is None
    with pytest.raises(NotFound):
        access.get(cast.mona, Archive, made.pk)


def test_old_archives_go_by_themselves_and_files_without_a_row_too(world: World) -> None:
    made, newer = archived(world.workspace, world.cast.alice), archived(world.workspace, world.cast.alice)
    leftovers = [made.path.with_name("ab" * 24 + ".rvarchive"), made.path.with_name(".unfinished-1")]
    young = made.path.with_name("cd" * 24 + ".rvarchive")
    for path in [*leftovers, young]:
        path.write_bytes(b"x")
    for path in leftovers:
        os.utime(path, (0, 0))
    Archive.objects.filter(pk=made.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert catalog.forget_old() == 1
    assert [path.exists() for path in [*leftovers, young, newer.path]] == [False, False, True, True]
    assert list(Archive.objects.all()) == [newer]
    assert AuditEvent.objects.get(verb="archive.delete").actor is None


def test_an_archive_can_be_kept_for_longer_and_deleted_for_good(transactional_db: None, world: World) -> None:
    made = archived(world.workspace, world.cast.alice)
    Archive.objects.filter(pk=made.pk).update(expires_at=timezone.now() + timedelta(hours=1))
    catalog.keep_longer(made, world.cast.alice)
    assert Archive.objects.get(pk=made.pk).expires_at > timezone.now() + timedelta(days=13)  # type: ignore[operator]
    catalog.delete(made, world.cast.alice)
    assert not made.path.exists()
    assert not Archive.objects.exists()


def test_an_archive_in_use_is_neither_deleted_nor_forgotten(world: World) -> None:
    waiting = catalog.request(world.workspace, world.cast.alice, PASSPHRASE)
    with pytest.raises(Conflict, match="right now"):
        catalog.delete(waiting, world.cast.alice)
    perform_jobs()
    waiting.refresh_from_db()
    restoring.request(waiting, world.cast.olga, key_of(waiting))
    Archive.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert catalog.forget_old() == 0
    with pytest.raises(Conflict):
        catalog.delete(waiting, world.cast.alice)


def test_what_is_sent_is_an_archive_or_nothing_is_kept(world: World) -> None:
    made, cast = archived(world.workspace, world.cast.alice), world.cast
    sent = File(io.BytesIO(made.path.read_bytes()))
    with pytest.raises(Refused):
        catalog.receive(sent, "halden.rvarchive", cast.alice)
    received = catalog.receive(sent, "../halden.rvarchive", cast.olga)
    assert (received.name, received.origin, received.workspace) == ("halden.rvarchive", "received", None)
    assert received.path.read_bytes() == made.path.read_bytes()
    assert restored(received, cast.olga).documents.count() == 60
    before = set(made.path.parent.iterdir())
    with pytest.raises(Invalid, match="not an archive"):
        catalog.receive(File(io.BytesIO(b"PK" + bytes(999))), "x.zip", cast.olga)
    assert set(made.path.parent.iterdir()) == before


def test_a_file_on_the_server_is_taken_in_without_copying_it(world: World, tmp_path: Path) -> None:
    made = archived(world.workspace, world.cast.alice)
    source = tmp_path / "halden.rvarchive"
    source.write_bytes(made.path.read_bytes())
    taken = catalog.adopt(source, world.cast.olga)
    assert taken.path.read_bytes() == source.read_bytes()
    with pytest.raises(Invalid, match="no file"):
        catalog.adopt(tmp_path / "missing", world.cast.olga)
    catalog.outside().mkdir(parents=True, exist_ok=True)
    (catalog.outside() / "large.rvarchive").write_bytes(b"x")
    assert [path.name for path in catalog.waiting_outside()] == ["large.rvarchive"]


def test_a_disk_that_is_nearly_full_is_left_alone(world: World, settings: Settings) -> None:
    """T-9: refused at once, and by the job while it writes; no half is left behind."""
    made = catalog.request(world.workspace, world.cast.alice, PASSPHRASE)
    assert made.job is not None
    settings.FREE_SPACE_FLOOR = 1 << 60
    perform_jobs()
    made.job.refresh_from_db()
    assert "free disk left" in made.job.error
    assert not list(Path(settings.ARCHIVES_DIR).glob(".unfinished-*"))
    with pytest.raises(OutOfSpace):
        catalog.request(world.workspace, world.cast.alice, PASSPHRASE)
    with pytest.raises(OutOfSpace):
        catalog.receive(File(io.BytesIO(b"")), "x", world.cast.olga)
    settings.FREE_SPACE_FLOOR = 0
    jobs.retry(made.job, world.cast.alice)
    perform_jobs()
    assert Archive.objects.get(pk=made.pk).ready


def test_an_archive_is_one_moment_whatever_happens_while_it_is_written(
    transactional_db: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents that come while tables are being read are in none of them."""
    real = packing.copy

    def add() -> None:
        number = Document.objects.filter(workspace=world.workspace).count()
        Document.objects.create(workspace=world.workspace, control_number=f"LATE-{number}", text="late")
        world.workspace.projects.update(documents=number + 1)
        connection.close()

    def slow(table: Table, part: PartWriter, gone: list[str], tell: object) -> None:
        late = Thread(target=add)
        late.start()
        late.join()
        real(table, part, gone, tell)  # type: ignore[arg-type]

    monkeypatch.setattr(packing, "copy", slow)
    made = archived(world.workspace, world.cast.alice)
    assert made.counts["reviewapp.document"] == 60
    assert Document.objects.filter(control_number__startswith="LATE").count() > 10
    checked = reading.verify(made.path, key_of(made), lambda read: None)
    assert checked.head.rows("reviewapp.document") == 60
    assert restored(made, world.cast.olga).projects.get(name="Valves").documents == 60


def test_a_damaged_file_is_left_out_rather_than_carried(world: World) -> None:
    """An archive that nobody could restore would be found out too late."""
    snapshot, store = world.project.snapshot, Artifacts(settings.ARTIFACTS_DIR)
    assert snapshot is not None
    place = store.files(snapshot.artifact)[0]
    was = place.read_bytes()
    try:
        place.write_bytes(was[:-1] + bytes([was[-1] ^ 1]))
        workspace = restored(archived(world.workspace, world.cast.alice), world.cast.olga)
    finally:
        place.write_bytes(was)
    assert Job.objects.get(kind=Job.Kind.ARCHIVE).result["damaged_files"] == 1
    copy = fresh(workspace.projects.get(name="Valves"))
    assert copy.snapshot is not None  # trained again, to the same bits
    assert copy.snapshot.artifact == snapshot.artifact
    assert queue.next_document(copy, world.cast.rita) is not None


def test_a_cancelled_archive_leaves_no_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = catalog.request(world.workspace, world.cast.alice, PASSPHRASE)
    assert made.job is not None
    monkeypatch.setattr(jobs.Run, "tell", lambda run, *told: (_ for _ in ()).throw(jobs.Cancelled(run.job.pk)))
    perform_jobs()
    made.job.refresh_from_db()
    assert made.job.state == Job.State.CANCELLED
    assert not list(Path(settings.ARCHIVES_DIR).glob(".unfinished-*"))
    assert not Archive.objects.get(pk=made.pk).ready
