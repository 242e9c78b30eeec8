"""A client for each of the cast whose every answer must be what the OpenAPI document says."""

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import resolve
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from reviewapp.management.commands.openapi import COMMITTED
from reviewapp.models import User
from tests.cast import cast, project, workspace

__all__ = ["cast", "project", "workspace"]

BASE = "/api/v1"


class Api:
    """One person at the API; ``get("/projects")`` and so on, JSON in and out."""

    def __init__(self, person: User | None, headers: dict[str, str] | None = None) -> None:
        self.client = Client(headers=headers)
        if person is not None and not headers:
            self.client.force_login(person)

    def get(self, path: str, **query: Any) -> Any:
        return self._checked("get", path, self.client.get(BASE + path, query))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("post", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("patch", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("put", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.send("delete", path, None, **headers)

    def send(self, method: str, path: str, body: Any, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body) if body is not None else ""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        call = getattr(self.client, method)
        return self._checked(method, path, call(BASE + path, raw, content_type="application/json", headers=named))

    def upload(self, path: str, **files: Any) -> Any:
        return self._checked("post", path, self.client.post(BASE + path, files))

    def every(self, path: str, **query: Any) -> list[Any]:
        """All rows of a list, page after page."""
        return [row for page in self.pages(path, **query) for row in page]

    def pages(self, path: str, **query: Any) -> Iterator[list[Any]]:
        answer = self.get(path, **query).json()
        yield answer["results"]
        while answer["next"]:
            answer = self.client.get(answer["next"]).json()
            yield answer["results"]

    def _checked(self, method: str, path: str, answer: Any) -> Any:
        check(method, path, answer)
        return answer


def check(method: str, path: str, answer: Any) -> None:
    """Fail unless the answer is of a declared status and has exactly the declared shape."""
    route = resolve(BASE + path.split("?", maxsplit=1)[0]).route
    template = "/" + route.replace("<id:", "{").replace("<word:", "{").replace(">", "}")
    operations = STRICT["paths"].get(template, {})
    if method not in operations or answer.headers.get("Content-Disposition"):
        return
    declared = operations[method]["responses"]
    said = declared.get(str(answer.status_code)) or (declared["default"] if answer.status_code >= 400 else None)
    assert said, f"{method} {template} declares no {answer.status_code}: {answer.content[:500]!r}"
    assert bool(answer.content) == ("content" in said), answer.content[:500]
    if not answer.content:
        return
    kind = answer.headers["Content-Type"]
    shape = said["content"][kind]["schema"]
    validator = Draft202012Validator({**shape, "components": STRICT["components"]})
    assert not (problems := [problem.message for problem in validator.iter_errors(answer.json())]), problems[:5]


def _closed(part: Any) -> Any:
    """The document with every object closed: a member that is not declared is drift too."""
    if isinstance(part, list):
        return [_closed(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    closed = {name: _closed(inner) for name, inner in part.items()}
    if closed.get("type") == "object" and isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


STRICT = _closed(json.loads((settings.BASE_DIR / COMMITTED).read_text(encoding="utf-8")))
