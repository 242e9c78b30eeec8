"""Pages in German and Spanish: nothing marked stays English, and nothing that scripts and drawings read changes."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import polib
import pytest
from django.test import Client

from reviewapp.env import ROOT
from reviewapp.models import User
from tests.doors.table import TABLE
from tests.doors.walker import World

# Attributes that people read; all others are for scripts, styles and drawings.
READ = {"aria-label", "title", "placeholder", "alt", "lang", "hx-headers", "content"}
# Pages for machines and for developers, and records that stay as they were written.
ENGLISH = re.compile(r"healthz|livez|metrics|help/style/|.*audit/|.*/history/<int:closed>/|.*/reports/<int:number>/")
MOVING = re.compile(r"server/.*|account/second-factor/app/")  # they say something else each time
DATA = {"Relevant", "Not relevant", "Archive"}  # answers of the project, and the name of a webhook


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
    return name in READ or name.startswith(("data-say", "data-busy", "data-select"))


def _translated(language: str) -> set[str]:
    """What the catalogue never says in this language, where no value stands in it."""
    catalogue = polib.pofile(str(ROOT / f"reviewapp/locale/{language}/LC_MESSAGES/django.po"))
    whole = [entry for entry in catalogue if not entry.msgid_plural and not entry.msgctxt and "%" not in entry.msgid]
    return {entry.msgid for entry in whole} - {entry.msgstr for entry in whole}


def pages(world: World) -> Iterator[str]:
    """The routes that draw a page, or a part of one, for an operator who brings nothing along."""
    for door, statuses in TABLE.items():
        method, route = door.split(" /", 1)
        if (
            method == "GET"
            and not route.startswith("api/")
            and statuses.endswith(" 200")
            and not ENGLISH.fullmatch(route)
        ):
            yield route


def read(world: World, page: str, language: str) -> Reader | None:
    client = Client()
    client.force_login(world.cast.olga)
    User.objects.filter(pk=world.cast.olga.pk).update(preferences={"language": language})
    answer = client.get(world.address(page))
    assert answer.status_code == 200, page
    assert answer.headers["Content-Language"] == language
    if answer.streaming or "html" not in answer.headers["Content-Type"]:
        return None
    content = answer.content.decode()
    if "<html" in content:
        assert f'<html lang="{language}"' in content
    return Reader(content)


@pytest.mark.parametrize("language", ["de", "es"])
def test_no_page_says_in_english_what_is_translated_and_its_numbers_for_machines_stay(
    world: World, language: str
) -> None:
    translated, english, otherwise = _translated(language) - DATA, {}, {}
    for page in pages(world):
        plain, told = read(world, page, "en"), read(world, page, language)
        if plain and told:
            english[page] = set(told.texts) & translated
            otherwise[page] = set() if MOVING.fullmatch(page) else set(told.attributes) ^ set(plain.attributes)
    assert len(english) > 30
    left = {page: words for page, words in english.items() if words}
    assert left == {}
    assert {page: moved for page, moved in otherwise.items() if moved} == {}
