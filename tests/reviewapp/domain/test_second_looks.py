"""Two people code the same document without knowing of each other, and a manager decides where they differ."""

import uuid

import pytest

from reviewapp.domain import coding, documents, items, leases, projects, queue, second_looks, statistics
from reviewapp.domain.coding import Answer
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import AuditEvent, Completion, Decision, Look, Project, ProjectDocument, Reason, SecondLook, User
from tests.cast import Cast, code, fresh, is_relevant, perform_jobs, trained
from tests.threads import at_once
from training import datasets

YES, NO = Answer(choice="Relevant"), Answer(choice="Not relevant")


def doubled(project: Project, cast: Cast, share: float = 1.0) -> Project:
    return projects.change(project, cast.mona, {"second_look_share": share})


def look(project: Project, person: User) -> ProjectDocument:
    """What the person gets when second looks come first."""
    leases.release(project, person)
    token = uuid.uuid4()
    item = leases.take_second_look(fresh(project), person, token)
    assert item is not None
    return item


def answer(project: Project, person: User, item: ProjectDocument, said: Answer) -> Completion:
    assert item.lease_token is not None
    return coding.submit(fresh(project), person, item.lease_token, said).completion


def pair(project: Project, cast: Cast, first: Answer = YES, second: Answer = NO) -> SecondLook:
    """One document that Rita and Rolf coded."""
    doubled(project, cast)
    item = queue.next_document(fresh(project), cast.rita)
    assert item is not None
    answer(project, cast.rita, item, first)
    leases.release(project, cast.rita)
    answer(project, cast.rolf, look(project, cast.rolf), second)
    return second_looks.find(project).latest("pk")


@pytest.mark.parametrize(("share", "wanted"), [(0.0, 0), (1.0, 10)])
def test_the_share_says_how_many_documents_are_coded_twice(
    project: Project, cast: Cast, share: float, wanted: int
) -> None:
    """SPEC 3.7: double coding by a share of the documents."""
    doubled(project, cast, share)
    code(project, cast.rita, 10)
    assert second_looks.waiting(project).wanted == wanted


def test_half_of_the_documents_are_drawn_by_a_share_of_a_half(project: Project, cast: Cast) -> None:
    doubled(project, cast, 0.5)
    code(project, cast.rita, 60)
    assert 12 <= second_looks.waiting(project).wanted <= 48  # by chance outside once in 10^5


def test_nobody_looks_again_at_what_they_coded_themselves(project: Project, cast: Cast) -> None:
    doubled(project, cast)
    code(project, cast.rita, 60)
    leases.release(project, cast.rita)
    assert queue.next_document(fresh(project), cast.rita) is None
    item = queue.next_document(fresh(project), cast.rolf)
    assert item is not None
    assert item.served_reason == Reason.SECOND_LOOK
    assert item.served_rank is None


def test_second_looks_come_among_the_others_as_often_as_they_arise(project: Project, cast: Cast) -> None:
    now = doubled(trained(project, cast.mona), cast)
    code(now, cast.rita, 20)
    leases.release(now, cast.rita)
    reasons = []
    for _ in range(40):
        item = queue.next_document(fresh(project), cast.rolf)
        if item is None:
            break
        reasons.append(item.served_reason)
        answer(project, cast.rolf, item, YES if is_relevant(item) else NO)
        leases.release(project, cast.rolf)
    assert {Reason.SECOND_LOOK, Reason.HIGH_RANK} <= set(reasons)
    assert reasons.count(Reason.SECOND_LOOK) <= 20


def test_a_second_answer_changes_no_decision_no_counter_and_no_training_set(project: Project, cast: Cast) -> None:
    now = trained(project, cast.mona)
    made = pair(now, cast)
    before, trains = fresh(project), datasets.read(now)
    assert made.item.decision == Decision.POSITIVE
    assert (before.positives, before.completions) == (now.positives + 1, now.completions + 1)
    place = trains.ordinals.tolist().index(made.item.ordinal)
    assert trains.completions[place] == made.first_id
    assert made.second_id not in trains.completions


def test_the_pair_keeps_what_stood_when_the_second_answer_came(project: Project, cast: Cast) -> None:
    made = pair(project, cast)
    assert (made.first.reviewer, made.second.reviewer) == (cast.rita, cast.rolf)
    assert made.second.served_reason == Reason.SECOND_LOOK
    assert made.second.supersedes is None
    assert ProjectDocument.objects.get(pk=made.item_id).second_look == Look.DONE
    assert second_looks.find(project, "open").get() == made


def test_no_document_gets_a_second_look_twice(project: Project, cast: Cast) -> None:
    doubled(project, cast)
    code(project, cast.rita, 1)
    look(project, cast.rolf)
    assert leases.take_second_look(fresh(project), cast.mona, uuid.uuid4()) is None


@pytest.mark.django_db(transaction=True)
def test_many_who_look_again_at_once_get_different_documents(project: Project, cast: Cast) -> None:
    """T-1 for second looks: no document is ever in two hands."""
    doubled(project, cast)
    code(project, cast.rita, 12)
    people = [User.objects.create(username=f"r{number}") for number in range(8)]
    found = at_once(8, lambda n: leases.take_second_look(fresh(project), people[n], uuid.uuid4()))
    taken = [item.pk for item in found if isinstance(item, ProjectDocument)]
    assert len(set(taken)) == len(taken) >= 1


def test_a_skipped_second_look_is_kept_and_is_no_disagreement(project: Project, cast: Cast) -> None:
    made = pair(project, cast, second=Answer(skip_reason="Cannot be read"))
    assert second_looks.find(project, "skipped").get() == made
    assert not second_looks.find(project, "open").exists()
    assert fresh(project).skipped == 0


def test_a_second_look_is_taken_back_and_is_blind_again(project: Project, cast: Cast) -> None:
    made = pair(project, cast)
    item = coding.undo(fresh(project), cast.rolf)
    assert (item.pk, item.served_reason) == (made.item_id, Reason.SECOND_LOOK)
    assert not SecondLook.objects.exists()
    assert ProjectDocument.objects.get(pk=item.pk).decision == Decision.POSITIVE
    assert second_looks.hidden_from(item, cast.rolf)
    answer(project, cast.rolf, item, YES)
    assert second_looks.find(project, "agreed").count() == 1
    with pytest.raises(Conflict, match="no decision of yours"):
        coding.undo(fresh(project), cast.mona)


def test_taking_back_the_first_answer_takes_back_the_wish_for_a_second(project: Project, cast: Cast) -> None:
    doubled(project, cast)
    code(project, cast.rita, 1)
    coding.undo(fresh(project), cast.rita)
    assert second_looks.waiting(project).wanted == 0


def test_while_somebody_looks_again_nothing_shows_them_the_first_answer(project: Project, cast: Cast) -> None:
    """SPEC 3.7: the second look is blind."""
    doubled(project, cast)
    code(project, cast.rita, 3)
    item = look(project, cast.rolf)
    found = {row.item.pk: row for row in items.blinded(list(items.find(project, items.Wanted())[:]), cast.rolf)}
    assert (found[item.pk].item.decision, found[item.pk].item.current, found[item.pk].rank) == (None, None, None)
    assert sum(row.item.decision is not None for row in found.values()) == 2
    assert documents.history(item.document, cast.rolf) == []
    assert len(documents.history(item.document, cast.rita)) == 1
    assert not second_looks.seen_by(item.completions.all(), cast.rolf).exists()
    with pytest.raises(Conflict, match="a second time"):
        second_looks.require_open(item, cast.rolf)


def test_opening_the_document_by_hand_does_not_open_the_blind(project: Project, cast: Cast) -> None:
    doubled(project, cast)
    code(project, cast.rita, 1)
    item = look(project, cast.rolf)
    opened = leases.open_document(fresh(project), item, cast.rolf)
    assert (opened.served_reason, opened.lease_token) == (Reason.SECOND_LOOK, item.lease_token)


def test_a_managers_decision_between_two_answers_is_the_documents_decision_and_trains(
    project: Project, cast: Cast
) -> None:
    """SPEC 3.7: adjudication; the decision is a completion."""
    now = trained(project, cast.mona)
    made = pair(now, cast)
    before = fresh(project)
    completion = coding.adjudicate(fresh(project), made, cast.mona, NO)
    after, made = fresh(project), second_looks.find(project).get()
    assert (completion.served_reason, completion.supersedes_id) == (Reason.ADJUDICATION, made.first_id)
    assert made.adjudication == completion
    assert made.item.decision == Decision.NEGATIVE
    assert (after.positives, after.negatives) == (before.positives - 1, before.negatives + 1)
    assert after.completions == before.completions + 1
    trains = datasets.read(after)
    assert completion.pk in trains.completions
    assert second_looks.waiting(project).open == 0


def test_an_adjudication_stands_above_the_order_of_reviewers(project: Project, cast: Cast) -> None:
    now = projects.change(
        trained(project, cast.mona),
        cast.mona,
        {"completion_choice": "highest_priority", "reviewer_priority": [cast.rita.pk, cast.rolf.pk]},
    )
    completion = coding.adjudicate(fresh(now), pair(now, cast), cast.mona, NO)
    assert completion.pk in datasets.read(now).completions


def test_what_was_settled_is_not_decided_twice(project: Project, cast: Cast) -> None:
    made = pair(project, cast)
    coding.adjudicate(fresh(project), made, cast.mona, NO)
    with pytest.raises(Conflict, match=r"settled meanwhile\. The decision is now: Not relevant"):
        coding.adjudicate(fresh(project), made, cast.alice, YES)
    with pytest.raises(Conflict, match="cannot be taken back"):
        coding.undo(fresh(project), cast.rolf)


def test_a_change_of_mind_settles_a_disagreement_too(project: Project, cast: Cast) -> None:
    made = pair(project, cast)
    item = ProjectDocument.objects.get(pk=made.item_id)
    coding.recode(fresh(project), item, cast.rita, NO, item.revision)
    assert second_looks.find(project, "settled").get() == made
    with pytest.raises(Conflict, match="settled meanwhile"):
        coding.adjudicate(fresh(project), made, cast.mona, NO)


def test_an_adjudication_needs_an_answer(project: Project, cast: Cast) -> None:
    made = pair(project, cast)
    with pytest.raises(Invalid, match="Choose one"):
        coding.adjudicate(fresh(project), made, cast.mona, Answer(skip_reason="later"))
    assert second_looks.find(project, "open").exists()


def test_documents_are_drawn_by_decision_and_served_although_the_share_is_nothing(project: Project, cast: Cast) -> None:
    """B-09: a sample of each class for the error rates, whenever the manager wants one."""
    trained(project, cast.rita)
    assert second_looks.draw(project, cast.mona, positives=4, negatives=100) == 10
    wanted = project.items.filter(second_look=Look.WANTED)
    assert wanted.filter(decision=Decision.POSITIVE).count() == 4
    assert wanted.filter(decision=Decision.NEGATIVE).count() == 6
    event = AuditEvent.objects.get(verb="second_look.draw")
    assert (event.actor, event.detail["drawn"]) == (cast.mona, 10)
    reasons = set()
    for _ in range(60):
        item = queue.next_document(fresh(project), cast.rolf)
        assert item is not None
        reasons.add(item.served_reason)
        leases.release(project, cast.rolf)
    assert Reason.SECOND_LOOK in reasons
    with pytest.raises(Invalid, match="how many"):
        second_looks.draw(project, cast.mona)
    with pytest.raises(Invalid, match="already"):
        second_looks.draw(project, cast.mona, negatives=1)


def test_a_second_look_counts_as_the_reviewers_work(project: Project, cast: Cast) -> None:
    pair(project, cast)
    assert statistics.own(fresh(project), cast.rolf).total == 1
    perform_jobs()
