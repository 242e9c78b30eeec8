"""Groups of documents: planted ones are found, named by what they say, and the same each time."""

import numpy as np
from scipy import sparse

from training.core import clusters, features
from training.core.tokens import Tokenizer

TOKENS = Tokenizer(b"k" * 32)
TOPICS = (
    "invoice payment overdue account bank transfer amount",
    "football match goal referee league striker penalty",
    "patient dose tablet hospital nurse fever allergy",
)
SIZES = (60, 40, 20)


def planted() -> tuple[list[str], list[int]]:
    chance = np.random.default_rng(5)
    texts, truth = [], []
    for topic, (said, size) in enumerate(zip(TOPICS, SIZES, strict=True)):
        for number in range(size):
            words = chance.choice(said.split(), 12)
            texts.append(" ".join([*words, "the", "and", f"unique{topic}x{number}"]))
            truth.append(topic)
    order = chance.permutation(len(texts))
    return [texts[place] for place in order], [truth[place] for place in order]


def weighed(texts: list[str]) -> sparse.csr_array:
    counts = TOKENS.count([""] * len(texts), texts)
    idf = features.inverse_document_frequencies(features.document_frequencies(counts), len(texts))
    return features.weigh(counts, idf)


def test_planted_topics_are_found_largest_first() -> None:
    """U-20: clusters without any label; every group holds one topic alone."""
    texts, truth = planted()
    groups = clusters.find(weighed(texts), seed=0)
    assert groups.count == clusters.wanted(len(texts)) == 5
    sizes = np.bincount(groups.group)
    assert sizes.tolist() == sorted(sizes.tolist(), reverse=True)
    for number in range(groups.count):
        assert len({truth[place] for place in clusters.order(groups, number)}) == 1


def test_the_same_rows_and_seed_give_the_same_groups() -> None:
    rows = weighed(planted()[0])
    first, again = clusters.find(rows, seed=0), clusters.find(rows, seed=0)
    assert np.array_equal(first.group, again.group)
    assert np.array_equal(first.closeness, again.closeness)


def test_a_group_is_named_by_what_its_own_documents_say_and_not_by_one_of_them() -> None:
    texts, truth = planted()
    rows = weighed(texts)
    groups = clusters.find(rows, seed=0)
    apart = clusters.means(rows, groups)
    for number in range(groups.count):
        typical = clusters.order(groups, number)[:20]
        terms = clusters.name(apart[number], [TOKENS.terms("", texts[place]) for place in typical])
        said = {word for term in terms for word in term.split()}
        assert terms
        assert said <= set(TOPICS[truth[typical[0]]].split())


def test_the_most_typical_document_comes_first() -> None:
    rows = weighed(planted()[0])
    groups = clusters.find(rows, seed=0)
    order = clusters.order(groups, 0)
    assert np.all(np.diff(groups.closeness[order]) <= 0)


def test_an_empty_document_is_in_no_group() -> None:
    groups = clusters.find(weighed(["", *planted()[0], ""]), seed=0)
    assert groups.group[[0, -1]].tolist() == [clusters.NO_GROUP] * 2
    assert (groups.group[1:-1] >= 0).all()


def test_few_or_no_documents_are_no_fault() -> None:
    assert clusters.find(weighed(["", "?", "-"]), seed=0).count == 0
    assert clusters.find(weighed(["one text"]), seed=0).count == 1
    assert clusters.find(weighed(["same words here"] * 3), seed=0).count >= 1


def test_progress_is_told_up_to_the_last_row() -> None:
    told: list[int] = []
    texts = planted()[0]
    clusters.find(weighed(texts), 0, told.append)
    assert told[-1] == len(texts)


def test_the_number_of_groups_grows_slowly_and_ends() -> None:
    assert [clusters.wanted(n) for n in (1, 2, 8, 100, 10_000, 1_000_000)] == [1, 2, 2, 5, 50, 64]
