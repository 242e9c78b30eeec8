"""What second looks say about the people who code, and about recall."""

import uuid

import numpy as np
import pytest
from django.db.models import Q

from reviewapp.domain import coding, leases, quality, second_looks
from reviewapp.domain.coding import Answer
from reviewapp.models import Decision, Project, ProjectDocument, User
from tests.cast import Cast, fresh, is_relevant, trained
from training.core import agreement
from training.core.human_error import Looks, Pile

YES, NO = Answer(choice="Relevant"), Answer(choice="Not relevant")


def looked_again(project: Project, person: User, wrong_at: int = 0) -> None:
    """Let the person look again at everything that waits, and err at so many of the first."""
    for number in range(1000):
        item = leases.take_second_look(fresh(project), person, uuid.uuid4())
        if item is None:
            return
        assert item.lease_token is not None
        truth = is_relevant(item) != (number < wrong_at)
        coding.submit(fresh(project), person, item.lease_token, YES if truth else NO)
        leases.release(fresh(project), person)


@pytest.fixture
def doubled(project: Project, cast: Cast) -> Project:
    """Rita coded 10 relevant and 10 other documents; Rolf looked at all of them again and erred twice."""
    now = trained(project, cast.rita, each=10)
    second_looks.draw(now, cast.mona, positives=100, negatives=100)
    looked_again(now, cast.rolf, wrong_at=2)
    return fresh(now)


def test_agreement_is_that_of_the_table(doubled: Project) -> None:
    """SPEC 3.7: percent, kappa, alpha."""
    found = quality.agreed(doubled)
    assert found.labels == ("Relevant", "Not relevant")
    assert sum(map(sum, found.table)) == 20
    assert found.table[0][0] + found.table[1][1] == 18
    assert found.measures.percent.value == pytest.approx(0.9)
    assert found.measures == agreement.agreement(np.array(found.table))


def test_every_two_people_are_told_apart(doubled: Project, cast: Cast) -> None:
    [pair] = quality.coders(doubled)
    assert (pair.first, pair.second, pair.measures.documents) == (cast.rita, cast.rolf, 20)


def test_the_evidence_says_who_was_right_as_far_as_it_is_decided(doubled: Project, cast: Cast) -> None:
    """B-09: error rates per class from the blind second look."""
    before = quality.coded(doubled)
    assert (before.relevant, before.irrelevant) == (10, 10)
    undecided = before.looks_at_relevant.undecided + before.looks_at_irrelevant.undecided
    assert undecided == 2
    one, other = second_looks.find(doubled, "open").order_by("pk")
    coding.adjudicate(doubled, one, cast.mona, Answer(choice=one.first.choice))
    coding.adjudicate(fresh(doubled), other, cast.mona, Answer(choice=other.second.choice))
    after = quality.coded(fresh(doubled))
    assert (after.relevant, after.irrelevant) == (10, 10)  # the first decisions, whatever became of them
    looks = (after.looks_at_relevant, after.looks_at_irrelevant)
    assert sum(look.first_right for look in looks) == 1
    assert sum(look.second_right for look in looks) == 1
    assert sum(look.undecided for look in looks) == 0
    assert sum(look.agreed for look in looks) == 18


def test_a_change_of_mind_decides_too(doubled: Project, cast: Cast) -> None:
    look = second_looks.find(doubled, "open").first()
    assert look is not None
    item = ProjectDocument.objects.get(pk=look.item_id)
    coding.recode(doubled, item, cast.rita, Answer(choice=look.second.choice), item.revision)
    found = quality.coded(fresh(doubled))
    assert found.looks_at_relevant.second_right + found.looks_at_irrelevant.second_right == 1


def test_recall_is_corrected_and_over_everything_with_a_sample_of_the_pile(doubled: Project) -> None:
    """B-09: recall as coded beside recall corrected."""
    found = quality.recall(doubled)
    assert found is not None
    assert found.as_coded.value == 1
    assert found.corrected.value is not None
    assert found.corrected.low is not None
    assert 0 < found.corrected.low < found.corrected.value <= 1
    over = quality.recall(doubled, Pile(40, 40, 5))
    assert over is not None
    assert over.as_coded.value == pytest.approx(10 / 15)
    assert (over.corrected.value or 1) < found.corrected.value


def test_without_second_looks_at_both_kinds_recall_is_not_corrected(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    assert quality.recall(now) is None
    second_looks.draw(now, cast.mona, positives=3)
    looked_again(now, cast.rolf)
    assert quality.recall(fresh(now)) is None
    assert quality.coded(fresh(now)).looks_at_relevant == Looks(3, 0, 0, 0)


def test_documents_that_left_the_project_and_skips_do_not_count(doubled: Project, cast: Cast) -> None:
    gone = doubled.items.filter(Q(look__isnull=False), decision=Decision.POSITIVE)[0]
    ProjectDocument.objects.filter(pk=gone.pk).update(removed=True)
    assert quality.agreed(doubled).measures.documents == 19
    assert quality.coded(doubled).relevant == 9
