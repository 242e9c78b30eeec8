"""``manage.py replay TASKS --config XML --test TASKS``: the models of a config, measured in one command."""

import json
import subprocess
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from reviewapp.formats import Format, Task, write
from tests.training.annotation.made import XML, notes

ROOT = Path(__file__).parents[3]


def stored(folder: Path, name: str, tasks: Sequence[Task], format_: Format = "annotation-lab") -> Path:
    path = folder / name
    path.write_bytes(b"".join(write(lambda: tasks, format_)))
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    config = tmp_path / "config.xml"
    config.write_text(XML, encoding="utf-8")
    return stored(tmp_path, "tasks.json", notes(60)), config, stored(tmp_path, "test.json", notes(30, first=400))


def replayed(files: tuple[Path, Path, Path], *options: str) -> tuple[dict[str, Any], str]:
    tasks, config, test = files
    out, printed = tasks.with_name("out.json"), StringIO()
    asked = [f"--config={config}", f"--test={test}", f"--json={out}", *options]
    call_command("replay", str(tasks), *asked, stdout=printed)
    return json.loads(out.read_text(encoding="utf-8")), printed.getvalue()


def test_every_model_of_the_config_is_trained_and_measured(files: tuple[Path, Path, Path]) -> None:
    figures, printed = replayed(files, "--set=epochs=10")
    assert (figures["tasks"], figures["test_tasks"], figures["skipped"]) == (60, 30, {})
    for name in ("span_f1", "assertion_f1", "choice_f1"):
        assert figures[name] > 0.8, name
    assert [model["kind"] for model in figures["models"]] == ["ner", "assertion", "choice-single"]
    assert [model["predictions"] for model in figures["models"]] == [30, 30, 30]
    assert all(model["train_seconds"] > 0 and model["predictions_per_second"] > 0 for model in figures["models"])
    assert figures["models"][0]["parameters"]["epochs"] == {"value": 10, "effect": "used"}
    lines = printed.splitlines()
    assert lines[0] == "60 tasks to train, 30 to test, entities by crfsuite"
    assert [line.split()[0] for line in lines[1:]] == ["model", "ner", "assertion", "choice-single"]


def test_the_same_tasks_give_the_same_figures_but_for_the_time(files: tuple[Path, Path, Path]) -> None:
    """B-13: replay is a measurement, not a lottery."""
    first, second = (replayed(files, "--engine=minibatch", "--set=epochs=3")[0] for _ in range(2))
    timed = ("train_seconds", "predictions_per_second")
    assert [{k: v for k, v in m.items() if k not in timed} for m in first["models"]] == [
        {k: v for k, v in m.items() if k not in timed} for m in second["models"]
    ]


def test_a_kind_that_cannot_be_trained_is_said(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    tasks, config, test = files
    group = '<Choices name="age" toName="text"><Choice value="Child"/></Choices>'
    ages = f'<View><Text name="text" value="$text"/>{group}</View>'
    lonely = config.read_text(encoding="utf-8")
    stored(tmp_path, "tasks.conll", notes(60), "conll2003")
    labels = lonely.replace('<Label value="Drug"/>', '<Label value="Drug"/><Label value="Other"/>')
    config.write_text(labels, encoding="utf-8")
    figures, printed = replayed((tmp_path / "tasks.conll", config, test), "--set=epochs=4")
    assert "choice_f1" not in figures
    assert list(figures["skipped"]) == ["a single choice classifier of “age”"]
    assert "a single choice classifier of “age” was not trained. A classifier needs rows" in printed
    config.write_text(ages, encoding="utf-8")
    with pytest.raises(CommandError, match="the config has nothing with the name “label”"):
        replayed((tasks, config, test))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[{]", "tasks.json, line 1, column 3: Expecting property name"),
        (
            '[{"data": {"text": "x"}, "completions": [{"result": [{"type": "labels"}]}]}]',
            "tasks.json: Line 1, task 1: ",
        ),
        ("[]", "No model could be trained."),
    ],
)
def test_tasks_that_cannot_be_read_or_teach_nothing_are_refused(
    files: tuple[Path, Path, Path], content: str, said: str
) -> None:
    files[0].write_text(content, encoding="utf-8")
    with pytest.raises(CommandError, match=said):
        replayed(files)


def test_without_test_completions_there_is_nothing_to_measure_by(files: tuple[Path, Path, Path]) -> None:
    files[2].write_text('[{"text": "Nobody said anything."}]', encoding="utf-8")
    with pytest.raises(CommandError, match="there is nothing to measure by"):
        replayed(files)


@pytest.mark.parametrize("option", ["--config", "--test"])
def test_one_of_config_and_test_alone_is_refused(files: tuple[Path, Path, Path], option: str) -> None:
    with pytest.raises(CommandError, match="with both --config and --test"):
        call_command("replay", str(files[0]), f"{option}={files[1]}")


@pytest.mark.parametrize("value", ["epochs=0", "pace=3", "epochs"])
def test_a_parameter_out_of_range_is_refused(files: tuple[Path, Path, Path], value: str) -> None:
    """J-14."""
    with pytest.raises(CommandError, match=r"Epochs is a whole number|Not a training parameter|is not NAME=NUMBER"):
        replayed(files, f"--set={value}")


def test_replay_of_annotations_needs_no_database(files: tuple[Path, Path, Path]) -> None:
    tasks, config, test = files
    command = [
        sys.executable,
        "manage.py",
        "replay",
        str(tasks),
        f"--config={config}",
        f"--test={test}",
        "--set=epochs=2",
    ]
    nowhere = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing", "DATA_DIR": str(tasks.with_name("data"))}
    done = subprocess.run(command, cwd=ROOT, env=nowhere, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "assertion" in done.stdout
