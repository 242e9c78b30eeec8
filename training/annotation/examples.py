"""What a model of each kind learns from one task."""

from collections.abc import Sequence
from dataclasses import dataclass

from reviewapp.formats import Answer, Task
from training.annotation.selection import Learned
from training.core.assertion import Mention
from training.core.ner.text import Span


@dataclass(frozen=True)
class Entities:
    """Texts and the spans in each."""

    texts: list[str]
    spans: list[list[Span]]


@dataclass(frozen=True)
class Assertions:
    """Mentions and what is said of each, and the labels of the entities that anything is said about.

    ``contradictory`` had several assertion labels and were left out.
    """

    mentions: list[Mention]
    said: list[str]
    about: tuple[str, ...]
    contradictory: int


@dataclass(frozen=True)
class Answers:
    """Titles, texts, and what was chosen for each."""

    titles: list[str]
    texts: list[str]
    chosen: list[list[str]]


def entities(found: Sequence[Learned], labels: Sequence[str]) -> Entities:
    """Every text with its spans: one without any teaches what is no entity."""
    known = frozenset(labels)
    spans = [
        [Span(r.start, r.end, label) for r in each.completion.regions for label in r.labels if label in known]
        for each in found
    ]
    return Entities([each.task.text() for each in found], spans)


def assertions(found: Sequence[Learned], labels: Sequence[str]) -> Assertions:
    """Every place in a text that has one assertion label, in a region of its own or beside that of an entity."""
    mentions, said = list[Mention](), list[str]()
    about, contradictory = set[str](), 0
    for each in found:
        places: dict[tuple[int, int], set[str]] = {}
        for region in each.completion.regions:
            places.setdefault((region.start, region.end), set()).update(region.labels)
        for (start, end), told in places.items():
            statuses = sorted(told & set(labels))
            contradictory += len(statuses) > 1
            if len(statuses) == 1:
                mentions.append(Mention(each.task.text(), start, end))
                said += statuses
                about |= told - set(labels)
    return Assertions(mentions, said, tuple(sorted(about)), contradictory)


def answers(found: Sequence[Learned], group: str, field: str, *, multiple: bool) -> Answers:
    """What was chosen in one group (J-34); where several may be, none is an answer too."""
    told = [
        (each.task, [choice for a in each.completion.answers if _is_of(a, group) for choice in a.choices])
        for each in found
    ]
    kept = [(task, choices) for task, choices in told if choices or multiple]
    titles, texts = read([task for task, _ in kept], field)
    return Answers(titles, texts, [choices for _, choices in kept])


def read(tasks: Sequence[Task], field: str) -> tuple[list[str], list[str]]:
    """Titles and texts as a classifier reads them; one of another field than the text reads no title."""
    titles = [task.text("title") if field == "text" else "" for task in tasks]
    return titles, [task.text(field) for task in tasks]


def _is_of(answer: Answer, group: str) -> bool:
    return answer.from_name == group and answer.place is None
