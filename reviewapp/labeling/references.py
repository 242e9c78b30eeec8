"""What the parts of a labeling config say about each other: names, keys, targets, pairs and models."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from reviewapp.labeling.source import Element, Problem, quoted

ModelKind = Literal["ner", "assertion", "choice-single", "choice-multiple"]
KINDS = {
    "ner": "a NER model",
    "assertion": "an assertion model",
    "choice-single": "a single choice classifier",
    "choice-multiple": "a multiple choice classifier",
}
MOST_LISTED = 20

_PAIR = re.compile(r"\s*([^<>,]+?)\s*(<>|>)\s*([^<>,]+?)\s*")


@dataclass(frozen=True)
class Model:
    """A model that a config may name, and the labels or choices that it predicts."""

    kind: ModelKind
    labels: frozenset[str]


def pairs(allowed: str) -> list[tuple[str, str, str]]:
    """``(label, ">" or "<>", label)`` of each pair in "A>B, C<>D"; ValueError names the first that is none."""
    found = []
    for piece in filter(str.strip, allowed.split(",")):
        match = _PAIR.fullmatch(piece)
        if match is None:
            raise ValueError(piece.strip())
        found.append((match[1], match[2], match[3]))
    return found


def problems(root: Element, known: Mapping[str, Model] | None) -> Iterator[Problem]:
    """Everything that does not fit together; names of models are looked up in ``known``, if that is given."""
    everything = list(walk(root))
    yield from _whole(root, everything)
    yield from _names(everything)
    for group in _with_tag(everything, "Choices"):
        yield from _twice(group.children, "value", "The choice {}")
    yield from _twice(_with_tag(everything, "Label"), "value", "The label {}")
    yield from _twice(_with_tag(everything, "Relation"), "value", "The relation {}")
    yield from _twice(_with_tag(everything, "Label", "Choice"), "hotkey", "The key {}")
    yield from _twice([e for e in everything if e.get("train") == "true"], "train", "train={}")
    yield from _targets(everything)
    yield from _allowed(everything)
    yield from _one_assertion_model(everything)
    for element in everything if known is not None else ():
        yield from _model(element, known or {})


def walk(element: Element) -> Iterator[Element]:
    """The element and everything in it, in the order of the text."""
    yield element
    for child in element.children:
        yield from walk(child)


def _with_tag(elements: Iterable[Element], *tags: str) -> list[Element]:
    return [element for element in elements if element.tag in tags]


def _whole(root: Element, everything: list[Element]) -> Iterator[Problem]:
    has = {element.tag for element in everything}
    if "Text" not in has:
        yield Problem('Nothing shows the document. Add <Text name="text" value="$text"/>.', root.place)
    if not has & {"Labels", "Choices"}:
        yield Problem("Nothing is asked. Add <Labels> or <Choices>.", root.place)
    if "Labels" not in has:
        about_spans = [e for e in everything if e.tag == "Relations" or e.get("perRegion") == "true"]
        for element in about_spans:
            yield Problem(f"This <{element.tag}> is about spans, but there are no <Labels>.", element.place)
    for element in everything:
        if element.get("perRegion") == "true" and element.get("train") == "true":
            yield Problem("A group about each span is not trained.", element.attributes["train"].place, warning=True)


def _names(everything: list[Element]) -> Iterator[Problem]:
    yield from _twice(_with_tag(everything, "Text", "Labels", "Choices"), "name", "The name {}")


def _twice(elements: Iterable[Element], name: str, what: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for element in elements:
        attribute = element.attributes.get(name)
        if attribute is None or not attribute.value:
            continue
        if attribute.value in seen:
            first = seen[attribute.value]
            yield Problem(f"{what.format(quoted(attribute.value))} is there already, in line {first}.", attribute.place)
        seen.setdefault(attribute.value, attribute.place.line)


def _targets(everything: list[Element]) -> Iterator[Problem]:
    named = {element.get("name"): element for element in reversed(_with_tag(everything, "Text", "Labels", "Choices"))}
    texts = ", ".join(quoted(text.get("name") or "") for text in _with_tag(everything, "Text")[:MOST_LISTED]) or "none"
    for element in _with_tag(everything, "Labels", "Choices"):
        attribute = element.attributes.get("toName")
        if attribute is None or not attribute.value:
            continue
        target = named.get(attribute.value)
        if target is None:
            yield Problem(f"toName={quoted(attribute.value)} names nothing. Texts here: {texts}.", attribute.place)
        elif target.tag != "Text":
            said = f"toName={quoted(attribute.value)} names a <{target.tag}>, not a <Text>. Texts here: {texts}."
            yield Problem(said, attribute.place)
        elif element.tag == "Labels" and target.get("value") != "$text":
            yield Problem("Labels are for spans of the document's text: the <Text> with “$text”.", attribute.place)


def _allowed(everything: list[Element]) -> Iterator[Problem]:
    labels = {element.get("value") for element in _with_tag(everything, "Label")}
    for relation in _with_tag(everything, "Relation"):
        attribute = relation.attributes.get("allowed")
        if attribute is None:
            continue
        try:
            found = pairs(attribute.value)
        except ValueError as piece:
            said = f"{quoted(str(piece))} is not a pair of labels. Write “A>B” for one way, “A<>B” for both."
            yield Problem(said, attribute.place)
            continue
        for label in dict.fromkeys(label for first, _, second in found for label in (first, second)):
            if label not in labels:
                yield Problem(f"allowed names {quoted(label)}, which is not a label here.", attribute.place)


def _one_assertion_model(everything: list[Element]) -> Iterator[Problem]:
    """A project has at most one assertion model (J-31)."""
    first: str | None = None
    for label in _with_tag(everything, "Label"):
        attribute = label.attributes.get("model")
        if label.get("assertion") != "true" or attribute is None or not attribute.value:
            continue
        if first is not None and attribute.value != first:
            said = f"A project has one assertion model: {quoted(first)} above, {quoted(attribute.value)} here."
            yield Problem(said, attribute.place)
        first = first or attribute.value


def _model(element: Element, known: Mapping[str, Model]) -> Iterator[Problem]:
    """What is wrong with the model that a label or a group of choices names (J-29, J-30, J-53)."""
    attribute = element.attributes.get("model")
    if attribute is None or not attribute.value or element.tag not in ("Label", "Choices"):
        return
    model = known.get(attribute.value)
    if model is None:
        yield Problem(f"There is no model {quoted(attribute.value)}.", attribute.place)
        return
    wanted, values = _wanted(element)
    if model.kind != wanted:
        said = f"{_subject(element)} cannot be predicted by {quoted(attribute.value)}, {KINDS[model.kind]}"
        yield Problem(f"{said}; it takes {KINDS[wanted]}.", attribute.place)
    elif unknown := [value for value in values if value not in model.labels]:
        said = f"The model {quoted(attribute.value)} does not predict {', '.join(map(quoted, unknown[:MOST_LISTED]))}"
        yield Problem(f"{said}. It predicts {', '.join(sorted(model.labels)[:MOST_LISTED])}.", attribute.place)


def _subject(element: Element) -> str:
    if element.tag == "Choices":
        return f"The group {quoted(element.get('name') or '')}"
    said = f"The label {quoted(element.get('value') or '')}"
    return f"{said} is an assertion label, so it" if element.get("assertion") == "true" else said


def _wanted(element: Element) -> tuple[ModelKind, list[str]]:
    if element.tag == "Label":
        return "assertion" if element.get("assertion") == "true" else "ner", [element.get("value") or ""]
    values = [child.get("value") or "" for child in _with_tag(element.children, "Choice")]
    return "choice-multiple" if element.get("choice") == "multiple" else "choice-single", values
