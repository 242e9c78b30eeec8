"""The queue: who gets which document next, and why.

A queue has no rows. It walks the current score snapshot's order, which leaves out what was coded when the snapshot
was made, and locks the first document that is still open. The lease stands on that same row, so nobody else gets it.

Chance is drawn from the lease's token, which the completion keeps: given the log, the serving order can be replayed
(B-07).
"""

import random
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from reviewapp import access
from reviewapp.artifacts import Artifacts
from reviewapp.domain import leases, locks, returns, samples
from reviewapp.domain.leases import Look
from reviewapp.errors import Conflict
from reviewapp.models import ClassificationIndex, Project, ProjectDocument, Reason, User

FIRST_LOOK = 64  # candidates tried in the first statement; each further look takes eight times as many
SETTLED_LOOK = 4096  # candidates in one statement that only asks where the open ones begin
TRUST_HEAD = 60.0  # seconds; an undo opens a document again that was passed
RANDOM_LOOK = 64
DRAWN_SHARE = 0.2  # of hand-outs, while second looks that were drawn by hand wait
USABLE = (ClassificationIndex.State.ACTIVE, ClassificationIndex.State.NEEDS_POPULATION)

FIRST_OPEN = """
SELECT walk.place FROM unnest(%(ordinals)s::int[]) WITH ORDINALITY AS walk(ordinal, place)
CROSS JOIN LATERAL (
  SELECT FROM reviewapp_projectdocument pd
  WHERE pd.ordinal = walk.ordinal AND pd.project_id = %(project)s AND NOT pd.removed AND pd.decision IS NULL OFFSET 0
) still_open
ORDER BY walk.place LIMIT 1
"""


@dataclass
class Head:
    """How far an order is coded, as far as this process knows. Nobody walks past thousands of coded documents twice."""

    place: int = 0
    width: int = FIRST_LOOK
    looked_at: float = 0.0

    def start(self) -> int:
        """The first place that may be open; from time to time the very first."""
        return self.place if time.monotonic() < self.looked_at + TRUST_HEAD else 0

    def move(self, begun: int, place: int) -> None:
        """Remember that everything from ``begun`` up to ``place`` is coded.

        A document that somebody keeps holds the place; the next look reaches further behind it.
        """
        if begun == 0:
            self.looked_at = time.monotonic()
        self.width = min(self.width * 8, SETTLED_LOOK) if place == begun else FIRST_LOOK
        self.place = place


@lru_cache(maxsize=64)
def head(owner: int, order: str) -> Head:
    """The one head of an order of a snapshot or project in this process."""
    return Head()


def desk(reviewer: User, pk: int) -> Project:
    """The project for a person who may review it, with all that the queue and its answers read, in one statement."""
    rows = Project.objects.select_related("index", "version", "snapshot")
    return access.get(reviewer, Project, pk, may="review", among=rows)


def next_document(project: Project, reviewer: User, looks: Iterable[Look] | None = None) -> ProjectDocument | None:
    """Hand the reviewer the best document that nobody has coded or holds; None only when none is left.

    A reviewer who already holds one gets the same again, with its time renewed. ``looks`` stand in for the queue's own,
    and then None says that none of theirs is free.
    Raises :class:`Conflict` when the project is paused or its documents are not indexed yet (R-66).
    """
    _require_open(project)
    return leases.held(project, reviewer) or take_next(project, reviewer, looks)


def take_next(project: Project, reviewer: User, looks: Iterable[Look] | None = None) -> ProjectDocument | None:
    """As :func:`next_document`, for a reviewer who holds nothing."""
    _require_open(project)
    token = uuid.uuid4()
    chance = random.Random(token.int)
    if looks is None and project.sampling and (sampled := _take_sampled(project, reviewer, token)):
        return sampled
    asked = looks is None and _looks_again(project, chance)
    if asked and (again := leases.take_second_look(project, reviewer, token)):
        return again
    for look in _looks(project, chance) if looks is None else looks:
        if taken := leases.take(project, reviewer, token, look):
            return taken
    return leases.take_remaining(project, reviewer, token) if looks is None else None


def _looks_again(project: Project, chance: random.Random) -> bool:
    """Whether this hand-out is a second look, if one waits: as often as they come in, so that they do not pile up."""
    share = project.second_look_share / (1 + project.second_look_share)
    if project.second_looks_drawn:
        share = max(share, DRAWN_SHARE)
    return share > 0 and chance.random() < share


def _take_sampled(project: Project, reviewer: User, token: uuid.UUID) -> ProjectDocument | None:
    """What a sample waits for comes before everything else; when nothing does any more, nobody looks again."""
    sampled = leases.take_sampled(project, reviewer, token)
    if sampled is None:
        samples.settle(project)
    return sampled


def _require_open(project: Project) -> None:
    locks.require_open(project)
    if project.state != Project.State.ACTIVE:
        raise Conflict("This project is paused, so no documents are handed out. A manager can resume it.")
    if project.index is None or project.index.state not in USABLE:
        raise Conflict(
            "The documents of this project are not indexed yet. The queue opens when the population is done."
        )


def _looks(project: Project, chance: random.Random) -> Iterator[Look]:
    if returned := returns.ordinals(project, FIRST_LOOK):
        yield Look(Reason.EXCEPTION, returned, ranks(project, returned), among="returned")
    if project.snapshot is None:
        everything = range(project.index.documents if project.index else 0)
        picked = drawn(chance, everything)
        yield Look(Reason.INDEX_HEALTH, picked, [None] * len(picked))
        return
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(project.snapshot.artifact)
    scores = arrays["scores"]
    if chance.random() < project.control_share:
        picked = drawn(chance, arrays["prioritized"])
        yield Look(Reason.RANDOM_CONTROL, picked, _ranks(scores, picked))
    reason = Reason.COVERAGE if project.queue == Project.Queue.COVERAGE else Reason.HIGH_RANK
    for picked in walk(project, arrays[project.queue], head(project.snapshot.pk, project.queue)):
        yield Look(reason, picked, _ranks(scores, picked))


def walk(project: Project, order: NDArray[np.int32], begun: Head) -> Iterator[list[int]]:
    """The ordinals of an order, from the first that may be open on; more when none of those before was free."""
    start = begun.start()
    if start < len(order):
        yield order[start : start + begun.width].tolist()
        start = _after_coded(project, order, begun, start)
    size = begun.width
    while start < len(order):
        yield order[start : start + size].tolist()
        start, size = start + size, size * 8


def _after_coded(project: Project, order: NDArray[np.int32], head: Head, start: int) -> int:
    """The first place from ``start`` whose document is not coded, be it in somebody's hands or not."""
    place, found = start, None
    while place < len(order) and found is None:
        piece = order[place : place + SETTLED_LOOK].tolist()
        with connection.cursor() as cursor:
            cursor.execute(FIRST_OPEN, {"project": project.pk, "ordinals": piece})
            found = cursor.fetchone()
        place += found[0] - 1 if found else len(piece)
    head.move(start, place)
    return place


def drawn(chance: random.Random, order: Sequence[int] | NDArray[np.int32]) -> list[int]:
    """Up to :data:`RANDOM_LOOK` different positions of the order, each equally likely to come first."""
    return [int(order[place]) for place in chance.sample(range(len(order)), min(RANDOM_LOOK, len(order)))]


def ranks(project: Project, ordinals: Sequence[int]) -> list[float | None]:
    """The rank of each of these documents now, as it is kept with what is served."""
    if project.snapshot is None:
        return [None] * len(ordinals)
    scores = Artifacts(settings.ARTIFACTS_DIR).read(project.snapshot.artifact)["scores"]
    known = [ordinal for ordinal in ordinals if ordinal < len(scores)]
    by_ordinal = dict(zip(known, _ranks(scores, known), strict=True))
    return [by_ordinal.get(ordinal) for ordinal in ordinals]


def _ranks(scores: NDArray[np.float32], ordinals: list[int]) -> list[float | None]:
    ranks: list[float | None] = np.round(scores[ordinals].astype(np.float64) * 100, 4).tolist()
    return ranks
