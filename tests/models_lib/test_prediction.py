"""Prediction: a pinned version says the same of the same text, to the byte, for ever."""

import json
import subprocess
import sys
from datetime import timedelta

import numpy as np
import pytest
from django.conf import settings
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from models_lib import prediction, retention, tags, versions
from models_lib.models import ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.domain import projects
from reviewapp.errors import Conflict
from reviewapp.models import ClassificationIndex, Project
from tests import processes
from tests.cast import Cast, fresh, perform_jobs, pinned, retrained, trained, write_documents

RELEVANCE = ModelVersion.Kind.RELEVANCE
TEXTS = [
    "the supplier paid a hidden commission for the valve",
    "lunch in the canteen",
    "",
    "ещё один текст",
    "面会は中止",
]
ELSEWHERE = """
import django, json, sys
django.setup()
from models_lib import prediction, tags
from reviewapp.models import Project
project, texts = json.loads(sys.argv[1])
version = tags.resolve(Project.objects.get(pk=project), "relevance", 1)
sys.stdout.write(json.dumps(prediction.predict(version, texts)))
"""


def said(project: Project, name: str | int = 1) -> bytes:
    """The bytes that a consumer gets who asks by name, as in a process that has just started."""
    prediction._loaded.cache_clear()
    return json.dumps(prediction.predict(tags.resolve(project, RELEVANCE, name), TEXTS)).encode()


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_thousand_calls_give_the_same_bytes(project: Project, cast: Cast) -> None:
    """U-07: over trainings, retention, a new population, restarts and another process; ``latest`` moves on."""
    trained(project, cast.rita)
    pinned(project, cast.mona, 1)
    first, newest = said(project), {said(project, "latest")}
    for _ in range(5):
        retrained(project, cast.rita)
        retention.retain(timedelta(0))
        newest.add(said(project, "latest"))
        assert {said(project) for _ in range(160)} == {first}
    write_documents(project.workspace, 20)
    with transaction.atomic():
        projects.adopt(project.workspace, cast.mona)
    perform_jobs()
    ClassificationIndex.objects.filter(project=project, number=1).update(artifact="")
    assert {said(project) for _ in range(200)} == {first}
    elsewhere = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, json.dumps([project.pk, TEXTS])],
        capture_output=True,
        check=True,
        cwd=settings.BASE_DIR,
        env=processes.environment() | {"OMP_NUM_THREADS": "1"},
        timeout=60,
    )
    assert elsewhere.stdout == first
    assert len(newest) > 1


def test_a_version_says_of_a_document_what_it_ranked_it(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    assert now.version is not None
    assert now.snapshot is not None
    ranked = Artifacts(settings.ARTIFACTS_DIR).read(now.snapshot.artifact)["scores"]
    documents = project.items.order_by("ordinal").values_list("document__title", "document__text")
    titles, texts = zip(*documents, strict=True)
    scores = prediction.predictor(now.version).scores(texts, titles)
    assert scores.shape == (60, 1)
    assert scores[:, 0].tobytes() == np.asarray(ranked).tobytes()


def test_the_label_is_the_answer_that_reviewers_read(project: Project, cast: Cast) -> None:
    version = trained(project, cast.rita).version
    assert version is not None
    relevant, irrelevant = prediction.predict(version, TEXTS[:2])
    assert list(relevant) == ["Relevant"]
    assert relevant["Relevant"] > 0.5 > irrelevant["Relevant"]


@examples(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.lists(st.text(max_size=80), min_size=1, max_size=6))
def test_what_else_is_asked_does_not_matter(project: Project, cast: Cast, texts: list[str]) -> None:
    """U-07: a text gets the same alone as among others."""
    version = fresh(project).version or trained(project, cast.rita).version
    assert version is not None
    together = prediction.predict(version, texts)
    assert together == [prediction.predict(version, [text])[0] for text in texts]


def test_a_version_from_before_it_kept_its_own_rarities_still_predicts(project: Project, cast: Cast) -> None:
    version = trained(project, cast.rita).version
    assert version is not None
    expected = prediction.predict(version, TEXTS)
    ModelVersion.objects.update(weighting="", labels=[])
    assert prediction.predict(versions.get(project, 1), TEXTS) == expected


def test_a_payload_that_was_not_kept_predicts_nothing(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    retrained(project, cast.rita)
    retention.retain(timedelta(0))
    with pytest.raises(Conflict, match="Only pinned versions are"):
        prediction.predict(versions.get(project, 1), TEXTS)
