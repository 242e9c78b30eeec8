"""Every refusal in one shape, whatever was sent."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from pytest_django import Settings
from rest_framework.request import Request

from reviewapp.api import problems
from reviewapp.models import Project, Workspace
from tests.cast import Cast
from tests.reviewapp.api.conftest import BASE, Api

UNREADABLE = {
    "not json": b"{",
    "nothing but a word": b"hello",
    "NaN": b'{"name": NaN}',
    "infinity": b'{"name": 1e999}',
    "a lone surrogate": b'{"name": "\\ud800"}',
    "a NUL": b'{"name": "a\\u0000b"}',
    "a NUL in a name": b'{"a\\u0000b": 1}',
    "a NUL inside": b'{"name": [{"a": ["\\u0000"]}]}',
    "half a character": b'{"name": "\xc3"}',
    "20,000 levels": b"[" * 20_000 + b"]" * 20_000,
    "40 levels": b'{"a":' * 40 + b"1" + b"}" * 40,
    "5,000 digits": b'{"name": ' + b"9" * 5000 + b"}",
}


def told(answer: Any) -> tuple[int, str]:
    """Status and code of a problem, after checking its shape."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(body) <= {*body, "fields"}
    assert body["status"] == answer.status_code
    assert body["detail"]
    return answer.status_code, body["code"]


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_body_that_cannot_be_read_or_stored_is_a_400(cast: Cast, body: bytes) -> None:
    assert told(Api(cast.olga).post("/workspaces", body)) == (400, "unreadable")


def test_an_escaped_backslash_before_u0000_is_no_nul(cast: Cast) -> None:
    assert Api(cast.olga).post("/workspaces", b'{"name": "a\\\\u0000b"}').json()["name"] == "a\\u0000b"


def test_nobody_is_told_how_to_sign_in(db: None) -> None:
    refused = Api(None).get("/projects")
    assert told(refused) == (401, "not_signed_in")
    assert refused.headers["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("header", ["Token", "Token a b", "Token nonsense", "Token \xff\xfe", "Token " + "x" * 9000])
def test_a_token_that_is_none_is_a_401(db: None, header: str) -> None:
    assert told(Api(None, {"Authorization": header}).get("/me")) == (401, "not_signed_in")


def test_an_unknown_address_of_the_api_is_a_404(cast: Cast) -> None:
    for path in ("/nothing", "/projects/12345678901234567890123", "/projects/-1", "/projects/x", "/workspaces/"):
        assert told(Api(cast.olga).get(path)) == (404, "not_found")


def test_what_is_not_there_is_a_404(cast: Cast) -> None:
    assert told(Api(cast.olga).get("/projects/999999999999999999")) == (404, "not_found")


def test_a_foreign_project_answers_exactly_like_one_that_does_not_exist(project: Project, cast: Cast) -> None:
    """T-15: seen from outside, foreign = nonexistent."""
    stan = Api(cast.stan)
    foreign, nonexistent = stan.get(f"/projects/{project.pk}"), stan.get("/projects/987654321")
    assert foreign.status_code == nonexistent.status_code == 404
    assert foreign.content == nonexistent.content
    assert foreign.headers.keys() == nonexistent.headers.keys()


def test_a_right_that_is_missing_is_a_403_that_says_whom_to_ask(project: Project, cast: Cast) -> None:
    refused = Api(cast.vic).post(f"/projects/{project.pk}/pause")
    assert told(refused) == (403, "refused")
    assert "admin" in refused.json()["detail"]


def test_a_method_that_is_not_there_is_a_405(cast: Cast) -> None:
    refused = Api(cast.olga).put("/workspaces", {})
    assert told(refused) == (405, "method_not_allowed")
    assert "POST" in refused.headers["Allow"]


def test_another_media_type_is_a_415(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.olga)
    answer = client.post(f"{BASE}/workspaces", "<name/>", content_type="application/xml")
    assert told(answer) == (415, "unsupported_media_type")


def test_a_body_over_the_limit_is_a_413_unread(cast: Cast, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert told(Api(cast.olga).post("/workspaces", {"name": "x" * 200})) == (413, "too_large")


def test_a_session_without_a_csrf_token_changes_nothing(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.olga)
    assert told(client.post(f"{BASE}/workspaces", '{"name": "X"}', content_type="application/json")) == (403, "refused")
    assert not Workspace.objects.exists()


def test_a_field_that_is_not_there_is_named_with_those_that_are(cast: Cast) -> None:
    refused = Api(cast.olga).post("/workspaces", {"name": "New", "owner": 1})
    assert told(refused) == (422, "invalid")
    assert refused.json()["fields"] == {"owner": ["Not a field here. Fields: name."]}


def test_a_field_deep_inside_is_named_by_its_path(project: Project, cast: Cast) -> None:
    choices = {"choices": [{"value": "A", "role": "positive"}, {"value": "B", "role": "best"}]}
    refused = Api(cast.mona).put(f"/projects/{project.pk}/choices", choices)
    assert told(refused) == (422, "invalid")
    assert list(refused.json()["fields"]) == ["choices.1.role"]


def test_protected_members_cannot_be_changed(project: Project, cast: Cast) -> None:
    for name in ("id", "workspace", "version", "positives", "created_by", "counted"):
        assert told(Api(cast.mona).patch(f"/projects/{project.pk}", {name: 1})) == (422, "invalid")


def test_a_database_that_does_not_answer_is_a_503() -> None:
    answer = problems.handle(OperationalError("gone"), {"request": Request(RequestFactory().get("/"))})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")


def test_a_fault_of_ours_is_a_500_that_says_nothing_of_the_inside() -> None:
    answer = problems.handle(RuntimeError("secret"), {"request": Request(RequestFactory().get("/"))})
    assert answer.status_code == 500
    assert "secret" not in str(answer.data)
