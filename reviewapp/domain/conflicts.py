"""Decisions that do not fit: to the rank, to near-duplicates, and those that somebody changed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from numpy.typing import NDArray

from models_lib.models import ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, jobs, locks, second_looks
from reviewapp.errors import Conflict
from reviewapp.models import CODED, Completion, Decision, Job, NearDuplicates, Project, ProjectDocument, User

DIFFERS = 0.5  # a document is expected to be relevant from rank 50
MEMBERS = 20  # of a group, that are shown


@dataclass(frozen=True)
class AgainstRank:
    """A coded document whose decision a model would not have expected that has not seen it."""

    item: ProjectDocument
    rank: float  # by a model that was fitted without this document, 0 to 100


@dataclass(frozen=True)
class DifferentCopies:
    """Near-duplicates that were coded differently."""

    group: int
    items: list[ProjectDocument]
    size: int

    @property
    def more(self) -> int:
        """Coded documents of the group that are not listed."""
        return self.size - len(self.items)


class Found(Sequence[Any]):
    """Rows that are read from the database only when a piece of the list is looked at."""

    def __init__(self, names: NDArray[np.int64], read: Any) -> None:
        self.names = names
        self._read = read

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, place: Any) -> Any:
        return self._read(self.names[place]) if isinstance(place, slice) else self._read(self.names[[place]])[0]


def against_rank(project: Project) -> Found | None:
    """Coded documents against the rank they get from a model that has not seen them, strongest first.

    The current version was fitted on them, so its own ranks would excuse wrong decisions. None before a version has
    such ranks.
    """
    if project.snapshot is None:
        return None
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(project.snapshot.artifact)
    if "held_out" not in arrays:
        return None
    expected = np.full(int(arrays["coded"].max(initial=-1)) + 1, np.nan)
    expected[arrays["coded"]] = arrays["held_out"]
    ordinals, decisions = _decisions(project, (Decision.POSITIVE, Decision.NEGATIVE))
    known = ordinals < len(expected)
    ordinals, positive = ordinals[known], decisions[known] == Decision.POSITIVE
    gaps = np.where(positive, 1 - expected[ordinals], expected[ordinals])
    differ = np.flatnonzero(gaps > DIFFERS)  # NaN, coded since, is not
    order = differ[np.argsort(-gaps[differ], kind="stable")]
    return Found(ordinals[order], lambda names: _against_rank(project, names, expected))


def different_copies(project: Project) -> Found | None:
    """Groups of near-duplicates with different decisions, largest first; None before the first search."""
    search = newest_search(project)
    if search is None:
        return None
    groups = np.asarray(Artifacts(settings.ARTIFACTS_DIR).read(search.artifact)["group"]).astype(np.int64)
    ordinals, decisions = _decisions(project, CODED)
    known = ordinals < len(groups)
    ordinals, decisions = ordinals[known], decisions[known]
    pairs = np.unique(np.stack([groups[ordinals], decisions], axis=1), axis=0)
    names, kinds = np.unique(pairs[:, 0], return_counts=True)
    differ = names[kinds > 1]
    sizes = np.bincount(groups[ordinals], minlength=len(groups))
    order = differ[np.argsort(-sizes[differ], kind="stable")]
    return Found(order, lambda wanted: _copies(project, wanted, groups, ordinals))


def newest_search(project: Project) -> NearDuplicates | None:
    """The search for near-duplicates whose groups are known."""
    return project.duplicate_searches.exclude(artifact="").order_by("-id").first()


def search_duplicates(project: Project, by: User) -> Job:
    """Ask for a search for near-duplicates; :class:`Conflict` while one waits or runs, and in a closed project."""
    with transaction.atomic():
        locks.hold_open(project)
        if Job.objects.filter(project=project, kind=Job.Kind.GROUP, state__in=Job.OPEN).exists():
            raise Conflict("A search for near-duplicates of this project is waiting or running already.")
        audit.record(by, "near_duplicates.request", project, project.workspace)
        return jobs.request(Job.Kind.GROUP, project.workspace, project=project, by=by)


def overturned(project: Project) -> QuerySet[Completion, Any]:
    """Completions that changed a decision, newest first, with ``version``: the number of what was current then."""
    current = ModelVersion.objects.filter(project=project, created_at__lte=OuterRef("created_at")).order_by("-number")
    rows = Completion.objects.filter(project=project, decision__in=CODED, supersedes__decision__in=CODED)
    changed = rows.exclude(decision=F("supersedes__decision"))
    related = ("item__document", "reviewer", "supersedes__reviewer")
    return changed.select_related(*related).annotate(version=Subquery(current.values("number")[:1])).order_by("-id")


def by_others(changes: QuerySet[Completion, Any]) -> QuerySet[Completion, Any]:
    """The changes without those of people who changed their own minds."""
    return changes.exclude(reviewer=F("supersedes__reviewer"))


def _decisions(project: Project, among: Iterable[Decision]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ordinals and decisions of the documents that are coded so now; in nobody's hands for a second look."""
    coded = project.items.filter(removed=False, decision__in=list(among))
    rows = second_looks.not_just_looked_at(coded).order_by("ordinal")
    found = np.array(list(rows.values_list("ordinal", "decision")), np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _against_rank(project: Project, ordinals: NDArray[np.int64], expected: NDArray[np.float64]) -> list[AgainstRank]:
    items = _items(project, ordinals.tolist())
    return [AgainstRank(items[ordinal], 100 * float(expected[ordinal])) for ordinal in ordinals.tolist()]


def _copies(
    project: Project, wanted: NDArray[np.int64], groups: NDArray[np.int64], coded: NDArray[np.int64]
) -> list[DifferentCopies]:
    members = coded[np.isin(groups[coded], wanted)]
    by_group = {
        group: list(some)
        for group, some in groupby(sorted(members.tolist(), key=lambda o: (groups[o], o)), key=lambda o: int(groups[o]))
    }
    shown = dict(_first_of_each(by_group))
    items = _items(project, [ordinal for some in shown.values() for ordinal in some])
    return [
        DifferentCopies(group, [items[ordinal] for ordinal in shown[group]], len(by_group[group]))
        for group in wanted.tolist()
    ]


def _first_of_each(by_group: dict[int, list[int]]) -> Iterator[tuple[int, list[int]]]:
    for group, ordinals in by_group.items():
        yield group, ordinals[:MEMBERS]


def _items(project: Project, ordinals: list[int]) -> dict[int, ProjectDocument]:
    rows = project.items.filter(ordinal__in=ordinals).select_related("document", "current__reviewer")
    return {item.ordinal: item for item in rows.defer("document__text")}
