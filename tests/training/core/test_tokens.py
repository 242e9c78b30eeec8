import re
import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import sparse

from training.core import tokens
from training.core.tokens import BUCKETS, MOST_COUNTED, Tokenizer, words

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
