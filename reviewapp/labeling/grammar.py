"""The tags and attributes that a labeling config may use, where they belong, and what their values may be."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from reviewapp.labeling.source import LONGEST, Element, Problem, quoted

ROLES = ("positive", "negative", "neutral")
CHOICE = ("single", "multiple")
LONGEST_TEXT = 500  # characters of a header, a style, a message
RESERVED_HOTKEYS = {"?": "shows all keys", " ": "reads on"}

_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}|[a-zA-Z]{3,20}")
_FIELD = re.compile(r"\$[A-Za-z_]\w*")


@dataclass(frozen=True)
class Tag:
    """What one tag may carry: its attributes (the needed ones first) and the tags in it."""

    needed: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    children: tuple[str, ...] = ()


TAGS = {
    "View": Tag(attributes=("style",), children=("View", "Text", "Header", "Labels", "Choices", "Relations")),
    "Text": Tag(needed=("name", "value")),
    "Header": Tag(needed=("value",)),
    "Labels": Tag(needed=("name", "toName"), children=("Label",)),
    "Label": Tag(needed=("value",), attributes=("background", "hotkey", "assertion", "model")),
    "Choices": Tag(
        needed=("name", "toName"),
        attributes=("choice", "showInLine", "showInline", "required", "requiredMessage", "perRegion", "train", "model"),
        children=("Choice",),
    ),
    "Choice": Tag(needed=("value",), attributes=("hotkey", "role")),
    "Relations": Tag(children=("Relation",)),
    "Relation": Tag(needed=("value",), attributes=("allowed",)),
}
CONTAINERS = {tag for tag, rule in TAGS.items() if rule.children}


def problems(root: Element) -> Iterator[Problem]:
    """Everything that breaks the grammar, in the order of the text."""
    if root.tag != "View":
        yield Problem(f"A labeling config is one <View>; this is {quoted(root.tag)}.", root.place)
    else:
        yield from _in(root)


def _in(element: Element) -> Iterator[Problem]:
    rule = TAGS[element.tag]
    yield from _attributes(element, rule)
    if element.has_text:
        yield Problem(f"Text between the tags of <{element.tag}> is not shown.", element.place, warning=True)
    if rule.children and not element.children:
        inside = " or ".join(f"<{tag}>" for tag in rule.children)
        yield Problem(f"This <{element.tag}> is empty; put {inside} into it.", element.place, warning=True)
    for child in element.children:
        if child.tag in rule.children:
            yield from _in(child)
        else:
            yield Problem(_misplaced(child.tag, element.tag), child.place)


def _misplaced(tag: str, parent: str) -> str:
    if tag not in TAGS:
        return f"{quoted(tag)} is not a tag here.{_meant(tag, TAGS)} Tags: {', '.join(TAGS)}."
    homes = " or ".join(f"<{home}>" for home, rule in TAGS.items() if tag in rule.children)
    return f"<{tag}> belongs in {homes}, not in <{parent}>."


def _attributes(element: Element, rule: Tag) -> Iterator[Problem]:
    known = (*rule.needed, *rule.attributes)
    for name, attribute in element.attributes.items():
        if name not in known:
            listed = f"It has {', '.join(known)}." if known else "It has none."
            said = f"<{element.tag}> has no attribute {quoted(name)}.{_meant(name, known)} {listed}"
            yield Problem(said, attribute.place)
        elif message := _value(element.tag, name, attribute.value):
            yield Problem(message, attribute.place)
    for name in rule.needed:
        if not (element.get(name) or "").strip():
            yield Problem(f"<{element.tag}> needs the attribute “{name}”.", element.place)


def _meant(word: str, known: "dict[str, Tag] | tuple[str, ...]") -> str:
    lowered = {name.lower(): name for name in known}
    close = get_close_matches(word.lower()[:LONGEST], lowered, n=1)
    return f" Did you mean “{lowered[close[0]]}”?" if close else ""


def _value(tag: str, name: str, value: str) -> str:
    """What is wrong with an attribute's value; empty when nothing is."""
    longest = LONGEST_TEXT if tag == "Header" or name in ("style", "requiredMessage", "allowed") else LONGEST
    if len(value) > longest:
        return f"“{name}” has {len(value)} characters; at most {longest} are read."
    check = CHECKS.get("field" if (tag, name) == ("Text", "value") else name)
    return check(name, value) if check else ""


def _flag(name: str, value: str) -> str:
    return "" if value in ("true", "false") else f"{name}={quoted(value)} is neither “true” nor “false”."


def _choice(name: str, value: str) -> str:
    return "" if value in CHOICE else f"{name}={quoted(value)} is unknown; a group is “single” or “multiple”."


def _role(name: str, value: str) -> str:
    return "" if value in ROLES else f"Unknown role: {quoted(value)}. Roles are {', '.join(ROLES)}."


def _colour(name: str, value: str) -> str:
    return "" if _COLOUR.fullmatch(value) else f"{name}={quoted(value)} is not a colour; write “red” or “#ff0000”."


def _hotkey(name: str, value: str) -> str:
    if value in RESERVED_HOTKEYS:
        return f"The key {quoted(value)} is reserved: it {RESERVED_HOTKEYS[value]}."
    if value and (len(value) > 1 or not value.isprintable()):
        return f"{name}={quoted(value)} is not one character; keys are pressed alone."
    return ""


def _field(name: str, value: str) -> str:
    if _FIELD.fullmatch(value):
        return ""
    return f"{name}={quoted(value)} is not a field of the document; write “$text”."


CHECKS: dict[str, Callable[[str, str], str]] = {
    **dict.fromkeys(("assertion", "showInLine", "showInline", "required", "perRegion", "train"), _flag),
    "choice": _choice,
    "role": _role,
    "background": _colour,
    "hotkey": _hotkey,
    "field": _field,
}
