"""What models learn from annotations.

``python -m tests.bench.annotation [--sizes 200 1000 0] [--seeds 0 1] [--write]``, with DJANGO_SETTINGS_MODULE set

Runs ``manage.py replay`` on the labelled sets beside this repository: disease mentions (NCBI), findings that are
present, absent or past (the NegEx kit), one of five kinds of abstracts, several of ten hallmarks of cancer, questions
of six kinds. 0 stands for everything. Beside it CRFsuite runs with the features that the shared notes name, in the same
process and on the same sentences; ``--write`` writes docs/performance-annotation.md.
"""

import argparse
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import django
import numpy as np
import pycrfsuite
from django.core.management import call_command

from tests.bench.annotation_table import page
from training.core.evaluation import evaluate_spans
from training.core.ner.bio import to_runs
from training.core.ner.text import Span

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "ner"
TEXT = '<Text name="text" value="$text"/>'
ENTITIES = f'<View>{TEXT}<Labels name="label" toName="text"><Label value="Disease"/></Labels></View>'
STATUSES = ("Present", "Absent", "Past")
FOLDS = 10


@dataclass(frozen=True)
class Set:
    """A collection as tasks: the config, what trains, what tests."""

    config: str
    train: list[dict[str, Any]]
    test: list[dict[str, Any]]


def load(name: str) -> list[dict[str, Any]]:
    """The rows of one of the shared files."""
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def task(text: str, *results: dict[str, Any]) -> dict[str, Any]:
    """A task with one completion."""
    return {"data": {"text": text}, "completions": [{"result": list(results)}]}


def region(start: int, end: int, label: str) -> dict[str, Any]:
    """A labeled span as a result."""
    value = {"start": start, "end": end, "labels": [label]}
    return {"type": "labels", "id": f"{start}-{label}", "from_name": "label", "to_name": "text", "value": value}


def answer(*choices: str) -> dict[str, Any]:
    """Choices as a result."""
    return {"type": "choices", "from_name": "kind", "to_name": "text", "value": {"choices": list(choices)}}


def sentence(row: dict[str, Any]) -> tuple[str, list[Span]]:
    """A sentence of tokens as a text with spans."""
    starts = np.cumsum([0, *(len(token) + 1 for token in row["tokens"])]).tolist()
    runs = to_runs(row["tags"])
    spans = [Span(starts[first], starts[last] - 1, label) for first, last, label in runs]
    return " ".join(row["tokens"]), spans


def entities() -> Set:
    """Disease mentions, a sentence a task."""
    made = {
        name: [task(text, *(region(*span) for span in spans)) for text, spans in map(sentence, load(f"ncbi_{name}"))]
        for name in ("train", "test")
    }
    return Set(ENTITIES, made["train"], made["test"])


def statuses(fold: int) -> Set:
    """Findings and their status; every tenth different sentence is held out."""
    labels = "".join(f'<Label value="{name}" assertion="true"/>' for name in STATUSES)
    config = f'<View>{TEXT}<Labels name="label" toName="text">{labels}</Labels></View>'
    rows = load("negex_assertion")
    texts = sorted({row["text"] for row in rows})
    places = dict(zip(texts, np.random.default_rng(0).permutation(len(texts)) % FOLDS, strict=True))
    made: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    for row in rows:
        told = task(row["text"], region(row["start"], row["end"], row["status"]))
        made[int(places[row["text"]] == fold)].append(told)
    return Set(config, *made)


def choices(name: str, test: str = "") -> Set:
    """Texts with one class or several; without a test file a quarter is held out."""
    rows = load(name)
    held_out = load(test) if test else []
    if not held_out:
        order = np.random.default_rng(0).permutation(len(rows))
        rows, held_out = [rows[i] for i in order[len(rows) // 4 :]], [rows[i] for i in order[: len(rows) // 4]]
    classes = sorted({each for row in rows for each in said(row)})
    several = "multiple" if "labels" in rows[0] else "single"
    listed = "".join(f'<Choice value="{each}"/>' for each in classes)
    config = f'<View>{TEXT}<Choices name="kind" toName="text" choice="{several}">{listed}</Choices></View>'
    made = [[task(row["text"], *([answer(*said(row))] * bool(said(row)))) for row in part] for part in (rows, held_out)]
    return Set(config, *made)


def said(row: dict[str, Any]) -> list[str]:
    """The classes of a row."""
    return list(row["labels"]) if "labels" in row else [str(row["label"])]


def replayed(whole: Set, size: int, seed: int, *options: str) -> dict[str, Any]:
    """The figures of ``manage.py replay`` on a sample of so many tasks (0: all)."""
    drawn = draw(whole.train, size, seed)
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / name for name in ("tasks.json", "test.json", "config.xml", "out.json")}
        paths["tasks.json"].write_text(json.dumps(drawn), encoding="utf-8")
        paths["test.json"].write_text(json.dumps(whole.test), encoding="utf-8")
        paths["config.xml"].write_text(whole.config, encoding="utf-8")
        asked = [f"--config={paths['config.xml']}", f"--test={paths['test.json']}", f"--json={paths['out.json']}"]
        call_command("replay", str(paths["tasks.json"]), *asked, *options, stdout=StringIO())
        found: dict[str, Any] = json.loads(paths["out.json"].read_text(encoding="utf-8"))
    return found


def draw(rows: Sequence[Any], size: int, seed: int) -> list[Any]:
    """A sample without replacement; 0 is everything."""
    if not size:
        return list(rows)
    return [rows[place] for place in np.random.default_rng(seed).permutation(len(rows))[:size]]


def peer(size: int, seed: int) -> dict[str, Any]:
    """CRFsuite on the same sentences: lower-case word, affixes of 2 to 4, shape, case and digits, two neighbours."""
    train, test = draw(load("ncbi_train"), size, seed), load("ncbi_test")
    started = time.process_time()
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params({"c1": 0.1, "c2": 0.1, "max_iterations": 100, "feature.possible_transitions": True})
    for row in train:
        trainer.append(list(seen(row["tokens"])), row["tags"])
    with tempfile.TemporaryDirectory() as folder:
        trainer.train(f"{folder}/model")
        trained, tagger = time.process_time(), pycrfsuite.Tagger()
        tagger.open(f"{folder}/model")
        tags = [tagger.tag(list(seen(row["tokens"]))) for row in test]
        done = time.process_time()
    told, found = (
        [[Span(*run) for run in to_runs(each)] for each in side] for side in ([r["tags"] for r in test], tags)
    )
    f1 = evaluate_spans(told, found, ["Disease"]).micro.f1
    return {"f1": f1, "train_seconds": trained - started, "predictions_per_second": len(test) / (done - trained)}


def seen(tokens: Sequence[str]) -> Iterator[list[str]]:
    """The peer's features of each token."""
    for place in range(len(tokens)):
        found = ["bias"]
        for offset in range(-2, 3):
            if 0 <= place + offset < len(tokens):
                found += [f"{offset}:{feature}" for feature in features(tokens[place + offset])]
        yield found


def features(word: str) -> list[str]:
    """What the peer sees of one token."""
    lower = word.lower()
    affixes = [f"{name}={part}" for n in (2, 3, 4) for name, part in (("p", lower[:n]), ("s", lower[-n:]))]
    shape = "".join("X" if c.isupper() else "x" if c.islower() else "d" if c.isdigit() else c for c in word)
    return [f"w={lower}", *affixes, f"h={shape}", f"u={word.isupper()}", f"t={word.istitle()}", f"d={word.isdigit()}"]


def measured(sizes: Sequence[int], seeds: Sequence[int], folds: int) -> Iterator[dict[str, Any]]:
    """Every run, as it is done."""
    whole = entities()
    for size in sizes:
        for seed in seeds if size else seeds[:1]:
            yield {"what": "peer", "size": size, "seed": seed, **peer(size, seed)}
            for engine in ("crfsuite", "minibatch"):
                yield run(engine, replayed(whole, size, seed, f"--engine={engine}"), size, seed)
    for size in (50, *sizes):
        for fold in range(folds):
            yield run("assertion", replayed(statuses(fold), size, fold), size, fold)
    for name, test in (("medabs_single", ""), ("trec_train", "trec_test"), ("hoc_multi", "")):
        for size in sizes:
            yield run(name, replayed(choices(name, test), size, seeds[0]), size, seeds[0])


def run(what: str, figures: dict[str, Any], size: int, seed: int) -> dict[str, Any]:
    """The one model of a replay, in short."""
    [model] = figures["models"]
    kept = ("f1", "macro_f1", "micro", "labels", "train_seconds", "predictions", "predictions_per_second", "bytes")
    return {"what": what, "size": size, "seed": seed} | {name: model[name] for name in kept}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print each run and the whole as JSON, and write the page if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 1000, 0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--folds", type=int, default=FOLDS)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args(arguments)
    runs = []
    for each in measured(asked.sizes, asked.seeds, asked.folds):
        runs.append(each)
        print(
            f"{each['what']:14} {each['size']:5} {each['seed']} F1 {each['f1'] or 0:.3f} {each['train_seconds']:.2f} s",
            file=sys.stderr,
        )
    if asked.write:
        (ROOT / "docs" / "performance-annotation.md").write_text(page(runs), encoding="utf-8")
    print(json.dumps({"runs": runs}))


if __name__ == "__main__":
    django.setup()
    main()
