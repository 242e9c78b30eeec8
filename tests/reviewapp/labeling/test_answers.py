"""An annotator's answer against the config and the text."""

from typing import Any

import pytest

from reviewapp.labeling import answers, read
from reviewapp.labeling.answers import Document, InvalidAnswer
from tests.reviewapp.labeling.samples import MIXED

TEXT = "Aspirin eased the 😀 headache, no fever."
CONFIG = read(MIXED)
DOCUMENT = Document.of(CONFIG, TEXT, "Note")


def span(words: str, label: str, name: str) -> dict[str, Any]:
    start = TEXT.index(words)
    value = {"start": start, "end": start + len(words), "text": words, "labels": [label]}
    return {"id": name, "type": "labels", "from_name": "label", "to_name": "text", "value": value}


def about(name: str, choice: str = "Mild") -> dict[str, Any]:
    return {"id": name, "type": "choices", "from_name": "severity", "to_name": "text", "value": {"choices": [choice]}}


def whole(*choices: str, group: str = "gender") -> dict[str, Any]:
    return {"type": "choices", "from_name": group, "to_name": "text", "value": {"choices": list(choices)}}


def relation(source: str, target: str, label: str = "treats") -> dict[str, Any]:
    return {"type": "relation", "from_id": source, "to_id": target, "direction": "right", "labels": [label]}


DRUG, SYMPTOM = span("Aspirin", "Drug", "d"), span("headache", "Symptom", "s")
FULL = [about("d"), DRUG, SYMPTOM, about("s", "Severe"), relation("d", "s"), whole("Female")]


def faults(*given: Any, finished: bool = False) -> list[str]:
    with pytest.raises(InvalidAnswer) as refused:
        answers.read(CONFIG, DOCUMENT, list(given), finished=finished)
    return [fault.message for fault in refused.value.faults]


def test_a_full_answer_is_kept_in_its_order_with_what_is_said_about_each_span() -> None:
    kept = answers.read(CONFIG, DOCUMENT, FULL)
    assert [result["type"] for result in kept] == ["choices", "labels", "labels", "choices", "relation", "choices"]
    assert kept[0]["value"] == {"start": 0, "end": 7, "text": "Aspirin", "choices": ["Mild"]}
    assert answers.read(CONFIG, DOCUMENT, kept) == kept


def test_offsets_count_code_points() -> None:
    kept = answers.read(CONFIG, DOCUMENT, [SYMPTOM], finished=False)
    assert TEXT[kept[0]["value"]["start"] : kept[0]["value"]["end"]] == "headache"


def test_what_nobody_asked_for_is_left_out() -> None:
    noisy = {**DRUG, "score": 0.5, "value": {**DRUG["value"], "confidence": 0.5}}
    assert answers.read(CONFIG, DOCUMENT, [noisy], finished=False) == [DRUG]


def test_spans_may_overlap_and_lie_upon_each_other() -> None:
    upon = [DRUG, span("Aspirin eased", "Symptom", "x"), span("Aspirin", "Absent", "y")]
    assert answers.read(CONFIG, DOCUMENT, upon, finished=False) == upon


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**DRUG, "value": {**DRUG["value"], "text": "Ibuprofen"}}, "where the text says “Aspirin”"),
        ({**DRUG, "value": {**DRUG["value"], "end": 99}}, "lies from 0 to 99; the text has 39 characters"),
        ({**DRUG, "value": {**DRUG["value"], "start": 7}}, "lies from 7 to 7"),
        ({**DRUG, "value": {**DRUG["value"], "start": True}}, "as whole numbers"),
        ({**DRUG, "value": None}, "needs a “value”"),
        ({**DRUG, "id": ""}, "needs an id of its own"),
        ({**DRUG, "id": "<script>"}, "needs an id of its own"),
        ({**DRUG, "from_name": "nothing"}, "comes from “nothing”"),
        ({**DRUG, "to_name": "title"}, "“label” is about “text”"),
        ({**DRUG, "type": "rectangle"}, "has the type “rectangle”"),
        ({**DRUG, "type": ["labels"]}, "has the type"),
        (span("Aspirin", "Dose", "d"), "“Dose” is not a label of “label”"),
        (whole("Other"), "“Other” is not a choice of “gender”"),
        (whole("Female", "Male"), "“gender” takes one"),
        (whole(), "needs a choice"),
        (about("nobody"), "names no span"),
        (relation("d", "s"), "joins a span that is not there"),
    ],
)
def test_what_is_wrong_with_a_result_is_said_with_its_place(given: dict[str, Any], said: str) -> None:
    [fault] = faults(given)
    assert said in fault
    assert " 1 " in fault


def test_relations_join_two_different_spans_as_the_config_allows() -> None:
    assert "“treats” does not join Symptom with Drug" in faults(DRUG, SYMPTOM, relation("s", "d"))[0]
    assert "with itself" in faults(DRUG, relation("d", "d"))[0]
    assert "“causes” is not a relation" in faults(DRUG, SYMPTOM, relation("d", "s", "causes"))[0]


def test_nothing_is_said_twice() -> None:
    assert "is there twice" in faults(DRUG, {**DRUG, "id": "other"})[0]
    assert "needs an id of its own" in faults(DRUG, {**SYMPTOM, "id": "d"})[0]
    assert "answers “gender” again" in faults(whole("Male"), whole("Female"))[0]


def test_every_fault_is_told_at_once_with_the_span_it_is_about() -> None:
    with pytest.raises(InvalidAnswer) as refused:
        answers.read(CONFIG, DOCUMENT, [{**DRUG, "from_name": "x"}, {**SYMPTOM, "to_name": "y"}])
    assert [fault.region for fault in refused.value.faults] == ["d", "s"]


def test_what_is_required_is_asked_for_only_at_the_end() -> None:
    assert answers.read(CONFIG, DOCUMENT, [DRUG], finished=False) == [DRUG]
    [missing] = faults(DRUG, finished=True)
    assert missing == "Drug “Aspirin”: How bad?"


def test_a_span_that_says_something_about_another_needs_no_answer_of_its_own() -> None:
    absent = span("Aspirin", "Absent", "a")
    assert answers.read(CONFIG, DOCUMENT, [DRUG, about("d"), absent])


def test_only_what_still_fits_is_usable() -> None:
    assert answers.usable(CONFIG, DOCUMENT, [DRUG, span("fever", "Dose", "x"), relation("d", "x")]) == [DRUG]
    assert answers.usable(CONFIG, DOCUMENT, "nonsense") == []


def test_size_is_bounded() -> None:
    assert "at most 10,000" in faults(*[DRUG] * 10_001)[0]
    assert "bytes" in faults({**DRUG, "id": "x" * (5 << 20)})[0]


def test_an_answer_is_a_list_of_objects() -> None:
    for given in list[Any]([None, {}, "text", [1], [None]]):
        with pytest.raises(InvalidAnswer):
            answers.read(CONFIG, DOCUMENT, given)


def test_what_an_answer_uses_is_named_with_its_set() -> None:
    assert answers.used(FULL) == {
        ("severity", "Mild"),
        ("severity", "Severe"),
        ("label", "Drug"),
        ("label", "Symptom"),
        ("", "treats"),
        ("gender", "Female"),
    }
    assert answers.used(FULL) <= answers.offered(CONFIG)
