"""The OpenAPI document: committed, complete, without a warning."""

import json

import pytest
from django.conf import settings
from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from reviewapp.api import schema, urls
from reviewapp.management.commands.openapi import COMMITTED
from tests.cast import Cast
from tests.reviewapp.api.conftest import Api

UNDESCRIBED = {"openapi", "nowhere"}


def test_the_committed_document_is_what_the_code_says() -> None:
    call_command("openapi", "--check")


def test_describing_the_api_gives_no_warning() -> None:
    GENERATOR_STATS.reset()
    schema.document.cache_clear()
    document = schema.document()
    assert not GENERATOR_STATS
    validate_schema(document)  # type: ignore[no-untyped-call]


def test_every_address_is_described() -> None:
    described = {path.removeprefix("/api/v1/") for path in schema.document()["paths"]}
    for pattern in urls.urlpatterns:
        if pattern.name not in UNDESCRIBED:
            assert str(pattern.pattern).replace("<id:", "{").replace("<word:", "{").replace(">", "}") in described


UNCHANGING = {"versions.predict", "versions.explain"}  # operations that change nothing, though they take a body


def test_every_operation_says_what_it_does_and_how_it_refuses() -> None:
    for path, operations in schema.document()["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            assert "application/problem+json" in operation["responses"]["default"]["content"]
            named = [parameter["name"] for parameter in operation.get("parameters", ())]
            changes = method != "get" and operation["operationId"] not in UNCHANGING
            assert ("Idempotency-Key" in named) == changes, (method, path)


def test_every_list_has_pages() -> None:
    lists = [
        operation
        for operations in schema.document()["paths"].values()
        for operation in operations.values()
        if operation["operationId"].endswith(("list", "mine", "row-problems"))
    ]
    assert len(lists) >= 10
    for operation in lists:
        assert {"cursor", "page_size"} <= {parameter["name"] for parameter in operation["parameters"]}


def test_people_who_signed_in_can_read_the_document(cast: Cast) -> None:
    served = Api(cast.vic).get("/openapi.json")
    assert served.json() == json.loads((settings.BASE_DIR / COMMITTED).read_text(encoding="utf-8"))
    assert Api(None).get("/openapi.json").status_code == 401


@pytest.mark.parametrize("name", ["Project", "Job", "Completion", "Assignment", "Problem"])
def test_the_nouns_have_their_names(name: str) -> None:
    assert name in schema.document()["components"]["schemas"]
