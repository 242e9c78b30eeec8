"""Every changing door of a project says no once its review has ended, and a new one cannot be forgotten."""

import re

import pytest
from django.db import transaction

from reviewapp.domain import closing, jobs, leases
from reviewapp.errors import Conflict
from reviewapp.models import AuditEvent, Job, Project, User
from tests.cast import fresh
from tests.doors import changes
from tests.doors.changes import Ask, Request
from tests.doors.table import TABLE
from tests.doors.test_audit import CHANGES
from tests.doors.test_doors import CHANGES as METHODS
from tests.doors.walker import World

API, STREAM = "/api/v1/projects/<id:project>", "/api/v1/streams/<id:stream>"
# What does not change the review: its own end and the way back, copies of it, and the versions that go on serving.
OPEN = {
    f"DELETE {API}": "removes it",
    "POST /projects/<int:pk>/delete/": "removes it",
    f"POST {API}/archive": "takes it out of the lists",
    "POST /projects/<int:pk>/archive/": "takes it out of the lists",
    f"POST {API}/unarchive": "puts it back",
    "POST /projects/<int:pk>/unarchive/": "puts it back",
    f"POST {API}/reopen": "goes on with the review",
    "POST /projects/<int:pk>/reopen/": "goes on with the review",
    f"POST {API}/reports": "says how it was done",
    "POST /projects/<int:pk>/reports/": "says how it was done",
    f"POST {API}/exports": "carries its training elsewhere (R-18)",
    "POST /projects/<int:pk>/exports/": "carries its training elsewhere (R-18)",
    f"POST {API}/downloads": "copies its documents",
    "POST /projects/<int:pk>/download/": "copies its documents",
    f"POST {API}/task-exports": "copies its annotations",
    "POST /projects/<int:pk>/tasks/export/": "copies its annotations",
    f"DELETE {API}/task-uploads/<word:upload>": "throws away a file that was not imported",
    "POST /projects/<int:pk>/tasks/import/<slug:upload>/discard/": "throws away a file that was not imported",
    f"POST {API}/views": "keeps what a person looks at",
    "POST /projects/<int:pk>/documents/views/": "keeps what a person looks at",
    f"POST {API}/pins": "keeps a version",
    "POST /projects/<int:pk>/models/<int:number>/pin/": "keeps a version",
    f"DELETE {API}/pins/<id:number>": "keeps a version no longer",
    "POST /projects/<int:pk>/models/<int:number>/unpin/": "keeps a version no longer",
    f"DELETE {API}/versions/<id:number>": "drops a version's payload",
    "POST /projects/<int:pk>/models/<int:number>/delete/": "drops a version's payload",
    f"PUT {API}/tags/<word:tag>": "names a version for its consumers",
    f"DELETE {API}/tags/<word:tag>": "names a version for its consumers",
    "POST /projects/<int:pk>/models/<int:number>/tag/": "names a version for its consumers",
    f"POST {API}/versions/<id:number>/scores": "ranks of another version, to compare the two",
    "POST /projects/<int:pk>/models/<int:number>/score/": "ranks of another version, to compare the two",
    f"POST {API}/versions/<word:ref>/predict": "asks a version, and stores nothing",
    f"POST {API}/versions/<word:ref>/explain": "asks a version, and stores nothing",
    "POST /projects/<int:pk>/models/playground/": "asks a version, and stores nothing",
    f"POST {API}/streams": "a version goes on serving",
    "POST /projects/<int:pk>/streams/new/": "a version goes on serving",
    f"PATCH {STREAM}": "a version goes on serving",
    "POST /streams/<int:pk>/change/": "a version goes on serving",
    f"DELETE {STREAM}": "a version goes on serving",
    "POST /streams/<int:pk>/delete/": "a version goes on serving",
    f"POST {STREAM}/advance": "a version goes on serving",
    f"POST {STREAM}/reset": "a version goes on serving",
    "POST /streams/<int:pk>/reset/": "a version goes on serving",
    f"POST {API}/release": "gives back what nobody holds any more",
    "POST /projects/<int:pk>/annotate/release/": "gives back what nobody holds any more",
    "POST /projects/<int:pk>/review/release/": "gives back what nobody holds any more",
}
# A project is not closed while a round is open, so nobody meets these doors (it is decided there how it ends).
ROUND = {
    door
    for way in ("abandon", "complete", "resume")
    for door in (
        f"POST {API}/validation-rounds/<id:number>/{way}",
        f"POST /projects/<int:pk>/validation/<int:number>/{way}/",
    )
}
# What only an annotation project has; the world's own project is a review, which would refuse for that.
TASKS = {
    f"POST {API}/tasks/next": changes.annotating_as("rolf"),
    f"POST {API}/tasks/<id:document>/open": changes.annotating_as("rolf"),
    f"PUT {API}/tasks/<id:document>/draft": changes.annotating_as("rolf", result=[]),
    "POST /projects/<int:pk>/tasks/<int:document>/open/": changes.annotating_as("rolf"),
}
STATES = {"complete": b"complete", "archive": b"archived"}
IN_PROJECT = re.compile(r"/(projects|streams)/<")
DOORS = [door for door in TABLE if door.split(" ")[0] in METHODS and IN_PROJECT.search(door)]


def closed(world: World, asked: Request, state: str) -> None:
    """End the review that the request is about."""
    project = Project.objects.get(pk=str(asked.ids.get("project", world.project.pk)))
    leases.release(fresh(project), User.objects.get(username=asked.person))
    Job.objects.filter(project=project, state=Job.State.QUEUED).update(state=Job.State.DONE)
    getattr(closing, state)(fresh(project), world.cast.mona)


def refused(world: World, door: str, ask: Ask, state: str) -> str:
    """What is wrong with what the door says, once the review has ended; empty when it refuses."""
    with transaction.atomic():
        asked = ask(world)
        try:
            closed(world, asked, state)
        except Conflict:
            return "cannot be closed"
        else:
            last = AuditEvent.objects.latest("pk").pk
            said = changes.send(world, door, asked)
            changed = list(AuditEvent.objects.filter(pk__gt=last).values_list("verb", flat=True))
        finally:
            transaction.set_rollback(True)
    # A page of the review itself goes back to that page, which says why there is nothing to do.
    sent_back = said.status_code == 302 and "/review/" in said.headers["Location"]
    says_why = said.status_code == 409 and STATES[state] in said.content
    return "" if not changed and (says_why or sent_back) else f"{said.status_code} {changed} {said.content[-200:]!r}"


def test_every_door_that_stays_open_is_a_door() -> None:
    assert sorted((OPEN.keys() | ROUND) - set(DOORS)) == []
    assert not OPEN.keys() & ROUND


@pytest.mark.parametrize("state", ["complete", "archive"])
def test_every_changing_door_of_a_closed_project_refuses(world: World, state: str) -> None:
    """R-01: 409 and nothing recorded, whatever is asked; only the doors of :data:`OPEN` lead on."""
    asks: dict[str, Ask] = {**dict.fromkeys(changes.UNRECORDED, changes.body("mona")), **CHANGES, **TASKS}
    wrong = {door: refused(world, door, asks[door], state) for door in DOORS if door not in OPEN}
    assert {door for door, said in wrong.items() if said == "cannot be closed"} == ROUND
    assert {door: said for door, said in wrong.items() if said and door not in ROUND} == {}


def test_work_of_a_closed_review_is_not_taken_up_again(world: World) -> None:
    """A population that failed changes the project as much as one that is asked for."""
    closing.complete(fresh(world.project), world.cast.mona)
    for kind in (Job.Kind.POPULATE, Job.Kind.CLUSTER, Job.Kind.GROUP, Job.Kind.PREANNOTATE):
        failed = jobs.request(kind, world.project.workspace, project=fresh(world.project))
        Job.objects.filter(pk=failed.pk).update(state=Job.State.FAILED)
        with pytest.raises(Conflict, match="nothing in it changes"):
            jobs.retry(failed, world.cast.mona)
