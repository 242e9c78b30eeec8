"""Signing in by password: few wrong tries, then a wait, and nothing that tells who is known here."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from reviewapp.models import User
from tests.cast import PASSWORD, Cast

HERE, THERE = "192.0.2.7", "192.0.2.8"


@pytest.fixture(autouse=True)
def cheap(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with a twentieth of its work: two hundred hashes would take minutes."""
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 10_240)
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    User.objects.update(password=make_password(PASSWORD))


def sign_in(username: str, password: str, address: str = HERE, **headers: str) -> int:
    given = {"username": username, "password": password}
    return int(Client(REMOTE_ADDR=address).post(reverse("sign-in"), given, headers=headers).status_code)


def fail(username: str, times: int = 5, address: str = HERE) -> None:
    for _ in range(times):
        assert sign_in(username, "wrong", address) == 200


def test_the_sixth_wrong_password_closes_the_name_at_this_address_and_nothing_else(cast: Cast) -> None:
    fail("rita")
    answer = Client(REMOTE_ADDR=HERE).post(reverse("sign-in"), {"username": "rita", "password": "wrong"})
    assert answer.status_code == 429
    assert "Too many wrong tries. Wait 15 minutes, then try again." in answer.content.decode()
    assert int(answer.headers["Retry-After"]) == 900
    assert sign_in("rita", PASSWORD) == 429
    assert sign_in("rolf", PASSWORD) == 302
    assert sign_in("rita", PASSWORD, THERE) == 302


def test_who_is_unknown_is_locked_out_like_who_is_known(cast: Cast) -> None:
    for name in ("rita", "nobody"):
        fail(name)
        assert sign_in(name, "wrong") == 429


def test_signing_in_wipes_the_count(cast: Cast) -> None:
    fail("rita", 4)
    assert sign_in("rita", PASSWORD) == 302
    fail("rita", 5)


def test_a_form_without_a_password_is_no_try(cast: Cast) -> None:
    for _ in range(7):
        assert sign_in("rita", "") == 200


def test_the_address_is_what_the_outermost_trusted_proxy_saw(cast: Cast, settings: Settings) -> None:
    """One proxy: the last entry counts. What clients write before it changes nothing."""
    settings.TRUSTED_PROXIES = 1
    for number in range(5):
        assert sign_in("rita", "wrong", "10.0.0.1", **{"X-Forwarded-For": f"203.0.113.{number}, {HERE}"}) == 200
    assert sign_in("rita", PASSWORD, "10.0.0.1", **{"X-Forwarded-For": f"203.0.113.99, {HERE}"}) == 429
    assert sign_in("rita", PASSWORD, "10.0.0.1", **{"X-Forwarded-For": f"203.0.113.99, {THERE}"}) == 302


def test_without_a_trusted_proxy_nobody_moves_by_a_header(cast: Cast) -> None:
    fail("rita")
    assert sign_in("rita", PASSWORD, HERE, **{"X-Forwarded-For": THERE}) == 429


def test_a_stolen_session_does_not_guess_the_password_on_the_account_page(cast: Cast) -> None:
    client = Client()
    client.force_login(User.objects.get(username="rita"))
    given = {"old_password": "wrong", "new_password1": "a much longer secret", "new_password2": "a much longer secret"}
    said = [client.post(reverse("account"), given).status_code for _ in range(6)]
    assert said == [200, 200, 200, 200, 200, 429]


@pytest.mark.parametrize("kind", ["known", "unknown", "disabled", "without a password"])
def test_every_refusal_costs_one_hash(cast: Cast, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal timing follows from equal work: Argon2 runs once, whoever is asked for."""
    User.objects.filter(username="rolf").update(is_active=False)
    cast.vic.set_unusable_password()
    cast.vic.save()
    names = {"known": "rita", "unknown": "nobody", "disabled": "rolf", "without a password": "vic"}
    hashed: list[str] = []

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*given: Any) -> Any:
            hashed.append(kind)
            return work(*given)

        return counting

    for name in ("encode", "verify"):
        monkeypatch.setattr(Argon2PasswordHasher, name, counted(getattr(Argon2PasswordHasher, name)))
    assert sign_in(names[kind], "wrong") == 200
    assert len(hashed) == 1


def test_a_wrong_password_takes_as_long_for_unknown_people(cast: Cast) -> None:
    """Medians of interleaved tries, as a ratio with room for a loaded machine: half or double is not noise."""
    took: dict[str, list[float]] = {"rita": [], "nobody": []}
    for number in range(7):
        for name, times in took.items():
            began = time.perf_counter()
            sign_in(name, "wrong", f"192.0.2.{number}")
            times.append(time.perf_counter() - began)
    ratio = median(took["rita"]) / median(took["nobody"])
    assert 0.5 < ratio < 2
