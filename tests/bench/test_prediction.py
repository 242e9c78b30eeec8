"""Prediction through a real gunicorn: how many documents, and how soon the first answer."""

import os

import pytest

from models_lib import tags
from models_lib.models import ModelVersion
from reviewapp.domain import tokens
from reviewapp.models import Project
from tests import processes
from tests.bench.prediction import ask_in_chunks, lines, measure
from tests.cast import Cast, fresh, pinned, trained

FULL = os.environ.get("REVIEWAPP_BENCH") == "full"
FASTEST, SOONEST = 3_000, 50  # documents a second and core; milliseconds

pytestmark = [pytest.mark.bench, pytest.mark.processes]


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(600)
def test_a_pinned_version_answers_thousands_of_documents_a_second(project: Project, cast: Cast) -> None:
    """D17: 150 words each, through the bulk endpoint; the first answer soon after the question."""
    trained(project, cast.rita)
    pinned(project, cast.mona)
    tags.move(fresh(project), ModelVersion.Kind.RELEVANCE, "live", 1, None, cast.mona)
    _, token = tokens.create(cast.vic, "bench")
    path = f"/api/v1/projects/{project.pk}/versions/live/predict"
    with processes.web() as address:
        found = measure(address, path, token, *((60_000, 200) if FULL else (4_000, 20)))
        in_chunks = ask_in_chunks(address, path, token, lines(2_000))
    print(found)
    assert in_chunks == 2_000
    assert found["answered"] == found["documents"]
    assert found["documents_a_second_and_core"] >= FASTEST
    assert found["first_byte_ms"]["least"] < SOONEST
