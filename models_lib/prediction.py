"""Prediction: what one version says of texts; the same version and text give the same bytes at any time (U-07).

A version brings everything it needs: its model, and the rarities of words in the index that it was trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from models_lib.models import ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.domain import projects
from reviewapp.errors import Conflict
from training.core import features
from training.core.relevance import RelevanceModel, score
from training.tokenizing import tokenizer

PLACES = 6  # decimals of a probability


@dataclass(frozen=True)
class Predictor:
    """One version, ready for texts."""

    labels: tuple[str, ...]
    model: RelevanceModel
    idf: NDArray[np.float32]

    def scores(self, texts: Sequence[str], titles: Sequence[str] | None = None) -> NDArray[np.float32]:
        """The probability of each label for each text: (texts, labels), 0..1."""
        counts = tokenizer().count(titles if titles is not None else [""] * len(texts), texts)
        return score(features.weigh(counts, self.idf), self.model)[:, None]

    def predict(self, texts: Sequence[str], titles: Sequence[str] | None = None) -> list[dict[str, float]]:
        """For each text the probability of each label, rounded to :data:`PLACES` decimals."""
        rows = self.scores(texts, titles).astype(np.float64).round(PLACES).tolist()
        return [dict(zip(self.labels, row, strict=True)) for row in rows]


def predictor(version: ModelVersion) -> Predictor:
    """The version, loaded; raises :class:`Conflict` when retention has dropped its payload."""
    if not version.artifact:
        raise Conflict(f"The payload of version {version.number} was not kept. Only pinned versions are.")
    labels = tuple(version.labels) or (projects.positive(version.project),)
    return _loaded(version.artifact, _weighting(version), labels)


def predict(version: ModelVersion, texts: Sequence[str], titles: Sequence[str] | None = None) -> list[dict[str, float]]:
    """As :meth:`Predictor.predict`, by this version."""
    return predictor(version).predict(texts, titles)


def _weighting(version: ModelVersion) -> str:
    """The file with the rarities; versions that were trained before it was kept apart read them from their index."""
    return version.weighting or (version.index.artifact if version.index else "")


@lru_cache(maxsize=16)
def _loaded(artifact: str, weighting: str, labels: tuple[str, ...]) -> Predictor:
    artifacts = Artifacts(settings.ARTIFACTS_DIR)
    idf = np.array(artifacts.read(weighting)["idf"])
    return Predictor(labels, RelevanceModel.from_arrays(artifacts.read(artifact)), idf)
