"""The end of a review: nothing changes any more, and what was reached stays readable even without the project."""

from collections.abc import Callable

import pytest

from models_lib import exports, links
from reviewapp.domain import (
    closing,
    coding,
    controls,
    documents,
    history,
    jobs,
    leases,
    projects,
    queue,
    removal,
    second_looks,
    stopping,
    validation,
    verdicts,
)
from reviewapp.domain.coding import Answer
from reviewapp.domain.validation_plans import Design
from reviewapp.errors import Conflict
from reviewapp.models import AuditEvent, ClosedProject, Job, Project, ProjectDocument
from tests.cast import Cast, code, exported, fresh, perform_jobs, trained, write_documents
from tests.reviewapp.archives.conftest import archived, quick_passphrases, restored

__all__ = ["quick_passphrases"]


def test_a_complete_project_is_read_only_in_every_verb(project: Project, cast: Cast) -> None:
    """R-01: nothing that changes the review is possible, by whatever door."""
    now = trained(project, cast.rita)
    model = exported(now, cast.mona)
    held = queue.next_document(now, cast.rita)
    assert held is not None
    assert held.lease_token is not None
    done = closing.complete(now, cast.mona)
    item = done.items.select_related("document", "current__project__workspace").exclude(decision=None)[0]
    assert item.current is not None
    token, completion, yes = held.lease_token, item.current, Answer(choice="Relevant")
    attempts: list[Callable[[], object]] = [
        lambda: queue.next_document(fresh(done), cast.rita),
        lambda: coding.submit(fresh(done), cast.rita, token, yes),
        lambda: coding.submit(now, cast.rita, token, yes),
        lambda: coding.recode(done, item, cast.rita, yes, item.revision),
        lambda: coding.undo(done, cast.rita),
        lambda: leases.open_document(done, item, cast.rita),
        lambda: verdicts.assign(done, [item.document_id], cast.rolf, cast.mona),
        lambda: verdicts.decide(completion, cast.mona, accepted=True),
        lambda: projects.change(done, cast.mona, {"every_n": 5}),
        lambda: projects.change_choices(done, cast.mona, "relevance", projects.DEFAULT_CHOICES),
        lambda: projects.pause(done, cast.mona),
        lambda: projects.resume(done, cast.mona),
        lambda: projects.train_now(done, cast.mona),
        lambda: projects.populate(done, cast.mona),
        lambda: links.link(done, model, cast.mona),
        lambda: links.unlink(done, cast.mona),
        lambda: closing.complete(done, cast.mona),
        lambda: second_looks.draw(done, cast.mona, positives=1),
        lambda: controls.draw(done, cast.mona, 5),
        lambda: stopping.set_plan(done, cast.mona, {"target": 0.8}),
        lambda: stopping.look(done, cast.mona),
        lambda: validation.start(done, cast.mona, Design(size=3)),
    ]
    for number, attempt in enumerate(attempts):
        with pytest.raises(Conflict):
            attempt()
        assert fresh(done).state == Project.State.COMPLETE, number
    assert not ProjectDocument.objects.filter(project=done).exclude(reviewer=None).exists()


def test_a_complete_project_can_still_be_exported(project: Project, cast: Cast) -> None:
    """R-18: exporting from completed projects is what is advised."""
    done = closing.complete(trained(project, cast.rita), cast.mona)
    model = exports.request(done, cast.mona, name="Knowledge")
    perform_jobs()
    assert fresh(done).exports.get(pk=model.pk).sealed_at is not None


def test_the_record_is_what_was_at_the_end(project: Project, cast: Cast) -> None:
    """R-01: settings, members, figures, charts, versions, exports, as the pages showed them then."""
    now = trained(project, cast.rita)
    exported(now, cast.mona)
    closing.complete(now, cast.mona)
    closed = history.of(now.workspace).get()
    record = closed.record
    assert (closed.name, closed.state, closed.closed_by) == ("Valves", "complete", cast.mona)
    assert record["progress"] == {
        "documents": 60,
        "positives": 6,
        "negatives": 6,
        "neutrals": 0,
        "skipped": 0,
        "coded": 12,
        "completions": 12,
    }
    assert ["A training after every", "10 decisions"] in record["settings"]
    assert [(m["username"], m["role"]) for m in record["members"]][:2] == [("alice", "admin"), ("mona", "manager")]
    assert [(r["username"], r["coded"], r["positives"]) for r in record["reviewers"]] == [("rita", 12, 6)]
    assert [version["number"] for version in record["versions"]] == [1]
    assert [model["name"] for model in record["exports"]] == ["Valve knowledge"]
    assert history.reading(record).gain()[-1] == (12, 6)
    ranks = history.ranks(record)
    assert ranks is not None
    assert (ranks.documents, sum(ranks.states["positive"])) == (60, 6)


def test_the_record_holds_what_validation_and_stopping_said(project: Project, cast: Cast) -> None:
    """R-01: validation results are read in the history; completing by a validation is the same end."""
    now = trained(project, cast.rita)
    stopping.set_plan(now, cast.mona, {"target": 0.8, "confidence": 0.95, "looks": 1})
    stopping.look(now, cast.mona)
    leases.release(now, cast.rita)
    round_ = validation.start(now, cast.mona, Design(size=4))
    with pytest.raises(Conflict, match="validation round is open"):
        closing.complete(fresh(now), cast.mona)
    code(fresh(now), cast.rita, 4)
    ended = validation.complete(round_, cast.mona)
    record = history.of(now.workspace).get().record
    kept = history.rounds(record)
    assert [(str(r), r.state, r.result) for r in kept] == [("Elusion test 1", "completed", ended.result)]
    looks = {look.rule: look for look in history.looks(record)}
    assert set(looks) == {"run", "knee", "look_back", "planned"}
    assert looks["planned"].figures == now.stopping_looks.get(rule="planned").figures
    assert record["stopping"]["target"] == 0.8
    assert fresh(now).is_closed


def test_a_review_does_not_end_while_a_model_is_being_made(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    job = projects.train_now(now, cast.mona)
    run = jobs.claim(job.pk)
    assert run is not None
    with pytest.raises(Conflict, match="being trained"):
        closing.complete(fresh(now), cast.mona)
    run.cancel()
    closing.complete(fresh(now), cast.mona)


def test_what_came_while_a_project_was_complete_trains_when_it_is_reopened(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    code(now, cast.rita, 3)
    closing.complete(fresh(now), cast.mona)
    assert perform_jobs() == 0
    closing.reopen(fresh(now), cast.mona)
    perform_jobs()
    assert fresh(now).version.number == 2  # type: ignore[union-attr]


def test_a_removed_project_keeps_its_record_and_nothing_else(project: Project, cast: Cast) -> None:
    """R-01: removed projects are read in the history, frozen at deletion, until a purge."""
    now = trained(project, cast.rita)
    projects.delete(now, cast.alice, "Valves")
    closed = history.of(now.workspace).get()
    assert (closed.state, closed.project, closed.record["progress"]["coded"]) == ("removed", None, 12)
    assert history.reading(closed.record).gain()[-1] == (12, 6)
    assert not Project.objects.exists()
    removal.request_purge(now.workspace, cast.alice, "Halden")
    perform_jobs()
    assert not ClosedProject.objects.exists()


def test_what_was_frozen_at_the_end_stays_when_the_project_goes_later(project: Project, cast: Cast) -> None:
    now = closing.complete(trained(project, cast.rita), cast.mona)
    before = history.of(now.workspace).get()
    documents.delete(now.workspace, now.workspace.documents.filter(control_number="HAL-000000"), cast.mona)
    perform_jobs()
    projects.delete(fresh(now), cast.alice, "Valves")
    after = history.of(now.workspace).get()
    assert (after.pk, after.record, after.closed_at) == (before.pk, before.record, before.closed_at)
    assert after.state == "removed"


def test_archived_put_back_and_reopened(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    assert closing.archive(now, cast.mona).state == Project.State.ARCHIVED
    with pytest.raises(Conflict, match="archived already"):
        closing.archive(now, cast.mona)
    assert closing.unarchive(now, cast.mona).state == Project.State.COMPLETE
    with pytest.raises(Conflict, match="not archived"):
        closing.unarchive(now, cast.mona)
    write_documents(now.workspace, 2)
    projects.adopt(now.workspace)
    assert fresh(now).documents == 60
    again = closing.reopen(now, cast.mona)
    perform_jobs()
    assert (again.state, fresh(now).documents, ClosedProject.objects.count()) == (Project.State.ACTIVE, 62, 0)
    assert queue.next_document(fresh(now), cast.rita) is not None
    with pytest.raises(Conflict, match="neither complete"):
        closing.reopen(now, cast.mona)
    verbs = list(AuditEvent.objects.filter(verb__startswith="project.").order_by("pk").values_list("verb", flat=True))
    assert verbs[-3:] == ["project.archive", "project.unarchive", "project.reopen"]


def test_closed_projects_and_the_history_travel_with_the_archive(project: Project, cast: Cast) -> None:
    """T-12, R-01: what is closed stays closed, nothing is asked to run, and removed projects are still on record."""
    now = closing.archive(trained(project, cast.rita), cast.mona)
    projects.delete(projects.create(now.workspace, cast.mona, name="Pumps"), cast.alice, "Pumps")
    made = archived(now.workspace, cast.alice)
    workspace = restored(made, cast.olga)
    assert [(c.name, c.state) for c in history.of(workspace)] == [("Pumps", "removed"), ("Valves", "archived")]
    assert history.of(workspace)[1].project == workspace.projects.get()
    assert not Job.objects.filter(workspace=workspace).exists()
    assert archived(workspace, cast.alice).content == made.content
