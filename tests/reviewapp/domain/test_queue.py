"""Who gets which document, and why."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from reviewapp.artifacts import Artifacts
from reviewapp.domain import leases, people, projects, queue
from reviewapp.domain.coding import Answer, submit
from reviewapp.errors import Conflict
from reviewapp.models import Project, ProjectDocument, Reason, User, Workspace
from tests.cast import Cast, code, fresh, is_relevant, perform_jobs, trained, write_documents
from tests.threads import at_once


def reviewers(workspace: Workspace, count: int) -> list[User]:
    made = [User.objects.create(username=f"reviewer{number}") for number in range(count)]
    for person in made:
        people.grant(workspace, person, "reviewer", None)
    return made


def test_a_project_without_an_index_says_why_it_hands_out_nothing(workspace: Workspace, cast: Cast) -> None:
    """R-66: an un-populated project cannot start a queue; it says why."""
    write_documents(workspace, 5)
    new = projects.create(workspace, cast.mona, name="New")
    with pytest.raises(Conflict, match="not indexed yet"):
        queue.next_document(fresh(new), cast.rita)


def test_a_paused_project_hands_out_nothing_but_takes_what_is_out(project: Project, cast: Cast) -> None:
    item = queue.next_document(project, cast.rita)
    assert item is not None
    assert item.lease_token is not None
    projects.pause(project, cast.mona)
    with pytest.raises(Conflict, match="paused"):
        queue.next_document(fresh(project), cast.rolf)
    done = submit(fresh(project), cast.rita, item.lease_token, Answer(choice="Relevant"))
    assert done.upcoming is None
    assert fresh(project).positives == 1


def test_before_five_of_each_documents_are_served_at_random(project: Project, cast: Cast) -> None:
    """R-17's boundary, SPEC 2.1.4: below 5 positive + 5 negative the queue serves random documents (index health)."""
    code(project, cast.rita, 8)
    reasons = set(project.answers.values_list("served_reason", flat=True))
    assert reasons == {Reason.INDEX_HEALTH}
    ordinals = list(project.answers.order_by("pk").values_list("item__ordinal", flat=True))
    assert ordinals != sorted(ordinals)


def test_a_trained_project_serves_the_highest_rank_first(project: Project, cast: Cast) -> None:
    """R-13 (without a link): after a build, ranks decide, and the reason, version and rank are kept (B-07)."""
    now = trained(project, cast.rita)
    item = queue.next_document(now, cast.rolf)
    assert item is not None
    assert item.served_reason == Reason.HIGH_RANK
    assert now.version is not None
    assert item.served_version == now.version.number
    others = [queue.next_document(now, person) for person in (cast.mona, cast.alice)]
    ranks = [held.served_rank or 0 for held in (item, *others) if held]
    assert len(ranks) == 3
    assert ranks == sorted(ranks, reverse=True)


def test_the_coverage_queue_serves_what_the_model_is_least_sure_of(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    projects.change(project, cast.mona, {"queue": "coverage"})
    item = queue.next_document(fresh(project), cast.rolf)
    assert item is not None
    assert item.served_reason == Reason.COVERAGE
    best = queue.next_document(fresh(project), cast.mona)
    assert best is not None
    assert abs((item.served_rank or 0) - 50) <= abs((best.served_rank or 0) - 50)


def test_a_share_of_the_documents_is_a_random_control(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    projects.change(project, cast.mona, {"control_share": 1.0})
    item = queue.next_document(fresh(project), cast.rolf)
    assert item is not None
    assert item.served_reason == Reason.RANDOM_CONTROL


def test_every_open_document_is_equally_likely_to_be_the_control() -> None:
    """The control sample is a uniform draw: first positions of 20,000 draws over 50 documents fit by chi-squared."""
    draws = Counter(queue.drawn(random.Random(seed), range(50))[0] for seed in range(20_000))
    expected = 20_000 / 50
    chi_squared = sum((draws[place] - expected) ** 2 / expected for place in range(50))
    assert chi_squared < 85.4  # the 99.9 % point for 49 degrees of freedom


def test_documents_that_came_after_the_ranking_are_served_too(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 60)
    perform_jobs()
    assert queue.next_document(fresh(project), cast.rita) is None
    write_documents(project.workspace, 3)
    projects.adopt(project.workspace, cast.mona)
    item = queue.next_document(fresh(project), cast.rita)
    assert item is not None
    assert item.served_reason == Reason.REMAINING


def test_the_queue_is_never_empty_while_a_document_is_uncoded(project: Project, cast: Cast) -> None:
    assert code(project, cast.rita, 100) == 60
    assert ProjectDocument.objects.filter(project=project, decision=None).count() == 0


def test_a_skipped_document_comes_back_when_nothing_else_is_left(project: Project, cast: Cast) -> None:
    item = queue.next_document(project, cast.rita)
    assert item is not None
    assert item.lease_token is not None
    submit(project, cast.rita, item.lease_token, Answer(skip_reason="Another language"))
    assert code(project, cast.rita, 59) == 59
    again = queue.next_document(fresh(project), cast.rita)
    assert again is not None
    assert (again.pk, again.served_reason) == (item.pk, Reason.SKIPPED_BEFORE)


def test_asking_again_gives_the_same_document(project: Project, cast: Cast) -> None:
    first = queue.next_document(project, cast.rita)
    second = queue.next_document(project, cast.rita)
    assert first is not None
    assert second is not None
    assert (first.pk, first.lease_token) == (second.pk, second.lease_token)


def test_a_lease_that_ran_out_goes_to_the_next_reviewer(project: Project, cast: Cast) -> None:
    item = queue.next_document(project, cast.rita)
    assert item is not None
    assert item.lease_token is not None
    ProjectDocument.objects.exclude(pk=item.pk).filter(project=project).update(removed=True)
    ProjectDocument.objects.filter(pk=item.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    taken = queue.next_document(project, cast.rolf)
    assert taken is not None
    assert taken.pk == item.pk
    with pytest.raises(Conflict, match="no longer checked out"):
        submit(project, cast.rita, item.lease_token, Answer(choice="Relevant"))
    assert not project.answers.exists()


def test_an_expired_lease_of_ones_own_does_not_block(project: Project, cast: Cast) -> None:
    item = queue.next_document(project, cast.rita)
    assert item is not None
    ProjectDocument.objects.filter(pk=item.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert queue.next_document(project, cast.rita) is not None


def test_expired_leases_are_released_and_live_ones_kept(project: Project, cast: Cast) -> None:
    gone, kept = queue.next_document(project, cast.rita), queue.next_document(project, cast.rolf)
    assert gone is not None
    assert kept is not None
    ProjectDocument.objects.filter(pk=gone.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert leases.release_expired() == 1
    assert leases.checked_out(project) == 1


def test_removing_a_person_gives_their_document_back(project: Project, cast: Cast) -> None:
    """SPEC 2.1.5: a reviewer who is taken off abandons nothing."""
    queue.next_document(project, cast.rita)
    people.remove(project.workspace, cast.rita, cast.alice)
    assert leases.checked_out(project) == 0


def test_a_chosen_document_can_be_opened_unless_somebody_has_it(project: Project, cast: Cast) -> None:
    item = queue.next_document(project, cast.rita)
    assert item is not None
    with pytest.raises(Conflict, match="checked out"):
        leases.open_document(project, item, cast.rolf)
    other = project.items.exclude(pk=item.pk).first()
    assert other is not None
    opened = leases.open_document(project, other, cast.rita)
    assert opened.served_reason == Reason.CHOSEN
    assert leases.checked_out(project) == 1


def test_the_walk_passes_many_coded_documents_in_few_statements(
    project: Project, cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    trained(project, cast.rita)
    ProjectDocument.objects.filter(project=project).exclude(ordinal=59).update(decision=0)
    with django_assert_max_num_queries(8):
        item = queue.next_document(fresh(project), cast.rolf)
    assert item is not None


def test_a_long_coded_head_is_walked_once(
    project: Project, cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    write_documents(project.workspace, 440)
    projects.adopt(project.workspace)
    perform_jobs()
    now = trained(project, cast.rita)
    leases.release(now, cast.rita)
    best = ranked(now)
    ProjectDocument.objects.filter(project=project, ordinal__in=best[:300]).update(decision=0)
    with django_assert_max_num_queries(9):
        first = queue.next_document(now, cast.rita)
    with django_assert_max_num_queries(5):
        second = queue.next_document(now, cast.rolf)
    assert first is not None
    assert second is not None
    assert [first.ordinal, second.ordinal] == best[300:302]


def test_a_document_that_somebody_keeps_makes_nobody_else_look_twice(
    project: Project, cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """The best document stays in one pair of hands while the others code on behind it."""
    write_documents(project.workspace, 440)
    projects.adopt(project.workspace)
    perform_jobs()
    now = trained(project, cast.rita)
    best = ranked(now)
    leases.release(now, cast.rita)
    kept = queue.next_document(now, cast.rita)
    ProjectDocument.objects.filter(project=project, ordinal__in=best[1:300]).update(decision=0)
    first = queue.next_document(now, cast.rolf)
    leases.release(now, cast.rolf)
    with django_assert_max_num_queries(5):
        second = queue.next_document(now, cast.rolf)
    assert kept is not None
    assert first is not None
    assert second is not None
    assert [kept.ordinal, first.ordinal, second.ordinal] == [best[0], best[300], best[300]]
    leases.release(now, cast.rita)
    leases.release(now, cast.rolf)
    again = queue.next_document(now, cast.mona)
    assert again is not None
    assert again.ordinal == best[0]


def test_a_document_that_was_undone_is_served_again(
    project: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a long coded head it waits until the head is looked at anew, and comes first then."""
    write_documents(project.workspace, 440)
    projects.adopt(project.workspace)
    perform_jobs()
    now = trained(project, cast.rita)
    leases.release(now, cast.rita)
    best = ranked(now)
    ProjectDocument.objects.filter(project=project, ordinal__in=best[:300]).update(decision=0)
    queue.next_document(now, cast.rita)
    ProjectDocument.objects.filter(project=project, ordinal=best[7]).update(decision=None)
    monkeypatch.setattr(queue, "TRUST_HEAD", 0.0)
    item = queue.next_document(now, cast.rolf)
    assert item is not None
    assert item.ordinal == best[7]


def ranked(project: Project) -> list[int]:
    """The open ordinals in the order of the project's snapshot."""
    assert project.snapshot is not None
    order: list[int] = Artifacts(settings.ARTIFACTS_DIR).read(project.snapshot.artifact)["prioritized"].tolist()
    return order


def test_taking_a_document_does_not_read_the_collection(project: Project, cast: Cast) -> None:
    """The plan looks candidates up one by one, also for a table that has no statistics yet (a new import)."""
    write_documents(project.workspace, 440)
    projects.add_documents(project)
    assert most_rows_read(fresh(project), cast.rita) <= queue.FIRST_LOOK


def test_the_documents_of_a_new_project_are_not_read_whole(project: Project, cast: Cast) -> None:
    """Statistics from before a project was there would say that it is empty."""
    write_documents(project.workspace, 1000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    new = projects.create(project.workspace, cast.mona, name="New", control_share=0.0)
    perform_jobs()
    assert most_rows_read(fresh(new), cast.rita) <= queue.FIRST_LOOK


def most_rows_read(project: Project, reviewer: User) -> float:
    """The rows that the largest step reads of the plan that takes the next document."""
    with CaptureQueriesContext(connection) as captured:
        queue.next_document(project, reviewer)
    (walk,) = [query["sql"] for query in captured if "walk" in query["sql"]]
    leases.release(project, reviewer)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {walk}")
        ((plan,),) = cursor.fetchone()
    return max(rows_read(plan["Plan"]))


def rows_read(node: dict[str, Any]) -> Iterator[float]:
    """The rows that each step of a query plan looked at."""
    yield node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)
    for below in node.get("Plans", []):
        yield from rows_read(below)


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_never_hold_the_same_document(project: Project) -> None:
    """TRUST part 7: reviewers at once, until everything is coded; decisions = documents, no document twice."""
    staff = reviewers(project.workspace, 8)
    seen: list[int] = []

    def review(number: int) -> int:
        item = queue.next_document(fresh(project), staff[number])
        done = 0
        while item is not None:
            assert item.lease_token is not None
            seen.append(item.pk)
            answer = Answer(choice="Relevant" if is_relevant(item) else "Not relevant")
            item = submit(fresh(project), staff[number], item.lease_token, answer).upcoming
            done += 1
        return done

    assert sum(done for done in at_once(8, review) if isinstance(done, int)) == 60
    assert len(seen) == len(set(seen)) == 60
    assert fresh(project).coded == fresh(project).completions == 60


@pytest.mark.django_db(transaction=True)
def test_one_reviewer_asking_many_times_at_once_gets_one_document(project: Project, cast: Cast) -> None:
    """TRUST part 7: 32 parallel *next* of one reviewer return one document."""
    items = at_once(16, lambda _: queue.next_document(fresh(project), cast.rita))
    assert all(isinstance(item, ProjectDocument) for item in items)
    assert len({item.pk for item in items if isinstance(item, ProjectDocument)}) == 1
    assert leases.checked_out(project) == 1
