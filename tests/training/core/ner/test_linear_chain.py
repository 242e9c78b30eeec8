"""Our own CRF says what CRFsuite says of the same weights, and learns as well as it."""

import itertools
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pycrfsuite
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.core.notes import notes
from training.core.evaluation import evaluate_spans
from training.core.ner import crfsuite, linear_chain
from training.core.ner.features import Features
from training.core.ner.linear_chain import LinearChain, believe, decode, encode, path_scores
from training.core.ner.model import DEFAULT_ENGINE, ENGINES, Engine, NerModel, examples, fit_ner
from training.core.ner.text import Span
from training.core.parameters import Parameters

LABELS = ("Symptom", "Drug")
FEATURES = Features(b"a key")
FAST = Parameters(epochs=10)


def of_crfsuite(model: crfsuite.CrfSuite, number: int) -> LinearChain:
    """CRFsuite's own weights in our engine."""
    tagger = pycrfsuite.Tagger()
    tagger.open_inmemory(model.model.tobytes())
    info = tagger.info()
    features = np.unique(np.array([int(name, 16) for name, _ in info.state_features], np.uint64))
    weights, transitions = np.zeros((len(features), number), np.float32), np.zeros((number, number), np.float32)
    for (name, tag), weight in info.state_features.items():
        weights[np.searchsorted(features, np.uint64(int(name, 16))), int(tag)] = weight
    for (first, second), weight in info.transitions.items():
        transitions[int(first), int(second)] = weight
    return LinearChain(features, weights, transitions)


def test_the_same_weights_mean_the_same_likelihood_marginals_and_tags_as_in_crfsuite() -> None:
    found = examples(*notes(20), LABELS, FEATURES)
    theirs = crfsuite.fit(found.rows, found.tags, Parameters(epochs=15))
    unseen = examples(*notes(20, seed=1), LABELS, FEATURES).rows
    ours = of_crfsuite(theirs, max(int(tags.max()) for tags in found.tags) + 1)
    for (tags, sure, chance), (their_tags, their_sure, their_chance) in zip(
        ours.tag(unseen), theirs.tag(unseen), strict=True
    ):
        assert tags.tolist() == their_tags.tolist()
        np.testing.assert_allclose(sure, their_sure, rtol=1e-4, atol=1e-5)
        assert chance == pytest.approx(their_chance, rel=1e-3)


@st.composite
def chains(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.float64], linear_chain.Chains]:
    lengths = np.array(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)), np.int64)
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    width = draw(st.sampled_from([0.1, 3.0, 30.0]))
    scores, transitions = chance.normal(0, width, (int(lengths.sum()), 3)), chance.normal(0, width, (3, 3))
    return scores, transitions, linear_chain.Chains(encode([], np.empty(0, np.uint64)).rows, lengths)


@given(chains())
@settings(deadline=None)
def test_sums_marginals_and_best_paths_are_those_of_trying_every_path(
    drawn: tuple[NDArray[np.float64], NDArray[np.float64], linear_chain.Chains],
) -> None:
    scores, transitions, batch = drawn
    beliefs, best = believe(scores, transitions, batch), decode(scores, transitions, batch)
    pairs, start = np.zeros((3, 3)), 0
    for place, length in enumerate(batch.lengths):
        part = scores[start : start + length]
        paths = list(itertools.product(range(3), repeat=int(length)))
        sums = np.array(
            [
                sum(part[n, tag] for n, tag in enumerate(path))
                + sum(transitions[a, b] for a, b in itertools.pairwise(path))
                for path in paths
            ]
        )
        total = np.logaddexp.reduce(sums)
        assert beliefs.log_sums[place] == pytest.approx(total, rel=1e-9, abs=1e-9)
        chances = np.exp(sums - total)
        marginals = np.zeros((int(length), 3))
        for path, chance in zip(paths, chances, strict=True):
            marginals[range(int(length)), path] += chance
            for step in itertools.pairwise(path):
                pairs[step] += chance
        np.testing.assert_allclose(beliefs.tags[start : start + length], marginals, atol=1e-7)
        found = path_scores(best, scores, transitions, batch)[place]
        assert found == pytest.approx(sums.max(), rel=1e-9, abs=1e-9)
        start += int(length)
    np.testing.assert_allclose(beliefs.pairs, pairs, atol=1e-7)


@pytest.mark.parametrize("engine", ENGINES)
def test_planted_entities_are_found_in_texts_that_the_model_has_not_seen(engine: Engine) -> None:
    """J-05: spans in code points, with the confidence of each."""
    model = fit_ner(*notes(40), LABELS, FEATURES, Parameters(), engine)
    texts, spans = notes(30, seed=1)
    read = model.read(texts, FEATURES)
    found = [[Span(*each[:3]) for each in reading.spans] for reading in read]
    f1 = evaluate_spans(spans, found, LABELS).micro.f1
    assert f1 is not None
    assert f1 > 0.95
    assert all(0 < each.confidence <= 1 for reading in read for each in reading.spans)
    assert all(0 < reading.confidence <= 1 for reading in read)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_annotations_give_the_same_bytes_in_any_order(engine: Engine) -> None:
    """B-06."""
    texts, spans = notes(12)
    first = fit_ner(texts, spans, LABELS, FEATURES, FAST, engine).to_arrays()
    second = fit_ner(texts[::-1], spans[::-1], LABELS, Features(b"a key"), FAST, engine).to_arrays()
    assert {name: array.tobytes() for name, array in first.items()} == {
        name: array.tobytes() for name, array in second.items()
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_a_model_survives_as_arrays_and_holds_no_word(engine: Engine) -> None:
    texts, spans = notes(12)
    model = fit_ner(texts, spans, LABELS, FEATURES, FAST, engine)
    arrays = model.to_arrays()
    assert all(array.dtype.kind in "uifU" for array in arrays.values())
    again = NerModel.from_arrays(arrays)
    assert again.read(texts, FEATURES) == model.read(texts, FEATURES)
    everything = b"".join(array.tobytes() for array in arrays.values())
    for word in ("Zomepirac", "zomepirac", "patient", "fever"):
        assert word.encode() not in everything
        assert word.encode("utf-32-le") not in everything
    assert model.read(texts, Features(b"another key")) != model.read(texts, FEATURES)


@pytest.mark.parametrize(
    "changed",
    [{"epochs": 11}, {"learning_rate": 0.2}, {"decay": 0.5}, {"dropout": 0.0}, {"batch": 3}, {"seed": 1}],
)
def test_every_parameter_acts_in_the_engine_that_says_so(changed: dict[str, Any]) -> None:
    """J-14: the sixth, the validation split, decides what is held out and not how it is fitted."""
    texts, spans = notes(12)
    plain = fit_ner(texts, spans, LABELS, FEATURES, FAST, "minibatch").to_arrays()
    other = fit_ner(texts, spans, LABELS, FEATURES, replace(FAST, **changed), "minibatch").to_arrays()
    assert plain["weights"].tobytes() != other["weights"].tobytes()


def test_the_default_engine_heeds_epochs_and_says_that_it_heeds_no_rate() -> None:
    """J-14."""
    texts, spans = notes(12)
    models = {
        name: fit_ner(texts, spans, LABELS, FEATURES, parameters).to_arrays()["model"].tobytes()
        for name, parameters in {
            "plain": FAST,
            "epochs": replace(FAST, epochs=3),
            "rate": replace(FAST, learning_rate=0.9, decay=1, dropout=0.5, batch=1),
        }.items()
    }
    assert models["plain"] == models["rate"] != models["epochs"]
    effects = Counter(each["effect"] for each in FAST.record(DEFAULT_ENGINE).values())
    assert effects == {"used": 2, "recorded, no effect": 4}


@pytest.mark.parametrize("engine", ENGINES)
def test_each_epoch_is_reported_and_the_loss_falls(engine: Engine) -> None:
    heard: list[tuple[int, float]] = []
    fit_ner(*notes(12), LABELS, FEATURES, FAST, engine, lambda epoch, loss: heard.append((epoch, loss)))
    assert [epoch for epoch, _ in heard] == list(range(1, len(heard) + 1))
    assert heard[-1][1] < heard[0][1] / 2


@pytest.mark.parametrize(
    "parameters",
    [
        Parameters(epochs=3, learning_rate=1, decay=0, dropout=0, batch=1),
        Parameters(epochs=3, learning_rate=1, decay=10, dropout=0.9, batch=1024),
    ],
)
def test_the_ends_of_the_ranges_still_give_a_model(parameters: Parameters) -> None:
    texts, spans = notes(12)
    model = fit_ner(texts, spans, LABELS, FEATURES, parameters, "minibatch")
    assert isinstance(model.tagger, LinearChain)
    assert np.isfinite(model.tagger.weights).all()
    assert np.isfinite(model.tagger.transitions).all()
    assert model.read([*texts, "", " "], FEATURES)[-1].spans == ()
