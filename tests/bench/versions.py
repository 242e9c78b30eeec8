"""A year's worth of versions in one project: what each one takes on disk, and how long pages and REST take then."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from models_lib import validation
from models_lib.models import ModelVersion, Pin, TrainingInputs, ValidationRecord
from reviewapp.artifacts import Artifacts
from reviewapp.models import Project, ScoreSnapshot
from tests.bench.review import documents
from training.core.relevance import RelevanceModel
from training.core.tokens import Tokenizer

TABLES = (
    "models_lib_modelversion",
    "models_lib_traininginputs",
    "models_lib_validationrecord",
    "reviewapp_scoresnapshot",
)
MOST = 100_000  # decisions of a review
SIZE = "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s) AS name"


def plant(project: Project, count: int, every: int, decisions: int) -> dict[str, int]:
    """Let the project have ``count`` versions, every so-manieth pinned, each what training made of the real first one.

    The two newest list so many decisions as their inputs, the others a hundred. Gives the bytes that the tables take
    for one of the others, and that the list of so many decisions takes.
    """
    first = project.versions.select_related("inputs").get(number=1)
    record = validation.record(first)
    before = _size()
    for start in range(2, count + 1, 500):
        _plant(project, first, range(start, min(start + 500, count + 1)), 100)
    taken = round((_size() - before) / count)
    _plant(project, first, range(count + 1, count + 2), decisions - 10)
    _plant(project, first, range(count + 2, count + 3), decisions)
    pinned = project.versions.filter(number__in=range(every, count + 1, every))
    Pin.objects.bulk_create(Pin(version=version) for version in pinned)
    ValidationRecord.objects.bulk_create(ValidationRecord(version=version, record=record) for version in pinned)
    newest = project.versions.latest("number")
    project.version = newest
    project.snapshot = newest.snapshots.get()
    project.save(update_fields=["version", "snapshot"])
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")
    return {"rows": taken, "decisions": decisions, "their list": _listed(newest)}


def _plant(project: Project, first: ModelVersion, numbers: Sequence[int], decisions: int) -> None:
    inputs = first.inputs.record
    files = {name: getattr(first, name) for name in (*ModelVersion.FILES, "labels", "parameters", "metrics", "source")}
    rows = ModelVersion.objects.bulk_create(
        ModelVersion(
            project=project,
            number=number,
            index=first.index,
            digest=f"{number:064x}",
            positives=number,
            negatives=9 * number,
            completions=10 * number,
            **files,
        )
        for number in numbers
    )
    TrainingInputs.objects.bulk_create(TrainingInputs(version=row, record=inputs | _decided(decisions)) for row in rows)
    ScoreSnapshot.objects.bulk_create(
        ScoreSnapshot(
            project=project, version=row, index=first.index, artifact=first.snapshots.get().artifact, documents=60
        )
        for row in rows
    )


def _decided(decisions: int) -> dict[str, list[int]]:
    """The first so many decisions of a review, as a training's record names them; a tenth of them is relevant."""
    steps, labels = np.random.default_rng(0).integers(1, 4, MOST), np.random.default_rng(1).random(MOST) < 0.1
    found = {"completions": 1_000_000 + np.cumsum(steps), "labels": labels.astype(int)}
    return {name: values[:decisions].tolist() for name, values in found.items()}


def payload(decisions: int) -> dict[str, int]:
    """Bytes on disk of a model that was trained on so many documents of 150 words, and of the rarities beside it."""
    texts = [one["text"] for one in documents(decisions)]
    counts = Tokenizer(b"\0" * 32).count([""] * decisions, texts)
    buckets = np.unique(counts.indices).astype(np.int32)
    artifacts = Artifacts(settings.ARTIFACTS_DIR)
    model = artifacts.write(RelevanceModel(buckets, np.ones(len(buckets), np.float32), 0.0).to_arrays())
    return {
        "model": artifacts.size(model),
        "weighting": artifacts.size(artifacts.write({"idf": np.ones(2**18, np.float32)})),
    }


def looks(project: Project, count: int, client: Client) -> Mapping[str, Callable[[], Any]]:
    """Every page and list about versions, in the middle and at the ends."""
    api = f"/api/v1/projects/{project.pk}"
    pages = {
        "Models everywhere": reverse("models"),
        "Models": reverse("project-models", args=[project.pk]),
        "Models, page 50": reverse("project-models", args=[project.pk]) + "?page=50",
        "Models, what moves": reverse("project-models", args=[project.pk]),
        "pinned versions": reverse("pinned-versions", args=[project.pk]),
        "newest version": reverse("version", args=[project.pk, count]),
        "newest against the first": reverse("version", args=[project.pk, count]) + "?against=1",
        "Validation": reverse("model-validation", args=[project.pk]),
        "Playground": reverse("playground", args=[project.pk]),
        "Streams": reverse("project-streams", args=[project.pk]),
        "New stream": reverse("stream-create", args=[project.pk]),
        "project": reverse("project", args=[project.pk]),
        "GET versions": f"{api}/versions",
        "GET versions, 500": f"{api}/versions?page_size=500",
        "GET versions pinned": f"{api}/versions?pinned=true",
        "GET version": f"{api}/versions/{count}",
        "GET difference": f"{api}/versions/{count}/difference?earlier=1",
        "GET validation": f"{api}/versions/{count}/validation",
        "GET validations": f"{api}/validations",
        "GET pins": f"{api}/pins",
        "GET model-status": f"{api}/model-status",
    }
    moving = {"HX-Request": "true"}
    return {
        name: partial(client.get, where, headers=moving if name == "Models, what moves" else {})
        for name, where in pages.items()
    }


def measure(look: Callable[[], Any], times: int) -> dict[str, float]:
    """Milliseconds of a look, after a first one."""
    assert look().status_code in (200, 409)
    found = []
    for _ in range(times):
        began = time.perf_counter()
        look()
        found.append(1000 * (time.perf_counter() - began))
    found.sort()
    return {
        "least": round(found[0], 1),
        "median": round(median(found), 1),
        "p95": round(found[int(0.95 * len(found))], 1),
    }


def _listed(version: ModelVersion) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_column_size(record) FROM models_lib_traininginputs WHERE version_id = %s", [version.pk]
        )
        (found,) = cursor.fetchone()
    return int(found)


def _size() -> int:
    with connection.cursor() as cursor:
        cursor.execute(SIZE, [list(TABLES)])
        (found,) = cursor.fetchone()
    return int(found)
