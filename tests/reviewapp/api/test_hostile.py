"""Whatever a client sends, the answer is a refusal and never a fault (T-17)."""

import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as some

from models_lib import streams
from reviewapp.management.commands.openapi import COMMITTED
from reviewapp.models import AuditEvent, Project, Workspace
from tests.cast import Cast, fresh, pinned, trained

DOCUMENT = json.loads((settings.BASE_DIR / COMMITTED).read_text(encoding="utf-8"))
OPERATIONS: dict[str, dict[str, Any]] = DOCUMENT["paths"]
NUMBERS = [0, -1, 2**31, 2**63, 2**64, 10**30, -(10**30), 1e308, 0.1]
TEXTS = ["", " ", "\x00", "\x7f", "'; --", "%s%(x)s", "\\", "🂡" * 200, "a" * 20_000, "<script>", "1e999"]
VALUES: list[Any] = [None, True, *NUMBERS, *TEXTS, "\ud83c", [], {}, [[]], [None], [{}], {"a": {"b": []}}, [2**63]]
BODIES = [b"", b"[", b"{}", b"[]", b"7", b'"x"', b"null", b'{"\\ud800": 1}', b"\xff" * 9]
ADDRESSES = [*NUMBERS, *TEXTS, "..", "../../etc/passwd", "%00", "%2e"]


KINDS = ("application/json", "application/problem+json", "application/x-ndjson", "text/csv")


def operations() -> Iterator[tuple[str, str]]:
    for path, methods in OPERATIONS.items():
        for method in methods:
            yield method, path


@pytest.fixture
def client(project: Project, cast: Cast) -> Client:
    """Olga, who is stopped by no door."""
    trained(project, cast.rita)
    pinned(project, cast.mona)
    streams.create(fresh(project), cast.mona, name="inbox", version=1, thresholds={"Relevant": 0.5})
    client = Client(raise_request_exception=False)
    client.force_login(cast.olga)
    return client


def send(client: Client, method: str, path: str, body: bytes = b"{}", query: tuple[str, str] = ("", "")) -> None:
    """Send it, fail on a fault, and undo what it changed."""
    address = f"{path}?{urlencode([query])}" if query[0] else path
    with transaction.atomic():
        answer = client.generic(method.upper(), address, body, content_type="application/json")
        transaction.set_rollback(True)
    assert answer.status_code < 500, (method, address[:300], body[:300], answer.content[:300])
    assert answer.status_code == 204 or answer.headers["Content-Type"].startswith(KINDS), (method, address[:300])


def address(path: str, world: Project, /, **put: Any) -> str:
    """The operation's path at things that are there, except what is ``put`` in."""
    item = world.items.exclude(current=None)[0]
    there = {
        "workspace": world.workspace_id,
        "project": world.pk,
        "document": item.document_id,
        "completion": item.current_id,
        "number": 1,
        "job": world.jobs.all()[0].pk,
        "ref": "latest",
        "stream": world.streams.get().pk,
        "username": "rita",
        "token": "0" * 128,
        "upload": "0" * 48,
        **put,
    }
    for name, value in there.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    return path


def test_no_body_makes_a_fault(client: Client, project: Project) -> None:
    for method, path in operations():
        if method != "get":
            where = address(path, project)
            for body in BODIES:
                send(client, method, where, body)
            for field in fields(OPERATIONS[path][method]):
                for value in random.sample(VALUES, 8):
                    send(client, method, where, json.dumps({field: value}).encode())


def test_no_query_makes_a_fault(client: Client, project: Project) -> None:
    for method, path in operations():
        where = address(path, project)
        known = [named["name"] for named in OPERATIONS[path][method].get("parameters", ()) if named["in"] == "query"]
        for name in ["nothing", *known]:
            for text in ["\x00", *random.sample([*TEXTS, *map(str, NUMBERS)], 4)]:
                send(client, method, where, query=(name, text))


def test_no_address_makes_a_fault(client: Client, project: Project) -> None:
    for method, path in operations():
        for name in [part.strip("{}") for part in path.split("/") if part.startswith("{")]:
            for value in random.sample(ADDRESSES, 5):
                send(client, method, address(path, project, **{name: value}))


@given(
    body=some.recursive(
        some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
        lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    )
)
@examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_json_makes_a_fault_where_it_is_kept(client: Client, project: Project, body: Any) -> None:
    setup = {"name": "X", "instructions": body, "document_tags": body, "choices": body}
    send(client, "post", f"/api/v1/workspaces/{project.workspace_id}/projects", json.dumps(setup).encode())
    send(client, "patch", f"/api/v1/projects/{project.pk}", json.dumps({"name": body}).encode())


@pytest.mark.parametrize("kind", ["", "; boundary=x", "; boundary="])
@pytest.mark.parametrize(
    "body", [b"", b"--x", b"--x\r\n\r\n--x--", b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\na"]
)
def test_no_multipart_body_makes_a_fault(workspace: Workspace, cast: Cast, body: bytes, kind: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(cast.olga)
    path = f"/api/v1/workspaces/{workspace.pk}/uploads"
    answer = client.generic("POST", path, body, content_type=f"multipart/form-data{kind}")
    assert 400 <= answer.status_code < 500, answer.content


SMUGGLED = ("workspace", "owner", "rank", "version", "id", "created_by", "is_superuser")


def test_what_is_not_a_field_of_a_change_is_refused_by_name_and_changes_nothing(
    client: Client, project: Project
) -> None:
    """TRUST part 7: a PATCH or PUT with ``workspace``, ``owner``, ``rank``, ``version`` or ``id`` changes nothing."""
    last, asked = AuditEvent.objects.latest("pk").pk, 0
    for method, path in operations():
        names = fields(OPERATIONS[path][method]) if method in ("patch", "put", "post") else []
        for name in sorted(set(SMUGGLED) - set(names)) if names else ():
            asked += 1
            body = json.dumps({name: 1}).encode()
            said = client.generic(method.upper(), address(path, project), body, content_type="application/json")
            assert 400 <= said.status_code < 500, (method, path, name, said.content)
            if said.status_code == 422:
                assert name in said.json().get("fields", {}), (method, path, name, said.content)
    assert asked > 300
    assert not AuditEvent.objects.filter(pk__gt=last).exists()


@pytest.mark.parametrize("name", ["project__workspace__members__password__startswith", "reviewer__password__regex"])
def test_no_filter_follows_relations(client: Client, project: Project, name: str) -> None:
    """TRUST part 7: 400 from every list; what is no list answers as if nothing had been asked."""
    lists = 0
    for method, path in operations():
        if method != "get":
            continue
        where = address(path, project)
        plain, asked = client.get(where), client.get(where, {name: "a"})
        if plain.status_code != 200:
            continue
        if asked.status_code == 400:
            lists += 1
            assert name in asked.json()["detail"], path
        else:
            told = [said.status_code for said in (plain, asked)]
            assert told == [200, 200], (path, asked.content)
            assert "results" not in (plain.json() if plain.headers["Content-Type"] == KINDS[0] else {}), path
    assert lists > 20


def fields(operation: dict[str, Any]) -> list[str]:
    """The members of the operation's JSON body."""
    content = operation.get("requestBody", {}).get("content", {})
    shape = content.get("application/json", {}).get("schema", {})
    if reference := shape.get("$ref"):
        shape = DOCUMENT["components"]["schemas"][reference.rsplit("/", 1)[1]]
    return list(shape.get("properties", ()))
