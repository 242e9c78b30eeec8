"""Signing in and out, and the account page."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import URLPattern, reverse

from reviewapp.domain import sign_ins
from reviewapp.models import AuditEvent, User
from reviewapp.web.urls import urlpatterns
from tests.cast import PASSWORD, Cast

Browser = Callable[[User], Client]
OPEN = {
    "sign-in",
    "healthz",
    "livez",
    "metrics",
    "openid_connect_login",
    "openid_connect_callback",
    "new-password",
    "forgotten-password",
}
PARTS: dict[str, Any] = {"upload": "0" * 48}


def address(pattern: URLPattern) -> str:
    assert pattern.name is not None
    return reverse(pattern.name, kwargs={name: PARTS.get(name, 1) for name in pattern.pattern.converters})


CLOSED = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern) and pattern.name not in OPEN]


@pytest.mark.parametrize("pattern", CLOSED, ids=lambda pattern: str(pattern.name))
def test_every_page_asks_a_stranger_to_sign_in_first(pattern: URLPattern, db: None, client: Client) -> None:
    for ask in (client.get, client.post):
        answer = ask(address(pattern))
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(reverse("sign-in"))


def test_a_poll_after_the_session_ended_leads_the_whole_page_to_the_sign_in(db: None, client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/jobs/7/?page=2"}
    answer = client.get(reverse("job", args=[7]), headers=headers)
    assert answer.headers["HX-Redirect"] == f"{reverse('sign-in')}?next=/jobs/7/%3Fpage%3D2"


def test_signing_in_leads_to_the_page_that_was_asked_for(cast: Cast, client: Client) -> None:
    given = {"username": "rita", "password": PASSWORD, "next": "/account/"}
    assert client.post(reverse("sign-in"), given).headers["Location"] == "/account/"


def test_signing_in_never_leads_to_another_site(cast: Cast, client: Client) -> None:
    given = {"username": "rita", "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert client.post(reverse("sign-in"), given).headers["Location"] == reverse("workspaces")


def test_signing_in_begins_a_new_session(cast: Cast, client: Client) -> None:
    client.get(reverse("sign-in"))
    before = client.session.session_key
    client.post(reverse("sign-in"), {"username": "rita", "password": PASSWORD})
    assert client.session.session_key != before


def test_a_wrong_password_is_told_without_saying_which_part_was_wrong(cast: Cast, client: Client) -> None:
    known = client.post(reverse("sign-in"), {"username": "rita", "password": "wrong"}).content.decode()
    unknown = client.post(reverse("sign-in"), {"username": "nobody", "password": "wrong"}).content.decode()
    told = "Please enter a correct username and password"
    assert told in known
    assert told in unknown


def test_signing_out_needs_a_post_and_ends_the_session(cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    assert client.get(reverse("sign-out")).status_code == 405
    client.post(reverse("sign-out"))
    assert client.get(reverse("workspaces")).status_code == 302


def test_a_new_password_signs_other_browsers_out_and_not_this_one(cast: Cast, browser: Browser) -> None:
    here, there = browser(cast.rita), browser(cast.rita)
    new = "a much longer secret"
    given = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post(reverse("account"), given).status_code == 302
    assert here.get(reverse("workspaces")).status_code == 200
    assert there.get(reverse("workspaces")).status_code == 302


def test_private_pages_stay_out_of_every_cache(cast: Cast, browser: Browser) -> None:
    answer = browser(cast.rita).get(reverse("workspaces"))
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_deactivated_person_is_out_at_the_next_request(cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    User.objects.filter(pk=cast.rita.pk).update(is_active=False)
    assert client.get(reverse("workspaces")).status_code == 302


def test_what_was_typed_is_not_written_down(cast: Cast, client: Client) -> None:
    """T-20: the account that was tried is named; a password is not, not even one in the field for the name."""
    secret = "blue valves at dawn"
    typed = [("rita", secret), (secret, "rita"), ("", secret), ("rita", "")]
    for username, password in typed:
        assert client.post(reverse("sign-in"), {"username": username, "password": password}).status_code == 200
    events = AuditEvent.objects.filter(verb=sign_ins.VERB).order_by("id")
    assert [event.detail["account"] for event in events] == ["rita", None, "rita"]
    assert all(event.actor is None and event.workspace_id is None for event in events)
    assert "blue" not in str([(event.target, event.detail, event.actor_name) for event in events])


def test_a_link_sets_the_password_once_and_ends_other_sessions(cast: Cast, browser: Browser) -> None:
    there, said = browser(cast.rita), StringIO()
    call_command("set_password_link", "rita", site="https://review.example", stdout=said)
    link = said.getvalue().strip().removeprefix("https://review.example")
    here, new = Client(), "a much longer secret"
    page = here.get(link).headers["Location"]
    assert here.post(page, {"new_password1": new, "new_password2": new}).headers["Location"] == reverse("sign-in")
    assert there.get(reverse("workspaces")).status_code == 302
    assert here.post(reverse("sign-in"), {"username": "rita", "password": new}).status_code == 302
    again = Client().get(link, follow=True)
    assert "was used already" in again.content.decode()
    verbs = AuditEvent.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["person.password_link", "person.password", "person.sign_in"]
    assert link.rstrip("/").rsplit("/", maxsplit=1)[1] not in str(list(AuditEvent.objects.values()))


def test_an_operator_makes_an_account_without_a_right_and_without_a_password(cast: Cast) -> None:
    call_command("set_password_link", "nora", create=True, email="nora@halden.example", stdout=StringIO())
    nora = User.objects.get(username="nora")
    assert not nora.has_usable_password()
    assert not nora.is_superuser
    assert nora.email == "nora@halden.example"
    with pytest.raises(CommandError, match="in use already"):
        call_command("set_password_link", "nora", create=True, stdout=StringIO())
