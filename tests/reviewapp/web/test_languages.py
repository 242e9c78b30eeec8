"""The language of the pages: the browser's until a person chooses one."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils.translation import get_language, override

from reviewapp.domain import preferences, tokens
from reviewapp.models import User, Workspace
from tests.cast import Cast

Browser = Callable[[User], Client]
GERMAN = {"Accept-Language": "de-CH,de;q=0.9,en;q=0.5"}


@pytest.mark.parametrize(
    ("asked", "language", "said"),
    [
        ("de-CH", "de", "Anmelden"),
        ("es-MX,en;q=0.3", "es", "Iniciar sesión"),
        ("fr", "en", "Sign in"),
        ("", "en", "Sign in"),
    ],
)
def test_the_sign_in_page_speaks_the_language_of_the_browser(
    db: None, client: Client, asked: str, language: str, said: str
) -> None:
    answer = client.get(reverse("sign-in"), headers={"Accept-Language": asked})
    page = answer.content.decode()
    assert f'<html lang="{language}"' in page
    assert f"<h1>{said}</h1>" in page
    assert "Accept-Language" in answer.headers["Vary"]


def test_what_a_person_chose_beats_the_browser_and_is_kept(cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    assert '<html lang="de"' in client.get(reverse("account"), headers=GERMAN).content.decode()
    chosen = {"language": "es", "theme": "system", "density": "comfortable", "reading": "normal", "keys": "on"}
    answer = client.post(reverse("preferences"), chosen, follow=True, headers=GERMAN)
    assert "Sus páginas tendrán este aspecto a partir de ahora." in answer.content.decode()
    assert '<html lang="es"' in browser(User.objects.get(pk=cast.rita.pk)).get(reverse("account")).content.decode()
    client.post(reverse("preferences"), chosen | {"language": "browser"})
    assert '<html lang="de"' in client.get(reverse("account"), headers=GERMAN).content.decode()
    assert '<html lang="en"' in client.get(reverse("account")).content.decode()


def test_a_language_that_is_not_there_cannot_be_chosen(cast: Cast, browser: Browser) -> None:
    answer = browser(cast.rita).post(reverse("preferences"), {"language": "xx"})
    assert answer.status_code == 422
    assert preferences.of(User.objects.get(pk=cast.rita.pk)).language == "browser"


def test_rest_answers_english_whatever_the_person_and_the_browser_speak(cast: Cast, workspace: Workspace) -> None:
    preferences.choose(cast.rita, language="de")
    _, plain = tokens.create(cast.rita, "notebook")
    answer = Client().patch(
        "/api/v1/me/preferences",
        {"theme": "pink"},
        content_type="application/json",
        headers=GERMAN | {"Authorization": f"Token {plain}"},
    )
    assert answer.status_code == 422
    assert answer.headers["Content-Language"] == "en"
    assert "is not a valid choice" in answer.content.decode()


def test_a_refusal_is_told_in_the_language_of_the_page(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    page = browser(cast.vic).get(reverse("workspace-delete", args=[workspace.pk]), headers=GERMAN)
    assert page.status_code == 403
    assert "<h1>Das dürfen Sie nicht</h1>" in page.content.decode()


def test_after_a_page_the_thread_speaks_english_again(cast: Cast, browser: Browser) -> None:
    browser(cast.rita).get(reverse("account"), headers=GERMAN)
    assert get_language() == "en"


def test_a_hostile_name_is_text_in_every_language(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(name="<b>%(n)s</b>")
    page = browser(cast.alice).get(reverse("workspace-delete", args=[workspace.pk]), headers=GERMAN).content.decode()
    assert "<h1>„&lt;b&gt;%(n)s&lt;/b&gt;“ löschen?</h1>" in page


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "5 Mar 2026 · 5 Mar 2026, 14:30 · 14:30:05 · 1,234,567 · 12.5 % · 0.25 · -3.1"),
        ("de", "5. März 2026 · 5. März 2026, 14:30 · 14:30:05 · 1.234.567 · 12,5 % · 0,25 · -3,1"),
        ("es", "5 Mar 2026 · 5 Mar 2026, 14:30 · 14:30:05 · 1\xa0234\xa0567 · 12,5 % · 0,25 · -3,1"),
    ],
)
def test_dates_and_numbers_have_the_form_of_the_language(language: str, said: str) -> None:
    template = Template(
        '{% load figures %}{{ at|date:"DATE_FORMAT" }} · {{ at|date:"DATETIME_FORMAT" }} · {{ at|date:"TIME_FORMAT" }}'
        " · {{ many|intcomma }} · {{ share|percent }} · {{ figure|decimal }} · {{ change|points }}"
    )
    at = datetime(2026, 3, 5, 14, 30, 5, tzinfo=UTC)
    values = {"at": at, "many": 1_234_567, "share": 0.125, "figure": 0.25, "change": -0.031}
    with override(language):
        assert template.render(Context(values)).lower() == said.lower()
