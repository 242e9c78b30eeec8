"""The review field: the one ``<Choices>`` group of a review project.

Each ``<Choice>`` carries a ``role``: one positive, one negative, any number of neutral ones.
"""

from dataclasses import dataclass
from functools import lru_cache
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reviewapp.errors import Invalid
from reviewapp.labeling.config import Choice
from reviewapp.labeling.grammar import ROLES
from reviewapp.labeling.references import walk
from reviewapp.labeling.source import load

MOST_CHOICES = 200


@dataclass(frozen=True)
class ReviewField:
    """The question of a review project with its possible answers."""

    name: str
    choices: tuple[Choice, ...]

    def choice(self, value: str) -> Choice:
        """The choice of exactly this spelling; raises :class:`Invalid` naming the ones there are."""
        for choice in self.choices:
            if choice.value == value:
                return choice
        known = ", ".join(choice.value for choice in self.choices)
        raise Invalid(
            f"“{value}” is not a choice of “{self.name}”. Choices: {known}.", fields={"choice": ["Unknown choice."]}
        )


def review_field(name: str, choices: list[tuple[str, str, str]]) -> ReviewField:
    """Build a review field from ``(value, role, hotkey)``; :class:`Invalid` when the rules of D15 are not kept."""
    field = ReviewField(name.strip(), tuple(Choice(v.strip(), r, k.strip()) for v, r, k in choices))
    problems = list(_problems(field))
    if problems:
        raise Invalid(" ".join(problems), fields={"choices": problems})
    return field


def _problems(field: ReviewField) -> list[str]:
    values = [choice.value for choice in field.choices]
    keys = [choice.hotkey for choice in field.choices if choice.hotkey]
    roles = [choice.role for choice in field.choices]
    found = []
    if not field.name:
        found.append("The review field needs a name.")
    if roles.count("positive") != 1 or roles.count("negative") != 1:
        found.append("Exactly one choice must be positive and exactly one negative; any others are neutral.")
    if unknown := set(roles) - set(ROLES):
        found.append(f"Unknown role: {', '.join(sorted(unknown))}. Roles are {', '.join(ROLES)}.")
    if "" in values or len(set(values)) < len(values):
        found.append("Every choice needs its own name.")
    if len(values) > MOST_CHOICES:
        found.append(f"A review field has {MOST_CHOICES} choices at most.")
    if any(len(value) > 100 for value in values):
        found.append("A choice's name has at most 100 characters.")
    if len(set(keys)) < len(keys) or any(len(key) > 1 for key in keys):
        found.append("Every key is one character and belongs to one choice.")
    return found


def to_xml(field: ReviewField) -> str:
    """The labeling config of a review project with this field."""
    view = Element("View")
    SubElement(view, "Text", name="text", value="$text")
    group = SubElement(view, "Choices", name=field.name, toName="text", choice="single", showInLine="true")
    for choice in field.choices:
        SubElement(group, "Choice", value=choice.value, role=choice.role, hotkey=choice.hotkey)
    indent(view)
    return tostring(view, encoding="unicode")


@lru_cache(maxsize=256)
def parse(xml: str) -> ReviewField:
    """Read the review field out of a labeling config; raises :class:`Invalid` with line and column."""
    groups = [element for element in walk(load(xml)) if element.tag == "Choices"]
    if len(groups) != 1:
        raise Invalid(f"A review project has exactly one <Choices> group; this config has {len(groups)}.")
    choices = [
        (choice.get("value") or "", choice.get("role") or "neutral", choice.get("hotkey") or "")
        for choice in groups[0].children
        if choice.tag == "Choice"
    ]
    return review_field(groups[0].get("name") or "", choices)
