"""The demo at work: invented people review the demo collection through the very verbs that real ones use."""

import csv
import tempfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from random import Random

from django.contrib.auth.hashers import make_password
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from models_lib import shares
from reviewapp.demo import collection
from reviewapp.demo.collection import DemoDocument
from reviewapp.domain import coding, imports, jobs, leases, people, projects, queue
from reviewapp.domain.coding import Answer
from reviewapp.models import Decision, Job, Project, ProjectDocument, User, Workspace
from training import annotations, exporting, indexing, ordering, retraining

WORKSPACE = "Halverin investigation"
PROJECT = "Cracked valve bodies"
PEOPLE = {"admin": "admin", "manager": "manager", "reviewer": "reviewer", "viewer": "viewer"}
COLLEAGUES = ("robin", "sasha")  # reviewers of the demo's past; nobody signs in as them
CHOICES = [("Relevant", "positive", "1"), ("Not relevant", "negative", "2"), ("Unclear", "neutral", "3")]
KNOWN = 6  # relevant documents that the client brought along: with them a model can be built within minutes
MISTAKES = 0.02  # share of decisions that a colleague gets wrong
SECONDS_A_DOCUMENT = (8, 45)
WORK: dict[str, Callable[[jobs.Run], None]] = {
    Job.Kind.IMPORT: imports.run,
    Job.Kind.POPULATE: indexing.populate,
    Job.Kind.TRAIN: retraining.train,
    Job.Kind.EXPORT: exporting.export,
    Job.Kind.SHARE: shares.share,
    Job.Kind.ORDER_TASKS: ordering.order,
    Job.Kind.PREANNOTATE: annotations.preannotate,
}


@transaction.atomic
def seed(password: str, documents: int, decisions: int) -> Project:
    """Make everything, or nothing: people, workspace, collection, project, decisions and their trainings."""
    users = _users(password)
    workspace = open_workspace(WORKSPACE)
    generated = list(collection.generate(documents))
    import_documents(workspace, users["manager"], generated)
    project = projects.create(
        workspace,
        users["manager"],
        name=PROJECT,
        instructions=f"{collection.QUESTION}\n\nCode on the text of the document alone.",
        field_name="relevance",
        choices=CHOICES,
    )
    perform()
    truth = {document.control_number: document.relevant for document in generated}
    _review(project, [users[name] for name in COLLEAGUES], truth, decisions)
    spread_over_time(project)
    return project


def open_workspace(name: str) -> Workspace:
    """A new workspace with everybody of the demo in their role."""
    workspace = Workspace.objects.create(name=name)
    for username, role in {**PEOPLE, **dict.fromkeys(COLLEAGUES, "reviewer")}.items():
        people.grant(workspace, User.objects.get(username=username), role, None)
    return workspace


def _users(password: str) -> dict[str, User]:
    hashed = make_password(password)
    made = {}
    for name in (*PEOPLE, *COLLEAGUES):
        user, _ = User.objects.get_or_create(username=name)
        user.password = hashed if name in PEOPLE else make_password(None)
        user.is_superuser = PEOPLE.get(name) == "admin"
        user.save(update_fields=["password", "is_superuser"])
        made[name] = user
    return made


def import_documents(
    workspace: Workspace, by: User, documents: Iterable[DemoDocument], name: str = "halverin.csv"
) -> None:
    """Bring documents in as anybody would, from a CSV."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            metadata = ("custodian", "from", "to", "sent", "thread")
            writer.writerow(["control_number", "title", "text", "tags", *metadata])
            for document in documents:
                values = [document.metadata.get(name, "") for name in metadata]
                writer.writerow(
                    [document.control_number, document.title, document.text, ";".join(document.tags), *values]
                )
        with path.open("rb") as file:
            upload = imports.stash(File(file), path.name, workspace, by)
    mapping = imports.Mapping(
        control_number="control_number", title="title", text="text", tags="tags", metadata=metadata
    )
    imports.request(workspace, by, upload, mapping)
    perform()


def perform() -> None:
    """Do every job that waits, as a worker would."""
    while waiting := jobs.waiting():
        for pk, kind in waiting:
            jobs.perform(pk, WORK[kind])


def _review(project: Project, reviewers: list[User], truth: dict[str, bool], decisions: int) -> None:
    """Reviewers take turns, first at what is known; a training runs whenever one is due, as a worker would do it."""
    chance = Random(project.name)
    known = _known(project, truth)
    for number in range(decisions):
        reviewer = reviewers[number % len(reviewers)]
        project = _fresh(project)
        if known:
            item: ProjectDocument | None = leases.open_document(project, known.pop(), reviewer)
        else:
            item = queue.next_document(project, reviewer)
        if item is None:
            break
        assert item.lease_token is not None
        coding.submit(project, reviewer, item.lease_token, _answer(item, truth, chance))
        perform()
    for reviewer in reviewers:
        leases.release(project, reviewer)


def _known(project: Project, truth: dict[str, bool]) -> list[ProjectDocument]:
    relevant = [control_number for control_number, is_relevant in truth.items() if is_relevant][:KNOWN]
    return list(project.items.filter(document__control_number__in=relevant))


def _fresh(project: Project) -> Project:
    related = ("workspace", "index", "version", "snapshot")
    return Project.objects.select_related(*related).get(pk=project.pk)


def _answer(item: ProjectDocument, truth: dict[str, bool], chance: Random) -> Answer:
    draw = chance.random()
    if draw < 0.01:
        return Answer(skip_reason="I do not read this language")
    if draw < 0.03:
        return Answer(choice="Unclear", note="Names the part, but not who knew.")
    wrong = draw > 1 - MISTAKES
    return Answer(choice="Relevant" if truth[item.document.control_number] != wrong else "Not relevant")


def spread_over_time(project: Project) -> None:
    """Let the past have taken time: decisions every few seconds, ending now, and each version at its last decision."""
    chance = Random(project.name)
    moment, counted = timezone.now(), _fresh(project).completions
    for completion in project.answers.order_by("-pk"):
        project.answers.filter(pk=completion.pk).update(created_at=moment, served_at=moment - timedelta(seconds=8))
        project.versions.filter(completions=counted).update(created_at=moment)
        counted -= completion.decision != Decision.SKIPPED
        moment -= timedelta(seconds=chance.uniform(*SECONDS_A_DOCUMENT) / len(COLLEAGUES))
