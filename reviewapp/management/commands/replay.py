"""``manage.py replay FILE``: read a finished review again with our own trainer and say what it would have saved.

``manage.py replay TASKS.json --config CONFIG.xml --test TEST.json``: train on annotated tasks and measure on others.
"""

import json
import time
from argparse import ArgumentTypeError
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from numpy.typing import NDArray

from reviewapp import formats, labeling
from reviewapp.errors import Invalid, ReviewError
from reviewapp.formats import BadTask, Malformed, Task
from reviewapp.tabular import BadRow, Row, open_table
from training.annotation import replaying as annotation
from training.annotation.models import Keyed
from training.core.features import document_frequencies, inverse_document_frequencies, weigh
from training.core.metrics import average_time_to_discovery, documents_to, recall_curve, work_saved
from training.core.ner.model import DEFAULT_ENGINE, ENGINES
from training.core.parameters import RANGES, Parameters
from training.core.replay import Reading, draw_priors, replay
from training.core.tokens import Tokenizer

# The same on every instance, so that everybody gets the same figures; nothing that is hashed here is kept.
REPLAY_KEY = b"replay"
RELEVANT = {"1", "1.0", "true", "yes", "relevant", "included"}
IRRELEVANT = {"0", "0.0", "false", "no", "irrelevant", "excluded"}
CURVE_WIDTH = 50


@dataclass(frozen=True)
class Collection:
    titles: list[str]
    texts: list[str]
    labels: NDArray[np.bool_]


class Command(BaseCommand):
    help = (
        "Replay a labelled collection (.csv, .tsv or .jsonl, also gzipped) through the trainer and the ranking "
        "that the server uses; or, with --config and --test, train the models of a labeling config on annotated tasks "
        "(.json, .csv, .tsv, .conll) and measure them on others. Needs no database and keeps nothing."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--title", default="title", help="column with the title (default: title)")
        parser.add_argument("--text", default="abstract", help="column with the text (default: abstract)")
        parser.add_argument("--label", default="label", help="column that says 1 (relevant) or 0 (default: label)")
        parser.add_argument("--batch", type=_positive, default=1, help="documents read between two trainings")
        parser.add_argument("--seed", type=int, default=0, help="seed for drawing the priors")
        parser.add_argument("--prior", type=_priors, default=(1, 1), help="relevant+irrelevant known at the start: 1+1")
        parser.add_argument("--config", type=Path, metavar="XML", help="labeling config of annotated tasks")
        parser.add_argument("--test", type=Path, metavar="TASKS", help="annotated tasks to measure on")
        parser.add_argument("--engine", choices=ENGINES, default=DEFAULT_ENGINE, help="what learns entities")
        parser.add_argument(
            "--set",
            action="append",
            type=_parameter,
            default=[],
            metavar="NAME=VALUE",
            help=f"a training parameter ({', '.join(RANGES)}); may be given several times",
        )
        parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures here as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["config"] is None) != (options["test"] is None):
            raise CommandError("Annotated tasks are replayed with both --config and --test.")
        annotated = options["config"] is not None
        try:
            figures = _replay_tasks(options) if annotated else _replay_file(options)
            if options["json"]:
                options["json"].write_text(json.dumps(figures) + "\n", encoding="utf-8")
        except (ReviewError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_models(figures) if annotated else f"{_table(figures)}\n{_curve(figures)}")


def _replay_file(options: dict[str, Any]) -> dict[str, Any]:
    collection = read_collection(options["file"], options["title"], options["text"], options["label"])
    relevant, irrelevant = options["prior"]
    priors = draw_priors(collection.labels, relevant, irrelevant, options["seed"])
    if collection.labels.sum() == relevant:
        raise Invalid("Every relevant document is a prior; nothing is left to find. Ask for fewer relevant priors.")
    cpu = time.process_time()
    counts = Tokenizer(REPLAY_KEY).count(collection.titles, collection.texts)
    rarity = inverse_document_frequencies(document_frequencies(counts), counts.shape[0])
    values = weigh(counts, rarity)
    started = time.perf_counter()
    reading = replay(values, collection.labels, priors, options["batch"])
    seconds = time.perf_counter() - started
    return {
        "file": options["file"].name,
        "seed": options["seed"],
        "batch": options["batch"],
        "prior": f"{relevant}+{irrelevant}",
        **_figures(reading),
        "retrains": reading.retrains,
        "seconds_per_retrain": seconds / reading.retrains,
        "cpu_seconds": time.process_time() - cpu,
    }


def _replay_tasks(options: dict[str, Any]) -> dict[str, Any]:
    config = labeling.read(options["config"].read_text(encoding="utf-8"))
    parameters = Parameters.of(dict(options["set"]))
    tasks, test = (read_tasks(options[name], config) for name in ("file", "test"))
    told = {"file": options["file"].name, "config": options["config"].name, "test": options["test"].name}
    return told | annotation.replay(config, tasks, test, Keyed(REPLAY_KEY), parameters, options["engine"])


def read_tasks(path: Path, config: labeling.Config) -> list[Task]:
    """Read annotated tasks. Raises Invalid, naming the first task that cannot be read or does not fit the config."""
    found = []
    for number, task in enumerate(formats.read(path, path.name), start=1):
        if isinstance(task, BadTask):
            raise Invalid(f"{path.name}: {task}")
        try:
            found.append(formats.match(task, config))
        except Malformed as problem:
            raise Invalid(f"{path.name}, task {number}: {problem}.") from problem
    return found


def _figures(reading: Reading) -> dict[str, Any]:
    return {
        "documents": len(reading.relevant),
        "relevant": int(reading.relevant.sum()),
        "atd_percent": average_time_to_discovery(reading.relevant),
        "wss95": work_saved(reading.relevant, 95),
        "wss100": work_saved(reading.relevant, 100),
        "docs_to_95": documents_to(reading.relevant, 95),
        "docs_to_100": documents_to(reading.relevant, 100),
        "recall_curve": recall_curve(reading.relevant).round(6).tolist(),
    }


def read_collection(path: Path, title: str, text: str, label: str) -> Collection:
    """Read a labelled table. Raises Invalid, naming what the file has, when a column or a label is not as asked."""
    with open_table(path, path.name) as table:
        missing = [column for column in (title, text, label) if column not in table.columns]
        if missing:
            raise Invalid(f"{path.name} has no column {_listed(missing)}; it has {_listed(table.columns)}.")
        rows = [_checked(row, path) for row in table]
    return Collection(
        [str(row.values.get(title, "")) for row in rows],
        [str(row.values.get(text, "")) for row in rows],
        np.array([_label(str(row.values.get(label, "")), f"{path.name}, line {row.line}") for row in rows], bool),
    )


def _checked(row: Row | BadRow, path: Path) -> Row:
    if isinstance(row, BadRow):
        raise Invalid(f"{path.name}, line {row.line}: {row.reason}")
    return row


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _label(value: str, where: str) -> bool:
    word = value.strip().lower()
    if word not in RELEVANT | IRRELEVANT:
        raise Invalid(f"{where}: the label “{value}” is neither relevant (1, true, yes) nor irrelevant (0, false, no).")
    return word in RELEVANT


def _positive(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise ArgumentTypeError(f"{value!r} is not a number from 1 up")
    return int(value)


def _priors(value: str) -> tuple[int, int]:
    relevant, plus, irrelevant = value.partition("+")
    if not plus:
        raise ArgumentTypeError(f"{value!r} is not RELEVANT+IRRELEVANT, as in 1+1")
    return _positive(relevant), _positive(irrelevant)


def _parameter(value: str) -> tuple[str, float]:
    name, _, number = value.partition("=")
    try:
        return name, float(number)
    except ValueError as problem:
        raise ArgumentTypeError(f"{value!r} is not NAME=NUMBER") from problem


def _models(figures: dict[str, Any]) -> str:
    """A line a model: what it found, how long it learned, how fast it says."""
    lines = [f"{figures['tasks']} tasks to train, {figures['test_tasks']} to test, entities by {figures['engine']}"]
    lines.append(f"{'model':18} {'F1':>7} {'macro F1':>9} {'train s':>9} {'predictions/s':>14} {'bytes':>10}")
    for model in figures["models"]:
        f1, macro = ("    –" if each is None else f"{each:.3f}" for each in (model["f1"], model["macro_f1"]))
        rate = round(model["predictions_per_second"])
        lines.append(
            f"{model['kind']:18} {f1:>7} {macro:>9} {model['train_seconds']:9.2f} {rate:14,} {model['bytes']:10,}"
        )
    lines += [f"{title} was not trained. {reason}" for title, reason in figures["skipped"].items()]
    return "\n".join(lines)


def _table(figures: dict[str, Any]) -> str:
    return "\n".join(
        f"{name:20} {value:.3f}" if isinstance(value, float) else f"{name:20} {value}"
        for name, value in figures.items()
        if name != "recall_curve"
    )


def _curve(figures: dict[str, Any]) -> str:
    """The gain curve as text: how much was found after each tenth of the documents."""
    recall, documents = figures["recall_curve"], figures["documents"]
    lines = ["documents read      relevant found"]
    for tenth in range(1, 11):
        read = -(-tenth * documents // 10)
        share = recall[read - 1]
        lines.append(f"{read:9} {tenth * 10:4} %    {'#' * round(share * CURVE_WIDTH):{CURVE_WIDTH}} {share:6.1%}")
    return "\n".join(lines)
