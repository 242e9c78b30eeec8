"""Training never blocks review."""

import os

import pytest

from reviewapp.domain import projects, tokens
from reviewapp.models import Workspace
from tests import processes
from tests.bench.training_beside import Desk, measure
from tests.cast import ANNOTATION_CONFIG, Cast, annotate, chosen, perform_jobs, span, write_documents

FULL = os.environ.get("REVIEWAPP_BENCH") == "full"
ROUNDS, LABELS = (7, 100) if FULL else (3, 40)
NEVER = 100_000  # completions between two trainings of the review itself
ANNOTATED = 60

pytestmark = [pytest.mark.bench, pytest.mark.processes]


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(1800 if FULL else 300)
def test_a_training_under_way_leaves_the_reviewer_within_twice_the_time(workspace: Workspace, cast: Cast) -> None:
    """The 95th percentile of a label, next document included, with a NER training beside and without, in one run."""
    write_documents(workspace, LABELS * (2 * ROUNDS + 1) + 10)
    review = projects.create(workspace, cast.mona, name="Valves", every_n=NEVER)
    notes = projects.create_annotation(workspace, cast.mona, name="Parts", labeling_config=ANNOTATION_CONFIG)
    perform_jobs()
    for place, item in enumerate(notes.items.select_related("document").order_by("ordinal")[:ANNOTATED]):
        said = item.document.text
        tone = chosen("tone", ["Formal", "Casual"][place % 2])
        annotate(notes, cast.rita, item, span(said, said.split()[1], "Part"), tone)
    _, token = tokens.create(cast.rolf, "bench")
    with processes.worker(), processes.beat(), processes.web() as address:
        found = measure(Desk(address, review.pk, token), notes, cast.mona, ROUNDS, LABELS)
    print(found)
    assert found["ratio"] <= 2
