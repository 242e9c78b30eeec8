"""Single sign-on with a real provider: who comes in, who does not, and what is written down."""

import http.client
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from reviewapp.models import AuditEvent, User, Workspace
from reviewapp.settings import oidc
from tests.cast import Cast
from tests.provider import CLIENT, SECRET, Provider, vouching

LOGIN = {"provider_id": "sso"}


@pytest.fixture
def provider(settings: Settings, cast: Cast) -> Iterator[Provider]:
    User.objects.filter(username="rita").update(email="rita@halden.example")
    with vouching() as running:
        settings.OIDC_URL, settings.OIDC_NAME, settings.OIDC_CREATE_PEOPLE = running.url, "Halden ID", False
        settings.SOCIALACCOUNT_PROVIDERS = oidc(running.url, "Halden ID", CLIENT, SECRET)
        running.claims = {"sub": "17", "email": "Rita@halden.example", "email_verified": True}
        yield running


def go(client: Client | None = None) -> tuple[Client, Any]:
    """Walk through the provider as a browser does; returns the browser, and what it was told at the end."""
    client = client or Client()
    begun = client.get(reverse("openid_connect_login", kwargs=LOGIN))
    assert begun.status_code == 302
    where = urlsplit(begun.headers["Location"])
    connection = http.client.HTTPConnection(where.netloc, timeout=10)
    connection.request("GET", f"{where.path}?{where.query}")
    back = urlsplit(str(connection.getresponse().headers["Location"]))
    connection.close()
    return client, client.get(f"{back.path}?{back.query}")


def test_whoever_has_the_verified_address_of_a_person_is_that_person(provider: Provider) -> None:
    client, answer = go()
    assert answer.headers["Location"] == reverse("workspaces")
    assert client.get("/api/v1/me").json()["username"] == "rita"
    events = list(AuditEvent.objects.order_by("pk").values_list("verb", "actor_name", "detail"))
    assert events == [("person.connect", "rita", {}), ("person.sign_in", "rita", {"ways": ["socialaccount"]})]


def test_later_the_provider_knows_them_by_their_number_not_by_their_address(provider: Provider) -> None:
    go()
    provider.claims = {**provider.claims, "email": "somebody@else.example", "email_verified": False}
    client, _ = go()
    assert client.get("/api/v1/me").json()["username"] == "rita"
    assert AuditEvent.objects.filter(verb="person.connect").count() == 1


@pytest.mark.parametrize("verified", [False, None, "false", "true", 1])
def test_an_address_that_is_not_verified_opens_nothing(provider: Provider, verified: object) -> None:
    provider.claims = {**provider.claims, "email_verified": verified}
    client, answer = go()
    assert answer.status_code == 403
    assert client.get(reverse("workspaces")).status_code == 302
    assert not SocialAccount.objects.exists()


def test_strangers_stay_outside(provider: Provider) -> None:
    provider.claims = {"sub": "18", "email": "new@halden.example", "email_verified": True}
    _, answer = go()
    assert answer.status_code == 403
    assert "Nobody here has the verified e-mail address" in answer.content.decode()
    assert not User.objects.filter(email="new@halden.example").exists()


def test_or_come_in_without_any_right_where_a_setting_says_so(
    provider: Provider, settings: Settings, workspace: Workspace
) -> None:
    settings.OIDC_CREATE_PEOPLE = True
    provider.claims = {
        "sub": "18",
        "email": "new@halden.example",
        "email_verified": True,
        "preferred_username": "rita",
        "given_name": "Nora",
    }
    client, _ = go()
    assert client.get("/api/v1/me").json()["username"] == "rita 2"
    assert client.get("/api/v1/workspaces").json()["results"] == []
    made = User.objects.get(username="rita 2")
    assert not made.has_usable_password()
    assert not made.is_staff
    assert AuditEvent.objects.filter(verb="person.create").count() == 1


def test_two_people_with_one_address_and_disabled_people_stay_outside(provider: Provider) -> None:
    User.objects.filter(username="rolf").update(email="rita@halden.example")
    assert go()[1].status_code == 403
    User.objects.filter(username="rolf").update(email="")
    User.objects.filter(username="rita").update(is_active=False)
    assert go()[1].status_code == 403


def test_who_is_disabled_after_they_joined_stays_outside(provider: Provider) -> None:
    go()
    User.objects.filter(username="rita").update(is_active=False)
    client, answer = go()
    assert answer.headers["Location"] == reverse("sign-in")
    assert client.get(reverse("workspaces")).status_code == 302


def test_a_second_factor_that_somebody_set_up_is_asked_for(provider: Provider) -> None:
    TOTP.activate(User.objects.get(username="rita"), generate_totp_secret())
    client, answer = go()
    assert answer.headers["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("workspaces")).status_code == 302


def test_a_compulsory_factor_is_the_provider_s_business(provider: Provider, settings: Settings) -> None:
    settings.SECOND_FACTOR = ["everybody"]
    client, _ = go()
    assert client.get(reverse("workspaces")).status_code == 200
    assert client.get("/api/v1/me").status_code == 200


def test_a_refusal_of_the_provider_leads_back_to_the_sign_in(provider: Provider) -> None:
    provider.refuses = True
    client, answer = go()
    assert answer.headers["Location"] == reverse("sign-in")
    assert "Signing in with Halden ID did not work" in client.get(reverse("sign-in")).content.decode()


def test_an_answer_that_nobody_asked_for_opens_nothing(provider: Provider) -> None:
    """The state of one browser is of no use in another: nobody can be signed in as somebody else."""
    begun = Client().get(reverse("openid_connect_login", kwargs=LOGIN)).headers["Location"]
    connection = http.client.HTTPConnection(urlsplit(begun).netloc, timeout=10)
    connection.request("GET", f"/authorize?{urlsplit(begun).query}")
    back = urlsplit(str(connection.getresponse().headers["Location"]))
    connection.close()
    victim = Client()
    assert victim.get(f"{back.path}?{back.query}").status_code in (302, 403)
    assert victim.get(reverse("workspaces")).status_code == 302


def test_nobody_is_connected_while_signed_in(provider: Provider) -> None:
    client = Client()
    client.force_login(User.objects.get(username="rolf"))
    begun = client.get(reverse("openid_connect_login", kwargs=LOGIN) + "?process=connect")
    connection = http.client.HTTPConnection(urlsplit(begun.headers["Location"]).netloc, timeout=10)
    connection.request("GET", f"/authorize?{urlsplit(begun.headers['Location']).query}")
    back = urlsplit(str(connection.getresponse().headers["Location"]))
    connection.close()
    assert client.get(f"{back.path}?{back.query}").status_code == 404
    assert not SocialAccount.objects.exists()


def test_the_sign_in_page_offers_it_only_where_there_is_a_provider(provider: Provider, settings: Settings) -> None:
    assert "Sign in with Halden ID" in Client().get(reverse("sign-in")).content.decode()
    settings.OIDC_URL = ""
    settings.SOCIALACCOUNT_PROVIDERS = oidc("", "", "", "")
    assert "Halden ID" not in Client().get(reverse("sign-in")).content.decode()
    assert Client().get(reverse("openid_connect_login", kwargs=LOGIN)).status_code == 404
