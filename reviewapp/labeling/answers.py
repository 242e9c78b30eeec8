"""What an annotator says, checked against the labeling config and the text it is about.

An answer is a list of *results* as Annotation Lab and Label Studio write them: spans (``type`` ``labels``), answers to
groups of choices (``choices``; one about a span carries the span's ``id``) and relations between spans. Offsets count
code points and the end is exclusive.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from reviewapp.errors import Invalid
from reviewapp.labeling.config import Choices, Config, Labels

Result: TypeAlias = dict[str, Any]

MOST_RESULTS = 10_000
MOST_BYTES = 4 << 20
MOST_FAULTS = 50
DIRECTIONS = ("right", "left", "bi")
_ID = re.compile(r"[A-Za-z0-9_.:@-]{1,100}")


@dataclass(frozen=True)
class Fault:
    """What is wrong with an answer; ``place`` counts its results from 0, None where it is about the whole."""

    message: str
    place: int | None = None
    region: str = ""  # the id of the span that it is about


class InvalidAnswer(Invalid):
    """An answer that does not fit; ``faults`` holds everything that is wrong with it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)[:MOST_FAULTS]
        said = [fault.message for fault in self.faults]
        super().__init__(f"The annotation cannot be saved. {' '.join(said)}", fields={"result": said})


@dataclass(frozen=True)
class Document:
    """The texts of one document by the name that the config gives them."""

    texts: Mapping[str, str]

    @classmethod
    def of(cls, config: Config, text: str, title: str) -> "Document":
        fields = {"text": text, "title": title}
        return cls({part.name: fields.get(part.field, "") for part in config.texts})


def read(config: Config, document: Document, given: object, *, finished: bool = True) -> list[Result]:
    """The answer without anything that is not asked for; raises :class:`InvalidAnswer` with every fault.

    ``finished`` also asks for what is required; a draft may lack it.
    """
    reading = _Reading(config, document)
    reading.take(given)
    if finished:
        reading.faults += _missing(config, reading)
    if reading.faults:
        raise InvalidAnswer(reading.faults)
    return reading.results


def usable(config: Config, document: Document, given: object) -> list[Result]:
    """What of an answer still fits: a draft or a prediction may be older than the config."""
    reading = _Reading(config, document)
    reading.take(given)
    return reading.results


def used(results: Iterable[Result]) -> set[tuple[str, str]]:
    """The labels and choices that an answer uses, each with the name of its set or group; relations under ``""``."""
    return {(result.get("from_name", ""), value) for result in results for value in _values(result)}


def offered(config: Config) -> set[tuple[str, str]]:
    """The labels, choices and relations that a config offers, as :func:`used` names them."""
    labels = {(part.name, label.value) for part in config.label_sets for label in part.labels}
    choices = {(group.name, value) for group in config.groups for value in group.values}
    return labels | choices | {("", relation.value) for relation in config.relations}


def spans(results: Iterable[Result]) -> Iterator[Result]:
    """The spans of an answer."""
    return (result for result in results if result["type"] == "labels")


def _values(result: Result) -> list[str]:
    if result["type"] == "relation":
        return list(result["labels"])
    return list(result["value"][result["type"]])


@dataclass
class _Reading:
    """An answer as far as it was read."""

    config: Config
    document: Document
    results: list[Result] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    regions: dict[str, Result] = field(default_factory=dict)
    seen: set[Any] = field(default_factory=set)

    def take(self, given: object) -> None:
        if not isinstance(given, list) or not all(isinstance(result, dict) for result in given):
            self.faults.append(Fault("An annotation is a list of results."))
            return
        if len(given) > MOST_RESULTS:
            self.faults.append(Fault(f"It has {len(given):,} results; at most {MOST_RESULTS:,} are kept."))
            return
        if (size := len(json.dumps(given))) > MOST_BYTES:
            self.faults.append(Fault(f"It has {size:,} bytes; at most {MOST_BYTES:,} are kept."))
            return
        # Spans first: what is said about one may stand before it.
        order = sorted(range(len(given)), key=lambda place: given[place].get("type") != "labels")
        kept = {place: read for place in order if (read := self._one(place, given[place]))}
        self.results = [kept[place] for place in sorted(kept)]

    def _one(self, place: int, result: Result) -> Result | None:
        try:
            return self._reader(result)(result)
        except _Wrong as wrong:
            self.faults.append(Fault(f"{_named(place, result)} {wrong}", place, _id(result)))
            return None

    def _reader(self, result: Result) -> Callable[[Result], Result]:
        readers = {"labels": self._span, "choices": self._choices, "relation": self._relation}
        kind = result.get("type")
        if not isinstance(kind, str) or kind not in readers:
            raise _Wrong(f"has the type {_said(kind)}; types are {', '.join(readers)}.")
        return readers[kind]

    def _span(self, result: Result) -> Result:
        part = _part(self.config.label_sets, result)
        start, end, text = self._slice(part.to_name, _value(result))
        known = [label.value for label in part.labels]
        labels = _some(_value(result).get("labels"), known, f"label of “{part.name}”")
        name = _id(result)
        if not name or name in self.regions:
            raise _Wrong("needs an id of its own.")
        if (twin := (part.name, start, end, tuple(sorted(labels)))) in self.seen:
            raise _Wrong("is there twice.")
        self.seen.add(twin)
        value = {"start": start, "end": end, "text": text, "labels": labels}
        read = {"id": name, "type": "labels", "from_name": part.name, "to_name": part.to_name, "value": value}
        self.regions[name] = read
        return read

    def _choices(self, result: Result) -> Result:
        group = _part(self.config.groups, result)
        chosen = _some(_value(result).get("choices"), group.values, f"choice of “{group.name}”")
        if len(chosen) > 1 and not group.multiple:
            raise _Wrong(f"has {len(chosen)} choices; “{group.name}” takes one.")
        region = self.regions.get(_id(result)) if group.per_region else None
        if group.per_region and region is None:
            raise _Wrong(f"answers “{group.name}”, which is asked about each span, and names no span.")
        if (twin := (group.name, region and region["id"])) in self.seen:
            raise _Wrong(f"answers “{group.name}” again.")
        self.seen.add(twin)
        value: Result = {"choices": chosen}
        if region:
            value = {name: region["value"][name] for name in ("start", "end", "text")} | value
        name = region["id"] if region else _id(result) or f"choices-{group.name}"
        return {"id": name, "type": "choices", "from_name": group.name, "to_name": group.to_name, "value": value}

    def _relation(self, result: Result) -> Result:
        ends = [result.get(end) for end in ("from_id", "to_id")]
        if any(not isinstance(end, str) or end not in self.regions for end in ends):
            raise _Wrong("joins a span that is not there.")
        if ends[0] == ends[1]:
            raise _Wrong("joins a span with itself.")
        known = {relation.value: relation for relation in self.config.relations}
        labels = _some(result.get("labels"), list(known), "relation")
        source, target = (self.regions[str(end)]["value"]["labels"] for end in ends)
        for label in labels:
            if not any(known[label].joins(first, second) for first in source for second in target):
                raise _Wrong(f"“{label}” does not join {', '.join(source)} with {', '.join(target)}.")
        if (twin := ("relation", *ends, tuple(sorted(labels)))) in self.seen:
            raise _Wrong("is there twice.")
        self.seen.add(twin)
        direction = result.get("direction", "right")
        if direction not in DIRECTIONS:
            raise _Wrong(f"has the direction {_said(direction)}; directions are {', '.join(DIRECTIONS)}.")
        return {"type": "relation", "from_id": ends[0], "to_id": ends[1], "direction": direction, "labels": labels}

    def _slice(self, name: str, value: Result) -> tuple[int, int, str]:
        text, (start, end) = self.document.texts[name], (value.get("start"), value.get("end"))
        if not all(isinstance(offset, int) and not isinstance(offset, bool) for offset in (start, end)):
            raise _Wrong("needs “start” and “end” as whole numbers.")
        if not 0 <= start < end <= len(text):  # type: ignore[operator] # numbers, as just seen
            raise _Wrong(f"lies from {start} to {end}; the text has {len(text):,} characters.")
        found = text[start:end]
        if value.get("text", found) != found:
            raise _Wrong(f"says {_said(value['text'])}, where the text says “{found[:60]}”.")
        return start, end, found  # type: ignore[return-value]


class _Wrong(Exception):
    """What is wrong with one result, to be said behind its name."""


def _part(parts: Iterable[Any], result: Result) -> Any:
    by_name: dict[object, Labels | Choices] = {part.name: part for part in parts}
    name = result.get("from_name")
    part = by_name.get(name) if isinstance(name, str) else None
    if part is None:
        raise _Wrong(f"comes from {_said(name)}, which the labeling config does not have.")
    if result.get("to_name", part.to_name) != part.to_name:
        raise _Wrong(f"is about {_said(result['to_name'])}; “{part.name}” is about “{part.to_name}”.")
    return part


def _some(given: object, known: Iterable[str], noun: str) -> list[str]:
    """The given values, each once; all of them must be known."""
    values = [value for value in given if isinstance(value, str)] if isinstance(given, list) else []
    if not values:
        raise _Wrong(f"needs a {noun}.")
    if strangers := [value for value in values if value not in set(known)]:
        raise _Wrong(f"{_said(strangers[0])} is not a {noun}.")
    return list(dict.fromkeys(values))


def _missing(config: Config, reading: _Reading) -> Iterator[Fault]:
    """What is required and was not answered."""
    entities = set(config.entity_labels)
    for group in config.groups:
        if group.required and not group.per_region and (group.name, None) not in reading.seen:
            yield Fault(group.required_message or f"Answer “{group.name}”.")
        if group.required and group.per_region:
            for name, region in reading.regions.items():
                if entities & set(region["value"]["labels"]) and (group.name, name) not in reading.seen:
                    said = group.required_message or f"Answer “{group.name}”."
                    yield Fault(f"{_span_named(region)}: {said}", None, name)


def _named(place: int, result: Result) -> str:
    kinds = {"labels": "Span", "choices": "Answer", "relation": "Relation"}
    kind = result.get("type")
    noun = kinds.get(kind, "Result") if isinstance(kind, str) else "Result"
    said = result["value"].get("text") if isinstance(result.get("value"), dict) else None
    return f"{noun} {place + 1}{f' (“{said[:40]}”)' if isinstance(said, str) else ''}"


def _span_named(region: Result) -> str:
    return f"{', '.join(region['value']['labels'])} “{region['value']['text'][:40]}”"


def _value(result: Result) -> Result:
    value = result.get("value")
    if not isinstance(value, dict):
        raise _Wrong("needs a “value”.")
    return value


def _id(result: Result) -> str:
    name = result.get("id")
    return name if isinstance(name, str) and _ID.fullmatch(name) else ""


def _said(value: object) -> str:
    return "nothing" if value is None else f"“{str(value)[:60]}”"
