"""CoNLL-2003 (Tjong Kim Sang and De Meulder 2003): a token a line with its tag, an empty line behind each sentence.

A document begins with ``-DOCSTART-``; a file without any is one sentence a task. Other columns than the first and the
last are written as ``-X- _`` and not read. The format has room for one label a token, and for no choices or relations.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from reviewapp.errors import Invalid
from reviewapp.formats.tasks import BadTask, Completion, Malformed, Region, Task
from training.core.ner import bio
from training.core.ner.text import Sentence, Span, sentences

DOCUMENT = "-DOCSTART-"
TOKENIZED, BY_SPACES = "tokenized", "by spaces"  # in the data of a task: its tokens are what stands between spaces
LONGEST_LINE = 100_000
MOST_TOKENS = 1_000_000  # of one task

_TAG = re.compile(r"O|[BIES]-(.+)")
_GAP = re.compile(r"[ \t]+")
_TOKEN = re.compile(r"[^ \n]+")


def read_conll(path: Path, filename: str) -> Iterator[Task | BadTask]:
    """A task for each document, with one completion that holds its spans; its text is the tokens with spaces between.

    Raises :class:`Invalid` when the file is no UTF-8 text.
    """
    number, documents = 0, False
    reading = _Reading()
    for line_number, line in _lines(path, filename):
        starts = line.split(" ", 1)[0].split("\t", 1)[0] == DOCUMENT
        if starts or (not line and not documents):
            documents |= starts
            if reading.begun:
                number += 1
                yield reading.task(number)
            reading = _Reading()
        else:
            reading.add(line_number, line)
    if reading.begun:
        yield reading.task(number + 1)


def _lines(path: Path, filename: str) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        number = 0
        try:
            while line := file.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE:
                    raise Invalid(f"{filename}, line {number}: longer than {LONGEST_LINE:,} characters.")
                yield number, line.rstrip("\r\n").strip(" \t")
        except UnicodeDecodeError as problem:
            raise Invalid(f"{filename}, near line {number + 1}: the file is not UTF-8.") from problem


class _Reading:
    """The lines of one document on their way to a task."""

    def __init__(self) -> None:
        self.first_line, self._count, self._reason = 0, 0, ""
        self._sentences: list[list[tuple[str, str]]] = [[]]

    @property
    def begun(self) -> bool:
        return bool(self.first_line)

    def add(self, number: int, line: str) -> None:
        if not line:
            self._sentences.append([])
            return
        self.first_line = self.first_line or number
        self._count += 1
        word, tag = _token(line)
        if not _TAG.fullmatch(tag):
            self._reason = self._reason or f"line {number}: “{tag[:40]}” is no tag (O, B-LABEL, I-LABEL)"
        elif self._count > MOST_TOKENS:
            self._reason = self._reason or f"more than {MOST_TOKENS:,} tokens"
            self._sentences = [[]]
        self._sentences[-1].append((word, _as_bio(tag)))

    def task(self, number: int) -> Task | BadTask:
        if self._reason:
            return BadTask(self.first_line, number, f"{self._reason}.")
        text, spans = "", []
        for sentence in filter(None, self._sentences):
            text += "\n" * bool(text)
            starts = [len(text)]
            for word, _ in sentence[:-1]:
                starts.append(starts[-1] + len(word) + 1)
            for first, last, label in bio.to_runs([tag for _, tag in sentence]):
                spans.append(Span(starts[first], starts[last - 1] + len(sentence[last - 1][0]), label))
            text += " ".join(word for word, _ in sentence)
        regions = (
            Region(span.start, span.end, (span.label,), text[span.start : span.end], f"r{place}", "label", "text")
            for place, span in enumerate(spans, start=1)
        )
        return Task({"text": text, TOKENIZED: BY_SPACES}, completions=(Completion(tuple(regions), ground_truth=True),))


def _token(line: str) -> tuple[str, str]:
    """Word and tag. Of four columns the last is what is left of the line, so that a label may have spaces."""
    columns = _GAP.split(line, maxsplit=3)
    return columns[0], columns[-1] if len(columns) > 1 else ""


def _as_bio(tag: str) -> str:
    """``S-`` is a span of one token, ``E-`` the end of one (the IOBES notation)."""
    return {"S": "B", "E": "I"}.get(tag[:1], tag[:1]) + tag[1:]


def write_conll(
    tasks: Iterable[Task], report: Callable[[BadTask], None] = lambda bad: None, field: str = "text"
) -> Iterator[bytes]:
    """A document for each completion; ``report`` hears of what found no place (spans under others, other results)."""
    for number, task in enumerate(tasks, start=1):
        for completion in task.completions:
            try:
                lines, left_out = _document(task, completion, field)
            except Malformed as problem:
                report(BadTask(0, number, f"{problem}."))
                continue
            if left_out:
                report(BadTask(0, number, f"{left_out} results have no place in CoNLL-2003 and are left out."))
            yield f"{DOCUMENT} -X- O\n\n{lines}".encode()


def _document(task: Task, completion: Completion, field: str) -> tuple[str, int]:
    text = task.text(field)
    spans = [Span(region.start, region.end, label) for region in completion.regions for label in region.labels]
    if any(span.end > len(text) for span in spans):
        raise Malformed(f"a span ends behind the text, which has {len(text)} characters")
    if bad := next(
        (span.label for span in spans if re.search(r"[\t\r\n]|^ | $|  ", span.label) or not span.label), None
    ):
        raise Malformed(f"the label “{bad}” cannot stand in a line of CoNLL-2003")
    split = _by_spaces(text) if task.data.get(TOKENIZED) == BY_SPACES else sentences(text, spans)
    left_out, written = len(completion.results) - sum(1 for _ in completion.regions), []
    for sentence in split:
        inside = [span for span in spans if span.start < sentence.ends[-1] and span.end > sentence.starts[0]]
        tags, lost = bio.to_tags(sentence, inside)
        left_out += lost
        written += [f"{word} -X- _ {tag}\n" for word, tag in zip(sentence.words, tags, strict=True)]
        written.append("\n")
    return "".join(written), left_out


def _by_spaces(text: str) -> list[Sentence]:
    found, start = [], 0
    for line in text.split("\n"):
        tokens = [(m[0], start + m.start(), start + m.end()) for m in _TOKEN.finditer(line)]
        if tokens:
            words, starts, ends = zip(*tokens, strict=True)
            found.append(Sentence(words, starts, ends, (False,) * len(words)))
        start += len(line) + 1
    return found
