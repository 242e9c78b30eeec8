"""In which order an annotation project hands out the tasks that are anybody's."""

import random
import uuid
from collections.abc import Iterator

from django.conf import settings

from reviewapp.artifacts import Artifacts
from reviewapp.domain import jobs, leases, queue
from reviewapp.domain.leases import Look
from reviewapp.models import Job, Project, ProjectDocument, Reason, TaskOrdering, User

MOST_ASKED = 10_000  # documents that the models are asked about
RULE = (
    "Most to learn first: the newest model of each kind is asked how sure it is of every document that nobody has "
    "annotated. Of entities counts one minus the probability of the most probable tagging of the least sure sentence, "
    "of choices one minus that of the most probable choice, of assertions that of the least sure span (least "
    "confidence). With several models the mean of a document's places counts. The order is made anew when a version "
    f"is trained, by a job; at most {MOST_ASKED:,} documents are asked about, drawn at random, the others follow in "
    "their order. Until there is a model, tasks come at random."
)


def standing(project: Project) -> TaskOrdering | None:
    """The order by the models, where it is wanted and there is one."""
    if project.task_order != Project.TaskOrder.INSTRUCTIVE:
        return None
    return TaskOrdering.objects.filter(project=project).first()


def told(project: Project) -> str:
    """Which order is used now, as people read it."""
    if project.task_order == Project.TaskOrder.DOCUMENTS:
        return "What is anybody’s comes in the order of the documents."
    found = standing(project)
    if found:
        return (
            f"What is anybody’s comes with the most to learn first, by {', '.join(found.versions)}, "
            f"which were asked about {found.documents:,} documents."
        )
    why = "" if project.task_order == Project.TaskOrder.RANDOM else " There is no model yet to say which teaches most."
    return f"What is anybody’s comes at random, each task with the same chance.{why}"


def refresh(project: Project, by: User | None = None) -> Job | None:
    """Ask for the order anew, where it is wanted; call it in the transaction of what changed it."""
    if project.task_order != Project.TaskOrder.INSTRUCTIVE:
        return None
    return jobs.request(Job.Kind.ORDER_TASKS, project.workspace, project=project, by=by)


def take(project: Project, annotator: User) -> ProjectDocument | None:
    """Lease what the annotator has to work on, else a task that nobody was asked for, in the project's order."""
    token = uuid.uuid4()
    if own := leases.take_own_task(project, annotator, token):
        return own
    for look in _looks(project, random.Random(token.int)):
        if taken := leases.take(project, annotator, token, look):
            return taken
    at_random = project.task_order == Project.TaskOrder.RANDOM
    return leases.take_anybodys_task(project, annotator, token, at_random=at_random)


def _looks(project: Project, chance: random.Random) -> Iterator[Look]:
    if project.task_order == Project.TaskOrder.DOCUMENTS:
        return
    found = standing(project)
    if found is None:
        last = project.items.order_by("-ordinal").values_list("ordinal", flat=True).first()
        picked = queue.drawn(chance, range(0 if last is None else last + 1))
        yield Look(Reason.RANDOM_ORDER, picked, [None] * len(picked), among="anybodys")
        return
    order = Artifacts(settings.ARTIFACTS_DIR).read(found.artifact)["order"]
    for picked in queue.walk(project, order, queue.head(project.pk, found.artifact)):
        yield Look(Reason.INSTRUCTIVE, picked, [None] * len(picked), among="anybodys")
