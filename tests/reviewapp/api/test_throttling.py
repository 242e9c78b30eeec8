"""Rate limits of the API: shared between processes, told with a time to wait, and never in the way of review."""

import logging
from collections.abc import Iterator

import pytest
from django.conf import settings as configured
from pytest_django import Settings

from reviewapp.api import throttling
from reviewapp.domain import tokens
from tests.cast import Cast
from tests.reviewapp.api.conftest import Api


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A minute that nothing else has counted in and that does not end during the test."""
    monkeypatch.setattr(throttling, "time", lambda: 1_000_000_040.0)
    monkeypatch.setattr(throttling, "_asked_again_at", 0.0)
    _empty()
    yield
    _empty()


def _empty() -> None:
    valkey = throttling.valkey(configured.CELERY_BROKER_URL)
    for key in valkey.scan_iter("requests:*"):
        valkey.delete(key)


def bearer(token: str) -> Api:
    return Api(None, {"Authorization": f"Token {token}"})


def test_a_token_has_a_limit_of_its_own(cast: Cast, settings: Settings) -> None:
    settings.API_RATE_PER_TOKEN = 3
    _, first = tokens.create(cast.rita, "first")
    _, second = tokens.create(cast.rita, "second")
    assert [bearer(first).get("/me").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert bearer(second).get("/me").status_code == 200
    assert Api(cast.rita).get("/me").status_code == 200


def test_the_refusal_says_how_long_to_wait(cast: Cast, settings: Settings) -> None:
    settings.API_RATE_PER_TOKEN = 1
    rita = Api(cast.rita)
    rita.get("/me")
    refused = rita.get("/me")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) == 40
    assert refused.json()["code"] == "too_many_requests"
    assert refused.headers["Content-Type"] == "application/problem+json"


def test_an_address_is_limited_before_anybody_looks_at_its_token(cast: Cast, settings: Settings) -> None:
    settings.API_RATE_PER_ADDRESS = 2
    assert [bearer("rvw_wrong").get("/me").status_code for _ in range(3)] == [401, 401, 429]


def test_the_next_minute_begins_anew(cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_RATE_PER_TOKEN = 1
    rita = Api(cast.rita)
    assert [rita.get("/me").status_code for _ in range(2)] == [200, 429]
    monkeypatch.setattr(throttling, "time", lambda: 1_000_000_101.0)
    assert rita.get("/me").status_code == 200


def test_without_valkey_nothing_is_limited_and_the_log_says_so_once(
    cast: Cast, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.API_RATE_PER_TOKEN = 1
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    caplog.set_level(logging.WARNING, throttling.__name__)
    rita = Api(cast.rita)
    assert [rita.get("/me").status_code for _ in range(3)] == [200, 200, 200]
    assert sum("Requests are not limited" in line for line in caplog.messages) == 1


def test_nothing_is_limited_where_the_limit_is_zero(cast: Cast, settings: Settings) -> None:
    settings.API_RATE_PER_TOKEN = settings.API_RATE_PER_ADDRESS = 0
    assert Api(cast.rita).get("/me").status_code == 200
    assert not list(throttling.valkey(configured.CELERY_BROKER_URL).scan_iter("requests:*"))
