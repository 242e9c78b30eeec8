"""Why a document of a project has its rank: the version's terms in its own text, and coded documents like it."""

from dataclasses import dataclass

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from scipy import sparse

from models_lib import prediction
from models_lib.models import ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.errors import Conflict, NotFound
from reviewapp.models import Decision, Project, ProjectDocument, ScoreSnapshot
from training import indexing
from training.core import explanation, features
from training.core.explanation import Explanation, Span
from training.core.relevance import RelevanceModel
from training.tokenizing import tokenizer

COMPARED = 20_000  # coded documents, the latest ones: bounds what one look costs
ROWS_AT_A_TIME = 5_000
NEAREST = 3  # of each decision


@dataclass(frozen=True)
class Near:
    """A coded document like the one in question; ``likeness`` is the cosine of their rows, 0 to 1."""

    item: ProjectDocument
    likeness: float


@dataclass(frozen=True)
class Opinion:
    """One version's opinion of a text, written out, with where its terms stand."""

    version: int
    explanation: Explanation
    title: list[Span]
    text: list[Span]

    @property
    def rank(self) -> float:
        """0 to 100."""
        return 100 * self.explanation.score


@dataclass(frozen=True)
class Why(Opinion):
    """The opinion of a document of the project, with the coded documents most like it."""

    nearest: list[Near]
    compared: int


def explain(project: Project, item: ProjectDocument, version: int | None = None) -> Why:
    """Explain the document's rank by the current version, or by the one of this number.

    Raises :class:`Conflict` while no version has ranked it, :class:`NotFound` for an unknown version.
    """
    snapshot = _snapshot(project, version)
    artifacts = Artifacts(settings.ARTIFACTS_DIR)
    rows = indexing.matrix(artifacts.read(snapshot.index.artifact))
    if item.ordinal >= rows.shape[0]:
        raise Conflict("This document came after the last population, so it has no rank yet.")
    row = rows[[item.ordinal]]
    model = RelevanceModel.from_arrays(artifacts.read(snapshot.version.artifact))
    said = _opinion(snapshot.version.number, row, model, item.document.title, item.document.text)
    nearest, compared = _nearest(project, item, row, rows)
    return Why(said.version, said.explanation, said.title, said.text, nearest, compared)


def explain_text(version: ModelVersion, title: str, text: str) -> Opinion:
    """What the version says of a text that is in no project; raises :class:`Conflict` when its payload was not kept."""
    loaded = prediction.predictor(version)
    row = features.weigh(tokenizer().count([title], [text]), loaded.idf)
    return _opinion(version.number, row, loaded.model, title, text)


def _opinion(version: int, row: sparse.csr_array, model: RelevanceModel, title: str, text: str) -> Opinion:
    words = tokenizer()
    found = explanation.explain(row, model, words.terms(title, text))
    terms = (*found.speaking_for, *found.speaking_against)
    return Opinion(
        version=version,
        explanation=found,
        title=explanation.mark(words.places(title), terms),
        text=explanation.mark(words.places(text), terms),
    )


def _snapshot(project: Project, version: int | None) -> ScoreSnapshot:
    rows = project.snapshots.select_related("version", "index")
    if version is not None:
        snapshot = rows.filter(version__number=version).last()
        if snapshot is None:
            raise NotFound(f"This project has no version {version}.")
        return snapshot
    if project.snapshot_id is None:
        raise Conflict("No model has ranked the documents yet: code at least 5 relevant and 5 not relevant ones.")
    return rows.get(pk=project.snapshot_id)


def _nearest(
    project: Project, item: ProjectDocument, row: sparse.csr_array, rows: sparse.csr_array
) -> tuple[list[Near], int]:
    coded = project.items.filter(
        removed=False, ordinal__lt=rows.shape[0], decision__in=(Decision.POSITIVE, Decision.NEGATIVE)
    )
    latest = coded.exclude(pk=item.pk).order_by("-current_id").values_list("ordinal", "decision")[:COMPARED]
    pairs = np.array(sorted(latest), np.int64).reshape(-1, 2)
    ordinals, positive = pairs[:, 0], pairs[:, 1] == Decision.POSITIVE
    likeness = _likeness(row, rows, ordinals)
    places = explanation.nearest(likeness, positive, NEAREST)
    found = project.items.filter(ordinal__in=ordinals[places].tolist()).select_related("document", "current")
    by_ordinal = {near.ordinal: near for near in found.defer("document__text")}
    return [Near(by_ordinal[int(ordinals[place])], float(likeness[place])) for place in places], len(pairs)


def _likeness(row: sparse.csr_array, rows: sparse.csr_array, ordinals: NDArray[np.int64]) -> NDArray[np.float32]:
    starts = range(0, len(ordinals), ROWS_AT_A_TIME)
    pieces = [explanation.similarities(row, rows[ordinals[start : start + ROWS_AT_A_TIME]]) for start in starts]
    return np.concatenate([np.empty(0, np.float32), *pieces])
