"""Export: the local coding of a project, as a training would read it now, in digested form."""

from functools import partial
from typing import Any

from django.conf import settings
from scipy import sparse

from models_lib import exports, payload
from models_lib.payload import TrainingRows
from reviewapp.artifacts import Artifacts
from reviewapp.domain import indexes, jobs
from reviewapp.models import Project
from training import datasets, indexing
from training.core import features, privacy, relevance
from training.tokenizing import tokenizer

FEATURES: dict[str, Any] = {"version": 1, **indexing.PARAMETERS}  # the version goes up when one of the others changes


def export(run: jobs.Run) -> None:
    """Digest what trains now, measure what it gives away, seal it. A link of the project is left out (R-57)."""
    model, project = exports.asked(run), run.project
    if project.index is None or not project.index.artifact:
        run.fail("The documents are not indexed yet, so there is nothing to export. Populate the index first.")
        return
    indexes.require_ours(project.index)
    run.report("Collecting the training")
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(project.index.artifact)
    rows = local_rows(project, indexing.matrix(arrays, "counts"), model.drop_below)
    exports.require_enough(rows)
    run.report("Measuring privacy")
    figures = leaks(rows, arrays["idf"], model.drop_below)
    run.report("Sealing")
    exports.publish(run, model, rows, features=FEATURES, privacy=figures)


def local_rows(project: Project, counts: sparse.csr_array, drop_below: int = 1) -> TrainingRows:
    """The project's own training rows over an index's counts, in canonical order.

    Words of fewer coded documents than ``drop_below`` are left out. For that the texts are counted anew: an index knows
    buckets and not words.
    """
    dataset = datasets.read(project).within(counts.shape[0])
    if drop_below == 1:
        return payload.digest(counts[dataset.ordinals], dataset.labels)
    pieces = partial(indexing.texts, project, dataset.ordinals)
    return payload.digest(tokenizer().count_common(pieces, drop_below), dataset.labels)


def leaks(rows: TrainingRows, idf: Any, drop_below: int) -> dict[str, Any]:
    """B-12: how much of the vocabulary stands in a single document, and what a membership test gains."""
    weighted = features.weigh(rows.counts, idf)
    inside = relevance.score(weighted, relevance.fit_relevance(weighted, rows.labels))
    outside = relevance.cross_scored(weighted, rows.labels)
    return {
        "drop_below": drop_below,
        "tokens": rows.vocabulary,
        "single_document_tokens": privacy.rare_tokens(rows.counts, 2),
        "membership_advantage": round(privacy.membership_advantage(rows.labels, inside, outside), 4),
    }
