"""The product's Celery application where a training of the project *Poison* kills its process.

``STALE`` in the environment is the silence in seconds after which a job is another worker's.
"""

import importlib
import os
import signal
from datetime import timedelta
from typing import Any

from celery.signals import worker_process_init

from reviewapp.celery import app

__all__ = ["app"]


@worker_process_init.connect(weak=False)
def poison(**given: Any) -> None:
    """Put the poison in, in each process that works."""
    jobs: Any = importlib.import_module("reviewapp.domain.jobs")
    retraining: Any = importlib.import_module("training.retraining")
    jobs.STALE = timedelta(seconds=float(os.environ["STALE"]))
    train = retraining.train

    def trains(run: Any) -> None:
        if run.project.name == "Poison":
            os.kill(os.getpid(), signal.SIGKILL)
        train(run)

    retraining.train = trains
