"""Templates: alternatives, slots, facts that stay the same in one conversation."""

from random import Random

import pytest

from reviewapp.demo.grammar import Deck, Narrator, parse
from reviewapp.demo.topics import FOREIGN_BUSINESS, FOREIGN_MATTER, LOOKALIKE, ORDINARY, RELEVANT, Topic


def test_an_alternative_is_picked_and_the_sentence_gets_a_capital() -> None:
    narrator = Narrator(Random(1))
    said = {narrator.say("[red|[dark|light] blue] paint.") for _ in range(200)}
    assert said == {"Red paint.", "Dark blue paint.", "Light blue paint."}


def test_facts_stay_the_same_within_a_conversation_and_numbers_do_not() -> None:
    narrator = Narrator(Random(1), {"colleague": "Ingrid"})
    lots = {narrator.say("{lot}") for _ in range(50)}
    counts = {narrator.say("{nn}") for _ in range(50)}
    assert len(lots) == 1
    assert len(counts) > 10
    assert narrator.say("{colleague}") == "Ingrid"


def test_a_bar_outside_of_brackets_is_a_bar() -> None:
    assert Narrator(Random(1)).say("{dddd} | [a] | b").endswith(" | a | b")


@pytest.mark.parametrize("template", ["an [open bracket", "a closed] one", "[[deep]"])
def test_brackets_that_do_not_match_are_named(template: str) -> None:
    with pytest.raises(ValueError, match="bracket"):
        parse(template)


def test_a_contraction_never_stands_before_a_comma() -> None:
    narrator = Narrator(Random(1))
    assert {narrator.say("sent as it is, with care.") for _ in range(60)} == {"Sent as it is, with care."}
    assert {narrator.say("it is red.") for _ in range(60)} == {"It is red.", "It's red."}


def test_every_card_is_drawn_before_one_comes_again() -> None:
    deck = Deck(range(9), Random(1))
    assert sorted(deck.draw() for _ in range(9)) == list(range(9))
    assert len(set(deck.draws(6))) == 6
    assert set(deck.draws(20, without={1, 2})) <= {0, 3, 4, 5, 6, 7, 8}


@pytest.mark.parametrize(
    "topic", [*ORDINARY, *RELEVANT, *FOREIGN_BUSINESS, *FOREIGN_MATTER], ids=lambda topic: topic.name
)
def test_every_sentence_of_a_topic_can_be_said(topic: Topic) -> None:
    narrator = Narrator(Random(1), {"colleague": "Ingrid", "colleague2": "Ole"})
    for template in topic.subjects + topic.openings + topic.details + topic.asks + topic.rows:
        for _ in range(3):
            assert narrator.say(template)


def test_lookalikes_are_not_relevant_and_the_matter_is() -> None:
    assert not any(topic.relevant for topic in ORDINARY)
    assert set(LOOKALIKE) <= set(ORDINARY)
    assert all(topic.relevant for topic in (*RELEVANT, *FOREIGN_MATTER))
