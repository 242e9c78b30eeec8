"""What holds a project: its model while trainings wait, and all of it once the review has ended."""

from reviewapp.domain import jobs
from reviewapp.errors import Conflict
from reviewapp.models import Job, Project


def require_open(project: Project) -> None:
    """Raise :class:`Conflict` for a complete or archived project."""
    if project.is_closed:
        raise Conflict(f"This project is {project.state}, so nothing in it changes. A manager can reopen it.")


def train_pending(project: Project) -> None:
    """The model may be free again: have the decisions counted that came while it was locked."""
    if project.is_locked:
        return
    queued = Job.objects.filter(project=project, kind=Job.Kind.TRAIN, state=Job.State.QUEUED).first()
    if queued:
        jobs.ring(queued.pk)
    elif project.trainable and project.completions > (project.version.completions if project.version else 0):
        jobs.request(Job.Kind.TRAIN, project.workspace, project=project, source="active_learning")


def reason(project: Project) -> str:
    """What holds the project's model, as a sentence for people; empty when nothing does."""
    if project.validation:
        return f"Validation round {project.validation.number} is open, so the model is locked."
    if project.is_closed:
        return f"The project is {project.state}, so the model is locked."
    return ""
