"""B-09 in a small budget: the corrected interval covers the true recall, the uncorrected one visibly does not."""

import json
import os

import pytest

from tests.bench import human_error

FULL = os.environ.get("REVIEWAPP_BENCH") == "full"
RUNS = 2_000 if FULL else 60
ERRING = {team.name for team in human_error.TEAMS if team.miss >= 0.15 and not team.sample}

pytestmark = pytest.mark.bench


@pytest.mark.timeout(3600 if FULL else 300)
def test_the_corrected_recall_covers_where_the_uncorrected_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """B-09: over simulated reviewers of known error rates the corrected interval covers in at least 95 % of runs."""
    human_error.main(["--runs", str(RUNS)])
    teams = json.loads(capsys.readouterr().out.splitlines()[-1])["teams"]
    assert len(teams) == len(human_error.TEAMS)
    for team in teams:
        # So few runs cannot tell 95 % from 94 %: what the figure could still be must reach it.
        assert team["corrected_at_most"] >= 0.95, team
        if team["team"] in ERRING:
            assert team["as_coded"] == 0, team
    pooled = sum(team["corrected"] for team in teams) / len(teams)
    assert pooled >= 0.95
