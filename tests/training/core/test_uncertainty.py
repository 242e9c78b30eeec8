"""Least confidence, and several models together."""

import numpy as np
import pytest

from training.core.uncertainty import of_choices, of_sequences, order, together


def test_a_tagging_with_little_chance_is_uncertain() -> None:
    chances = np.array([1.0, 0.5, 1e-300])
    np.testing.assert_allclose(of_sequences(np.log(chances), np.array([3, 3, 3])), 1 - chances)


def test_normalized_the_chance_a_token_counts_and_not_the_length() -> None:
    logs, tokens = np.log(np.array([0.5**10, 0.4])), np.array([10, 1])
    assert order(of_sequences(logs, tokens)).tolist() == [0, 1]
    assert order(of_sequences(logs, tokens, normalized=True)).tolist() == [1, 0]
    np.testing.assert_allclose(of_sequences(logs, tokens, normalized=True), [0.5, 0.6])


def test_a_sentence_without_tokens_is_certain() -> None:
    assert of_sequences(np.array([0.0]), np.array([0]), normalized=True).tolist() == [0.0]


@pytest.mark.parametrize(("multiple", "unsure"), [(False, [0.1, 0.5, 0.6]), (True, [0.1, 0.5, 0.4])])
def test_a_classifier_is_unsure_of_its_best_class_or_of_any_of_several(multiple: bool, unsure: list[float]) -> None:
    chances = np.array([[0.9, 0.1], [0.5, 0.5], [0.4, 0.35]])
    np.testing.assert_allclose(of_choices(chances, multiple=multiple), unsure)
    assert of_choices(np.zeros((2, 0)), multiple=multiple).tolist() == [0, 0]


def test_several_models_count_alike_however_sure_they_are() -> None:
    tagger, classifier = np.array([0.99, 0.98, 0.97]), np.array([0.0, 0.001, 0.5])
    np.testing.assert_allclose(together([tagger, classifier]), [0.5, 0.5, 0.5])
    np.testing.assert_allclose(together([tagger]), [1, 0.5, 0])
    assert together([np.array([0.3])]).tolist() == [0]
    assert together([]).tolist() == []


def test_equals_stay_in_their_order() -> None:
    assert order(np.array([0.2, 0.5, 0.2, 0.5])).tolist() == [1, 3, 0, 2]
