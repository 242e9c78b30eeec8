"""The settings as an operator has them: Django's own check for deployment has nothing to say."""

import os
import subprocess
import sys

import pytest

from reviewapp.env import ROOT


def checked(**environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    own = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}  # the browser's
    asked = {**own, **environment}
    return subprocess.run(command, cwd=ROOT, env=asked, capture_output=True, text=True, check=False, timeout=120)


def test_a_server_behind_https_passes_the_check_for_deployment() -> None:
    said = checked(HTTPS="1", BEHIND_PROXY="1", ALLOWED_HOSTS="review.example.org")
    assert said.returncode == 0, said.stderr
    assert "no issues" in said.stdout


@pytest.mark.parametrize(("name", "value"), [("HTTPS", ""), ("DEBUG", "1")])
def test_the_check_would_find_what_is_missing(name: str, value: str) -> None:
    assert checked(**{"HTTPS": "1", "ALLOWED_HOSTS": "review.example.org", name: value}).returncode == 1
