"""The end of a review: complete, archived, and opened again. What was reached is frozen for the history."""

from django.db import transaction

from reviewapp.domain import audit, history, locks, projects
from reviewapp.errors import Conflict
from reviewapp.models import ClosedProject, Job, Project, ProjectDocument, User


def complete(project: Project, by: User) -> Project:
    """End the review: nothing in it changes any more, and its figures go into the history.

    What is in reviewers' hands goes back. Raises :class:`Conflict` when it has ended already, while a model is being
    made, and while a validation round is open: that is where it is decided then.
    """
    with transaction.atomic():
        project = locked(project)
        locks.require_open(project)
        _require_settled(project)
        audit.record(by, "project.complete", project, project.workspace, coded=project.coded)
        return close(project, by, Project.State.COMPLETE)


def archive(project: Project, by: User) -> Project:
    """Take the project out of the lists, complete or not; it is read in the history.

    Raises :class:`Conflict` when it is archived already, and whenever a review cannot be completed.
    """
    with transaction.atomic():
        project = locked(project)
        if project.state == Project.State.ARCHIVED:
            raise Conflict("This project is archived already.")
        _require_settled(project)
        audit.record(by, "project.archive", project, project.workspace, coded=project.coded)
        return close(project, by, Project.State.ARCHIVED)


def unarchive(project: Project, by: User) -> Project:
    """Put an archived project back into the lists, still complete; raises :class:`Conflict` for any other."""
    with transaction.atomic():
        project = locked(project)
        if project.state != Project.State.ARCHIVED:
            raise Conflict("This project is not archived.")
        audit.record(by, "project.unarchive", project, project.workspace)
        return _set(project, Project.State.COMPLETE)


def reopen(project: Project, by: User) -> Project:
    """Go on with the review: it leaves the history, takes in the documents that came meanwhile, and trains on.

    Raises :class:`Conflict` for a project that was not closed.
    """
    with transaction.atomic():
        project = locked(project)
        if not project.is_closed:
            raise Conflict("This project is neither complete nor archived.")
        audit.record(by, "project.reopen", project, project.workspace)
        ClosedProject.objects.filter(project=project).delete()
        project = _set(project, Project.State.ACTIVE)
        if projects.add_documents(project, projects.AT_ONCE):
            projects.repopulate(project, by)
        locks.train_pending(project)
        return project


def close(project: Project, by: User, state: Project.State) -> Project:
    """Let go of what is in reviewers' hands, set the state, and freeze the record.

    Call it in the transaction that holds the project's lock and says in the audit trail why.
    """
    ProjectDocument.objects.filter(project=project, reviewer__isnull=False).update(
        reviewer=None, lease_token=None, leased_at=None, leased_until=None
    )
    project = _set(project, state)
    history.keep(project, by)
    return project


def _require_settled(project: Project) -> None:
    if project.validation_id is not None:
        raise Conflict("A validation round is open. Code its sample and complete the project there, or abandon it.")
    if Job.objects.filter(project=project, kind=Job.Kind.TRAIN, state=Job.State.RUNNING).exists():
        raise Conflict("A model is just being trained. Close the project when it is there.")


def _set(project: Project, state: Project.State) -> Project:
    project.state = state
    project.save(update_fields=["state"])
    return project


def locked(project: Project) -> Project:
    """The project under its lock, with all that its record is taken from."""
    rows = Project.objects.select_for_update(of=("self",), no_key=True)
    related = ("workspace", "index", "version", "snapshot", "linked_model", "created_by")
    return rows.select_related(*related).get(pk=project.pk)
