"""Links: a model's training rows count beside the local coding, exactly as if they had been coded here."""

import numpy as np
import pytest
from django.conf import settings
from django.db.models import ProtectedError
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy import sparse

from models_lib import exports, library, links, outcomes
from models_lib.models import ModelVersion, TrainedModel
from reviewapp.artifacts import Artifacts
from reviewapp.domain import files, jobs, projects, queue
from reviewapp.errors import Conflict, Damaged, NotFound, OtherInstance, Refused
from reviewapp.models import AuditEvent, ClassificationIndex, Job, Project, Reason, User, Workspace
from tests.cast import Cast, code_chosen, exported, fresh, perform_jobs, trained, write_documents
from training import exporting, indexing, retraining
from training.tokenizing import tokenizer


def another(project: Project, cast: Cast, name: str) -> Project:
    """A second review over the same documents, indexed, nothing coded."""
    made = projects.create(project.workspace, cast.mona, name=name, control_share=0.0)
    perform_jobs()
    return fresh(made)


def code_numbers(project: Project, cast: Cast, numbers: list[int]) -> Project:
    items = project.items.select_related("document").filter(
        document__control_number__in=[f"HAL-{n:06d}" for n in numbers]
    )
    code_chosen(
        project, cast.rita, sorted(items, key=lambda item: numbers.index(int(item.document.control_number[4:])))
    )
    return fresh(project)


def train(project: Project, cast: Cast) -> ModelVersion:
    """The version of all that is coded now."""
    perform_jobs()
    projects.train_now(fresh(project), cast.mona)
    perform_jobs()
    version = fresh(project).version
    assert version is not None
    return version


def snapshot_bytes(project: Project) -> str:
    snapshot = fresh(project).snapshot
    assert snapshot is not None
    return snapshot.artifact


A, B = [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 16, 17], [20, 21, 24, 25, 28, 29, 32, 33, 36, 37, 40]


def test_a_link_equals_coding_everything_in_one_project(project: Project, cast: Cast) -> None:
    """R-03, R-53, R-60, B-01, D1: weights and scores of link(A) + local B are those of a project with A and B,.

    With the link removed they are those of the project as it was without one.
    """
    code_numbers(project, cast, A)
    model = exported(project, cast.mona)
    together = another(project, cast, "Together")
    code_numbers(together, cast, [*B, *A])
    one = train(together, cast)
    apart = another(project, cast, "Apart")
    code_numbers(apart, cast, B)
    alone = train(apart, cast)
    before = snapshot_bytes(apart)
    links.link(fresh(apart), model, cast.mona)
    pooled = train(apart, cast)
    assert pooled.artifact == one.artifact != alone.artifact
    assert scores(apart) == scores(together)
    assert (pooled.positives, pooled.negatives) == (one.positives, one.negatives)
    links.unlink(fresh(apart), cast.mona)
    again = train(apart, cast)
    assert (again.artifact, snapshot_bytes(apart)) == (alone.artifact, before)


def scores(project: Project) -> bytes:
    found = Artifacts(settings.ARTIFACTS_DIR).read(snapshot_bytes(project))["scores"]
    return np.asarray(found).tobytes()


@examples(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1))
def test_any_split_of_any_coding_in_any_order_gives_the_same_model(project: Project, cast: Cast, seed: int) -> None:
    """B-01: property over random collections, splits and orders of coding."""
    random = np.random.default_rng(seed)
    numbers = [0, 4, 8, 12, 16, 1, 2, 3, 5, 6, *random.choice(np.arange(17, 60), 20, replace=False).tolist()]
    name = f"Run {seed} {Project.objects.count()}"
    first, rest = numbers[:10], numbers[10:]
    both = code_numbers(another(project, cast, f"{name} both"), cast, random.permutation(numbers).tolist())
    source = code_numbers(another(project, cast, f"{name} source"), cast, random.permutation(first).tolist())
    target = code_numbers(another(project, cast, f"{name} target"), cast, random.permutation(rest).tolist())
    links.link(target, exported(source, cast.mona, name), cast.mona)
    assert train(target, cast).artifact == train(both, cast).artifact


def test_a_linked_model_ranks_before_anything_is_coded(project: Project, cast: Cast) -> None:
    """R-13, R-52, R-54: linked while creating, zero coding: ranks exist and the queue serves by rank, not at random."""
    model = exported(trained(project, cast.rita), cast.mona)
    made = links.create_project(project.workspace, cast.mona, model, name="Head start", control_share=0.0)
    perform_jobs()
    now = fresh(made)
    assert (now.coded, now.linked_model) == (0, model)
    assert now.version is not None
    item = queue.next_document(now, cast.rolf)
    assert item is not None
    assert (item.served_reason, item.document.metadata["truth"]) == (Reason.HIGH_RANK, True)
    assert item.ordinal == int(Artifacts(settings.ARTIFACTS_DIR).read(now.snapshot.artifact)["prioritized"][0])  # type: ignore[union-attr]


def test_a_word_speaks_for_what_it_was_seen_with(project: Project, cast: Cast) -> None:
    """R-05: a word of positives alone weighs for relevance in what the model gives, one of negatives alone against."""
    now = trained(project, cast.rita)
    linked = links.create_project(project.workspace, cast.mona, exported(now, cast.mona), name="Words")
    perform_jobs()
    version = fresh(linked).version
    assert version is not None
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(version.artifact)
    weights = dict(zip(arrays["buckets"].tolist(), arrays["weights"].tolist(), strict=True))
    terms = tokenizer().terms("", "commission lunch")
    assert weights[terms["commission"]] > 0 > weights[terms["lunch"]]


def test_linking_is_possible_at_any_stage(project: Project, cast: Cast) -> None:
    """R-51, R-14: linked with and without local coding; both models may be kept, or the linked one dropped."""
    model = exported(trained(project, cast.rita), cast.mona)
    for coded in (0, 4, 12):
        target = another(project, cast, f"At {coded}")
        code_numbers(target, cast, [*A, *B][:coded])
        links.link(fresh(target), model, cast.mona)
        perform_jobs()
        assert fresh(target).version is not None
        assert fresh(target).coded == coded


def test_another_model_replaces_the_first_without_a_trace(project: Project, cast: Cast) -> None:
    """R-55, R-65: changing from model 1 to model 2 rebuilds; the ranks are those of model 2 alone."""
    code_numbers(project, cast, A)
    first = exported(project, cast.mona, "First")
    other = another(project, cast, "Other")
    code_numbers(other, cast, B)
    second = exported(other, cast.mona, "Second")
    only = links.create_project(project.workspace, cast.mona, second, name="Only second")
    changed = links.create_project(project.workspace, cast.mona, first, name="First, then second")
    perform_jobs()
    links.link(fresh(changed), second, cast.mona)
    perform_jobs()
    assert fresh(changed).linked_model == second
    assert fresh(changed).version.artifact == fresh(only).version.artifact  # type: ignore[union-attr]


def test_the_local_coding_is_stored_apart_from_the_link(project: Project, cast: Cast) -> None:
    """R-56, R-57: the model's file and the local rows are two things; an export of a linked project is local alone."""
    model = exported(trained(project, cast.rita), cast.mona)
    target = another(project, cast, "Linked")
    code_numbers(target, cast, B)
    plain = exported(target, cast.mona, "Before the link")
    links.link(fresh(target), model, cast.mona)
    perform_jobs()
    linked = exported(target, cast.mona, "With the link")
    assert linked.payload == plain.payload != model.payload
    links.unlink(fresh(target), cast.mona)
    assert library.training_rows(TrainedModel.objects.get(pk=model.pk)).positives == model.positives
    assert exporting.local_rows(fresh(target), counts(target)).positives == linked.positives


def counts(project: Project) -> sparse.csr_array:
    index = fresh(project).index
    assert index is not None
    return indexing.matrix(Artifacts(settings.ARTIFACTS_DIR).read(index.artifact), "counts")


def test_the_link_goes_when_the_local_coding_can_build_alone(project: Project, cast: Cast) -> None:
    """R-59, R-61: refused at 4 and 5, accepted at 5 and 5; a rebuild is asked for, and it is in the trail."""
    model = exported(trained(project, cast.rita), cast.mona)
    target = links.create_project(project.workspace, cast.mona, model, name="Linked")
    perform_jobs()
    code_numbers(target, cast, [0, 4, 8, 12, 1, 2, 3, 5, 6])
    with pytest.raises(Conflict, match="this project has 4 and 5"):
        links.unlink(fresh(target), cast.mona)
    code_numbers(target, cast, [16])
    perform_jobs()
    links.unlink(fresh(target), cast.mona)
    assert Job.objects.filter(project=target, kind=Job.Kind.TRAIN, state=Job.State.QUEUED).count() == 1
    assert AuditEvent.objects.filter(verb="project.unlink", target=f"project:{target.pk}").count() == 1
    with pytest.raises(Conflict, match="no linked model"):
        links.unlink(fresh(target), cast.mona)


def test_only_ready_models_of_this_workspace_can_be_linked(project: Project, cast: Cast) -> None:
    """R-50: a model that is not sealed yet is refused; one of another workspace is not there."""
    now = trained(project, cast.rita)
    waiting = exports.request(now, cast.mona, name="Not yet")
    with pytest.raises(Conflict, match="not ready yet"):
        links.link(now, waiting, cast.mona)
    assert list(links.linkable(cast.mona, now.workspace)) == []
    ready = exported(now, cast.mona)
    assert {model.name for model in links.linkable(cast.mona, now.workspace)} == {"Not yet", "Valve knowledge"}
    TrainedModel.objects.filter(pk=ready.pk).update(workspace=Workspace.objects.get(name="Elsewhere"))
    with pytest.raises(NotFound):
        links.link(now, TrainedModel.objects.get(pk=ready.pk), cast.mona)
    with pytest.raises(Refused, match="see trained models"):
        links.link(now, ready, cast.stan)


def test_a_model_of_another_instance_stops_the_population_by_name(
    project: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-63, R-64: without the key that sealed it the population fails naming the model; unlinked, it succeeds."""
    model = exported(trained(project, cast.rita), cast.mona)
    target = links.create_project(project.workspace, cast.mona, model, name="Restored")
    perform_jobs()
    monkeypatch.setenv("INSTANCE_KEY", "ab" * 32)
    job = projects.repopulate(fresh(target), cast.mona, full=True)
    perform_jobs()
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "Valve knowledge" not in job.error
    assert "sealed by another instance" in job.error
    assert seen_by(cast.vic, job).startswith("The trained model “Valve knowledge” was sealed by another instance")
    index = target.indexes.latest("number")
    assert (index.state, index.error) == (ClassificationIndex.State.ERROR, job.error)
    with pytest.raises(OtherInstance, match="Valve knowledge"):
        links.link(fresh(target), model, cast.mona)
    links.unlink(fresh(target), cast.mona)
    assert fresh(target).version is None
    job = projects.repopulate(fresh(target), cast.mona, full=True)
    perform_jobs()
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert fresh(target).index.state == ClassificationIndex.State.ACTIVE  # type: ignore[union-attr]


def test_a_failed_job_does_not_name_a_model_to_those_who_may_not_see_it(
    project: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-12, R-63: neither population nor training gives a restricted model's name away, also when restricted later."""
    model = exported(trained(project, cast.rita), cast.mona)
    target = links.create_project(project.workspace, cast.mona, model, name="Restored")
    perform_jobs()
    monkeypatch.setenv("INSTANCE_KEY", "ab" * 32)
    failed = [projects.repopulate(fresh(target), cast.mona, full=True)]
    perform_jobs()
    failed.append(projects.train_now(fresh(target), cast.mona))
    perform_jobs()
    library.restrict(model, cast.alice, True, [cast.rolf])
    for job in failed:
        job.refresh_from_db()
        assert "“Valve knowledge” was sealed by another instance" in seen_by(cast.rolf, job)
        assert "“Valve knowledge” was sealed by another instance" in seen_by(cast.alice, job)
        for person in (cast.mona, cast.vic):
            said = seen_by(person, job)
            assert said.startswith("A linked trained model that you may not see was sealed by another instance")
            assert str(model.guid) not in said


def seen_by(person: User, job: Job) -> str:
    """The job's error as the person reads it."""
    shown = Job.objects.get(pk=job.pk)
    outcomes.say_errors([shown], person)
    return shown.error


def test_a_damaged_model_fails_the_training_and_changes_nothing(project: Project, cast: Cast) -> None:
    """R-07: one flipped byte in the file on disk: the training says so, and the ranks stay what they were."""
    model = exported(trained(project, cast.rita), cast.mona)
    target = another(project, cast, "Target")
    code_numbers(target, cast, B)
    before = train(target, cast)
    place = files.vault().root / model.file[:2] / model.file
    body = bytearray(place.read_bytes())
    body[len(body) // 2] ^= 1
    place.write_bytes(bytes(body))
    with pytest.raises(Damaged):
        library.training_rows(model)
    links.link(fresh(target), model, cast.mona)
    perform_jobs()
    assert "damaged" in target.jobs.latest("pk").error
    assert fresh(target).version == before


def test_a_linked_model_cannot_be_deleted_and_the_refusal_names_the_projects(project: Project, cast: Cast) -> None:
    """R-34, D7: refused while linked, naming the links that the person may see; afterwards it goes."""
    model = exported(trained(project, cast.rita), cast.mona)
    links.link(fresh(project), model, cast.mona)
    with pytest.raises(Conflict, match="linked to Valves"):
        library.delete([model], cast.mona)
    with pytest.raises(ProtectedError):
        model.delete()
    links.unlink(fresh(project), cast.mona)
    perform_jobs()
    library.delete([TrainedModel.objects.get(pk=model.pk)], cast.mona)
    assert not TrainedModel.objects.exists()


def test_more_documents_than_the_index_holds_do_not_stop_a_training(project: Project, cast: Cast) -> None:
    """A document that was coded before its population trains with the next one."""
    now = trained(project, cast.rita)
    write_documents(now.workspace, 2)
    projects.add_documents(now)
    newest = now.items.select_related("document").order_by("-ordinal")[:1]
    code_chosen(now, cast.rita, newest)
    job = projects.train_now(fresh(now), cast.mona)
    jobs.perform(job.pk, retraining.train)
    job.refresh_from_db()
    assert job.state == Job.State.DONE
