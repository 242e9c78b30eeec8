"""The demo's annotation project: a clinic's letters in every state of work, a training, and what it suggests."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

from django.db import transaction

from reviewapp.demo import clinic
from reviewapp.demo.clinic import Letter, Mark
from reviewapp.domain import annotating, assignments, leases, projects, tasks, trainings, verdicts
from reviewapp.domain.trainings import Wish
from reviewapp.management import seeding
from reviewapp.models import Completion, Project, ProjectDocument, User

WORKSPACE = "Osterau clinic"
PROJECT = "Symptoms and drugs"
INSTRUCTIONS = (
    "Mark every symptom, drug and dose, whole expressions and no articles. Say of a symptom whether it "
    "is Absent or Past, where the letter says so. Relate each drug to its dose, and say what follows for the patient."
)
LETTERS = 100
ANNOTATORS = (*seeding.COLLEAGUES, "reviewer")
# Where each state of the work begins and ends, in order of the documents; what comes after them is anybody's.
ACCEPTED, SENT_BACK, SUBMITTED = slice(0, 42), slice(42, 48), slice(48, 72)
TWICE, SKIPPED, BEGUN, ASSIGNED = slice(54, 60), slice(72, 74), slice(74, 80), slice(80, 90)
OVERSEEN = 0.05  # share of spans that an annotator overlooks, and of letters where they misjudge what follows
SENT_BACK_BECAUSE = "A span is missing near the end. Please look at the medication once more."


@transaction.atomic
def seed() -> Project:
    """Make a workspace with letters, people who annotate them, a deployed training, and its suggestions."""
    manager = User.objects.get(username="manager")
    workspace = seeding.open_workspace(WORKSPACE)
    generated = list(clinic.generate(LETTERS))
    seeding.import_documents(workspace, manager, (letter.document for letter in generated), "letters.csv")
    project = projects.create_annotation(
        workspace,
        manager,
        name=PROJECT,
        instructions=INSTRUCTIONS,
        labeling_config=clinic.CONFIG,
        task_order=Project.TaskOrder.INSTRUCTIVE,
    )
    seeding.perform()
    _Team(project, manager, generated).work()
    seeding.spread_over_time(project)
    _train(project, manager)
    return project


class _Team:
    """Everybody who works on the letters, and the letters by their numbers."""

    def __init__(self, project: Project, manager: User, letters: Sequence[Letter]) -> None:
        self.project, self.manager = project, manager
        self.people = [User.objects.get(username=name) for name in ANNOTATORS]
        self.items = list(project.items.select_related("document").order_by("ordinal"))
        self.letters = {letter.document.control_number: letter for letter in letters}
        self.chance = Random(project.name)

    def work(self) -> None:
        """Bring the letters into every state that work can be in."""
        documents = [item.document_id for item in self.items]
        dealt, checked = documents[: ASSIGNED.stop], documents[: SENT_BACK.stop]
        assignments.assign(self.project, dealt, self.people, self.manager, each=1)
        verdicts.assign(self.project, checked, self.manager, self.manager)
        for place in self._places(ACCEPTED):
            verdicts.decide(self._annotate(place), self.manager, accepted=True)
        for place in self._places(SENT_BACK):
            wrong = self._annotate(place, last=False)
            verdicts.decide(wrong, self.manager, accepted=False, comment=SENT_BACK_BECAUSE)
        for place in self._places(SUBMITTED):
            self._annotate(place)
        for place in self._places(TWICE):
            assignments.assign(self.project, [documents[place]], [self._person(place, 1)], self.manager)
            self._annotate(place, 1)
        for place in self._places(SKIPPED):
            self._annotate(place, skip_reason="The scan is not readable")
        for place in self._places(BEGUN):
            self._begin(place)
        tasks.comment(self.items[BEGUN.start], self.manager, "Is “two puffs” a dose? Yes, mark it.")

    def _annotate(self, place: int, turn: int = 0, *, last: bool = True, skip_reason: str = "") -> Completion:
        item, annotator = self._opened(place, turn)
        assert item.lease_token is not None
        answer = results(self._seen(item, last=last))
        done = annotating.submit(self.project, annotator, item.lease_token, answer, skip_reason=skip_reason)
        leases.release(self.project, annotator)
        return done.completion

    def _begin(self, place: int) -> None:
        item, annotator = self._opened(place, 0)
        annotating.save_draft(self.project, item, annotator, results(self._seen(item))[:2])
        leases.release(self.project, annotator)

    def _opened(self, place: int, turn: int) -> tuple[ProjectDocument, User]:
        annotator = self._person(place, turn)
        return annotating.open_document(self.project, self.items[place], annotator), annotator

    def _places(self, part: slice) -> range:
        return range(len(self.items))[part]

    def _person(self, place: int, turn: int) -> User:
        return self.people[(place + turn) % len(self.people)]

    def _seen(self, item: ProjectDocument, *, last: bool = True) -> Letter:
        """The letter as a person reads it, who overlooks this and that."""
        letter = self.letters[item.document.control_number]
        there = letter.marks if last else letter.marks[:-1]
        marks = tuple(mark for mark in there if self.chance.random() > OVERSEEN)
        follow_up = "Routine" if self.chance.random() < OVERSEEN else letter.follow_up
        return replace(letter, marks=marks, follow_up=follow_up)


def results(letter: Letter) -> list[dict[str, Any]]:
    """What an annotator says who finds these marks in the letter."""
    text, marks = letter.document.text, letter.marks
    said = [_region(text, mark, mark.label, f"m{number}") for number, mark in enumerate(marks)]
    asserted = [
        _region(text, mark, mark.assertion, f"a{number}") for number, mark in enumerate(marks) if mark.assertion
    ]
    follow_up = {"choices": [letter.follow_up]}
    answer = {"type": "choices", "from_name": "follow_up", "to_name": "text", "value": follow_up}
    return [*said, *asserted, *_doses(marks), answer]


def _region(text: str, mark: Mark, label: str, name: str) -> dict[str, Any]:
    value = {"start": mark.start, "end": mark.end, "text": text[mark.start : mark.end], "labels": [label]}
    return {"id": name, "type": "labels", "from_name": "label", "to_name": "text", "value": value}


def _doses(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """Each dose belongs to the drug before it."""
    return [
        {
            "type": "relation",
            "from_id": f"m{number}",
            "to_id": f"m{number + 1}",
            "direction": "right",
            "labels": ["taken as"],
        }
        for number, (one, other) in enumerate(pairwise(marks))
        if (one.label, other.label) == ("Drug", "Dose")
    ]


def _train(project: Project, by: User) -> None:
    """Train on what is annotated, deploy, let the models suggest on what is open, and go on learning."""
    trainings.start(project, by, Wish(), deploy=True)
    seeding.perform()
    waiting = project.items.filter(decision=None).values_list("document", flat=True)
    trainings.preannotate(project, by, list(waiting))
    seeding.perform()
    trainings.switch(project, by, on=True, deploy=True)
