"""A training that kills its worker: given up with a reason, soon, and in nobody's way.

``REVIEWAPP_CHAOS=full pytest tests/chaos/test_poison.py -rP`` prints the figures at the silence that really is allowed.
"""

import json
import os
import time
from datetime import timedelta

import pytest

from reviewapp.beat import Beat
from reviewapp.domain import jobs, projects, queue
from reviewapp.models import Job, Project
from tests import processes
from tests.cast import Cast, code, fresh, perform_jobs

FULL = os.environ.get("REVIEWAPP_CHAOS") == "full"
SILENCE = jobs.STALE if FULL else timedelta(seconds=1)
PATIENCE = 400.0  # seconds, on a machine that does much else


@pytest.mark.chaos
@pytest.mark.processes
@pytest.mark.timeout(900)
def test_a_training_that_kills_its_worker_fails_with_a_reason_and_holds_nobody_up(
    transactional_db: None, project: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-19: five tries and less than two minutes; another project's training is done meanwhile, and review goes on."""
    monkeypatch.setattr(jobs, "STALE", SILENCE)
    healthy = projects.create(project.workspace, cast.mona, name="Healthy", control_share=0.0)
    perform_jobs()
    Project.objects.filter(pk=project.pk).update(name="Poison")
    for each in (project, healthy):
        code(each, cast.rita, 24)
    poisoned, other = (Job.objects.filter(project=each, kind=Job.Kind.TRAIN) for each in (project, healthy))
    beat, took = Beat(), dict[str, float]()
    with processes.worker("tests.chaos.poisoned", STALE=str(SILENCE.total_seconds())):
        began = time.monotonic()
        while not {"poisoned", "other"} <= took.keys():
            assert time.monotonic() < began + PATIENCE, took
            beat.tick()
            for name, rows, state in (("poisoned", poisoned, "failed"), ("other", other, "done")):
                if name not in took and rows.filter(state=state).exists():
                    took[name] = round(time.monotonic() - began, 1)
            time.sleep(0.3)
    failed = poisoned.get(state=Job.State.FAILED)
    print(json.dumps({"failed_after_seconds": took["poisoned"], "tries": failed.attempts, "another": took["other"]}))
    assert "5 times" in failed.error
    assert failed.attempts == jobs.MAX_ATTEMPTS
    assert queue.next_document(fresh(project), cast.rita) is not None
    if FULL:
        assert took["poisoned"] <= 120
        assert took["other"] <= 30
