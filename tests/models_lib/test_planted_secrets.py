"""What a training knows does not travel: planted secrets are nowhere to be found where a model arrives."""

import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from numpy.typing import NDArray

from models_lib import library, links, sealing, shares
from models_lib.models import Category, ModelVersion, TrainedModel, TrainingInputs
from reviewapp.artifacts import Artifacts
from reviewapp.domain import people, projects
from reviewapp.errors import ReviewError
from reviewapp.models import (
    AuditEvent,
    ClassificationIndex,
    Document,
    Job,
    Project,
    ScoreSnapshot,
    Workspace,
)
from tests.cast import Cast, code_chosen, exported, fresh, perform_jobs, write_documents
from tests.doors import walker
from tests.models_lib.planted import Needles, rare_words
from tests.models_lib.shelf import another
from tests.reviewapp.web.conftest import unhashed_static_files

__all__ = ["unhashed_static_files"]

CANARIES = 100
DOCUMENTS = 24
WORKSPACE, PROJECT = "Zarblin Holdings against Quexo", "Second look at the Quexo bribes"
SENTENCE = "Number {0} of the ledger was handed to Undersecretary Vraxholm in the car park"


@dataclass(frozen=True)
class Planted:
    """A model whose training holds secrets, its copy in another workspace, and a project there that links it."""

    needles: Needles
    model: TrainedModel
    copy: TrainedModel
    project: Project


def plant(workspace: Workspace, canaries: list[str]) -> list[str]:
    """Documents that hold secrets in text, title, metadata and control number; returns all of them."""
    secrets = list(canaries)
    write_documents(workspace, DOCUMENTS)
    for number, document in enumerate(workspace.documents.order_by("pk")):
        own = canaries[number::DOCUMENTS]
        sentence, file = SENTENCE.format(number), f"ledger-{number:04d}-quexo.msg"
        document.control_number = f"ZRB-{number:05d}-QUEXO"
        document.title = f"Strictly personal {number} to Vraxholm"
        document.text = f"{document.text}. {sentence}. {' '.join(own)}"
        document.metadata |= {"file": file}
        document.save()
        secrets += [document.control_number, document.title, sentence, file]
    return secrets


@pytest.fixture
def planted(workspace: Workspace, cast: Cast, caplog: pytest.LogCaptureFixture) -> Planted:
    caplog.set_level(logging.DEBUG)
    workspace.name = WORKSPACE
    workspace.save(update_fields=["name"])
    secrets = [WORKSPACE, PROJECT, *plant(workspace, rare_words(CANARIES))]
    project = projects.create(workspace, cast.mona, name=PROJECT)
    perform_jobs()
    code_chosen(project, cast.rita, fresh(project).items.select_related("document"))
    model = exported(project, cast.mona, "Ledgers")
    bergen = another("Bergen", cast)
    for person, role in ((cast.rita, "reviewer"), (cast.vic, "viewer")):
        people.grant(bergen, person, role, cast.stan)
    shares.request(workspace, cast.mona, [model.pk], [bergen.pk])
    perform_jobs()
    copy = TrainedModel.objects.get(workspace=bergen)
    write_documents(bergen, DOCUMENTS)
    made = links.create_project(bergen, cast.mona, copy, name="Head start")
    perform_jobs()
    return Planted(Needles(secrets), model, copy, fresh(made))


def at_rest(planted: Planted) -> dict[str, bytes]:
    """The sealed file, what is in it, and the artefacts of the project that links it."""
    copy, version, snapshot = planted.copy, planted.project.version, planted.project.snapshot
    assert version is not None
    assert snapshot is not None
    body = library.vault().read(copy.file, copy.size)
    surfaces = {
        "sealed file": body,
        "unsealed payload": sealing.unseal(sealing.Sealed(body, copy.key_id, bytes(copy.wrapped_key)), copy.guid),
    }
    for kept in (version.artifact, snapshot.artifact):
        for name, array in Artifacts(settings.ARTIFACTS_DIR).read(kept).items():
            surfaces[f"artefact {name} {kept[:8]}"] = np.asarray(array).tobytes()
    return surfaces


def in_tables(workspace: Workspace) -> dict[str, bytes]:
    """Every row of the other workspace, as the database writes it out."""
    tables: list[QuerySet[Any]] = [
        table.objects.filter(**{path: workspace})
        for table, path in (
            (TrainedModel, "workspace"),
            (Category, "workspace"),
            (Job, "workspace"),
            (AuditEvent, "workspace"),
            (Project, "workspace"),
            (Document, "workspace"),
            (ClassificationIndex, "project__workspace"),
            (ModelVersion, "project__workspace"),
            (TrainingInputs, "version__project__workspace"),
            (ScoreSnapshot, "project__workspace"),
        )
    ]
    return {f"rows of {rows.model._meta.label}": written(rows) for rows in tables}


def written(rows: QuerySet[Any]) -> bytes:
    statement, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT row_to_json(found)::text FROM ({statement}) found", parameters)
        return "\n".join(row for (row,) in cursor.fetchall()).encode()


def at_the_doors(planted: Planted, cast: Cast) -> dict[str, bytes]:
    """What every page and every answer of REST says to an admin there, who is nobody where the model comes from."""
    world = walker.build(planted.project, cast)
    world = replace(world, ids=world.ids | {"model": planted.copy.pk})
    said = {route: walker.ask(world, "stan", walker.Door("GET", route)) for route in walker.routes()}
    assert {said[route].status_code for route in said if route.startswith("api/v1/models/<id:model>")} == {200}
    return {door: b"".join(answer) if answer.streaming else answer.content for door, answer in said.items()}


def in_refusals(planted: Planted, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What goes wrong with the model in the other workspace, and how that is told."""
    bergen, told = planted.copy.workspace, []
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("INSTANCE_KEY", "ab" * 32)
        projects.repopulate(planted.project, cast.mona, full=True)
        perform_jobs()
        told.append(refusal(lambda: library.training_rows(planted.copy)))
    [place] = [path for path in library.vault().root.rglob("*") if path.name == planted.copy.file]
    whole = place.read_bytes()
    place.write_bytes(whole[:-1])
    told.append(refusal(lambda: library.training_rows(planted.copy)))
    place.write_bytes(whole)
    told.append(refusal(lambda: library.delete([planted.copy], cast.mona)))
    told.append(refusal(lambda: shares.request(bergen, cast.stan, [planted.copy.pk], [planted.model.workspace_id])))
    failed = Job.objects.filter(workspace=bergen, state=Job.State.FAILED).values_list("error", flat=True)
    assert failed
    return {"refusals": "\n".join(told).encode(), "failed jobs": "\n".join(failed).encode()}


def refusal(work: Callable[[], object]) -> str:
    with pytest.raises(ReviewError) as told:
        work()
    return "".join(traceback.format_exception(told.value))


def in_logs(caplog: pytest.LogCaptureFixture) -> dict[str, bytes]:
    written = [logging.Formatter().format(record) for record in [*caplog.get_records("setup"), *caplog.records]]
    return {"logs": "\n".join(written).encode()}


def test_no_secret_of_the_training_is_found_where_the_model_arrives(
    planted: Planted, cast: Cast, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-06, R-07, R-11, T-14: control numbers, names, titles, file names, sentences, rare words; in six encodings."""
    doors = at_the_doors(planted, cast)
    surfaces = at_rest(planted) | doors | in_refusals(planted, cast, monkeypatch) | in_logs(caplog)
    surfaces |= in_tables(planted.copy.workspace)
    assert len(surfaces) > 60
    assert all(surfaces[name] for name in ("sealed file", "unsealed payload", "refusals", "failed jobs", "logs"))
    assert planted.needles.found_in(surfaces) == {}
    # In their own workspace they are found, so the search above can fail.
    found = planted.needles.found_in(in_tables(planted.model.workspace))
    assert len(found["rows of reviewapp.Document"]) >= CANARIES + 4 * DOCUMENTS
    assert f"{PROJECT} (utf-8)" in found["rows of reviewapp.Project"]


def test_words_of_fewer_documents_than_asked_for_change_no_score(workspace: Workspace, cast: Cast) -> None:
    """T-14, B-12: with canaries in up to k - 1 training documents and without them: not a bit of any score differs."""
    clean, planted = (another(name, cast) for name in ("Clean", "Planted"))
    for place in (clean, planted):
        people.grant(place, cast.rita, "reviewer", cast.stan)
        write_documents(place, DOCUMENTS)
    spread(planted, rare_words(CANARIES, seed=1), below=4)
    kept, whole = ([coded(place, cast, drop_below) for place in (clean, planted)] for drop_below in (4, 1))
    assert kept[0].payload == kept[1].payload
    assert whole[0].payload != whole[1].payload
    write_documents(workspace, 60)
    scores = [scored(workspace, model, cast) for model in (*kept, *whole)]
    assert float(np.abs(scores[0] - scores[1]).max()) == 0.0
    assert float(np.abs(scores[2] - scores[3]).max()) > 0.0


def spread(workspace: Workspace, words: Sequence[str], below: int) -> None:
    """End 1 to ``below - 1`` documents with each of these words."""
    documents = list(workspace.documents.order_by("pk"))
    for number, word in enumerate(words):
        for step in range(1 + number % (below - 1)):
            documents[(number + step) % len(documents)].text += f" {word}"
    Document.objects.bulk_update(documents, ["text"])


def coded(workspace: Workspace, cast: Cast, drop_below: int) -> TrainedModel:
    """A model of all the workspace's documents, brought to the first workspace by a share."""
    project = workspace.projects.first() or projects.create(workspace, cast.mona, name="Source")
    perform_jobs()
    code_chosen(project, cast.rita, fresh(project).items.select_related("document").filter(decision=None))
    model = exported(project, cast.mona, f"{workspace} {drop_below}", drop_below=drop_below)
    shares.request(workspace, cast.mona, [model.pk], [Workspace.objects.get(name="Halden").pk])
    perform_jobs()
    return TrainedModel.objects.get(workspace__name="Halden", guid=model.guid)


def scored(workspace: Workspace, model: TrainedModel, cast: Cast) -> NDArray[np.float32]:
    """What the workspace's documents score by the model alone."""
    project = links.create_project(workspace, cast.mona, model, name=f"By {model}", control_share=0.0)
    perform_jobs()
    snapshot = fresh(project).snapshot
    assert snapshot is not None
    scores: NDArray[np.float32] = np.array(Artifacts(settings.ARTIFACTS_DIR).read(snapshot.artifact)["scores"])
    return scores
