"""Shares: who may, what arrives, and that every copy then stands on its own."""

import time
from collections.abc import Callable, Sequence
from threading import Thread

import pytest
from django.db import connection, transaction

from models_lib import categories, library, links, outcomes, shares
from models_lib.models import Category, TrainedModel
from reviewapp.access import Right
from reviewapp.domain import jobs, people
from reviewapp.errors import Conflict, Invalid, NotFound, Refused
from reviewapp.models import AuditEvent, Job, Project, User, Workspace
from tests.cast import Cast, exported, fresh, perform_jobs, trained, write_documents
from tests.models_lib.shelf import another, ready_model, waiting_model

EVERY: tuple[Right, ...] = ("view", "view_models", "add_models", "edit_models", "delete_models", "add_choices")


@pytest.fixture
def model(workspace: Workspace, cast: Cast) -> TrainedModel:
    """A ready model of Halden in two categories."""
    made = ready_model(workspace, cast.mona, description="Commissions and valves")
    return in_categories(made, cast.mona, "Spam Removal", "Bribery")


@pytest.fixture
def bergen(workspace: Workspace, cast: Cast) -> Workspace:
    """Another client's workspace, in which Mona is manager and nobody else of Halden is anything."""
    return another("Bergen", cast)


def in_categories(model: TrainedModel, by: User, *names: str) -> TrainedModel:
    have = {category.name: category for category in model.workspace.categories.all()}
    chosen = [have.get(name) or categories.create(model.workspace, by, name) for name in names]
    return library.edit(model, by, {"categories": chosen})


def share(models: Sequence[TrainedModel], into: Workspace, by: User) -> Job:
    """Ask for the share and let a worker do it."""
    job, _ = shares.request(models[0].workspace, by, [model.pk for model in models], [into.pk])
    perform_jobs()
    job.refresh_from_db()
    return job


def copy_in(workspace: Workspace, model: TrainedModel) -> TrainedModel:
    return TrainedModel.objects.get(workspace=workspace, guid=model.guid)


def names_of(model: TrainedModel) -> list[str]:
    return sorted(category.name for category in model.categories.all())


def written() -> list[int]:
    return [table.objects.count() for table in (TrainedModel, Category, Job)]


def test_a_model_goes_to_the_workspace_of_another_client(model: TrainedModel, bergen: Workspace, cast: Cast) -> None:
    """R-08, R-36, R-44: a copy with a key of its own, the same GUID, training and categories; the job says so."""
    job = share([model], bergen, cast.mona)
    copy = copy_in(bergen, model)
    assert job.state == Job.State.DONE
    assert [target["workspace"] for target in job.result["targets"]] == [bergen.pk]
    (told,) = job.result["targets"][0]["models"]
    assert (told["copy"], told["guid"], told["created"]) == (copy.pk, str(model.guid), True)
    assert copy.pk != model.pk
    assert (copy.name, copy.description, copy.payload, copy.file) == (
        model.name,
        model.description,
        model.payload,
        model.file,
    )
    assert names_of(copy) == names_of(model) == ["Bribery", "Spam Removal"]
    assert (copy.origin, copy.status, copy.project, copy.job) == ("shared", "ready", None, None)


@pytest.mark.parametrize(
    ("side", "right"),
    [("origin", right) for right in shares.IN_ORIGIN] + [("target", right) for right in shares.IN_TARGET],
)
def test_each_missing_right_alone_refuses_the_share_and_leaves_only_the_attempt(
    side: str, right: Right, model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    """R-09, R-40, D13, 2.1.3: all rights pass, any one of them missing on either side refuses; nothing is written."""
    person = cast.rolf
    for workspace, name in ((model.workspace, "origin"), (bergen, "target")):
        people.grant_rights(workspace, person, set(EVERY) - ({right} if name == side else set()), cast.alice)
    before, events = written(), AuditEvent.objects.filter(workspace=bergen).count()
    with pytest.raises(Refused):
        shares.request(model.workspace, person, [model.pk], [bergen.pk])
    assert written() == before
    assert AuditEvent.objects.filter(workspace=bergen).count() == events
    attempt = AuditEvent.objects.get(verb="model.share-refused")
    assert (attempt.actor, attempt.workspace) == (person, model.workspace)
    assert attempt.detail == {"models": [model.pk], "workspaces": [bergen.pk], "reason": "refused"}
    people.grant_rights(model.workspace, person, shares.IN_ORIGIN, cast.alice)
    people.grant_rights(bergen, person, shares.IN_TARGET, cast.stan)
    assert share([model], bergen, person).state == Job.State.DONE


def test_a_workspace_or_model_that_one_may_not_see_is_not_there(
    model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    """R-09, R-12: without access to the target, or to a restricted model, the answer is that of a wrong number."""
    elsewhere = Workspace.objects.get(name="Elsewhere")
    before = written()
    for into in (elsewhere.pk, 987_654):
        with pytest.raises(NotFound, match="This workspace does not exist, or you have no access to it"):
            shares.request(model.workspace, cast.mona, [model.pk], [into])
    library.restrict(model, cast.alice, True, [])
    for missing in (model.pk, 987_654):
        with pytest.raises(NotFound, match="This trained model does not exist, or you have no access to it"):
            shares.request(model.workspace, cast.mona, [missing], [bergen.pk])
    assert written() == before
    assert AuditEvent.objects.filter(verb="model.share-refused", workspace=model.workspace).count() == 4


def test_targets_are_the_workspaces_where_both_rights_hold(model: TrainedModel, bergen: Workspace, cast: Cast) -> None:
    """R-41: what the page offers; not the workspace itself, not one where a right is missing."""
    only_add, only_edit = another("Only add", cast), another("Only edit", cast)
    people.grant_rights(only_add, cast.mona, ["add_models", "view_models"], cast.stan)
    people.grant_rights(only_edit, cast.mona, ["edit_models", "view_models"], cast.stan)
    assert list(shares.targets(cast.mona, model.workspace)) == [bergen]
    assert list(shares.targets(cast.vic, model.workspace)) == []


def test_a_library_passes_models_on_and_the_originals_may_go(project: Project, bergen: Workspace, cast: Cast) -> None:
    """R-29, R-30: A to Library to B keeps the GUID; after deleting the first two, B's copy links and ranks."""
    model = exported(trained(project, cast.rita), cast.mona)
    shelf = another("Library", cast)
    share([model], shelf, cast.mona)
    share([copy_in(shelf, model)], bergen, cast.mona)
    copy = copy_in(bergen, model)
    assert copy.guid == model.guid
    library.delete([copy_in(shelf, model)], cast.mona)
    library.delete([model], cast.mona)
    assert TrainedModel.objects.get() == copy
    write_documents(bergen, 40)
    made = links.create_project(bergen, cast.mona, copy, name="Head start")
    perform_jobs()
    assert fresh(made).coded == 0
    assert fresh(made).snapshot is not None


def test_deleting_the_last_copy_takes_the_sealed_file_along(
    model: TrainedModel, bergen: Workspace, cast: Cast, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    """R-30: the file is there as long as any copy reads it, and no longer."""
    share([model], bergen, cast.mona)
    copy = copy_in(bergen, model)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        library.delete([model], cast.mona)
    assert library.training_rows(copy).positives == copy.positives
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        library.delete([copy], cast.mona)
    assert not any(path.name == copy.file for path in library.vault().root.rglob("*"))


def test_copies_change_alone_until_they_are_shared_again(model: TrainedModel, bergen: Workspace, cast: Cast) -> None:
    """R-31, R-45: renamed in A, B is unchanged; shared again, B has the new name, description and categories."""
    share([model], bergen, cast.mona)
    copy = copy_in(bergen, model)
    library.edit(model, cast.mona, {"name": "Second edition", "description": "Better"})
    in_categories(model, cast.mona, "Bribery")
    copy.refresh_from_db()
    assert (copy.name, names_of(copy)) == ("Valve knowledge", ["Bribery", "Spam Removal"])
    library.edit(copy, cast.mona, {"name": "Ours", "categories": []})
    model.refresh_from_db()
    assert model.name == "Second edition"
    job = share([model], bergen, cast.mona)
    (told,) = job.result["targets"][0]["models"]
    assert (told["copy"], told["created"]) == (copy.pk, False)
    copy.refresh_from_db()
    assert (copy.name, copy.description, names_of(copy)) == ("Second edition", "Better", ["Bribery"])
    assert TrainedModel.objects.filter(workspace=bergen).count() == 1


def test_sharing_again_never_changes_the_training(model: TrainedModel, bergen: Workspace, cast: Cast) -> None:
    """R-46, D14: B's training stays, also when A's was altered; the answer warns and shows both digests."""
    share([model], bergen, cast.mona)
    copy = copy_in(bergen, model)
    before = (copy.payload, copy.file, copy.key_id, bytes(copy.wrapped_key), copy.positives, copy.sealed_at)
    assert share([model], bergen, cast.mona).result["targets"][0]["models"][0]["kept_training"] == []
    other = ready_model(model.workspace, cast.mona, "Other training")
    same = {name: getattr(other, name) for name in ("payload", "file", "key_id", "wrapped_key", "size", "positives")}
    TrainedModel.objects.filter(pk=model.pk).update(**same)
    job = share([model], bergen, cast.mona)
    copy.refresh_from_db()
    assert (copy.payload, copy.file, copy.key_id, bytes(copy.wrapped_key), copy.positives, copy.sealed_at) == before
    assert job.result["targets"][0]["models"][0]["kept_training"] == [copy.payload, other.payload]
    assert copy.payload != other.payload


def test_only_the_exact_spelling_of_a_category_is_used_again(
    model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    """R-47, R-48: “Spam Removal” is reused, “spam removal” is another one; what is missing is created and assigned."""
    known = categories.create(bergen, cast.mona, "Spam Removal")
    categories.create(bergen, cast.mona, "bribery")
    share([model], bergen, cast.mona)
    copy = copy_in(bergen, model)
    assert known in copy.categories.all()
    assert names_of(copy) == ["Bribery", "Spam Removal"]
    assert list(bergen.categories.values_list("name", flat=True)) == ["Spam Removal", "bribery", "Bribery"]


def test_without_the_right_to_create_categories_the_model_goes_without_them(
    model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    """R-49, D8: shared, without the category that is missing there, and the answer says so; known ones are set."""
    categories.create(bergen, cast.mona, "Spam Removal")
    people.grant_rights(bergen, cast.mona, shares.IN_TARGET, cast.stan)
    (preview,) = shares.previews([model], [bergen], cast.mona)
    assert (preview.missing, preview.left_off) == ([], ["Bribery"])
    job = share([model], bergen, cast.mona)
    assert names_of(copy_in(bergen, model)) == ["Spam Removal"]
    assert job.result["targets"][0]["models"][0]["left_off"] == ["Bribery"]
    assert [category.name for category in bergen.categories.all()] == ["Spam Removal"]


def test_a_preview_says_what_the_share_then_does(model: TrainedModel, bergen: Workspace, cast: Cast) -> None:
    (before,) = shares.previews([model], [bergen], cast.mona)
    assert (before.created, before.known, before.missing) == (1, 0, ["Bribery", "Spam Removal"])
    share([model], bergen, cast.mona)
    (after,) = shares.previews([model], [bergen], cast.mona)
    assert (after.created, after.known, after.missing, after.left_off) == (0, 1, [], [])


def test_a_model_that_is_not_ready_cannot_be_shared_alone(model: TrainedModel, bergen: Workspace, cast: Cast) -> None:
    """R-42: queued, failed and cancelled ones are refused."""
    waiting = waiting_model(model)
    for state in (Job.State.QUEUED, Job.State.FAILED, Job.State.CANCELLED):
        Job.objects.filter(trained_model=waiting).update(state=state)
        with pytest.raises(Conflict, match="Only models that are ready can be shared"):
            shares.request(waiting.workspace, cast.mona, [waiting.pk], [bergen.pk])
    assert not Job.objects.filter(kind=Job.Kind.SHARE).exists()


def test_those_not_ready_are_left_out_by_name_and_the_rest_go(
    model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    """R-43: two ready and one not; the one is named, two copies appear."""
    second, waiting = ready_model(model.workspace, cast.mona, "Second"), waiting_model(model)
    job, left_out = shares.request(model.workspace, cast.mona, [model.pk, second.pk, waiting.pk], [bergen.pk])
    assert [left.name for left in left_out] == ["Waiting"]
    jobs.perform(job.pk, shares.share)
    assert set(TrainedModel.objects.filter(workspace=bergen).values_list("guid", flat=True)) == {
        model.guid,
        second.guid,
    }


def test_every_target_gets_a_copy_and_the_trail_tells_on_both_sides(
    model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    """R-44, T-20: one event about the model where it is asked for; one a copy, which names no other place."""
    oslo = another("Oslo", cast)
    shares.request(model.workspace, cast.mona, [model.pk], [bergen.pk, oslo.pk])
    perform_jobs()
    asked = AuditEvent.objects.get(verb="model.share", workspace=model.workspace)
    assert (asked.actor, asked.detail) == (
        cast.mona,
        {"guids": [str(model.guid)], "workspaces": sorted([bergen.pk, oslo.pk])},
    )
    for target in (bergen, oslo):
        copy = copy_in(target, model)
        event = AuditEvent.objects.get(verb="model.received", workspace=target)
        assert (event.actor, event.target) == (cast.mona, f"trainedmodel:{copy.pk}")
        assert event.detail == {"guid": str(model.guid), "known": False}
    assert TrainedModel.objects.filter(guid=model.guid).count() == 3


@pytest.mark.parametrize(
    ("models", "into", "field"),
    [([], ["bergen"], "models"), (["model"], [], "workspaces"), (["model"], ["own"], "workspaces")],
)
def test_a_share_of_nothing_or_to_itself_is_refused(
    models: list[str], into: list[str], field: str, model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    keys = {"model": model.pk, "bergen": bergen.pk, "own": model.workspace_id}
    with pytest.raises(Invalid) as refused:
        shares.request(model.workspace, cast.mona, [keys[name] for name in models], [keys[name] for name in into])
    assert list(refused.value.fields) == [field]


def test_a_taken_name_gets_a_number_and_the_answer_says_so(model: TrainedModel, bergen: Workspace, cast: Cast) -> None:
    second = ready_model(model.workspace, cast.mona, "Second")
    share([second], bergen, cast.mona)
    library.edit(copy_in(bergen, second), cast.mona, {"name": model.name})
    (told,) = share([model], bergen, cast.mona).result["targets"][0]["models"]
    assert (told["name"], told["renamed"]) == ("Valve knowledge (2)", True)
    (told,) = share([model], bergen, cast.mona).result["targets"][0]["models"]
    assert (told["name"], told["renamed"]) == ("Valve knowledge (2)", True)


def test_a_restricted_model_arrives_restricted(model: TrainedModel, bergen: Workspace, cast: Cast) -> None:
    """R-12: where it comes to, its admins and who shared it see it, and let others."""
    library.restrict(model, cast.alice, True, [cast.mona])
    people.grant(bergen, cast.rolf, "manager", cast.stan)
    share([model], bergen, cast.mona)
    copy = copy_in(bergen, model)
    seeing = [person for person in (cast.stan, cast.mona, cast.rolf) if copy in library.shown(person, bergen)]
    assert seeing == [cast.stan, cast.mona]


def without_right(bergen: Workspace, model: TrainedModel, cast: Cast) -> None:
    people.grant(bergen, cast.mona, "reviewer", cast.stan)


def without_model(bergen: Workspace, model: TrainedModel, cast: Cast) -> None:
    library.delete([model], cast.mona)


def without_person(bergen: Workspace, model: TrainedModel, cast: Cast) -> None:
    Job.objects.filter(kind=Job.Kind.SHARE).update(requested_by=None)


@pytest.mark.parametrize("taken", [without_right, without_model, without_person])
def test_what_changed_before_the_worker_came_ends_the_share_with_nothing_copied(
    taken: Callable[[Workspace, TrainedModel, Cast], None], model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    """R-09: rights are asked for again by the worker; the reason names no workspace to those who read the job."""
    job, _ = shares.request(model.workspace, cast.mona, [model.pk], [bergen.pk])
    taken(bergen, model, cast)
    perform_jobs()
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert job.error.startswith(("Nothing was copied", "The person who asked"))
    assert "Bergen" not in job.error
    assert not TrainedModel.objects.filter(workspace=bergen).exists()
    assert not bergen.categories.exists()


def test_a_job_tells_nobody_of_workspaces_and_models_that_are_not_theirs_to_see(
    model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    """R-12: Vic sees that something was shared; Mona, who asked, sees all of it."""
    hidden = ready_model(model.workspace, cast.mona, "Hidden")
    library.restrict(hidden, cast.alice, True, [cast.mona])
    oslo = another("Oslo", cast)
    people.grant(oslo, cast.vic, "viewer", cast.stan)
    job, _ = shares.request(model.workspace, cast.mona, [model.pk, hidden.pk], [bergen.pk, oslo.pk])
    perform_jobs()
    job.refresh_from_db()
    mona, vic = (outcomes.told([job], person)[job.pk] for person in (cast.mona, cast.vic))
    assert mona.result == job.result
    assert (mona.hidden, sorted(mona.names.values())) == (0, ["Bergen", "Oslo"])
    assert (vic.hidden, vic.names) == (1, {oslo.pk: "Oslo"})
    assert vic.parameters == {"models": [model.pk], "workspaces": [oslo.pk]}
    assert [(name, [copied["name"] for copied in copies]) for _, name, copies in vic.targets] == [
        ("Oslo", ["Valve knowledge"])
    ]


@pytest.mark.django_db(transaction=True)
def test_deleting_the_original_waits_for_a_share_that_copies_it(
    model: TrainedModel, bergen: Workspace, cast: Cast
) -> None:
    """R-30: the sealed file is not thrown away between the copying of its row and the commit."""
    job, _ = shares.request(model.workspace, cast.mona, [model.pk], [bergen.pk])
    sharing = Thread(target=in_thread, args=(lambda: jobs.perform(job.pk, shares.share),))
    deleting = Thread(target=in_thread, args=(lambda: library.delete([model], cast.mona),))
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=bergen.pk)  # the share stops here, with the model in its hands
        sharing.start()
        wait_for_locks(1)
        deleting.start()
        wait_for_locks(2)
    sharing.join()
    deleting.join()
    copy = TrainedModel.objects.get()
    assert copy.workspace == bergen
    assert library.training_rows(copy).positives == copy.positives


def in_thread(work: Callable[[], object]) -> None:
    try:
        work()
    finally:
        connection.close()


def wait_for_locks(count: int) -> None:
    """Until so many statements wait for a lock."""
    until = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= count:
                return
            time.sleep(0.02)
    raise AssertionError(f"fewer than {count} statements wait")
