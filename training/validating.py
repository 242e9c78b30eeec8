"""Validation: a model fitted without the held-out documents is asked about them.

The split is made once, when a document is indexed, by its group of near-duplicates (B-05). Unless the project holds
them out of the training too, the version that ranks is fitted on everything; what is validated is then its sibling,
fitted on the training part alone, which has seen less and so does no better on average.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_lib.payload import TrainingRows
from reviewapp.models import Project, Reason
from training import datasets, indexing, pooling
from training.core import holdout, rating, relevance, validation
from training.core.relevance import RelevanceModel

AT_RANDOM = (Reason.RANDOM_CONTROL, Reason.INDEX_HEALTH)


@dataclass(frozen=True)
class Split:
    """A training set by the sides that its documents are on."""

    trains: datasets.TrainingSet
    held_out: datasets.TrainingSet


@dataclass(frozen=True)
class Reading:
    """The documents that were read, by ordinal, in the order in which they left the open ones, and which by chance."""

    ordinals: NDArray[np.int64]
    by_chance: NDArray[np.bool_]
    removed: NDArray[np.int64]

    @property
    def chance(self) -> float:
        """The share that was picked by chance, 0..1."""
        return float(self.by_chance.mean()) if len(self.by_chance) else 0.0


def read(project: Project) -> Reading:
    """How the project was read: what first served each document."""
    firsts = project.answers.filter(item__removed=False).order_by("item_id", "pk").distinct("item_id")
    rows = sorted(firsts.values_list("pk", "item__ordinal", "served_reason"))
    removed = project.items.filter(removed=True).values_list("ordinal", flat=True)
    return Reading(
        ordinals=np.array([ordinal for _, ordinal, _ in rows], np.int64),
        by_chance=np.array([reason in AT_RANDOM for _, _, reason in rows], bool),
        removed=np.fromiter(removed, np.int64),
    )


def split(dataset: datasets.TrainingSet, arrays: Mapping[str, NDArray[Any]]) -> Split:
    """Part the documents by the sides that the index gave them; one from before there were sides holds out nothing."""
    sides = arrays.get("sides")
    if sides is None:
        return Split(dataset, dataset.only(np.zeros(len(dataset.ordinals), bool)))
    side = sides[dataset.ordinals]
    return Split(dataset.only(side == holdout.TRAINS), dataset.only(side == holdout.HELD_OUT))


def validate(
    parts: Split,
    reading: Reading,
    arrays: Mapping[str, NDArray[Any]],
    linked: TrainingRows | None,
    sibling: RelevanceModel | None = None,
) -> dict[str, NDArray[Any]] | None:
    """What the sibling model says of the held-out documents, with that model; None where there is nothing to say.

    ``sibling`` is the model of the training part where it is fitted already. The arrays: ``ordinals``, ``scores``
    (n, labels), ``truth`` (n, labels), ``stands_for`` (how many documents each stands for), ``drawn`` (whether by
    chance), and the model's.
    """
    pool = pooling.pool(parts.trains, arrays, linked)
    if not len(parts.held_out.labels) or not pool.positives or not pool.negatives:
        return None
    model = sibling or relevance.fit_relevance(pool.rows, pool.labels)
    return {
        **sampled(parts.held_out, reading, arrays),
        "scores": score(model, parts.held_out, arrays)[:, None],
        **model.to_arrays(),
    }


def sampled(
    held_out: datasets.TrainingSet, reading: Reading, arrays: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """The held-out documents as a sample of the collection: which were drawn at random, and what each stands for."""
    side = np.array(arrays["sides"]) == holdout.HELD_OUT
    side[reading.removed[reading.removed < len(side)]] = False
    inside = reading.ordinals < len(side)
    order, by_chance = reading.ordinals[inside], reading.by_chance[inside]
    order, by_chance = order[side[order]], by_chance[side[order]]
    places, drawn = np.zeros(len(side), np.int64), np.zeros(len(side), bool)
    places[order], drawn[order] = np.arange(len(order)), by_chance
    at = held_out.ordinals
    return {
        "ordinals": at,
        "truth": held_out.labels[:, None],
        "stands_for": validation.des_raj(places[at], drawn[at], int(side.sum())),
        "drawn": drawn[at],
    }


def score(
    model: RelevanceModel, held_out: datasets.TrainingSet, arrays: Mapping[str, NDArray[Any]]
) -> NDArray[np.float32]:
    """What a model says of the held-out documents of an index: (n,)."""
    return relevance.score(indexing.matrix(arrays)[held_out.ordinals], model)


def summary(held_out: Mapping[str, NDArray[Any]] | None) -> dict[str, Any]:
    """What lists of versions show: how many documents were held out, and average precision on them by label."""
    if held_out is None:
        return {}
    found = [
        validation.figures(validation.plain(truth), scores, 0.5)
        for truth, scores in zip(held_out["truth"].T, held_out["scores"].T, strict=True)
    ]
    return {
        "held_out": {
            "documents": len(held_out["ordinals"]),
            "positives": [label.positives for label in found],
            "average_precision": [label.average_precision.value for label in found],
        }
    }


def rate(
    coded: datasets.TrainingSet, reading: Reading, model: RelevanceModel, arrays: Mapping[str, NDArray[Any]]
) -> dict[str, float]:
    """What the rating measures besides average precision: coverage, likeness and chance, 0..1 each."""
    rows = indexing.matrix(arrays)
    return {
        "coverage": rating.coverage(rows, model.buckets),
        "likeness": rating.likeness(rows, rows[coded.ordinals]),
        "chance": reading.chance,
    }
