"""For every door that changes something: a request that does, and why some doors leave no event."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.test import Client

from models_lib import streams
from models_lib.models import Stream
from reviewapp.archives import catalog, reading, tickets
from reviewapp.archives.stream import LEAST_WORK, Header
from reviewapp.domain import annotating, closing, coding, imports, jobs, leases, projects, tokens, trainings
from reviewapp.domain.coding import Answer
from reviewapp.models import Archive, Job, Project, ProjectDocument
from tests.cast import ANNOTATION_CONFIG, PASSWORD, annotate, chosen, fresh, perform_jobs, span
from tests.doors.walker import World
from training import annotations

PASSPHRASE = "seven green valves at noon"
# A lease comes and goes by itself and is no decision: what was served, why and when stays with the completion.
UNRECORDED = {
    "POST /api/v1/projects/<id:project>/next": "leases a document",
    "POST /api/v1/projects/<id:project>/release": "gives a lease back",
    "POST /api/v1/projects/<id:project>/documents/<id:document>/open": "leases a document",
    "POST /projects/<int:pk>/documents/<int:document>/open/": "leases a document",
    "POST /projects/<int:pk>/review/release/": "gives a lease back",
    "POST /api/v1/archives/<id:archive>/contents": "looks into an archive",
    "POST /api/v1/projects/<id:project>/versions/<word:ref>/predict": "asks a version, and stores nothing",
    "POST /api/v1/projects/<id:project>/versions/<word:ref>/explain": "asks a version, and stores nothing",
    "POST /projects/<int:pk>/models/playground/": "asks a version, and stores nothing",
    "POST /api/v1/streams/<id:stream>/advance": "moves a consumer's own place, after every batch; resets are recorded",
    "PATCH /api/v1/me/preferences": "how the pages look to one person",
    "POST /account/appearance/": "how the pages look to one person",
    "POST /account/confirm/": "a person shows again that it is them",
    "POST /projects/<int:pk>/modes/<slug:mode>/<int:document>/open/": "leases a document",
    "POST /projects/<int:pk>/modes/<slug:mode>/start/": "leases a document",
    "POST /account/model-columns/": "how one person likes to see a list",
    "POST /api/v1/projects/<id:project>/tasks/next": "leases a document",
    "POST /api/v1/projects/<id:project>/tasks/<id:document>/open": "leases a document",
    "PUT /api/v1/projects/<id:project>/tasks/<id:document>/draft": "keeps what one person has not submitted yet",
    "POST /api/v1/workspaces/<id:workspace>/labeling-config/preview": "looks at a config",
    "POST /workspaces/<int:pk>/config-preview/": "looks at a config",
    "POST /projects/<int:pk>/tasks/<int:document>/open/": "leases a document",
    "POST /projects/<int:pk>/annotate/release/": "gives a lease back",
    "POST /sign-in/forgotten/": "asks for a mail, nobody is signed in; the link is recorded when it is made",
    "PUT /account/": "the same door as POST, which Django opens under this name too",
}


@dataclass(frozen=True)
class Request:
    """Who asks and what they bring; a file makes the request multipart."""

    person: str = "alice"
    body: Mapping[str, Any] = field(default_factory=dict)
    query: str = ""
    ids: Mapping[str, object] = field(default_factory=dict)


Ask = Callable[[World], Request]


def body(person: str = "alice", **members: Any) -> Ask:
    return lambda world: Request(person, members)


def send(world: World, door: str, asked: Request) -> HttpResponse:
    """Make the request that the door expects."""
    method, route = door.split(" ", 1)
    client = Client()
    client.force_login(getattr(world.cast, asked.person))
    filled = World(world.project, world.cast, {**world.ids, **asked.ids})
    address = filled.address(route[1:]) + asked.query
    call = getattr(client, method.lower())
    if not route.startswith("/api/") or any(isinstance(value, ContentFile) for value in asked.body.values()):
        return call(address, asked.body)  # type: ignore[no-any-return]
    return call(address, json.dumps(asked.body), content_type="application/json")  # type: ignore[no-any-return]


def _item(world: World) -> ProjectDocument:
    return world.project.items.select_related("document", "current").get(document_id=str(world.ids["document"]))


def _lease(world: World) -> ProjectDocument:
    open_ = world.project.items.filter(decision=None, reviewer=None).first()
    assert open_ is not None
    return leases.open_document(world.project, open_, world.cast.rolf)


def _submission(world: World) -> Request:
    return Request("rolf", {"lease_token": str(_lease(world).lease_token), "choice": "Relevant"})


def _submitted(world: World) -> Request:
    return Request("rolf", {"token": str(_lease(world).lease_token), "choice": "Relevant"})


def _undo(world: World) -> Request:
    token = _lease(world).lease_token
    assert token is not None
    coding.submit(fresh(world.project), world.cast.rolf, token, Answer(choice="Relevant"))
    return Request("rolf")


def _recoding(world: World) -> Request:
    return Request("mona", {"choice": "Not relevant", "revision": _item(world).revision})


def _waiting(world: World) -> Request:
    job = jobs.request(Job.Kind.IMPORT, world.project.workspace)
    return Request("mona", ids={"job": job.pk})


def _failed(world: World) -> Request:
    job = jobs.request(Job.Kind.IMPORT, world.project.workspace)
    Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED)
    return Request("mona", ids={"job": job.pk})


def _document(world: World) -> Request:
    return Request("mona", {"documents": [world.ids["document"]]})


def _exception(world: World) -> Request:
    asked = _document(world)
    streams.tag_exceptions(Stream.objects.get(), world.cast.mona, asked.body["documents"])
    return asked


def _tag(world: World) -> Request:
    return Request("mona", {"documents": [world.ids["document"]], "add": ["a"], "remove": ["box a", "box b"]})


def _archived(world: World) -> Request:
    closing.archive(world.project, world.cast.mona)
    return Request("mona")


def _choices(world: World) -> Request:
    roles = (("Relevant", "positive"), ("Not relevant", "negative"), ("Unsure", "neutral"))
    return Request("mona", {"choices": [{"value": value, "role": role} for value, role in roles]})


def _answers(world: World) -> Request:
    rows = (("Relevant", "positive"), ("Not relevant", "negative"), ("Unsure", "neutral"))
    form: dict[str, Any] = {"field_name": "relevance", "choices-TOTAL_FORMS": "3", "choices-INITIAL_FORMS": "2"}
    for place, (value, role) in enumerate(rows):
        form |= {f"choices-{place}-value": value, f"choices-{place}-role": role, f"choices-{place}-hotkey": ""}
    return Request("mona", form)


def settings(name: str) -> dict[str, Any]:
    """The settings form, filled in."""
    return {
        "name": name,
        "every_n": "10",
        "queue": "prioritized",
        "control_percent": "5",
        "second_look_percent": "0",
        "completion_choice": "most_recent",
        "training_filter": "decided",
    }


def _creation(world: World) -> Request:
    return Request("mona", {**settings("Another"), **_answers(world).body, "field_name": "relevance"})


def _verdict(world: World) -> Request:
    return Request("mona", {"completion": world.ids["completion"], "verdict": "accept"})


def _import(world: World) -> Request:
    mapping = {"text": "text", "control_number": None}
    upload = world.address("<slug:upload>").strip("/")
    return Request("mona", {"upload": upload, "mapping": mapping})


def _token(world: World) -> Request:
    token, _ = tokens.create(world.cast.rita, "another")
    return Request("rita", {"token": token.digest}, ids={"token": token.digest})


def _file(world: World) -> Request:
    return Request("mona", {"file": ContentFile(b"text\nOne line\n", "one.csv")})


def _received(world: World) -> Request:
    header = Header.make(PASSPHRASE, LEAST_WORK)[0].raw
    return Request("olga", {"file": ContentFile(header, "halden.rvarchive")})


def _adopted(world: World) -> Request:
    catalog.outside().mkdir(parents=True, exist_ok=True)
    (catalog.outside() / "halden.rvarchive").write_bytes(Header.make(PASSPHRASE, LEAST_WORK)[0].raw)
    return Request("olga", {"name": "halden.rvarchive"})


def _whole(world: World) -> Archive:
    made = catalog.request(world.project.workspace, world.cast.alice, PASSPHRASE)
    perform_jobs()
    made.refresh_from_db()
    return made


def _restored(world: World) -> Request:
    return Request("olga", {"passphrase": PASSPHRASE}, ids={"archive": _whole(world).pk})


def _restored_on_the_page(world: World) -> Request:
    made = _whole(world)
    ticket = tickets.issue(made, world.cast.olga, reading.unlock(made.path, PASSPHRASE))
    return Request("olga", {"ticket": ticket, "name": "Again", "roles": "none"}, ids={"archive": made.pk})


def _annotation(world: World) -> Project:
    """An annotation project beside the review."""
    workspace, mona = world.project.workspace, world.cast.mona
    return projects.create_annotation(workspace, mona, name="Parts", labeling_config=ANNOTATION_CONFIG)


def annotating_as(person: str, **members: Any) -> Ask:
    """A request of somebody in an annotation project, about the document of the world."""

    def ask(world: World) -> Request:
        made = _annotation(world)
        return Request(person, members, ids={"project": made.pk})

    return ask


def _task(person: str, **members: Any) -> Ask:
    def ask(world: World) -> Request:
        named: dict[str, Any] = {"documents": [world.ids["document"]], **members}
        return Request(person, named, ids={"project": _annotation(world).pk})

    return ask


def _annotated(world: World) -> Request:
    made = fresh(_annotation(world))
    item = annotating.next_document(made, world.cast.rolf)
    assert item is not None
    answer = {"lease_token": str(item.lease_token), "result": [chosen("tone", "Formal")]}
    return Request("rolf", answer, ids={"project": made.pk})


def _learnt(world: World) -> Project:
    """An annotation project with what a first model needs, annotated by Rolf."""
    made = fresh(_annotation(world))
    perform_jobs()
    for place, item in enumerate(made.items.select_related("document").order_by("ordinal")[:10]):
        text = item.document.text
        tone = chosen("tone", ["Formal", "Casual"][place % 2])
        annotate(made, world.cast.rolf, item, span(text, text.split()[0], "Part"), tone)
    return fresh(made)


def _training(world: World) -> Request:
    asked = {"deploy": False, "parameters": {"epochs": 2, "validation_split": 0}}
    return Request("mona", asked, ids={"project": _learnt(world).pk})


def _modelled(world: World) -> Request:
    made = _learnt(world)
    trainings.start(made, world.cast.mona, trainings.Wish({"epochs": 2, "validation_split": 0}), deploy=False)
    perform_jobs()
    names = [version.name for version in trainings.made(made)]
    return Request("mona", {"models": names}, ids={"project": made.pk})


def _deployed(world: World) -> Request:
    asked = _modelled(world)
    made = Project.objects.get(pk=str(asked.ids["project"]))
    annotations.deploy(made, trainings.named(made, asked.body["models"]), world.cast.mona)
    return Request("mona", {"documents": [world.ids["document"]]}, ids=asked.ids)


def _failed_training(world: World) -> Request:
    """A training that failed, since no task has the tag Test."""
    made = _learnt(world)
    job = trainings.start(made, world.cast.mona, trainings.Wish(by_tags=True), deploy=False)
    perform_jobs()
    return Request("mona", ids={"project": made.pk, "job": job.pk})


def _deployed_on_the_page(world: World) -> Request:
    asked = _modelled(world)
    return Request("mona", {"model": asked.body["models"]}, ids=asked.ids)


def _changed_tasks(world: World) -> Request:
    ticked = {"document": [world.ids["document"]], "change": "assign", "person": "rolf"}
    return Request("mona", ticked, ids={"project": _annotation(world).pk})


def _with_upload(**members: Any) -> Ask:
    """A request about a file of tasks that Mona sent.

    The address names a fresh upload, and so does the body where it says UPLOAD; FILE stands for the file itself.
    """

    def ask(world: World) -> Request:
        made = _annotation(world)
        kept = imports.stash(ContentFile(TASKS), "tasks.json", made.workspace, world.cast.mona)
        fresh = {UPLOAD: kept, FILE: ContentFile(TASKS, "tasks.json")}
        named = {name: fresh.get(value, value) for name, value in members.items()}
        return Request("mona", named, ids={"project": made.pk})

    return ask


UPLOAD, FILE = object(), object()
TASKS = b'[{"data": {"text": "One."}}]'
SETUP = {
    "name": "Parts",
    "task_order": "instructive",
    "completion_choice": "most_recent",
    "training_filter": "decided",
}

CHANGES: dict[str, Ask] = {
    "POST /api/v1/projects/<id:project>/trainings": _training,
    "POST /api/v1/projects/<id:project>/deployments": _modelled,
    "POST /api/v1/projects/<id:project>/preannotations": _deployed,
    "PUT /api/v1/projects/<id:project>/active-learning": annotating_as("mona", on=True, deploy=False),
    "PUT /api/v1/projects/<id:project>/labeling-config": annotating_as("mona", labeling_config=ANNOTATION_CONFIG),
    "POST /api/v1/projects/<id:project>/tasks/<id:document>/comments": annotating_as("rolf", text="Look here"),
    "POST /api/v1/projects/<id:project>/annotations": _annotated,
    "POST /api/v1/projects/<id:project>/task-uploads": _with_upload(file=FILE),
    "DELETE /api/v1/projects/<id:project>/task-uploads/<word:upload>": _with_upload(),
    "POST /api/v1/projects/<id:project>/task-imports": _with_upload(upload=UPLOAD, conflict="skip"),
    "POST /api/v1/projects/<id:project>/task-exports": _with_upload(format="label-studio"),
    "POST /projects/<int:pk>/tasks/import/": _with_upload(file=FILE),
    "POST /projects/<int:pk>/tasks/import/<slug:upload>/": _with_upload(conflict="skip"),
    "POST /projects/<int:pk>/tasks/import/<slug:upload>/discard/": _with_upload(),
    "POST /projects/<int:pk>/tasks/export/": _with_upload(format="csv"),
    "POST /api/v1/projects/<id:project>/assignments": _task("mona", annotators=["rolf", "rita"], each=1),
    "POST /api/v1/projects/<id:project>/assignments/withdrawal": _task("mona", annotators=["rolf"]),
    "POST /workspaces/<int:pk>/annotation-projects/new/": body("mona", name="New", labeling_config=ANNOTATION_CONFIG),
    "POST /projects/<int:pk>/config/": annotating_as("mona", labeling_config=ANNOTATION_CONFIG),
    "POST /projects/<int:pk>/setup/": annotating_as("mona", **SETUP),
    "POST /projects/<int:pk>/training/start/": annotating_as("mona", deploy="no"),
    "POST /projects/<int:pk>/training/active-learning/": annotating_as("mona", on="on", every_n="100", deploy="no"),
    "POST /projects/<int:pk>/training/deploy/": _deployed_on_the_page,
    "POST /projects/<int:pk>/training/<int:job>/retry/": _failed_training,
    "POST /projects/<int:pk>/tasks/change/": _changed_tasks,
    "POST /projects/<int:pk>/tasks/<int:document>/comment/": annotating_as("rolf", text="Look here"),
    "POST /api/v1/workspaces/<id:workspace>/archives": body(passphrase=PASSPHRASE),
    "POST /api/v1/workspaces/<id:workspace>/purge": body(confirmation="Halden"),
    "DELETE /api/v1/workspaces/<id:workspace>": lambda world: Request(query="?confirmation=Halden"),
    "POST /api/v1/archives": _received,
    "DELETE /api/v1/archives/<id:archive>": body(),
    "POST /api/v1/archives/<id:archive>/keep": body(),
    "POST /api/v1/archives/<id:archive>/restore": _restored,
    "POST /workspaces/<int:pk>/archives/": body(passphrase=PASSPHRASE, again=PASSPHRASE),
    "POST /workspaces/<int:pk>/purge/": body(confirmation="Halden"),
    "POST /workspaces/<int:pk>/delete/": body(confirmation="Halden"),
    "POST /archives/": _received,
    "POST /archives/adopt/": _adopted,
    "POST /archives/<int:pk>/delete/": body(),
    "POST /archives/<int:pk>/keep/": body(),
    "POST /archives/<int:pk>/restore/": _restored_on_the_page,
    "POST /api/v1/tokens": body("rita", name="script"),
    "DELETE /api/v1/tokens/<word:token>": _token,
    "POST /api/v1/workspaces": body("olga", name="New"),
    "PATCH /api/v1/workspaces/<id:workspace>": body(name="Renamed"),
    "DELETE /api/v1/workspaces/<id:workspace>/people/<word:username>": body(),
    "PUT /api/v1/workspaces/<id:workspace>/people/<word:username>": body(role="reviewer"),
    "POST /api/v1/workspaces/<id:workspace>/views": body("rita", name="Mine", query="tag=box"),
    "POST /api/v1/projects/<id:project>/views": body("rita", name="Mine", query="state=positive"),
    "PATCH /api/v1/views/<id:view>": body("rita", is_default=True),
    "DELETE /api/v1/views/<id:view>": body("rita"),
    "POST /workspaces/<int:pk>/documents/views/": body("rita", name="Mine", query="tag=box"),
    "POST /projects/<int:pk>/documents/views/": body("rita", name="Mine", query="state=positive"),
    "POST /views/<int:pk>/delete/": body("rita"),
    "POST /api/v1/workspaces/<id:workspace>/documents/tags": _tag,
    "POST /api/v1/workspaces/<id:workspace>/documents/deletion": _document,
    "POST /api/v1/workspaces/<id:workspace>/uploads": _file,
    "DELETE /api/v1/workspaces/<id:workspace>/uploads/<word:upload>": body("mona"),
    "POST /api/v1/workspaces/<id:workspace>/imports": _import,
    "POST /api/v1/workspaces/<id:workspace>/projects": body("mona", name="Another"),
    "POST /api/v1/jobs/<id:job>/cancel": _waiting,
    "POST /api/v1/jobs/<id:job>/retry": _failed,
    "DELETE /api/v1/projects/<id:project>": lambda world: Request(query=f"?confirmation={world.project.name}"),
    "PATCH /api/v1/projects/<id:project>": body("mona", every_n=25),
    "PUT /api/v1/projects/<id:project>/choices": _choices,
    "POST /api/v1/projects/<id:project>/pause": body("mona"),
    "POST /api/v1/projects/<id:project>/resume": body("mona"),
    "POST /api/v1/projects/<id:project>/complete": body("mona"),
    "POST /api/v1/projects/<id:project>/archive": body("mona"),
    "POST /api/v1/projects/<id:project>/unarchive": _archived,
    "POST /api/v1/projects/<id:project>/reopen": _archived,
    "POST /projects/<int:pk>/complete/": body("mona"),
    "POST /projects/<int:pk>/archive/": body("mona"),
    "POST /projects/<int:pk>/unarchive/": _archived,
    "POST /projects/<int:pk>/reopen/": _archived,
    "POST /api/v1/projects/<id:project>/populate": body("mona"),
    "POST /api/v1/projects/<id:project>/train": body("mona"),
    "POST /api/v1/projects/<id:project>/submissions": _submission,
    "POST /api/v1/projects/<id:project>/undo": _undo,
    "POST /api/v1/projects/<id:project>/documents/<id:document>/completions": _recoding,
    "POST /api/v1/projects/<id:project>/second-looks": body("mona", positives=2),
    "POST /api/v1/projects/<id:project>/second-looks/<id:look>/adjudication": body("mona", choice="Relevant"),
    "POST /api/v1/projects/<id:project>/duplicate-searches": body("mona"),
    "POST /api/v1/projects/<id:project>/reports": body("mona"),
    "PUT /api/v1/projects/<id:project>/checker": lambda world: Request(
        "mona", {"documents": [world.ids["document"]], "checker": "rolf"}
    ),
    "POST /api/v1/projects/<id:project>/completions/<id:completion>/verdicts": body("mona", accepted=True),
    "POST /api/v1/projects/<id:project>/streams": body("mona", name="other", version=1, thresholds={"Relevant": 0.5}),
    "PATCH /api/v1/streams/<id:stream>": body("mona", title="Mail"),
    "DELETE /api/v1/streams/<id:stream>": body("mona"),
    "POST /api/v1/streams/<id:stream>/reset": body("mona", consumer="robot", moment="2026-01-01T00:00Z"),
    "POST /api/v1/streams/<id:stream>/exceptions": _document,
    "POST /api/v1/streams/<id:stream>/exceptions/untagging": _exception,
    "POST /sign-out/": body("rita"),
    "POST /account/": body(
        "rita", old_password=PASSWORD, new_password1="a new long one", new_password2="a new long one"
    ),
    "POST /account/tokens/": body("rita", name="script"),
    "POST /account/tokens/revoke/": _token,
    "POST /workspaces/new/": body("olga", name="New"),
    "POST /workspaces/<int:pk>/settings/": body(name="Renamed"),
    "POST /workspaces/<int:pk>/people/": body(username="vic", role="reviewer"),
    "POST /workspaces/<int:pk>/people/<int:person>/": body(role="reviewer"),
    "POST /workspaces/<int:pk>/people/<int:person>/remove/": body(),
    "POST /jobs/<int:pk>/cancel/": _waiting,
    "POST /jobs/<int:pk>/retry/": _failed,
    "POST /workspaces/<int:pk>/import/": _file,
    "POST /workspaces/<int:pk>/import/<slug:upload>/": body("mona", **{"column-0": "text"}),
    "POST /workspaces/<int:pk>/import/<slug:upload>/discard/": body("mona"),
    "POST /workspaces/<int:pk>/documents/tag/": lambda world: Request(
        "mona", {"document": world.ids["document"], "tags": "hot", "change": "add"}
    ),
    "POST /workspaces/<int:pk>/documents/delete/": lambda world: Request(
        "mona", {"document": world.ids["document"], "confirmed": "1", "count": "1"}
    ),
    "POST /workspaces/<int:pk>/projects/new/": _creation,
    "POST /projects/<int:pk>/train/": body("mona"),
    "POST /projects/<int:pk>/populate/": body("mona"),
    "POST /projects/<int:pk>/pause/": body("mona"),
    "POST /projects/<int:pk>/resume/": body("mona"),
    "POST /projects/<int:pk>/settings/": body("mona", **settings("Valves")),
    "POST /projects/<int:pk>/choices/": _answers,
    "POST /projects/<int:pk>/delete/": lambda world: Request(body={"confirmation": world.project.name}),
    "POST /projects/<int:pk>/documents/<int:document>/recode/": _recoding,
    "POST /projects/<int:pk>/documents/<int:document>/verdict/": _verdict,
    "POST /projects/<int:pk>/documents/<int:document>/checker/": body("mona", checker="rolf"),
    "POST /projects/<int:pk>/quality/": body("mona", positives=2, negatives=0),
    "POST /projects/<int:pk>/quality/adjudicate/<int:look>/": body("mona", choice="Relevant"),
    "POST /projects/<int:pk>/quality/copies/search/": body("mona"),
    "POST /projects/<int:pk>/reports/": body("mona"),
    "POST /projects/<int:pk>/review/submit/": _submitted,
    "POST /projects/<int:pk>/streams/new/": body(
        "mona", **{"name": "other", "version": "1", "chosen_for": "1", "threshold-0": "0.5"}
    ),
    "POST /streams/<int:pk>/change/": body(
        "mona", **{"title": "Mail", "version": "1", "chosen_for": "1", "threshold-0": "0.5"}
    ),
    "POST /streams/<int:pk>/reset/": body("mona", consumer="robot", moment="2026-01-01T00:00"),
    "POST /streams/<int:pk>/exceptions/": lambda world: Request(
        "mona", {"documents": world.ids["document"], "change": "tag"}
    ),
    "POST /streams/<int:pk>/delete/": body("mona"),
    "POST /projects/<int:pk>/review/undo/": _undo,
}
