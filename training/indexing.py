"""Population: the texts of a project become the rows of its classification index.

Two passes, both in pieces: count the tokens of what is new, then weigh everything with the frequencies of the whole.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Max
from numpy.typing import NDArray
from scipy import sparse

from models_lib import library, sealing
from reviewapp.artifacts import ArrayWriter, Artifacts
from reviewapp.domain import indexes, jobs, projects
from reviewapp.errors import Damaged
from reviewapp.models import ClassificationIndex, Job, Project
from training.core import features, holdout, tokens
from training.tokenizing import tokenizer

DOCUMENTS_AT_A_TIME = 1000
ROWS_AT_A_TIME = 20_000
ENTRIES_AT_A_TIME = 10_000_000
ARRAYS = {"indptr": np.int64, "indices": np.int32, "counts": np.uint16, "values": np.float32}
PARAMETERS: dict[str, Any] = {
    "tokens": "words and word pairs, lower case, title twice",
    "buckets": tokens.BUCKETS,
    "weighting": "1 + ln(count), smoothed idf, unit length",
}


def populate(run: jobs.Run) -> None:
    """Make the project's next index: full, or continued from the current one where that has the same settings."""
    with transaction.atomic():
        projects.add_documents(run.project)
    project = run.project
    index = _begin(project)
    artifacts = Artifacts(settings.ARTIFACTS_DIR)
    scratch = artifacts.scratch()
    try:
        if project.linked_model:
            library.require_openable(project.linked_model)
        earlier = None if run.job.parameters.get("full") else _continuable(project, artifacts)
        counted = _count(run, project, scratch, earlier)
        _group(run, scratch, _last(project, artifacts))
        _weigh(run, scratch, counted)
        artifact = artifacts.keep(scratch)
    except BaseException as problem:
        artifacts.discard(scratch)
        _close(index, problem)
        raise
    _publish(run, project, index, artifact, artifacts.read(artifact))


def matrix(arrays: Mapping[str, NDArray[Any]], values: str = "values") -> sparse.csr_array:
    """An index's rows (documents, BUCKETS) over its mapped arrays, without copying them."""
    indptr = arrays["indptr"]
    shape = (len(indptr) - 1, tokens.BUCKETS)
    if indptr[-1] <= np.iinfo(np.int32).max:
        indptr = indptr.astype(np.int32)  # scipy copies all indices to the width of the row ends where they differ
    return sparse.csr_array((arrays[values], arrays["indices"], indptr), shape=shape, copy=False)


def require_sound(folder: Path) -> None:
    """Raise :class:`Damaged` unless the files are arrays that fit together: scipy reads rows without looking."""
    try:
        arrays = {path.stem: np.load(path, mmap_mode="r", allow_pickle=False) for path in folder.iterdir()}
        sound = all(array.ndim == 1 for array in arrays.values()) and _fits(arrays)
    except (ValueError, KeyError, TypeError, EOFError) as problem:
        raise Damaged("An index in the archive is not made of arrays.") from problem
    if not sound:
        raise Damaged("An index in the archive has rows that do not fit together.")


def _fits(arrays: Mapping[str, NDArray[Any]]) -> bool:
    indptr, indices = arrays["indptr"], arrays["indices"]
    kinds = {name: array.dtype.type for name, array in arrays.items()}
    if not len(indptr) or any(kinds[name] is not kind for name, kind in ARRAYS.items()):
        return False
    lengths = {len(indices), len(arrays["counts"]), len(arrays["values"]), int(indptr[-1])}
    if indptr[0] != 0 or len(lengths) != 1 or {len(arrays["idf"]), len(arrays["frequencies"])} != {tokens.BUCKETS}:
        return False
    if any(len(arrays[name]) != len(indptr) - 1 for name in ("groups", "sides") if name in arrays):
        return False
    inside = all(piece.min() >= 0 and piece.max() < tokens.BUCKETS for piece in _in_pieces(indices))
    return inside and all((np.diff(piece) >= 0).all() for piece in _in_pieces(indptr, overlap=1))


def _in_pieces(array: NDArray[Any], overlap: int = 0) -> Iterator[NDArray[Any]]:
    for start in range(0, len(array), ENTRIES_AT_A_TIME):
        yield array[start : start + ENTRIES_AT_A_TIME + overlap]


def texts(project: Project, ordinals: NDArray[np.int32]) -> Iterator[tuple[list[str], list[str]]]:
    """Titles and texts of these documents, which come in the order of their ordinals, piece by piece."""
    for start in range(0, len(ordinals), DOCUMENTS_AT_A_TIME):
        rows = project.items.filter(ordinal__in=ordinals[start : start + DOCUMENTS_AT_A_TIME].tolist())
        found = list(rows.order_by("ordinal").values_list("document__title", "document__text"))
        yield [title for title, _ in found], [text for _, text in found]


def _begin(project: Project) -> ClassificationIndex:
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        last = project.indexes.aggregate(last=Max("number"))["last"] or 0
        return ClassificationIndex.objects.create(
            project=project,
            number=last + 1,
            state=ClassificationIndex.State.POPULATING,
            parameters=PARAMETERS,
            token_key=sealing.token_key_id(),
        )


def _continuable(project: Project, artifacts: Artifacts) -> Mapping[str, NDArray[Any]] | None:
    index = project.index
    if index is None or not index.artifact or index.parameters != PARAMETERS or not indexes.is_ours(index):
        return None
    return artifacts.read(index.artifact)


def _count(run: jobs.Run, project: Project, scratch: Path, earlier: Mapping[str, NDArray[Any]] | None) -> int:
    """First pass: counts, indices, row ends and document frequencies; returns the number of rows."""
    writer = ArrayWriter(scratch)
    frequencies = np.zeros(tokens.BUCKETS, np.int64)
    nonzeros = rows = 0
    writer.append("indptr", np.zeros(1), np.int64)
    writer.append("indices", np.zeros(0), np.int32)  # there may be no documents yet
    writer.append("counts", np.zeros(0), np.uint16)
    for piece in _pieces(run, project, earlier):
        writer.append("indices", piece.indices, np.int32)
        writer.append("counts", piece.data, np.uint16)
        writer.append("indptr", piece.indptr[1:].astype(np.int64) + nonzeros, np.int64)
        frequencies += features.document_frequencies(piece)
        nonzeros += piece.nnz
        rows += piece.shape[0]
    writer.append("frequencies", frequencies, np.int64)
    writer.close()
    return rows


def _pieces(run: jobs.Run, project: Project, earlier: Mapping[str, NDArray[Any]] | None) -> Iterator[sparse.csr_array]:
    total, done = project.documents, 0
    if earlier is not None:
        known = matrix(earlier, "counts")
        for start in range(0, known.shape[0], ROWS_AT_A_TIME):
            piece = known[start : start + ROWS_AT_A_TIME]
            done += piece.shape[0]
            run.report("Taking over indexed documents", done, total)
            yield piece
    while texts := _texts(project, done):
        piece = tokenizer().count([title for title, _ in texts], [text for _, text in texts])
        done += len(texts)
        run.report("Reading documents", done, max(total, done))
        yield piece


def _texts(project: Project, start: int) -> list[tuple[str, str]]:
    """Title and text of the next documents by ordinal; a removed document is an empty row."""
    rows = project.items.filter(ordinal__gte=start, ordinal__lt=start + DOCUMENTS_AT_A_TIME).order_by("ordinal")
    return list(rows.values_list("document__title", "document__text"))


def _last(project: Project, artifacts: Artifacts) -> Mapping[str, NDArray[Any]]:
    """The project's current index, also where it cannot be continued; empty when there is none."""
    return artifacts.read(project.index.artifact) if project.index and project.index.artifact else {}


def _group(run: jobs.Run, scratch: Path, last: Mapping[str, NDArray[Any]]) -> None:
    """Near-duplicates, and which of their groups are held out. What an earlier index said stands for ever (B-05)."""
    run.report("Looking for near-duplicates")
    arrays = {path.stem: np.load(path, mmap_mode="r", allow_pickle=False) for path in scratch.glob("*.npy")}
    members, pairs = holdout.groups(matrix(arrays, "counts"), last.get("groups"))
    sides = holdout.sides(members, pairs, last.get("sides"))
    writer = ArrayWriter(scratch)
    writer.append("groups", members, np.int32)
    writer.append("sides", sides, np.int8)
    writer.close()


def _weigh(run: jobs.Run, scratch: Path, rows: int) -> None:
    """Second pass: one weighted value beside each count."""
    arrays = {path.stem: np.load(path, mmap_mode="r", allow_pickle=False) for path in scratch.glob("*.npy")}
    counts = matrix(arrays, "counts")
    idf = features.inverse_document_frequencies(arrays["frequencies"], rows)
    writer = ArrayWriter(scratch)
    for start in range(0, max(rows, 1), ROWS_AT_A_TIME):
        writer.append("values", features.weigh(counts[start : start + ROWS_AT_A_TIME], idf).data, np.float32)
        run.report("Weighing", min(start + ROWS_AT_A_TIME, rows), rows)
    writer.append("idf", idf, np.float32)
    writer.close()


def _publish(
    run: jobs.Run, project: Project, index: ClassificationIndex, artifact: str, arrays: Mapping[str, NDArray[Any]]
) -> None:
    rows, nonzeros = len(arrays["indptr"]) - 1, len(arrays["indices"])
    with transaction.atomic():
        run.finish(documents=rows, nonzeros=nonzeros)
        project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        index.artifact, index.documents, index.nonzeros = artifact, rows, nonzeros
        grown = project.items.count() > rows
        states = ClassificationIndex.State
        index.state = states.NEEDS_POPULATION if grown else states.ACTIVE
        index.save(update_fields=["artifact", "documents", "nonzeros", "state"])
        known = project.index.documents if project.index else 0
        project.index = index
        project.save(update_fields=["index"])
        if project.version_id is not None and rows > known:
            jobs.request(Job.Kind.DRIFT, project.workspace, project=project, first=known)
        if project.trainable:
            jobs.request(Job.Kind.TRAIN, project.workspace, project=project, source="active_learning")


def _close(index: ClassificationIndex, problem: BaseException) -> None:
    states = ClassificationIndex.State
    cancelled = isinstance(problem, jobs.Cancelled)
    index.state = states.CANCELLED if cancelled else states.ERROR
    index.error = "" if cancelled else str(problem)
    index.save(update_fields=["state", "error"])
