"""The catalogues are whole and compiled, and no template says anything that they do not know."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.db.models import Choices
from django.utils.translation import ngettext, override

from reviewapp.env import ROOT

TEMPLATES = ROOT / "templates"
# The page that shows developers the parts of pages.
ENGLISH = {"help/_components.html", "help/style.html"}
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
READ = {"aria-label", "title", "placeholder", "alt", "hx-confirm", "data-busy", "data-select", "data-selected"}
NAMES = {"Review", "REST", "API", "CSV", "JSON", "SVG", "PNG", "PDF", "XML", "Ctrl", "UTC"}
MARKED = re.compile(
    r"{% block page_class %}[^{]*|{% blocktranslate.*?{% endblocktranslate %}|{% comment.*?{% endcomment %}"
    r"|{[%{#].*?[%}#]}",
    re.DOTALL,
)
SAID = re.compile(r"{% include [^%]*?\b(?:noun|heading|title|label|says)=\"")


class Unmarked(HTMLParser):
    """Words of a template that stand outside every mark."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found = SAID.findall(source)
        self.inside: list[str] = []
        self.feed(MARKED.sub("", source))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "code", "kbd", "pre"):
            self.inside.append(tag)
        for name, value in attrs:
            if name in READ or name.startswith("data-say"):
                self._look(value or "")

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self._look(data)

    def _look(self, text: str) -> None:
        if set(re.findall(r"[^\W\d_]{2,}", text)) - NAMES:
            self.found.append(text.strip())


def catalogue(language: str) -> Path:
    return ROOT / f"reviewapp/locale/{language}/LC_MESSAGES/django.po"


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s|%s|%d", text))


def tags(text: str) -> list[str]:
    return sorted(re.findall(r"</?\w+", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_its_translation_with_the_same_values_and_tags(language: str) -> None:
    for entry in polib.pofile(str(catalogue(language))):
        said = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        assert all(said), entry.msgid
        assert not entry.fuzzy, entry.msgid
        assert not entry.obsolete, entry.msgid
        asked = placeholders(entry.msgid) | placeholders(entry.msgid_plural)
        assert placeholders(said[-1]) == asked, entry.msgid
        assert all(placeholders(text) <= asked for text in said), entry.msgid
        assert all(tags(text) == tags(entry.msgid) for text in said), entry.msgid


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    """Nobody needs gettext on their machine: the compiled catalogue comes along."""

    def told(entries: list[polib.POEntry] | list[polib.MOEntry]) -> set[tuple[str | None, str, str, str]]:
        return {(e.msgctxt, e.msgid, e.msgstr, str(sorted(e.msgstr_plural.items()))) for e in entries}

    assert told(polib.mofile(str(catalogue(language).with_suffix(".mo")))) == told(
        polib.pofile(str(catalogue(language)))
    )


def test_both_languages_know_the_same_messages() -> None:
    known = [{(e.msgctxt, e.msgid, e.msgid_plural) for e in polib.pofile(str(catalogue(code)))} for code in LANGUAGES]
    assert all(messages == known[0] for messages in known)


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_every_word_of_a_template_is_marked(template: Path) -> None:
    if str(template.relative_to(TEMPLATES)) not in ENGLISH:
        assert Unmarked(template.read_text(encoding="utf-8")).found == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Words</p>",
        '<p aria-label="Words"></p>',
        '<p data-says="Words"></p>',
        "{% if a %}Words{% endif %}",
        '{% include "_pagination.html" with noun="words" %}',
    ],
)
def test_the_search_finds_what_is_not_marked(source: str) -> None:
    assert Unmarked(source).found


@pytest.mark.parametrize(
    "source",
    [
        '<p title="{% translate \'Words\' %}">{% translate "Words" %} 5 · <code>words</code></p>',
        "{% blocktranslate trimmed %}Words <b>here</b>{% endblocktranslate %}",
        '{% include "_pagination.html" with noun=_("words") %}',
        "{% comment %}Words.{% endcomment %}<script>words</script>",
    ],
)
def test_the_search_passes_what_is_marked(source: str) -> None:
    assert not Unmarked(source).found


@pytest.mark.parametrize(
    ("language", "one", "none", "many"),
    [
        ("en", "1 project", "0 projects", "2 projects"),
        ("de", "1 Projekt", "0 Projekte", "2 Projekte"),
        ("es", "1 proyecto", "0 proyectos", "2 proyectos"),
    ],
)
def test_one_is_said_otherwise_than_many(language: str, one: str, none: str, many: str) -> None:
    with override(language):
        said = [ngettext("%(n)s project", "%(n)s projects", n) % {"n": n} for n in (1, 0, 2)]
    assert said == [one, none, many]


def _choices(of: type[Choices] = Choices) -> Iterator[type[Choices]]:
    for one in of.__subclasses__():
        yield one
        yield from _choices(one)


def test_what_choices_of_the_tables_are_called_is_in_the_catalogues() -> None:
    known = {entry.msgid for entry in polib.pofile(str(catalogue("de")))}
    ours = [one for one in _choices() if one.__module__.split(".")[0] in ("reviewapp", "models_lib", "training")]
    said = {str(label) for one in ours for label in one.labels}
    assert len(said) > 50
    assert said - known == set()
