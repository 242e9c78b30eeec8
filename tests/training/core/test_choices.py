"""Classifiers of one group of choices, over the rows of an index."""

import numpy as np
import pytest
from scipy import sparse

from reviewapp.errors import NotEnoughTraining
from training.core.choices import ChoiceModel, fit_choices
from training.core.features import document_frequencies, inverse_document_frequencies, weigh
from training.core.tokens import Tokenizer

WORDS = {"Child": "school playground toys", "Adult": "office commute mortgage", "Aged": "pension walker grandchildren"}
FILLER = "the patient was seen in the clinic today and feels well after some rest with no other complaint"
CLASSES = list(WORDS)


def texts(number: int, several: bool = False, seed: int = 0) -> tuple[sparse.csr_array, list[list[str]]]:
    """Rows of made-up texts, and the classes of which each holds a word."""
    chance = np.random.default_rng(seed)
    written, answers = [], []
    for _ in range(number):
        picked = list(chance.choice(CLASSES, int(chance.integers(0, 3)) if several else 1, replace=False))
        said = [str(word) for name in picked for word in chance.permutation(WORDS[name].split())[:2]]
        written.append(" ".join([*chance.choice(FILLER.split(), 12), *said]))
        answers.append([str(name) for name in picked])
    counts = Tokenizer(b"key").count([""] * number, written)
    return weigh(counts, inverse_document_frequencies(document_frequencies(counts), number)), answers


@pytest.mark.parametrize(("number", "share"), [(24, 0.7), (90, 0.9)])
def test_a_single_choice_is_exactly_one_class(number: int, share: float) -> None:
    """J-32."""
    rows, answers = texts(number + 60)
    model = fit_choices(rows[:number], answers[:number], CLASSES, multiple=False)
    found = model.predict(rows[number:])
    assert {len(each) for each in found} == {1}
    hits = [[*each] == said for each, said in zip(found, answers[number:], strict=True)]
    assert np.mean(hits) > share
    np.testing.assert_allclose(model.probabilities(rows[number:]).sum(axis=1), 1)


def test_a_multiple_choice_is_any_number_of_classes() -> None:
    """J-32."""
    rows, answers = texts(150, several=True)
    model = fit_choices(rows[:90], answers[:90], CLASSES, multiple=True)
    found = [set(each) for each in model.predict(rows[90:])]
    assert {len(each) for each in found} >= {0, 1, 2}
    assert np.mean([each == set(said) for each, said in zip(found, answers[90:], strict=True)]) > 0.8
    assert all(chance >= 0.5 for each in model.predict(rows[90:]) for chance in each.values())


@pytest.mark.parametrize("multiple", [False, True])
def test_the_same_answers_give_the_same_bytes_in_any_order(multiple: bool) -> None:
    """B-06."""
    rows, answers = texts(60, several=multiple)
    order = np.random.default_rng(5).permutation(60)
    first = fit_choices(rows, answers, CLASSES, multiple=multiple).to_arrays()
    second = fit_choices(rows[order], [answers[place] for place in order], CLASSES, multiple=multiple).to_arrays()
    assert {name: array.tobytes() for name, array in first.items()} == {
        name: array.tobytes() for name, array in second.items()
    }


@pytest.mark.parametrize("multiple", [False, True])
def test_a_model_survives_as_arrays(multiple: bool) -> None:
    rows, answers = texts(60, several=multiple)
    model = fit_choices(rows, answers, CLASSES, multiple=multiple)
    arrays = model.to_arrays()
    assert all(array.dtype.kind in "bifU" for array in arrays.values())
    assert ChoiceModel.from_arrays(arrays).predict(rows) == model.predict(rows)


def test_a_class_that_nobody_chose_can_be_declared_and_is_never_preferred() -> None:
    """U-25: a new label has not enough data, and breaks nothing."""
    rows, answers = texts(60)
    model = fit_choices(rows, answers, [*CLASSES, "Unknown"], multiple=False)
    assert "Unknown" not in {name for each in model.predict(rows) for name in each}


def test_the_larger_class_does_not_win_by_its_size() -> None:
    rows, answers = texts(200)
    children = [place for place, said in enumerate(answers) if said == ["Child"]]
    adults = [place for place, said in enumerate(answers) if said == ["Adult"]]
    picked = [*children[:4], *adults[:40]]
    model = fit_choices(rows[picked], [answers[place] for place in picked], ["Child", "Adult"], multiple=False)
    unseen = children[4:]
    assert np.mean([[*each] == ["Child"] for each in model.predict(rows[unseen])]) > 0.8


@pytest.mark.parametrize(
    ("answers", "multiple"), [([["Child"]] * 6, False), ([[]] * 6, True), ([["Child"]] * 6, True), ([], False)]
)
def test_too_few_kinds_of_answers_are_refused(answers: list[list[str]], multiple: bool) -> None:
    rows, _ = texts(6)
    with pytest.raises(NotEnoughTraining):
        fit_choices(rows[: len(answers)], answers, CLASSES, multiple=multiple)
