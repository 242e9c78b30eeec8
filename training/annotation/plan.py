"""Which models a labeling config calls for, what they are named, and what deploying them makes of the config."""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Literal

from reviewapp.labeling import Config, with_model
from reviewapp.labeling.references import KINDS, ModelKind

Source = Literal["manual", "active_learning"]

_NO_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Wanted:
    """A model that a config calls for: its kind, what it can say, the group it answers, the field that it reads."""

    kind: ModelKind
    classes: tuple[str, ...]
    group: str = ""
    field: str = "text"

    @property
    def title(self) -> str:
        """In a sentence: "a single choice classifier of “age”"."""
        return KINDS[self.kind] + (f" of “{self.group}”" if self.group else "")

    def name(self, project: str, source: Source, number: int = 1) -> str:
        """As the seed product names models: a classifier by its group, the others by their project (J-28, J-35).

        From the second version of a kind the number stands behind it, so that a name is given once.
        """
        said = self.group or f"{_NO_NAME.sub('_', project.lower()).strip('_') or 'project'}"
        kind = "classification" if self.group else self.kind
        version = f"_{number}" if number > 1 else ""
        return f"{kind}_{said}_annotation_{source}{version}" + ".model" * (self.kind == "assertion")


def wanted(config: Config) -> tuple[Wanted, ...]:
    """One NER model, one assertion model, and one classifier, of those that the config has labels for (J-23, J-42).

    The classifier is that of the group with ``train="true"``, else of the first by name (J-39, J-40).
    """
    fields = {text.name: text.field for text in config.texts}
    found = []
    if config.entity_labels:
        found.append(Wanted("ner", config.entity_labels))
    if config.assertion_labels:
        found.append(Wanted("assertion", config.assertion_labels))
    if group := config.trained_group:
        kind: ModelKind = "choice-multiple" if group.multiple else "choice-single"
        found.append(Wanted(kind, group.values, group.name, fields.get(group.to_name, "text")))
    return tuple(found)


def deployed(xml: str, models: Iterable[tuple[Wanted, str]], pretrained: Container[str] = ()) -> str:
    """The config with these models named in it; what names one of ``pretrained`` keeps it (J-11, J-27, J-52)."""
    for each, name in models:
        xml = with_model(xml, each.kind, name, group=each.group, kept=pretrained)
    return xml
