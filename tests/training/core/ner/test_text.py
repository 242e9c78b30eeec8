"""Texts are cut into sentences and tokens without losing or moving a character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.core.ner.bio import to_runs, to_spans, to_tags
from training.core.ner.text import LONGEST_SENTENCE, Sentence, Span, sentences


def words(text: str) -> list[list[str]]:
    return [list(sentence.words) for sentence in sentences(text)]


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_tokens_are_what_stands_at_their_offsets_in_code_points(text: str) -> None:
    tokens = [token for s in sentences(text) for token in zip(s.words, s.starts, s.ends, strict=True)]
    assert [text[start:end] for _, start, end in tokens] == [word for word, _, _ in tokens]
    assert "".join(word for word, _, _ in tokens) == "".join(text.split())


def test_sentences_end_where_people_see_them_end() -> None:
    assert words("Dr. Lee saw it. It was late (very late.) Then nothing.") == [
        ["Dr", ".", "Lee", "saw", "it", "."],
        ["It", "was", "late", "(", "very", "late", ".", ")"],
        ["Then", "nothing", "."],
    ]
    assert words("No end. here") == [["No", "end", ".", "here"]]
    assert words("J. Smith paid 1.5 million.") == [["J", ".", "Smith", "paid", "1", ".", "5", "million", "."]]
    assert words("Findings\n\nnormal") == [["Findings"], ["normal"]]
    assert words("今日は雨。明日は晴れ。")[0][:3] == ["今", "日", "は"]
    assert words("") == words(" \n ") == []


def test_a_line_break_is_seen_but_ends_nothing() -> None:
    [sentence] = sentences("chest\npain")
    assert sentence.breaks == (False, True)


def test_a_text_without_an_end_is_cut() -> None:
    found = sentences("word " * 1000)
    assert {len(sentence.words) for sentence in found} <= {LONGEST_SENTENCE, 1000 % LONGEST_SENTENCE}


def test_no_sentence_ends_inside_a_span() -> None:
    text = "Seen at St. Mary. Hospital is near."
    assert len(sentences(text)) == 2
    assert len(sentences(text, [Span(8, 26, "Place")])) == 1


@st.composite
def annotated(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(st.text(st.sampled_from("ab .,\nÄ😀1-"), min_size=1, max_size=60))
    ends = st.integers(0, len(text))
    pairs = draw(st.lists(st.tuples(ends, ends), max_size=5))
    return text, [Span(min(pair), max(pair), "XY"[n % 2]) for n, pair in enumerate(pairs)]


@given(annotated())
def test_spans_of_whole_tokens_survive_as_tags(drawn: tuple[str, list[Span]]) -> None:
    """Spans that do not overlap come back, widened to whole tokens; of others one is kept and the rest counted."""
    text, spans = drawn
    for sentence in sentences(text, spans):
        inside = [s for s in spans if s.start < sentence.ends[-1] and s.end > sentence.starts[0]]
        tags, left_out = to_tags(sentence, inside)
        found = to_spans(sentence, tags)
        tokens = list(zip(sentence.starts, sentence.ends, strict=True))
        covering = [span for span in inside if any(span.start < end and span.end > start for start, end in tokens)]
        assert len(found) + left_out == len(covering)
        for span in found:
            assert span.start in sentence.starts
            assert span.end in sentence.ends
            assert any(s.label == span.label and s.start < span.end and s.end > span.start for s in inside)


def test_of_overlapping_spans_the_longest_is_kept() -> None:
    sentence = Sentence(("acute", "chest", "pain"), (0, 6, 12), (5, 11, 16), (False,) * 3)
    tags, left_out = to_tags(sentence, [Span(6, 16, "Symptom"), Span(0, 16, "Finding"), Span(6, 11, "Body")])
    assert (tags, left_out) == (["B-Finding", "I-Finding", "I-Finding"], 2)


def test_a_span_that_begins_inside_is_read_all_the_same() -> None:
    assert to_runs(["I-A", "I-A", "B-A", "O", "I-B", "I-A"]) == [(0, 2, "A"), (2, 3, "A"), (4, 5, "B"), (5, 6, "A")]


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "." * 50_000, "(" * 50_000, "\n" * 100_000, "a. " * 50_000, ") " * 50_000]
)
@pytest.mark.timeout(20)
def test_no_text_takes_long_to_cut(text: str) -> None:
    assert sum(len(sentence.words) for sentence in sentences(text)) <= len(text)
