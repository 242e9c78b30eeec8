"""How dear it is to index, learn and rank: ``python -m tests.bench.learning --documents 10000 100000 1000000``.

Documents are made up: words drawn by Zipf's law, a planted topic in the relevant ones. All times are CPU seconds of
this process. Two floors are measured in the same run over the same arrays: what it takes to read them once, and what
STREAM's copy makes of them, the usual measure of a machine's memory bandwidth (McCalpin 1995; bytes read and bytes
written both count, so reading once is half a copy).
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.core.features import document_frequencies, inverse_document_frequencies, weigh
from training.core.ranking import coverage, prioritized
from training.core.relevance import fit_relevance, score
from training.core.tokens import Tokenizer, stack

VOCABULARY = 200_000
TITLE_WORDS, TEXT_WORDS = 8, 55
TOPIC = [f"topic{number}" for number in range(20)]
RICHNESS = 0.05
CHUNK = 10_000
REPEATS = 9

Result = TypeVar("Result")


@dataclass(frozen=True)
class Figures:
    """One size, in CPU seconds unless the name says otherwise."""

    documents: int
    coded: int
    nonzeros_per_document: float
    tokenize_ms_per_document: float
    weigh_ms_per_document: float
    fit: float
    score: float
    orders: float
    retrain: float
    read_floor: float
    score_over_read_floor: float
    score_over_stream: float
    score_ns_per_nonzero: float
    retrain_us_per_document: float
    peak_rss_mib: int


def measure(documents: int, coded: int = 1000) -> Figures:
    """Index, fit on the first ``coded`` documents, score and order all of them."""
    labels = np.random.default_rng(1).random(documents) < RICHNESS
    counts, tokenizing = _index(labels)
    values, weighing = _timed(
        lambda: weigh(counts, inverse_document_frequencies(document_frequencies(counts), documents))
    )
    rows = np.arange(coded)
    model, fitting = _fastest(lambda: fit_relevance(values[rows], labels[rows]))
    scores, scoring = _fastest(lambda: score(values, model))
    open_ = np.ones(documents, bool)
    open_[rows] = False
    _, ordering = _fastest(lambda: (prioritized(scores, open_), coverage(scores, open_)))
    _, reading = _fastest(lambda: _read(values))
    space = np.empty_like(values.data), np.empty_like(values.indices)
    _, copying = _fastest(lambda: _copy(values, *space))
    return Figures(
        documents=documents,
        coded=coded,
        nonzeros_per_document=values.nnz / documents,
        tokenize_ms_per_document=1000 * tokenizing / documents,
        weigh_ms_per_document=1000 * weighing / documents,
        fit=fitting,
        score=scoring,
        orders=ordering,
        retrain=fitting + scoring + ordering,
        read_floor=reading,
        score_over_read_floor=scoring / reading,
        score_over_stream=scoring / (copying / 2),
        score_ns_per_nonzero=1e9 * scoring / values.nnz,
        retrain_us_per_document=1e6 * (scoring + ordering) / documents,
        peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def made_up(labels: NDArray[np.bool_], seed: int = 0) -> Iterator[tuple[list[str], list[str]]]:
    """Titles and texts for the labels, a chunk at a time."""
    random = np.random.default_rng(seed)
    letters = random.integers(0, 26, (VOCABULARY, 9)) + ord("a")
    lengths = random.integers(2, 10, VOCABULARY)
    vocabulary = np.array([bytes(word[:n]).decode() for word, n in zip(letters.astype(np.uint8), lengths, strict=True)])
    weights = np.cumsum(1 / np.arange(1, VOCABULARY + 1))
    for start in range(0, len(labels), CHUNK):
        chunk = labels[start : start + CHUNK]
        drawn = np.searchsorted(weights, random.random((len(chunk), TITLE_WORDS + TEXT_WORDS)) * weights[-1])
        words = vocabulary[drawn].tolist()
        for document in np.flatnonzero(chunk):
            words[document][-4:] = random.choice(TOPIC, 4).tolist()
        yield [" ".join(each[:TITLE_WORDS]) for each in words], [" ".join(each[TITLE_WORDS:]) for each in words]


def _index(labels: NDArray[np.bool_]) -> tuple[sparse.csr_array, float]:
    tokenizer = Tokenizer(b"bench")
    blocks, seconds = [], 0.0
    for titles, texts in made_up(labels):
        started = time.process_time()
        blocks.append(tokenizer.count(titles, texts))
        seconds += time.process_time() - started
    return stack(blocks), seconds


def _read(values: sparse.csr_array) -> int:
    return int(np.bitwise_or.reduce(values.data.view(np.int32)) | np.bitwise_or.reduce(values.indices))


def _copy(values: sparse.csr_array, data: NDArray[np.float32], indices: NDArray[np.int32]) -> None:
    np.copyto(data, values.data)
    np.copyto(indices, values.indices)


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


def _fastest(work: Callable[[], Result]) -> tuple[Result, float]:
    return min((_timed(work) for _ in range(REPEATS)), key=lambda timed: timed[1])


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--coded", type=int, default=1000)
    options = parser.parse_args(arguments)
    found = [asdict(measure(documents, options.coded)) for documents in options.documents]
    for name in found[0]:
        print(f"{name:26}", *(f"{figures[name]:>14,.4g}" for figures in found))
    print(json.dumps({"sizes": found}))


if __name__ == "__main__":
    main(sys.argv[1:])
