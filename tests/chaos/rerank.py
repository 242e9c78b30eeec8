"""Does ranking anew stop review? ``python -m tests.chaos.rerank --documents 200000``.

Reviewers answer while one training after the other scores and orders the whole collection: how long a training takes,
how long an answer takes at most meanwhile, and whether the queue ever said that it is empty. The last line is one JSON
object.
"""

import argparse
import json
import time
from typing import Any

from tests.chaos import kills, parts

TRAININGS = """
import json
from reviewapp.models import Job
rows = Job.objects.filter(kind="train", state="done", result__outcome="trained")
print(json.dumps([(job.finished_at - job.started_at).total_seconds() for job in rows]))
"""


def run(documents: int, seconds: float, reviewers: int = 4) -> dict[str, Any]:
    """So many documents under review for so long, with a training at every ten answers."""
    with kills.product() as (_, data, port):
        crew = kills.Crew(data, port, reviewers, documents, think=0.5)
        began = time.monotonic()
        met = parts.window(crew, seconds, lambda: None)
        trained = json.loads(kills.manage(data, "shell", "-v0", "-c", TRAININGS))
        idle = sum(not thread.is_alive() for thread in crew.threads)
        return crew.compared() | {
            "documents": documents,
            "seconds": round(time.monotonic() - began, 1),
            "answers": met,
            "trainings": len(trained),
            "training_seconds": {"median": sorted(trained)[len(trained) // 2], "most": max(trained)},
            "told_that_nothing_is_left": idle,
        }


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--documents", type=int, default=200_000)
    read.add_argument("--seconds", type=float, default=120.0)
    options = read.parse_args()
    print(json.dumps(run(options.documents, options.seconds)))


if __name__ == "__main__":
    main()
