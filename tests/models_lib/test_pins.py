"""Pins: what was seen is what is kept, whatever happens around it."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, transaction
from pytest_django import Settings

from models_lib import pins, retention, tags, versions
from models_lib.models import DroppedFile, ModelVersion, Pin, ValidationRecord
from reviewapp import access
from reviewapp.artifacts import Artifacts
from reviewapp.beat import Beat
from reviewapp.domain import people, projects
from reviewapp.errors import Conflict, Invalid, NotFound, Refused
from reviewapp.models import AuditEvent, Job, Project
from tests.cast import Cast, code_chosen, fresh, perform_jobs, pinned, retrained, trained
from tests.threads import at_once

AT_ONCE = timedelta(0)
RELEVANCE = ModelVersion.Kind.RELEVANCE


def files_of(version: ModelVersion) -> list[bool]:
    """Whether the model and its rarities are there and whole."""
    digests = (version.artifact, version.weighting)
    return [bool(digest) and Artifacts(settings.ARTIFACTS_DIR).is_whole(digest) for digest in digests]


@pytest.mark.parametrize(("strict", "needed"), [(False, {"view_sources", "view_labels"}), (True, {"pin"})])
def test_pinning_takes_its_rights(
    project: Project, cast: Cast, settings: Settings, strict: bool, needed: set[str]
) -> None:
    """U-01: in compatible mode to see sources and to see labels, in the stricter mode to pin; each missing refuses."""
    settings.PIN_NEEDS_RIGHT = strict
    trained(project, cast.rita)
    every = {"view_sources", "view_labels", "pin", "review", "manage"}
    for missing in sorted(needed):
        people.grant_rights(project.workspace, cast.vic, every - {missing}, cast.alice)
        assert "pin" not in access.rights(cast.vic, project.workspace)
        with pytest.raises(Refused, match="pin model versions"):
            access.get(cast.vic, Project, project.pk, may="pin")
        with pytest.raises(Refused, match="pin model versions"):
            pins.request(project, 1, cast.vic)
    people.grant_rights(project.workspace, cast.vic, needed, cast.alice)
    assert access.get(cast.vic, Project, project.pk, may="pin") == project
    assert pins.request(project, 1, cast.vic).version.number == 1
    event = AuditEvent.objects.get(verb="version.pin")
    assert (event.actor, event.detail) == (cast.vic, {"number": 1})


def test_a_reviewer_pins_in_compatible_mode_only(project: Project, cast: Cast, settings: Settings) -> None:
    """U-01, 2.3.1: the stricter right goes with the roles that hold it."""
    trained(project, cast.rita)
    with pytest.raises(Refused):
        pins.request(project, 1, cast.rita)
    settings.PIN_NEEDS_RIGHT = False
    assert pins.request(project, 1, cast.rita).pinned_by == cast.rita


def test_a_pinned_version_outlives_twenty_trainings_and_retention(project: Project, cast: Cast) -> None:
    """U-05, U-03: unpinned, superseded payloads go; the pinned one and the latest stay, and so does every row."""
    trained(project, cast.rita)
    kept = pinned(project, cast.mona, 1)
    now = retrained(project, cast.rita, 20)
    call_command("retain", "--superseded-for", "0")
    kept.refresh_from_db()
    assert files_of(kept) == [True, True]
    rows = list(project.versions.order_by("number"))
    assert [row.number for row in rows] == list(range(1, now.version.number + 1))  # type: ignore[union-attr]
    assert [row.number for row in rows if row.artifact] == [1, rows[-1].number]
    assert all(row.metrics and row.digest and row.inputs.record for row in rows)
    assert not DroppedFile.objects.exists()


def test_the_latest_version_is_always_there(project: Project, cast: Cast) -> None:
    """U-04: whatever retention does, the newest version keeps its payload, unpinned as it is."""
    trained(project, cast.rita)
    for _ in range(3):
        retrained(project, cast.rita)
        retention.retain(AT_ONCE)
        assert files_of(tags.resolve(project, RELEVANCE, "latest")) == [True, True]


def test_the_beat_process_retains_once_an_hour(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    retrained(project, cast.rita)
    ModelVersion.objects.update(created_at="2020-01-01T00:00Z")
    Beat().tick()
    assert versions.get(project, 1).artifact == ""


def test_what_was_superseded_a_moment_ago_can_still_be_pinned(project: Project, cast: Cast) -> None:
    """U-11: a training ended, and retention ran, between looking and clicking."""
    trained(project, cast.rita)
    retrained(project, cast.rita)
    retention.retain()
    assert files_of(pinned(project, cast.mona, 1)) == [True, True]


@pytest.mark.django_db(transaction=True)
def test_a_pin_keeps_what_was_seen_while_a_training_ends(project: Project, cast: Cast) -> None:
    """U-11: the click names version 1, a training publishes version 2 at the same moment, and 1 is what is kept."""
    trained(project, cast.rita)
    code_chosen(project, cast.rita, project.items.select_related("document").filter(decision=None)[:1])
    projects.train_now(fresh(project), cast.mona)

    def work(number: int) -> object:
        return pins.request(project, 1, cast.mona) if number else perform_jobs()

    outcomes = at_once(4, work)
    assert [fault for fault in outcomes if isinstance(fault, Exception)] == []
    perform_jobs()
    assert fresh(project).version.number == 2  # type: ignore[union-attr]
    assert [version.number for version in pins.of(project)] == [1]
    assert Job.objects.filter(kind=Job.Kind.PIN).count() == 1
    assert ValidationRecord.objects.get().version.number == 1


@pytest.mark.django_db(transaction=True)
def test_a_pin_and_retention_at_the_same_moment_never_leave_a_pin_without_a_payload(
    project: Project, cast: Cast
) -> None:
    """U-05: either the pin comes first and the payload stays, or the person is told that it is gone."""
    trained(project, cast.rita)
    retrained(project, cast.rita, 6)
    told: list[object] = []
    for number in range(1, 7):

        def work(who: int, number: int = number) -> object:
            return pins.request(project, number, cast.mona) if who else retention.retain(AT_ONCE)

        told += at_once(2, work)
    for outcome in told:
        assert not isinstance(outcome, Exception) or isinstance(outcome, Conflict), outcome
    for version in pins.of(project):
        assert files_of(version) == [True, True]


def test_a_payload_that_is_gone_cannot_be_pinned(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    retrained(project, cast.rita)
    retention.retain(AT_ONCE)
    with pytest.raises(Conflict, match="was not kept"):
        pins.request(project, 1, cast.mona)
    with pytest.raises(NotFound):
        pins.request(project, 99, cast.mona)


def test_a_frozen_record_cannot_be_changed(project: Project, cast: Cast) -> None:
    """U-08: later trainings leave the figures of a pinned version alone, and the database refuses to rewrite them."""
    trained(project, cast.rita)
    record = pinned(project, cast.mona, 1).validation.record
    retrained(project, cast.rita, 2)
    assert ValidationRecord.objects.get().record == record
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        ValidationRecord.objects.update(record={})
    pins.unpin(project, 1, cast.mona)
    assert pinned(project, cast.mona, 1).validation.record == record


def test_a_damaged_payload_fails_the_pin_with_the_reason(project: Project, cast: Cast) -> None:
    version = trained(project, cast.rita).version
    assert version is not None
    place = Artifacts(settings.ARTIFACTS_DIR).root / version.artifact[:2] / version.artifact / "weights.npy"
    whole = place.read_bytes()
    place.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    pin = pins.request(project, 1, cast.mona)
    perform_jobs()
    place.write_bytes(whole)
    assert pin.job is not None
    pin.job.refresh_from_db()
    assert (pin.job.state, pin.job.error.startswith("The files of version 1")) == (Job.State.FAILED, True)


@pytest.mark.parametrize("act", ["unpin", "delete"])
def test_a_tagged_version_is_neither_unpinned_nor_deleted(project: Project, cast: Cast, act: str) -> None:
    """D10: refused until the tag is moved, and the refusal says which."""
    trained(project, cast.rita)
    pinned(project, cast.mona, 1)
    retrained(project, cast.rita)
    pinned(project, cast.mona, 2)
    retrained(project, cast.rita)
    more: tuple[Any, ...] = ("v1",) if act == "delete" else ()
    tags.move(project, RELEVANCE, "live", 1, None, cast.mona)
    with pytest.raises(Conflict, match="tag “Live”"):
        getattr(pins, act)(project, 1, cast.mona, *more)
    tags.move(project, RELEVANCE, "live", 2, 1, cast.mona)
    getattr(pins, act)(project, 1, cast.mona, *more)
    assert [version.number for version in pins.of(project)] == [2]


def test_deleting_a_pinned_version_drops_its_payload_and_keeps_its_row(project: Project, cast: Cast) -> None:
    """U-24: typed confirmation, cannot be undone; the row, the figures and the inputs stay (D11)."""
    trained(project, cast.rita)
    digest = pinned(project, cast.mona, 1).artifact
    retrained(project, cast.rita)
    with pytest.raises(Invalid, match="Type v1"):
        pins.delete(project, 1, cast.mona, "yes")
    pins.delete(project, 1, cast.mona, "V1")
    retention.remove_files(AT_ONCE)
    gone = versions.get(project, 1)
    assert (gone.artifact, hasattr(gone, "pin")) == ("", False)
    assert gone.metrics
    assert gone.inputs.record["completions"]
    assert gone.validation.record
    assert not Artifacts(settings.ARTIFACTS_DIR).is_whole(digest)
    with pytest.raises(Conflict, match="was not kept"):
        pins.request(project, 1, cast.mona)
    assert AuditEvent.objects.filter(verb="version.delete").count() == 1


def test_the_version_that_ranks_now_is_not_deleted(project: Project, cast: Cast) -> None:
    """U-04: the latest version always answers, so its pin can be lifted but its payload stays."""
    trained(project, cast.rita)
    pinned(project, cast.mona, 1)
    with pytest.raises(Conflict, match="always kept"):
        pins.delete(project, 1, cast.mona, "v1")
    pins.unpin(project, 1, cast.mona)
    assert not Pin.objects.exists()
    with pytest.raises(Conflict, match="not pinned"):
        pins.unpin(project, 1, cast.mona)


def test_a_file_that_an_equal_version_names_stays(project: Project, cast: Cast) -> None:
    """Two versions with the same bytes share their files; dropping one leaves the other's."""
    one = trained(project, cast.rita).version
    assert one is not None
    retrained(project, cast.rita)
    ModelVersion.objects.filter(number=2).update(artifact=one.artifact)
    retention.retain(AT_ONCE)
    assert Artifacts(settings.ARTIFACTS_DIR).is_whole(one.artifact)
    assert not DroppedFile.objects.exists()


def test_deleting_the_project_takes_pins_and_tags_along(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    pinned(project, cast.mona, 1)
    tags.move(project, RELEVANCE, "live", 1, None, cast.mona)
    projects.delete(fresh(project), cast.alice, "Valves")
    assert not Pin.objects.exists()
