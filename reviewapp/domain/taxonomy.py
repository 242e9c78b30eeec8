"""The taxonomy: the labels of a project as a tree, ``Parent > Child``, and a file of labels taken into it (U-18).

A label is an answer of the review field. Its place in the tree is in its name alone, so a label can be added at any
time: versions that there are know nothing of it and go on as they were (U-25).
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from django.db import transaction
from django.db.models import Count

from reviewapp.domain import projects
from reviewapp.errors import Invalid, TooLarge
from reviewapp.labeling import MOST_CHOICES, ROLES, Choice
from reviewapp.models import Project, User

SEPARATOR = " > "
DEEPEST = 6
LARGEST_FILE = 1 << 20  # bytes
NEEDED = 5  # documents with the label that a model needs to learn it
MEASURED = 20  # that its figures need to say anything (B-05)
COLUMNS = {"label": ("label", "name", "value"), "role": ("role", "means"), "key": ("key", "hotkey")}


@dataclass(frozen=True)
class Label:
    """One label with the documents that carry it now."""

    choice: Choice
    documents: int

    @property
    def path(self) -> tuple[str, ...]:
        """Its name from the root of the tree."""
        return path_of(self.choice.value)

    @property
    def state(self) -> str:
        """``not_enough_data``, then ``few`` (to be learnt, not measured) or ``enough``; neutral: ``never_trains``."""
        if self.documents < NEEDED:
            return "not_enough_data"
        if self.choice.role == "neutral":
            return "never_trains"
        return "few" if self.documents < MEASURED else "enough"


@dataclass
class Node:
    """A place in the tree; without a label of its own where only longer names pass through it."""

    name: str
    label: Label | None = None
    children: list["Node"] = field(default_factory=list)

    @property
    def documents(self) -> int:
        """Documents with this label or one below it; a document has one label."""
        return (self.label.documents if self.label else 0) + sum(child.documents for child in self.children)


@dataclass(frozen=True)
class Row:
    """One label of a file, as it was read; ``line`` counts from 1 (CSV: the line, JSON: the place in the list)."""

    line: int
    label: str
    role: str = ""
    key: str = ""


@dataclass(frozen=True)
class Problem:
    """A row that was not taken, or was changed on the way."""

    line: int
    label: str
    refused: bool
    reason: str


@dataclass(frozen=True)
class Report:
    """What came of a file: labels that are new, labels that were there already, and rows with a problem."""

    added: tuple[str, ...]
    kept: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def refused(self) -> int:
        return sum(problem.refused for problem in self.problems)


class _Wrong(Exception):
    """Why a row cannot be taken."""


def path_of(value: str) -> tuple[str, ...]:
    """The parts of a label's name."""
    return tuple(part.strip() for part in value.split(SEPARATOR.strip()))


def labels(project: Project) -> list[Label]:
    """The project's labels in the order of the review field, with how many documents carry each now."""
    standing = project.items.filter(removed=False, decision__isnull=False).exclude(current__choice="").order_by()
    counted = dict(standing.values_list("current__choice").annotate(n=Count("pk")))
    return [Label(choice, counted.get(choice.value, 0)) for choice in projects.field(project).choices]


def tree(found: Sequence[Label]) -> list[Node]:
    """The labels as a tree, in their order."""
    root = Node("")
    for label in found:
        place = root
        for name in label.path:
            place = _child(place, name)
        place.label = label
    return root.children


def add(project: Project, by: User, label: str, role: str = "neutral", key: str = "") -> str:
    """Add one label; returns its name. Raises :class:`Invalid` saying what is wrong with it."""
    report = load(project, by, [Row(1, label, role, key)])
    if report.problems and report.problems[0].refused:
        raise Invalid(report.problems[0].reason, fields={"label": [report.problems[0].reason]})
    if report.kept:
        message = f"There is a label “{report.kept[0]}” already."
        raise Invalid(message, fields={"label": [message]})
    return report.added[0]


def load(project: Project, by: User, rows: Sequence[Row]) -> Report:
    """Take the rows' labels into the project; what is there already stays as it is, and bad rows are only reported."""
    with transaction.atomic():
        project = Project.objects.select_for_update(of=("self",), no_key=True).get(pk=project.pk)
        question = projects.field(project)
        there = {choice.value: choice for choice in question.choices}
        added, kept, problems = _taken(there, rows)
        if added:
            choices = [(choice.value, choice.role, choice.hotkey) for choice in there.values()]
            projects.change_choices(project, by, question.name, choices)
    return Report(tuple(added), tuple(kept), tuple(problems))


def read(content: bytes, filename: str) -> list[Row]:
    """The rows of a CSV or JSON file; raises :class:`Invalid` when it cannot be read as one at all."""
    if len(content) > LARGEST_FILE:
        raise TooLarge(f"A file of labels has at most {LARGEST_FILE >> 10:,} KiB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Invalid(f"The file is not UTF-8: byte {problem.start + 1} is none of it.") from problem
    if "\0" in text:
        raise Invalid("The file holds NUL characters, so it is no text.")
    suffix = PurePath(filename).suffix.lower()
    if suffix == ".json":
        return list(_json_rows(text))
    if suffix in (".csv", ".tsv", ".txt"):
        return list(_csv_rows(text, "\t" if suffix == ".tsv" else ","))
    raise Invalid("A file of labels is CSV (.csv) or JSON (.json).", fields={"file": ["CSV or JSON, please."]})


def _child(place: Node, name: str) -> Node:
    for child in place.children:
        if child.name == name:
            return child
    place.children.append(Node(name))
    return place.children[-1]


def _taken(there: dict[str, Choice], rows: Sequence[Row]) -> tuple[list[str], list[str], list[Problem]]:
    """Put good rows into ``there``; returns the names that are new, those known, and the problems."""
    added: list[str] = []
    kept: list[str] = []
    problems: list[Problem] = []
    for row in rows:
        try:
            choice = _choice(row, there)
        except _Wrong as wrong:
            problems.append(Problem(row.line, row.label[:200], True, str(wrong)))
            continue
        if choice.value in there:
            kept.append(choice.value)
            continue
        if choice.hotkey and any(other.hotkey == choice.hotkey for other in there.values()):
            reason = f"The key “{choice.hotkey}” belongs to another label, so this one has none."
            problems.append(Problem(row.line, choice.value, False, reason))
            choice = Choice(choice.value, choice.role, "")
        there[choice.value] = choice
        added.append(choice.value)
    return added, kept, problems


def _choice(row: Row, there: Mapping[str, Choice]) -> Choice:
    value, key = SEPARATOR.join(path_of(row.label)), row.key.strip()
    role = row.role.strip().lower() or (there[value].role if value in there else "neutral")
    if not all(path_of(row.label)):
        raise _Wrong("A part of the name is empty.")
    if len(value) > 100 or len(path_of(row.label)) > DEEPEST:
        raise _Wrong(f"A label has at most 100 characters and {DEEPEST} parts.")
    if any(not character.isprintable() for character in value + key):
        raise _Wrong("The name or the key holds a character that cannot be shown.")
    if role not in ROLES:
        raise _Wrong(f"“{row.role[:40]}” is not a role. Roles are {', '.join(ROLES)}.")
    if len(key) > 1:
        raise _Wrong("A key is one character.")
    if value in there:
        if there[value].role != role:
            raise _Wrong(f"This label is {there[value].role} here; a file does not change that.")
        return there[value]
    if role != "neutral":
        taken = next(choice.value for choice in there.values() if choice.role == role)
        raise _Wrong(f"There is one {role} label, “{taken}”. Others are neutral.")
    if len(there) >= MOST_CHOICES:
        raise _Wrong(f"A project has {MOST_CHOICES} labels at most.")
    return Choice(value, role, key)


def _csv_rows(text: str, separator: str) -> Iterator[Row]:
    try:
        reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
        head = [name.strip().lower() for name in next(reader, [])]
        places = {use: next((head.index(n) for n in names if n in head), None) for use, names in COLUMNS.items()}
        if places["label"] is None:
            raise Invalid("The first line names the columns, and one of them is “label”.")
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(reader.line_num, *(_cell(cells, places[use]) for use in COLUMNS))
    except csv.Error as problem:
        raise Invalid(f"Line {reader.line_num} cannot be read as CSV: {problem}.") from problem


def _cell(cells: Sequence[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""


def _json_rows(text: str) -> Iterator[Row]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise Invalid(f"The file cannot be read as JSON: {problem}.") from problem
    if not isinstance(found, list):
        raise Invalid("The JSON is a list of labels: names, or objects with “label”, “role”, “key” and “children”.")
    for line, entry in enumerate(found, start=1):
        yield from _entry(line, entry, ())


def _entry(line: int, entry: Any, above: tuple[str, ...]) -> Iterator[Row]:
    """One entry of the list and what is below it; all of them have the entry's line."""
    if isinstance(entry, str):
        yield Row(line, SEPARATOR.join([*above, entry]))
        return
    name = next((entry[key] for key in COLUMNS["label"] if key in entry), None) if isinstance(entry, dict) else None
    if not isinstance(name, str):
        yield Row(line, SEPARATOR.join([*above, ""]))
        return
    role = next((entry[key] for key in COLUMNS["role"] if isinstance(entry.get(key), str)), "")
    key = next((entry[key] for key in COLUMNS["key"] if isinstance(entry.get(key), str)), "")
    yield Row(line, SEPARATOR.join([*above, name]), role, key)
    children = entry.get("children", [])
    if isinstance(children, list) and len(above) < DEEPEST:
        for child in children:
            yield from _entry(line, child, (*above, name))
