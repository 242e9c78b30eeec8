"""Restored where other keys are: everything is there, and what only the old instance could do says so."""

import pytest

from models_lib import library, links, outcomes
from models_lib.models import TrainedModel
from reviewapp.archives import reading, restoring
from reviewapp.domain import indexes, people, projects
from reviewapp.errors import Conflict, OtherInstance
from reviewapp.models import (
    Archive,
    AuditEvent,
    ClassificationIndex,
    Completion,
    Job,
    Project,
    User,
    Workspace,
    WorkspaceUserObjectPermission,
)
from tests.cast import Cast, code, fresh, perform_jobs
from tests.reviewapp.archives.conftest import World, another_instance, archived, asked, key_of, restored


@pytest.fixture
def elsewhere(world: World, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Halden, restored on a server with another instance key and another token key."""
    made = archived(world.workspace, world.cast.alice)
    another_instance(monkeypatch)
    return restored(made, world.cast.olga)


def of(workspace: Workspace, name: str) -> Project:
    return fresh(Project.objects.get(workspace=workspace, name=name))


def last_population(project: Project) -> Job:
    perform_jobs()
    return project.jobs.filter(kind=Job.Kind.POPULATE).latest("pk")


def test_populating_fails_with_the_name_of_the_model_until_the_link_is_removed(
    world: World, elsewhere: Workspace
) -> None:
    """R-63, R-64: the error names the linked model; after unlink a full population succeeds."""
    linked = of(elsewhere, "Head start")
    failed = last_population(linked)
    assert failed.state == Job.State.FAILED
    outcomes.say_errors([failed], world.cast.olga)
    assert "“Valve knowledge” was sealed by another instance" in failed.error
    assert "remove the link" in failed.error
    again = projects.repopulate(linked, world.cast.mona, full=True)
    assert last_population(linked).pk == again.pk
    assert last_population(linked).state == Job.State.FAILED
    links.unlink(of(elsewhere, "Head start"), world.cast.mona)
    done = last_population(linked)
    assert (done.state, done.parameters["full"], done.result["documents"]) == (Job.State.DONE, True, 60)
    now = of(elsewhere, "Head start")
    assert now.index is not None
    assert (now.index.state, indexes.is_ours(now.index), now.linked_model) == ("active", True, None)


def test_an_index_of_another_token_key_is_known_as_not_usable_and_populated_anew(
    world: World, elsewhere: Workspace
) -> None:
    """Projects without such a link are populated by themselves, fully: codes of two keys cannot be mixed."""
    unlinked = of(elsewhere, "Valves")
    numbers = list(unlinked.indexes.values_list("number", "state"))
    assert numbers == [(1, "needs_population"), (2, "active")]
    first = unlinked.indexes.get(number=1)
    assert "another instance" in first.error
    assert not indexes.is_ours(first)
    assert last_population(unlinked).parameters["full"] is True
    assert unlinked.version is not None
    assert unlinked.version.number == 2  # trained on the new index, after it


def test_nothing_is_trained_or_exported_from_a_foreign_index(world: World, elsewhere: Workspace) -> None:
    linked = of(elsewhere, "Head start")
    assert linked.index is not None
    with pytest.raises(OtherInstance, match="Populate it anew"):
        indexes.require_ours(linked.index)
    job = projects.train_now(linked, world.cast.mona)
    perform_jobs()
    job.refresh_from_db()
    assert (job.state, "Populate it anew" in job.error) == (Job.State.FAILED, True)


def test_the_review_goes_on_with_the_ranks_it_had(world: World, elsewhere: Workspace) -> None:
    assert code(of(elsewhere, "Head start"), world.cast.olga, 3) == 3


def test_models_say_that_another_instance_sealed_them(world: World, elsewhere: Workspace) -> None:
    """R-63: restored, listed, and shown for what they are; they can neither be opened nor linked."""
    model = TrainedModel.objects.get(workspace=elsewhere)
    assert (model.name, model.guid, model.status) == (world.model.name, world.model.guid, "ready")
    assert [row.sealed_elsewhere for row in library.shown(world.cast.olga, elsewhere)] == [True]  # type: ignore[attr-defined]
    with pytest.raises(OtherInstance):
        library.training_rows(model)
    with pytest.raises(OtherInstance):
        links.link(of(elsewhere, "Valves"), model, world.cast.olga)
    assert [row.sealed_elsewhere for row in library.shown(world.cast.olga, world.workspace)] == [True]  # type: ignore[attr-defined]


def test_a_model_sealed_here_does_not_say_so(world: World) -> None:
    assert [row.sealed_elsewhere for row in library.shown(world.cast.mona, world.workspace)] == [False]  # type: ignore[attr-defined]


def test_nobody_gets_a_role_by_itself_and_whoever_restores_administers(world: World, elsewhere: Workspace) -> None:
    """T-12, SPEC 2.1.9: on another instance a user name may be somebody else's, so reviewers are added again."""
    assert [(member.user, member.role) for member in people.members(elsewhere)] == [(world.cast.olga, "admin")]
    job = Job.objects.filter(kind=Job.Kind.RESTORE).latest("pk")
    assert job.result["without_role"] == ["alice", "mona", "rita", "rolf", "vic"]
    assert job.result["sealed_elsewhere"] == ["Valve knowledge"]
    assert sorted(job.result["needs_population"]) == ["Head start", "Valves"]


def test_roles_come_along_when_somebody_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = archived(world.workspace, world.cast.alice)
    another_instance(monkeypatch)
    workspace = restored(made, world.cast.olga, roles="archived")
    assert {member.user.username: member.role for member in people.members(workspace)} == {
        "alice": "admin",
        "mona": "manager",
        "rita": "reviewer",
        "rolf": "reviewer",
        "vic": "custom",
    }


@pytest.fixture
def without_rita(world: World, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """An archive that names people whom this server has never heard of."""
    made = archived(world.workspace, world.cast.alice)
    for name in ("rita", "rolf"):
        User.objects.filter(username=name).update(username=f"{name}.of.the.old.server")
    return made


def test_people_who_are_not_here_keep_what_they_said_as_placeholders(cast: Cast, without_rita: Archive) -> None:
    """Completions keep an inactive person without password or role; the audit trail names them."""
    workspace = restored(without_rita, cast.olga, roles="archived")
    rita = User.objects.get(username="rita")
    assert (rita.is_active, rita.has_usable_password(), rita.is_superuser, rita.is_staff) == (False,) * 4
    assert Completion.objects.filter(project__workspace=workspace, reviewer=rita).count() == 12
    assert not WorkspaceUserObjectPermission.objects.filter(user=rita).exists()
    assert "rita" not in {member.user.username for member in people.members(workspace)}
    assert AuditEvent.objects.filter(workspace=workspace, target=f"user:{rita.pk}").exists()
    job = Job.objects.filter(kind=Job.Kind.RESTORE).latest("pk")
    assert (job.result["placeholders"], job.result["without_role"]) == (["rita", "rolf"], ["rita", "rolf"])
    again = restored(without_rita, cast.olga)
    assert Completion.objects.filter(project__workspace=again, reviewer=rita).count() == 12


def test_a_placeholder_can_be_refused_by_name(cast: Cast, without_rita: Archive) -> None:
    with pytest.raises(Conflict, match=r"Not on this server: rita, rolf\. Make their accounts"):
        asked(without_rita, cast.olga, unknown="refuse")
    assert not User.objects.filter(username="rita").exists()
    seen = restoring.look(without_rita, cast.olga, key_of(without_rita))
    assert [person.username for person in seen.unknown] == ["rita", "rolf"]
    assert (seen.free_name, seen.default_roles) == ("Halden (2)", "archived")


def test_an_account_that_vanished_meanwhile_stops_a_restore_that_wants_all(world: World) -> None:
    made = archived(world.workspace, world.cast.alice)
    job = restoring.request(made, world.cast.olga, key_of(made), unknown="refuse")
    User.objects.filter(username="vic").update(username="victor")
    perform_jobs()
    job.refresh_from_db()
    assert "Not on this server: vic" in job.error


def test_without_an_admin_who_is_active_whoever_restores_is_one(world: World) -> None:
    made = archived(world.workspace, world.cast.alice)
    User.objects.filter(username="alice").update(is_active=False)
    workspace = restored(made, world.cast.olga)
    admins = {member.user.username for member in people.members(workspace) if member.role == "admin"}
    assert admins == {"alice", "olga"}


def test_with_the_old_keys_kept_the_other_server_is_the_same_instance(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that moves takes its keys along; a rotated instance key still opens what the former one sealed."""
    monkeypatch.setenv("INSTANCE_KEY", "12" * 32)
    model = world.model
    made = archived(world.workspace, world.cast.alice)
    monkeypatch.setenv("INSTANCE_KEY", "34" * 32)
    monkeypatch.setenv("INSTANCE_KEY_PREVIOUS", "12" * 32)
    assert reading.verify(made.path, key_of(made), lambda read: None).signed
    workspace = restored(made, world.cast.olga)
    assert ClassificationIndex.objects.filter(project__workspace=workspace, state="needs_population").count() == 0
    assert TrainedModel.objects.get(workspace=workspace).payload == model.payload
    assert people.members(workspace)[0].role == "admin"
