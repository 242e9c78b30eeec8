import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import sparse

from training.core import tokens
from training.core.tokens import BUCKETS, MOST_COUNTED, Piece, Tokenizer, words

KEY = b"k" * 32
texts = st.text(max_size=200)


def counted(text: str, title: str = "", key: bytes = KEY) -> sparse.csr_array:
    return Tokenizer(key).count([title], [text])


def same(left: sparse.csr_array, right: sparse.csr_array) -> bool:
    return (
        left.indices.tobytes() == right.indices.tobytes()
        and left.data.tobytes() == right.data.tobytes()
        and left.indptr.tobytes() == right.indptr.tobytes()
    )


@given(st.lists(st.tuples(texts, texts), max_size=5))
@example([("", "")])
@example([("𝔘𝔫𝔦 😀😀 word", "中文 naïve \ud800 İstanbul")])
def test_same_text_same_ids_and_every_row_is_sorted(pairs: list[tuple[str, str]]) -> None:
    titles, bodies = [title for title, _ in pairs], [body for _, body in pairs]
    counts = Tokenizer(KEY).count(titles, bodies)
    assert same(counts, Tokenizer(KEY).count(titles, bodies))
    assert counts.shape == (len(pairs), BUCKETS)
    assert counts.indices.dtype == np.int32
    assert counts.data.dtype == np.uint16
    for start, stop in zip(counts.indptr[:-1], counts.indptr[1:], strict=True):
        assert (np.diff(counts.indices[start:stop]) > 0).all()


@given(texts, texts)
def test_words_and_pairs_add_up_with_the_title_twice(title: str, body: str) -> None:
    """R-04: the counts of a document are how often its words and word pairs occurred."""

    def occurrences(text: str) -> int:
        kept = [word for word in words(text) if len(word) > 1 or not word.isascii()]
        return len(kept) + max(len(kept) - 1, 0)

    assert counted(body, title).data.sum() == 2 * occurrences(title) + occurrences(body)


@given(texts)
def test_another_key_gives_other_ids(text: str) -> None:
    """R-07: ids say nothing to whoever lacks the key."""
    ours, theirs = counted(f"{text} planted sentence here"), counted(f"{text} planted sentence here", key=b"other")
    assert not same(ours, theirs)


@given(st.text(st.characters(max_codepoint=127)))
def test_the_fast_way_for_ascii_splits_as_the_pattern_does(text: str) -> None:
    assert [word for word in words(text) if len(word) > 1] == re.findall(r"\b\w\w+\b", text.lower())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A b cd, EF-gh_1 2nd", ["cd", "ef", "gh_1", "2nd"]),
        ("naïve Ärzte", ["naïve", "ärzte"]),
        (unicodedata.normalize("NFD", "naïve Ärzte"), ["naïve", "ärzte"]),
        ("中文 text", ["中", "文", "text"]),
        ("😀 ok", ["ok"]),
    ],
)
def test_words_are_lower_case_and_scripts_without_spaces_go_by_character(text: str, expected: list[str]) -> None:
    assert [word for word in words(text) if len(word) > 1 or not word.isascii()] == expected


def test_a_pair_has_an_order_and_does_not_cross_from_title_to_text() -> None:
    assert not same(counted("alpha beta"), counted("beta alpha"))
    apart = counted("beta", title="alpha")
    assert apart.data.tolist() in ([2, 1], [1, 2])


@given(texts, texts)
def test_the_terms_of_a_document_name_exactly_its_buckets(title: str, body: str) -> None:
    """B-11: what weighed in a score can be said in the words of the document at hand."""
    terms = Tokenizer(KEY).terms(title, body)
    assert sorted(set(terms.values())) == counted(body, title).indices.tolist()
    for term, bucket in terms.items():
        assert bucket in counted(term).indices


def test_counts_stop_at_the_largest_that_fits() -> None:
    counts = counted("word " * (MOST_COUNTED + 10))
    assert counts.data.tolist() == [MOST_COUNTED, MOST_COUNTED]


def test_documents_counted_together_equal_documents_counted_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    titles = [f"title {number}" for number in range(40)]
    bodies = ["", *(f"body {number} of some length" for number in range(39))]
    together = Tokenizer(KEY).count(titles, bodies)
    monkeypatch.setattr(tokens, "CHARACTERS_AT_A_TIME", 50)
    assert same(together, Tokenizer(KEY).count(titles, bodies))


def test_a_forgetful_cache_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    body = " ".join(f"word{number}" for number in range(100)) + " " + "x" * 1000
    remembered = counted(body)
    monkeypatch.setattr(tokens, "CACHED_TOKENS", 7)
    assert same(remembered, counted(body))


def test_a_huge_text_is_counted_whole() -> None:
    body = " ".join(f"w{number % 1000}" for number in range(1_200_000))
    counts = counted(body)
    assert counts.data.astype(np.int64).sum() == 2 * 1_200_000 - 1


def test_titles_and_texts_must_pair_up() -> None:
    with pytest.raises(ValueError, match="1 titles for 2 texts"):
        Tokenizer(KEY).count(["one"], ["one", "two"])


@given(texts)
@example("Straße ﬁne naïve e\u0301te\u0301 ΌΔΟΣ İstanbul 中文ﾃｽﾄ ᄒ\u1161\u11ab x² \ud800 a_b 𝔘𝔫𝔦")
@example("কো ো")
def test_words_are_located_where_they_stand(text: str) -> None:
    """B-11: highlights go by offsets, so the words found with offsets are the words that were counted."""
    found = tokens.located(text)
    assert [word for word, _, _ in found] == words(text)
    previous = 0
    for _, start, end in found:
        assert 0 <= start < end <= len(text)
        assert start >= previous
        previous = start


@pytest.mark.parametrize(
    ("text", "word", "written"),
    [
        ("The Faulty VALVE, again", "valve", "VALVE"),
        ("e\u0301tude ca\u0308fe\u0301", "cäfé", "ca\u0308fe\u0301"),
        ("a ﬁne day", "fine", "ﬁne"),
        ("in İstanbul now", "stanbul", "stanbul"),
        ("ＡＢＣ valve", "abc", "ＡＢＣ"),
        ("ὈΔΥΣΣΕΎΣ came", "ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"),
    ],
)
def test_a_word_is_marked_as_it_was_written(text: str, word: str, written: str) -> None:
    assert [text[start:end] for said, start, end in tokens.located(text) if said == word] == [written]


@given(texts)
def test_places_name_the_buckets_that_were_counted(text: str) -> None:
    tokenizer = Tokenizer(KEY)
    assert {place.bucket for place in tokenizer.places(text)} == set(counted(text).indices.tolist())
    assert {place.said for place in tokenizer.places(text)} == set(tokenizer.terms("", text))


def in_pieces(titles: list[str], bodies: list[str], size: int) -> Callable[[], Iterator[Piece]]:
    starts = range(0, len(titles), size)
    return lambda: ((titles[start : start + size], bodies[start : start + size]) for start in starts)


@given(st.lists(st.tuples(texts, texts), max_size=6), st.integers(1, 7))
def test_counting_what_is_common_to_one_document_counts_everything(pairs: list[tuple[str, str]], size: int) -> None:
    titles, bodies = [title for title, _ in pairs], [body for _, body in pairs]
    every = Tokenizer(KEY).count_common(in_pieces(titles, bodies, size), below=1)
    assert same(every, Tokenizer(KEY).count(titles, bodies))


few_words = st.lists(st.sampled_from(["ab", "cd", "ef", "gh"]), max_size=6).map(" ".join)


@given(st.lists(st.tuples(few_words, few_words), min_size=1, max_size=8), st.integers(1, 4), st.integers(1, 3))
def test_words_and_pairs_of_few_documents_are_left_out(pairs: list[tuple[str, str]], below: int, size: int) -> None:
    """B-12: each word and pair by itself, counted over all documents, however they come."""
    titles, bodies = [title for title, _ in pairs], [body for _, body in pairs]
    tokenizer = Tokenizer(KEY)
    spoken = [tokenizer.terms(title, body) for title, body in pairs]
    documents = Counter(term for terms in spoken for term in terms)
    whole, common = tokenizer.count(titles, bodies), tokenizer.count_common(in_pieces(titles, bodies, size), below)
    for row, terms in enumerate(spoken):
        kept = {bucket for term, bucket in terms.items() if documents[term] >= below}
        assert set(common[[row]].indices.tolist()) == kept
        assert all(common[row, bucket] == whole[row, bucket] for bucket in kept)


def test_a_rare_word_goes_also_where_a_common_one_has_its_bucket() -> None:
    """T-14: what is rare is the word, not the bucket that chance gave it."""
    tokenizer, places = Tokenizer(KEY), dict[int, str]()
    for number in range(10**5):
        word = f"word{number}"
        common = places.setdefault(tokenizer.terms("", word)[word], word)
        if common != word:
            break
    bodies = [f"{common}. {common}", common, f"{common} {word}"]
    counts = tokenizer.count_common(in_pieces([""] * 3, bodies, 2), below=3)
    assert counts.data.tolist() == [2, 1, 1]
    assert tokenizer.count([""] * 3, bodies).max() == 2
