"""What a model is fitted on: the local coding, and a linked model's rows beside it, all weighed alike (D1, R-53)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models_lib import links
from models_lib.payload import TrainingRows
from reviewapp.models import Project
from training import datasets, indexing
from training.core import features
from training.core.tokens import stack


@dataclass(frozen=True)
class Pool:
    """Weighted rows (n, BUCKETS) and their labels (n,); the local ones come first, with their ordinals (local,)."""

    rows: sparse.csr_array
    labels: NDArray[np.bool_]
    ordinals: NDArray[np.int32]  # of the local ones

    @property
    def local(self) -> int:
        """How many of the rows are coded here."""
        return len(self.ordinals)

    @property
    def positives(self) -> int:
        return int(self.labels.sum())

    @property
    def negatives(self) -> int:
        return len(self.labels) - self.positives


def pool(dataset: datasets.TrainingSet, arrays: Mapping[str, NDArray[np.generic]], linked: TrainingRows | None) -> Pool:
    """Put linked rows under the local ones, weighed as if their documents stood in this very index.

    ``arrays`` are the index's. A row's values depend on its counts and the index's rarities alone, so a linked row
    equals, to the bit, the row that its document has where it is coded locally.
    """
    local = indexing.matrix(arrays)[dataset.ordinals]
    if linked is None:
        return Pool(local, dataset.labels, dataset.ordinals)
    beside = features.weigh(linked.counts, arrays["idf"].astype(np.float32, copy=False))
    return Pool(stack([local, beside]), np.concatenate([dataset.labels, linked.labels]), dataset.ordinals)


def linked_rows(project: Project) -> TrainingRows | None:
    """The rows of the project's linked model, if it has one; raises what opening it raises."""
    return links.rows(project) if project.linked_model_id else None
