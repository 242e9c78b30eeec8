"""The fixed cast: the same few people and one small world, in every test that needs them.

Alice is the admin of the Halden workspace, Mona its manager, Rita and Rolf reviewers, Vic its viewer.
Stan is a stranger: an admin elsewhere, with no right in Halden. Olga operates the server (superuser).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from models_lib import exports, pins, shares, versions
from models_lib.models import ModelVersion, TrainedModel
from reviewapp.archives import restoring, writing
from reviewapp.domain import annotating, jobs, people, projects, removal, task_exports, task_imports
from reviewapp.domain.coding import Answer, submit
from reviewapp.domain.leases import open_document, release
from reviewapp.domain.queue import next_document
from reviewapp.models import Completion, Document, Job, Project, ProjectDocument, User, Workspace
from reviewapp.web import report_pdf
from training import (
    annotations,
    clustering,
    drifting,
    exporting,
    grouping,
    indexing,
    ordering,
    retraining,
    returning,
    scoring,
)

PASSWORD = "correct horse battery"
WORDS = {True: "the faulty valve supplier paid a hidden commission", False: "the lunch menu of the canteen this week"}
WORK = {
    Job.Kind.POPULATE: indexing.populate,
    Job.Kind.TRAIN: retraining.train,
    Job.Kind.EXPORT: exporting.export,
    Job.Kind.SHARE: shares.share,
    Job.Kind.PIN: pins.freeze,
    Job.Kind.SCORE: scoring.score,
    Job.Kind.ROLL_BACK: returning.roll_back,
    Job.Kind.DRIFT: drifting.look,
    Job.Kind.CLUSTER: clustering.cluster,
    Job.Kind.GROUP: grouping.group,
    Job.Kind.IMPORT_TASKS: task_imports.run,
    Job.Kind.EXPORT_TASKS: task_exports.write,
    Job.Kind.ORDER_TASKS: ordering.order,
    Job.Kind.REPORT: report_pdf.build,
    Job.Kind.ARCHIVE: writing.archive,
    Job.Kind.RESTORE: restoring.restore,
    Job.Kind.PURGE: removal.purge,
    Job.Kind.PREANNOTATE: annotations.preannotate,
    Job.Kind.REMOVE: removal.remove_workspace,
}


@dataclass(frozen=True)
class Cast:
    """Everybody, by name."""

    alice: User
    mona: User
    rita: User
    rolf: User
    vic: User
    stan: User
    olga: User


@cache
def hashed() -> str:
    """Everybody's password, hashed once: Argon2 is slow on purpose."""
    return make_password(PASSWORD)


@pytest.fixture
def cast(db: None) -> Cast:
    names = ("alice", "mona", "rita", "rolf", "vic", "stan")
    users = {name: User.objects.create(username=name, password=hashed()) for name in names}
    return Cast(**users, olga=User.objects.create(username="olga", password=hashed(), is_staff=True, is_superuser=True))


@pytest.fixture
def workspace(cast: Cast) -> Workspace:
    """Halden, with everybody but Stan in their role; Stan has a workspace of his own."""
    halden = Workspace.objects.create(name="Halden")
    for person, role in (
        (cast.alice, "admin"),
        (cast.mona, "manager"),
        (cast.rita, "reviewer"),
        (cast.rolf, "reviewer"),
        (cast.vic, "viewer"),
    ):
        people.grant(halden, person, role, None)
    people.grant(Workspace.objects.create(name="Elsewhere"), cast.stan, "admin", None)
    return halden


def write_documents(workspace: Workspace, count: int, *, relevant_every: int = 4) -> None:
    """Documents whose text says clearly whether they are relevant; every so-manieth is."""
    start = workspace.documents.count()
    Document.objects.bulk_create(
        Document(
            workspace=workspace,
            control_number=f"HAL-{number:06d}",
            title=f"Mail {number}",
            text=f"{WORDS[number % relevant_every == 0]}, note {number} from desk {number % 7}",
            metadata={"custodian": f"desk {number % 7}", "truth": number % relevant_every == 0},
            tags=["box a" if number % 2 else "box b"],
        )
        for number in range(start, start + count)
    )


@pytest.fixture
def project(workspace: Workspace, cast: Cast) -> Project:
    """A review over 60 documents, indexed, nothing coded; a training is due at every 10 completions."""
    write_documents(workspace, 60)
    made = projects.create(workspace, cast.mona, name="Valves", control_share=0.0)
    perform_jobs()
    return fresh(made)


def fresh(project: Project) -> Project:
    """The project as the database has it now, with what the queue reads."""
    related = ("workspace", "index", "version", "snapshot", "linked_model")
    return Project.objects.select_related(*related).get(pk=project.pk)


def perform_jobs() -> int:
    """Do every waiting job of :data:`WORK` in this process, as a worker would; returns how many."""
    done = 0
    while pending := [(pk, kind) for pk, kind in jobs.waiting() if kind in WORK]:
        for pk, kind in pending:
            jobs.perform(pk, WORK[Job.Kind(kind)])
            done += 1
    return done


def is_relevant(item: ProjectDocument) -> bool:
    return bool(item.document.metadata["truth"])


def code(project: Project, reviewer: User, count: int, says: Callable[[ProjectDocument], bool] = is_relevant) -> int:
    """Let the reviewer code up to so many documents truthfully; returns how many there were."""
    item = next_document(fresh(project), reviewer)
    for done in range(count):
        if item is None:
            return done
        assert item.lease_token is not None
        answer = Answer(choice="Relevant" if says(item) else "Not relevant")
        item = submit(fresh(project), reviewer, item.lease_token, answer).upcoming
    return count


def code_chosen(project: Project, reviewer: User, items: Iterable[ProjectDocument]) -> None:
    """Let the reviewer open these very documents and code them truthfully."""
    for item in items:
        opened = open_document(fresh(project), item, reviewer)
        assert opened.lease_token is not None
        answer = Answer(choice="Relevant" if is_relevant(item) else "Not relevant")
        submit(fresh(project), reviewer, opened.lease_token, answer)


def trained(project: Project, reviewer: User, each: int = 6) -> Project:
    """The project with so many relevant and irrelevant documents coded, and a model built on them."""
    items = project.items.select_related("document").filter(decision=None)
    for truth in (True, False):
        code_chosen(project, reviewer, items.filter(document__metadata__truth=truth)[:each])
    perform_jobs()
    now = fresh(project)
    assert now.version is not None
    return now


def retrained(project: Project, reviewer: User, times: int = 1) -> Project:
    """The project after so many more versions, each of them with one more decision."""
    for _ in range(times):
        before = fresh(project).version
        code_chosen(project, reviewer, project.items.select_related("document").filter(decision=None)[:1])
        perform_jobs()
        if fresh(project).version == before:
            projects.train_now(fresh(project), project.created_by)
            perform_jobs()
    return fresh(project)


def pinned(project: Project, by: User, number: int = 1) -> ModelVersion:
    """The version of this number, pinned, its figures frozen."""
    pins.request(project, number, by)
    perform_jobs()
    return versions.get(project, number)


def exported(project: Project, by: User, name: str = "Valve knowledge", **asked: Any) -> TrainedModel:
    """A ready trained model of the project's coding."""
    model = exports.request(fresh(project), by, name=name, **asked)
    perform_jobs()
    model.refresh_from_db()
    assert model.sealed_at is not None
    return model


ANNOTATION_CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Labels name="label" toName="text">
    <Label value="Part" background="#ffcc00" hotkey="1"/>
    <Label value="Person" background="teal" hotkey="2"/>
    <Label value="Absent" assertion="true" hotkey="3"/>
  </Labels>
  <Relations><Relation value="works with" allowed="Person>Part"/></Relations>
  <Choices name="tone" toName="text" choice="single" showInLine="true">
    <Choice value="Formal" hotkey="f"/>
    <Choice value="Casual" hotkey="c"/>
  </Choices>
  <Choices name="topics" toName="text" choice="multiple">
    <Choice value="Money"/>
    <Choice value="Food"/>
  </Choices>
</View>
"""


@pytest.fixture
def annotation(workspace: Workspace, cast: Cast) -> Project:
    """An annotation project over 12 documents, of which nothing is annotated."""
    write_documents(workspace, 12)
    made = projects.create_annotation(workspace, cast.mona, name="Parts", labeling_config=ANNOTATION_CONFIG)
    perform_jobs()
    return fresh(made)


def span(text: str, words: str, label: str, name: str = "a") -> dict[str, Any]:
    """The first place where the text says the words, with a label."""
    start = text.index(words)
    value = {"start": start, "end": start + len(words), "text": words, "labels": [label]}
    return {"id": name, "type": "labels", "from_name": "label", "to_name": "text", "value": value}


def chosen(group: str, *values: str) -> dict[str, Any]:
    """An answer to a group of choices about the document."""
    return {"type": "choices", "from_name": group, "to_name": "text", "value": {"choices": list(values)}}


def annotate(project: Project, annotator: User, item: ProjectDocument, *results: dict[str, Any]) -> Completion:
    """Let the annotator open this very document and submit; without results they say that its tone is formal."""
    opened = annotating.open_document(fresh(project), item, annotator)
    assert opened.lease_token is not None
    answer = list(results) or [chosen("tone", "Formal")]
    completion = annotating.submit(fresh(project), annotator, opened.lease_token, answer).completion
    release(project, annotator)
    return completion
