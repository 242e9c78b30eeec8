"""Decisions that do not fit are found, and changed ones told with what was current."""

import uuid

from reviewapp.domain import coding, conflicts, leases, projects, second_looks
from reviewapp.domain.coding import Answer
from reviewapp.models import Decision, Project, ProjectDocument
from tests.cast import Cast, code, code_chosen, fresh, perform_jobs, trained

YES, NO = Answer(choice="Relevant"), Answer(choice="Not relevant")


def wrongly_coded(project: Project, cast: Cast) -> ProjectDocument:
    """A model, and one irrelevant document that somebody coded relevant before it was trained again."""
    now = trained(project, cast.rita, each=10)
    item = now.items.select_related("document").filter(decision=None, document__metadata__truth=False)[0]
    coding.recode(now, item, cast.rita, YES, item.revision)
    projects.train_now(fresh(now), cast.mona)
    perform_jobs()
    return item


def test_a_decision_against_the_rank_stands_first(project: Project, cast: Cast) -> None:
    """SPEC 3.6: coded against the rank, by a model that has not seen the document."""
    wrong = wrongly_coded(project, cast)
    found = conflicts.against_rank(fresh(project))
    assert found is not None
    assert found[0].item.pk == wrong.pk
    assert found[0].rank < 50
    assert len(found) <= 3


def test_a_decision_that_was_put_right_is_no_conflict_any_more(project: Project, cast: Cast) -> None:
    wrong = wrongly_coded(project, cast)
    row = ProjectDocument.objects.get(pk=wrong.pk)
    coding.recode(fresh(project), row, cast.rita, NO, row.revision)
    found = conflicts.against_rank(fresh(project))
    assert found is not None
    assert wrong.pk not in {conflict.item.pk for conflict in found[:]}


def test_before_the_first_model_there_is_nothing_to_compare_with(project: Project) -> None:
    assert conflicts.against_rank(project) is None
    assert conflicts.different_copies(project) is None


def test_a_document_in_hands_for_a_second_look_is_left_out(project: Project, cast: Cast) -> None:
    """The list would tell the person the first answer."""
    wrong = wrongly_coded(project, cast)
    second_looks.draw(fresh(project), cast.mona, positives=100)
    for _ in range(12):
        item = leases.take_second_look(fresh(project), cast.rolf, uuid.uuid4())
        assert item is not None
        if item.pk == wrong.pk:
            break
        assert item.lease_token is not None
        coding.submit(fresh(project), cast.rolf, item.lease_token, YES)
        leases.release(fresh(project), cast.rolf)
    found = conflicts.against_rank(fresh(project))
    assert found is not None
    assert wrong.pk not in {conflict.item.pk for conflict in found[:]}


def test_changed_decisions_are_told_with_who_when_and_the_version_then(project: Project, cast: Cast) -> None:
    """SPEC 3.4, R12i: the overturn report."""
    code(project, cast.rita, 2)
    first, second = project.items.exclude(decision=None).order_by("pk")
    before = coding.recode(fresh(project), first, cast.mona, YES if first.decision == 0 else NO, first.revision)
    now = trained(project, cast.rita)
    row = ProjectDocument.objects.get(pk=second.pk)
    after = coding.recode(now, row, cast.rita, YES if row.decision == 0 else NO, row.revision)
    found = list(conflicts.overturned(now))
    assert now.version is not None
    assert [(change.pk, change.version) for change in found] == [(after.pk, now.version.number), (before.pk, None)]
    assert found[1].supersedes is not None
    assert (found[1].supersedes.reviewer, found[1].reviewer) == (cast.rita, cast.mona)
    assert [change.pk for change in conflicts.by_others(conflicts.overturned(now))] == [before.pk]


def test_the_same_answer_again_overturns_nothing(project: Project, cast: Cast) -> None:
    item = project.items.select_related("document")[0]
    code_chosen(project, cast.rita, [item])
    row = ProjectDocument.objects.get(pk=item.pk)
    coding.recode(fresh(project), row, cast.mona, YES if row.decision == Decision.POSITIVE else NO, row.revision)
    assert not conflicts.overturned(project).exists()


def test_an_adjudication_that_overturns_is_among_them(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    second_looks.draw(now, cast.mona, positives=1)
    item = leases.take_second_look(fresh(now), cast.rolf, uuid.uuid4())
    assert item is not None
    assert item.lease_token is not None
    coding.submit(fresh(now), cast.rolf, item.lease_token, NO)
    decided = coding.adjudicate(fresh(now), second_looks.find(now, "open").get(), cast.mona, NO)
    assert conflicts.overturned(now).get() == decided
