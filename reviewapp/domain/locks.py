"""What holds a project: its model while trainings wait, and all of it once the review has ended."""

from reviewapp.domain import jobs
from reviewapp.errors import Conflict
from reviewapp.models import Job, Project

ROLLING_BACK = "The project is being rolled back, so nothing is coded or trained until that is done."


def require_open(project: Project) -> None:
    """Raise :class:`Conflict` for a complete or archived project, and while a rollback is under way."""
    if project.rolling_back_id is not None:
        raise Conflict(f"{ROLLING_BACK} It takes as long as a training; nothing was saved. Try again then.")
    if project.is_closed:
        raise Conflict(f"This project is {project.state}, so nothing in it changes. A manager can reopen it.")


def hold_open(project: Project) -> None:
    """As :func:`require_open`, asked under the project's lock, so that nobody closes it before the caller commits."""
    require_open(Project.objects.select_for_update(no_key=True).get(pk=project.pk))


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
    if project.rolling_back_id is not None:
        return ROLLING_BACK
    if project.is_closed:
        return f"The project is {project.state}, so the model is locked."
    return ""
