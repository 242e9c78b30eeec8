"""Near-duplicates are found whatever the order of their words, and nothing else is taken for one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.core import duplicates
from training.core.duplicates import Sets, content_words, groups, jaccard, signatures, word_ids
from training.core.tokens import TokenIds

IDS = TokenIds(b"k" * 32)
VOCABULARY = [f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(600)]


def sets_of(texts: list[str]) -> Sets:
    ids = [word_ids(content_words(text), IDS) for text in texts]
    ends = np.cumsum([0, *map(len, ids)])
    return Sets(np.concatenate([np.empty(0, np.uint64), *ids]), ends.astype(np.int64))


def grouped(texts: list[str]) -> list[int]:
    sets = sets_of(texts)
    found: list[int] = groups(sets, signatures(sets, 0, len(sets))).tolist()
    return found


def letter(random: np.random.Generator, size: int = 80) -> list[str]:
    return [VOCABULARY[n] for n in random.choice(len(VOCABULARY), size, replace=False)]


MAIL = "The faulty valve supplier paid hidden commission through Brennick accounts before Friday inspection"


@pytest.mark.parametrize(
    "copy",
    [
        " ".join(reversed(MAIL.split())),
        MAIL.upper() + "!!!",
        MAIL + " 17 2024-05-03 1,000.00",
        "From: Rolf <r@x.example>\nTo: Rita\nSent: Monday\nSubject: RE: valves and more words\n\n" + MAIL,
        "this is what you and they were about to do: " + MAIL,
    ],
)
def test_order_stop_words_numbers_and_headers_do_not_count(copy: str) -> None:
    """SPEC 2.1.4 (R11): near-identical means near-identical to the engine."""
    assert content_words(copy) == content_words(MAIL)
    assert grouped([MAIL, "another text about lunch in the canteen", copy]) == [0, 1, 0]


def test_groups_are_those_of_the_exact_comparison_of_all_pairs() -> None:
    """With every pair compared exactly the same groups come out."""
    random = np.random.default_rng(1)
    texts: list[list[str]] = []
    for _ in range(120):
        words = letter(random)
        texts.append(words)
        edits = random.choice([0, 2, 5, 9, 20], random.integers(0, 3)).tolist()
        texts += [[*random.permutation(words[changed:]), *letter(random, changed)] for changed in edits]
    sets = sets_of([" ".join(words) for words in texts])
    assert groups(sets, signatures(sets, 0, len(sets))).tolist() == _by_all_pairs(sets).tolist()


def _by_all_pairs(sets: Sets) -> NDArray[np.int64]:
    lowest = np.arange(len(sets))
    for one in range(len(sets)):
        for other in range(one):
            if jaccard(sets.of(one), sets.of(other)) >= duplicates.THRESHOLD:
                low, high = sorted((lowest[one], lowest[other]))
                lowest[lowest == high] = low
    return lowest


def test_thousands_of_copies_are_one_group_and_cost_no_pairs() -> None:
    random = np.random.default_rng(2)
    words = letter(random)
    texts = [" ".join(random.permutation(words)) for _ in range(3_000)] + [" ".join(letter(random)) for _ in range(50)]
    assert grouped(texts) == [0] * 3_000 + list(range(3_000, 3_050))


def test_a_document_without_words_is_nobodys_duplicate() -> None:
    assert grouped(["", "12 34", MAIL, "", MAIL]) == [0, 1, 2, 3, 2]
    assert grouped([]) == []


@given(st.lists(st.text(max_size=60), max_size=8))
def test_whatever_the_texts_groups_are_named_by_their_lowest_member(texts: list[str]) -> None:
    found = grouped(texts)
    assert all(found[group] == group <= place for place, group in enumerate(found))
    again = grouped([*texts, *texts])
    for place, text in enumerate(texts):
        if content_words(text):
            assert again[place] == again[len(texts) + place]


def test_pieces_of_signatures_are_the_whole() -> None:
    random = np.random.default_rng(3)
    sets = sets_of([" ".join(letter(random, int(size))) for size in random.integers(0, 30, 40)])
    pieces = [signatures(sets, start, min(start + 7, 40)) for start in range(0, 40, 7)]
    assert (np.concatenate(pieces) == signatures(sets, 0, 40)).all()


def test_a_pair_at_the_threshold_is_found() -> None:
    """A pair at 0.8 is a candidate with 99.99 %: of 300 such pairs all are found."""
    random = np.random.default_rng(4)
    texts = []
    for _ in range(300):
        words = letter(random, 90)
        texts += [" ".join(words[:-10]), " ".join([*words[:72], *words[80:]])]  # 72 in both, 90 in either
    sets = sets_of(texts)
    assert jaccard(sets.of(0), sets.of(1)) == pytest.approx(72 / 90)
    found = groups(sets, signatures(sets, 0, len(sets)))
    assert (found[1::2] == found[::2]).all()
