"""After a power cut the database comes back by itself, with all that it had acknowledged."""

import os

import pytest

from tests.chaos import power_cut

FULL = os.environ.get("REVIEWAPP_CHAOS") == "full"


@pytest.mark.chaos
@pytest.mark.processes
@pytest.mark.timeout(3600 if FULL else 600)
def test_the_engines_come_back_with_everything_after_a_power_cut() -> None:
    """T-8: whatever there is to replay, the next start waits for it and says how far it is."""
    found = power_cut.run(*((3072, 10) if FULL else (48, 1)))
    assert found["came_back"] == found["times"], found
    assert not FULL or found["said"].startswith("PostgreSQL is recovering"), found
