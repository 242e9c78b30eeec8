"""T-18: nothing that opens an account is in a dump of the database, in the logs or in the audit trail."""

import logging
import subprocess

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.db import connection
from django.test import Client
from django.urls import reverse

from reviewapp import engines
from reviewapp.api import throttling
from reviewapp.domain import accounts, tokens
from reviewapp.models import AuditEvent, User
from tests.authenticator import digits
from tests.cast import PASSWORD, Cast
from tests.reviewapp.web.conftest import unhashed_static_files
from tests.reviewapp.web.test_second_factor import codes, confirmed, enter, first_step, set_up

__all__ = ["unhashed_static_files"]

TOKENS = 1_000


@pytest.mark.django_db(transaction=True)
def test_a_dump_holds_no_token_no_key_of_an_app_and_no_recovery_code(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """T-18: a thousand tokens, a password, a link for one, and second factors, also one that is only being set up:
    grepped in pg_dump, Valkey, logs and audit.
    """
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 1024)
    User.objects.update(password=make_password(PASSWORD))
    caplog.set_level(logging.DEBUG)
    issued = [tokens.create(cast.rita, f"token {number}")[1] for number in range(TOKENS)]
    client = confirmed("rita")
    key = set_up(client)
    issued += [key, *codes(client)]
    enter(first_step("rita"), digits(key))
    begun = confirmed("rolf").get(reverse("mfa_activate_totp")).content.decode()
    issued.append(begun.split('id="secret" type="text" readonly value="')[1].split('"', maxsplit=1)[0])
    for plain in issued[:20]:  # what is used passes through the counters of requests too
        assert Client(headers={"Authorization": f"Token {plain}"}).get("/api/v1/me").status_code == 200
    link = accounts.password_link(cast.vic).rstrip("/")
    issued += [PASSWORD, link.rsplit("/", maxsplit=1)[1]]
    places = {
        "valkey": str(kept_in_valkey()),
        "dump": dump(),
        "logs": caplog.text,
        "audit": str(list(AuditEvent.objects.values())),
    }
    assert "token 7" in places["dump"]
    assert "requests:client:" in places["valkey"]
    assert {place for place, text in places.items() for secret in issued if secret in text} == set()


def kept_in_valkey() -> list[tuple[bytes, bytes | None]]:
    """Every key of the server with its value as it would be written to disk."""
    server = throttling.valkey(settings.CELERY_BROKER_URL)
    return [(key, server.dump(key)) for key in server.scan_iter()]


def dump() -> str:
    """The test database as ``pg_dump`` writes it."""
    where = connection.settings_dict
    place = ["--host", str(where["HOST"]), "--username", str(where["USER"]), str(where["NAME"])]
    command = [str(engines.program("pg_dump")), *(["--port", str(where["PORT"])] if where["PORT"] else []), *place]
    environment = {"PGPASSWORD": str(where["PASSWORD"])}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=120).stdout
