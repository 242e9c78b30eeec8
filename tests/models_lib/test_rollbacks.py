"""Rollbacks: a project goes back to what trained a pinned version, and forth again, and nothing is lost (U-27, D18)."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from models_lib import pins, rollbacks, tags, versions
from models_lib.models import ModelVersion, Rollback
from reviewapp.domain import coding, jobs, projects, queue, statistics
from reviewapp.domain.coding import Answer
from reviewapp.errors import Conflict, Invalid, Refused
from reviewapp.models import AuditEvent, Decision, Job, Project
from tests.cast import Cast, code_chosen, fresh, perform_jobs, pinned, retrained, trained
from training import retraining, returning

COUNTERS = ("documents", "positives", "negatives", "neutrals", "skipped", "control_positives", "control_negatives")


def state(project: Project) -> dict[str, Any]:
    """What the project says of each document, and its counters."""
    now = fresh(project)
    items = project.items.order_by("ordinal").values_list("ordinal", "current", "decision", "removed")
    return {"items": [list(row) for row in items], **{name: getattr(now, name) for name in COUNTERS}}


def log(project: Project) -> str:
    """A digest over every column of every completion."""
    rows = json.dumps(list(project.answers.order_by("pk").values()), default=str)
    return hashlib.blake2b(rows.encode()).hexdigest()


def counted(project: Project) -> dict[str, int]:
    """The counters as the documents themselves give them."""
    decisions = list(project.items.filter(removed=False).values_list("decision", flat=True))
    names = {"positives": 1, "negatives": 0, "neutrals": 2, "skipped": 3}
    return {name: decisions.count(decision) for name, decision in names.items()}


def recode(project: Project, cast: Cast, ordinal: int, choice: str) -> None:
    item = project.items.get(ordinal=ordinal)
    coding.recode(fresh(project), item, cast.mona, Answer(choice=choice), item.revision)


def back_to(project: Project, number: int, cast: Cast) -> Project:
    rollbacks.request(fresh(project), number, cast.mona, f"v{number}")
    perform_jobs()
    return fresh(project)


@pytest.fixture
def grown(project: Project, cast: Cast) -> Project:
    """v1 pinned and Live; then decisions turned, taken back, skipped and added, and v2 and v3 trained."""
    now = trained(project, cast.rita)
    pinned(now, cast.mona)
    tags.move(now, "relevance", "live", 1, None, cast.mona)
    coded = list(now.items.filter(decision=Decision.POSITIVE).values_list("ordinal", flat=True))
    recode(now, cast, coded[0], "Not relevant")
    code_chosen(now, cast.rita, now.items.select_related("document").filter(decision=None)[:3])
    coding.undo(fresh(now), cast.rita)
    item = queue.next_document(fresh(now), cast.rolf)
    assert item is not None
    assert item.lease_token is not None
    coding.submit(fresh(now), cast.rolf, item.lease_token, Answer(skip_reason="Not readable"))
    return retrained(now, cast.rita, 2)


def test_a_rollback_restores_what_trained_the_version_and_loses_nothing(grown: Project, cast: Cast) -> None:
    """U-27, D18: the same decisions, so the same model, to the byte; the log of completions is untouched."""
    first = versions.get(grown, 1)
    before = log(grown)
    asked = rollbacks.preview(grown, first)
    now = back_to(grown, 1, cast)
    assert log(now) == before
    assert now.version is not None
    assert (now.version.number, now.version.source) == (4, ModelVersion.Source.ROLLBACK)
    assert now.version.digest == first.digest
    assert now.version.artifact == first.artifact
    assert now.snapshot is not None
    assert now.snapshot.version == now.version
    assert (now.positives, now.negatives, now.skipped) == (6, 6, 0)
    assert {name: getattr(now, name) for name in counted(now)} == counted(now)
    assert asked.after == {name: getattr(now, name) for name in asked.after}
    assert (asked.set_aside, asked.other, asked.back) == (grown.coded - 12, 1, 0)


def test_a_rollback_is_rolled_back_to_the_very_state_before_it(grown: Project, cast: Cast) -> None:
    """U-27, D18: the version that ranked before is pinned first; going back to it restores also what waited."""
    code_chosen(grown, cast.rita, grown.items.select_related("document").filter(decision=None)[:2])
    before, number = state(grown), fresh(grown).version.number  # type: ignore[union-attr]
    there = back_to(grown, 1, cast)
    assert state(there) != before
    assert {version.number for version in pins.of(there)} == {1, number}
    code_chosen(there, cast.rita, there.items.select_related("document").filter(decision=None)[:2])
    between = state(there)
    again = back_to(there, number, cast)
    assert state(again) == before
    assert again.version is not None
    assert again.version.positives + again.version.negatives == again.positives + again.negatives
    last = back_to(again, there.version.number, cast)  # type: ignore[union-attr]
    assert state(last) == between
    assert Rollback.objects.filter(project=grown).exclude(done_at=None).count() == 3


def test_trainings_afterwards_count_what_came_after_the_rollback(grown: Project, cast: Cast) -> None:
    """U-27, U-02: numbers go on; what was set aside does not come back by itself."""
    now = back_to(grown, 1, cast)
    assert statistics.waiting(now).decisions == 0
    later = retrained(now, cast.rita)
    assert later.version is not None
    assert (later.version.number, later.version.positives + later.version.negatives) == (5, 13)


def test_pins_and_tags_are_unaffected(grown: Project, cast: Cast) -> None:
    """U-27: whoever consumes Live reads the same version as before."""
    before = versions.get(grown, 1).artifact
    now = back_to(grown, 1, cast)
    [live] = tags.of(now)
    assert (live.name, live.pin.version.number, live.pin.version.artifact) == ("live", 1, before)


def test_the_project_is_locked_while_it_runs(grown: Project, cast: Cast) -> None:
    """U-27, D18: nobody codes and nothing trains; afterwards both go on."""
    item = queue.next_document(grown, cast.rita)
    assert item is not None
    assert item.lease_token is not None
    rollbacks.request(grown, 1, cast.mona, "v1")
    locked = fresh(grown)
    with pytest.raises(Conflict, match="rolled back"):
        queue.next_document(locked, cast.rolf)
    with pytest.raises(Conflict, match="rolled back"):
        coding.submit(locked, cast.rita, item.lease_token, Answer(choice="Relevant"))
    with pytest.raises(Conflict, match="rolled back"):
        projects.train_now(locked, cast.mona)
    with pytest.raises(Conflict, match="rolled back"):
        rollbacks.request(locked, 1, cast.mona, "v1")
    job = Job.objects.get(project=grown, kind=Job.Kind.ROLL_BACK)
    with pytest.raises(Conflict, match="not stopped half-way"):
        jobs.cancel(job, cast.mona)
    before = log(grown)
    perform_jobs()
    assert log(grown) == before
    coding.submit(fresh(grown), cast.rita, item.lease_token, Answer(choice="Relevant"))


def test_somebody_who_looked_before_the_rollback_saves_nothing_after_it(grown: Project, cast: Cast) -> None:
    """U-27: a submission that began before and ends after is refused, so no decision is numbered among those before."""
    item = queue.next_document(grown, cast.rita)
    assert item is not None
    assert item.lease_token is not None
    seen = fresh(grown)
    now = back_to(grown, 1, cast)
    before = state(now)
    with pytest.raises(Conflict, match="rolled back meanwhile"):
        coding.submit(seen, cast.rita, item.lease_token, Answer(choice="Relevant"))
    assert state(now) == before


class Interrupted(jobs.Run):
    """A worker's hold on a training, beside which something happens when the decisions are read."""

    meanwhile: Callable[[], None]

    def report(self, step: str, progress: int = 0, total: int = 0) -> None:
        super().report(step, progress, total)
        if step == "Fitting":
            self.meanwhile()


@pytest.mark.parametrize("done", [False, True])
def test_a_training_under_way_publishes_nothing(grown: Project, cast: Cast, done: bool) -> None:
    """U-27: the race: a training has read its decisions when the rollback is asked for, and ends before or after it."""
    code_chosen(grown, cast.rita, grown.items.select_related("document").filter(decision=None)[:1])
    waiting = grown.jobs.filter(kind=Job.Kind.TRAIN, state=Job.State.QUEUED).first()
    held = jobs.claim((waiting or projects.train_now(fresh(grown), cast.mona)).pk)
    assert held is not None
    run = Interrupted(held.job, held.token)

    def meanwhile() -> None:
        asked = rollbacks.request(fresh(grown), 1, cast.mona, "v1")
        if done:
            assert asked.job is not None
            jobs.perform(asked.job.pk, returning.roll_back)

    run.meanwhile = meanwhile
    retraining.train(run)
    held.job.refresh_from_db()
    assert held.job.result["outcome"] == "rolled back meanwhile"
    perform_jobs()
    made = fresh(grown).version
    assert made is not None
    assert (made.number, made.source) == (4, ModelVersion.Source.ROLLBACK)


def test_what_cannot_be_gone_back_to_is_refused(grown: Project, cast: Cast) -> None:
    """U-27: only pinned versions, never the one that ranks, with the typed name and both rights."""
    with pytest.raises(Invalid, match="Type v1"):
        rollbacks.request(grown, 1, cast.mona, "yes")
    with pytest.raises(Conflict, match="not pinned"):
        rollbacks.request(grown, 2, cast.mona, "v2")
    pins.request(grown, 3, cast.mona)
    with pytest.raises(Conflict, match="ranks the documents now"):
        rollbacks.request(grown, 3, cast.mona, "v3")
    with pytest.raises(Refused):
        rollbacks.request(grown, 1, cast.rita, "v1")
    assert not Rollback.objects.exists()


def test_a_rollback_that_fails_changes_nothing_and_unlocks(
    grown: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """U-27: all or nothing; the reason is in the job, and the review goes on."""
    before = state(grown)
    asked = rollbacks.request(grown, 1, cast.mona, "v1")
    assert asked.job is not None
    with monkeypatch.context() as patch:
        patch.setenv("TOKEN_KEY", "cd" * 32)  # as after a move to another server: its index means nothing here
        jobs.perform(asked.job.pk, returning.roll_back, failed=rollbacks.give_up)
    asked.job.refresh_from_db()
    assert asked.job.state == Job.State.FAILED
    assert state(grown) == before
    assert fresh(grown).rolling_back is None
    assert queue.next_document(fresh(grown), cast.rita) is not None
    assert AuditEvent.objects.filter(verb="rollback.fail").count() == 1


def test_a_rollback_leaves_its_events(grown: Project, cast: Cast) -> None:
    """U-27: who asked, what was the backup, and what came of it."""
    back_to(grown, 1, cast)
    asked = AuditEvent.objects.get(verb="rollback.request")
    done = AuditEvent.objects.get(verb="rollback.done")
    assert (asked.actor, asked.detail) == (cast.mona, {"number": 1, "backup": 3})
    assert (done.detail["number"], done.detail["made"], done.detail["positives"]) == (1, 4, 6)
