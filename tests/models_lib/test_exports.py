"""Exports: asked for at 5 and 5, sealed by a job, and from then on nobody's but their own."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import transaction

from models_lib import exports, library, links, shares
from models_lib.models import TrainedModel
from models_lib.models.library import Status
from reviewapp import access
from reviewapp.artifacts import Artifacts
from reviewapp.domain import coding, documents, jobs, people, projects
from reviewapp.domain.coding import Answer
from reviewapp.errors import Conflict, Invalid, NotEnoughTraining, Refused
from reviewapp.models import AuditEvent, Document, Job, Project, Workspace
from tests.cast import Cast, code, code_chosen, exported, fresh, perform_jobs, trained, write_documents
from training import exporting


def code_so_many(project: Project, cast: Cast, positives: int, negatives: int) -> Project:
    for truth, count in ((True, positives), (False, negatives)):
        items = project.items.select_related("document").filter(document__metadata__truth=truth, decision=None)
        code_chosen(project, cast.rita, items[:count])
    return fresh(project)


@pytest.mark.parametrize(("positives", "negatives"), [(4, 5), (5, 4), (0, 9), (4, 40)])
def test_below_five_and_five_an_export_is_refused_with_the_reason(
    project: Project, cast: Cast, positives: int, negatives: int
) -> None:
    """R-17: 4/5 and 5/4 are refused, and nothing is left behind."""
    now = code_so_many(project, cast, positives, negatives)
    with pytest.raises(NotEnoughTraining, match=f"this project has {positives} and {negatives}"):
        exports.request(now, cast.mona, name="Too early")
    assert not TrainedModel.objects.exists()
    assert not Job.objects.filter(kind=Job.Kind.EXPORT).exists()


def test_at_five_and_five_an_export_is_accepted(project: Project, cast: Cast) -> None:
    """R-17, R-20: a job is queued, the model is there at once, and ready when the job is done."""
    now = code_so_many(project, cast, 5, 5)
    model = exports.request(now, cast.mona, name="  Just enough ")
    assert (model.name, model.status, model.job.kind) == ("Just enough", Status.QUEUED, Job.Kind.EXPORT)  # type: ignore[union-attr]
    perform_jobs()
    model.refresh_from_db()
    assert (model.status, model.positives, model.negatives) == (Status.READY, 5, 5)
    assert {"model.export", "model.ready"} <= set(AuditEvent.objects.values_list("verb", flat=True))


def test_what_trains_decides_also_when_the_counters_say_more(project: Project, cast: Cast) -> None:
    """R-17: with a checker who has not decided, five coded documents are four that train, and the job says so."""
    now = code_so_many(project, cast, 5, 5)
    now.items.filter(pk=now.items.filter(decision=1)[0].pk).update(checker=cast.alice)
    model = exports.request(now, cast.mona, name="Four that train")
    perform_jobs()
    model.refresh_from_db()
    assert model.status == Status.FAILED
    assert "this project has 4 and 5" in model.reason


@pytest.mark.parametrize("missing", [None, *exports.RIGHTS])
def test_an_export_needs_each_of_its_rights(project: Project, cast: Cast, missing: str | None) -> None:
    """R-19, SPEC 2.1.3: edit the project, see and add models; without any one of them it is refused."""
    now = code_so_many(project, cast, 5, 5)
    people.grant_rights(now.workspace, cast.rolf, set(exports.RIGHTS) - {missing}, cast.alice)
    if missing is None:
        assert exports.request(now, cast.rolf, name="By right").created_by == cast.rolf
        return
    with pytest.raises(Refused, match=access.ASKED[missing]):  # type: ignore[index]
        exports.request(now, cast.rolf, name="By right")
    assert not TrainedModel.objects.exists()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"drop_below": 0}, "drop_below"),
        ({"drop_below": 1001}, "drop_below"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_queued(
    project: Project, cast: Cast, asked: dict[str, object], field: str
) -> None:
    now = code_so_many(project, cast, 5, 5)
    with pytest.raises(Invalid) as refused:
        exports.request(now, cast.mona, **({"name": "Valves"} | asked))  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]
    assert not Job.objects.filter(kind=Job.Kind.EXPORT).exists()


def test_a_name_is_used_once_a_workspace(project: Project, cast: Cast) -> None:
    now = code_so_many(project, cast, 5, 5)
    exports.request(now, cast.mona, name="Valves")
    with pytest.raises(Invalid, match="already has a trained model of this name"):
        exports.request(now, cast.mona, name="Valves")
    assert Job.objects.filter(kind=Job.Kind.EXPORT).count() == 1


def head_start(project: Project, cast: Cast) -> tuple[TrainedModel, Project]:
    """A ready model, and a project of another workspace that ranks by a copy of it with nothing coded."""
    model = exported(trained(project, cast.rita), cast.mona)
    elsewhere = Workspace.objects.get(name="Elsewhere")
    people.grant(elsewhere, cast.mona, "manager", None)
    write_documents(elsewhere, 40)
    shares.request(model.workspace, cast.mona, [model.pk], [elsewhere.pk])
    perform_jobs()
    linked = links.create_project(elsewhere, cast.mona, elsewhere.trained_models.get(), name="Head start")
    perform_jobs()
    return model, fresh(linked)


def ranks(project: Project) -> bytes:
    """The scores of a training from nothing."""
    Project.objects.filter(pk=project.pk).update(version=None, snapshot=None)
    projects.train_now(fresh(project), project.created_by)
    perform_jobs()
    snapshot = fresh(project).snapshot
    assert snapshot is not None
    return bytes(Artifacts(settings.ARTIFACTS_DIR).read(snapshot.artifact)["scores"].tobytes())


def overturn(project: Project, cast: Cast) -> None:
    item = project.items.filter(decision=1)[0]
    coding.recode(project, item, cast.mona, Answer(choice="Not relevant"), item.revision)


def delete_documents(project: Project, cast: Cast) -> None:
    coded = Document.objects.filter(places__project=project, places__decision__isnull=False)
    assert documents.delete(project.workspace, coded, cast.mona) == 12


AFTERWARDS: dict[str, Callable[[Project, Cast], object]] = {
    "R-21: ten more are coded": lambda project, cast: code(project, cast.rolf, 10),
    "R-22: the source project is deleted": lambda project, cast: projects.delete(project, cast.alice, project.name),
    "R-23: a decision is overturned": overturn,
    "R-23: the training documents are deleted": delete_documents,
}


@pytest.mark.parametrize("what", AFTERWARDS)
def test_nothing_that_happens_to_the_source_touches_the_model(project: Project, cast: Cast, what: str) -> None:
    """R-21, R-22, R-23: payload hash and file stay, and a linked project trained anew has its ranks to the bit."""
    model, linked = head_start(project, cast)
    before = ranks(linked)
    AFTERWARDS[what](fresh(project), cast)
    perform_jobs()
    after = TrainedModel.objects.get(pk=model.pk)
    assert (after.payload, after.file, after.size) == (model.payload, model.file, model.size)
    assert library.training_rows(after).positives == model.positives
    assert ranks(linked) == before


def test_the_model_links_where_its_source_was(project: Project, cast: Cast) -> None:
    """R-22: the source project is gone; the model still links in its own workspace, and ranks."""
    model = exported(trained(project, cast.rita), cast.mona)
    projects.delete(project, cast.alice, project.name)
    made = links.create_project(project.workspace, cast.mona, TrainedModel.objects.get(pk=model.pk), name="After")
    perform_jobs()
    assert fresh(made).snapshot is not None


def test_an_export_goes_through_its_states_and_no_other_way(project: Project, cast: Cast) -> None:
    """R-25: queued, in progress, ready; what is ready can be neither stopped nor asked for again."""
    now = code_so_many(project, cast, 5, 5)
    perform_jobs()
    model = exports.request(now, cast.mona, name="States")
    assert (model.status, model.moving, model.repeatable) == (Status.QUEUED, True, False)
    seen: list[Status] = []

    def look(run: jobs.Run) -> None:
        seen.append(TrainedModel.objects.get(pk=model.pk).status)
        exporting.export(run)

    assert model.job is not None
    jobs.perform(model.job.pk, look)
    model = TrainedModel.objects.get(pk=model.pk)
    assert seen == [Status.IN_PROGRESS]
    assert (model.status, model.moving, model.repeatable) == (Status.READY, False, False)
    assert model.job is not None
    for verb in (jobs.cancel, jobs.retry):
        with pytest.raises(Conflict):
            verb(model.job, cast.mona)


def test_a_cancelled_export_can_be_asked_for_again(project: Project, cast: Cast) -> None:
    """R-25: cancelled while it waits; tried again it is queued, and becomes ready."""
    now = code_so_many(project, cast, 5, 5)
    model = exports.request(now, cast.mona, name="Cancelled")
    assert model.job is not None
    jobs.cancel(model.job, cast.mona)
    model = TrainedModel.objects.get(pk=model.pk)
    assert (model.status, model.repeatable, model.reason) == (Status.CANCELLED, True, "")
    jobs.retry(model.job, cast.mona)  # type: ignore[arg-type]
    assert TrainedModel.objects.get(pk=model.pk).status == Status.QUEUED
    perform_jobs()
    assert TrainedModel.objects.get(pk=model.pk).status == Status.READY


def test_an_export_that_is_stopped_while_it_runs_leaves_no_file(project: Project, cast: Cast) -> None:
    """R-25: in progress to cancelled; the vault holds nothing of it."""
    now = code_so_many(project, cast, 5, 5)
    perform_jobs()
    model = exports.request(now, cast.mona, name="Stopped")
    assert model.job is not None
    files = vault_files()
    Job.objects.filter(pk=model.job.pk).update(cancel_requested=True)
    jobs.perform(model.job.pk, exporting.export)
    assert TrainedModel.objects.get(pk=model.pk).status == Status.CANCELLED
    assert vault_files() == files


def test_a_failed_export_keeps_its_reason_and_can_be_tried_again(project: Project, cast: Cast) -> None:
    """R-25: without an index it fails and says what to do; once that is done, a retry succeeds."""
    now = code_so_many(project, cast, 5, 5)
    model = exports.request(now, cast.mona, name="Failed")
    index = now.index
    Project.objects.filter(pk=now.pk).update(index=None)
    assert model.job is not None
    jobs.perform(model.job.pk, exporting.export)
    model = TrainedModel.objects.get(pk=model.pk)
    assert (model.status, model.repeatable) == (Status.FAILED, True)
    assert "Populate the index first" in model.reason
    Project.objects.filter(pk=now.pk).update(index=index)
    jobs.retry(model.job, cast.mona)  # type: ignore[arg-type]
    perform_jobs()
    assert TrainedModel.objects.get(pk=model.pk).status == Status.READY


def during(model: TrainedModel, what: Callable[[], object]) -> None:
    """Perform the model's export with something happening after it was claimed."""

    def work(run: jobs.Run) -> None:
        what()
        exporting.export(run)

    assert model.job is not None
    jobs.perform(model.job.pk, work)


def vault_files() -> set[str]:
    return {path.name for path in library.vault().root.rglob("*") if path.is_file()}


def test_a_project_deleted_while_its_export_runs_leaves_a_clear_state(project: Project, cast: Cast) -> None:
    """R-25: failed, with a reason and nothing to retry; deleting the entry is the way on."""
    now = code_so_many(project, cast, 5, 5)
    model = exports.request(now, cast.mona, name="Orphan")
    during(model, lambda: projects.delete(now, cast.alice, now.name))
    model = TrainedModel.objects.get(pk=model.pk)
    assert (model.status, model.repeatable, model.job, model.project) == (Status.FAILED, False, None, None)
    assert "project was deleted" in model.reason
    assert [m.export_status for m in library.shown(cast.mona, model.workspace)] == ["failed"]  # type: ignore[attr-defined]
    library.delete([model], cast.mona)
    assert not TrainedModel.objects.exists()


def test_a_model_deleted_while_its_export_runs_stops_the_job_and_leaves_no_file(project: Project, cast: Cast) -> None:
    now = code_so_many(project, cast, 5, 5)
    perform_jobs()
    files = vault_files()
    model = exports.request(now, cast.mona, name="Deleted")
    job = model.job
    assert job is not None
    during(model, lambda: library.delete([model], cast.mona))
    job.refresh_from_db()
    assert (job.state, TrainedModel.objects.exists(), vault_files()) == (Job.State.CANCELLED, False, files)
    jobs.retry(job, cast.mona)
    perform_jobs()
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_a_deleted_model_takes_its_file_along_unless_a_copy_needs_it(project: Project, cast: Cast) -> None:
    """R-30: the sealed file goes with the last row that names it."""
    model = exported(code_so_many(project, cast, 5, 5), cast.mona)
    copy = TrainedModel.objects.get(pk=model.pk)
    copy.pk, copy.guid, copy.name, copy.job = None, "00000000-0000-0000-0000-000000000007", "Copy", None
    copy.save(force_insert=True)
    library.delete([model], cast.mona)
    assert model.file in vault_files()
    library.delete([copy], cast.mona)
    assert model.file not in vault_files()


def test_an_export_takes_categories_of_its_own_workspace(project: Project, cast: Cast) -> None:
    """R-35: zero or more."""
    now = code_so_many(project, cast, 5, 5)
    mine = now.workspace.categories.create(name="Subject-specific")
    theirs = Workspace.objects.get(name="Elsewhere").categories.create(name="Theirs")
    model = exports.request(now, cast.mona, name="Valves", categories=[mine])
    assert list(model.categories.all()) == [mine]
    with transaction.atomic(), pytest.raises(Invalid, match="another workspace"):
        exports.request(now, cast.mona, name="Others", categories=[theirs])
    assert not TrainedModel.objects.filter(name="Others").exists()
