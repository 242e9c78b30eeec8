"""Pins, tags and streams in any order of doings: what is in use stays, and says the same for ever.

A state machine does what people, consumers and retention do, refused or not, beside a small model of what should be so.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from models_lib import pins, prediction, retention, streams, tags, versions
from models_lib.models import ModelVersion, Pin, Stream
from reviewapp.errors import Conflict, NotFound
from reviewapp.models import Project
from tests.cast import Cast, fresh, retrained, trained

FULL = os.environ.get("REVIEWAPP_BENCH") == "full"
RELEVANCE = ModelVersion.Kind.RELEVANCE
VERSIONS, DOCUMENTS = 4, 60
TEXTS = ["the supplier paid a hidden commission for the valve", "lunch in the canteen", ""]
NUMBERS = some.integers(1, VERSIONS)
TAGS = some.sampled_from(["live", "staging"])
NAMES = some.sampled_from(["inbox", "archive"])
SIZE = 20
DOINGS: dict[str, tuple[some.SearchStrategy[Any], ...]] = {
    "pin": (NUMBERS,),
    "unpin": (NUMBERS,),
    "delete": (NUMBERS,),
    "retain": (),
    "move_tag": (TAGS, NUMBERS, some.none() | NUMBERS),
    "move_tag_as_seen": (TAGS, NUMBERS),
    "take_tag_off": (TAGS,),
    "bind": (NAMES, TAGS | NUMBERS.map(str)),
    "drop": (NAMES,),
    "consume": (NAMES, some.booleans()),
}


def said(version: ModelVersion) -> bytes:
    return json.dumps(prediction.predict(version, TEXTS)).encode()


@contextmanager
def refused_unless(allowed: bool) -> Iterator[None]:
    """The block is refused exactly when it is not allowed."""
    if allowed:
        yield
        return
    with pytest.raises((Conflict, NotFound)), transaction.atomic():
        yield


class InUse(RuleBasedStateMachine):
    """One project with four versions; ``kept`` have their payload, the last one ranks the documents."""

    def __init__(self, project: Project, cast: Cast, first: dict[int, bytes]) -> None:
        super().__init__()
        self.project, self.by, self.first = project, cast.mona, first
        self.kept, self.pinned = set(first), set[int]()
        self.tagged: dict[str, int] = {}
        self.streams: dict[str, str] = {}
        self.places: dict[str, int] = {}
        self.undone = transaction.atomic()
        self.undone.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    @initialize(numbers=some.sets(NUMBERS, min_size=2))
    def begin(self, numbers: set[int]) -> None:
        for number in sorted(numbers):
            self.pin(number)

    @rule(drawn=some.data())
    def act(self, drawn: some.DataObject) -> None:
        """Any of the doings: as rules of their own Hypothesis would leave some out of every run."""
        name = drawn.draw(some.sampled_from(list(DOINGS)))
        getattr(self, name)(*(drawn.draw(strategy) for strategy in DOINGS[name]))

    def reads(self, bound: str) -> int | None:
        return int(bound) if bound.isdecimal() else self.tagged.get(bound)

    def in_use(self, number: int) -> bool:
        return number in self.tagged.values() or str(number) in self.streams.values()

    def stream(self, name: str) -> Stream:
        return Stream.objects.select_related("project__workspace", "pin__version").get(project=self.project, name=name)

    def pin(self, number: int) -> None:
        with refused_unless(number in self.kept):
            pins.request(self.project, number, self.by)
            self.pinned.add(number)

    def unpin(self, number: int) -> None:
        with refused_unless(number in self.pinned and not self.in_use(number)):
            pins.unpin(self.project, number, self.by)
            self.pinned.remove(number)

    def delete(self, number: int) -> None:
        with refused_unless(number in self.pinned and number != VERSIONS and not self.in_use(number)):
            pins.delete(self.project, number, self.by, f"v{number}")
            self.pinned.remove(number)
            self.kept.remove(number)

    def retain(self) -> None:
        retention.retain(timedelta(hours=1))
        self.kept &= self.pinned | {VERSIONS}

    def move_tag(self, name: str, number: int, was: int | None) -> None:
        with refused_unless(number in self.pinned and was == self.tagged.get(name)):
            tags.move(self.project, RELEVANCE, name, number, was, self.by)
            self.tagged[name] = number

    def move_tag_as_seen(self, name: str, number: int) -> None:
        self.move_tag(name, number, self.tagged.get(name))

    def take_tag_off(self, name: str) -> None:
        with refused_unless(name in self.tagged):
            tags.remove(self.project, RELEVANCE, name, self.tagged.get(name, 1), self.by)
            del self.tagged[name]

    def bind(self, name: str, bound: str) -> None:
        """Make the stream, or move it to another version with its thresholds."""
        with refused_unless(self.reads(bound) in self.pinned):
            if name in self.streams:
                streams.change(self.stream(name), self.by, {"version": bound, "thresholds": {"Relevant": 0.5}})
            else:
                streams.create(self.project, self.by, name=name, version=bound, thresholds={"Relevant": 0.5})
                self.places[name] = 0
            self.streams[name] = bound

    def drop(self, name: str) -> None:
        if name in self.streams:
            streams.delete(self.stream(name), self.by)
            del self.streams[name], self.places[name]

    def consume(self, name: str, advances: bool) -> None:
        """Read the next batch; what is not advanced past comes again."""
        if name not in self.streams:
            return
        stream, number = self.stream(name), self.reads(self.streams[name])
        with refused_unless(number is not None):
            batch = streams.read(stream, "robot", self.by, SIZE)
            end = min(self.places[name] + SIZE, DOCUMENTS)
            assert batch.version == number
            assert [result.sequence_id for result in batch.results] == list(range(self.places[name] + 1, end + 1))
            assert (batch.sequence_id, batch.is_end_sequence) == (end, end == DOCUMENTS)
            if advances:
                streams.advance(stream, "robot", self.by, batch.sequence_id)
                self.places[name] = end

    @invariant()
    def the_rows_are_what_they_should_be(self) -> None:
        rows = ModelVersion.objects.filter(project=self.project)
        assert set(rows.exclude(artifact="").values_list("number", flat=True)) == self.kept
        assert set(Pin.objects.values_list("version__number", flat=True)) == self.pinned
        assert {tag.name: tag.pin.version.number for tag in tags.of(self.project)} == self.tagged
        assert {stream.name: streams.bound_to(stream) for stream in streams.of(self.project)} == self.streams

    @invariant()
    def what_is_in_use_is_pinned(self) -> None:
        """D9, D10"""
        used = {*self.tagged.values(), *(int(bound) for bound in self.streams.values() if bound.isdecimal())}
        assert used <= self.pinned <= self.kept

    @invariant()
    def whoever_asks_gets_the_same_bytes(self) -> None:
        """U-04, U-07"""
        named = {name: self.tagged[name] for name in self.tagged} | {number: number for number in self.pinned}
        for name, number in {**named, tags.LATEST: VERSIONS}.items():
            assert said(tags.resolve(self.project, RELEVANCE, name)) == self.first[number], name


@pytest.mark.timeout(3600 if FULL else 300)
def test_what_is_in_use_stays_whatever_is_done_in_whatever_order(project: Project, cast: Cast) -> None:
    """D9, D10, D11, D17, U-04, U-05, U-06, U-07."""
    trained(project, cast.rita)
    now = retrained(project, cast.rita, VERSIONS - 1)
    # Old enough to be dropped, while the files are too new to be removed: the next run needs them again.
    ModelVersion.objects.update(created_at=timezone.now() - timedelta(days=1))
    first = {number: said(versions.get(now, number)) for number in range(1, VERSIONS + 1)}
    budget = settings(
        max_examples=300 if FULL else 8,
        stateful_step_count=40 if FULL else 30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(partial(InUse, fresh(now), cast, first), settings=budget)  # type: ignore[arg-type]
