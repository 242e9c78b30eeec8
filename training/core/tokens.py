"""Texts in, keyed token counts out: what the classification index knows about a document.

Words are the lower-cased runs of two or more letters, digits or underscores (``\\b\\w\\w+\\b``); a character of a
script written without spaces is a word of its own. Each word, and each pair of neighbours, is counted under the
keyed hash of what it says, so that nobody without the key can read a word back or test a guess.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

BUCKETS = 2**18
BUCKET_BITS = 18
CACHED_TOKENS = 2**19
LONGEST_CACHED_TOKEN = 64
CHARACTERS_AT_A_TIME = 2**22
MOST_COUNTED = np.iinfo(np.uint16).max

Piece = tuple[Sequence[str], Sequence[str]]
Occurrences = tuple[NDArray[np.uint64], NDArray[np.int64]]

# Id 0 stands for what is not a token; the keyed hash of a real one is moved off it.
NOT_A_TOKEN = 0

_GOLDEN, _SPLIT_ONE, _SPLIT_TWO = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB

# Thai and Lao, Myanmar, Khmer; kana; Han.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORDS = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]{{2,}}")
_ASCII_WORDS = re.compile(r"[0-9a-z_]+")
# What normalization may change together: nothing joins an ASCII character to what stands before it.
_CHANGEABLE = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
_ASCII_SPACES = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}


def words(text: str) -> list[str]:
    """Split a text into lower-case words; single letters may be among them and are dropped when ids are taken."""
    if text.isascii():
        # Four times as fast as the regular expression and equal to it on ASCII.
        return text.lower().translate(_ASCII_SPACES).split()
    return _WORDS.findall(unicodedata.normalize("NFKC", text).lower())


@dataclass(frozen=True)
class Place:
    """Where a word or a word pair stands in a text as it was written, and the bucket that counts it."""

    said: str
    start: int
    end: int
    bucket: int


def located(text: str) -> list[tuple[str, int, int]]:
    """The same words as :func:`words`, each with where it starts and ends in the text as it was written."""
    if text.isascii():
        return [(found[0], found.start(), found.end()) for found in _ASCII_WORDS.finditer(text.lower())]
    normal, starts, ends = _normalized(text)
    return [(m[0], starts[m.start()], ends[m.end() - 1]) for m in _WORDS.finditer(normal)]


class TokenIds(dict[str, int]):
    """The 64-bit keyed id of every token seen lately: one BLAKE2b per distinct token, forgotten when full."""

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self._hash = blake2b(key=key, digest_size=8)

    def __missing__(self, token: str) -> int:
        token_id = self._id(token)
        if len(token) <= LONGEST_CACHED_TOKEN:
            if len(self) >= CACHED_TOKENS:
                self.clear()
            self[token] = token_id
        return token_id

    def _id(self, token: str) -> int:
        if len(token) < 2 and token.isascii():
            return NOT_A_TOKEN
        state = self._hash.copy()
        state.update(token.encode("utf-8", "surrogatepass"))
        return int.from_bytes(state.digest(), "little") or 1


class Tokenizer:
    """Counts keyed tokens; one key always gives the same ids, another key gives unrelated ones.

    ``key`` is at most 64 bytes of secret.
    """

    def __init__(self, key: bytes) -> None:
        self._ids = TokenIds(key)

    def count(self, titles: Sequence[str], texts: Sequence[str]) -> sparse.csr_array:
        """Count the words and word pairs of each document, its title twice.

        Returns an (n, BUCKETS) matrix of uint16 counts that stop at 65,535, with sorted int32 indices in each row.
        """
        if len(titles) != len(texts):
            raise ValueError(f"{len(titles)} titles for {len(texts)} texts")
        chunks = [self._count_chunk(titles[start:stop], texts[start:stop]) for start, stop in _chunks(titles, texts)]
        return stack(chunks)

    def count_common(self, pieces: Callable[[], Iterable[Piece]], below: int) -> sparse.csr_array:
        """As :meth:`count`, without the words and word pairs that stand in fewer than ``below`` of all the documents.

        What is rare is the word, not its bucket: a word that shares it keeps its own counts. ``pieces`` gives titles
        and texts, piece by piece, and is asked twice.
        """
        common = _common((self._occurrences(titles, texts) for titles, texts in pieces()), below)
        chunks = []
        for titles, texts in pieces():
            ids, segments = self._occurrences(titles, texts)
            kept = np.isin(ids, common)
            chunks.append(_tally(ids[kept], segments[kept], documents=len(titles)))
        return stack(chunks)

    def terms(self, title: str, text: str) -> dict[str, int]:
        """The words and word pairs of one document and the bucket of each, to say in words what weighed in a score."""
        found: dict[str, int] = {}
        for part in (title, text):
            kept = [word for word in words(part) if self._ids[word] != NOT_A_TOKEN]
            ids = np.fromiter(map(self._ids.__getitem__, kept), np.uint64, count=len(kept))
            found.update(zip(kept, _buckets(ids).tolist(), strict=True))
            pairs = (f"{first} {second}" for first, second in pairwise(kept))
            found.update(zip(pairs, _buckets(_mix(ids[:-1], ids[1:])).tolist(), strict=True))
        return found

    def places(self, text: str) -> list[Place]:
        """Every word and word pair of a text, to mark in it what weighed in a score."""
        kept = [found for found in located(text) if self._ids[found[0]] != NOT_A_TOKEN]
        ids = np.fromiter((self._ids[word] for word, _, _ in kept), np.uint64, count=len(kept))
        singles, doubles = _buckets(ids).tolist(), _buckets(_mix(ids[:-1], ids[1:])).tolist()
        found = [Place(word, start, end, bucket) for (word, start, end), bucket in zip(kept, singles, strict=True)]
        for (one, other), bucket in zip(pairwise(kept), doubles, strict=True):
            found.append(Place(f"{one[0]} {other[0]}", one[1], other[2], bucket))
        return found

    def _count_chunk(self, titles: Sequence[str], texts: Sequence[str]) -> sparse.csr_array:
        return _tally(*self._occurrences(titles, texts), documents=len(titles))

    def _occurrences(self, titles: Sequence[str], texts: Sequence[str]) -> Occurrences:
        """The id of every word and word pair, and the segment that each stands in, as :meth:`_flatten` says."""
        ids, segments = self._flatten(titles, texts)
        neighbours = segments[1:] == segments[:-1]
        pairs = _mix(ids[:-1][neighbours], ids[1:][neighbours])
        return np.concatenate([ids, pairs]), np.concatenate([segments, segments[:-1][neighbours]])

    def _flatten(self, titles: Sequence[str], texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Token ids in reading order and the segment of each: 2 i for document i's title, 2 i + 1 for its text."""
        flat: list[str] = []
        lengths = np.empty(2 * len(titles), np.int64)
        for position, part in enumerate(part for pair in zip(titles, texts, strict=True) for part in pair):
            found = words(part)
            lengths[position] = len(found)
            flat += found
        ids = np.fromiter(map(self._ids.__getitem__, flat), np.uint64, count=len(flat))
        segments = np.repeat(np.arange(len(lengths)), lengths)
        kept = ids != NOT_A_TOKEN
        return ids[kept], segments[kept]


def _common(pieces: Iterable[Occurrences], below: int) -> NDArray[np.uint64]:
    """The ids that occur in at least so many documents."""
    seen, times = np.empty(0, np.uint64), np.empty(0, np.int64)
    for ids, segments in pieces:
        order = np.lexsort((segments, ids))
        tokens, documents = ids[order], segments[order] >> 1
        first = np.ones(len(tokens), bool)
        first[1:] = (tokens[1:] != tokens[:-1]) | (documents[1:] != documents[:-1])
        found, counts = np.unique(tokens[first], return_counts=True)
        seen, place = np.unique(np.concatenate([seen, found]), return_inverse=True)
        times = np.bincount(place, np.concatenate([times, counts]), len(seen)).astype(np.int64)
    return seen[times >= below]


def stack(blocks: Sequence[sparse.csr_array]) -> sparse.csr_array:
    """Put blocks of counted documents under each other."""
    if not blocks:
        return sparse.csr_array((np.empty(0, np.uint16), np.empty(0, np.int32), np.zeros(1, np.int32)), (0, BUCKETS))
    return blocks[0] if len(blocks) == 1 else sparse.csr_array(sparse.vstack(blocks, format="csr"))


def _normalized(text: str) -> tuple[str, list[int], list[int]]:
    """The text as :func:`words` reads it, and where each of its characters starts and ends in the original."""
    pieces: list[tuple[str, int, int]] = []
    done = 0
    for changeable in _CHANGEABLE.finditer(text):
        pieces += [(text[at], at, at + 1) for at in range(done, changeable.start())]
        pieces += _normalized_piece(changeable[0], changeable.start())
        done = changeable.end()
    pieces += [(text[at], at, at + 1) for at in range(done, len(text))]
    normal = "".join(piece for piece, _, _ in pieces).lower()
    lengths = [sum(len(character.lower()) for character in piece) for piece, _, _ in pieces]
    starts = [start for (_, start, _), length in zip(pieces, lengths, strict=True) for _ in range(length)]
    ends = [end for (_, _, end), length in zip(pieces, lengths, strict=True) for _ in range(length)]
    return normal, starts, ends


def _normalized_piece(piece: str, at: int) -> list[tuple[str, int, int]]:
    """Character by character where each is normalized by itself, else letters with their marks, else all at once."""
    whole = unicodedata.normalize("NFKC", piece)
    marks = [place for place, character in enumerate(piece) if place and not unicodedata.combining(character)]
    for cuts in (range(1, len(piece)), marks):
        edges = [0, *cuts, len(piece)]
        parts = [unicodedata.normalize("NFKC", piece[start:end]) for start, end in pairwise(edges)]
        if "".join(parts) == whole:
            return [(part, at + start, at + end) for part, (start, end) in zip(parts, pairwise(edges), strict=True)]
    return [(whole, at, at + len(piece))]


def _chunks(titles: Sequence[str], texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Runs of documents whose characters fit in memory many times over; a huge document is a run of its own."""
    start = characters = 0
    for position, (title, text) in enumerate(zip(titles, texts, strict=True)):
        characters += len(title) + len(text)
        if characters >= CHARACTERS_AT_A_TIME:
            yield start, position + 1
            start, characters = position + 1, 0
    if start < len(titles):
        yield start, len(titles)


def _mix(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The id of a word pair: an order-sensitive mix of two ids, finished as in splitmix64."""
    mixed: NDArray[np.uint64] = np.multiply(first, _GOLDEN, dtype=np.uint64)
    mixed += np.multiply(second ^ (second >> 29), _SPLIT_ONE, dtype=np.uint64)
    mixed = np.multiply(mixed ^ (mixed >> 30), _SPLIT_ONE, dtype=np.uint64)
    mixed = np.multiply(mixed ^ (mixed >> 27), _SPLIT_TWO, dtype=np.uint64)
    mixed ^= mixed >> 31
    return mixed


def _buckets(ids: NDArray[np.uint64]) -> NDArray[np.int64]:
    return (ids >> (64 - BUCKET_BITS)).astype(np.int64)


def _tally(ids: NDArray[np.uint64], segments: NDArray[np.int64], documents: int) -> sparse.csr_array:
    """Fold ids into buckets and count them by document; what stands in a title counts twice."""
    buckets = _buckets(ids)
    in_title = 1 - (segments & 1)
    # One integer per occurrence that sorts by document, then bucket, and carries its weight in the lowest bit.
    occurrences = ((segments >> 1 << BUCKET_BITS | buckets) << 1) | in_title
    occurrences.sort()
    cells = occurrences >> 1
    starts = np.flatnonzero(np.diff(cells, prepend=-1))
    counts = np.add.reduceat(1 + (occurrences & 1), starts) if len(starts) else np.empty(0, np.int64)
    firsts = cells[starts]
    lengths = np.bincount(firsts >> BUCKET_BITS, minlength=documents)
    return sparse.csr_array(
        (
            np.minimum(counts, MOST_COUNTED).astype(np.uint16),
            (firsts & (BUCKETS - 1)).astype(np.int32),
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        ),
        shape=(documents, BUCKETS),
    )
