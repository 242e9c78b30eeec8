"""What is not an archive of ours, whole and with the right passphrase, changes nothing here."""

import io
import json
import re
import secrets
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.apps import apps
from django.conf import settings

from reviewapp.archives import reading, restoring
from reviewapp.archives.reading import HEAD, TABLE
from reviewapp.archives.stream import CHUNK, HEADER, TAG
from reviewapp.domain import files, jobs, uploads
from reviewapp.errors import NotFound, OutOfSpace, Refused, ReviewError, WrongPassphrase
from reviewapp.models import Archive, AuditEvent, Document, Job, User, Workspace
from tests.reviewapp.archives.conftest import World, archived, asked, deleted, key_of, restored
from tests.reviewapp.archives.forging import Parts, columns, forged, put, table, taken_apart

OWN = (Job, Archive, AuditEvent)


def everything() -> tuple[dict[str, int], set[Path]]:
    """How many rows every table has, and every stored file."""
    rows = {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models(include_auto_created=True)
        if model not in OWN
    }
    return rows, {path for path in Path(settings.ARTIFACTS_DIR).rglob("*") if path.is_file()}


def refused(archive: Archive, by: User, **wanted: Any) -> str:
    """What the refusal says; nothing may have changed but the job and the trail."""
    before = everything()
    try:
        job = asked(archive, by, **wanted)
        assert job.state == Job.State.FAILED, job.result
        said = job.error
    except ReviewError as refusal:
        said = refusal.message
    assert everything() == before
    assert not AuditEvent.objects.filter(verb="workspace.restored").exists()
    return said


def large(world: World) -> Archive:
    """An archive of several chunks."""
    noise = secrets.token_hex(4 * CHUNK)
    Document.objects.create(workspace=world.workspace, control_number="NOISE", metadata={"noise": noise})
    return archived(world.workspace, world.cast.alice)


def test_a_flipped_bit_anywhere_is_refused_and_nothing_changed(world: World) -> None:
    """Every byte of the header, and some of every chunk: refused with a clear error."""
    made = large(world)
    whole = made.path.read_bytes()
    assert len(whole) > 3 * CHUNK
    places = [*range(HEADER), *range(HEADER, len(whole), CHUNK // 3), len(whole) - 1, len(whole) - TAG - 1]
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        made.path.write_bytes(bytes(damaged))
        with pytest.raises(ReviewError, match=r"damaged|wrong|not an archive|newer version"):
            reading.verify(made.path, key_of(made), lambda read: None)
    made.path.write_bytes(bytes(damaged))
    assert "damaged" in refused(made, world.cast.olga)
    made.path.write_bytes(whole)
    assert restored(made, world.cast.olga).name == "Halden (2)"


def test_a_truncated_file_is_refused_and_nothing_changed(world: World) -> None:
    made = large(world)
    whole = made.path.read_bytes()
    last = (len(whole) - HEADER) % (CHUNK + TAG)
    for cut in (1, TAG, last, CHUNK, CHUNK + TAG + last, len(whole) - HEADER):
        made.path.write_bytes(whole[:-cut])
        assert "damaged or cut off" in refused(made, world.cast.olga), cut


def test_a_wrong_passphrase_is_refused_at_once(world: World) -> None:
    made = archived(world.workspace, world.cast.alice)
    with pytest.raises(WrongPassphrase, match="passphrase is wrong"):
        reading.unlock(made.path, "seven green valves at one")
    assert not Job.objects.filter(kind=Job.Kind.RESTORE).exists()


def test_only_those_who_may_add_workspaces_restore(world: World) -> None:
    made = archived(world.workspace, world.cast.alice)
    with pytest.raises(Refused):
        restoring.request(made, world.cast.alice, key_of(made))


def test_a_person_who_lost_the_right_meanwhile_restores_nothing(world: World) -> None:
    made = archived(world.workspace, world.cast.alice)
    restoring.request(made, world.cast.olga, key_of(made))
    User.objects.filter(pk=world.cast.olga.pk).update(is_superuser=False)
    job = Job.objects.get(kind=Job.Kind.RESTORE)
    jobs.perform(job.pk, restoring.restore)
    job.refresh_from_db()
    assert "right to add workspaces" in job.error


def test_a_file_that_went_away_is_told(world: World) -> None:
    made = archived(world.workspace, world.cast.alice)
    key = key_of(made)
    made.path.unlink()
    with pytest.raises(NotFound):
        restoring.request(made, world.cast.olga, key)


def test_an_archive_that_needs_more_than_the_disk_has_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = archived(world.workspace, world.cast.alice)
    monkeypatch.setattr("reviewapp.archives.reading.LOOK_EVERY", 1000)
    real = uploads.check_space

    def small(wanted: int = 0) -> None:
        if wanted > 10_000:
            raise OutOfSpace(f"no room for {wanted}")
        real(wanted)

    monkeypatch.setattr("reviewapp.domain.uploads.check_space", small)
    assert "no room" in refused(made, world.cast.olga)


def npy(array: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def other(label: str, row: int, column: str, value: bytes) -> Callable[[Parts], None]:
    """One value of one row is another."""

    def change(parts: Parts) -> None:
        rows = table(parts, label)
        rows[row][columns(parts, label).index(column)] = value
        put(parts, label, rows)

    return change


def more_rows(label: str) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        rows = table(parts, label)
        put(parts, label, [*rows, rows[-1]])

    return change


def head(**said: Any) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        parts[HEAD] = json.dumps(json.loads(parts[HEAD]) | said).encode()

    return change


def person(**said: Any) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        known = json.loads(parts[HEAD])
        known["people"][0] |= said
        parts[HEAD] = json.dumps(known).encode()

    return change


def rename(old: str, new: str) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        renamed = {name.replace(old, new): content for name, content in parts.items()}
        parts.clear()
        parts.update(renamed)

    return change


def lost(name: str) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        del parts[next(part for part in parts if part.startswith(name))]

    return change


def added(name: str, content: bytes, *, first: bool = False) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        known = dict(parts)
        parts.clear()
        parts.update({HEAD: known.pop(HEAD)})
        parts.update({name: content, **known} if first else {**known, name: content})

    return change


def cut_row(parts: Parts) -> None:
    parts[f"{TABLE}reviewapp.document"] = parts[f"{TABLE}reviewapp.document"][:-1]


def index_out_of_range(parts: Parts) -> None:
    """An index whose rows point outside of it, consistent in all its digests."""
    name = next(part for part in parts if part.endswith("/indices.npy"))
    digest = name.split("/")[1]
    indices = np.load(io.BytesIO(parts[name]))
    indices[3] = 2**30
    with_other_index(parts, digest, {"indices.npy": npy(indices)})


def pickled_index(parts: Parts) -> None:
    name = next(part for part in parts if part.endswith("/indices.npy"))
    with_other_index(parts, name.split("/")[1], {"indices.npy": npy(np.array([{"a": 1}]), allow_pickle=True)})


def an_artifact(parts: Parts) -> bytes:
    return next(name for name in parts if name.startswith("artifact/")).split("/")[1].encode()


def with_other_index(parts: Parts, digest: str, changed: dict[str, bytes]) -> None:
    whole = blake2b(digest_size=32)
    for part in [part for part in parts if part.startswith(f"artifact/{digest}/")]:
        file = part.rsplit("/", maxsplit=1)[1]
        parts[part] = changed.get(file, parts[part])
        whole.update(file.encode() + b"\0" + parts[part])
    rename(digest, whole.hexdigest())(parts)
    label, was, now = "reviewapp.classificationindex", digest.encode(), whole.hexdigest().encode()
    put(parts, label, [[value.replace(was, now) for value in row] for row in table(parts, label)])


FORGERIES: dict[str, tuple[Callable[[Parts], Any], str]] = {
    "a document of another workspace": (other("reviewapp.document", 3, "workspace_id", b"2"), "not in it"),
    "a row number of null": (other("reviewapp.document", 3, "workspace_id", b"0"), "points nowhere"),
    "a row number in words": (other("reviewapp.completion", 0, "item_id", b"1 or 1"), "points nowhere"),
    "a completion beyond the table": (other("reviewapp.projectdocument", 0, "current_id", b"9999"), "not in it"),
    "a person beyond the list": (other("reviewapp.completion", 0, "reviewer_id", b"99"), "not in it"),
    "a person beyond the list, in an array": (other("reviewapp.project", 0, "reviewer_priority", b"{99}"), "not in it"),
    "a completion beyond the table, in JSON": (
        other("models_lib.traininginputs", 0, "record", b'{"completions": [9999]}'),
        "not in it",
    ),
    "JSON that is none": (other("models_lib.traininginputs", 0, "record", b"{"), "JSON that cannot be read"),
    "JSON that is too deep": (other("models_lib.traininginputs", 0, "record", b"[" * 100_000), "JSON that cannot be"),
    "a trail of another workspace": (other("reviewapp.auditevent", 0, "target", b"project:99"), "not in it"),
    "an operator's right": (
        other("reviewapp.workspaceuserobjectpermission", 0, "permission_id", b"add_workspace"),
        "does not know",
    ),
    "a right that nobody knows": (
        other("reviewapp.workspaceuserobjectpermission", 0, "permission_id", b"own_everything"),
        "does not know",
    ),
    "somebody else's file": (other("reviewapp.scoresnapshot", 0, "artifact", b"ab" * 32), "not in it"),
    "a file by a path": (
        other("models_lib.trainedmodel", 0, "file", b"../../keys/instance_key"),
        "no file that there can",
    ),
    "an artefact as a sealed model": (
        lambda parts: other("models_lib.trainedmodel", 0, "file", an_artifact(parts))(parts),
        "not in it",
    ),
    "two workspaces": (more_rows("reviewapp.workspace"), "one workspace"),
    "the same control number twice": (more_rows("reviewapp.document"), "cannot be written"),
    "a number that is none": (other("reviewapp.project", 0, "every_n", b"many"), "cannot be written"),
    "a project that no rule allows": (other("reviewapp.project", 0, "every_n", b"0"), "cannot be written"),
    "a NUL": (other("reviewapp.document", 0, "text", b"a\0b"), "cannot be written"),
    "a row with a value too many": (
        lambda parts: put(parts, "reviewapp.document", [[*row, b"x"] for row in table(parts, "reviewapp.document")]),
        "more or fewer values",
    ),
    "a row that ends early": (cut_row, "within a row"),
    "another number of rows": (
        head(tables=[]),
        "one workspace",
    ),
    "a table twice": (added(f"{TABLE}reviewapp.document2", b""), "does not list"),
    "a table of people": (added(f"{TABLE}reviewapp.user", b""), "does not list"),
    "no table of completions": (lost(f"{TABLE}reviewapp.completion"), "lacks"),
    "a file that no row names": (added(f"sealed/{'0' * 64}", b"", first=True), "not what its name says|no row names"),
    "a file behind the rows": (added(f"sealed/{'0' * 64}", b""), "where none belongs"),
    "a file of an index lost": (
        lost("artifact/"),
        "not what its name says|not in it",
    ),  # one of several, or the only one
    "a sealed file lost": (lost("sealed/"), "not in it"),
    "a file outside of its folder": (rename("/indices.npy", "/../indices.npy"), "nobody knows"),
    "a hidden file": (rename("/indices.npy", "/.indices.npy"), "nobody knows"),
    "a part that nobody knows": (added("virus.exe", b"MZ"), "nobody knows"),
    "an index that points outside": (index_out_of_range, "do not fit together"),
    "an index that could act": (pickled_index, "not made of arrays"),
    "a newer format": (head(format=2), "format 2"),
    "no head": (lambda parts: parts.pop(HEAD), "begin with its head"),
    "a head without people": (head(people=None), "head cannot be read"),
    "a user name that is a path": (person(username="../root"), "user names are words"),
    "a user name twice": (person(username="mona"), "user names are words"),
    "a name that is a novel": (person(first_name="x" * 1000), "too long"),
    "an instance that is none": (head(instance="<b>"), "which instance"),
}


def test_a_forged_archive_is_refused_and_nothing_changed(world: World) -> None:
    """Somebody who knows the passphrase can make any archive; none of these becomes a workspace."""
    made = archived(world.workspace, world.cast.alice)
    whole = made.path.read_bytes()
    for forgery, (change, reason) in FORGERIES.items():
        made.path.write_bytes(whole)
        forged(made, change)
        said = refused(made, world.cast.olga, roles="none")
        assert re.search(reason, said), (forgery, said)


def test_a_forger_who_changes_nothing_gets_a_workspace_without_roles(world: World) -> None:
    """The forging above would be accepted, were it not for what it changes."""
    made = forged(archived(world.workspace, world.cast.alice), lambda parts: None)
    workspace = restored(made, world.cast.olga, roles="none")
    assert workspace.documents.count() == 60


def test_an_archive_that_only_says_that_it_was_made_here_gives_nobody_a_role(world: World) -> None:
    """T-12: roles come back by themselves only from an archive that this very instance signed."""
    made = forged(
        archived(world.workspace, world.cast.alice),
        other("reviewapp.workspaceuserobjectpermission", 0, "user_id", b"3"),
    )
    assert "did not make it as it is" in refused(made, world.cast.olga)


def test_newer_tables_and_columns_are_told_apart_from_damage(world: World) -> None:
    made = archived(world.workspace, world.cast.alice)
    parts = taken_apart(made)
    rows = [[*row, b"x"] for row in table(parts, "reviewapp.document")]
    wider = [*columns(parts, "reviewapp.document"), "language"]
    forged(made, lambda parts: put(parts, "reviewapp.document", rows, wider))
    assert "newer version" in refused(made, world.cast.olga, roles="none")


def test_an_older_archive_without_a_column_or_table_gets_the_default(world: World) -> None:
    def older(parts: Parts) -> None:
        label = "reviewapp.project"
        names = columns(parts, label)
        place = names.index("control_share")
        rows = [[*row[:place], *row[place + 1 :]] for row in table(parts, label)]
        put(parts, label, rows, [name for name in names if name != "control_share"])
        del parts[f"{TABLE}reviewapp.verdict"]
        known = json.loads(parts[HEAD])
        known["tables"] = [each for each in known["tables"] if each["name"] != "reviewapp.verdict"]
        parts[HEAD] = json.dumps(known).encode()

    workspace = restored(forged(archived(world.workspace, world.cast.alice), older), world.cast.olga, roles="none")
    assert set(workspace.projects.values_list("control_share", flat=True)) == {0.05}


def test_files_of_a_restore_that_failed_at_the_rows_are_taken_back(world: World) -> None:
    """Stored before the rows, and removed again where no row names them."""
    made = forged(archived(world.workspace, world.cast.alice), FORGERIES["the same control number twice"][0])
    file = files.vault().path(world.model.file)
    assert file.exists()
    deleted(world.workspace, world.cast.alice)
    assert not file.exists()
    refused(made, world.cast.olga, roles="none")
    assert not file.exists()
    assert not Workspace.objects.filter(name="Halden").exists()
