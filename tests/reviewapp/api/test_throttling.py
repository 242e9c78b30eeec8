"""Rate limits of the API: shared between processes, told with a time to wait, and never in the way of review."""

import logging
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import pytest
from django.conf import settings as configured
from pytest_django import Settings

from reviewapp.api import throttling
from reviewapp.domain import tokens
from tests.cast import Cast
from tests.reviewapp.api.conftest import Api
from tests.threads import at_once


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


def test_threads_that_ask_for_the_first_time_at_once_share_one_client() -> None:
    """A second client would be dropped as soon as it is made, and takes with it the links that are in use."""
    for _ in range(50):
        throttling._client.cache_clear()
        clients = at_once(8, lambda _: throttling.valkey(configured.CELERY_BROKER_URL))
        assert len({id(client) for client in clients}) == 1


@pytest.mark.parametrize(
    "said", [b"", b"*2\r\n", b"nonsense\r\n", b"$-7\r\n", b"%1\r\n+server\r\n", b"-LOADING wait\r\n"]
)
def test_a_valkey_that_breaks_off_in_the_middle_of_an_answer_costs_nobody_theirs(
    cast: Cast, settings: Settings, said: bytes
) -> None:
    """T-4: whatever a dying Valkey says, the request goes on."""
    with broken_off(said) as address:
        settings.CELERY_BROKER_URL = address
        assert Api(cast.rita).get("/me").status_code == 200
        assert throttling._asked_again_at > 0


@contextmanager
def broken_off(said: bytes) -> Iterator[str]:
    """A server that says this to whoever comes, and hangs up; gives its address."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                link, _ = server.accept()
                with link:
                    link.recv(1024)
                    link.sendall(said)

    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/valkey.sock")
        server.listen()
        Thread(target=serve, daemon=True).start()
        yield f"redis+socket://{folder}/valkey.sock?virtual_host=0"
        server.shutdown(socket.SHUT_RDWR)
