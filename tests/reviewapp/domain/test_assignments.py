"""Assignments and the states of tasks."""

import pytest

from reviewapp.domain import annotating, assignments, tasks, verdicts
from reviewapp.domain.tasks import Wanted
from reviewapp.errors import Invalid, Refused
from reviewapp.models import Assignment, AuditEvent, Project, ProjectDocument
from tests.cast import Cast, annotate, chosen

WORK = Assignment.State


def state(item: ProjectDocument, **own: object) -> str:
    rows = tasks.with_state(ProjectDocument.objects.filter(pk=item.pk), own.get("own"))  # type: ignore[arg-type]
    return str(rows.get().state)


@pytest.fixture
def item(annotation: Project, cast: Cast) -> ProjectDocument:
    """A document that Rita and Rolf are asked to annotate and Mona to check."""
    item = annotation.items.get(ordinal=3)
    assignments.assign(annotation, [item.document_id], [cast.rita, cast.rolf], cast.mona)
    verdicts.assign(annotation, [item.document_id], cast.mona, cast.mona)
    return item


def test_a_task_goes_from_incomplete_to_reviewed(annotation: Project, item: ProjectDocument, cast: Cast) -> None:
    """2.2.5: the states of a task for owners, managers and reviewers."""
    seen = [state(item)]
    annotating.save_draft(annotation, item, cast.rita, [chosen("tone", "Formal")])
    seen.append(state(item))
    hers = annotate(annotation, cast.rita, item)
    seen.append(state(item))
    his = annotate(annotation, cast.rolf, item)
    seen.append(state(item))
    verdicts.decide(hers, cast.mona, accepted=True)
    verdicts.decide(his, cast.mona, accepted=False, comment="Look again")
    seen.append(state(item))
    again = annotate(annotation, cast.rolf, item, chosen("tone", "Casual"))
    seen.append(state(item))
    verdicts.decide(again, cast.mona, accepted=True)
    seen.append(state(item))
    assert seen == ["incomplete", "in_progress", "in_progress", "submitted", "to_correct", "submitted", "reviewed"]


def test_an_annotator_sees_the_state_of_their_own_work(annotation: Project, item: ProjectDocument, cast: Cast) -> None:
    """2.2.5: for an annotator the states are computed from their own work only."""
    annotate(annotation, cast.rita, item)
    assert (state(item, own=cast.rita), state(item, own=cast.rolf)) == ("submitted", "incomplete")
    assert tasks.counts(annotation, cast.rita)["submitted"] == 1
    assert sum(tasks.counts(annotation, cast.rita).values()) == 1
    assert tasks.counts(annotation) == {
        "incomplete": 11,
        "in_progress": 1,
        "submitted": 0,
        "to_correct": 0,
        "reviewed": 0,
        "skipped": 0,
    }


def test_a_skipped_share_does_not_hold_a_task_up(annotation: Project, item: ProjectDocument, cast: Cast) -> None:
    annotate(annotation, cast.rita, item)
    opened = annotating.open_document(annotation, item, cast.rolf)
    assert opened.lease_token is not None
    annotating.submit(annotation, cast.rolf, opened.lease_token, None, skip_reason="Not my field")
    assert state(item) == "submitted"


def test_the_star_goes_with_a_rejection_and_comes_back_with_an_acceptance(
    annotation: Project, item: ProjectDocument, cast: Cast
) -> None:
    """2.2.5: when rejected the star is removed."""
    completion = annotate(annotation, cast.rita, item)
    work = Assignment.objects.get(item=item, annotator=cast.rita)
    assert work.completion_id == completion.pk
    verdicts.decide(completion, cast.mona, accepted=False)
    work.refresh_from_db()
    assert work.state == WORK.TO_CORRECT
    assert work.completion is None
    verdicts.decide(completion, cast.mona, accepted=True)
    work.refresh_from_db()
    assert (work.state, work.completion_id) == (WORK.ACCEPTED, completion.pk)


def test_rejecting_an_old_completion_does_not_send_the_new_one_back(
    annotation: Project, item: ProjectDocument, cast: Cast
) -> None:
    old = annotate(annotation, cast.rita, item)
    annotate(annotation, cast.rita, item, chosen("tone", "Casual"))
    verdicts.decide(old, cast.mona, accepted=False)
    assert Assignment.objects.get(item=item, annotator=cast.rita).state == WORK.SUBMITTED


def test_only_the_checker_or_a_manager_judges(annotation: Project, item: ProjectDocument, cast: Cast) -> None:
    completion = annotate(annotation, cast.rita, item)
    with pytest.raises(Refused):
        verdicts.decide(completion, cast.rolf, accepted=True)


def test_documents_are_dealt_out_in_turns(annotation: Project, cast: Cast) -> None:
    everything = list(annotation.items.values_list("document_id", flat=True))
    people = [cast.rita, cast.rolf, cast.mona]
    assert assignments.assign(annotation, everything, people, cast.mona, each=2) == 24
    for person in people:
        assert Assignment.objects.filter(annotator=person).count() == 8
    assert all(item.assignments.count() == 2 for item in annotation.items.all())
    assert assignments.assign(annotation, everything, people, cast.mona, each=2) == 0


def test_an_assignment_is_taken_back_unless_something_was_submitted(
    annotation: Project, item: ProjectDocument, cast: Cast
) -> None:
    annotate(annotation, cast.rita, item)
    assert assignments.withdraw(annotation, [item.document_id], [cast.rita, cast.rolf], cast.mona) == 1
    assert list(item.assignments.values_list("annotator", flat=True)) == [cast.rita.pk]
    assert state(item) == "submitted"


def test_only_people_who_may_annotate_are_assigned(annotation: Project, cast: Cast) -> None:
    for people, each in (([cast.vic], None), ([cast.stan], None), ([], None), ([cast.rita], 2)):
        with pytest.raises(Invalid):
            assignments.assign(annotation, [1], people, cast.mona, each=each)
    assert not AuditEvent.objects.filter(verb="task.assign").exists()


def test_tasks_are_found_by_state_people_tag_and_words(annotation: Project, item: ProjectDocument, cast: Cast) -> None:
    annotate(annotation, cast.rita, item)
    found = {
        "state": Wanted(state="in_progress"),
        "annotator": Wanted(annotator=cast.rolf.pk),
        "own": Wanted(own=cast.rita, state="submitted"),
        "checker": Wanted(checker=cast.mona.pk),
        "number": Wanted(words=item.document.control_number),
    }
    for name, wanted in found.items():
        assert list(tasks.find(annotation, wanted)) == [item], name
    assert len(tasks.find(annotation, Wanted(tag="box a"))) == 6
    assert len(tasks.find(annotation, Wanted(words="valve"))) == 3


def test_a_list_costs_the_same_however_long_it_is(
    annotation: Project, cast: Cast, django_assert_num_queries: object
) -> None:
    everything = list(annotation.items.values_list("document_id", flat=True))
    assignments.assign(annotation, everything, [cast.rita, cast.rolf], cast.mona)
    with django_assert_num_queries(3):  # type: ignore[operator]
        for row in tasks.find(annotation, Wanted()):
            assert [work.annotator.username for work in row.assignments.all()] == ["rita", "rolf"]


def test_annotators_read_only_their_own_completions(annotation: Project, item: ProjectDocument, cast: Cast) -> None:
    hers, his = annotate(annotation, cast.rita, item), annotate(annotation, cast.rolf, item)
    assert list(tasks.seen_by(item, cast.rita)) == [hers]
    assert list(tasks.seen_by(item, cast.mona)) == [his, hers]
    assert list(tasks.seen_by(item, cast.vic)) == [his, hers]


def test_comments_are_for_everybody(annotation: Project, item: ProjectDocument, cast: Cast) -> None:
    tasks.comment(item, cast.rita, " Is this a part? ")
    assert list(item.comments.values_list("text", flat=True)) == ["Is this a part?"]
    with pytest.raises(Invalid):
        tasks.comment(item, cast.rita, "  ")
