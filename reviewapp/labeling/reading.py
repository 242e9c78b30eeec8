"""A labeling config read from its XML, with everything that is wrong with it; and written back with other models."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from reviewapp.labeling import grammar, references
from reviewapp.labeling.config import (
    Choice,
    Choices,
    Config,
    Header,
    Label,
    Labels,
    Pair,
    Part,
    Relation,
    Relations,
    Text,
    View,
)
from reviewapp.labeling.references import Model, ModelKind
from reviewapp.labeling.source import Element, InvalidConfig, Problem, load, with_attribute

MOST_PROBLEMS = 100  # told of each sort: of the grammar, and of what does not fit together


@dataclass(frozen=True)
class Examined:
    """A config as far as it can be shown, and its problems in the order of the text."""

    config: Config | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if not problem.warning)


def examine(xml: str, known: Mapping[str, Model] | None = None) -> Examined:
    """Read what can be read and collect every problem, for a preview; ``known`` are the models it may name."""
    try:
        root = load(xml)
    except InvalidConfig as refused:
        return Examined(None, refused.problems)
    found = [
        *islice(grammar.problems(root), MOST_PROBLEMS),
        *islice(references.problems(root, known), MOST_PROBLEMS),
    ]
    config = Config(_view(root)) if root.tag == "View" else None
    return Examined(config, tuple(sorted(dict.fromkeys(found), key=lambda problem: problem.place)))


def read(xml: str, known: Mapping[str, Model] | None = None) -> Config:
    """The config; raises :class:`InvalidConfig` with every error."""
    examined = examine(xml, known)
    if examined.errors or examined.config is None:
        raise InvalidConfig(examined.errors)
    return examined.config


@lru_cache(maxsize=256)
def stored(xml: str) -> Config:
    """The config of a project, which was checked when it was saved."""
    return read(xml)


def with_model(xml: str, kind: ModelKind, name: str, *, group: str = "", kept: Container[str] = ()) -> str:
    """The same text with the model that predicts its labels named in it; only ``model`` attributes differ (J-11).

    A NER model is written to every label that is no assertion label, an assertion model to every one that is (J-27),
    a classifier to the group of choices with the name ``group``. What names a model of ``kept`` keeps it (J-52).
    """
    targets = [element for element in references.walk(load(xml)) if _is_predicted(element, kind, group)]
    return with_attribute(xml, "model", [(e, name) for e in targets if (e.get("model") or "") not in kept])


def _is_predicted(element: Element, kind: ModelKind, group: str) -> bool:
    if kind in ("ner", "assertion"):
        return element.tag == "Label" and (element.get("assertion") == "true") == (kind == "assertion")
    return element.tag == "Choices" and element.get("name") == group


def _view(element: Element) -> View:
    parts = (READERS[child.tag](child) for child in element.children if child.tag in READERS)
    return View(tuple(parts), element.get("style") or "")


def _text(element: Element) -> Part:
    return Text(_said(element, "name"), _said(element, "value").removeprefix("$"))


def _header(element: Element) -> Part:
    return Header(_said(element, "value"))


def _labels(element: Element) -> Part:
    labels = (
        Label(
            value=_said(child, "value"),
            background=_said(child, "background"),
            hotkey=_said(child, "hotkey"),
            assertion=_flag(child, "assertion"),
            model=_said(child, "model"),
        )
        for child in element.children
        if child.tag == "Label"
    )
    return Labels(_said(element, "name"), _said(element, "toName"), tuple(labels))


def _choices(element: Element) -> Part:
    choices = (
        Choice(_said(child, "value"), child.get("role") or "neutral", _said(child, "hotkey"))
        for child in element.children
        if child.tag == "Choice"
    )
    return Choices(
        name=_said(element, "name"),
        to_name=_said(element, "toName"),
        choices=tuple(choices),
        multiple=element.get("choice") == "multiple",
        show_in_line=_flag(element, "showInLine") or _flag(element, "showInline"),
        required=_flag(element, "required"),
        required_message=_said(element, "requiredMessage"),
        per_region=_flag(element, "perRegion"),
        train=_flag(element, "train"),
        model=_said(element, "model"),
    )


def _relations(element: Element) -> Part:
    found = (Relation(_said(child, "value"), _pairs(child)) for child in element.children if child.tag == "Relation")
    return Relations(tuple(found))


def _pairs(element: Element) -> tuple[Pair, ...]:
    try:
        found = references.pairs(_said(element, "allowed"))
    except ValueError:  # a problem that is told; until it is mended any pair is allowed
        return ()
    return tuple(Pair(first, second, way == "<>") for first, way, second in found)


def _said(element: Element, name: str) -> str:
    return element.get(name) or ""


def _flag(element: Element, name: str) -> bool:
    return element.get(name) == "true"


READERS = {
    "View": _view,
    "Text": _text,
    "Header": _header,
    "Labels": _labels,
    "Choices": _choices,
    "Relations": _relations,
}
