"""API tokens on the account page."""

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from knox.crypto import hash_token

from reviewapp.domain import tokens
from reviewapp.models import ApiToken, AuditEvent, User, Workspace
from tests.cast import Cast

Browser = Callable[[User], Client]


def shown(said: str) -> str:
    return said.split('id="plain" type="text" readonly value="')[1].split('"', maxsplit=1)[0]


def test_a_token_is_shown_once_and_kept_only_as_a_digest(cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    plain = shown(client.post(reverse("tokens"), {"name": "nightly", "expires": "90"}).content.decode())
    kept = ApiToken.objects.get()
    assert plain.startswith("rvw_")
    assert kept.digest == hash_token(plain)
    assert (kept.user, kept.name) == (cast.rita, "nightly")
    assert plain not in client.get(reverse("tokens")).content.decode()
    assert plain not in str(list(AuditEvent.objects.values()))


def test_a_token_expires_when_it_was_said(cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    client.post(reverse("tokens"), {"name": "month", "expires": "30"})
    client.post(reverse("tokens"), {"name": "forever", "expires": ""})
    month, forever = ApiToken.objects.get(name="month"), ApiToken.objects.get(name="forever")
    assert abs(month.expiry - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    assert forever.expiry is None


def test_an_expired_token_is_not_listed_and_frees_its_name(cast: Cast) -> None:
    tokens.create(cast.rita, "nightly")
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert not tokens.of(cast.rita).exists()
    tokens.create(cast.rita, "nightly")
    assert tokens.of(cast.rita).count() == 1


def test_a_name_is_used_once_by_a_person(cast: Cast, browser: Browser) -> None:
    tokens.create(cast.rolf, "nightly")
    client = browser(cast.rita)
    assert client.post(reverse("tokens"), {"name": "nightly"}).status_code == 200
    again = client.post(reverse("tokens"), {"name": " nightly "})
    assert again.status_code == 422
    assert "You have a token of this name already." in again.content.decode()
    assert tokens.of(cast.rita).count() == 1


def test_a_revoked_token_is_gone(cast: Cast, browser: Browser) -> None:
    token, _ = tokens.create(cast.rita, "nightly")
    browser(cast.rita).post(reverse("token-revoke"), {"token": token.pk})
    assert not tokens.of(cast.rita).exists()


def test_nobody_sees_or_revokes_another_persons_token(cast: Cast, browser: Browser) -> None:
    token, _ = tokens.create(cast.rita, "nightly")
    for person in (cast.rolf, cast.olga):
        client = browser(person)
        assert "nightly" not in client.get(reverse("tokens")).content.decode()
        assert client.post(reverse("token-revoke"), {"token": token.pk}).status_code == 404
    assert tokens.of(cast.rita).exists()


def test_no_token_is_made_that_has_expired_already(cast: Cast, browser: Browser) -> None:
    answer = browser(cast.rita).post(reverse("tokens"), {"name": "nightly", "expires": "-3"})
    assert answer.status_code == 422
    assert not ApiToken.objects.exists()


def test_a_token_is_made_for_reading_alone(cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    client.post(reverse("tokens"), {"name": "dashboard", "expires": "90", "read_only": "on"})
    client.post(reverse("tokens"), {"name": "robot", "expires": "90"})
    assert dict(ApiToken.objects.values_list("name", "read_only")) == {"dashboard": True, "robot": False}
    assert "read and change" in client.get(reverse("tokens")).content.decode()


def test_a_token_is_made_for_one_workspace_that_its_person_sees(
    cast: Cast, workspace: Workspace, browser: Browser
) -> None:
    elsewhere = Workspace.objects.get(name="Elsewhere")
    client = browser(cast.rita)
    client.post(reverse("tokens"), {"name": "robot", "expires": "90", "workspace": workspace.pk})
    refused = client.post(reverse("tokens"), {"name": "other", "expires": "90", "workspace": elsewhere.pk})
    assert refused.status_code == 422
    assert "Elsewhere" not in refused.content.decode()
    assert list(ApiToken.objects.values_list("name", "workspace__name")) == [("robot", "Halden")]
    assert "<td>Halden</td>" in client.get(reverse("tokens")).content.decode()
