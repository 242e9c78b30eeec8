import json
import os

import pytest

from tests.bench import learning, ranking

FULL = os.environ.get("REVIEWAPP_BENCH") == "full"

pytestmark = pytest.mark.bench


@pytest.mark.timeout(1800)
def test_learning_is_measured_at_every_size(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = [10_000, 100_000, 1_000_000] if FULL else [2_000, 4_000]
    learning.main(["--documents", *map(str, sizes), "--coded", "1000"])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])["sizes"]
    assert [figures["documents"] for figures in found] == sizes
    assert all(figures["score_over_read_floor"] > 0 and figures["score_over_stream"] > 0 for figures in found)
    assert found[-1]["peak_rss_mib"] < 8192


@pytest.mark.timeout(3600)
def test_ranking_is_measured_beside_the_peer(capsys: pytest.CaptureFixture[str]) -> None:
    if not ranking.COLLECTIONS.exists():
        pytest.skip(f"There are no collections in {ranking.COLLECTIONS}")
    ranking.main(["--peer"] if FULL else ["--peer", "--batch", "50", "--collections", "CLEF2017_CD009551"])
    runs = json.loads(capsys.readouterr().out.splitlines()[-1])["runs"]
    assert {run["model"] for run in runs} == {"ours", "u4"}
    assert all(0 < run["atd_percent"] < 50 for run in runs)
