"""The chain over the audit trail: seals that make every later change of an event visible.

An event's *leaf* is BLAKE2b over the canonical JSON of what it says. A *seal* takes the next run of events and carries
their ids and leaves, the digest of the seal before, and BLAKE2b over all of that. The beat process makes seals once a
minute; a chain that every event had to extend by itself would be one row that all changes of the product wait for.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC

from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg2.errors import LockNotAvailable

from reviewapp.models import AuditEvent, AuditSeal

EVENTS_A_SEAL = 1_000
GENESIS = "0" * 64
LEAF = 32  # bytes
PATIENCE = "50ms"  # nobody who writes an event waits longer for us
COLUMNS = ("at", "actor_id", "actor_name", "verb", "target", "workspace_id", "detail")


@dataclass(frozen=True)
class Breach:
    """One thing that is not as it was sealed."""

    seal: int
    event: int | None
    what: str

    def __str__(self) -> str:
        return f"Seal {self.seal}: {self.what}"


@dataclass(frozen=True)
class Report:
    """What a verification found."""

    seals: int
    events: int
    unsealed: int
    head: str
    breaches: tuple[Breach, ...]


@dataclass(frozen=True)
class Changed:
    """An event whose leaf is not the sealed one."""

    seal: int
    event: int
    sealed: bytes
    found: bytes


def canonical(event: AuditEvent) -> bytes:
    """What an event says, as JSON with sorted members, no spaces, ASCII only, and the time in UTC."""
    said = {name.removesuffix("_id"): getattr(event, name) for name in COLUMNS}
    said["at"] = moment(event)
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def moment(event: AuditEvent) -> str:
    """When it happened, in UTC with microseconds."""
    return event.at.astimezone(UTC).isoformat(timespec="microseconds")


def leaf(event: AuditEvent) -> bytes:
    """BLAKE2b-256 over :func:`canonical`."""
    return hashlib.blake2b(canonical(event), digest_size=LEAF).digest()


def digest(number: int, previous: str, ids: Sequence[int], leaves: bytes) -> str:
    """BLAKE2b-256 over number and digest before, and each event's id and leaf, one a line."""
    whole = hashlib.blake2b(f"{number} {previous}\n".encode(), digest_size=32)
    for place, pk in enumerate(ids):
        whole.update(f"{pk} {leaves[place * LEAF : (place + 1) * LEAF].hex()}\n".encode())
    return whole.hexdigest()


def head() -> AuditSeal | None:
    """The newest seal, without what it carries."""
    return AuditSeal.objects.defer("ids", "leaves").order_by("-number").first()


def unsealed() -> int:
    """Events that no seal covers yet."""
    newest = head()
    return AuditEvent.objects.filter(pk__gt=newest.last if newest else 0).count()


def extend() -> int | None:
    """Seal every event up to now; returns how many, or None while somebody is just writing one: try again then."""
    horizon, sealed = _horizon(), 0
    if horizon is None:
        return None
    while done := _seal_next(horizon):
        sealed += done
    return sealed


def verify(known: str = "") -> Report:
    """Read the whole trail again and compare it with its seals; ``known`` is a digest that must be in the chain."""
    previous, number, last, events = GENESIS, 0, 0, 0
    breaches: list[Breach] = []
    changed: list[Changed] = []
    met = False
    for seal in AuditSeal.objects.order_by("number").iterator(chunk_size=50):
        breaches += _broken_link(seal, number + 1, previous)
        found, altered = _compare(seal, last)
        breaches += found
        changed += altered
        previous, number, last, events = seal.digest, seal.number, seal.last, events + seal.count
        met = met or seal.digest == known
    breaches += _name(changed)
    if known and not met:
        breaches.append(Breach(number, None, f"no seal has the digest {known}: the trail was cut off or made anew"))
    unsealed = AuditEvent.objects.filter(pk__gt=last).count()
    return Report(number, events, unsealed, previous, tuple(sorted(breaches, key=lambda b: (b.seal, b.event or 0))))


def _horizon() -> int | None:
    """The greatest id at a moment when nobody is writing an event: no smaller one can appear any more.

    Ids are given out before they are committed, so without that moment a seal could miss a late one for ever. The
    table lock waits for writers, and holds new ones up, for at most :data:`PATIENCE`.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute("LOCK TABLE reviewapp_auditevent IN SHARE MODE")
            cursor.execute("SELECT coalesce(max(id), 0) FROM reviewapp_auditevent")
            greatest: int = cursor.fetchone()[0]
            return greatest
    except OperationalError as problem:
        if not isinstance(problem.__cause__, LockNotAvailable):
            raise
        return None


def _seal_next(horizon: int) -> int:
    before = head()
    start, number, previous = (before.last, before.number, before.digest) if before else (0, 0, GENESIS)
    rows = AuditEvent.objects.filter(pk__gt=start, pk__lte=horizon).order_by("pk")
    events = list(rows[:EVENTS_A_SEAL])
    if not events:
        return 0
    ids, leaves = [event.pk for event in events], b"".join(map(leaf, events))
    seal = AuditSeal(
        number=number + 1,
        ids=ids,
        leaves=leaves,
        first=ids[0],
        last=ids[-1],
        count=len(ids),
        previous=previous,
        digest=digest(number + 1, previous, ids, leaves),
    )
    try:
        with transaction.atomic():
            seal.save(force_insert=True)
    except IntegrityError:  # another beat process was quicker
        return 0
    return len(events)


def _broken_link(seal: AuditSeal, number: int, previous: str) -> Iterator[Breach]:
    leaves = bytes(seal.leaves)
    if seal.number != number:
        yield Breach(number, None, f"missing, the next one is {seal.number}")
    elif seal.previous != previous:
        yield Breach(seal.number, None, "does not continue the seal before it")
    own = (list(seal.ids), len(seal.ids), [seal.first], [seal.last])
    if own != (sorted(seal.ids), seal.count, seal.ids[:1], seal.ids[-1:]) or seal.digest != digest(
        seal.number, seal.previous, seal.ids, leaves
    ):
        yield Breach(seal.number, None, "the seal itself was altered")


def _compare(seal: AuditSeal, start: int) -> tuple[list[Breach], list[Changed]]:
    """What is missing, what was slipped in, and what says something else, from behind ``start`` to the seal's end."""
    leaves = bytes(seal.leaves)
    sealed = {pk: leaves[place * LEAF : (place + 1) * LEAF] for place, pk in enumerate(seal.ids)}
    rows = AuditEvent.objects.filter(pk__gt=start, pk__lte=seal.last).order_by("pk")
    found = {event.pk: leaf(event) for event in rows.iterator(chunk_size=EVENTS_A_SEAL)}
    breaches = [Breach(seal.number, pk, f"event {pk} is missing") for pk in sorted(sealed.keys() - found.keys())]
    breaches += [
        Breach(seal.number, pk, f"event {pk} was slipped in later") for pk in sorted(found.keys() - sealed.keys())
    ]
    both = sorted(sealed.keys() & found.keys())
    return breaches, [Changed(seal.number, pk, sealed[pk], found[pk]) for pk in both if sealed[pk] != found[pk]]


def _name(changed: Sequence[Changed]) -> Iterator[Breach]:
    """Each changed event: swapped when another one says what it said, altered otherwise."""
    by_sealed = {one.sealed: one.event for one in changed}
    for one in changed:
        other = by_sealed.get(one.found)
        what = "was altered" if other is None else f"says what event {other} said: they were swapped"
        yield Breach(one.seal, one.event, f"event {one.event} {what}")
