"""Every door of the URLconf: which there are, which methods each answers, and what it says to whom."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from models_lib import categories, streams
from reviewapp.archives.stream import LEAST_WORK, Header
from reviewapp.domain import (
    coding,
    history,
    imports,
    leases,
    queue,
    reports,
    saved_views,
    second_looks,
    tokens,
    validation,
    webhooks,
)
from reviewapp.domain.coding import Answer
from reviewapp.domain.validation_plans import Design
from reviewapp.models import Archive, ClosedProject, Event, Project, User, Workspace
from tests.cast import Cast, exported, fresh, perform_jobs, pinned, trained

PEOPLE = ("anonymous", "vic", "rita", "mona", "alice", "stan", "olga")
UNKNOWN = "BREW"  # no door answers it, so its refusal lists the methods that are answered
NOWHERE = 987_654_321
SECRET = re.compile(rb'(?i)(?<=csrfmiddlewaretoken" value=")\w+|(?<=x-csrftoken": ")\w+')
_answered: dict[str, list[str]] = {}


@dataclass(frozen=True)
class Door:
    """One route of the URLconf with one method that it answers."""

    method: str
    route: str

    def __str__(self) -> str:
        return f"{self.method} /{self.route}"

    @property
    def guarded(self) -> bool:
        """Whether it leads to something of a workspace."""
        return re.search(r"<(int|id|slug|word):(?!token)", self.route) is not None


@dataclass(frozen=True)
class World:
    """What the routes' parameters stand for."""

    project: Project
    cast: Cast
    ids: dict[str, object]

    def address(self, route: str, *, nowhere: bool = False) -> str:
        """The route filled in with what is in the world, or with what is nowhere."""

        def fill(match: re.Match[str]) -> str:
            if nowhere:
                return "a" * 48 if match[1] in ("slug", "word") else str(NOWHERE)
            name = self._name(match[2], route)
            return self._upload() if name == "upload" else str(self.ids[name])

        return "/" + re.sub(r"<(\w+):(\w+)>", fill, route)

    def _upload(self) -> str:
        """A new one for each visit: a file that was discarded does not come back with the transaction."""
        file = ContentFile(b"text\nOne line\n")
        return imports.stash(file, "one.csv", self.project.workspace, self.cast.mona)

    @staticmethod
    def _name(parameter: str, route: str) -> str:
        return route.split("/", maxsplit=1)[0].rstrip("s") if parameter == "pk" else parameter


def build(project: Project, cast: Cast) -> World:
    """Halden with something behind every door: coded documents, a version, a model, jobs, an upload, a token …"""
    now = trained(project, cast.rita)
    category = categories.create(now.workspace, cast.mona, "Spam removal")
    model = exported(now, cast.mona, categories=[category])
    validation.abandon(validation.start(now, cast.mona, Design(size=5)), cast.mona)
    now = fresh(now)
    queue.next_document(now, cast.rita)
    workspace = now.workspace
    token, _ = tokens.create(cast.vic, "notebook")
    pinned(now, cast.mona)
    stream = streams.create(now, cast.mona, name="inbox", version=1, thresholds={"Relevant": 0.5})
    reports.request(now, cast.mona, "http://testserver/")
    perform_jobs()
    answer = now.answers.order_by("pk").first()
    assert answer is not None
    address = {"name": "Archive", "url": "https://example.org/hook"}
    hook, _ = webhooks.create(workspace, cast.alice, **address, events=[Event.VERSION_READY])
    ids = {
        "archive": archive(workspace).pk,
        "workspace": workspace.pk,
        "closed": closed(now).pk,
        "project": now.pk,
        "document": answer.item.document_id,
        "completion": answer.pk,
        "job": now.jobs.order_by("pk")[0].pk,
        "number": 1,
        "model": model.pk,
        "category": category.pk,
        "mode": "shuffle",
        "webhook": hook.pk,
        "delivery": webhooks.test(hook, cast.alice).pk,
        "person": cast.vic.pk,
        "username": "vic",
        "tag": "live",
        "ref": "latest",
        "stream": stream.pk,
        "token": token.digest,
        "provider_id": "sso",
        "uidb64": "MQ",
        "look": _looked_again(now, cast),
        "view": saved_views.save(cast.rita, now, "Relevant", "state=positive").pk,
    }
    return World(now, cast, ids)


def _looked_again(project: Project, cast: Cast) -> int:
    """A document that Rita and Rolf coded differently."""
    second_looks.draw(project, cast.mona, negatives=1)
    item = leases.take_second_look(project, cast.rolf, uuid.uuid4())
    assert item is not None
    assert item.lease_token is not None
    coding.submit(project, cast.rolf, item.lease_token, Answer(choice="Relevant"))
    leases.release(project, cast.rolf)
    return int(item.look.pk)


def closed(project: Project) -> ClosedProject:
    """A record of a project that is not there any more."""
    record = {name: part(project) for name, part in history.PARTS.items()}
    return ClosedProject.objects.create(workspace=project.workspace, name="Pumps", record=record)


def archive(workspace: Workspace) -> Archive:
    """An archive of the workspace, ready to be fetched."""
    made = Archive.objects.create(workspace=workspace, name="Halden", origin="made", file="door.rvarchive", size=143)
    made.path.parent.mkdir(parents=True, exist_ok=True)
    made.path.write_bytes(Header.make("seven green valves at noon", LEAST_WORK)[0].raw)
    return made


def routes(patterns: list[URLPattern | URLResolver] | None = None, before: str = "") -> Iterator[str]:
    """Every route of the URLconf."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            yield before + str(pattern.pattern)
        else:
            yield from routes(pattern.url_patterns, before + str(pattern.pattern))


def doors(world: World) -> list[Door]:
    """Every route with every method that it answers; one that answers anything counts as GET."""
    if not _answered:  # what a route answers is the same in every world
        _answered.update({route: _methods(world, route) for route in routes()})
    return [Door(method, route) for route, methods in _answered.items() for method in methods]


def _methods(world: World, route: str) -> list[str]:
    refusal = ask(world, "olga", Door(UNKNOWN, route))
    allowed = refusal.headers.get("Allow", "GET") if refusal.status_code == 405 else "GET"
    return sorted({method.strip() for method in allowed.split(",")} - {"OPTIONS", "HEAD"})


def ask(world: World, person: str, door: Door, *, nowhere: bool = False) -> HttpResponse:
    """What the door says to the person, or to the bearer of a token, who brings nothing along.

    Whatever it changed is taken back.
    """
    bearer = {"Authorization": f"Token {person}"} if person.startswith("rvw_") else None
    client = Client(raise_request_exception=False, headers=bearer)
    if not bearer and person != "anonymous":
        user: User = getattr(world.cast, person)
        client.force_login(user)
    address = world.address(door.route, nowhere=nowhere)
    body = b"{}" if door.route.startswith("api/") and door.method != "GET" else b""
    with transaction.atomic():
        said = client.generic(door.method, address, body, content_type=_kind(door))
        transaction.set_rollback(True)
    return cast(HttpResponse, said)


def told(said: HttpResponse) -> tuple[int, bytes, list[str]]:
    """What a person can compare: status, body without one-time secrets, names of the headers."""
    body = b"".join(said) if said.streaming else said.content
    return said.status_code, SECRET.sub(b"", body), sorted(said.headers)


def _kind(door: Door) -> str:
    return "application/json" if door.route.startswith("api/") else "application/x-www-form-urlencoded"
