"""CRFsuite behind the same two verbs as our own engine: L-BFGS on the whole likelihood, fast and plain."""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pycrfsuite
from numpy.typing import NDArray

from training.core.ner.linear_chain import Rows, Tagged
from training.core.parameters import Parameters

L1, L2 = 0.02, 0.05

_EPOCH = re.compile(r"\*+ Iteration #(\d+)")
_LOSS = re.compile(r"Loss: (\S+)")


@dataclass(frozen=True)
class CrfSuite:
    """A trained CRFsuite model as it is written to a file. Its attributes are keyed ids, its tags numbers."""

    model: NDArray[np.uint8]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays."""
        return {"model": self.model}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Read what ``to_arrays`` wrote."""
        return cls(arrays["model"])

    def tag(self, sentences: Sequence[Rows]) -> Iterator[Tagged]:
        """For each sentence its most probable tags (tokens,), the probability of each of them, and of all together."""
        for rows in sentences:
            self._tagger.set(_named(rows))
            tags = self._tagger.tag()
            sure = [self._tagger.marginal(tag, place) for place, tag in enumerate(tags)]
            yield np.array(tags, np.intp), np.array(sure), self._tagger.probability(tags)

    @cached_property
    def _bytes(self) -> bytes:
        return self.model.tobytes()

    @cached_property
    def _tagger(self) -> Any:
        tagger = pycrfsuite.Tagger()
        tagger.open_inmemory(self._bytes)  # which it reads from for as long as it lives, so they are kept
        return tagger


def fit(
    sentences: Sequence[Rows],
    tags: Sequence[NDArray[np.intp]],
    parameters: Parameters,
    report: Callable[[int, float], None] = lambda epoch, loss: None,
) -> CrfSuite:
    """Learn from sentences and the tags of their tokens; ``epochs`` are its passes over all of them, at most.

    ``report`` hears of each pass's loss, penalties included, a sentence. The same sentences in the same order give the
    same bytes.
    """
    trainer = _Trainer(len(sentences), report)
    trainer.select("lbfgs")
    trainer.set_params({"c1": L1, "c2": L2, "max_iterations": parameters.epochs, "feature.possible_transitions": True})
    for rows, told in zip(sentences, tags, strict=True):
        trainer.append(_named(rows), [str(tag) for tag in told])
    # It writes to a path only.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        trainer.train(str(path))
        return CrfSuite(np.frombuffer(path.read_bytes(), np.uint8))


class _Trainer(pycrfsuite.Trainer):  # type: ignore[misc]
    """Passes on what CRFsuite says of its progress; it says it in lines of text."""

    def __new__(cls, sentences: int, report: Callable[[int, float], None]) -> Self:
        made: Self = super().__new__(cls, verbose=False)
        return made

    def __init__(self, sentences: int, report: Callable[[int, float], None]) -> None:
        super().__init__(verbose=False)
        self._sentences, self._report, self._epoch = sentences, report, 0

    def message(self, message: str) -> None:
        if match := _EPOCH.match(message):
            self._epoch = int(match[1])
        elif (match := _LOSS.match(message)) and self._epoch:
            self._report(self._epoch, float(match[1]) / self._sentences)


def _named(rows: Rows) -> list[list[str]]:
    return [[f"{feature:x}" for feature in row] for row in rows]
