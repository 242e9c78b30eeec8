"""A trained model's content: rows in canonical order, read back only when every bound holds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from models_lib import payload
from reviewapp.errors import Damaged
from tests.training.core.collections import collection
from training.core.tokens import Tokenizer


def rows(documents: int = 40) -> payload.TrainingRows:
    made = collection(documents, relevant=10)
    return payload.digest(Tokenizer(b"k" * 32).count(made.titles, made.texts), made.labels)


def test_rows_come_back_as_they_were() -> None:
    """R-04: the payload decodes to keyed token counts for each training row, and documents by class."""
    before = rows()
    after = payload.from_bytes(payload.to_bytes(before))
    assert (after.counts.toarray() == before.counts.toarray()).all()
    assert (after.labels == before.labels).all()
    assert (after.positives, after.negatives) == (10, 30)
    assert after.vocabulary == len(set(before.counts.indices.tolist()))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_source_leaves_no_trace(seed: int) -> None:
    """D1: rows stand in an order that follows from what they say, so equal training makes equal bytes."""
    made = collection(30, relevant=8)
    counts = Tokenizer(b"k" * 32).count(made.titles, made.texts)
    order = np.random.default_rng(seed).permutation(30)
    shuffled = payload.digest(counts[order], made.labels[order])
    assert payload.to_bytes(shuffled) == payload.to_bytes(payload.digest(counts, made.labels))


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.pop("labels"),
        lambda a: a.update(more=np.zeros(1, np.uint8)),
        lambda a: a.update(labels=a["labels"].astype(np.int64)),
        lambda a: a.update(labels=a["labels"][:-1]),
        lambda a: a.update(labels=a["labels"] + np.uint8(2)),
        lambda a: a.update(indptr=a["indptr"][::-1].copy()),
        lambda a: a.update(indptr=a["indptr"] + 1),
        lambda a: a.update(buckets=a["buckets"][::-1].copy()),
        lambda a: a.update(buckets=a["buckets"] + np.int32(2**18)),
        lambda a: a.update(buckets=a["buckets"] - np.int32(2**18)),
        lambda a: a.update(counts=a["counts"] * np.uint16(0)),
        lambda a: a.update(counts=a["counts"].reshape(1, -1)),
    ],
)
def test_arrays_that_are_no_rows_are_refused(change) -> None:  # type: ignore[no-untyped-def]
    arrays = load(payload.to_bytes(rows()))
    change(arrays)
    with pytest.raises(Damaged):
        payload.from_bytes(save(arrays))


@given(st.binary(max_size=300))
def test_bytes_that_are_no_file_are_refused(data: bytes) -> None:
    with pytest.raises(Damaged):
        payload.from_bytes(data)
