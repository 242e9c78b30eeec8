"""Near-duplicates: documents that say the same words, whatever their order.

A document is the set of its words without stop words, numbers and the lines of a mail header. Two documents are
near-duplicates when the Jaccard index of their sets — words in both over words in either — is at least a threshold.
Candidates come from MinHash signatures (Broder 1997) cut into bands (Leskovec, Rajaraman, Ullman, "Mining of Massive
Datasets", 3.4); every candidate pair is then compared exactly. Groups are the connected components of what remains.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from training.core.tokens import TokenIds, words

THRESHOLD = 0.8
BANDS, ROWS = 25, 5  # a pair at the threshold meets in a band with 99.99 %, one at 0.5 with 55 % and is then compared
COMPARED = 20  # in one bucket each document is compared with so many before it
LARGEST = np.uint64(0xFFFFFFFFFFFFFFFF)
HEADER = re.compile(
    r"^[ \t>]*(from|to|cc|bcc|sent|date|subject|reply-to|message-id|importance|attachments?"
    r"|von|an|gesendet|datum|betreff|de|à|envoyé|objet|para|enviado|asunto)[ \t]*:.*$",
    re.IGNORECASE | re.MULTILINE,
)
NUMBER = re.compile(r"[\W_]*\d[\d\W_]*")


@dataclass(frozen=True)
class Sets:
    """Sorted word ids of each document, one after the other: document i holds ``ids[ends[i]:ends[i + 1]]``."""

    ids: NDArray[np.uint64]
    ends: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ends) - 1

    def of(self, document: int) -> NDArray[np.uint64]:
        """The words of one document."""
        return self.ids[self.ends[document] : self.ends[document + 1]]


def content_words(text: str) -> set[str]:
    """The words of a text that count: no header lines, no numbers, no stop words."""
    found = set(words(HEADER.sub(" ", text)))
    return {word for word in found if len(word) > 1 and word not in ENGLISH_STOP_WORDS and not NUMBER.fullmatch(word)}


def word_ids(said: set[str], ids: TokenIds) -> NDArray[np.uint64]:
    """Sorted keyed 64-bit ids of the words: nobody without the key can read a word back."""
    return np.unique(np.fromiter(map(ids.__getitem__, said), np.uint64, count=len(said)))


def signatures(sets: Sets, start: int, stop: int) -> NDArray[np.uint64]:
    """MinHash signatures (stop - start, BANDS * ROWS) of these documents; equal sets give equal rows."""
    found = np.full((stop - start, BANDS * ROWS), LARGEST, np.uint64)
    ids, ends = sets.ids[sets.ends[start] : sets.ends[stop]], sets.ends[start : stop + 1] - sets.ends[start]
    filled = np.flatnonzero(np.diff(ends))
    if len(filled):
        for place, (odd, add) in enumerate(_hashes()):
            mixed = (ids ^ add) * odd
            mixed ^= mixed >> np.uint64(29)
            mixed *= odd
            found[filled, place] = np.minimum.reduceat(mixed, ends[:-1][filled])
    return found


def candidates(signed: NDArray[np.uint64], documents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs (n, 2) of documents whose signatures agree in a whole band, each pair once."""
    found = [np.empty((0, 2), np.int64)]
    for band in range(BANDS):
        keys = _fold(signed[:, band * ROWS : (band + 1) * ROWS])
        order = np.argsort(keys, kind="stable")
        sorted_keys = keys[order]
        for step in range(1, COMPARED + 1):
            same = np.flatnonzero(sorted_keys[step:] == sorted_keys[:-step])
            if not len(same):
                break
            found.append(np.stack([order[same], order[same + step]], axis=1))
    pairs: NDArray[np.int64] = np.unique(np.sort(documents[np.concatenate(found)], axis=1), axis=0)
    return pairs


def similar(sets: Sets, pairs: NDArray[np.int64], threshold: float = THRESHOLD) -> NDArray[np.int64]:
    """Those of the pairs whose Jaccard index reaches the threshold, compared exactly."""
    sizes = np.diff(sets.ends)
    small, large = np.minimum(*sizes[pairs].T), np.maximum(*sizes[pairs].T)
    possible = pairs[(small >= threshold * large) & (small > 0)]  # the index is at most the smaller over the larger
    kept = [jaccard(sets.of(one), sets.of(other)) >= threshold for one, other in possible.tolist()]
    found: NDArray[np.int64] = possible[np.array(kept, bool)]
    return found


def jaccard(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    """Words in both over words in either, of two sorted sets."""
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both) if len(one) + len(other) else 0.0


def groups(sets: Sets, signed: NDArray[np.uint64]) -> NDArray[np.int32]:
    """The group of each document (n,): the lowest document in it; a document without a near-duplicate is its own."""
    first, pairs = _same(sets, signed)
    pairs = np.concatenate([pairs, similar(sets, candidates(signed[first], first))])
    links = sparse.coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(len(sets), len(sets)))
    _, labels = connected_components(links, directed=False)
    lowest = np.full(labels.max(initial=-1) + 1, len(sets), np.int32)
    np.minimum.at(lowest, labels, np.arange(len(sets), dtype=np.int32))
    grouped: NDArray[np.int32] = lowest[labels]
    return grouped


def _same(sets: Sets, signed: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One document of each distinct signature, and pairs that link the others to it where the sets are equal.

    Thousands of copies would fill every bucket; so they are one document from here on. Documents without a word are
    nobody's duplicate.
    """
    filled = np.flatnonzero(np.diff(sets.ends))
    if not len(filled):
        return filled, np.empty((0, 2), np.int64)
    keys = _fold(signed[filled])
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=keys[order][0] + np.uint64(1)))
    firsts = filled[order[starts]]
    owner = np.repeat(firsts, np.diff(np.append(starts, len(order))))
    others = filled[order]
    pairs = np.stack([owner, others], axis=1)[owner != others]
    return np.sort(firsts), similar(sets, pairs) if len(pairs) else pairs


def _fold(rows: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One 64-bit key of each row."""
    keys = np.zeros(len(rows), np.uint64)
    for column in rows.T:
        keys = (keys ^ column) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(32)
    return keys


def _hashes() -> Iterator[tuple[np.uint64, np.uint64]]:
    """Odd factors and masks of the hash functions, always the same ones."""
    random = np.random.Generator(np.random.PCG64(0))
    drawn: Sequence[NDArray[np.uint64]] = random.integers(0, LARGEST, (BANDS * ROWS, 2), np.uint64, endpoint=True)  # type: ignore[assignment]
    return ((np.uint64(odd | np.uint64(1)), np.uint64(add)) for odd, add in drawn)
