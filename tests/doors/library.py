"""Requests that change the library of trained models: categories, exports, shares, links."""

from models_lib import categories, exports, links
from models_lib.models import TrainedModel
from reviewapp.domain import people, workspaces
from reviewapp.models import Job
from tests.cast import fresh
from tests.doors.changes import Ask, Request, body
from tests.doors.walker import World


def _model(world: World) -> Request:
    return Request("mona", {"models": [world.ids["model"]]})


def _categorization(world: World) -> Request:
    return Request("mona", {"models": [world.ids["model"]], "categories": [_another(world)]})


def _another(world: World) -> int:
    return int(categories.create(world.project.workspace, world.cast.alice, "Another").pk)


def _link(world: World) -> Request:
    return Request("mona", {"model": world.ids["model"]})


def _linked(world: World) -> Request:
    model = TrainedModel.objects.get(pk=str(world.ids["model"]))
    links.link(fresh(world.project), model, world.cast.mona)
    return Request("mona")


def _shared(world: World) -> Request:
    target = workspaces.create("Beyond", world.cast.olga)
    people.grant(target, world.cast.alice, "admin", world.cast.olga)
    return Request("alice", {"models": [world.ids["model"]], "workspaces": [target.pk]})


def _moved(world: World) -> Request:
    return Request("mona", {"up": "1"}, ids={"category": _another(world)})


def _tick(world: World) -> Request:
    return Request("mona", {"model": world.ids["model"]})


def _categorized(world: World) -> Request:
    return Request("mona", {"model": world.ids["model"], "categories": [_another(world)]})


def _shared_on_the_page(world: World) -> Request:
    asked = _shared(world).body
    return Request("alice", {"model": asked["models"], "workspace": asked["workspaces"]})


def _asked(world: World) -> Request:
    model = exports.request(fresh(world.project), world.cast.mona, name="More knowledge")
    return Request("mona", ids={"model": model.pk})


def _failed(world: World) -> Request:
    asked = _asked(world)
    Job.objects.filter(kind=Job.Kind.EXPORT, state=Job.State.QUEUED).update(state=Job.State.FAILED)
    return asked


LIBRARY: dict[str, Ask] = {
    "POST /api/v1/workspaces/<id:workspace>/categories": body("mona", name="Another"),
    "PATCH /api/v1/categories/<id:category>": body("mona", name="Renamed"),
    "DELETE /api/v1/categories/<id:category>": lambda world: Request("mona", query="?confirmed=true"),
    "PUT /api/v1/workspaces/<id:workspace>/categories/order": lambda world: Request(
        "mona", {"order": [world.ids["category"]]}
    ),
    "POST /workspaces/<int:pk>/fields/": body("mona", name="Another"),
    "POST /workspaces/<int:pk>/fields/<int:category>/": body("mona", name="Renamed"),
    "POST /workspaces/<int:pk>/fields/<int:category>/delete/": body("mona", confirmed="true"),
    "PATCH /api/v1/models/<id:model>": body("mona", name="Renamed"),
    "DELETE /api/v1/models/<id:model>": body("mona"),
    "PUT /api/v1/models/<id:model>/access": body("alice", restricted=True, people=["mona"]),
    "POST /api/v1/workspaces/<id:workspace>/models/categorization": _categorization,
    "POST /api/v1/workspaces/<id:workspace>/models/deletion": _model,
    "POST /api/v1/workspaces/<id:workspace>/models/share": _shared,
    "POST /workspaces/<int:pk>/models/<int:model>/edit/": body("mona", name="Renamed", description=""),
    "POST /api/v1/projects/<id:project>/exports": body("mona", name="More knowledge"),
    "POST /projects/<int:pk>/exports/": body("mona", name="More knowledge", drop_below="1"),
    "PUT /api/v1/projects/<id:project>/linked-model": _link,
    "DELETE /api/v1/projects/<id:project>/linked-model": _linked,
    "POST /projects/<int:pk>/link/": _link,
    "POST /projects/<int:pk>/unlink/": _linked,
    "POST /workspaces/<int:pk>/fields/<int:category>/move/": _moved,
    "POST /workspaces/<int:pk>/models/categorize/": _categorized,
    "POST /workspaces/<int:pk>/models/delete/": _tick,
    "POST /workspaces/<int:pk>/models/share/": _shared_on_the_page,
    "POST /workspaces/<int:pk>/models/<int:model>/access/": body("alice", restricted="1"),
    "POST /workspaces/<int:pk>/models/<int:model>/cancel/": _asked,
    "POST /workspaces/<int:pk>/models/<int:model>/retry/": _failed,
}
