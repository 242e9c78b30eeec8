"""B-05: the coverage of every interval on the validation pages, by simulation."""

import json
import os

import numpy as np
import pytest

from tests.bench import validation
from training.core.validation import figures, plain

FULL = os.environ.get("REVIEWAPP_BENCH") == "full"

pytestmark = pytest.mark.bench


@pytest.mark.timeout(1800)
def test_every_interval_covers_as_often_as_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    """B-05: at 95 % confidence, whatever the collection and the ranking; the weighted figures are hardly biased."""
    validation.main(["--runs", "2000" if FULL else "40"])
    rows = json.loads(capsys.readouterr().out.splitlines()[-1])["coverage"]
    assert len(rows) == 3 * 6 * 4
    assert [row for row in rows if row["covered"] < row["bound"]] == []
    weighted = [row for row in rows if row["basis"] == "weighted review" and row["figure"] != "average_precision"]
    assert all(abs(row["bias"]) < (0.05 if FULL else 0.15) for row in weighted)


def test_without_the_weights_the_figures_of_a_review_are_wrong() -> None:
    """B-05: why the weights are there: recall among what was read best first flatters the version."""
    flattered = 0
    for seed, setting in enumerate(validation.REVIEWS):
        chance = np.random.default_rng(seed)
        truth, scores, ranks = validation._drawn(setting, chance)
        real = figures(plain(truth), scores, validation.THRESHOLD).recall.value
        read, _ = validation._read(setting, ranks, chance)
        seen = figures(plain(truth[read]), scores[read], validation.THRESHOLD).recall
        flattered += seen.low > (real or 0)
    assert flattered >= 4
