"""A project's documents, found by what is known of them and put in order by rank.

Ranks live in the score snapshot and not in a column: the database says which documents match, the snapshot which of
them lie in the range and in what order, and only the rows of one page are read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import CharField, Count, F, Func, Q, QuerySet
from django.utils import timezone
from numpy.typing import NDArray

from reviewapp.artifacts import Artifacts
from reviewapp.domain import documents, second_looks
from reviewapp.models import Completion, Decision, Document, Project, ProjectDocument, User, Workspace

STATES = {
    "positive": Decision.POSITIVE,
    "negative": Decision.NEGATIVE,
    "neutral": Decision.NEUTRAL,
    "skipped": Decision.SKIPPED,
}
ORDERS = {
    "control_number": F("document__control_number").asc(),
    "-control_number": F("document__control_number").desc(),
    "latest": F("current_id").desc(nulls_last=True),
    "earliest": F("current_id").asc(nulls_last=True),
    "imported": F("ordinal").asc(),
}


@dataclass(frozen=True)
class Wanted:
    """What to look for; what is empty does not narrow the search.

    ``state`` is one of :data:`STATES`, ``unreviewed`` or ``checked_out``; ``order`` is ``highest`` or ``lowest`` rank
    first, or one of :data:`ORDERS`.
    """

    words: str = ""
    state: str = ""
    reviewer: int | None = None
    tag: str = ""
    reason: str = ""
    lowest: float | None = None
    highest: float | None = None
    order: str = "imported"


@dataclass(frozen=True)
class Row:
    """A document of the project with its rank now; None while no version has ranked it, or nobody may know."""

    item: ProjectDocument
    rank: float | None

    @property
    def holder(self) -> User | None:
        """Who has it checked out now."""
        return holder(self.item)


AnyRow = TypeVar("AnyRow", bound=Row)


class Found(Sequence[Row]):
    """The documents that were found, in order; slicing reads the rows of that slice in one query."""

    def __init__(self, project: Project, ordinals: NDArray[np.int64], ranks: NDArray[np.float64]) -> None:
        self._project = project
        self._ordinals = ordinals
        self._ranks = ranks

    def __len__(self) -> int:
        return len(self._ordinals)

    @property
    def ordinals(self) -> NDArray[np.int64]:
        """The ordinals of everything that was found, in order."""
        return self._ordinals

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return self._rows(self._ordinals[place], self._ranks[place])
        return self._rows(self._ordinals[[place]], self._ranks[[place]])[0]

    def _rows(self, ordinals: NDArray[np.int64], ranks: NDArray[np.float64]) -> list[Row]:
        related = ("document", "current__reviewer", "reviewer", "checker")
        items = self._project.items.filter(ordinal__in=ordinals.tolist()).select_related(*related)
        by_ordinal = {item.ordinal: item for item in items.defer("document__text")}
        pairs = zip(ordinals.tolist(), ranks.tolist(), strict=True)
        return [Row(by_ordinal[ordinal], None if np.isnan(rank) else rank) for ordinal, rank in pairs]


def find(project: Project, wanted: Wanted) -> Found:
    """The project's documents that match, in the wanted order."""
    ordering = (ORDERS.get(wanted.order, ORDERS["imported"]), "ordinal")
    matching = _matching(project, wanted).aggregate(ordinals=ArrayAgg("ordinal", order_by=ordering, default=[]))
    ordinals = np.array(matching["ordinals"], np.int64)
    ranks = ranks_of(project, ordinals)
    if wanted.lowest is not None or wanted.highest is not None:
        # Comparisons with NaN are false: a document without a rank lies in no range.
        low, high = wanted.lowest or 0, 100 if wanted.highest is None else wanted.highest
        inside = (ranks >= low) & (ranks <= high)
        ordinals, ranks = ordinals[inside], ranks[inside]
    if wanted.order in ("highest", "lowest"):
        # Those without a rank come last either way: NaN sorts to the end.
        order = np.argsort(-ranks if wanted.order == "highest" else ranks, kind="stable")
        ordinals, ranks = ordinals[order], ranks[order]
    return Found(project, ordinals, ranks)


def rank(project: Project, item: ProjectDocument) -> float | None:
    """The document's rank now, 0 to 100; None while no version has ranked it, or nobody may know."""
    value = float(ranks_of(project, np.array([item.ordinal]))[0])
    return None if np.isnan(value) else value


def blinded(rows: Iterable[AnyRow], person: User) -> list[AnyRow]:
    """The rows without decision and rank where the person is just looking again: a rank would give the answer away."""
    return [_blank(row) if second_looks.hidden_from(row.item, person) else row for row in rows]


def holder(item: ProjectDocument) -> User | None:
    """Who has the document checked out now."""
    live = item.leased_until is not None and item.leased_until >= timezone.now()
    return item.reviewer if live else None


def history(item: ProjectDocument) -> list[Completion]:
    """Every answer to this document with the verdicts on it, newest first."""
    rows = item.completions.select_related("reviewer").prefetch_related("verdicts__checker")
    return list(rows.order_by("-id"))


def tags(workspace: Workspace, limit: int) -> list[str]:
    """The most used tags of the workspace's documents."""
    living = Document.objects.filter(workspace=workspace, deleted_at=None).order_by()
    used = living.annotate(tag=Func("tags", function="unnest", output_field=CharField())).values("tag")
    return [row["tag"] for row in used.annotate(count=Count("pk")).order_by("-count", "tag")[:limit]]


def matching(project: Project, words: str) -> Q:
    """The condition on a project's documents that they say these words, or have this control number."""
    return Q(document__in=_saying(project, words)) | Q(document__in=_numbered(project, words))


def _blank(row: AnyRow) -> AnyRow:
    row.item.decision, row.item.current = None, None
    return replace(row, rank=None)


def _matching(project: Project, wanted: Wanted) -> QuerySet[ProjectDocument]:
    rows = project.items.filter(removed=False)
    if words := wanted.words.strip():
        rows = rows.filter(matching(project, words))
    if wanted.state == "unreviewed":
        rows = rows.filter(decision=None)
    elif wanted.state == "checked_out":
        rows = rows.filter(leased_until__gte=timezone.now())
    elif wanted.state:
        rows = rows.filter(decision=STATES[wanted.state])
    if wanted.reviewer is not None:
        rows = rows.filter(current__reviewer=wanted.reviewer)
    if wanted.tag:
        rows = rows.filter(document__tags__contains=[wanted.tag])
    if wanted.reason:
        rows = rows.filter(current__served_reason=wanted.reason)
    return rows


def _saying(project: Project, words: str) -> QuerySet[Document]:
    return documents.search(Document.objects.filter(workspace=project.workspace_id), words).order_by()


def _numbered(project: Project, words: str) -> QuerySet[Document]:
    return Document.objects.filter(workspace=project.workspace_id, control_number__istartswith=words).order_by()


def ranks_of(project: Project, ordinals: NDArray[np.int64]) -> NDArray[np.float64]:
    """The rank of each of these documents now, NaN for those that no version has ranked.

    NaN also for what waits in a sample: whoever is to code it must not know what the model expects.
    """
    ranks = np.full(len(ordinals), np.nan)
    if project.snapshot is not None:
        scores = Artifacts(settings.ARTIFACTS_DIR).read(project.snapshot.artifact)["scores"]
        known = ordinals < len(scores)
        ranks[known] = scores[ordinals[known]] * 100.0
    if project.sampling:
        awaited = project.items.filter(awaits__isnull=False).order_by().values_list("ordinal", flat=True)
        ranks[np.isin(ordinals, np.fromiter(awaited, np.int64))] = np.nan
    return ranks
