"""There and back: nothing is lost, nobody gains anything, and the ranks are the same to the bit."""

import tracemalloc
import uuid
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from guardian.models import GroupObjectPermission, UserObjectPermission

from models_lib import library, links, pins, rollbacks, tags, versions
from models_lib.models import DriftLook, ModelVersion, TrainedModel, TrainingInputs
from reviewapp import access
from reviewapp.archives import catalog, reading, writing
from reviewapp.artifacts import Artifacts
from reviewapp.domain import (
    annotating,
    audit,
    closing,
    coding,
    conflicts,
    controls,
    documents,
    files,
    jobs,
    leases,
    projects,
    queue,
    reports,
    second_looks,
    stopping,
    tasks,
    validation,
    webhooks,
)
from reviewapp.domain.belongings import carried
from reviewapp.domain.validation_plans import Design
from reviewapp.models import (
    Archive,
    AuditEvent,
    Completion,
    Document,
    Event,
    Job,
    Prediction,
    Project,
    ProjectDocument,
    TaskOrdering,
    TaskOrigin,
    User,
    Verdict,
    Workspace,
)
from tests.cast import (
    ANNOTATION_CONFIG,
    annotate,
    chosen,
    code,
    fresh,
    perform_jobs,
    pinned,
    retrained,
    write_documents,
)
from tests.reviewapp.archives.conftest import PASSPHRASE, World, archived, deleted, key_of, restored
from training import clustering

Matrix = set[tuple[str, str, str]]


def matrix() -> Matrix:
    """Who may do what where, by name: everybody in the database, every workspace, every restricted model."""
    held = {
        (user.username, workspace.name, right)
        for user in User.objects.all()
        for workspace in Workspace.objects.all()
        for right in access.rights(user, workspace)
    }
    models = {
        (user.username, model.workspace.name, str(model.guid))
        for user in User.objects.all()
        for model in access.visible(user, TrainedModel)
    }
    return held | models


def scores(project: Project) -> bytes:
    snapshot = fresh(project).snapshot
    assert snapshot is not None
    return np.asarray(Artifacts(settings.ARTIFACTS_DIR).read(snapshot.artifact)["scores"]).tobytes()


def of(workspace: Workspace, name: str) -> Project:
    return fresh(Project.objects.get(workspace=workspace, name=name))


def test_archive_delete_restore_archive_is_equal_and_nobody_gained_a_right(world: World) -> None:
    """T-12: two archives canonically equal; rights matrix before = after; no generic permission row."""
    library.restrict(world.model, world.cast.alice, True, [world.cast.mona])
    before = matrix()
    first = archived(world.workspace, world.cast.alice)
    deleted(world.workspace, world.cast.alice)
    assert matrix() == {held for held in before if held[1] == "Elsewhere"}
    workspace = restored(first, world.cast.olga)
    assert workspace.name == "Halden"
    assert matrix() == before
    assert not UserObjectPermission.objects.exists()
    assert not GroupObjectPermission.objects.exists()
    second = archived(workspace, world.cast.alice)
    assert second.content == first.content
    assert {label: rows for label, rows in second.counts.items() if label != "reviewapp.auditevent"} == {
        label: rows for label, rows in first.counts.items() if label != "reviewapp.auditevent"
    }


def test_a_difference_of_one_decision_makes_another_content(world: World) -> None:
    """T-12: the comparison can fail."""
    first = archived(world.workspace, world.cast.alice)
    assert archived(world.workspace, world.cast.alice).content == first.content
    code(world.linked, world.cast.rita, 1)
    assert archived(world.workspace, world.cast.alice).content != first.content


def test_within_one_instance_links_and_ranks_stay(world: World) -> None:
    """R-62: archive and restore keeps the link; ranks are equal to the bit, and there is nothing new to train."""
    projects.train_now(world.linked, world.cast.mona)
    perform_jobs()
    before = {name: scores(of(world.workspace, name)) for name in ("Valves", "Head start")}
    made = archived(world.workspace, world.cast.alice)
    deleted(world.workspace, world.cast.alice)
    workspace = restored(made, world.cast.olga)
    linked = of(workspace, "Head start")
    assert linked.linked_model is not None
    assert (linked.linked_model.guid, linked.linked_model.workspace) == (world.model.guid, workspace)
    assert library.training_rows(linked.linked_model).positives == 6
    assert {name: scores(of(workspace, name)) for name in before} == before
    for name in before:
        job = projects.train_now(of(workspace, name), world.cast.mona)
        perform_jobs()
        job.refresh_from_db()
        assert job.result["outcome"] == "nothing new", name
    assert not Job.objects.filter(workspace=workspace, kind=Job.Kind.POPULATE).exists()


def test_a_workspace_moves_while_the_original_is_still_there(world: World) -> None:
    """Archive, restore under another name, delete the original: the copy stands on its own files and rows."""
    before = scores(world.linked)
    workspace = restored(archived(world.workspace, world.cast.alice), world.cast.olga, name="Halden at sea")
    copy = of(workspace, "Head start")
    assert copy.pk != world.linked.pk
    code(copy, world.cast.rita, 2)
    assert fresh(world.linked).coded == world.linked.coded
    deleted(world.workspace, world.cast.alice)
    assert scores(copy) == before
    assert links.rows(fresh(copy)).positives == 6
    assert queue.next_document(fresh(copy), world.cast.rolf) is not None


def test_a_name_that_is_taken_gets_a_number(world: World) -> None:
    made = archived(world.workspace, world.cast.alice)
    assert [restored(made, world.cast.olga).name for _ in range(2)] == ["Halden (2)", "Halden (3)"]


def test_rows_point_to_rows_of_their_own_workspace(world: World) -> None:
    """New primary keys everywhere, also inside of lists and JSON, and in the audit trail."""
    audit.record(None, "project.delete", Project(pk=987_654), world.workspace)
    workspace = restored(archived(world.workspace, world.cast.alice), world.cast.olga)
    project = of(workspace, "Valves")
    assert project.reviewer_priority == [world.cast.rolf.pk, world.cast.rita.pk]
    assert project.version is not None
    assert project.version.project == project
    assert not ProjectDocument.objects.filter(project=project).exclude(document__workspace=workspace).exists()
    coded = ProjectDocument.objects.filter(project=project).exclude(current=None)
    assert coded.count() == coded.filter(current__project=project).count() == 12
    inputs = TrainingInputs.objects.get(version=project.version).record
    assert set(inputs["completions"]) <= set(project.answers.values_list("pk", flat=True))
    assert len(inputs["completions"]) == 12
    targets = set(AuditEvent.objects.filter(workspace=workspace).values_list("target", flat=True))
    assert f"project:{project.pk}" in targets
    assert f"project:{world.project.pk}" not in targets
    assert "project:former 987654" in targets
    assert f"user:{world.cast.vic.pk}" in targets


def test_the_digest_of_a_version_is_that_of_its_inputs_and_the_first_one_stays_on_record(world: World) -> None:
    """B-06: inputs name completions by number, so the digest is taken anew; where it was trained is kept."""
    was = {v.number: v.digest for v in ModelVersion.objects.filter(project=world.project)}
    workspace = restored(archived(world.workspace, world.cast.alice), world.cast.olga)
    for version in ModelVersion.objects.filter(project__workspace=workspace, project__name="Valves"):
        assert version.digest == versions.digest(version.inputs.record) != version.first_digest
        assert version.first_digest == was[version.number]
    again = restored(archived(workspace, world.cast.alice), world.cast.olga)
    for version in ModelVersion.objects.filter(project__workspace=again, project__name="Valves"):
        assert version.first_digest == was[version.number]


def test_texts_come_back_to_the_last_character(world: World) -> None:
    hazards = ["\t", "\n", "\r\n", "\\", "\\N", "\\.", "\\t", "a\\\tb", "é 𝄞 \u2028 \x01", "{a,b}", '"', "'; --", " "]
    Document.objects.bulk_create(
        Document(
            workspace=world.workspace,
            control_number=f"HAZARD-{number}",
            title=hazard,
            text=hazard * 3,
            metadata={"said": hazard, "n": 1.5, "deep": [None, True, {"x": hazard}]},
            tags=[hazard, "box, a"],
        )
        for number, hazard in enumerate(hazards)
    )
    workspace = restored(archived(world.workspace, world.cast.alice), world.cast.olga)
    columns = ("control_number", "title", "text", "metadata", "tags", "created_at", "deleted_at")
    assert list(workspace.documents.values(*columns)) == list(world.workspace.documents.values(*columns))
    assert Verdict.objects.get(completion__project__workspace=workspace).comment == "Yes,\tit\\is\nso"


def test_what_was_in_somebodys_hands_goes_back_to_the_queue(world: World) -> None:
    held = queue.next_document(world.linked, world.cast.rolf)
    assert held is not None
    workspace = restored(archived(world.workspace, world.cast.alice), world.cast.olga)
    assert not ProjectDocument.objects.filter(project__workspace=workspace).exclude(lease_token=None).exists()
    again = queue.next_document(of(workspace, "Head start"), world.cast.rita)
    assert again is not None
    assert again.ordinal == held.ordinal


def test_a_training_that_was_due_is_asked_for_again(world: World) -> None:
    """A queued training is a job and stays behind; what it would have done does not."""
    code(world.project, world.cast.rita, 10)
    assert Job.objects.filter(project=world.project, kind=Job.Kind.TRAIN, state=Job.State.QUEUED).exists()
    workspace = restored(written(world), world.cast.olga)
    version = of(workspace, "Valves").version
    assert version is not None
    assert version.completions == 22


def written(world: World) -> Archive:
    """An archive that is made while other jobs wait."""
    made = catalog.request(world.workspace, world.cast.alice, PASSPHRASE)
    assert made.job is not None
    jobs.perform(made.job.pk, writing.archive)
    made.refresh_from_db()
    return made


def test_new_documents_that_were_not_indexed_are_indexed_after_the_restore(world: World) -> None:
    write_documents(world.workspace, 3)
    with transaction.atomic():
        projects.adopt(world.workspace)
    workspace = restored(written(world), world.cast.olga)
    now = of(workspace, "Valves")
    assert now.index is not None
    assert (now.documents, now.index.documents, now.index.state) == (63, 63, "active")


def test_deleted_documents_stay_deleted(world: World) -> None:
    """U-17: a wiped text is in no archive; its place and its coding on record come along."""
    documents.delete(world.workspace, world.workspace.documents.filter(control_number="HAL-000000"), world.cast.mona)
    perform_jobs()
    made = archived(world.workspace, world.cast.alice)
    assert b"note 0 from desk 0" not in everything_in(made)
    workspace = restored(made, world.cast.olga)
    wiped = workspace.documents.get(control_number="HAL-000000")
    assert (wiped.text, wiped.deleted_at is None) == ("", False)
    assert Completion.objects.filter(item__document=wiped).exists()


def everything_in(made: Archive) -> bytes:
    with reading.opened(made.path, key_of(made)) as (parts, _):
        return b"".join(part.text(1 << 30) for part in parts)


def test_search_finds_what_was_restored(world: World) -> None:
    workspace = restored(archived(world.workspace, world.cast.alice), world.cast.olga)
    assert documents.search(workspace.documents.all(), "commission").count() == 15


def test_an_archive_holds_nothing_of_another_workspace(world: World) -> None:
    elsewhere = Workspace.objects.get(name="Elsewhere")
    Document.objects.create(workspace=elsewhere, control_number="ELSE-1", text="a secret of elsewhere")
    audit.record(world.cast.stan, "workspace.rename", elsewhere, elsewhere, was="Somewhere")
    found = everything_in(archived(world.workspace, world.cast.alice))
    for canary in (b"secret of elsewhere", b"ELSE-1", b"Somewhere", b'"stan"'):
        assert canary not in found


def test_memory_does_not_grow_with_the_workspace(world: World) -> None:
    """An archive of 60 MB is written, checked and restored in a few megabytes."""
    Document.objects.bulk_create(
        (
            Document(workspace=world.workspace, control_number=f"BIG-{number}", metadata={"said": "valve " * 8000})
            for number in range(1200)
        ),
        batch_size=100,
    )
    tracemalloc.start()
    try:
        made = archived(world.workspace, world.cast.alice)
        workspace = restored(made, world.cast.olga)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert workspace.documents.count() == 1260
    assert peak < 40 << 20, f"{peak >> 20} MiB"


def test_the_head_says_what_is_inside(world: World) -> None:
    head = reading.peek((made := archived(world.workspace, world.cast.alice)).path, key_of(made))
    assert (head.workspace, head.made_by, head.rows("reviewapp.document")) == ("Halden", "alice", 60)
    assert head.is_of_this_instance
    assert head.same_words
    assert {name: role for name, role in head.roles.items() if role} == {
        "alice": "admin",
        "mona": "manager",
        "rita": "reviewer",
        "rolf": "reviewer",
        "vic": "custom",
    }


def test_a_job_of_an_archive_that_was_deleted_meanwhile_says_so(world: World) -> None:
    made = catalog.request(world.workspace, world.cast.alice, PASSPHRASE)
    job = made.job
    assert job is not None
    made.delete()
    perform_jobs()
    job.refresh_from_db()
    assert "was deleted while it waited" in job.error


def test_of_jobs_nothing_is_carried_but_their_results(world: World) -> None:
    workspace = restored(archived(world.workspace, world.cast.alice), world.cast.olga)
    assert not Job.objects.filter(workspace=workspace).exists()
    assert TrainedModel.objects.get(workspace=workspace).status == "ready"


def test_every_table_of_a_review_travels_with_its_files(world: World) -> None:
    """T-12: pins, tags, samples, looks, searches and reports come back; the second archive equals the first."""
    whole_review(world)
    library.restrict(world.model, world.cast.alice, True, [world.cast.mona])
    first = archived(world.workspace, world.cast.alice)
    assert [label for label in carried() if not first.counts[label]] == []
    stored = {name: files.artifacts().files(name) for name in files_of(world.workspace)}
    assert all(stored.values())
    deleted(world.workspace, world.cast.alice)
    assert not any(files.artifacts().files(name) for name in stored)
    workspace = restored(first, world.cast.olga)
    assert archived(workspace, world.cast.alice).content == first.content
    assert {name: files.artifacts().files(name) for name in files_of(workspace)} == stored
    copy = of(workspace, "Valves")
    assert tags.resolve(copy, "relevance", "live").validation.record["metrics"]
    assert reports.digest(reports.get(copy, 1).record) == reports.get(copy, 1).digest
    assert not workspace.webhooks.exists()


def whole_review(world: World) -> None:
    """Something in every table that an archive carries."""
    project, by = rolled_back(world), world.cast.mona
    second_looks.draw(project, by, negatives=1)
    look = leases.take_second_look(project, world.cast.rolf, uuid.uuid4())
    assert look is not None
    assert look.lease_token is not None
    coding.submit(project, world.cast.rolf, look.lease_token, coding.Answer(choice="Relevant"))
    leases.release(project, world.cast.rolf)
    leases.release(project, world.cast.rita)
    assert project.version is not None
    pins.request(project, project.version.number, world.cast.alice)
    tags.move(project, "relevance", "live", project.version.number, None, world.cast.alice)
    clustering.request(project, by)
    conflicts.search_duplicates(project, by)
    reports.request(project, by, "http://testserver/")
    perform_jobs()
    stopping.set_plan(project, by, {"target": 0.8, "confidence": 0.95, "looks": 1, "run": 50})
    controls.draw(fresh(project), by, 10)
    stopping.look(fresh(project), by)
    validation.abandon(validation.start(fresh(world.linked), by, Design(size=3)), by)
    address = {"name": "Archive", "url": "https://example.org/hook"}
    webhooks.create(world.workspace, world.cast.alice, **address, events=[Event.VERSION_READY])
    annotated(world)


def rolled_back(world: World) -> Project:
    """The project after it went on and came back, and after a look for drift."""
    pinned(world.project, world.cast.mona, 1)
    later = retrained(world.project, world.cast.rita)
    rollbacks.request(later, 1, world.cast.mona, "v1")
    perform_jobs()
    project = fresh(world.project)
    assert project.rollback is not None
    assert project.version is not None
    figures: dict[str, Any] = {"limit": 0.5, "share": 0.1, "low": 0.02, "high": 0.3, "found": False}
    counts: dict[str, Any] = {"first": 60, "documents": 20, "looked_at": 20, "strange": 2}
    DriftLook.objects.create(project=project, version=project.version, **counts, **figures)
    return project


def annotated(world: World) -> None:
    """An annotation project at work, and one that has ended."""
    rita, mona = world.cast.rita, world.cast.mona
    parts = projects.create_annotation(world.workspace, mona, name="Parts", labeling_config=ANNOTATION_CONFIG)
    ended = projects.create_annotation(world.workspace, mona, name="Ended", labeling_config=ANNOTATION_CONFIG)
    perform_jobs()
    annotate(parts, rita, parts.items.all()[0])
    item = parts.items.all()[1]
    annotating.save_draft(parts, annotating.open_document(fresh(parts), item, rita), rita, [chosen("tone", "Casual")])
    leases.release(parts, rita)
    tasks.comment(item, mona, "Is this a part?")
    Prediction.objects.create(item=item, model="parts", result=[chosen("tone", "Formal")], confidence=0.5)
    TaskOrigin.objects.create(item=item, rest={"meta": {"source": "ward 7"}})
    order = Artifacts(settings.ARTIFACTS_DIR).write({"order": np.arange(3, dtype=np.int32)})
    TaskOrdering.objects.create(
        project=parts, artifact=order, versions=["parts"], documents=3, created_at=timezone.now()
    )
    closing.complete(fresh(ended), mona)


def files_of(workspace: Workspace) -> set[str]:
    """Every artefact that the workspace names."""
    named = files.named_by((table, table.rows(workspace)) for table in carried().values())
    return {digest for kind, digest in named if kind != files.SEALED}
