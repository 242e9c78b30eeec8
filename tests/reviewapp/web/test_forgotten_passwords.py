"""A link for a new password by mail: for whoever has the address, once, and nobody learns who that is."""

import re
from collections.abc import Callable
from smtplib import SMTPServerDisconnected

import pytest
from django.conf import settings as used
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from reviewapp.domain import accounts, jobs
from reviewapp.models import AuditEvent, GuessedSecret, Job, User
from tests.cast import Cast
from tests.reviewapp.web.test_second_factor import confirmed, set_up

Browser = Callable[[User], Client]
NEW = "a much longer secret"


@pytest.fixture(autouse=True)
def _mail_server(settings: Settings, cast: Cast) -> None:
    settings.SENDS_MAIL, settings.DEFAULT_FROM_EMAIL = True, "review@halden.example"
    User.objects.filter(username="rita").update(email="Rita@halden.example")


def ask(email: str, address: str = "203.0.113.7", **headers: str) -> str:
    """Ask for a link; what the page says then, without its one-time secret."""
    client = Client(REMOTE_ADDR=address)
    answer = client.post(reverse("forgotten-password"), {"email": email}, follow=True, headers=headers)
    assert answer.status_code in (200, 429)
    return re.sub('(csrfmiddlewaretoken" value="|csrftoken": ")[^"]+', "", answer.content.decode())


def sent() -> list[str]:
    """Let a worker do what waits; the links in all mails so far."""
    for pk, kind in jobs.waiting():
        assert kind == Job.Kind.MAIL
        jobs.perform(pk, accounts.send_mail)
    return [link for letter in mail.outbox for link in re.findall(r"https?://\S+", str(letter.body))]


def set_by(link: str) -> Client:
    client = Client()
    page = client.get(link.removeprefix("http://testserver")).headers["Location"]
    answer = client.post(page, {"new_password1": NEW, "new_password2": NEW})
    assert answer.headers["Location"] == reverse("sign-in")
    return client


def test_a_link_comes_to_the_address_of_the_account_and_sets_the_password_once(cast: Cast, browser: Browser) -> None:
    there = browser(cast.rita)
    ask("rita@HALDEN.example")
    (link,) = sent()
    assert mail.outbox[0].to == ["Rita@halden.example"]
    assert "account rita" in str(mail.outbox[0].body)
    client = set_by(link)
    assert there.get(reverse("workspaces")).status_code == 302
    assert client.post(reverse("sign-in"), {"username": "rita", "password": NEW}).status_code == 302
    assert "was used already" in Client().get(link.removeprefix("http://testserver"), follow=True).content.decode()
    events = AuditEvent.objects.order_by("pk").values_list("verb", "detail__by")
    assert list(events)[:2] == [("person.password_link", "mail"), ("person.password", None)]


def test_nobody_learns_whether_an_address_is_known(cast: Cast) -> None:
    """The same page and the same row, whether anybody has the address; a mail only where somebody has."""
    known, unknown = ask("rita@halden.example"), ask("nobody@halden.example")
    assert known == unknown
    assert "If an account here has this address" in known
    assert [job.kind for job in Job.objects.all()] == ["mail", "mail"]
    assert len(sent()) == 1


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!"}, {"email": ""}], ids=str)
def test_none_comes_for_who_is_disabled_signs_in_by_their_provider_or_has_no_address(
    cast: Cast, change: dict[str, object]
) -> None:
    User.objects.filter(username="rita").update(**change)
    ask("rita@halden.example")
    assert sent() == []


def test_a_link_is_stored_nowhere(cast: Cast) -> None:
    """T-18: it is made when it is sent; job, audit trail and counters hold neither link nor address."""
    ask("rita@halden.example")
    (link,) = sent()
    rows = [*Job.objects.values(), *AuditEvent.objects.values(), *GuessedSecret.objects.values()]
    assert link.rstrip("/").rsplit("/", maxsplit=1)[1] not in str(rows)
    assert "halden.example" not in str(rows).lower()


def test_a_second_factor_stays(cast: Cast) -> None:
    set_up(confirmed("rita"))
    ask("rita@halden.example")
    client = set_by(sent()[0])
    answer = client.post(reverse("sign-in"), {"username": "rita", "password": NEW})
    assert answer.headers["Location"].startswith(reverse("mfa_authenticate"))
    assert client.get(reverse("workspaces")).status_code == 302


def test_too_many_of_one_address_or_from_one_client_wait(cast: Cast) -> None:
    for number in range(used.SIGN_IN_TRIES):
        ask("rita@halden.example", f"203.0.113.{number}")
    assert "Too many" in ask("Rita@halden.example", "203.0.113.99")
    for number in range(used.SIGN_IN_TRIES):
        ask(f"nobody{number}@halden.example", "198.51.100.1")
    assert "Too many" in ask("mona@halden.example", "198.51.100.1")
    assert len(sent()) == used.SIGN_IN_TRIES


def test_the_link_names_the_host_that_the_server_trusts(cast: Cast, settings: Settings) -> None:
    """Whoever asks with a host of their own gets no mail sent that leads there."""
    assert Client().post(reverse("forgotten-password"), {}, headers={"Host": "evil.example"}).status_code == 400
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.halden.example", "https://review.halden.example"]
    ask("rita@halden.example", Host="localhost")
    assert sent()[0].startswith("https://review.halden.example/sign-in/new-password/")


def test_a_mail_server_that_is_away_is_tried_again_and_no_event_says_that_a_link_went(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(letter: object) -> None:
        raise SMTPServerDisconnected

    ask("rita@halden.example")
    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMessage.send", away)
        assert sent() == []
        job = Job.objects.get()
        assert (job.state, "tried again" in job.step) == (Job.State.QUEUED, True)
        Job.objects.update(not_before=None, created_at=job.created_at - accounts.PATIENCE)
        sent()
    assert "EMAIL_URL" in Job.objects.get().error
    assert not AuditEvent.objects.filter(verb="person.password_link").exists()
    jobs.retry(Job.objects.get(), cast.olga)
    assert len(sent()) == 1


def test_jobs_of_mails_are_tidied_away(cast: Cast) -> None:
    ask("rita@halden.example")
    sent()
    accounts.forget_old()
    assert Job.objects.count() == 1
    Job.objects.update(created_at=Job.objects.get().created_at - accounts.KEEP)
    accounts.forget_old()
    assert not Job.objects.exists()


def test_without_a_mail_server_the_page_says_whom_to_ask(cast: Cast, settings: Settings) -> None:
    settings.SENDS_MAIL, settings.CONTACT = False, "Olga <olga@halden.example>"
    page = Client().get(reverse("forgotten-password")).content.decode()
    assert "Ask Olga &lt;olga@halden.example&gt; for a link" in page
    assert 'name="email"' not in page
    assert Client().post(reverse("forgotten-password"), {"email": "rita@halden.example"}).status_code == 409
    assert not Job.objects.exists()
    assert "Olga &lt;" in Client().get(reverse("sign-in")).content.decode()
