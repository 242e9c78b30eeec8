"""Validation rounds: drawn at random, coded blind, with the model locked, and read to the end or not at all."""

from collections.abc import Callable

import numpy as np
import pytest
from django.conf import settings
from pytest_django.fixtures import DjangoAssertNumQueries

from reviewapp.artifacts import Artifacts
from reviewapp.domain import (
    closing,
    coding,
    documents,
    items,
    jobs,
    leases,
    projects,
    queue,
    statistics,
    validation,
    validation_plans,
    validation_results,
)
from reviewapp.domain.coding import Answer, submit
from reviewapp.domain.validation_plans import Design
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import (
    AuditEvent,
    Decision,
    Document,
    Job,
    Project,
    ProjectDocument,
    Reason,
    User,
    ValidationRound,
)
from tests import samples
from tests.cast import Cast, code, code_chosen, fresh, is_relevant, perform_jobs, trained, write_documents
from tests.threads import at_once
from training.core import estimates
from training.core.estimates import Stratum

EVERYTHING = Design(kind="project", size=1000)


@pytest.fixture
def reviewed(project: Project, cast: Cast) -> Project:
    return samples.reviewed(project, cast)


def begin(project: Project, cast: Cast, design: Design) -> ValidationRound:
    return validation.start(fresh(project), cast.mona, design)


def decide(
    round_: ValidationRound, reviewer: User, says: Callable[[ProjectDocument], Answer | None] = lambda item: None
) -> None:
    coded = samples.code_sample(round_.project, reviewer, says)
    assert {item.served_reason for item in coded} <= {Reason.VALIDATION}


def sampled(round_: ValidationRound) -> list[ProjectDocument]:
    return [drawn.item for drawn in round_.sample.documents.select_related("item__document")]


def test_an_elusion_test_draws_from_what_is_not_coded_below_the_cutoff(reviewed: Project, cast: Cast) -> None:
    """SPEC 2.1.8 (R18): never reviewed or skipped, rank below the cutoff; nothing else."""
    skipped = queue.next_document(reviewed, cast.rita)
    assert skipped is not None
    assert skipped.lease_token is not None
    submit(reviewed, cast.rita, skipped.lease_token, Answer(skip_reason="Another language"))
    leases.release(reviewed, cast.rita)
    ranks = items.find(fresh(reviewed), items.Wanted(order="lowest"))
    cutoff = (ranks[20].rank or 0) + 0.01

    round_ = begin(reviewed, cast, Design(cutoff=cutoff, size=1000))

    assert reviewed.snapshot is not None
    scores = Artifacts(settings.ARTIFACTS_DIR).read(reviewed.snapshot.artifact)["scores"] * 100
    below = {item.ordinal for item in reviewed.items.filter(decision=None) if scores[item.ordinal] < cutoff}
    assert {item.ordinal for item in sampled(round_)} - {skipped.ordinal} == below
    assert (round_.below, round_.above + round_.below) == (len(sampled(round_)), 48)
    everything = validation_plans.plan(fresh(reviewed), Design())
    assert everything.below.pile == 48, "the skipped one is not coded"


def test_the_size_follows_from_confidence_and_margin_or_is_given(reviewed: Project) -> None:
    """SPEC 2.1.8: with the finite population correction; a fixed number never exceeds the pile."""
    assert validation_plans.plan(reviewed, Design()).size == estimates.sample_size(0.025, 0.95, 48)
    assert validation_plans.plan(reviewed, Design(margin=0.2)).size == estimates.sample_size(0.2, 0.95, 48)
    assert [validation_plans.plan(reviewed, Design(size=size)).size for size in (7, 1000)] == [7, 48]


def test_a_project_validation_draws_above_and_below_in_proportion(reviewed: Project) -> None:
    plan = validation_plans.plan(reviewed, Design(kind="project", cutoff=50.0, size=24))
    assert plan.above.pile + plan.below.pile == 48
    assert plan.above.pile > 0
    assert plan.above.sample == round(24 * plan.above.pile / 48)
    assert plan.size == 24
    assert validation_plans.plan(reviewed, Design(kind="project", cutoff=50.0, size=1)).size == 1


def test_the_plan_says_what_it_can_show_at_best(reviewed: Project) -> None:
    """SPEC 2.1.8: "this sample can at best show recall >= x"."""
    plan = validation_plans.plan(reviewed, Design(size=20))
    most = Stratum(48, 20).most(0.025)
    assert plan.best_recall == 6 / (6 + most)
    assert plan.best_elusion.high == most / 48


@pytest.mark.parametrize(
    "wrong", [{"kind": "guess"}, {"cutoff": 0.0}, {"cutoff": 101.0}, {"confidence": 1.0}, {"margin": 0.0}, {"size": 0}]
)
def test_what_cannot_be_planned_is_named(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        Design(**wrong)  # type: ignore[arg-type]
    assert list(refused.value.fields) == list(wrong)


def test_a_cutoff_needs_a_model(project: Project, cast: Cast) -> None:
    with pytest.raises(Invalid, match="no model yet"):
        begin(project, cast, Design(cutoff=50.0))
    assert begin(project, cast, Design(size=10)).below == 60


def test_the_sample_can_be_drawn_again_from_its_seed(reviewed: Project, cast: Cast) -> None:
    """SPEC 2.1.8: frozen at the start, its seed on record."""
    pile = validation_plans.piles(reviewed, None).below
    round_ = begin(reviewed, cast, Design(size=10))
    again = np.random.default_rng(int(round_.sample.seed, 16)).choice(pile, 10, replace=False)
    assert sorted(again.tolist()) == [item.ordinal for item in sampled(round_)]
    assert {drawn.probability for drawn in round_.sample.documents.all()} == {10 / 48}


def test_the_sample_is_served_first_and_blind(reviewed: Project, cast: Cast) -> None:
    """B-07: with its own reason, and without the rank and the version that would tell what is expected."""
    round_ = begin(reviewed, cast, Design(size=3))
    served = [queue.next_document(fresh(reviewed), person) for person in (cast.rita, cast.rolf, cast.mona)]
    assert {item.pk for item in served if item} == {item.pk for item in sampled(round_)}
    for item in served:
        assert item is not None
        assert (item.served_reason, item.served_rank, item.served_version) == (Reason.VALIDATION, None, None)
        assert items.rank(fresh(reviewed), item) is None
    shown = {row.item.pk: row.rank for row in items.find(fresh(reviewed), items.Wanted())[:]}
    assert {shown[item.pk] for item in sampled(round_)} == {None}
    assert queue.next_document(fresh(reviewed), cast.alice) is not None, "with the sample in hands, the review goes on"


def test_the_review_goes_on_in_the_order_of_the_locked_model_after_the_sample(reviewed: Project, cast: Cast) -> None:
    decide(begin(reviewed, cast, Design(size=3)), cast.rita)
    item = queue.next_document(fresh(reviewed), cast.rita)
    assert item is not None
    assert (item.served_reason, item.served_version) == (Reason.HIGH_RANK, 1)
    assert fresh(reviewed).sampling is False


def test_trainings_become_due_but_wait_until_the_review_is_resumed(reviewed: Project, cast: Cast) -> None:
    """SPEC 2.1.8 (R12h): the model is locked, pending decisions are shown, and go in on resume."""
    round_ = begin(reviewed, cast, Design(size=25))
    decide(round_, cast.rita)

    due = Job.objects.filter(project=reviewed, kind=Job.Kind.TRAIN, state=Job.State.QUEUED)
    assert due.count() == 2
    assert jobs.waiting() == []
    assert [jobs.claim(job.pk) for job in due] == [None, None]
    waiting = statistics.waiting(fresh(reviewed))
    assert waiting.decisions == 25
    assert "Validation round 1" in waiting.lock
    assert waiting.untaken is None
    with pytest.raises(Conflict, match="locked"):
        projects.train_now(fresh(reviewed), cast.mona)

    validation.resume(round_, cast.mona)
    perform_jobs()
    assert fresh(reviewed).version.number == 2  # type: ignore[union-attr]
    assert statistics.waiting(fresh(reviewed)).decisions == 0


def test_decisions_below_the_threshold_go_in_on_resume_too(reviewed: Project, cast: Cast) -> None:
    round_ = begin(reviewed, cast, Design(size=3))
    decide(round_, cast.rita)
    assert not Job.objects.filter(project=reviewed, state=Job.State.QUEUED).exists()
    validation.resume(round_, cast.mona)
    perform_jobs()
    assert statistics.waiting(fresh(reviewed)).decisions == 0


def test_a_validation_does_not_start_while_a_model_is_being_made(reviewed: Project, cast: Cast) -> None:
    job = projects.train_now(reviewed, cast.mona)
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    with pytest.raises(Conflict, match="being trained"):
        begin(reviewed, cast, Design(size=3))
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE)
    stale = fresh(reviewed)
    code(reviewed, cast.rita, 10)
    perform_jobs()
    with pytest.raises(Conflict, match="being trained"):
        validation.start(stale, cast.mona, Design(size=3))
    assert not ProjectDocument.objects.filter(awaits__isnull=False).exists()


def test_an_elusion_test_counts_a_skipped_document_as_relevant_and_shows_it_apart(
    reviewed: Project, cast: Cast
) -> None:
    """D6, R18"""
    round_ = begin(reviewed, cast, EVERYTHING)
    first = sampled(round_)[0]
    decide(round_, cast.rita, lambda item: Answer(skip_reason="Unreadable") if item.pk == first.pk else None)
    found = validation_results.result(round_)
    assert found is not None
    relevant = sum(is_relevant(item) for item in sampled(round_)[1:])
    assert (found.skipped, found.below.relevant) == (1, relevant)
    assert found.estimates["elusion"].value == (relevant + 1) / 48


def test_a_document_skipped_before_is_read_again_for_the_sample(reviewed: Project, cast: Cast) -> None:
    """R18: what was skipped is in the pile; its sample needs an answer of its own."""
    item = queue.next_document(reviewed, cast.rita)
    assert item is not None
    assert item.lease_token is not None
    submit(reviewed, cast.rita, item.lease_token, Answer(skip_reason="Later"))
    leases.release(reviewed, cast.rita)
    round_ = begin(reviewed, cast, EVERYTHING)
    assert validation_results.progress(round_).left == 48
    decide(round_, cast.rita)
    found = validation_results.result(round_)
    assert found is not None
    assert found.skipped == 0


def test_a_whole_validation_says_what_is_true(reviewed: Project, cast: Cast) -> None:
    """SPEC 2.1.8 (R19): elusion, richness, recall and precision, where the sample is all there is."""
    round_ = begin(reviewed, cast, Design(kind="project", cutoff=50.0, size=1000))
    decide(round_, cast.rita)
    found = validation_results.result(round_)
    assert found is not None
    held, missed = found.above.relevant, found.below.relevant
    assert held + missed == 15 - 6
    truth = {
        "elusion": missed / found.below.pile,
        "richness": 15 / 60,
        "recall": (6 + held) / 15,
        "precision": (6 + held) / (6 + found.above.pile),
    }
    assert {name: (e.value, e.low, e.high) for name, e in found.estimates.items()} == {
        name: pytest.approx((value, value, value)) for name, value in truth.items()
    }
    assert found.eluded == (missed, missed, missed)


def test_precision_needs_a_cutoff_and_an_elusion_test_tells_elusion_only(reviewed: Project, cast: Cast) -> None:
    """R20"""
    round_ = begin(reviewed, cast, Design(kind="project", size=10))
    decide(round_, cast.rita)
    found = validation_results.result(round_)
    assert found is not None
    assert set(found.estimates) == {"elusion", "richness", "recall"}
    validation.resume(round_, cast.mona)
    perform_jobs()
    second = begin(reviewed, cast, Design(size=5))
    decide(second, cast.rita)
    told = validation_results.result(second)
    assert told is not None
    assert set(told.estimates) == {"elusion"}


def test_what_is_coded_relevant_after_the_start_is_not_found(reviewed: Project, cast: Cast) -> None:
    """R20: the documents of the sample, and any other, count as the start saw them."""
    round_ = begin(reviewed, cast, EVERYTHING)
    decide(round_, cast.rita)
    assert fresh(reviewed).positives == 15
    found = validation_results.result(round_)
    assert found is not None
    assert round_.found == 6
    assert found.estimates["recall"].value == pytest.approx(6 / 15)


def test_a_document_of_the_sample_that_is_coded_outside_the_queue_counts(reviewed: Project, cast: Cast) -> None:
    """R20: towards elusion, and against recall."""
    round_ = begin(reviewed, cast, EVERYTHING)
    code_chosen(reviewed, cast.rolf, sampled(round_)[:5])
    assert validation_results.progress(round_).left == 43


def test_no_figure_is_told_before_the_last_document(reviewed: Project, cast: Cast) -> None:
    """SPEC 2.1.8: a sample read halfway shows nothing, and nobody stops where it looks good."""
    round_ = begin(reviewed, cast, Design(size=5))
    item = queue.next_document(fresh(reviewed), cast.rita)
    assert item is not None
    assert item.lease_token is not None
    submit(fresh(reviewed), cast.rita, item.lease_token, Answer(choice="Not relevant"))
    told = validation_results.progress(round_)
    assert (told.sample, told.left, told.decided, told.share) == (5, 4, 1, 20)
    assert validation_results.result(round_) is None
    for end in (validation.resume, validation.complete):
        with pytest.raises(Conflict, match="4 documents of the sample are not coded yet"):
            end(round_, cast.mona)
    assert fresh(reviewed).is_locked


def test_an_abandoned_round_tells_nothing_and_lets_everything_go(reviewed: Project, cast: Cast) -> None:
    round_ = validation.abandon(begin(reviewed, cast, Design(size=5)), cast.mona)
    assert (round_.state, round_.result) == (ValidationRound.State.ABANDONED, None)
    assert not ProjectDocument.objects.filter(awaits__isnull=False).exists()
    assert not fresh(reviewed).is_locked
    item = queue.next_document(fresh(reviewed), cast.rita)
    assert item is not None
    assert item.served_reason == Reason.HIGH_RANK
    with pytest.raises(Conflict, match="closed already"):
        validation.resume(round_, cast.mona)


def test_a_result_that_is_there_cannot_be_dropped(reviewed: Project, cast: Cast) -> None:
    """Nobody looks at the figures and then decides that the test did not happen."""
    round_ = begin(reviewed, cast, Design(size=3))
    decide(round_, cast.rita)
    with pytest.raises(Conflict, match="its result is kept"):
        validation.abandon(round_, cast.mona)


def test_a_completed_project_hands_out_nothing_and_keeps_its_model(reviewed: Project, cast: Cast) -> None:
    """SPEC 2.1.8: complete the project; it can be reopened, and then the decisions go in."""
    round_ = begin(reviewed, cast, Design(size=10))
    decide(round_, cast.rita)
    validation.complete(round_, cast.mona)
    assert fresh(reviewed).state == Project.State.COMPLETE
    with pytest.raises(Conflict, match="complete"):
        queue.next_document(fresh(reviewed), cast.rita)
    with pytest.raises(Conflict, match="complete"):
        projects.pause(fresh(reviewed), cast.mona)
    with pytest.raises(Conflict, match="complete"):
        begin(reviewed, cast, Design(size=3))
    assert perform_jobs() == 0
    with pytest.raises(Conflict, match="complete"):
        projects.resume(fresh(reviewed), cast.mona)
    closing.reopen(fresh(reviewed), cast.mona)
    perform_jobs()
    assert fresh(reviewed).version.number == 2  # type: ignore[union-attr]


def test_a_result_stays_as_it_was_read(reviewed: Project, cast: Cast) -> None:
    """The sample and what it was coded are frozen with the figures, whatever is recoded later."""
    round_ = begin(reviewed, cast, EVERYTHING)
    decide(round_, cast.rita)
    validation.resume(round_, cast.mona)
    before = validation_results.result(round_)
    for item in sampled(round_)[:5]:
        row = ProjectDocument.objects.get(pk=item.pk)
        choice = "Not relevant" if row.decision == Decision.POSITIVE else "Relevant"
        coding.recode(fresh(reviewed), row, cast.mona, Answer(choice=choice), row.revision)
    again = ValidationRound.objects.get(pk=round_.pk)
    assert validation_results.result(again) == before
    kept = {drawn.item_id: drawn.decision for drawn in round_.sample.documents.all()}
    assert kept == {item.pk: int(is_relevant(item)) for item in sampled(round_)}


def test_documents_that_come_later_are_not_in_the_sample_or_its_pile(reviewed: Project, cast: Cast) -> None:
    round_ = begin(reviewed, cast, EVERYTHING)
    write_documents(reviewed.workspace, 20)
    projects.adopt(reviewed.workspace, cast.mona)
    assert perform_jobs() == 2, "they are indexed and looked at for drift; the training that follows waits"
    assert validation_results.progress(round_).sample == round_.below == 48


def test_a_deleted_document_is_left_out_of_the_sample(reviewed: Project, cast: Cast) -> None:
    round_ = begin(reviewed, cast, Design(size=10))
    gone = sampled(round_)[0].document_id
    documents.delete(reviewed.workspace, Document.objects.filter(pk=gone), cast.mona)
    assert validation_results.progress(round_).sample == 9
    decide(round_, cast.rita)
    found = validation_results.result(round_)
    assert found is not None
    assert (found.sample, found.deleted) == (9, 1)


def test_a_decision_that_is_taken_back_waits_for_the_sample_again(reviewed: Project, cast: Cast) -> None:
    round_ = begin(reviewed, cast, Design(size=3))
    decide(round_, cast.rita)
    queue.next_document(fresh(reviewed), cast.rolf)
    undone = coding.undo(fresh(reviewed), cast.rita)
    leases.release(reviewed, cast.rita)
    assert validation_results.progress(round_).left == 1
    again = queue.next_document(fresh(reviewed), cast.rita)
    assert again is not None
    assert (again.pk, again.served_reason) == (undone.pk, Reason.VALIDATION)


def test_what_happens_to_a_round_is_audited(reviewed: Project, cast: Cast) -> None:
    round_ = begin(reviewed, cast, Design(size=3))
    decide(round_, cast.rita)
    validation.resume(round_, cast.mona)
    told = AuditEvent.objects.filter(target=f"validationround:{round_.pk}").order_by("id")
    assert [(event.verb, event.actor) for event in told] == [
        ("validation.start", cast.mona),
        ("validation.resumed", cast.mona),
    ]
    assert told[0].detail["sample"] == 3
    assert told[1].detail["result"]["below"]["sample"] == 3


def test_nothing_to_sample_is_said(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 60)
    perform_jobs()
    with pytest.raises(Conflict, match="nothing to sample"):
        begin(project, cast, Design())


def test_a_sample_costs_one_statement_more_a_label(
    reviewed: Project, cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Twelve statements a label without one; the budget is 20."""
    begin(reviewed, cast, Design(size=10))
    desk = queue.desk(cast.rita, reviewed.pk)
    item = queue.next_document(desk, cast.rita)
    assert item is not None
    assert item.lease_token is not None
    with django_assert_max_num_queries(12):
        submit(queue.desk(cast.rita, reviewed.pk), cast.rita, item.lease_token, Answer(choice="Not relevant"))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_start_at_once_one_does(project: Project, cast: Cast) -> None:
    reviewed = trained(project, cast.rita)
    told = at_once(4, lambda _: validation.start(fresh(reviewed), cast.mona, Design(size=5)))
    assert sum(isinstance(answer, ValidationRound) for answer in told) == 1
    assert sum(isinstance(answer, Conflict) for answer in told) == 3
    assert ProjectDocument.objects.filter(awaits__isnull=False).count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_training_and_a_validation_that_start_at_once_do_not_both_begin(project: Project, cast: Cast) -> None:
    """SPEC 2.1.8: no model is made behind a lock."""
    reviewed = trained(project, cast.rita)
    for _ in range(5):
        code(reviewed, cast.rita, 1)
        job = projects.train_now(fresh(reviewed), cast.mona)

        def begin_or_claim(number: int, job: Job = job) -> object:
            if number:
                return jobs.claim(job.pk)
            return validation.start(fresh(reviewed), cast.mona, Design(size=2))

        started, claimed = at_once(2, begin_or_claim)
        assert isinstance(started, ValidationRound) != (claimed is not None)
        if isinstance(started, ValidationRound):
            validation.abandon(started, cast.mona)
        Job.objects.filter(project=reviewed, state__in=Job.OPEN).update(state=Job.State.CANCELLED)
