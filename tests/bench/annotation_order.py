"""Does the queue's order teach more than chance? ``python -m tests.bench.annotation_order [--sentences 500]``.

Disease mentions (NCBI): fifty sentences by chance are annotated first; then a model learns, the next batch is what it
is least sure of (or chance again), and so on; the F1 at the end is measured on the test set with the same engine.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from statistics import mean

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from tests.bench.annotation import load, sentence
from training.core.evaluation import evaluate_spans
from training.core.ner.features import Features
from training.core.ner.model import Engine, NerModel, fit_ner
from training.core.ner.text import Span, sentences
from training.core.parameters import Parameters
from training.core.uncertainty import of_sequences, order

FEATURES = Features(b"replay")
FIRST, BATCH = 50, 50
PUBLISHED = {"random": 0.63, "least_confidence": 0.716, "normalized": 0.714}
PUBLISHED_MARGIN = 0.086
Annotated = list[tuple[str, list[Span]]]


def learn(pool: Annotated, test: Annotated, rule: str, until: int, seed: int, engine: Engine) -> float:
    """The F1 on the test set after so many sentences were annotated in the order of a rule."""
    chance = np.random.default_rng(seed).permutation(len(pool))
    known = chance[:FIRST]
    while len(known) < until:
        left = np.setdiff1d(chance, known, assume_unique=True)
        ahead = left if rule == "random" else left[order(unsure(fit(pool, known, engine), pool, left, rule))]
        known = np.concatenate([known, ahead[: min(BATCH, until - len(known))]])
    model = fit(pool, known, engine)
    readings = model.read([text for text, _ in test], FEATURES)
    found = [[Span(each.start, each.end, each.label) for each in reading.spans] for reading in readings]
    return evaluate_spans([spans for _, spans in test], found, ["Disease"]).micro.f1 or 0.0


def fit(pool: Annotated, known: NDArray[np.int64], engine: Engine) -> NerModel:
    """A model of what is annotated so far."""
    told = [pool[place] for place in known]
    return fit_ner([t for t, _ in told], [s for _, s in told], ["Disease"], FEATURES, Parameters(), engine)


def unsure(model: NerModel, pool: Annotated, left: NDArray[np.int64], rule: str) -> NDArray[np.float64]:
    """How unsure the model is of each sentence that is left."""
    texts = [pool[place][0] for place in left]
    chances = np.array([reading.confidence for reading in model.read(texts, FEATURES)])
    tokens = np.array([sum(len(each.words) for each in sentences(text)) for text in texts], np.int64)
    return of_sequences(np.log(np.maximum(chances, 1e-300)), tokens, normalized=rule == "normalized")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each rule and print the means as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=500)
    parser.add_argument("--pool", type=int, default=0, help="sentences to choose from; 0 is all")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--engine", choices=["crfsuite", "minibatch"], default="crfsuite")
    parser.add_argument("--rules", nargs="+", default=["random", "least_confidence"], help="also: normalized")
    asked = parser.parse_args(arguments)
    pool, test = ([sentence(row) for row in load(name)] for name in ("ncbi_train", "ncbi_test"))
    if asked.pool:
        pool = [pool[place] for place in np.random.default_rng(9).permutation(len(pool))[: asked.pool]]
    found, draws = {}, {}
    for rule in asked.rules:
        draws[rule] = each = [learn(pool, test, rule, asked.sentences, seed, asked.engine) for seed in asked.seeds]
        found[rule] = mean(each)
        print(f"{rule:18} {' '.join(f'{f1:.3f}' for f1 in each)}", file=sys.stderr)
    margin = interval(np.array(draws["least_confidence"]) - np.array(draws["random"]))
    said = {"sentences": asked.sentences, "draws": len(asked.seeds), "f1": found, "margin": margin}
    print(json.dumps({**said, "published": PUBLISHED}))


def interval(differences: NDArray[np.float64]) -> dict[str, float | None]:
    """Mean of the differences by draw with Student's 95 % interval; both orders start a draw alike, so they are paired.

    It takes the differences for a sample of a normal distribution; of one draw there is no interval.
    """
    middle, number = float(differences.mean()), len(differences)
    if number < 2:
        return {"mean": middle, "low": None, "high": None}
    half = float(t.ppf(0.975, number - 1) * differences.std(ddof=1) / np.sqrt(number))
    return {"mean": middle, "low": middle - half, "high": middle + half}


if __name__ == "__main__":
    main()
