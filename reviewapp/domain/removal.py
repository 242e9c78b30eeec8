"""Removal for good: a whole workspace, the active learning of one, a project; each after its name was typed.

Rows go table by table in one statement each, so that memory does not grow with the workspace, and all in one
transaction; stored files follow when no other row names them. What was removed stays in the audit trail by name and
number.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import SET_NULL, ForeignObjectRel, Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from models_lib.models import ModelVersion, TrainedModel
from reviewapp import access
from reviewapp.domain import audit, files, jobs
from reviewapp.domain.belongings import TABLES, Table
from reviewapp.errors import Invalid
from reviewapp.models import Completion, Job, Project, User, Workspace

PATIENCE = 30.0  # seconds that running jobs get to stop; whoever goes on then cannot publish any more
LOOK_EVERY = 0.5
NAMED = 50  # projects and models that are listed by name

Removed = dict[Table, QuerySet[Any]]


@dataclass(frozen=True)
class Losses:
    """What would be lost."""

    documents: int
    projects: list[str]
    project_count: int
    completions: int
    versions: int
    models: list[str]
    model_count: int
    people: int
    archived_at: datetime | None  # when the newest archive that is still here was made


def losses(workspace: Workspace) -> Losses:
    """Everything of the workspace, counted, and by name what has one."""
    models = TrainedModel.objects.filter(workspace=workspace)
    newest = workspace.archives.exclude(file="").order_by("-id").first()
    return Losses(
        documents=workspace.documents.filter(deleted_at=None).count(),
        projects=list(workspace.projects.order_by("name").values_list("name", flat=True)[:NAMED]),
        project_count=workspace.projects.count(),
        completions=Completion.objects.filter(project__workspace=workspace).count(),
        versions=ModelVersion.objects.filter(project__workspace=workspace).count(),
        models=list(models.order_by("name").values_list("name", flat=True)[:NAMED]),
        model_count=models.count(),
        people=workspace.grants.values("user").distinct().count(),
        archived_at=newest.made_at if newest else None,
    )


def request_removal(workspace: Workspace, by: User, confirmation: str) -> Job:
    """Ask for the deletion of the workspace; ``confirmation`` is its typed name.

    Raises ``Refused`` for anyone but an admin, :class:`Invalid` for any other word.
    """
    access.require(by, workspace, "administer")
    _require_name(workspace, confirmation, "to delete it with everything in it")
    with transaction.atomic():
        job = jobs.request(Job.Kind.REMOVE, None, by=by, removes=workspace.pk, name=workspace.name)
        audit.record(by, "workspace.delete", workspace, workspace, name=workspace.name)
    return job


def request_purge(workspace: Workspace, by: User, confirmation: str) -> Job:
    """Ask for the purge of the workspace's active learning (R-02); ``confirmation`` is the workspace's typed name.

    Raises ``Refused`` for anyone but an admin, :class:`Invalid` for any other word.
    """
    access.require(by, workspace, "administer")
    _require_name(workspace, confirmation, "to purge its projects, coding and trained models")
    with transaction.atomic():
        job = jobs.request(Job.Kind.PURGE, workspace, by=by)
        audit.record(by, "workspace.purge", workspace, workspace, name=workspace.name)
    return job


def remove_workspace(run: jobs.Run) -> None:
    """Delete the workspace with everything in it; harmless to repeat."""
    workspace = Workspace.objects.filter(pk=run.job.parameters["removes"]).first()
    if workspace is not None:
        workspace.grants.all().delete()  # from now on it is as if it were gone; what follows may take a while
        _stop_jobs(run, Job.objects.filter(workspace=workspace))
        named = files.named_by((table, table.rows(workspace)) for table in TABLES)
        run.report("Deleting the rows")
        with transaction.atomic():
            _lock(workspace)
            _remove({table: table.rows(workspace) for table in TABLES if not table.stays})
            Job.objects.filter(pk=run.job.pk).update(result={"files": sorted(named)})
    run.report("Deleting the files")
    run.job.refresh_from_db()
    files.remove_unused((kind, digest) for kind, digest in run.job.result.get("files", ()))
    run.finish(outcome="deleted", name=run.job.parameters["name"])


def purge(run: jobs.Run) -> None:
    """Remove every project, rank and training row of the workspace; documents, people and the trail stay (R-02).

    Trained models that were shared into other workspaces are rows of their own and stay there.
    """
    workspace = run.workspace
    learning: Removed = {table: _learning(table, table.rows(workspace)) for table in TABLES if table.learning}
    _stop_jobs(run, learning[_of(Job)])
    named = files.named_by(learning.items())
    run.report("Removing the rows")
    with transaction.atomic():
        _lock(workspace)
        counts = _remove(learning)
        audit.record(run.job.requested_by, "workspace.purged", workspace, workspace, **counts)
        run.finish(outcome="purged", removed=counts)
    files.remove_unused(named)


def remove_project(project: Project) -> None:
    """Delete the project with all that hangs on it; call it in a transaction, which removes its files at its end."""
    rows: Removed = {table: table.rows_of(project) for table in TABLES if table.way_to_project}
    named = files.named_by(rows.items())
    Project.objects.select_for_update().get(pk=project.pk)
    _remove(rows)
    transaction.on_commit(lambda: files.remove_unused(named))


def _require_name(workspace: Workspace, confirmation: str, purpose: str) -> None:
    if confirmation != workspace.name:
        message = _("Type the workspace’s name, “%(name)s”, %(purpose)s.") % {
            "name": workspace.name,
            "purpose": purpose,
        }
        raise Invalid(message, fields={"confirmation": [message]})


def _learning(table: Table, rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(table.learning) if isinstance(table.learning, Q) else rows


def _of(model: type[Model]) -> Table:
    return next(table for table in TABLES if table.model is model)


def _stop_jobs(run: jobs.Run, rows: QuerySet[Job]) -> None:
    """Cancel what waits and ask what runs to stop; what does not listen loses its row, and so cannot publish."""
    others = rows.exclude(pk=run.job.pk)
    others.filter(state=Job.State.QUEUED).update(state=Job.State.CANCELLED, finished_at=timezone.now())
    others.filter(state=Job.State.RUNNING).update(cancel_requested=True)
    running = others.filter(state=Job.State.RUNNING, heartbeat__gte=timezone.now() - jobs.STALE)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and running.exists():
        run.report("Waiting for running jobs to stop")
        time.sleep(LOOK_EVERY)


def _lock(workspace: Workspace) -> None:
    """Nobody adds a row to the workspace or its projects until the transaction ends."""
    Workspace.objects.select_for_update().get(pk=workspace.pk)
    list(Project.objects.select_for_update().filter(workspace=workspace).order_by("pk").values_list("pk"))


def _remove(rows: Removed) -> dict[str, int]:
    """Delete the rows, children first, after whoever stays let go of them; returns how many by table."""
    for table, query in rows.items():
        _let_go(table.model, query, {other.model for other in rows})
    counts = {table.label: _delete(rows[table]) for table in reversed(TABLES) if table in rows}
    return {label: count for label, count in counts.items() if count}


def _delete(query: QuerySet[Any]) -> int:
    """One statement; Django's own delete would read every row first."""
    count: int = query.order_by()._raw_delete(query.db)
    return count


def _let_go(model: type[Model], query: QuerySet[Any], going: set[type[Model]]) -> None:
    """Empty the columns of other tables' rows that point to these and are to be emptied."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.on_delete is SET_NULL:
            pointing: Any = relation.related_model
            name = relation.field.name
            if pointing not in going:
                pointing._base_manager.filter(**{f"{name}__in": query.values("pk")}).update(**{name: None})
