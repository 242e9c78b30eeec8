"""Reviewing over HTTP as fast as the machine can, in a small budget: what must hold at any speed."""

import json
import os
import subprocess
import sys

import pytest

from reviewapp.env import ROOT
from tests.bench import server
from tests.bench.adapter import LOADGEN, LOADGEN_FILE, Acknowledged
from tests.bench.review import beside_peers, compare, documents

FULL = os.environ.get("REVIEWAPP_BENCH") == "full"
SMALL = ["--documents", "1500", "--clients", "8", "--seconds", "3", "--warm", "0.5", "--queues", "prioritized"]
MOST_STATEMENTS = 20

pytestmark = [
    pytest.mark.bench,
    pytest.mark.processes,
    pytest.mark.skipif(LOADGEN is None, reason=f"the load generator {LOADGEN_FILE} is not here"),
]


@pytest.mark.timeout(3600 if FULL else 300)
def test_nothing_is_lost_or_handed_out_twice_at_full_speed() -> None:
    """T-1, T-2: what was acknowledged is in the database once, and no document was in two reviewers' hands."""
    command = [sys.executable, "-m", "tests.bench.review", *([] if FULL else SMALL)]
    done = subprocess.run(command, check=True, cwd=ROOT, env=server.inherited(), capture_output=True, text=True)
    print(done.stdout)
    found = json.loads(done.stdout.splitlines()[-1])
    assert [run["errors"] for run in found["runs"] if run["errors"]] == []
    for kept in found["kept"]:
        assert kept["acknowledged"] > 0
        wrong = ("lost", "written_unasked", "decided_twice", "handed_to_two")
        assert {name: kept[name] for name in wrong} == dict.fromkeys(wrong, 0)
    assert max(counted["all"] for counted in found["statements"].values()) <= MOST_STATEMENTS


def test_documents_are_the_same_in_every_run_and_about_150_words_long() -> None:
    made = documents(200)
    assert made == documents(200)
    assert 140 < sum(len(document["text"].split()) for document in made) / 200 < 160


def test_what_was_lost_made_up_or_doubled_is_counted() -> None:
    told = [Acknowledged(1, 70, "rita", "Relevant"), Acknowledged(2, 71, "rolf", "Relevant")]
    written = [(1, 70, "rita", "Relevant"), (3, 70, "rolf", "Not relevant")]
    found = compare(told, written, {70: {"rita", "rolf"}, 71: {"rolf"}})
    assert found == {
        "acknowledged": 2,
        "lost": 1,
        "written_unasked": 1,
        "decided_twice": 1,
        "handed_out": 2,
        "handed_to_two": 1,
    }


def test_ratios_are_of_the_runs_that_are_like_the_peers() -> None:
    like = {"documents": 10_000, "queue": "prioritized", "training": False, "explicit_next": False, "reviewers": 32}
    figures = {"labels_s": 80.0, "cpu_ms_per_label": 35.0, "submit_p95": 322.8, "next_p95": 304.7}
    found = beside_peers([like | figures, like | figures | {"training": True, "labels_s": 1.0}])
    assert found["labels_s_at_32"]["ratio"] == 10.0
    assert found["cpu_ms_per_label"]["ratio"] == 2.0
    assert "next_p95_ms_at_32" not in found
