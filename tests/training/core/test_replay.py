import csv
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from scipy import sparse

from reviewapp.errors import Invalid
from tests.training.core.collections import Collection, collection
from training.core.features import document_frequencies, inverse_document_frequencies, weigh
from training.core.replay import draw_priors, replay
from training.core.tokens import Tokenizer

REPOSITORY = Path(__file__).parents[3]
REAL = REPOSITORY.parent / "shared" / "data" / "tar" / "CLEF2017_CD009551.csv.gz"
FIGURES = {
    "recall_curve",
    "atd_percent",
    "wss95",
    "wss100",
    "docs_to_95",
    "docs_to_100",
    "seconds_per_retrain",
    "cpu_seconds",
    "documents",
    "relevant",
}
TIMES = ("seconds_per_retrain", "cpu_seconds")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    made = collection()
    path = tmp_path / "made.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "body", "verdict"])
        writer.writerows(zip(made.titles, made.texts, np.where(made.labels, "1", "0"), strict=True))
    return path


def figures(path: Path, tmp_path: Path, **options: Any) -> dict[str, Any]:
    out = tmp_path / "out.json"
    asked = [f"--{name}={value}" for name, value in options.items()]
    call_command("replay", str(path), "--title=name", "--text=body", "--label=verdict", f"--json={out}", *asked)
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_two_runs_with_one_seed_give_the_same_figures(table: Path, tmp_path: Path) -> None:
    """B-13: replay is a measurement, not a lottery."""
    first, second = (figures(table, tmp_path, seed=3) for _ in range(2))
    for time in TIMES:
        assert first.pop(time) > 0
        assert second.pop(time) > 0
    assert first == second


def test_the_figures_are_all_there_and_agree_with_each_other(table: Path, tmp_path: Path) -> None:
    """B-13: gain curve, work saved at 95 % and time per retrain of any labelled collection."""
    found = figures(table, tmp_path)
    assert set(found) >= FIGURES
    assert (found["documents"], found["relevant"]) == (118, 11)
    curve = found["recall_curve"]
    assert len(curve) == 118
    assert curve == sorted(curve)
    assert curve[found["docs_to_100"] - 1] == 1 > curve[found["docs_to_100"] - 2]
    assert found["wss100"] == pytest.approx(100 * (118 - found["docs_to_100"]) / 118)
    assert found["wss95"] == pytest.approx(100 * (118 - found["docs_to_95"]) / 118 - 5)
    positions = np.flatnonzero(np.diff([0, *curve]) > 0) + 1
    assert found["atd_percent"] == pytest.approx(100 * positions.mean() / 118)


def test_learning_beats_reading_in_any_order(table: Path, tmp_path: Path) -> None:
    assert figures(table, tmp_path)["atd_percent"] < 25


def test_a_gzipped_file_reads_the_same(table: Path, tmp_path: Path) -> None:
    packed = tmp_path / "made.csv.gz"
    packed.write_bytes(gzip.compress(table.read_bytes()))
    assert figures(packed, tmp_path)["recall_curve"] == figures(table, tmp_path)["recall_curve"]


def test_a_larger_batch_trains_less_often(table: Path, tmp_path: Path) -> None:
    one, ten = figures(table, tmp_path), figures(table, tmp_path, batch=10)
    assert one["retrains"] == one["docs_to_100"]
    assert ten["retrains"] == -(-ten["docs_to_100"] // 10)


def test_a_missing_column_names_the_ones_there_are(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("replay", str(table))
    for name in ("title", "abstract", "label", "name", "body", "verdict"):
        assert name in str(refused.value)


def test_a_label_that_says_neither_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("title,abstract,label\nfirst,some words,1\nsecond,more words,maybe\n")
    with pytest.raises(CommandError, match=r"bad\.csv, line 3: the label “maybe”"):
        call_command("replay", str(path))


@pytest.mark.parametrize("prior", ["0+1", "1", "1+x", "20+1", "12+1"])
def test_priors_that_cannot_be_drawn_are_refused(table: Path, tmp_path: Path, prior: str) -> None:
    with pytest.raises(CommandError):
        figures(table, tmp_path, prior=prior)


def test_a_file_that_is_not_there_is_an_error_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("replay", str(tmp_path / "nowhere.csv"))


def test_replay_needs_no_database(table: Path, tmp_path: Path) -> None:
    """B-13: one command on a fresh checkout, with no engine running."""
    out = tmp_path / "alone.json"
    command = [sys.executable, "manage.py", "replay", str(table), "--json", str(out)]
    columns = ["--title", "name", "--text", "body", "--label", "verdict"]
    environment = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing", "DATA_DIR": str(tmp_path / "data")}
    subprocess.run([*command, *columns], cwd=REPOSITORY, env=environment, check=True, capture_output=True, timeout=120)
    assert json.loads(out.read_text())["relevant"] == 11


def test_priors_are_drawn_as_the_published_simulations_draw_them() -> None:
    labels = collection().labels
    random = np.random.RandomState(7)
    expected = [random.choice(np.flatnonzero(labels)), random.choice(np.flatnonzero(~labels))]
    assert draw_priors(labels, 1, 1, seed=7).tolist() == expected


def test_several_priors_are_different_documents_of_the_right_kind() -> None:
    labels = collection().labels
    drawn = draw_priors(labels, 5, 9, seed=0)
    assert len(set(drawn.tolist())) == 14
    assert labels[drawn].tolist() == [True] * 5 + [False] * 9
    with pytest.raises(Invalid, match="1 to 12"):
        draw_priors(labels, 13, 1, seed=0)


def indexed(made: Collection) -> sparse.csr_array:
    counts = Tokenizer(b"key").count(made.titles, made.texts)
    return weigh(counts, inverse_document_frequencies(document_frequencies(counts), counts.shape[0]))


def test_reading_ends_with_the_last_relevant_document() -> None:
    made = collection()
    priors = draw_priors(made.labels, 1, 1, seed=0)
    reading = replay(indexed(made), made.labels, priors)
    assert made.labels[reading.read[-1]]
    assert made.labels[reading.read].sum() == reading.relevant.sum() == 11
    assert len({*reading.read.tolist(), *priors.tolist()}) == len(reading.read) + 2


def test_hidden_documents_are_met_but_steer_nothing() -> None:
    """B-02: the order is the same whatever the labels of a control set say, up to where the reading ends."""
    made = collection()
    priors = draw_priors(made.labels, 1, 1, seed=0)
    hidden = np.arange(len(made.labels)) % 3 == 0
    hidden[priors] = False
    otherwise = np.where(hidden, ~made.labels, made.labels)
    first, second = (replay(indexed(made), labels, priors, 5, hidden).read for labels in (made.labels, otherwise))
    both = min(len(first), len(second))
    assert both > 20
    assert hidden[first[:both]].any()
    assert first[:both].tolist() == second[:both].tolist()
    assert replay(indexed(made), made.labels, priors, 5).read[:both].tolist() != first[:both].tolist()


def test_a_real_collection_ranks_level_with_the_published_figure(tmp_path: Path) -> None:
    """B-13: on CLEF CD009551, batch 1, seed 0, ASReview's u4 has ATD 3.70 % and WSS@95 85.6 %."""
    if not REAL.exists():
        pytest.skip(f"{REAL} is not on this machine")
    out = tmp_path / "real.json"
    call_command("replay", str(REAL), f"--json={out}")
    found = json.loads(out.read_text())
    assert (found["documents"], found["relevant"]) == (1909, 45)
    assert found["atd_percent"] < 3.70
    assert found["wss95"] > 85.6
