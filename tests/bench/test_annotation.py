import json
import os

import pytest

from tests.bench import annotation, annotation_order
from tests.bench.annotation_table import PUBLISHED_ASSERTION, PUBLISHED_CRFSUITE, page

FULL = os.environ.get("REVIEWAPP_BENCH") == "full"

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(not annotation.DATA.exists(), reason=f"There is no {annotation.DATA}"),
]


@pytest.mark.timeout(3600)
def test_models_learn_as_much_from_annotations_as_the_published_ones(capsys: pytest.CaptureFixture[str]) -> None:
    """F1 at each size at least that of the shared notes, and no slower than the peer that runs beside it."""
    annotation.main([] if FULL else ["--sizes", "200", "--seeds", "0", "--folds", "2"])
    runs = json.loads(capsys.readouterr().out.splitlines()[-1])["runs"]
    for size in {run["size"] for run in runs if run["what"] == "crfsuite"}:
        ours, minibatch, peer = (
            [run for run in runs if run["what"] == what and run["size"] == size]
            for what in ("crfsuite", "minibatch", "peer")
        )
        best = max(sum(run["f1"] for run in each) / len(each) for each in (ours, minibatch))
        assert best >= PUBLISHED_CRFSUITE[size][0]
        assert sum(run["train_seconds"] for run in ours) < 2 * sum(run["train_seconds"] for run in peer)
    assert "| all |" in page(runs) or not FULL
    statuses = [run for run in runs if run["what"] == "assertion" and run["size"] == 200]
    assert sum(run["macro_f1"] for run in statuses) / len(statuses) > (PUBLISHED_ASSERTION[200][0] or 0) - 0.05 * (
        not FULL
    )


@pytest.mark.timeout(3600)
def test_the_least_sure_first_teaches_more_than_chance(capsys: pytest.CaptureFixture[str]) -> None:
    """At 500 sentences, full, in five draws: surely above chance, the published F1, the published margin not ruled out.

    In little, that it is not worse.
    """
    annotation_order.main(["--seeds", *"01234"] if FULL else ["--sentences", "150", "--pool", "600", "--seeds", "0"])
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    margin = said["margin"]
    assert margin["mean"] >= 0
    if FULL:
        assert said["f1"]["least_confidence"] >= said["published"]["least_confidence"]
        assert 0 < margin["low"] < annotation_order.PUBLISHED_MARGIN < margin["high"]
