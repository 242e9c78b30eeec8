"""The audit trail cannot be changed unseen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewapp.beat import Beat
from reviewapp.domain import audit, chain
from reviewapp.models import AuditEvent, AuditSeal, Workspace
from tests.cast import Cast
from tests.threads import at_once


def write(workspace: Workspace, cast: Cast, count: int) -> list[int]:
    return [audit.record(cast.mona, "project.change", workspace, workspace, n=n).pk for n in range(count)]


def sealed(workspace: Workspace, cast: Cast, count: int = 5) -> list[int]:
    pks = write(workspace, cast, count)
    chain.extend()
    return pks


@contextmanager
def unguarded() -> Iterator[Callable[[str], None]]:
    """Statements of somebody who owns the database and has switched the guard off."""
    tables = ("reviewapp_auditevent", "reviewapp_auditseal")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_never_changes")
        yield cursor.execute
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER audit_never_changes")


def said() -> list[str]:
    return [breach.what for breach in chain.verify().breaches]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reviewapp_auditevent SET verb = 'nothing'",
        "DELETE FROM reviewapp_auditevent",
        "UPDATE reviewapp_auditseal SET digest = ''",
        "DELETE FROM reviewapp_auditseal",
    ],
)
def test_the_database_refuses_to_change_or_drop_what_was_recorded(
    workspace: Workspace, cast: Cast, statement: str
) -> None:
    """T-20: nobody can update or delete, whatever program asks."""
    sealed(workspace, cast)
    with pytest.raises((InternalError, ProgrammingError), match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


def test_an_untouched_trail_verifies(workspace: Workspace, cast: Cast) -> None:
    sealed(workspace, cast)
    write(workspace, cast, 2)
    found = chain.verify()
    assert found.breaches == ()
    assert found.unsealed == 2
    assert found.events == AuditEvent.objects.count() - 2
    assert found.head == chain.head().digest  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "change",
    [
        "verb = 'project.delete'",
        "actor_id = NULL",
        "actor_name = 'stan'",
        "target = 'project:1'",
        "workspace_id = NULL",
        "at = at + interval '1 microsecond'",
        "detail = '{}'",
    ],
)
def test_one_altered_event_is_found_and_named(workspace: Workspace, cast: Cast, change: str) -> None:
    """B-10, T-20: verify finds one altered row, whatever of it was altered."""
    pks = sealed(workspace, cast)
    with unguarded() as execute:
        execute(f"UPDATE reviewapp_auditevent SET {change} WHERE id = {pks[2]}")
    assert said() == [f"event {pks[2]} was altered"]


def test_one_dropped_event_is_found_and_named(workspace: Workspace, cast: Cast) -> None:
    """B-10, T-20: verify finds one dropped row."""
    pks = sealed(workspace, cast)
    with unguarded() as execute:
        execute(f"DELETE FROM reviewapp_auditevent WHERE id = {pks[3]}")
    assert said() == [f"event {pks[3]} is missing"]


def test_two_swapped_events_are_found_and_named_also_across_seals(workspace: Workspace, cast: Cast) -> None:
    """B-10: verify finds one swapped row, and says with which."""
    one, other = sealed(workspace, cast)[1], sealed(workspace, cast)[4]
    with unguarded() as execute:
        for was, now in ((one, -1), (other, one), (-1, other)):
            execute(f"UPDATE reviewapp_auditevent SET id = {now} WHERE id = {was}")
    assert said() == [
        f"event {one} says what event {other} said: they were swapped",
        f"event {other} says what event {one} said: they were swapped",
    ]


def test_an_event_slipped_in_later_is_found(workspace: Workspace, cast: Cast) -> None:
    first, late = write(workspace, cast, 2)
    with unguarded() as execute:
        execute(f"UPDATE reviewapp_auditevent SET id = -{late} WHERE id = {late}")
        chain.extend()
        write(workspace, cast, 1)
        chain.extend()
        execute(f"UPDATE reviewapp_auditevent SET id = {late} WHERE id = -{late}")
    assert said() == [f"event {late} was slipped in later"]
    assert first < late


def test_an_altered_seal_is_found_also_when_it_fits_the_altered_event(workspace: Workspace, cast: Cast) -> None:
    pks = sealed(workspace, cast)
    sealed(workspace, cast)
    seal = AuditSeal.objects.get(number=1)
    with unguarded() as execute:
        execute(f"UPDATE reviewapp_auditevent SET verb = 'nothing' WHERE id = {pks[0]}")
        leaves = b"".join(chain.leaf(AuditEvent.objects.get(pk=pk)) for pk in seal.ids)
        forged = chain.digest(1, seal.previous, seal.ids, leaves)
        AuditSeal.objects.filter(number=1).update(leaves=leaves)
        assert said() == ["the seal itself was altered"]
        AuditSeal.objects.filter(number=1).update(digest=forged)
    assert said() == ["does not continue the seal before it"]


def test_a_missing_seal_is_found(workspace: Workspace, cast: Cast) -> None:
    for _ in range(3):
        sealed(workspace, cast)
    with unguarded() as execute:
        execute("DELETE FROM reviewapp_auditseal WHERE number = 2")
    assert "missing, the next one is 3" in said()


def test_a_trail_made_anew_does_not_have_the_digest_that_was_noted(workspace: Workspace, cast: Cast) -> None:
    """B-10: who rewrites everything still cannot meet a digest that is known elsewhere."""
    pks = sealed(workspace, cast)
    known = chain.verify().head
    assert chain.verify(known).breaches == ()
    with unguarded() as execute:
        execute(f"DELETE FROM reviewapp_auditevent WHERE id = {pks[0]}")
        execute("DELETE FROM reviewapp_auditseal")
    chain.extend()
    assert chain.verify().breaches == ()
    assert "cut off or made anew" in chain.verify(known).breaches[0].what


def test_the_command_says_what_it_found_and_fails(
    workspace: Workspace, cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    pks = sealed(workspace, cast)
    call_command("verify_audit")
    assert "0 not sealed yet" in capsys.readouterr().out
    with unguarded() as execute:
        execute(f"DELETE FROM reviewapp_auditevent WHERE id = {pks[0]}")
    with pytest.raises(CommandError, match="not as it was sealed"):
        call_command("verify_audit")
    assert f"event {pks[0]} is missing" in capsys.readouterr().out


@given(cuts=st.lists(st.integers(1, 4), min_size=1, max_size=4), size=st.integers(1, 3))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_trail_is_cut_into_seals_it_is_covered_once(
    workspace: Workspace, cast: Cast, monkeypatch: pytest.MonkeyPatch, cuts: list[int], size: int
) -> None:
    monkeypatch.setattr(chain, "EVENTS_A_SEAL", size)
    for count in cuts:
        sealed(workspace, cast, count)
    covered = [pk for ids in AuditSeal.objects.order_by("number").values_list("ids", flat=True) for pk in ids]
    assert covered == list(AuditEvent.objects.order_by("pk").values_list("pk", flat=True))
    assert chain.verify().breaches == ()


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_late_is_sealed_all_the_same(workspace: Workspace, cast: Cast) -> None:
    """Ids are given out before the commit: a seal must not step over one that is still on its way."""

    def one(number: int) -> None:
        for _ in range(20):
            if number == 0:
                chain.extend()
            else:
                with transaction.atomic():
                    audit.record(cast.mona, "project.change", workspace, workspace)
                    connection.cursor().execute("SELECT pg_sleep(0.002)")

    assert [fault for fault in at_once(5, one) if fault] == []
    while chain.extend() is None:
        pass
    found = chain.verify()
    assert (found.breaches, found.unsealed, found.events) == ((), 0, AuditEvent.objects.count())


@pytest.mark.django_db(transaction=True)
def test_sealing_waits_for_nobody(workspace: Workspace, cast: Cast) -> None:
    """While somebody is writing an event nothing is sealed, and the writer is not held up."""

    def one(number: int) -> int | None:
        if number:
            return chain.extend()
        with transaction.atomic():
            audit.record(cast.mona, "project.change", workspace, workspace)
            connection.cursor().execute("SELECT pg_sleep(0.5)")
        return -1

    outcomes = at_once(2, one)
    assert outcomes[0] == -1
    assert outcomes[1] is None or AuditSeal.objects.count() == 1


def test_the_beat_seals_the_trail(workspace: Workspace, cast: Cast) -> None:
    write(workspace, cast, 3)
    Beat().tick()
    assert chain.unsealed() == 0
