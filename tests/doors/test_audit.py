"""T-20: every door that changes something leaves exactly one event, in the transaction of the change."""

from django.db import transaction
from django.test import Client
from django.urls import reverse

from reviewapp.models import AuditEvent
from tests.cast import PASSWORD
from tests.doors import changes
from tests.doors.library import LIBRARY
from tests.doors.proofs import PROOFS
from tests.doors.table import TABLE
from tests.doors.test_doors import CHANGES as METHODS
from tests.doors.walker import World

CHANGES = {**changes.CHANGES, **PROOFS, **LIBRARY}


def test_every_changing_door_is_accounted_for() -> None:
    """A new door that changes something must say how it is recorded, or why it is not."""
    doors = {door for door in TABLE if door.split(" ", maxsplit=1)[0] in METHODS}
    assert sorted(doors - CHANGES.keys() - changes.UNRECORDED.keys()) == []
    assert sorted((CHANGES.keys() | changes.UNRECORDED.keys()) - doors) == []
    assert not CHANGES.keys() & changes.UNRECORDED.keys()


def test_every_change_leaves_exactly_one_event_by_whoever_made_it(world: World) -> None:
    """T-20: exactly 1 row, whatever door the change came through."""
    wrong = {}
    for door, ask in CHANGES.items():
        with transaction.atomic():
            asked = ask(world)
            last = AuditEvent.objects.latest("pk").pk
            said = changes.send(world, door, asked)
            events = list(AuditEvent.objects.filter(pk__gt=last).values_list("verb", "actor_name"))
            if said.status_code >= 400 or [name for _, name in events] != [asked.person]:
                wrong[door] = (said.status_code, events, said.content[-300:])
            transaction.set_rollback(True)
    assert not wrong, "\n".join(f"{door}: {said}" for door, said in wrong.items())


def test_a_change_that_is_refused_leaves_no_event(world: World) -> None:
    """An event without its change would be as wrong as a change without its event."""
    for door in CHANGES:
        with transaction.atomic():
            last = AuditEvent.objects.latest("pk").pk
            said = changes.send(world, door, changes.Request("stan"))
            if said.status_code >= 400:
                assert not AuditEvent.objects.filter(pk__gt=last).exists(), door
            transaction.set_rollback(True)


def test_signing_in_is_recorded(world: World) -> None:
    last = AuditEvent.objects.latest("pk").pk
    Client().post(reverse("sign-in"), {"username": "rita", "password": "wrong"})
    failed = AuditEvent.objects.get(pk__gt=last)
    assert (failed.verb, failed.target, failed.actor) == ("person.sign_in_failed", f"user:{world.cast.rita.pk}", None)
    Client().post(reverse("sign-in"), {"username": "rita", "password": PASSWORD})
    assert AuditEvent.objects.get(pk__gt=failed.pk).verb == "person.sign_in"
