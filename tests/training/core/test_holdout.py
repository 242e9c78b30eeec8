"""Near-duplicates: planted copies come together, nothing else does, and a group is for life."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from reviewapp.env import ROOT
from reviewapp.management.commands.replay import read_collection
from training.core import holdout
from training.core.tokens import Tokenizer

REAL = ROOT.parent / "shared" / "data" / "tar" / "Cohen_ProtonPumpInhibitors.csv.gz"
WORDS = [f"word{number}" for number in range(3000)]
TOKENIZER = Tokenizer(b"holdout")


def made_up(chance: random.Random, words: int = 120) -> list[str]:
    return chance.choices(WORDS, k=words)


def edited(text: list[str], chance: random.Random, words: int) -> list[str]:
    """The text with so many of its words replaced by others."""
    other = list(text)
    for place in chance.sample(range(len(text)), words):
        other[place] = chance.choice(WORDS)
    return other


def counted(texts: list[list[str]]) -> sparse.csr_array:
    return TOKENIZER.count([""] * len(texts), [" ".join(text) for text in texts])


def test_planted_copies_come_into_one_group_and_strangers_stay_alone() -> None:
    """B-05: copies, copies with a word in thirty changed, and copies with a line on top, among unrelated documents."""
    chance = random.Random(7)
    originals = [made_up(chance) for _ in range(400)]
    copies = [
        edited(text, chance, 4) if number % 3 == 0 else text if number % 3 == 1 else ["fwd", "from", "desk", *text]
        for number, text in enumerate(originals)
    ]
    members, _ = holdout.groups(counted(originals + copies))
    assert members[:400].tolist() == list(range(400))
    assert members[400:].tolist() == list(range(400))


def test_word_order_does_not_part_much_and_a_third_of_new_words_does() -> None:
    chance = random.Random(3)
    text = made_up(chance)
    swapped = [*text[60:], *text[:60]]
    rewritten = edited(text, chance, 40)
    members, _ = holdout.groups(counted([text, swapped, rewritten]))
    assert members.tolist() == [0, 0, 2]


def test_documents_without_words_are_one_group() -> None:
    members, _ = holdout.groups(counted([[], ["lonely", "words"], [], []]))
    assert members.tolist() == [0, 1, 0, 0]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), cuts=st.sets(st.integers(1, 59), max_size=4))
def test_a_group_and_its_side_are_for_life(seed: int, cuts: set[int]) -> None:
    """B-05: documents that come in pieces get what they would have got at once, and what was there never moves."""
    chance = random.Random(seed)
    texts = [made_up(chance, 30) for _ in range(12)]
    texts += [edited(chance.choice(texts), chance, chance.randrange(5)) for _ in range(48)]
    counts = counted(texts)
    whole, pairs = holdout.groups(counts)
    side = holdout.sides(whole, pairs)
    members = known = None
    for stop in (*sorted(cuts), 60):
        members, new = holdout.groups(counts[:stop], members)
        known = holdout.sides(members, new, known)
        assert members.tolist() == whole[:stop].tolist()
        assert known.tolist() == side[:stop].tolist()


def test_nothing_that_nearly_equals_a_held_out_row_trains() -> None:
    """B-05: near-duplicates never straddle the split; what bridges two groups on both sides is on neither."""
    chance = random.Random(11)
    originals = [made_up(chance, 60) for _ in range(100)]
    rewritten = [edited(text, chance, 8) for text in originals]
    halfway = [
        [b if a != b and a < "word15" else a for a, b in zip(*pair, strict=True)]
        for pair in zip(originals, rewritten, strict=True)
    ]
    texts = originals + rewritten + halfway + [edited(chance.choice(originals), chance, 2) for _ in range(100)]
    counts = counted(texts)
    members, pairs = holdout.groups(counts)
    side = holdout.sides(members, pairs)
    later, earlier = np.triu_indices(len(texts), 1)
    near = holdout._shares(counts, earlier.astype(np.int64), later.astype(np.int64)) >= holdout.THRESHOLD
    opposite = {holdout.TRAINS, holdout.HELD_OUT}
    straddling = [pair for pair in zip(later[near], earlier[near], strict=True) if {*side[list(pair)]} == opposite]
    assert near.sum() > 200
    assert straddling == []
    assert (side == holdout.NEITHER).any()
    assert (side == holdout.NEITHER).mean() < 0.2


def test_a_fifth_of_the_groups_is_held_out() -> None:
    alone = np.arange(100_000, dtype=np.int32)
    nothing = np.empty(0, np.int64)
    held_out = holdout.sides(alone, (nothing, nothing)) == holdout.HELD_OUT
    assert held_out.mean() == pytest.approx(holdout.SHARE, abs=0.005)
    assert held_out[::10].mean() == pytest.approx(holdout.SHARE, abs=0.015)


def test_real_abstracts_are_hardly_ever_near_duplicates() -> None:
    """On a real collection only what is truly there twice comes together."""
    if not REAL.exists():
        pytest.skip(f"There is no collection {REAL}")
    found = read_collection(REAL, "title", "abstract", "label")
    counts = TOKENIZER.count(found.titles, found.texts)
    members, pairs = holdout.groups(counts)
    grouped = np.flatnonzero(members != np.arange(len(members)))
    assert len(grouped) < 0.02 * len(members)
    assert (holdout._shares(counts, *pairs) >= holdout.THRESHOLD).all()
