"""Population and training, from tables to files and back."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from models_lib import versions
from models_lib.models import ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.domain import coding, jobs, leases, projects, queue
from reviewapp.domain.coding import Answer
from reviewapp.errors import Conflict
from reviewapp.models import ClassificationIndex, Job, Project, ProjectDocument, ScoreSnapshot
from tests.cast import Cast, code_chosen, fresh, perform_jobs, trained, write_documents
from training import datasets, indexing, retraining


def artifacts() -> Artifacts:
    return Artifacts(settings.ARTIFACTS_DIR)


def train(project: Project, cast: Cast) -> Job:
    perform_jobs()
    job = projects.train_now(fresh(project), cast.mona)
    perform_jobs()
    job.refresh_from_db()
    return job


def test_a_population_makes_the_index_active_and_the_queue_open(project: Project) -> None:
    """R-66, SPEC 2.1.4: index states."""
    assert project.index is not None
    assert (project.index.state, project.index.documents) == (ClassificationIndex.State.ACTIVE, 60)
    arrays = artifacts().read(project.index.artifact)
    rows = indexing.matrix(arrays)
    assert np.shares_memory(rows.indices, arrays["indices"])
    lengths = np.sqrt(rows.power(2).sum(axis=1))
    assert np.allclose(lengths, 1, atol=1e-5)
    assert arrays["values"].dtype == np.float32


def test_an_incremental_population_equals_a_full_one(project: Project, cast: Cast) -> None:
    write_documents(project.workspace, 25)
    projects.adopt(project.workspace, cast.mona)
    assert fresh(project).index.state == ClassificationIndex.State.NEEDS_POPULATION  # type: ignore[union-attr]
    perform_jobs()
    grown = fresh(project).index
    projects.repopulate(fresh(project), cast.mona, full=True)
    perform_jobs()
    full = fresh(project).index
    assert grown is not None
    assert full is not None
    assert (grown.number, full.number, full.documents) == (2, 3, 85)
    assert grown.artifact == full.artifact


def test_a_population_that_dies_leaves_the_old_index_and_can_be_retried(project: Project, cast: Cast) -> None:
    before = fresh(project).index
    write_documents(project.workspace, 5)
    projects.adopt(project.workspace, cast.mona)
    job = Job.objects.filter(project=project, kind=Job.Kind.POPULATE, state=Job.State.QUEUED).get()
    job.cancel_requested = True
    job.save(update_fields=["cancel_requested"])
    jobs.perform(job.pk, indexing.populate)
    assert fresh(project).index == before
    assert ClassificationIndex.objects.latest("pk").state == ClassificationIndex.State.CANCELLED
    assert not list(settings.ARTIFACTS_DIR.glob(".unfinished-*"))
    jobs.retry(job, cast.mona)
    perform_jobs()
    assert fresh(project).index.documents == 65  # type: ignore[union-attr]


def test_every_training_makes_the_next_version(project: Project, cast: Cast) -> None:
    """U-02: numbers rise by one per completed training and are never used again."""
    first = trained(project, cast.rita)
    code_chosen(project, cast.rita, project.items.select_related("document").filter(decision=None)[:10])
    perform_jobs()
    second = fresh(project)
    numbers = list(project.versions.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert first.version is not None
    assert second.version is not None
    assert second.version.number > first.version.number
    assert second.snapshot is not None
    assert second.snapshot.version == second.version


def test_the_model_ranks_what_is_like_the_relevant_documents_first(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    assert now.snapshot is not None
    arrays = artifacts().read(now.snapshot.artifact)
    truth = np.array(list(project.items.order_by("ordinal").values_list("document__metadata__truth", flat=True)))
    best = arrays["prioritized"][:9]
    assert truth[best].all()
    coded = set(project.items.exclude(decision=None).values_list("ordinal", flat=True))
    assert not coded & set(arrays["prioritized"].tolist())
    assert len(arrays["prioritized"]) == 48
    assert sorted(arrays["coverage"]) == sorted(arrays["prioritized"])


def test_a_version_says_how_well_it_tells_documents_apart_that_it_has_not_seen(project: Project, cast: Cast) -> None:
    """The version's metrics rest on the coded documents, and say that these are no random sample."""
    version = trained(project, cast.rita).version
    assert version is not None
    assert (version.metrics["documents"], version.metrics["positives"]) == (12, 6)
    assert version.metrics["average_precision"] == 1.0
    assert "not a random sample" in version.metrics["basis"]


def test_training_again_on_the_same_decisions_makes_no_version(project: Project, cast: Cast) -> None:
    before = trained(project, cast.rita)
    train(project, cast)
    job = train(project, cast)
    assert job.result["outcome"] == "nothing new"
    assert fresh(project).version.number - before.version.number <= 1  # type: ignore[union-attr]


def test_the_order_of_coding_does_not_matter(project: Project, cast: Cast) -> None:
    """B-01: the same decisions in another order give the same model, to the byte."""
    items = list(project.items.select_related("document")[:24])
    code_chosen(project, cast.rita, items)
    perform_jobs()
    one = fresh(project).version
    for item in items:
        item.refresh_from_db()
        coding.recode(fresh(project), item, cast.mona, Answer(choice=item.current.choice), item.revision)  # type: ignore[union-attr]
    train(project, cast)
    two = fresh(project).version
    assert one is not None
    assert two is not None
    assert one.number != two.number
    assert one.artifact == two.artifact
    assert one.digest != two.digest


def test_another_process_makes_the_same_bytes(project: Project, cast: Cast) -> None:
    """B-06: same inputs, same bytes, whoever fits them and with however many threads."""
    now = trained(project, cast.rita)
    assert now.index is not None
    assert now.version is not None
    script = (
        "import django, sys, json, numpy as np; from pathlib import Path; django.setup()\n"
        "from reviewapp.artifacts import Artifacts\n"
        "from training import indexing; from training.core import relevance\n"
        "root, index, ordinals, labels = json.loads(sys.argv[1])\n"
        "a = Artifacts(Path(root)).read(index)\n"
        "rows = indexing.matrix(a)\n"
        "model = relevance.fit_relevance(rows[np.array(ordinals)], np.array(labels, bool))\n"
        "print(Artifacts(Path(root)).write(model.to_arrays()))\n"
    )
    dataset = datasets.read(now)
    given = json.dumps(
        [
            str(settings.ARTIFACTS_DIR),
            now.index.artifact,
            dataset.ordinals[::-1].tolist(),
            dataset.labels[::-1].tolist(),
        ]
    )
    outcome = subprocess.run(
        [sys.executable, "-c", script, given],
        capture_output=True,
        text=True,
        check=True,
        cwd=settings.BASE_DIR,
        env={
            "OMP_NUM_THREADS": "1",
            "DJANGO_SETTINGS_MODULE": "reviewapp.settings",
            "DATA_DIR": str(settings.DATA_DIR),
        },
        timeout=60,
    )
    assert outcome.stdout.strip() == now.version.artifact


def test_four_of_a_class_do_not_train_and_five_do(project: Project, cast: Cast) -> None:
    """R-17's boundary: 4/5 and 5/4 are refused, 5/5 is accepted."""
    items = project.items.select_related("document")
    code_chosen(project, cast.rita, items.filter(document__metadata__truth=True)[:4])
    code_chosen(project, cast.rita, items.filter(document__metadata__truth=False)[:5])
    with pytest.raises(Conflict, match="this project has 4 and 5"):
        projects.train_now(fresh(project), cast.mona)
    code_chosen(project, cast.rita, items.filter(document__metadata__truth=True, decision=None)[:1])
    perform_jobs()
    assert fresh(project).version is not None


def test_a_due_training_with_too_few_examples_ends_without_a_version(project: Project, cast: Cast) -> None:
    code_chosen(
        project, cast.rita, project.items.select_related("document").filter(document__metadata__truth=False)[:10]
    )
    perform_jobs()
    job = Job.objects.get(project=project, kind=Job.Kind.TRAIN)
    assert (job.state, job.result["outcome"]) == (Job.State.DONE, "not enough examples")
    assert not ModelVersion.objects.exists()


def test_a_second_training_is_refused_while_one_waits(project: Project, cast: Cast) -> None:
    """J-06, J-07, D4: Train now answers Conflict while another training waits or runs."""
    trained(project, cast.rita)
    projects.train_now(fresh(project), cast.mona)
    with pytest.raises(Conflict, match="waiting or running"):
        projects.train_now(fresh(project), cast.mona)


def test_a_worker_that_was_fenced_off_leaves_no_half_version(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    code_chosen(project, cast.rita, project.items.select_related("document").filter(decision=None)[:5])
    job = projects.train_now(fresh(project), cast.mona)
    before = (ModelVersion.objects.count(), ScoreSnapshot.objects.count(), fresh(project).version)
    zombie = jobs.claim(job.pk)
    assert zombie is not None
    Job.objects.filter(pk=job.pk).update(token=None)
    with pytest.raises(jobs.Fenced):
        retraining.train(zombie)
    assert (ModelVersion.objects.count(), ScoreSnapshot.objects.count(), fresh(project).version) == before


def test_files_of_superseded_snapshots_go_and_their_rows_stay(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    for _ in range(4):
        code_chosen(project, cast.rita, project.items.select_related("document").filter(decision=None)[:2])
        train(project, cast)
    now = fresh(project)
    assert now.snapshot is not None
    kept = project.snapshots.exclude(artifact="")
    assert kept.count() == 3
    assert project.snapshots.count() > 3
    assert now.snapshot in kept
    assert versions.superseded_snapshots(now) == []


def test_a_document_deleted_after_training_is_not_served(project: Project, cast: Cast) -> None:
    """U-17: deleting a document removes it from ranks."""
    now = trained(project, cast.rita)
    first = queue.next_document(now, cast.rolf)
    assert first is not None
    leases.release(now, cast.rolf)
    ProjectDocument.objects.filter(pk=first.pk).update(removed=True)
    following = queue.next_document(now, cast.rolf)
    assert following is not None
    assert following.pk != first.pk


def test_nothing_of_the_texts_is_readable_in_the_files(project: Project, cast: Cast) -> None:
    """R-06 for what is built here: no word of a document stands in an artefact."""
    trained(project, cast.rita)
    for path in Path(settings.ARTIFACTS_DIR).rglob("*.npy"):
        assert b"valve" not in path.read_bytes()
