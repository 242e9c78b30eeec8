"""An answer becomes a completion, is counted once, and makes a training due."""

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import DjangoAssertNumQueries

from reviewapp.domain import coding, leases, projects, queue
from reviewapp.domain.coding import Answer
from reviewapp.errors import Conflict, Invalid, Refused
from reviewapp.models import Completion, Decision, Job, Project, ProjectDocument, Reason, User
from tests.cast import Cast, code, fresh, perform_jobs, trained
from tests.threads import at_once

RELEVANT, NOT_RELEVANT = Answer(choice="Relevant"), Answer(choice="Not relevant")


def lease(project: Project, reviewer: User) -> tuple[ProjectDocument, uuid.UUID]:
    item = queue.next_document(fresh(project), reviewer)
    assert item is not None
    assert item.lease_token is not None
    return item, item.lease_token


def due(project: Project) -> int:
    return Job.objects.filter(project=project, kind=Job.Kind.TRAIN).count()


def test_a_submitted_answer_is_kept_with_why_it_was_served(project: Project, cast: Cast) -> None:
    """B-07: reason, version and rank at that moment stay with the completion."""
    now = trained(project, cast.rita)
    item, token = lease(now, cast.rolf)
    completion = coding.submit(now, cast.rolf, token, RELEVANT).completion
    assert now.version is not None
    assert completion.served_reason == Reason.HIGH_RANK
    assert completion.served_version == now.version.number
    assert completion.served_rank == item.served_rank
    assert completion.lease_token == token
    assert completion.reviewer == cast.rolf


def test_one_submit_codes_and_leases_the_next_document(project: Project, cast: Cast) -> None:
    item, token = lease(project, cast.rita)
    done = coding.submit(project, cast.rita, token, RELEVANT)
    assert done.upcoming is not None
    assert done.upcoming.pk != item.pk
    assert done.upcoming.reviewer_id == cast.rita.pk
    assert leases.checked_out(project) == 1


def test_submitting_twice_changes_nothing_and_says_the_same(project: Project, cast: Cast) -> None:
    _, token = lease(project, cast.rita)
    first = coding.submit(project, cast.rita, token, RELEVANT)
    second = coding.submit(project, cast.rita, token, RELEVANT)
    assert first.completion == second.completion
    assert first.upcoming == second.upcoming
    assert fresh(project).completions == 1


def test_submitting_another_answer_for_the_same_lease_is_refused(project: Project, cast: Cast) -> None:
    _, token = lease(project, cast.rita)
    coding.submit(project, cast.rita, token, RELEVANT)
    with pytest.raises(Conflict, match="already submitted as “Relevant”"):
        coding.submit(project, cast.rita, token, NOT_RELEVANT)
    assert fresh(project).positives == 1


def test_another_persons_lease_cannot_be_used(project: Project, cast: Cast) -> None:
    _, token = lease(project, cast.rita)
    with pytest.raises(Conflict, match="no longer checked out to you"):
        coding.submit(project, cast.rolf, token, RELEVANT)
    assert not Completion.objects.exists()


def test_an_unknown_choice_is_refused_with_the_known_ones(project: Project, cast: Cast) -> None:
    item, token = lease(project, cast.rita)
    with pytest.raises(Invalid, match="Choices: Relevant, Not relevant"):
        coding.submit(project, cast.rita, token, Answer(choice="Perhaps"))
    item.refresh_from_db()
    assert item.lease_token == token


@pytest.mark.parametrize("given_answer", [{}, {"choice": "Relevant", "skip_reason": "Too long"}])
def test_an_answer_is_either_a_choice_or_a_skip(given_answer: dict[str, str]) -> None:
    with pytest.raises(Invalid, match="either a choice, or the reason"):
        Answer(**given_answer)


def test_neutral_counts_as_coded_and_never_trains(project: Project, cast: Cast) -> None:
    """D5: neutral choices are allowed, count for progress, never train."""
    choices = [("Relevant", "positive", "1"), ("Not relevant", "negative", "2"), ("Unclear", "neutral", "3")]
    project = projects.change_choices(project, cast.mona, "relevance", choices)
    _, token = lease(project, cast.rita)
    coding.submit(project, cast.rita, token, Answer(choice="Unclear"))
    now = fresh(project)
    assert (now.neutrals, now.coded, now.completions) == (1, 1, 1)
    after = trained(project, cast.rita)
    assert after.version is not None
    assert (after.version.positives, after.version.negatives) == (6, 6)


def test_a_skip_keeps_its_reason_and_does_not_count_as_coded(project: Project, cast: Cast) -> None:
    _, token = lease(project, cast.rita)
    done = coding.submit(project, cast.rita, token, Answer(skip_reason="Unreadable scan"))
    now = fresh(project)
    assert (now.skipped, now.coded, now.completions) == (1, 0, 0)
    assert done.completion.reason == "Unreadable scan"


def test_undo_gives_the_document_back_and_keeps_what_was_said(project: Project, cast: Cast) -> None:
    item, token = lease(project, cast.rita)
    coding.submit(project, cast.rita, token, RELEVANT)
    back = coding.undo(fresh(project), cast.rita)
    assert back.pk == item.pk
    assert back.reviewer_id == cast.rita.pk
    now = fresh(project)
    assert (now.positives, now.coded) == (0, 0)
    said = list(project.answers.order_by("pk").values_list("decision", flat=True))
    assert said == [Decision.POSITIVE, Decision.WITHDRAWN]
    assert back.lease_token is not None
    coding.submit(now, cast.rita, back.lease_token, NOT_RELEVANT)
    assert fresh(project).negatives == 1


def test_undo_walks_back_decision_by_decision(project: Project, cast: Cast) -> None:
    coded = []
    for _ in range(3):
        item, token = lease(project, cast.rita)
        coding.submit(fresh(project), cast.rita, token, RELEVANT)
        coded.append(item.pk)
    undone = [coding.undo(fresh(project), cast.rita).pk for _ in range(3)]
    assert undone == coded[::-1]
    with pytest.raises(Conflict, match="no decision of yours left"):
        coding.undo(fresh(project), cast.rita)


def test_a_change_of_mind_is_a_new_completion(project: Project, cast: Cast) -> None:
    item, token = lease(project, cast.rita)
    first = coding.submit(project, cast.rita, token, RELEVANT).completion
    item.refresh_from_db()
    second = coding.recode(project, item, cast.rita, NOT_RELEVANT, item.revision)
    assert second.supersedes == first
    first.refresh_from_db()
    assert first.choice == "Relevant"
    now = fresh(project)
    assert (now.positives, now.negatives, now.completions) == (0, 1, 2)


def test_recoding_from_a_stale_screen_loses_politely(project: Project, cast: Cast) -> None:
    item, token = lease(project, cast.rita)
    coding.submit(project, cast.rita, token, RELEVANT)
    with pytest.raises(Conflict, match="It is now: Relevant"):
        coding.recode(project, item, cast.mona, NOT_RELEVANT, item.revision)


def test_reviewers_recode_their_own_decisions_and_managers_any(project: Project, cast: Cast) -> None:
    item, token = lease(project, cast.rita)
    coding.submit(project, cast.rita, token, RELEVANT)
    item.refresh_from_db()
    with pytest.raises(Refused, match="a manager can change this one"):
        coding.recode(project, item, cast.rolf, NOT_RELEVANT, item.revision)
    assert coding.recode(project, item, cast.mona, NOT_RELEVANT, item.revision).reviewer == cast.mona


def test_trainings_become_due_at_every_n_completions(project: Project, cast: Cast) -> None:
    """J-46: at N - 1 none, at N one, at 2N - 1 still one, at 2N two."""
    seen = []
    for steps in (9, 1, 9, 1):
        code(project, cast.rita, steps)
        seen.append(due(project))
    assert seen == [0, 1, 1, 2]
    assert fresh(project).trainings_due == 2


def test_a_lower_n_counts_a_burst_once_and_keeps_the_remainder(project: Project, cast: Cast) -> None:
    """J-46: a burst makes one run; what is beyond the last multiple of N waits for the next."""
    projects.change(project, cast.mona, {"every_n": 100})
    code(project, cast.rita, 25)
    projects.change(project, cast.mona, {"every_n": 10})
    code(project, cast.rita, 1)
    now = fresh(project)
    assert (due(project), now.completions - now.counted) == (1, 6)
    code(project, cast.rita, 4)
    assert due(project) == 2


def test_a_submit_and_the_next_document_take_few_statements(
    project: Project, cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    now = trained(project, cast.rita)
    _, token = lease(now, cast.rolf)
    with django_assert_max_num_queries(12):
        coding.submit(now, cast.rolf, token, RELEVANT)


@pytest.mark.django_db(transaction=True)
def test_the_same_answer_sent_many_times_at_once_is_one_decision(project: Project, cast: Cast) -> None:
    """TRUST part 7: parallel submits of one lease write one decision and all get it."""
    _, token = lease(project, cast.rita)
    answers = at_once(16, lambda _: coding.submit(fresh(project), cast.rita, token, RELEVANT).completion.pk)
    assert len(set(answers)) == 1
    assert Completion.objects.count() == 1
    assert fresh(project).completions == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_recodes_from_one_screen_one_wins(project: Project, cast: Cast) -> None:
    """TRUST part 7: two recodes from one revision: one succeeds, the others learn the winner's value."""
    item, token = lease(project, cast.rita)
    coding.submit(project, cast.rita, token, RELEVANT)
    item.refresh_from_db()
    outcomes = at_once(8, lambda _: coding.recode(fresh(project), item, cast.mona, NOT_RELEVANT, item.revision))
    refused = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert len(refused) == 7
    assert all("It is now: Not relevant" in refusal.message for refusal in refused)


@pytest.mark.django_db(transaction=True)
def test_many_reviewers_miss_and_double_no_training(project: Project, cast: Cast) -> None:
    """T-3's invariant: due trainings = floor(completions / N), numbered without a gap, whoever submits when."""
    team = [cast.alice, cast.mona, cast.rita, cast.rolf]
    done = at_once(4, lambda number: code(project, team[number], 12))
    assert done == [12, 12, 12, 12]
    trainings = Job.objects.filter(project=project, kind=Job.Kind.TRAIN).order_by("sequence")
    assert list(trainings.values_list("sequence", flat=True)) == [1, 2, 3, 4]
    perform_jobs()
    states = set(Job.objects.filter(project=project, kind=Job.Kind.TRAIN).values_list("state", flat=True))
    assert states <= {Job.State.DONE, Job.State.SUPERSEDED}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.sampled_from(["relevant", "not", "skip", "undo", "recode"]), max_size=12))
def test_the_counters_always_equal_what_the_documents_say(project: Project, cast: Cast, moves: list[str]) -> None:
    """Any mix of coding, skipping, undoing and recoding leaves the exact counters exact."""
    for move in moves:
        try:
            if move == "undo":
                coding.undo(fresh(project), cast.rita)
            elif move == "recode":
                item = project.items.exclude(decision=None).order_by("-current_id").first()
                if item:
                    coding.recode(fresh(project), item, cast.mona, NOT_RELEVANT, item.revision)
            else:
                _, token = lease(project, cast.rita)
                answer = {"relevant": RELEVANT, "not": NOT_RELEVANT, "skip": Answer(skip_reason="Later")}[move]
                coding.submit(fresh(project), cast.rita, token, answer)
        except Conflict:
            continue
    now = fresh(project)
    for decision, counter in coding.COUNTER.items():
        assert getattr(now, counter) == project.items.filter(decision=decision).count()
    assert now.counted <= now.completions < now.counted + now.every_n
