"""T-17: whatever a client sends, no answer is a fault of ours, and each is one that the API's description names.

Schemathesis draws requests from the OpenAPI document, right ones and wrong ones; half of them go to what is there.
``REVIEWAPP_BENCH=full`` draws a hundred times as many, ``REVIEWAPP_FUZZ=20`` as many of each operation as it says.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode, checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation

from reviewapp.api import schema
from tests.doors.walker import World

Asked = Case[Any]
IN_CI = 2
EACH = int(os.environ.get("REVIEWAPP_FUZZ") or (200 if os.environ.get("REVIEWAPP_BENCH") == "full" else IN_CI))
DRAWN = settings(
    max_examples=EACH,
    deadline=None,
    database=None,
    derandomize=EACH == IN_CI,  # what CI asks is the same at each run
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
PEOPLE = st.sampled_from(("anonymous", "vic", "rita", "mona", "alice", "alice", "olga", "olga", "stan"))
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.mark.timeout(300 if EACH == IN_CI else 7200)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_no_request_makes_a_fault(world: World, mode: GenerationMode) -> None:
    asked, found = 0, []
    for operation in operations():
        for person, case, answer in answers(world, operation, mode):
            asked += 1
            try:
                case.validate_response(answer, checks=CHECKS)
            except FailureGroup as failures:
                found.append((person, *map(str, failures.exceptions), answer.content[:500], case.as_curl_command()))
    print(f"{asked} requests, {len(found)} of them answered as they should not be")
    assert not found
    assert asked > 100


def operations() -> list[APIOperation[Any, Any, Any, Any]]:
    """Every operation that the API's description names."""
    described = schemathesis.openapi.from_dict(schema.document())
    return [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]


def answers(
    world: World, operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode
) -> Iterator[tuple[str, Asked, Response]]:
    """What people are told who ask for this operation; nothing where there is nothing to do wrong."""
    there = {name: world.ids[name] for one in operation.path_parameters if (name := one.name) in world.ids}
    cases = st.sampled_from([None, there]).flatmap(lambda at: operation.as_strategy(mode, path_parameters=at))
    told: list[tuple[str, Asked, Response]] = []

    @DRAWN
    @given(cases, PEOPLE)
    def collect(case: Asked, person: str) -> None:
        told.append((person, case, ask(world, case, person)))

    try:
        collect()
    except Unsatisfiable:
        return
    yield from told


def ask(world: World, case: Asked, person: str) -> Response:
    """The answer to the request; whatever it changed is taken back."""
    sent = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    client = Client(raise_request_exception=False)
    if person != "anonymous":
        client.force_login(getattr(world.cast, person))
    headers = {str(name): str(value) for name, value in sent.headers.items()}
    kind = headers.pop("Content-Type", "application/octet-stream")
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
    with transaction.atomic():
        said = client.generic(str(sent.method), sent.path_url, body, content_type=kind, headers=headers)
        content = b"".join(said) if said.streaming else said.content
        transaction.set_rollback(True)
    return Response(
        said.status_code, {name: [value] for name, value in said.headers.items()}, content, sent, 0.0, verify=False
    )
