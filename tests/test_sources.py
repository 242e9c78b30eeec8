"""What must not stand in the tree at all, whoever wrote it."""

import ast
from collections.abc import Iterator

import pytest

from reviewapp.celery import app
from reviewapp.env import ROOT

ACTS_WHEN_READ = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
FORGES = {"tests/reviewapp/archives/test_refusals.py"}  # writes such a file, to see that it is refused
FOLDERS = ("reviewapp", "models_lib", "training", "tests")


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
