"""The lock on a project's model: while it holds, trainings become due and wait."""

from reviewapp.domain import jobs
from reviewapp.models import Job, Project


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
    if project.state == Project.State.COMPLETE:
        return "The project is complete, so the model is locked."
    return ""
