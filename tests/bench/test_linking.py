"""A trained model is linked at any stage of a review, also late in a large one."""

import numpy as np
import pytest
from django.conf import settings

from models_lib import links
from reviewapp.artifacts import Artifacts
from reviewapp.models import Project
from tests.bench import library_work
from tests.cast import fresh, perform_jobs

STAGES = (0, 50, 5_000)

pytestmark = pytest.mark.bench


@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_a_model_is_linked_with_none_with_fifty_and_with_five_thousand_coded() -> None:
    """R-51: link at 0, 50 and 5,000 coded documents; each builds a version and ranks everything."""
    world, chance = library_work.World(), np.random.default_rng(51)
    labels = chance.random(max(STAGES)) < library_work.RICHNESS
    known = chance.random(300) < 0.2
    world.write(known, "source", seed=1)
    world.write(labels, "target", seed=2)
    source = world.code(world.project("Source", "source"), known)
    models = [world.export(source, name)[0] for name in ("One", "Other")]
    target = world.project("Target", "target")
    for stage, coded in enumerate(STAGES):
        target = world.code(target, labels[:coded])
        links.link(target, models[stage % 2], world.person)
        perform_jobs()
        _check(fresh(target), stage + 1, coded)


def _check(target: Project, number: int, coded: int) -> None:
    assert target.version is not None
    assert target.snapshot is not None
    assert (target.version.number, target.version.completions, target.coded) == (number, coded, coded)
    scores = Artifacts(settings.ARTIFACTS_DIR).read(target.snapshot.artifact)["scores"]
    assert len(scores) == max(STAGES)
    assert float(scores.std()) > 0
