"""The explanation on its page and in the panel beside a text."""

import re
from collections.abc import Callable
from html import unescape

from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reviewapp.models import Document, Project, User
from reviewapp.web import why
from tests.cast import Cast, trained
from training.core.explanation import Span

Browser = Callable[[User], Client]


def address(project: Project, document: Document) -> str:
    return reverse("document-why", args=[project.pk, document.pk])


def text_of(shown: str) -> str:
    """The text of the page as a person reads it."""
    inner = re.search(r'id="text"[^>]*>(.*?)</div>', shown, re.DOTALL)
    assert inner
    return unescape(re.sub(r"<[^>]+>", "", inner[1]))


def test_the_page_shows_the_whole_text_with_its_terms_marked(project: Project, cast: Cast, browser: Browser) -> None:
    """B-11: top terms for and against, in the document itself."""
    now = trained(project, cast.rita)
    document = now.items.filter(decision=None, document__metadata__truth=True)[0].document
    shown = browser(cast.vic).get(address(now, document)).content.decode()
    assert text_of(shown) == document.text
    assert re.search(r'<mark class="for l\d" title="\+\d\.\d\d">[^<]*valve', shown)
    assert "Where the model starts (bias)" in shown


def test_hostile_text_stays_text(project: Project, cast: Cast, browser: Browser) -> None:
    """Marks are set by offsets into the text, so nothing of it ever becomes HTML."""
    now = trained(project, cast.rita)
    document = now.items.filter(decision=None, document__metadata__truth=True)[0].document
    hostile = '<script>alert("valve")</script> valve <img src=x onerror=valve> & commission'
    Document.objects.filter(pk=document.pk).update(text=hostile)
    shown = browser(cast.vic).get(address(now, document)).content.decode()
    assert text_of(shown) == hostile
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


def test_the_panel_comes_alone_with_the_marked_text_beside_it(project: Project, cast: Cast, browser: Browser) -> None:
    now = trained(project, cast.rita)
    document = now.items.filter(decision=None)[0].document
    panel = browser(cast.rita).get(address(now, document), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in panel
    assert 'id="text" dir="auto" hx-swap-oob="true"' in panel
    assert text_of(panel) == document.text


def test_the_review_page_offers_the_panel_and_does_not_compute_it(
    project: Project, cast: Cast, browser: Browser
) -> None:
    now = trained(project, cast.rita)
    shown = browser(cast.rolf).get(reverse("review", args=[now.pk])).content.decode()
    assert f'/why/?version={now.version.number}"' in shown  # type: ignore[union-attr]
    assert "Log-odds" not in shown


def test_before_the_first_model_the_page_says_what_is_missing(project: Project, cast: Cast, browser: Browser) -> None:
    document = project.items.first().document  # type: ignore[union-attr]
    answer = browser(cast.rita).get(address(project, document))
    assert answer.status_code == 409
    assert "code at least 5 relevant" in answer.content.decode()
    assert "explained" not in browser(cast.rita).get(reverse("review", args=[project.pk])).content.decode()


def test_pieces_are_the_text_and_stop_where_it_was_cut() -> None:
    spans = [Span(2, 4, 1.0), Span(6, 9, -0.2)]
    pieces = why.cut("0123456789", spans, 1.0)
    assert [(piece.text, piece.side, piece.level) for piece in pieces] == [
        ("01", "", 0),
        ("23", "for", 3),
        ("45", "", 0),
        ("678", "against", 1),
        ("9", "", 0),
    ]
    assert "".join(piece.text for piece in why.cut("0123456", spans, 1.0)) == "0123456"


def test_an_explanation_costs_few_statements(
    project: Project, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    now = trained(project, cast.rita)
    client, document = browser(cast.rita), now.items.filter(decision=None)[0].document
    with django_assert_max_num_queries(11):
        client.get(address(now, document))
