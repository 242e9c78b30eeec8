"""Requests that change what proves and keeps a review: plans, samples, rounds, pins, labels, webhooks."""

from typing import Any

from django.core.files.base import ContentFile

from models_lib import tags
from reviewapp.domain import controls, leases, projects, stopping, validation
from reviewapp.domain.validation_plans import Design
from reviewapp.models import Delivery, Event, Project
from tests.cast import code, fresh, perform_jobs, pinned, retrained, write_documents
from tests.doors.changes import Ask, Request, body
from tests.doors.walker import World

PLAN: dict[str, Any] = {"target": 0.8, "confidence": 0.95, "looks": 1, "run": 50}
HOOK: dict[str, Any] = {"name": "Index", "url": "https://example.org/other", "events": [Event.VERSION_READY.value]}


def _planned(world: World) -> Request:
    stopping.set_plan(world.project, world.cast.mona, PLAN)
    return Request("mona")


def _drawn(world: World) -> Request:
    controls.draw(fresh(world.project), world.cast.mona, 5)
    return Request("mona")


def _begun(world: World) -> Request:
    leases.release(world.project, world.cast.rita)
    round_ = validation.start(fresh(world.project), world.cast.mona, Design(size=2))
    return Request("mona", ids={"number": round_.number})


def _read(world: World) -> Request:
    asked = _begun(world)
    code(fresh(world.project), world.cast.rita, 2)
    return asked


def _later(world: World) -> Project:
    """With a second version: the first one is in a stream's use."""
    leases.release(world.project, world.cast.rita)
    return retrained(fresh(world.project), world.cast.rita)


def _unpinned(world: World) -> Request:
    _later(world)
    return Request("mona", {"version": 2}, ids={"number": 2})


def _pinned(world: World) -> Request:
    pinned(_later(world), world.cast.mona, 2)
    return Request("mona", ids={"number": 2})


def _earlier(world: World) -> Request:
    _later(world)
    return Request("mona", {"confirmation": "v1"})


def _tagged(world: World) -> Request:
    tags.move(fresh(world.project), "relevance", "live", 1, None, world.cast.mona)
    return Request("mona", query="?was=1")


def _unscored(world: World) -> Request:
    """Documents came after the only version that was not the current one had ranked."""
    _later(world)
    write_documents(world.project.workspace, 4)
    projects.adopt(world.project.workspace, world.cast.mona)
    perform_jobs()
    return Request("mona")


def _labels(world: World) -> Request:
    return Request("mona", {"file": ContentFile(b"label\nUnsure\n", "labels.csv")})


def _superseded(world: World) -> Request:
    _pinned(world)
    retrained(fresh(world.project), world.cast.rita)
    return Request("mona", {"confirmation": "v2"}, query="?confirmation=v2", ids={"number": 2})


def _delivered(world: World) -> Request:
    Delivery.objects.update(state=Delivery.State.FAILED, job=None)
    return Request("alice")


PROOFS: dict[str, Ask] = {
    "PUT /api/v1/projects/<id:project>/stopping/plan": body("mona", **PLAN),
    "POST /api/v1/projects/<id:project>/stopping/looks": _planned,
    "POST /api/v1/projects/<id:project>/control-set": body("mona", documents=5),
    "DELETE /api/v1/projects/<id:project>/control-set": _drawn,
    "POST /projects/<int:pk>/stopping/plan/": body("mona", target=80, confidence=95, looks=1, run=50),
    "POST /projects/<int:pk>/stopping/look/": _planned,
    "POST /projects/<int:pk>/stopping/control-set/": body("mona", documents=5),
    "POST /projects/<int:pk>/stopping/control-set/give-up/": _drawn,
    "POST /api/v1/projects/<id:project>/validation-rounds": body("mona", size=3),
    "POST /api/v1/projects/<id:project>/validation-rounds/<id:number>/abandon": _begun,
    "POST /api/v1/projects/<id:project>/validation-rounds/<id:number>/complete": _read,
    "POST /api/v1/projects/<id:project>/validation-rounds/<id:number>/resume": _read,
    "POST /projects/<int:pk>/validation/": body("mona", kind="elusion", confidence=95, margin=2.5, size=3),
    "POST /projects/<int:pk>/validation/<int:number>/abandon/": _begun,
    "POST /projects/<int:pk>/validation/<int:number>/complete/": _read,
    "POST /projects/<int:pk>/validation/<int:number>/resume/": _read,
    "POST /api/v1/projects/<id:project>/pins": _unpinned,
    "DELETE /api/v1/projects/<id:project>/pins/<id:number>": _pinned,
    "PUT /api/v1/projects/<id:project>/tags/<word:tag>": body("mona", version=1, was=None),
    "DELETE /api/v1/projects/<id:project>/tags/<word:tag>": _tagged,
    "POST /projects/<int:pk>/models/<int:number>/pin/": _unpinned,
    "POST /projects/<int:pk>/models/<int:number>/unpin/": _pinned,
    "POST /projects/<int:pk>/models/<int:number>/tag/": body("mona", name="live"),
    "POST /api/v1/projects/<id:project>/versions/<id:number>/rollback": _earlier,
    "POST /projects/<int:pk>/models/<int:number>/rollback/": _earlier,
    "POST /api/v1/projects/<id:project>/versions/<id:number>/scores": _unscored,
    "POST /projects/<int:pk>/models/<int:number>/score/": _unscored,
    "POST /api/v1/projects/<id:project>/labels": body("mona", name="Unsure"),
    "POST /api/v1/projects/<id:project>/labels/file": _labels,
    "POST /projects/<int:pk>/labels/add/": body("mona", label="Unsure"),
    "POST /projects/<int:pk>/labels/load/": _labels,
    "POST /api/v1/projects/<id:project>/clusters": body("mona"),
    "POST /projects/<int:pk>/modes/clusters/find/": body("mona"),
    "POST /api/v1/workspaces/<id:workspace>/webhooks": body(**HOOK),
    "PATCH /api/v1/webhooks/<id:webhook>": body(name="Renamed"),
    "DELETE /api/v1/webhooks/<id:webhook>": body(),
    "POST /api/v1/webhooks/<id:webhook>/secret": body(),
    "POST /api/v1/webhooks/<id:webhook>/test": body(),
    "POST /workspaces/<int:pk>/webhooks/": body(**HOOK),
    "POST /webhooks/<int:pk>/": body(**HOOK, active="on"),
    "POST /webhooks/<int:pk>/secret/": body(),
    "POST /webhooks/<int:pk>/test/": body(),
    "POST /webhooks/<int:pk>/delete/": body(),
    "POST /api/v1/webhooks/<id:webhook>/deliveries/<id:delivery>/redelivery": _delivered,
    "POST /webhooks/<int:pk>/deliveries/<int:delivery>/redeliver/": _delivered,
    "DELETE /api/v1/projects/<id:project>/versions/<id:number>": _superseded,
    "POST /projects/<int:pk>/models/<int:number>/delete/": _superseded,
    "POST /api/v1/projects/<id:project>/downloads": body("mona", format="csv"),
    "POST /projects/<int:pk>/download/": body("mona", format="csv"),
    "POST /workspaces/<int:pk>/people/<int:person>/rights/": body(rights=["review"]),
}
