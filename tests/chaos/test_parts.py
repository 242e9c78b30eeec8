"""Each part alone: the broker may stand still, and whatever is killed comes back."""

import os

import pytest

from tests.chaos import parts

FULL = os.environ.get("REVIEWAPP_CHAOS") == "full"


@pytest.mark.chaos
@pytest.mark.processes
@pytest.mark.timeout(3600 if FULL else 600)
def test_review_does_not_notice_the_broker_and_every_part_comes_back() -> None:
    """T-4: with the broker frozen or gone every next and submit succeeds; T-7: each killed part serves again alone."""
    found = parts.run(*((60.0, 20) if FULL else (4.0, 1)))
    assert [found["broker"][name]["repeated"] for name in ("before", "frozen", "gone")] == [0, 0, 0], found
    assert found["broker"]["frozen"]["answers"] > 0
    assert set(found["kills"]) == set(parts.NEEDS)
    wrong = ("lost", "decided_twice", "handed_to_two", "trainings_missing", "trainings_doubled", "jobs_stuck")
    assert {name: found[name] for name in wrong} == dict.fromkeys(wrong, 0), found
    if FULL:
        assert all(times["most"] <= 10 for times in found["back_after_seconds"].values()), found
