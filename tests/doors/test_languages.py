"""Pages in German and Spanish: nothing marked stays English, and nothing that scripts and drawings read changes."""

from collections.abc import Iterator
from html.parser import HTMLParser

import polib
import pytest
from django.test import Client

from reviewapp.domain import preferences
from reviewapp.env import ROOT
from tests.doors.walker import World

# Attributes that people read; all others are for scripts, styles and drawings.
READ = {"aria-label", "title", "placeholder", "alt", "lang", "hx-headers", "content"}
PAGES = (
    "workspaces/",
    "workspaces/<int:workspace>/people/",
    "workspaces/<int:workspace>/delete/",
    "account/",
    "account/appearance/",
    "account/tokens/",
)


class Reader(HTMLParser):
    """The texts of a page as people read them, and the attributes that they do not read."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.texts += [said[name] or "" for name in READ & said.keys()]
        if said.get("name") != "csrfmiddlewaretoken":
            self.attributes += [(tag, name, value or "") for name, value in attrs if not _is_read(name)]

    def handle_data(self, data: str) -> None:
        self.texts.append(" ".join(data.split()))


def _is_read(name: str) -> bool:
    return name in READ or name.startswith("data-say")


def _translated(language: str) -> Iterator[str]:
    """What the catalogue says otherwise than English does, where no value stands in it."""
    catalogue = polib.pofile(str(ROOT / f"reviewapp/locale/{language}/LC_MESSAGES/django.po"))
    for entry in catalogue:
        if not entry.msgid_plural and not entry.msgctxt and "%" not in entry.msgid and entry.msgid != entry.msgstr:
            yield entry.msgid


def read(world: World, page: str, language: str) -> Reader:
    client = Client()
    client.force_login(world.cast.olga)
    preferences.choose(world.cast.olga, language=language)
    answer = client.get(world.address(page))
    assert answer.status_code == 200, page
    assert answer.headers["Content-Language"] == language
    content = answer.content.decode()
    assert f'<html lang="{language}"' in content
    return Reader(content[content.index("<main") :])


@pytest.mark.parametrize("language", ["de", "es"])
def test_no_page_says_in_english_what_is_translated_and_its_numbers_for_machines_stay(
    world: World, language: str
) -> None:
    translated = set(_translated(language))
    for page in PAGES:
        english, told = read(world, page, "en"), read(world, page, language)
        assert set(told.texts) & translated == set(), page
        assert sorted(told.attributes) == sorted(english.attributes), page
        assert told.texts != english.texts, page
