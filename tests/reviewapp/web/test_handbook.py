"""Help inside the product."""

import re
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from reviewapp.models import User
from reviewapp.web.handbook import ICONS
from tests.cast import Cast

Browser = Callable[[User], Client]


def test_the_three_questions_of_a_newcomer_are_answered(cast: Cast, browser: Browser) -> None:
    page = browser(cast.vic).get(reverse("help")).content.decode()
    for question in ("The four corners rule", "What a rank is", "Why not stop yet?"):
        assert question in page


def test_operators_see_every_component_twice_and_every_icon_drawn(cast: Cast, browser: Browser) -> None:
    page = browser(cast.olga).get(reverse("help-style")).content.decode()
    light, dark = page.split('<section data-theme="dark"')
    assert light.split('<section data-theme="light"')[1].count('class="') <= dark.count('class="')
    drawn = re.findall(r'<svg class="glyph"[^>]*>\s*(<[^/][^>]*>)?', dark.split("Icons</h3>")[1].split("</ul>")[0])
    assert len(drawn) == len(ICONS)
    assert all(drawn)


def test_no_id_is_on_the_style_page_twice(cast: Cast, browser: Browser) -> None:
    page = browser(cast.olga).get(reverse("help-style")).content.decode()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
