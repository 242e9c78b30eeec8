"""Deletion and purge: what was named goes, all of it; what was not named stays, untouched."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.apps import apps
from django.conf import settings

from models_lib import categories, library, links, shares
from models_lib.models import Category, ModelVersion, TrainedModel, TrainingInputs
from reviewapp import access
from reviewapp.archives import catalog
from reviewapp.domain import files, jobs, people, projects, removal, verdicts
from reviewapp.domain.belongings import TABLES
from reviewapp.errors import Invalid, NotFound, Refused
from reviewapp.models import (
    Archive,
    AuditEvent,
    ClassificationIndex,
    Completion,
    Job,
    Project,
    ProjectDocument,
    RowProblem,
    ScoreSnapshot,
    User,
    Verdict,
    Workspace,
)
from tests.cast import Cast, exported, fresh, perform_jobs, trained

LEARNING = (
    Project,
    ProjectDocument,
    Completion,
    Verdict,
    ClassificationIndex,
    ScoreSnapshot,
    ModelVersion,
    TrainingInputs,
    TrainedModel,
    Category,
)


def rows() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models(include_auto_created=True)}


def performed(job: Job) -> Job:
    perform_jobs()
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    return job


@pytest.fixture
def busy(project: Project, cast: Cast) -> Project:
    """Halden with something in every table, and a copy of its model in the library of Stan, who is admin there too."""
    now = trained(project, cast.rita)
    item = now.items.filter(decision=1)[0]
    assert item.current is not None
    verdicts.decide(item.current, cast.mona, accepted=True)
    model = exported(now, cast.mona, categories=[categories.create(now.workspace, cast.mona, "Spam Removal")])
    links.create_project(now.workspace, cast.mona, model, name="Head start")
    library.restrict(model, cast.alice, True, [cast.mona])
    elsewhere = Workspace.objects.get(name="Elsewhere")
    people.grant(elsewhere, cast.mona, "admin", None)
    shares.request(now.workspace, cast.mona, [model.pk], [elsewhere.pk])
    job = jobs.request(Job.Kind.IMPORT, now.workspace, by=cast.mona)
    RowProblem.objects.create(job=job, line=1, reason="bad")
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE)
    catalog.request(now.workspace, cast.alice, "seven green valves at noon")
    perform_jobs()
    return fresh(project)


def test_a_deleted_workspace_leaves_nothing_but_the_trail_and_its_archives(busy: Project, cast: Cast) -> None:
    """Every table of a workspace is empty of it; rights, files and jobs are gone; the trail names what was deleted."""
    workspace, trail = busy.workspace, AuditEvent.objects.count()
    named = files.named_by((table, table.rows(workspace)) for table in TABLES)
    assert {kind for kind, _ in named} == {"index", "version", "snapshot", "sealed"}
    job = performed(removal.request_removal(workspace, cast.alice, "Halden"))
    assert (job.workspace, job.result) == (None, {"outcome": "deleted", "name": "Halden"})
    for table in TABLES:
        assert table.stays or not table.rows(workspace).exists(), table.label
    assert AuditEvent.objects.count() == trail + 1
    event = AuditEvent.objects.get(verb="workspace.delete")
    assert (event.actor, event.target, event.detail) == (cast.alice, f"workspace:{workspace.pk}", {"name": "Halden"})
    left = {kind for kind, digest in named if digest not in {d for _, d in files.unused(named)}}
    assert left == {"sealed"}  # the copy in the other workspace reads the same file
    archive = Archive.objects.get()
    assert (archive.workspace, archive.job, archive.path.exists()) == (None, None, True)


def test_the_neighbours_of_a_deleted_workspace_are_untouched(busy: Project, cast: Cast) -> None:
    """R-22, R-30: the shared copy still opens; everybody's rights elsewhere are what they were."""
    elsewhere = Workspace.objects.get(name="Elsewhere")
    before = {table.label: list(table.rows(elsewhere).values_list("pk", flat=True)) for table in TABLES}
    performed(removal.request_removal(busy.workspace, cast.alice, "Halden"))
    assert {table.label: list(table.rows(elsewhere).values_list("pk", flat=True)) for table in TABLES} == before
    copy = TrainedModel.objects.get(workspace=elsewhere)
    assert library.training_rows(copy).positives == 6
    assert User.objects.count() == 7


def test_only_admins_delete_and_only_with_the_name_typed(busy: Project, cast: Cast) -> None:
    workspace, before = busy.workspace, rows()
    for person in (cast.mona, cast.rita, cast.vic, cast.stan):
        for ask in (removal.request_removal, removal.request_purge):
            with pytest.raises(Refused):
                ask(workspace, person, "Halden")
    for word in ("", "halden", "Halden ", "Elsewhere"):
        for ask in (removal.request_removal, removal.request_purge):
            with pytest.raises(Invalid, match="Halden"):
                ask(workspace, cast.alice, word)
    assert rows() == before


def test_a_deletion_that_was_interrupted_goes_on(busy: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the rows and the files: whoever takes the job over removes the files."""
    job = removal.request_removal(busy.workspace, cast.alice, "Halden")
    sealed = TrainedModel.objects.get(workspace=busy.workspace).file
    TrainedModel.objects.exclude(workspace=busy.workspace).delete()
    real = files.remove_unused

    def die(*args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "remove_unused", die)
    with pytest.raises(KeyboardInterrupt):
        jobs.perform(job.pk, removal.remove_workspace)
    assert not Workspace.objects.filter(pk=busy.workspace_id).exists()
    assert files.vault().path(sealed).exists()
    monkeypatch.setattr(files, "remove_unused", real)
    Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED)
    performed(job)
    assert not files.vault().path(sealed).exists()


def test_running_and_waiting_jobs_are_stopped(busy: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker in the middle of a training finds its job gone, and publishes nothing."""
    monkeypatch.setattr(removal, "PATIENCE", 0.1)
    waiting = jobs.request(Job.Kind.TRAIN, busy.workspace, project=busy, source="manual")
    held = jobs.claim(jobs.request(Job.Kind.POPULATE, busy.workspace, project=busy).pk)
    assert held is not None
    job = removal.request_removal(busy.workspace, cast.alice, "Halden")
    jobs.perform(job.pk, removal.remove_workspace)
    assert not Job.objects.filter(pk__in=[waiting.pk, held.job.pk]).exists()
    with pytest.raises(jobs.Fenced):
        held.finish()


def test_the_losses_are_named_before_anything_is_lost(busy: Project) -> None:
    lost = removal.losses(busy.workspace)
    assert (lost.documents, lost.project_count, lost.projects) == (60, 2, ["Head start", "Valves"])
    assert (lost.completions, lost.versions, lost.model_count, lost.models) == (12, 2, 1, ["Valve knowledge"])
    assert (lost.people, lost.archived_at is not None) == (5, True)


def test_a_purge_leaves_no_project_rank_or_training_row(busy: Project, cast: Cast) -> None:
    """R-02: projects, ranks, training rows and trained models are gone; documents, people and the trail stay."""
    workspace = busy.workspace
    kept = {table.label: table.rows(workspace).count() for table in TABLES if table.learning is False}
    named = files.named_by((table, table.rows(workspace)) for table in TABLES)
    job = performed(removal.request_purge(workspace, cast.alice, "Halden"))
    assert job.result["removed"]["reviewapp.project"] == 2
    by_table = {table.model: table for table in TABLES}
    for model in LEARNING:
        assert not by_table[model].rows(workspace).exists(), model
    asked = {"reviewapp.auditevent": 2}  # the purge was asked for, and done
    assert {t.label: t.rows(workspace).count() for t in TABLES if t.learning is False} == {
        label: count + asked.get(label, 0) for label, count in kept.items()
    }
    kinds = set(workspace.jobs.values_list("kind", flat=True))
    assert kinds == {Job.Kind.IMPORT, Job.Kind.ARCHIVE, Job.Kind.PURGE}
    assert {kind for kind, digest in named if digest not in {d for _, d in files.unused(named)}} == {"sealed"}
    made = projects.create(workspace, cast.mona, name="Valves")
    perform_jobs()
    assert fresh(made).documents == 60


def test_trained_models_in_other_workspaces_outlive_a_purge(busy: Project, cast: Cast) -> None:
    """R-02: trained models in other workspaces are untouched, to the last byte of their files."""
    copy = TrainedModel.objects.get(workspace__name="Elsewhere")
    before = TrainedModel.objects.filter(pk=copy.pk).values()[0]
    performed(removal.request_purge(busy.workspace, cast.alice, "Halden"))
    assert TrainedModel.objects.filter(pk=copy.pk).values()[0] == before
    assert library.training_rows(copy).negatives == 6


def test_a_deleted_project_takes_its_files_along_and_its_model_stays(
    busy: Project, cast: Cast, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    """R-22: the exported model outlives its source project."""
    assert busy.snapshot is not None
    store, artifact = files.artifacts(), busy.snapshot.artifact
    others = Project.objects.exclude(pk=busy.pk).count()
    with django_capture_on_commit_callbacks(execute=True):
        projects.delete(busy, cast.alice, "Valves")
    assert Project.objects.count() == others
    assert not store.files(artifact)
    assert not Completion.objects.filter(project_id=busy.pk).exists()
    model = TrainedModel.objects.get(workspace=busy.workspace)
    assert (model.project, model.status) == (None, "ready")
    assert library.training_rows(model).positives == 6


def test_files_that_nobody_names_are_swept_after_a_day(busy: Project) -> None:
    store = files.artifacts()
    old, young = store.write({"a": np.arange(3)}), store.write({"a": np.arange(4)})
    os.utime(Path(settings.ARTIFACTS_DIR) / old[:2] / old, (0, 0))
    assert busy.snapshot is not None
    os.utime(Path(settings.ARTIFACTS_DIR) / busy.snapshot.artifact[:2] / busy.snapshot.artifact, (0, 0))
    assert files.sweep() >= 1
    assert [bool(store.files(digest)) for digest in (old, young, busy.snapshot.artifact)] == [False, True, True]


def test_a_workspace_that_is_gone_is_not_found(busy: Project, cast: Cast) -> None:
    performed(removal.request_removal(busy.workspace, cast.alice, "Halden"))
    for person in (cast.alice, cast.olga):
        with pytest.raises(NotFound):
            access.get(person, Workspace, busy.workspace_id)
