"""What is said about an entity, from the words around it."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from reviewapp.errors import NotEnoughTraining
from training.core.assertion import Contexts, Mention, Page, fit_assertion, seen
from training.core.choices import ChoiceModel
from training.core.cues import verdicts
from training.core.evaluation import evaluate_choices

REAL = Path(__file__).parents[3].parent / "shared" / "data" / "ner" / "negex_assertion.jsonl.gz"
CLASSES = ("Present", "Absent", "Past")
CONTEXTS = Contexts(b"a key")
FRAMES = {
    "Present": ["She reports {} today.", "The {} is worse at night.", "On admission {} was noted."],
    "Absent": ["She denies {} today.", "There was no {} at night.", "On admission {} was ruled out."],
    "Past": ["She had a history of {}.", "Previous {} with surgery.", "He had {} in the past."],
}
WORDS = ["fever", "chest pain", "nausea", "dry cough", "a rash", "joint stiffness"]


def mention(before: str, span: str, after: str = "") -> Mention:
    return Mention(before + span + after, len(before), len(before) + len(span))


def made(number: int, seed: int = 0) -> tuple[list[Mention], list[str]]:
    chance = np.random.default_rng(seed)
    said = [str(each) for each in chance.choice(CLASSES, number)]
    frames = [str(chance.choice(FRAMES[each])).split("{}") for each in said]
    return [mention(before, str(chance.choice(WORDS)), after) for before, after in frames], said


def kinds(before: str, span: str, after: str = "") -> set[str]:
    told = mention(before, span, after)
    return {word.removeprefix("rule ") for word in seen(told, Page.of(told.text))[1] if word.count(" ") == 1}


@pytest.mark.parametrize(
    ("before", "span", "after", "said"),
    [
        ("She denies fever, ", "cough", " or chills.", {"absent"}),
        ("She denies fever but has ", "cough", ".", {"silent"}),
        ("The ", "fracture", " was ruled out.", {"absent"}),
        ("There is no increase in ", "edema", ".", {"silent"}),
        ("History of ", "asthma", ".", {"past"}),
        ("Her mother had ", "diabetes", ".", {"other"}),
        ("Return if ", "fever", " recurs.", {"feared"}),
        ("CT to rule out ", "appendicitis", ".", {"possible"}),
        ("No change. The ", "mass", " is firm.", {"silent"}),
        ("", "Fever", "", {"silent"}),
    ],
)
def test_the_rule_says_what_cues_say_as_far_as_they_reach(before: str, span: str, after: str, said: set[str]) -> None:
    assert kinds(before, span, after) == said


def test_of_cues_that_begin_at_one_word_the_longest_counts() -> None:
    words = ["no", "evidence", "of", "pneumonia", ",", "history", "of", "asthma"]
    assert [(v.kind, v.side, v.distance) for v in verdicts(words[:4], 3, 4)] == [("absent", "before", 0)]
    assert [(v.kind, v.side, v.distance) for v in verdicts(words, 7, 8)] == [
        ("past", "before", 0),
        ("absent", "before", 4),
    ]


def test_the_heading_above_a_mention_and_its_edges_are_seen() -> None:
    told = mention("Plan: rest.\nPast History: ", "Asthma")
    words, _ = seen(told, Page.of(told.text))
    assert {"heading past", "heading history", "after edge", "inside asthma"} <= set(words)
    assert "heading plan" not in words


def test_what_is_planted_is_learned() -> None:
    model = fit_assertion(*made(60), CLASSES, CONTEXTS)
    unseen, said = made(60, seed=1)
    found = model.predict(CONTEXTS.rows(unseen))
    assert {len(each) for each in found} == {1}
    assert [next(iter(each)) for each in found] == said


def test_the_same_mentions_give_the_same_bytes_in_any_order() -> None:
    """B-06."""
    mentions, said = made(40)
    order = np.random.default_rng(3).permutation(40)
    first = fit_assertion(mentions, said, CLASSES, CONTEXTS).to_arrays()
    again = fit_assertion([mentions[i] for i in order], [said[i] for i in order], CLASSES, CONTEXTS).to_arrays()
    assert {name: array.tobytes() for name, array in first.items()} == {n: a.tobytes() for n, a in again.items()}
    read = ChoiceModel.from_arrays(first)
    assert [next(iter(each)) for each in read.predict(CONTEXTS.rows(mentions))] == said


def test_another_key_sees_unrelated_columns() -> None:
    """R-07: no word can be read back."""
    mentions, _ = made(20)
    ours, theirs = CONTEXTS.rows(mentions), Contexts(b"another").rows(mentions)
    assert set(np.unique(ours.indices)) != set(np.unique(theirs.indices))
    assert ours.nnz == theirs.nnz


def test_mentions_of_one_kind_alone_teach_nothing() -> None:
    with pytest.raises(NotEnoughTraining):
        fit_assertion([mention("No ", "fever")], ["Absent"], CLASSES, CONTEXTS)


def test_a_mention_without_words_or_behind_all_words_has_a_row() -> None:
    rows = CONTEXTS.rows([Mention("No fever.  ", 9, 11), Mention("fever", 1, 2)])
    assert rows.shape[0] == 2
    assert rows.nnz > 0
    assert CONTEXTS.rows([Mention("   ", 0, 1)]).nnz == 0


@pytest.mark.skipif(not REAL.exists(), reason=f"There is no {REAL}")
def test_on_real_notes_denied_findings_are_told_from_present_ones() -> None:
    with gzip.open(REAL, "rt", encoding="utf-8") as file:
        told = [json.loads(line) for line in file]
    mentions = [Mention(each["text"], each["start"], each["end"]) for each in told]
    said = [each["status"] for each in told]
    model = fit_assertion(mentions[:1000], said[:1000], CLASSES, CONTEXTS)
    found = model.predict(CONTEXTS.rows(mentions[1000:]))
    quality = evaluate_choices([[each] for each in said[1000:]], found, CLASSES)
    absent = next(label for label in quality.labels if label.label == "Absent")
    assert (quality.macro_f1 or 0) > 0.85
    assert (absent.f1 or 0) > 0.95
