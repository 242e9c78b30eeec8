"""The demo collection keeps what it promises: the same for everybody, varied, threaded, copied, and with the truth."""

import hashlib
import json
import re
import sys
from collections import Counter, defaultdict
from dataclasses import asdict
from datetime import date
from itertools import combinations, islice, pairwise

import pytest

from reviewapp.demo.collection import QUESTION, DemoDocument, generate
from reviewapp.demo.records import HOSTILE

FIRST_FIFTY = "0bc1cf699bf8fdade2630fdeeb529114a2a2e9682ce615abe44ba4af75e0fba2"
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
QUOTE = re.compile(
    r"^(?:On \w{3}, .* wrote:|-----Original Message-----|---------- Forwarded message ----------)$", re.MULTILINE
)


@pytest.fixture(scope="module")
def documents() -> list[DemoDocument]:
    return list(generate())


def test_the_same_seed_gives_the_same_bytes_on_every_machine() -> None:
    """The hash was written down once; a change of the texts changes it, and then everybody's demo changes."""
    assert _digest(list(islice(generate(), 50))) == FIRST_FIFTY


def test_two_runs_agree_and_another_seed_does_not(documents: list[DemoDocument]) -> None:
    again = list(generate())
    assert again == documents
    assert _digest(list(generate(200, seed=8))) != _digest(list(generate(200, seed=7)))


@pytest.mark.parametrize("number", [1, 2, 7, 399, 401, 1000])
def test_as_many_documents_come_as_were_asked_for(number: int) -> None:
    made = list(generate(number))
    assert len(made) == number
    assert len({document.control_number for document in made}) == number
    assert all(document.text.strip() and document.title.strip() for document in made)
    sizes = Counter(document.metadata["thread"] for document in made if document.metadata["thread"])
    assert all(size >= 2 for size in sizes.values())


def test_documents_stream_without_making_all_of_them_first() -> None:
    first = next(generate(sys.maxsize))
    assert first.control_number == "HAL-000001"


@pytest.mark.parametrize("seed", [1, 7, 23])
def test_about_eight_percent_are_relevant(seed: int) -> None:
    made = list(generate(2400, seed))
    assert 0.06 <= sum(document.relevant for document in made) / len(made) <= 0.10


def test_topics_are_many_and_say_what_is_relevant(documents: list[DemoDocument]) -> None:
    topics = Counter(document.topic for document in documents)
    assert len(topics) >= 20
    assert max(topics.values()) < len(documents) / 8
    relevant = {document.topic for document in documents if document.relevant}
    irrelevant = {document.topic for document in documents if not document.relevant}
    # Minutes talk about everything; in some of them the matter is one item out of thirteen.
    assert relevant & irrelevant == {"minutes"}
    assert len(relevant) >= 6


def test_relevant_documents_are_easy_and_hard(documents: list[DemoDocument]) -> None:
    names = re.compile(r"HV-40|Brennick|crack|foundry|Lowmere", re.IGNORECASE)
    relevant = [document for document in documents if document.relevant]
    named = sum(bool(names.search(document.text)) for document in relevant) / len(relevant)
    assert 0.4 < named < 0.9
    named_elsewhere = sum(bool(names.search(document.text)) for document in documents if not document.relevant)
    assert named_elsewhere > len(relevant)


def test_answers_quote_the_mail_they_answer(documents: list[DemoDocument]) -> None:
    mails = {document.metadata["message_id"]: document for document in documents if document.metadata["message_id"]}
    answers = [document for document in documents if document.metadata["in_reply_to"]]
    assert len(answers) > 600
    for answer in answers:
        parent = mails[answer.metadata["in_reply_to"]]
        assert answer.metadata["thread"] == parent.metadata["thread"] != ""
        assert answer.metadata["sent"] >= parent.metadata["sent"]
        said = [row for row in _own(parent).splitlines() if row][:2]
        quoted = [row.removeprefix("> ") for row in answer.text.splitlines()]
        assert said
        assert set(said) <= set(quoted)
        assert answer.title.split(": ", 1) == [answer.title[:2], parent.title.removeprefix(f"{answer.title[:2]}: ")]


def test_copies_share_four_fifths_of_their_words_with_each_other(documents: list[DemoDocument]) -> None:
    groups = defaultdict(list)
    for document in documents:
        if document.metadata["group"]:
            groups[document.metadata["group"]].append(document)
    copies = sum(len(group) - 1 for group in groups.values())
    assert 0.04 <= copies / len(documents) <= 0.09
    for group in groups.values():
        assert len(group) >= 2
        assert len({(document.relevant, document.topic) for document in group}) == 1
        assert len({document.text for document in group}) == len(group)
        assert all(_shared(one, other) >= 0.8 for one, other in combinations(group, 2))


def test_sentences_seldom_repeat(documents: list[DemoDocument]) -> None:
    said: Counter[str] = Counter()
    for document in documents:
        if document.metadata["kind"] == "mail" and not document.metadata["group"]:
            said.update(sentence for sentence in SENTENCE.split(_own(document)) if len(sentence.split()) >= 6)
    assert len(said) / said.total() > 0.8
    assert max(said.values()) < len(documents) / 40


def test_five_documents_in_a_row_never_look_alike(documents: list[DemoDocument]) -> None:
    for start in range(len(documents) - 4):
        window = documents[start : start + 5]
        assert len({document.topic for document in window}) >= 2
        alike = sum(_shared(one, other) > 0.7 for one, other in pairwise(window))
        assert alike <= 1, f"{window[0].control_number} and the next four look alike"


def test_lengths_vary_from_a_word_to_a_contract(documents: list[DemoDocument]) -> None:
    lengths = [len(document.text.split()) for document in documents]
    assert sum(60 <= length <= 500 for length in lengths) > 0.9 * len(lengths)
    assert 5 <= sum(length >= 2000 for length in lengths) <= 50
    assert sum(length <= 5 for length in lengths) >= 10
    assert 100 <= sorted(lengths)[len(lengths) // 2] <= 300


def test_hostile_and_odd_texts_are_there_to_be_shown_literally(documents: list[DemoDocument]) -> None:
    everything = "\n".join(document.text for document in documents)
    assert [text for text in HOSTILE if text not in everything] == []
    assert re.search(r"[\U00010000-\U0010ffff]", everything)
    assert not re.search(r"[\ud800-\udfff\x00]", everything)


def test_some_people_write_german_and_spanish(documents: list[DemoDocument]) -> None:
    for words in (r"\b(?:und|nicht|bitte)\b", r"\b(?:por favor|puerta|semana)\b"):
        foreign = [document for document in documents if len(re.findall(words, document.text)) >= 2]
        assert 5 <= len(foreign) <= 150


def test_everything_is_invented(documents: list[DemoDocument]) -> None:
    """Addresses end in .example, which no real mail can reach."""
    addresses = {address for document in documents for address in re.findall(r"[\w.-]+@[\w.-]+", document.text)}
    assert len(addresses) > 30
    assert all(address.rstrip(".").endswith(".example") or address == "part1.0A3F" for address in addresses)


def test_no_template_is_left_unfilled(documents: list[DemoDocument]) -> None:
    left = re.compile(r"\{[a-z]\w*\}|\[[^\]]*\|[^\]]*\]")
    assert [document.control_number for document in documents if left.search(document.title + document.text)] == []


def test_metadata_can_be_read_by_machines(documents: list[DemoDocument]) -> None:
    for document in documents:
        assert date.fromisoformat(document.metadata["sent"]).year in range(2021, 2024)
        assert document.metadata["custodian"]
        assert len(document.tags) == 2
        assert len({*document.metadata}) == 9
    assert QUESTION.endswith("?")


def _own(document: DemoDocument) -> str:
    """The body of a mail without its header lines and without what it quotes."""
    body = document.text.split("\n\n", 1)[1]
    return QUOTE.split(body)[0]


def _shared(one: DemoDocument, other: DemoDocument) -> float:
    """The share of words, counted with repetitions, which the longer of two documents has from the other."""
    first, second = Counter(one.text.split()), Counter(other.text.split())
    return (first & second).total() / max(first.total(), second.total())


def _digest(documents: list[DemoDocument]) -> str:
    return hashlib.sha256(json.dumps([asdict(document) for document in documents]).encode()).hexdigest()
