"""A task of a file beside the project that it is imported into: what can be written of it, or why it cannot be."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.conf import settings

from reviewapp.domain.mapping import CONTROL_NUMBER_LIMIT, TITLE_LIMIT, checked_tags
from reviewapp.errors import Invalid
from reviewapp.formats import Completion, Malformed, Prediction, Task, match
from reviewapp.formats.label_studio import write_completion, write_prediction, write_task
from reviewapp.formats.results import write_result
from reviewapp.formats.tasks import Id
from reviewapp.labeling import Config, answers
from reviewapp.tabular import CONTROL

MODEL_LIMIT = 200  # characters of a model's name
REASON_LIMIT = 500
NOTE_LIMIT = 20_000
NAMELESS = "imported"  # a model that the file does not name
SKIPPED = "Skipped where it was annotated"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")


@dataclass(frozen=True)
class Answered:
    """One completion: the results as they are kept, and what else the file says about it."""

    said: Completion
    result: list[dict[str, Any]]
    rest: dict[str, Any]

    @property
    def skip_reason(self) -> str:
        """Why it was skipped; empty for an answer."""
        return (_words(self.said, "skip_reason", REASON_LIMIT) or SKIPPED) if self.said.cancelled else ""

    @property
    def note(self) -> str:
        return _words(self.said, "note", NOTE_LIMIT)

    @property
    def verdict(self) -> bool | None:
        """Whether a reviewer accepted it; None while nobody has said."""
        return None if self.said.review is None else self.said.review.approved


@dataclass(frozen=True)
class Predicted:
    """One prediction, under the name of its model."""

    model: str
    confidence: float | None
    result: list[dict[str, Any]]
    rest: dict[str, Any]


@dataclass(frozen=True)
class Fitted:
    """A task that fits the project; ``control_number`` is empty where one is to be made."""

    number: int
    control_number: str
    text: str
    title: str
    metadata: dict[str, Any]
    tags: tuple[str, ...]
    completions: tuple[Answered, ...]
    predictions: tuple[Predicted, ...]
    rest: dict[str, Any]


def control_number(identity: Id) -> str:
    """The control number of the document with this id; raises :class:`Malformed` for an id that can be none."""
    if identity is None:
        return ""
    number = str(identity)
    if not number.strip() or number != number.strip() or len(number) > CONTROL_NUMBER_LIMIT or CONTROL.search(number):
        raise Malformed(f"the id “{number[:40]}” cannot be a control number")
    return number


def identity(number: str) -> Id:
    """The id that a file says for a control number: a whole number where it is one."""
    return int(number) if _WHOLE.fullmatch(number) else number


def fit(number: int, task: Task, config: Config) -> Fitted:
    """The task as it can be written; raises :class:`Malformed` with the first thing that does not fit."""
    _require_keepable(task)
    data = dict(task.data)
    text, title = _field(data, "text", settings.DOCUMENT_TEXT_LIMIT), _field(data, "title", TITLE_LIMIT)
    if not text.strip():
        raise Malformed("it has no “text”" + (f", only {', '.join(list(data)[:5])}" if data else ""))
    matched = match(task, config)
    document = answers.Document.of(config, text, title)
    try:
        return Fitted(
            number,
            control_number(task.id),
            text,
            title,
            data,
            checked_tags(task.tags),
            tuple(_answered(each, config, document) for each in sorted(matched.completions, key=lambda one: one.when)),
            tuple(_predicted(matched.predictions, config, document)),
            dict(task.rest),
        )
    except Invalid as problem:
        raise Malformed(str(problem).rstrip(".")) from problem


def _require_keepable(task: Task) -> None:
    try:
        written = orjson.dumps(write_task(task, "annotation-lab"))
    except TypeError as problem:
        raise Malformed(f"it cannot be kept: {problem}") from problem
    if _NUL.search(written):
        raise Malformed("it holds a NUL character, which no text has")


def _field(data: dict[str, Any], name: str, limit: int) -> str:
    value = data.pop(name, None)
    if not isinstance(value, str | None):
        raise Malformed(f"“{name}” is not a text")
    if value and len(value) > limit:
        raise Malformed(f"“{name}” has {len(value):,} characters; at most {limit:,} are possible")
    return value or ""


def _answered(said: Completion, config: Config, document: answers.Document) -> Answered:
    rest = write_completion(replace(said, results=()), "annotation-lab")
    del rest["result"]
    return Answered(said, _results(said, config, document), rest)


def _predicted(said: Iterable[Prediction], config: Config, document: answers.Document) -> Iterable[Predicted]:
    names: set[str] = set()
    for each in said:
        rest = write_prediction(replace(each, results=()), "annotation-lab")
        del rest["result"]
        names.add(name := _new_name(each.model_version or NAMELESS, names))
        sure = each.score if each.score is not None and 0 <= each.score <= 1 else None
        yield Predicted(name, sure, _results(each, config, document), rest)


def _new_name(wanted: str, taken: set[str]) -> str:
    name, number = wanted[:MODEL_LIMIT], 1
    while name in taken:
        number += 1
        name = f"{wanted[: MODEL_LIMIT - 10]} ({number})"
    return name


def _results(said: Completion | Prediction, config: Config, document: answers.Document) -> list[dict[str, Any]]:
    """What was said as it is read here, with everything else that the file says of each result."""
    written = [write_result(each, "annotation-lab") for each in said.results]
    named = [
        raw if raw.get("id") or raw["type"] == "relation" else raw | {"id": f"r{place}"}
        for place, raw in enumerate(written, start=1)
    ]
    try:
        read = answers.read(config, document, named, finished=False)
    except answers.InvalidAnswer as problem:
        raise Malformed(problem.faults[0].message.rstrip(".")) from problem
    return [_joined(raw, ours) for raw, ours in zip(named, read, strict=True)]


def _joined(raw: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    return raw | ours | ({"value": raw["value"] | ours["value"]} if "value" in ours else {})


def _words(said: Completion, name: str, limit: int) -> str:
    value = said.rest.get(name)
    return value[:limit] if isinstance(value, str) else ""
