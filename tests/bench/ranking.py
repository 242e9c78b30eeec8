"""How well the ranking finds what is relevant: ``python -m tests.bench.ranking [--batch 1 10 50] [--seeds 0 1 2]``.

Replays the labelled collections beside this repository and prints each beside ASReview's default model, ELAS u4:
the figures published for it in the shared notes, and with ``--peer`` those of the same recipe run here and now
(TF-IDF of word 1-2-grams, linear SVM with squared hinge loss, C 0.11, positives ten times as heavy).
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from reviewapp.management.commands.replay import REPLAY_KEY, Collection, read_collection
from training.core.features import document_frequencies, inverse_document_frequencies, weigh
from training.core.metrics import average_time_to_discovery, documents_to, work_saved
from training.core.replay import draw_priors, replay
from training.core.tokens import Tokenizer

COLLECTIONS = Path(__file__).parents[2].parent / "shared" / "data" / "tar"
PROCESSES = 2

# ATD % and WSS@95 of ELAS u4 at batch 1, seed 0, as published with the protocol.
PUBLISHED = {
    "CLEF2017_CD009551": (3.70, 85.6),
    "CLEF2017_CD007394": (4.32, 80.2),
    "Cohen_ProtonPumpInhibitors": (14.08, 44.4),
    "Kitchenham_2010": (8.63, 66.4),
    "Nagtegaal_2019": (8.54, 73.6),
    "Kwok_2020": (8.03, 70.4),
    "CLEF2017_CD010438": (3.32, 80.5),
    "CLEF2017_CD009372": (7.45, 71.2),
}


@dataclass(frozen=True)
class Run:
    model: str
    collection: str
    batch: int
    seed: int
    documents: int
    relevant: int
    atd_percent: float
    wss95: float
    docs_to_95: int
    docs_to_100: int


def run(model: str, name: str, batch: int, seed: int) -> Run:
    """Replay one collection with our trainer (``ours``) or with the peer's recipe (``u4``)."""
    collection = _read(name)
    priors = draw_priors(collection.labels, 1, 1, seed)
    read = (_ours if model == "ours" else _u4)(collection, priors, batch)
    return Run(
        model=model,
        collection=name,
        batch=batch,
        seed=seed,
        documents=len(read),
        relevant=int(read.sum()),
        atd_percent=average_time_to_discovery(read),
        wss95=work_saved(read, 95),
        docs_to_95=documents_to(read, 95),
        docs_to_100=documents_to(read, 100),
    )


@cache
def _read(name: str) -> Collection:
    return read_collection(COLLECTIONS / f"{name}.csv.gz", "title", "abstract", "label")


def _ours(collection: Collection, priors: NDArray[np.int32], batch: int) -> NDArray[np.bool_]:
    counts = Tokenizer(REPLAY_KEY).count(collection.titles, collection.texts)
    values = weigh(counts, inverse_document_frequencies(document_frequencies(counts), counts.shape[0]))
    return replay(values, collection.labels, priors, batch).relevant


def _u4(collection: Collection, priors: NDArray[np.int32], batch: int) -> NDArray[np.bool_]:
    labels = collection.labels
    texts = [f"{title} {text}" for title, text in zip(collection.titles, collection.texts, strict=True)]
    values = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_df=0.95).fit_transform(texts)
    coded = priors.tolist()
    while labels[coded].sum() < labels.sum():
        known = labels[coded]
        weights = np.where(known, 1.0, known.sum() / (9.8 * (~known).sum()))
        svm = LinearSVC(loss="squared_hinge", C=0.11, random_state=0)
        svm.fit(values[coded], known, sample_weight=weights * len(known) / weights.sum())
        margins = values @ svm.coef_[0]
        margins[coded] = -np.inf
        coded += np.argsort(-margins, kind="stable")[:batch].tolist()
    found = np.zeros(len(labels) - len(priors), bool)
    found[: len(coded) - len(priors)] = labels[coded[len(priors) :]]
    return found


def _table(runs: Sequence[Run], batch: int) -> str:
    """One line a collection: our mean over seeds, the peer's beside it, a mark where we are behind."""
    comparable = batch == 1 and {each.seed for each in runs} == {0}
    names = sorted({each.collection for each in runs})
    lines = [
        f"batch {batch}: {'collection':28}  ATD % ours    u4  publ.   WSS@95 ours    u4  publ.   docs to 95 % ours"
    ]
    for name in [*names, ""]:
        ours, theirs = (
            [
                each
                for each in runs
                if each.model == model and each.batch == batch and each.collection in (name or names)
            ]
            for model in ("ours", "u4")
        )
        published = PUBLISHED.get(name if comparable else "", (np.nan, np.nan))
        atd, peer_atd = _mean(ours, "atd_percent"), _mean(theirs, "atd_percent")
        wss, peer_wss = _mean(ours, "wss95"), _mean(theirs, "wss95")
        worse = "  behind" if atd > (peer_atd if theirs else published[0]) else ""
        lines.append(
            f"         {name or 'MEAN':28} {atd:11.2f} {peer_atd:6.2f} {published[0]:6.2f} {wss:13.1f} {peer_wss:6.1f} "
            f"{published[1]:6.1f} {_mean(ours, 'docs_to_95'):12.0f}{worse}"
        )
    return "\n".join(lines)


def _mean(runs: Sequence[Run], figure: str) -> float:
    return float(np.mean([getattr(each, figure) for each in runs])) if runs else np.nan


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, nargs="+", default=[1])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--collections", nargs="+", help="names without .csv.gz; all when left out")
    parser.add_argument("--peer", action="store_true", help="run the recipe of ELAS u4 as well")
    options = parser.parse_args(arguments)
    names = options.collections or sorted(path.name.removesuffix(".csv.gz") for path in COLLECTIONS.glob("*.csv.gz"))
    if not names:
        print(f"Skipped: there are no collections in {COLLECTIONS}.")
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    models = ["ours", "u4"] if options.peer else ["ours"]
    with ProcessPoolExecutor(PROCESSES) as pool:
        runs = list(pool.map(run, *zip(*product(models, names, options.batch, options.seeds), strict=True)))
    for batch in options.batch:
        print(_table(runs, batch))
    print(json.dumps({"runs": [asdict(each) for each in runs]}))


if __name__ == "__main__":
    main(sys.argv[1:])
