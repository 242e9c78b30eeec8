"""Which completion of a document trains."""

from types import SimpleNamespace
from typing import cast as typed

import numpy as np
import pytest

from reviewapp.domain import annotating, assignments, coding, projects, queue, verdicts
from reviewapp.domain.coding import Answer
from reviewapp.errors import Invalid, Refused
from reviewapp.models import Completion, Decision, Project, ProjectDocument, User
from tests.cast import Cast, annotate, chosen, fresh
from training import datasets
from training.datasets import Submission, effective

RITA, ROLF = 1, 2
POSITIVE, NEGATIVE = Decision.POSITIVE, Decision.NEGATIVE


def settings(*, choice: str = "most_recent", only: str = "decided", priority: tuple[int, ...] = ()) -> Project:
    made = SimpleNamespace(completion_choice=choice, training_filter=only, reviewer_priority=list(priority))
    return typed(Project, made)


def submission(
    completion: int, reviewer: int, decision: int, accepted: bool | None = None, checker: int | None = None
) -> Submission:
    return Submission(0, completion, reviewer, decision, accepted, checker)


def test_an_accepted_completion_is_used_and_all_others_are_ignored() -> None:
    """J-18."""
    answers = [submission(1, RITA, POSITIVE, accepted=True), submission(2, ROLF, NEGATIVE)]
    assert effective(answers, settings()) == answers[0]


def test_rejected_completions_are_never_used() -> None:
    """J-19."""
    answers = [submission(1, RITA, POSITIVE), submission(2, ROLF, NEGATIVE, accepted=False)]
    assert effective(answers, settings()) == answers[0]
    assert effective(answers[1:], settings(only="all_submitted")) is None


def test_without_a_checker_the_most_recent_is_used() -> None:
    """J-20, J-21."""
    answers = [submission(1, RITA, POSITIVE), submission(2, ROLF, NEGATIVE), submission(3, RITA, POSITIVE)]
    assert effective(answers, settings()) == answers[2]
    assert effective(answers[:1], settings()) == answers[0]


def test_an_assigned_checker_who_has_not_decided_keeps_a_completion_out() -> None:
    """J-22, D3: both settings."""
    answers = [submission(1, RITA, POSITIVE, checker=ROLF)]
    assert effective(answers, settings()) is None
    assert effective(answers, settings(only="all_submitted")) == answers[0]


def test_the_highest_priority_reviewer_counts_where_the_project_says_so() -> None:
    """D2; somebody outside the order comes last, and of one reviewer the latest completion counts."""
    answers = [submission(1, ROLF, NEGATIVE), submission(2, ROLF, POSITIVE), submission(3, RITA, NEGATIVE)]
    ordered = settings(choice="highest_priority", priority=(ROLF, RITA))
    assert effective(answers, ordered) == answers[1]
    assert effective([submission(1, 99, POSITIVE), *answers], ordered) == answers[1]


def test_a_withdrawn_decision_leaves_the_other_reviewers_standing() -> None:
    answers = [submission(1, RITA, POSITIVE), submission(2, ROLF, NEGATIVE), submission(3, ROLF, Decision.WITHDRAWN)]
    assert effective(answers, settings()) == answers[0]
    assert effective(answers[1:], settings()) is None


def coded(project: Project, reviewer: User, choice: str = "Relevant") -> ProjectDocument:
    item = queue.next_document(fresh(project), reviewer)
    assert item is not None
    assert item.lease_token is not None
    coding.submit(fresh(project), reviewer, item.lease_token, Answer(choice=choice))
    return item


def current(item: ProjectDocument) -> Completion:
    item.refresh_from_db()
    assert item.current is not None
    return item.current


def test_only_submitted_positive_and_negative_documents_train(project: Project, cast: Cast) -> None:
    """J-02: a document without a submitted completion is never in the training set; D5: neither are skips."""
    positive, negative = coded(project, cast.rita), coded(project, cast.rita, "Not relevant")
    leased = queue.next_document(fresh(project), cast.rita)
    assert leased is not None
    assert leased.lease_token is not None
    coding.submit(fresh(project), cast.rita, leased.lease_token, Answer(skip_reason="Later"))
    dataset = datasets.read(fresh(project))
    expected = {positive.ordinal: True, negative.ordinal: False}
    assert dict(zip(dataset.ordinals.tolist(), dataset.labels.tolist(), strict=True)) == expected
    assert (dataset.positives, dataset.negatives) == (1, 1)
    assert np.all(np.diff(dataset.ordinals) > 0)


def test_a_verdict_decides_what_trains(project: Project, cast: Cast) -> None:
    """J-18, J-19 and J-22 through the tables: assign, accept, reject, and the last verdict on a completion counts."""
    item = coded(project, cast.rita)
    verdicts.assign(fresh(project), [item.document_id], cast.rolf, cast.mona)
    assert len(datasets.read(fresh(project)).ordinals) == 0
    verdicts.decide(current(item), cast.rolf, accepted=True)
    assert datasets.read(fresh(project)).positives == 1
    verdicts.decide(current(item), cast.rolf, accepted=False, comment="Look at the second page.")
    assert len(datasets.read(fresh(project)).ordinals) == 0
    coding.recode(fresh(project), item, cast.rita, Answer(choice="Not relevant"), item.revision)
    projects.change(project, cast.mona, {"training_filter": "all_submitted"})
    assert datasets.read(fresh(project)).negatives == 1


def test_only_the_checker_or_a_manager_gives_verdicts(project: Project, cast: Cast) -> None:
    item = coded(project, cast.rita)
    with pytest.raises(Refused, match="checker assigned"):
        verdicts.decide(current(item), cast.rolf, accepted=True)
    verdicts.decide(current(item), cast.mona, accepted=True)
    with pytest.raises(Invalid, match="may not code"):
        verdicts.assign(project, [item.document_id], cast.vic, cast.mona)


def test_a_removed_document_no_longer_trains(project: Project, cast: Cast) -> None:
    """U-17: deleting a document removes it from future training."""
    item = coded(project, cast.rita)
    ProjectDocument.objects.filter(pk=item.pk).update(removed=True)
    assert len(datasets.read(fresh(project)).ordinals) == 0


def test_which_annotation_of_a_task_trains(annotation: Project, cast: Cast) -> None:
    """J-02, J-18 to J-22: the same rules for annotations, with both settings."""
    items = list(annotation.items.order_by("ordinal"))
    assignments.assign(annotation, [item.document_id for item in items[:6]], [cast.rita, cast.rolf], cast.mona)
    accepted = annotate(annotation, cast.rita, items[0])
    annotate(annotation, cast.rolf, items[0])
    verdicts.decide(accepted, cast.mona, accepted=True)
    for person in (cast.rita, cast.rolf):
        verdicts.decide(annotate(annotation, person, items[1]), cast.mona, accepted=False)
    annotate(annotation, cast.rita, items[2])
    annotate(annotation, cast.rolf, items[2])
    recent = annotate(annotation, cast.rita, items[2], chosen("tone", "Casual"))
    single = annotate(annotation, cast.rolf, items[3])
    undecided = annotate(annotation, cast.rolf, items[4])
    verdicts.assign(annotation, [items[4].document_id], cast.mona, cast.mona)
    annotating.save_draft(annotation, items[5], cast.rita, [chosen("tone", "Casual")])
    decided = {0: accepted.pk, 2: recent.pk, 3: single.pk}
    assert datasets.annotations(fresh(annotation)) == decided
    projects.change(annotation, cast.mona, {"training_filter": "all_submitted"})
    assert datasets.annotations(fresh(annotation)) == {**decided, 4: undecided.pk}
    highest = {"completion_choice": "highest_priority", "reviewer_priority": [cast.rolf.pk, cast.rita.pk]}
    projects.change(annotation, cast.mona, highest)
    assert datasets.annotations(fresh(annotation))[2] == annotate_of(items[2], cast.rolf).pk


def test_a_replaced_or_skipped_annotation_does_not_come_back_when_the_new_one_falls(
    annotation: Project, cast: Cast
) -> None:
    item = annotation.items.get(ordinal=0)
    annotate(annotation, cast.rita, item)
    new = annotate(annotation, cast.rita, item, chosen("tone", "Casual"))
    verdicts.decide(new, cast.mona, accepted=False)
    assert datasets.annotations(fresh(annotation)) == {}


def annotate_of(item: ProjectDocument, person: User) -> Completion:
    return item.completions.filter(reviewer=person).latest("pk")
