"""Spans as tags of tokens and back: ``B-`` begins a span, ``I-`` goes on with it, ``O`` is outside of all."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from training.core.ner.text import Sentence, Span

OUTSIDE = "O"


def tag_names(labels: Sequence[str]) -> list[str]:
    """Every tag that spans with these labels can get."""
    return [OUTSIDE, *(f"{place}-{label}" for label in labels for place in "BI")]


def to_tags(sentence: Sentence, spans: Sequence[Span]) -> tuple[list[str], int]:
    """A tag for each token, and how many spans found no place because another lies over them.

    Of spans that overlap the longest is kept, then the first; a span that begins or ends inside a token takes it whole.
    """
    tags, left_out = [OUTSIDE] * len(sentence.words), 0
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start, span.label)):
        first, last = bisect_right(sentence.ends, span.start), bisect_left(sentence.starts, span.end)
        if first >= last:
            continue
        if any(tag != OUTSIDE for tag in tags[first:last]):
            left_out += 1
            continue
        tags[first:last] = [f"B-{span.label}", *[f"I-{span.label}"] * (last - first - 1)]
    return tags, left_out


def to_runs(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """``(first token, token behind the last, label)`` of each span; an ``I-`` without a beginning begins one."""
    runs: list[tuple[int, int, str]] = []
    for place, tag in enumerate(tags):
        if tag == OUTSIDE:
            continue
        label = tag[2:]
        if tag[0] == "I" and runs and runs[-1][1] == place and runs[-1][2] == label:
            runs[-1] = (runs[-1][0], place + 1, label)
        else:
            runs.append((place, place + 1, label))
    return runs


def to_spans(sentence: Sentence, tags: Sequence[str]) -> list[Span]:
    """The spans that the tags of a sentence's tokens say."""
    return [Span(sentence.starts[first], sentence.ends[last - 1], label) for first, last, label in to_runs(tags)]
