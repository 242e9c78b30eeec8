"""What must not stand in the tree at all, whoever wrote it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewapp.celery import app
from reviewapp.env import ROOT

ACTS_WHEN_READ = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
FORGES = {"tests/reviewapp/archives/test_refusals.py"}  # writes such a file, to see that it is refused
FOLDERS = ("reviewapp", "models_lib", "training", "tests")


OURS = ("reviewapp", "models_lib", "training")
# Each thing that only a few places may do, and which do it.
RESERVED = {
    "rings a worker": {"reviewapp/beat.py"},
    "writes CSV": {
        "reviewapp/lines.py",  # every export; neutralises formulas
        "reviewapp/formats/table.py",  # files of annotated tasks; neutralises them as well
        "reviewapp/demo/table.py",  # the collections that we make up
        "reviewapp/management/seeding.py",
    },
    "opens a connection": {"reviewapp/outbound.py", "reviewapp/management/commands/up.py"},
    "handles ZIP": {"training/annotation/logs.py"},  # writes one; none that came from outside is opened
}
NEVER = {"marks as safe", "asks a shell", "runs text", "unpacks an archive", "lets CSRF through", "trusts XML", "weak"}
CALLS = {
    "delay": "rings a worker",
    "apply_async": "rings a worker",
    "send_task": "rings a worker",
    "mark_safe": "marks as safe",
    "SafeString": "marks as safe",
    "format_html": "marks as safe",
    "eval": "runs text",
    "exec": "runs text",
    "system": "asks a shell",
    "popen": "asks a shell",
    "getoutput": "asks a shell",
    "extractall": "unpacks an archive",
    "csrf_exempt": "lets CSRF through",
    "md5": "weak",
    "sha1": "weak",
    "DictWriter": "writes CSV",
    "writer": "writes CSV",
    "urlopen": "opens a connection",
    "HTTPConnection": "opens a connection",
    "HTTPSConnection": "opens a connection",
    "create_connection": "opens a connection",
}
MODULES = {
    "requests": "opens a connection",
    "httpx": "opens a connection",
    "urllib3": "opens a connection",
    "lxml": "trusts XML",
    "xml.dom": "trusts XML",
    "xml.sax": "trusts XML",
    "xml.etree": "trusts XML",
    "tarfile": "handles ZIP",
    "zipfile": "handles ZIP",
}
HARMLESS = {"Element", "SubElement", "indent", "tostring", "ParseError"}  # of xml.etree: they write, or are raised


def doings(source: str) -> Iterator[str]:
    """What the source does of :data:`RESERVED` and :data:`NEVER`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in CALLS:
                yield CALLS[name]
            case ast.Name(id="csrf_exempt") | ast.Attribute(attr="csrf_exempt"):
                yield CALLS["csrf_exempt"]
            case ast.keyword(arg="shell", value=value) if not _is_false(value):
                yield "asks a shell"
            case ast.keyword(arg="verify", value=value) if _is_false(value):
                yield "weak"
            case ast.Import(names=names):
                yield from filter(None, (_module(name.name) for name in names))
            case ast.ImportFrom(module=str(module), names=names) if not {name.name for name in names} <= HARMLESS:
                yield from filter(None, [_module(module)])


def _module(name: str) -> str | None:
    return next((does for module, does in MODULES.items() if name == module or name.startswith(f"{module}.")), None)


def code_in_files(source: str) -> Iterator[str]:
    """Every place of the source where a file could act when it is read."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (f"import {name.name}" for name in names if name.name.split(".")[0] in ACTS_WHEN_READ)
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in ACTS_WHEN_READ:
                yield f"from {module}"
            case ast.ImportFrom(names=names):
                yield from (f"import {name.name}" for name in names if name.name in ACTS_WHEN_READ)
            case ast.Attribute(attr=str(name)) if name in ACTS_WHEN_READ:
                yield f".{name}"
            case ast.keyword(arg="allow_pickle", value=value) if not _is_false(value):
                yield "allow_pickle"


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def test_no_file_of_ours_can_act_when_it_is_read() -> None:
    """R-07: no pickle, joblib.load or np.load(allow_pickle=True) anywhere: models are numbers and JSON."""
    sources = [ROOT / "manage.py", *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))]
    assert len(sources) > 200
    found = {str(path.relative_to(ROOT)): list(code_in_files(path.read_text(encoding="utf-8"))) for path in sources}
    assert {path for path, places in found.items() if places} == FORGES


def test_what_few_places_may_do_no_other_does_and_some_things_nobody() -> None:
    """One place rings workers, one opens connections, one writes the cells of exports; nobody marks text as safe HTML,
    asks a shell, runs text, unpacks archives, reads XML with its defaults, or lets a form go without its CSRF token.
    """
    found: dict[str, set[str]] = {}
    for path in (path for folder in OURS for path in (ROOT / folder).rglob("*.py")):
        for does in doings(path.read_text(encoding="utf-8")):
            found.setdefault(does, set()).add(str(path.relative_to(ROOT)))
    assert not NEVER & found.keys(), {does: found[does] for does in NEVER & found.keys()}
    assert found == RESERVED


@pytest.mark.parametrize(
    ("source", "does"),
    [
        ("train.delay(7)", "rings a worker"),
        ("app.send_task('x')", "rings a worker"),
        ("mark_safe(text)", "marks as safe"),
        ("subprocess.run(line, shell=True)", "asks a shell"),
        ("os.system(line)", "asks a shell"),
        ("eval(text)", "runs text"),
        ("zipfile.ZipFile(file).extractall()", "unpacks an archive"),
        ("import zipfile", "handles ZIP"),
        ("from xml.etree import ElementTree", "trusts XML"),
        ("from xml.etree.ElementTree import fromstring", "trusts XML"),
        ("import lxml.etree", "trusts XML"),
        ("@csrf_exempt\ndef view(): ...", "lets CSRF through"),
        ("method_decorator(csrf_exempt, name='dispatch')", "lets CSRF through"),
        ("csv.writer(file)", "writes CSV"),
        ("urlopen(url)", "opens a connection"),
        ("from requests import get", "opens a connection"),
        ("hashlib.md5(b'')", "weak"),
        ("get(url, verify=False)", "weak"),
    ],
)
def test_the_rules_find_what_they_name(source: str, does: str) -> None:
    """A rule that finds nothing passes for ever; each of them has something to find here."""
    assert does in set(doings(source))


ACTIVE = re.compile(
    r"""\|\s*safe\b|autoescape\s+off|<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style\b|\sstyle=|\son[a-z]+="""
)
MAKES_HTML = re.compile(
    r"\b(innerHTML|outerHTML|srcdoc)\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function|\bon\w+\s*=\s*[\"']"
)


def lines_with(pattern: re.Pattern[str], paths: Iterator[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number} {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_template_lets_text_become_html_and_no_script_stands_in_a_page() -> None:
    assert lines_with(ACTIVE, (ROOT / "templates").rglob("*.html")) == []


def test_no_script_of_ours_makes_html_of_text() -> None:
    assert lines_with(MAKES_HTML, (ROOT / "static" / "js").glob("*.js")) == []


@pytest.mark.parametrize(
    "line", ["{{ text|safe }}", "{% autoescape off %}", "<script>", '<p style="x">', '<p onclick="x()">', "<style>"]
)
def test_the_search_in_templates_finds_each_way(line: str) -> None:
    assert ACTIVE.search(line)
    assert not ACTIVE.search('<script type="module" src="x.js"></script><p class="onset">{{ text }}</p>')


@pytest.mark.parametrize("line", ["box.innerHTML = text", "eval(text)", "box.insertAdjacentHTML('end', text)"])
def test_the_search_in_scripts_finds_each_way(line: str) -> None:
    assert MAKES_HTML.search(line)
    assert not MAKES_HTML.search("box.textContent = text")


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import joblib as j",
        "from joblib import load",
        "from sklearn.externals import joblib",
        "sklearn.externals.joblib.load(file)",
        "np.load(file, allow_pickle=True)",
        "np.load(file, allow_pickle=trusted)",
    ],
)
def test_the_search_finds_each_way_to_do_it(source: str) -> None:
    assert list(code_in_files(source))


def test_reading_numbers_is_allowed() -> None:
    assert not list(code_in_files("np.load(file, allow_pickle=False)\nimport json"))


def test_a_message_cannot_act_either() -> None:
    assert (app.conf.task_serializer, app.conf.accept_content) == ("json", ["json"])
