"""Nothing lost, nothing doubled, nothing stuck, whichever process is killed when."""

import os

import pytest

from tests.chaos import kills

FULL = os.environ.get("REVIEWAPP_CHAOS") == "full"
CLEAN = (
    "lost",
    "decided_twice",
    "handed_to_two",
    "miscounted",
    "trainings_missing",
    "trainings_doubled",
    "trainings_failed",
    "jobs_stuck",
    "orphan_leases",
    "gaps_in_versions",
    "stuck_reviewers",
)


@pytest.mark.chaos
@pytest.mark.processes
@pytest.mark.timeout(3600)
def test_nothing_is_lost_doubled_or_stuck_under_random_kills() -> None:
    """T-1, T-2, T-3, T-7: every acknowledged decision once, every due training once, all well again by itself."""
    found = kills.run(*((200, 32, 100_000) if FULL else (10, 6, 3_000)))
    assert {name: found[name] for name in CLEAN} == dict.fromkeys(CLEAN, 0), found
    assert sum(found["kills"].values()) >= (200 if FULL else 8)
    assert found["acknowledged"] > 100
    assert "500" not in found["refusals"], found
