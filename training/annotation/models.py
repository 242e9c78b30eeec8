"""A model of any kind: the bytes it is kept as, and what it says about a task."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save
from scipy import sparse

from reviewapp.errors import Damaged
from reviewapp.labeling.references import KINDS
from training.annotation.plan import Wanted
from training.core.assertion import Contexts
from training.core.choices import ChoiceModel
from training.core.features import document_frequencies, inverse_document_frequencies, weigh
from training.core.ner.features import Features
from training.core.ner.model import NerModel
from training.core.tokens import BUCKETS, Tokenizer

ABOUT = "about"  # the array that holds what is no number, as JSON


class Keyed:
    """The three ways to look at a text with one key, which never leaves its instance."""

    def __init__(self, key: bytes) -> None:
        self.features = Features(key)
        self.contexts = Contexts(key)
        self.tokenizer = Tokenizer(key)


@dataclass(frozen=True)
class Weighting:
    """How rare each token was where a classifier learned: its training documents, and in how many a bucket occurs."""

    documents: int
    buckets: NDArray[np.int32]
    frequencies: NDArray[np.int32]

    @classmethod
    def of(cls, counts: sparse.csr_array) -> Self:
        """From counted documents (n, BUCKETS)."""
        frequencies = document_frequencies(counts)
        buckets = np.flatnonzero(frequencies).astype(np.int32)
        return cls(counts.shape[0], buckets, frequencies[buckets].astype(np.int32))

    def weigh(self, counts: sparse.csr_array) -> sparse.csr_array:
        """Counted documents as weighted rows."""
        frequencies = np.zeros(BUCKETS, np.int64)
        frequencies[self.buckets] = self.frequencies
        return weigh(counts, inverse_document_frequencies(frequencies, self.documents))


@dataclass(frozen=True)
class Model:
    """What one training made: the model that was wanted.

    ``weighting`` is a classifier's; ``about`` an assertion model's: the labels of the entities that it speaks about.
    """

    wanted: Wanted
    learned: NerModel | ChoiceModel
    weighting: Weighting | None = None
    about: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """As one safetensors file: arrays without code; the same model gives the same bytes."""
        arrays = self.learned.to_arrays()
        if self.weighting:
            numbers = np.array([self.weighting.documents], np.int64)
            arrays |= {"documents": numbers, "idf_buckets": self.weighting.buckets}
            arrays |= {"idf_frequencies": self.weighting.frequencies}
        wanted = self.wanted
        texts = {name: array.tolist() for name, array in arrays.items() if array.dtype.kind == "U"}
        said = {"kind": wanted.kind, "classes": wanted.classes, "group": wanted.group, "field": wanted.field}
        about = json.dumps({**said, "texts": texts, "about": self.about}, ensure_ascii=False, sort_keys=True).encode()
        numeric = {name: np.ascontiguousarray(array) for name, array in arrays.items() if array.dtype.kind != "U"}
        return save(numeric | {ABOUT: np.frombuffer(about, np.uint8)})

    @classmethod
    def from_bytes(cls, plain: bytes) -> Self:
        """Read what :meth:`to_bytes` wrote; raises :class:`Damaged` for anything else."""
        try:
            return cls._read(load(plain))
        except (SafetensorError, ValueError, KeyError, TypeError, IndexError) as problem:
            raise Damaged("The model cannot be read: it is not what a training of annotations wrote.") from problem

    @classmethod
    def _read(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        said = json.loads(arrays.pop(ABOUT).tobytes())
        if said["kind"] not in KINDS:
            raise ValueError(said["kind"])
        wanted = Wanted(said["kind"], tuple(said["classes"]), said["group"], said["field"])
        arrays |= {name: np.array(texts, np.str_) for name, texts in said["texts"].items()}
        if wanted.kind == "ner":
            return cls(wanted, NerModel.from_arrays(arrays))
        return cls(wanted, ChoiceModel.from_arrays(arrays), _weighting(arrays), tuple(said["about"]))


def _weighting(arrays: Mapping[str, NDArray[Any]]) -> Weighting | None:
    if "documents" not in arrays:
        return None
    return Weighting(int(arrays["documents"][0]), arrays["idf_buckets"], arrays["idf_frequencies"])


def counted(titles: Sequence[str], texts: Sequence[str], keyed: Keyed) -> sparse.csr_array:
    """The tokens of each document (n, BUCKETS)."""
    return keyed.tokenizer.count(titles, texts)
