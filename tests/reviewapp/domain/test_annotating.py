"""Annotating: hand out, draft, submit, skip, correct."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from reviewapp.domain import annotating, assignments, coding, documents, leases, projects, verdicts
from reviewapp.domain.coding import Answer
from reviewapp.errors import Conflict, Invalid, Refused
from reviewapp.labeling.answers import InvalidAnswer
from reviewapp.models import Annotation, Assignment, AuditEvent, Decision, Draft, Prediction, Project, Reason
from tests.cast import ANNOTATION_CONFIG, Cast, annotate, chosen, fresh, span


def test_a_submission_is_a_neutral_completion_with_its_annotation_beside_it(annotation: Project, cast: Cast) -> None:
    item = annotation.items.select_related("document")[0]
    part = span(item.document.text, "valve", "Part")
    completion = annotate(annotation, cast.rita, item, part, chosen("tone", "Casual"))
    assert completion.decision == Decision.NEUTRAL
    assert completion.annotation.regions == 1
    assert completion.annotation.result[0] == part
    now = fresh(annotation)
    assert (now.neutrals, now.positives, now.completions, now.coded) == (1, 0, 1, 1)
    item.refresh_from_db()
    assert (item.current_id, item.decision, item.reviewer_id) == (completion.pk, Decision.NEUTRAL, None)


def test_submitting_brings_the_next_document_and_the_same_token_again_changes_nothing(
    annotation: Project, cast: Cast
) -> None:
    first = annotating.next_document(annotation, cast.rita)
    assert first is not None
    assert first.served_reason == Reason.REMAINING
    assert first.lease_token is not None
    done = annotating.submit(annotation, cast.rita, first.lease_token, [chosen("tone", "Formal")])
    assert done.upcoming is not None
    assert done.upcoming.pk != first.pk
    again = annotating.submit(annotation, cast.rita, first.lease_token, [chosen("tone", "Casual")])
    assert again.completion.pk == done.completion.pk
    assert again.upcoming == done.upcoming
    assert annotation.answers.count() == 1


def test_two_people_never_get_the_same_document(annotation: Project, cast: Cast) -> None:
    hers, his = (annotating.next_document(annotation, person) for person in (cast.rita, cast.rolf))
    assert hers != his


def test_what_does_not_fit_is_refused_whole_and_the_document_stays_in_hand(annotation: Project, cast: Cast) -> None:
    item = annotating.next_document(annotation, cast.rita)
    assert item is not None
    assert item.lease_token is not None
    with pytest.raises(InvalidAnswer):
        annotating.submit(annotation, cast.rita, item.lease_token, [chosen("tone", "Angry")])
    assert annotation.answers.count() == 0
    assert annotating.next_document(annotation, cast.rita) == item


def test_a_draft_survives_and_goes_with_the_submission(annotation: Project, cast: Cast) -> None:
    item = annotating.next_document(annotation, cast.rita)
    assert item is not None
    annotating.save_draft(annotation, item, cast.rita, [chosen("tone", "Casual")])
    annotating.save_draft(annotation, item, cast.rita, [chosen("tone", "Formal")])
    leases.release(annotation, cast.rita)
    again = annotating.next_document(annotation, cast.rita)
    assert again == item
    assert again is not None
    begun = annotating.begin(annotation, again, cast.rita)
    assert begun.is_draft
    assert begun.result[0]["value"] == {"choices": ["Formal"]}
    assert annotating.begin(annotation, again, cast.rolf).result == []
    assert again.lease_token is not None
    annotating.submit(annotation, cast.rita, again.lease_token, begun.result)
    assert not Draft.objects.exists()


def test_a_draft_is_nobodys_answer(annotation: Project, cast: Cast) -> None:
    """J-02: only what was submitted counts."""
    item = annotating.next_document(annotation, cast.rita)
    assert item is not None
    annotating.save_draft(annotation, item, cast.rita, [chosen("tone", "Casual")])
    item.refresh_from_db()
    assert item.decision is None
    assert fresh(annotation).completions == 0


def test_a_lease_that_ran_out_loses_nothing(annotation: Project, cast: Cast) -> None:
    item = annotating.next_document(annotation, cast.rita)
    assert item is not None
    assert item.lease_token is not None
    annotating.save_draft(annotation, item, cast.rita, [chosen("tone", "Casual")])
    annotation.items.filter(pk=item.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Conflict):
        annotating.submit(annotation, cast.rita, item.lease_token, [chosen("tone", "Casual")])
    assert annotating.next_document(annotation, cast.rolf) != item  # begun by Rita, so it is hers
    again = annotating.next_document(annotation, cast.rita)
    assert again == item
    assert again is not None
    assert annotating.begin(annotation, again, cast.rita).is_draft


def test_a_draft_gives_more_time(annotation: Project, cast: Cast) -> None:
    item = annotating.next_document(annotation, cast.rita)
    assert item is not None
    soon = timezone.now() + timedelta(seconds=60)
    annotation.items.filter(pk=item.pk).update(leased_until=soon)
    annotating.save_draft(annotation, item, cast.rita, [])
    item.refresh_from_db()
    assert item.leased_until is not None
    assert item.leased_until > soon


def test_skipping_gives_a_reason_and_no_answer(annotation: Project, cast: Cast) -> None:
    item = annotating.next_document(annotation, cast.rita)
    assert item is not None
    assert item.lease_token is not None
    skipped = annotating.submit(annotation, cast.rita, item.lease_token, None, skip_reason="Cannot be read").completion
    assert (skipped.decision, skipped.reason) == (Decision.SKIPPED, "Cannot be read")
    assert not Annotation.objects.exists()
    now = fresh(annotation)
    assert (now.skipped, now.coded, now.completions) == (1, 0, 0)


def test_a_skip_does_not_take_away_what_somebody_else_said(annotation: Project, cast: Cast) -> None:
    item = annotation.items.get(ordinal=0)
    assignments.assign(annotation, [item.document_id], [cast.rita, cast.rolf], cast.mona)
    hers = annotate(annotation, cast.rita, item)
    opened = annotating.open_document(annotation, item, cast.rolf)
    assert opened.lease_token is not None
    annotating.submit(annotation, cast.rolf, opened.lease_token, None, skip_reason="Not mine")
    item.refresh_from_db()
    assert (item.decision, item.current_id) == (Decision.NEUTRAL, hers.pk)
    assert fresh(annotation).skipped == 0


def test_an_update_supersedes_the_annotators_own_completion(annotation: Project, cast: Cast) -> None:
    item = annotation.items.get(ordinal=0)
    first = annotate(annotation, cast.rita, item)
    item.refresh_from_db()
    assert annotating.begin(annotation, item, cast.rita).result[0]["value"] == {"choices": ["Formal"]}
    second = annotate(annotation, cast.rita, item, chosen("tone", "Casual"))
    assert second.supersedes_id == first.pk
    assert first.annotation.result[0]["value"] == {"choices": ["Formal"]}
    now = fresh(annotation)
    assert (now.neutrals, now.completions) == (1, 2)


def test_what_was_sent_back_comes_first(annotation: Project, cast: Cast) -> None:
    item = annotation.items.select_related("document").get(ordinal=5)
    completion = annotate(annotation, cast.rita, item)
    verdicts.decide(completion, cast.mona, accepted=False, comment="The valve is missing")
    again = annotating.next_document(annotation, cast.rita)
    assert again == item
    assert again is not None
    assert again.served_reason == Reason.TO_CORRECT


def test_what_was_accepted_stays(annotation: Project, cast: Cast) -> None:
    item = annotation.items.get(ordinal=0)
    verdicts.decide(annotate(annotation, cast.rita, item), cast.mona, accepted=True)
    with pytest.raises(Conflict, match="accepted"):
        annotating.open_document(annotation, item, cast.rita)


def test_predictions_are_shown_and_make_nothing_done(annotation: Project, cast: Cast) -> None:
    item = annotation.items.select_related("document").get(ordinal=0)
    part, sure = span(item.document.text, "valve", "Part"), span(item.document.text, "supplier", "Person", "c")
    sure["value"]["confidence"] = 0.97
    old = span(item.document.text, "paid", "Verb", "b")
    Prediction.objects.create(item=item, model="ner", result=[part, old, sure], confidence=0.9)
    [suggestion] = annotating.begin(annotation, item, cast.rita).suggestions
    known = {**span(item.document.text, "supplier", "Person", "c"), "score": 0.97}
    assert (suggestion.result, suggestion.confidence) == ([part, known], 0.9)
    item.refresh_from_db()
    assert item.decision is None
    assert annotating.begin(annotation, item, cast.rita).result == []


def test_deleting_a_document_forgets_what_was_marked_in_it(annotation: Project, cast: Cast) -> None:
    item = annotation.items.select_related("document").get(ordinal=0)
    annotate(annotation, cast.rita, item, span(item.document.text, "valve", "Part"))
    Prediction.objects.create(item=item, model="ner", result=[])
    documents.delete(annotation.workspace, annotation.workspace.documents.filter(pk=item.document_id), cast.alice)
    assert not Annotation.objects.exists()
    assert not Prediction.objects.exists()


def test_every_submission_is_on_the_trail_without_a_word_of_the_text(annotation: Project, cast: Cast) -> None:
    item = annotation.items.select_related("document").get(ordinal=0)
    completion = annotate(annotation, cast.rita, item, span(item.document.text, "valve", "Part"))
    event = AuditEvent.objects.get(verb="task.annotate")
    assert event.detail == {"project": annotation.pk, "completion": completion.pk}


def test_a_review_has_no_annotations_and_an_annotation_project_no_decisions(
    project: Project, annotation: Project, cast: Cast
) -> None:
    item = annotating.next_document(annotation, cast.rita)
    assert item is not None
    assert item.lease_token is not None
    with pytest.raises(Conflict, match="annotation project"):
        coding.submit(annotation, cast.rita, item.lease_token, Answer(choice="Relevant"))
    with pytest.raises(Conflict, match="annotation project"):
        projects.change_choices(annotation, cast.mona, "relevance", projects.DEFAULT_CHOICES)
    with pytest.raises(Conflict, match="cannot be trained without parameters"):
        projects.train_now(annotation, cast.mona)


def test_only_those_who_were_asked_open_a_document(annotation: Project, cast: Cast) -> None:
    item = annotation.items.get(ordinal=0)
    assignments.assign(annotation, [item.document_id], [cast.rita], cast.mona)
    with pytest.raises(Refused):
        annotating.open_document(annotation, item, cast.rolf)
    assert annotating.open_document(annotation, item, cast.mona).reviewer == cast.mona
    assert annotating.next_document(annotation, cast.rolf) != item


def test_a_paused_project_hands_out_nothing(annotation: Project, cast: Cast) -> None:
    projects.pause(annotation, cast.mona)
    with pytest.raises(Conflict, match="paused"):
        annotating.next_document(fresh(annotation), cast.rita)


def test_a_long_reason_is_refused(annotation: Project, cast: Cast) -> None:
    with pytest.raises(Invalid):
        annotating.submit(annotation, cast.rita, uuid.uuid4(), None, skip_reason="x" * 501)


def _submit(annotation: Project, cast: Cast, count: int) -> None:
    items = list(annotation.items.order_by("ordinal"))
    for number in range(count):
        annotate(annotation, cast.rita, items[number % len(items)])


def test_every_n_completions_make_one_training_due_while_active_learning_is_on(annotation: Project, cast: Cast) -> None:
    """J-46: N - 1 none, N one, 2N - 1 still one, 2N two; what came before the switch is not new."""
    projects.change(annotation, cast.mona, {"every_n": 5})
    _submit(annotation, cast, 6)
    assert fresh(annotation).trainings_due == 0
    projects.change(annotation, cast.mona, {"active_learning": True})
    due = []
    for _ in range(10):
        _submit(annotation, cast, 1)
        due.append(fresh(annotation).trainings_due)
    assert due == [0, 0, 0, 0, 1, 1, 1, 1, 1, 2]


def test_a_review_always_learns(project: Project, cast: Cast) -> None:
    with pytest.raises(Invalid, match="always learns"):
        projects.change(project, cast.mona, {"active_learning": True})


def test_a_config_with_mistakes_makes_no_project(annotation: Project, cast: Cast) -> None:
    with pytest.raises(Invalid, match="Line 2, column"):
        projects.create_annotation(
            annotation.workspace, cast.mona, name="Bad", labeling_config="<View>\n<Txt/>\n</View>"
        )
    assert not Project.objects.filter(name="Bad").exists()
    assert annotation.labeling_config == ANNOTATION_CONFIG
    assert Assignment.objects.count() == 0
