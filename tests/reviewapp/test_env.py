"""Settings that would give secrets away are refused at the start, in a sentence."""

import subprocess
import sys

import pytest

from reviewapp import env
from reviewapp.env import EnvironmentProblem


@pytest.mark.parametrize(
    "url", ["", "https://id.example/realms/a", "http://127.0.0.1:9/", "http://localhost", "http://[::1]"]
)
def test_an_address_that_nobody_can_listen_to_is_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_URL", url)
    assert env.secure_url("OIDC_URL") == url


@pytest.mark.parametrize(
    "url",
    ["http://id.example", "id.example", "ftp://id.example", "http://10.0.0.1", "http://localhost.example", "https:"],
)
def test_an_address_that_somebody_could_listen_to_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_URL", url)
    with pytest.raises(EnvironmentProblem, match="OIDC_URL must begin with https://"):
        env.secure_url("OIDC_URL")


def test_nothing_starts_with_such_an_address_and_the_sentence_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_URL", "http://id.example")
    said = subprocess.run(
        [sys.executable, "manage.py", "doctor"], cwd=env.ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert said.returncode == 1
    assert said.stderr.startswith("OIDC_URL must begin with https://")
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("", ("", 0, "", "", False, False)),
        ("smtps://me%40b.example:p%2Fw@mail.example", ("mail.example", 465, "me@b.example", "p/w", False, True)),
        ("smtp://mail.example:25", ("mail.example", 25, "", "", True, False)),
        ("smtp+plain://me:pw@127.0.0.1", ("127.0.0.1", 25, "me", "pw", False, False)),
    ],
)
def test_a_mail_server_is_read_from_its_address(url: str, read: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    monkeypatch.setenv("EMAIL_FROM", "review@mail.example")
    assert env.mail() == read


@pytest.mark.parametrize(
    ("url", "sender", "why"),
    [
        ("mail.example", "a@b.example", "must look like"),
        ("smtp://", "a@b.example", "must look like"),
        ("smtp+plain://me:secretword@mail.example", "a@b.example", "without encryption"),
        ("smtps://mail.example", "", "EMAIL_FROM"),
    ],
)
def test_a_mail_server_that_cannot_be_used_is_refused(
    url: str, sender: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    monkeypatch.setenv("EMAIL_FROM", sender)
    with pytest.raises(EnvironmentProblem, match=why) as refused:
        env.mail()
    assert "secretword" not in str(refused.value)
