"""What a trained model may cost, and what may be found in it."""

import os

import pytest

from tests.bench import library_work

FULL = os.environ.get("REVIEWAPP_BENCH") == "full"

pytestmark = pytest.mark.bench


@pytest.mark.timeout(1800)
@pytest.mark.django_db
def test_trained_models_are_measured_and_give_nothing_away() -> None:
    """T-13, T-14: export, link and rotation within their bounds; no planted word is found anywhere."""
    coded, models, canaries = (10_000, 1_000, 10_000) if FULL else (600, 200, 400)
    found = library_work.measure(coded, models, canaries)
    print(found)
    assert found["export"]["seconds"] < 10
    for ratio in ("linked_over_local", "both_over_together"):
        assert found["link"][ratio] < (2 if FULL else 5)  # a file is opened besides, which counts where all is small
    assert found["rotation"]["seconds"] <= 1
    assert found["secrets"]["found"] == {}
    assert found["secrets"]["found_at_home"]
    assert found["secrets"]["greatest_change"] == 0.0
