"""Second factors: set up, asked for, lost; and who must have one."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from reviewapp.domain import second_factor
from reviewapp.models import AuditEvent, User, Workspace
from tests.authenticator import digits
from tests.cast import PASSWORD, Cast

Browser = Callable[[User], Client]


@pytest.fixture(autouse=True)
def cheap(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 1024)
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    User.objects.update(password=make_password(PASSWORD))


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=name))
    return client


def confirmed(name: str) -> Client:
    """A signed-in browser whose person has just shown that it is them."""
    client = signed_in(name)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": reverse("mfa_index")})
    return client


def set_up(client: Client) -> str:
    """Set an app up; returns its key."""
    said = client.get(reverse("mfa_activate_totp")).content.decode()
    key = said.split('id="secret" type="text" readonly value="')[1].split('"', maxsplit=1)[0]
    answer = client.post(reverse("mfa_activate_totp"), {"code": digits(key, -1)})
    assert answer.headers["Location"] == reverse("mfa_view_recovery_codes")
    return key


def codes(client: Client) -> list[str]:
    said = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    return said.split("<textarea", maxsplit=1)[1].split(">", maxsplit=1)[1].split("</textarea>")[0].split()


def first_step(name: str, **more: str) -> Client:
    client = Client()
    answer = client.post(reverse("sign-in"), {"username": name, "password": PASSWORD, **more})
    assert answer.headers["Location"] == reverse("mfa_authenticate")
    return client


def enter(client: Client, code: str) -> int:
    return int(client.post(reverse("mfa_authenticate"), {"code": code}).status_code)


def test_whoever_changes_a_factor_shows_first_that_it_is_them(cast: Cast) -> None:
    client = signed_in("rita")
    assert client.get(reverse("mfa_activate_totp")).headers["Location"].startswith(reverse("account_reauthenticate"))
    wrong = client.post(reverse("account_reauthenticate"), {"password": "wrong", "next": reverse("mfa_index")})
    assert wrong.status_code == 200
    assert client.get(reverse("mfa_activate_totp")).status_code == 302


def test_with_an_app_the_password_alone_opens_nothing(cast: Cast) -> None:
    key = set_up(confirmed("rita"))
    client = first_step("rita", next="/account/tokens/")
    assert client.get(reverse("workspaces")).status_code == 302
    assert not AuditEvent.objects.filter(verb="person.sign_in").exists()
    assert enter(client, "000000") == 200
    before = client.session.session_key
    answer = client.post(reverse("mfa_authenticate"), {"code": digits(key)})
    assert answer.headers["Location"] == "/account/tokens/"
    assert client.session.session_key != before
    assert client.get(reverse("workspaces")).status_code == 200
    assert AuditEvent.objects.get(verb="person.sign_in").detail == {"ways": ["totp"]}


def test_a_code_opens_once(cast: Cast) -> None:
    key = set_up(confirmed("rita"))
    code = digits(key)
    assert enter(first_step("rita"), code) == 302
    assert enter(first_step("rita"), code) == 200
    assert enter(first_step("rita"), digits(key, 1)) == 302


def test_five_wrong_codes_close_the_second_step_from_wherever_they_come(cast: Cast) -> None:
    key = set_up(confirmed("rita"))
    client = first_step("rita")
    assert [enter(client, "000000") for _ in range(5)] == [200] * 5
    assert enter(client, digits(key)) == 429
    assert enter(first_step("rita"), digits(key)) == 429


def test_a_recovery_code_opens_once_and_is_counted_down(cast: Cast) -> None:
    client = confirmed("rita")
    set_up(client)
    first, *others = codes(client)
    assert len(others) == 9
    assert enter(first_step("rita"), first) == 302
    assert enter(first_step("rita"), first) == 200
    assert codes(client) == others
    assert AuditEvent.objects.get(verb="person.sign_in").detail == {"ways": ["recovery_codes"]}


def test_new_recovery_codes_make_the_former_ones_void(cast: Cast) -> None:
    client = confirmed("rita")
    set_up(client)
    former = codes(client)
    client.post(reverse("mfa_generate_recovery_codes"))
    assert not set(former) & set(codes(client))
    assert enter(first_step("rita"), former[0]) == 200


def test_without_its_last_factor_an_account_opens_by_password_again(cast: Cast) -> None:
    client = confirmed("rita")
    set_up(client)
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.exists()
    answer = Client().post(reverse("sign-in"), {"username": "rita", "password": PASSWORD})
    assert answer.headers["Location"] == reverse("workspaces")


def test_every_change_of_a_factor_is_one_event_without_a_secret(cast: Cast) -> None:
    client = confirmed("rita")
    key = set_up(client)
    client.post(reverse("mfa_generate_recovery_codes"))
    written = codes(client)
    client.post(reverse("mfa_deactivate_totp"))
    events = AuditEvent.objects.filter(verb__startswith="second_factor").order_by("pk")
    assert [(event.verb, event.detail, event.actor_name) for event in events] == [
        ("second_factor.add", {"factor": "app"}, "rita"),
        ("second_factor.add", {"factor": "recovery codes"}, "rita"),
        ("second_factor.remove", {"factor": "app"}, "rita"),
    ]
    trail = str(list(AuditEvent.objects.values()))
    assert not [secret for secret in (key, *written) if secret in trail]


@pytest.mark.parametrize("named", [["everybody"], ["reviewer"], ["admin", "operator", "reviewer"]])
def test_who_must_have_a_factor_reaches_no_page_before(
    workspace: Workspace, settings: Settings, named: list[str]
) -> None:
    settings.SECOND_FACTOR = named
    client = confirmed("rita")
    for page in ("workspaces", "tokens", "account"):
        assert client.get(reverse(page)).headers["Location"] == reverse("mfa_index")
    assert client.get("/api/v1/me").status_code == 403
    assert "Your role needs a second factor" in client.get(reverse("mfa_index")).content.decode()
    set_up(client)
    assert client.get(reverse("workspaces")).status_code == 200
    assert client.get("/api/v1/me").status_code == 200


def test_others_need_none(workspace: Workspace, settings: Settings) -> None:
    settings.SECOND_FACTOR = ["admin", "operator"]
    assert signed_in("rita").get(reverse("workspaces")).status_code == 200
    assert signed_in("alice").get(reverse("workspaces")).status_code == 302
    assert signed_in("olga").get(reverse("workspaces")).status_code == 302


def test_who_must_have_a_factor_keeps_the_last_one(workspace: Workspace, settings: Settings) -> None:
    client = confirmed("rita")
    set_up(client)
    settings.SECOND_FACTOR = ["everybody"]
    client.post(reverse("mfa_deactivate_totp"))
    assert second_factor.has(User.objects.get(username="rita"))


def test_nobody_removes_another_persons_passkey(cast: Cast) -> None:
    theirs = Authenticator.objects.create(user=cast.rolf, type="webauthn", data={"name": "stick", "credential": {}})
    client = confirmed("rita")
    for ask in (client.get, client.post):
        assert ask(f"{reverse('mfa_remove_webauthn')}?passkey={theirs.pk}").status_code == 404
    assert Authenticator.objects.filter(pk=theirs.pk).exists()
