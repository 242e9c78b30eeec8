"""Figures that a manager can trust: they add up, they split by reason, they cost the same at any size."""

from datetime import timedelta

import numpy as np
import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reviewapp.artifacts import Artifacts
from reviewapp.domain import coding, leases, projects, queue, statistics
from reviewapp.domain.coding import Answer
from reviewapp.errors import Unavailable
from reviewapp.models import Completion, Decision, Job, Project, ProjectDocument, Reason, Workspace
from tests.cast import Cast, code, fresh, perform_jobs, write_documents


def trained(project: Project, cast: Cast, count: int = 20) -> Project:
    """Coded, at least so often and until there is a model: the documents before that one come at random."""
    while not fresh(project).trainable or fresh(project).coded < count:
        code(project, cast.rita, 10)
    perform_jobs()
    return fresh(project)


def test_progress_adds_up_to_the_documents_of_the_project(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 7)
    held = leases.held(project, cast.rita)
    assert held and held.lease_token
    coding.submit(project, cast.rita, held.lease_token, Answer(skip_reason="Not in a language I read"))

    progress = statistics.progress(fresh(project))

    assert (progress.coded, progress.skipped, progress.open) == (7, 1, 52)
    assert progress.checked_out == 1
    assert progress.coded + progress.skipped + progress.open == progress.documents == 60


def test_what_waits_is_visible_before_the_first_model(project: Project, cast: Cast) -> None:
    """B-08: how many decisions are not counted, and at how many the next build comes."""
    code(project, cast.rita, 7)

    waiting = statistics.waiting(fresh(project))

    assert (waiting.decisions, waiting.due_at, waiting.until_due) == (7, 10, 3)
    assert waiting.version is None
    assert not waiting.training


def test_what_waits_is_counted_from_what_the_current_version_saw(project: Project, cast: Cast) -> None:
    """B-08"""
    project = trained(project, cast)
    projects.change(project, cast.mona, {"every_n": 25})
    code(project, cast.rita, 4)

    waiting = statistics.waiting(fresh(project))

    assert waiting.version == project.version
    assert (waiting.decisions, waiting.due_at) == (4, 25)


def test_a_training_that_is_due_is_shown_until_it_is_done(project: Project, cast: Cast) -> None:
    """J-07, J-08"""
    code(project, cast.rita, 10)
    assert statistics.waiting(fresh(project)).training

    perform_jobs()

    assert not statistics.waiting(fresh(project)).training


def test_a_failed_training_keeps_its_reason_in_sight_until_one_succeeds(project: Project, cast: Cast) -> None:
    """J-09"""
    project = trained(project, cast)
    assert project.index
    artifact = project.index.artifact
    project.index.artifact = "0" * 64
    project.index.save(update_fields=["artifact"])
    code(project, cast.rita, 10)
    perform_jobs()

    failed = statistics.waiting(fresh(project)).failed
    assert failed and "missing" in failed.error

    project.index.artifact = artifact
    project.index.save(update_fields=["artifact"])
    projects.train_now(project, cast.mona)
    perform_jobs()
    assert statistics.waiting(fresh(project)).failed is None


def test_what_is_missing_for_the_first_model_is_said_per_class(project: Project, cast: Cast) -> None:
    """R-17"""
    code(project, cast.rita, 6, says=lambda item: False)

    waiting = statistics.waiting(fresh(project))

    assert (waiting.missing_positives, waiting.missing_negatives) == (5, 0)
    assert not waiting.trainable


def test_the_gain_curve_ends_at_the_projects_own_counters(project: Project, cast: Cast) -> None:
    project = trained(project, cast, 30)
    code(project, cast.rita, 3)
    project = fresh(project)

    gain = statistics.reading(project).gain()

    assert gain[0] == (0, 0)
    assert gain[-1] == (project.coded, project.positives)
    assert [x for x, _ in gain] == sorted(x for x, _ in gain)


def test_an_undone_and_recoded_document_counts_once_with_its_last_decision(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 3, says=lambda item: True)
    item = coding.undo(fresh(project), cast.rita)
    assert item.lease_token
    coding.submit(fresh(project), cast.rita, item.lease_token, Answer(choice="Not relevant"))
    first = project.items.select_related("current").filter(decision=Decision.POSITIVE)[0]
    coding.recode(fresh(project), first, cast.mona, Answer(choice="Not relevant"), first.revision)

    reading = statistics.reading(fresh(project))

    assert reading.gain()[-1] == (3, 1)


def test_statistics_are_split_by_the_reason_for_which_a_document_was_served(project: Project, cast: Cast) -> None:
    """B-07"""
    project = trained(project, cast)
    code(project, cast.rita, 6)

    served = {s.reason: s for s in statistics.reading(fresh(project)).by_reason()}

    assert set(served) == {Reason.INDEX_HEALTH, Reason.HIGH_RANK}
    assert sum(s.documents for s in served.values()) == project.coded + 6
    assert sum(s.positives for s in served.values()) == fresh(project).positives
    assert served[Reason.HIGH_RANK].documents == 5  # the sixth was in Rita's hands before there was a model


def test_the_relevance_rate_counts_only_what_was_served_for_the_asked_reasons(project: Project, cast: Cast) -> None:
    """B-07"""
    project = trained(project, cast)
    code(project, cast.rita, 6)

    rate = statistics.reading(fresh(project)).rate(*statistics.BY_RANK)

    # The document in Rita's hands was handed out before the model was there.
    assert sum(served.documents for _, served in rate) == 5
    assert all(0 <= served.rate <= 100 for _, served in rate)


@pytest.mark.parametrize(("coded", "size"), [(20, 10), (101, 20), (1001, 50), (2001, 100), (100_000, 200)])
def test_the_relevance_rate_is_refreshed_per_200_and_oftener_in_small_projects(
    project: Project, coded: int, size: int
) -> None:
    project.negatives = coded
    assert statistics.reading(project).size == size


def test_every_document_is_in_one_bin_and_one_state_of_the_rank_distribution(project: Project, cast: Cast) -> None:
    project = trained(project, cast)
    held = queue.next_document(project, cast.rita)
    assert held and held.lease_token
    coding.submit(project, cast.rita, held.lease_token, Answer(skip_reason="Unclear"))

    ranks = statistics.rank_distribution(fresh(project))

    assert ranks
    sums = {state: sum(counts) for state, counts in ranks.states.items()}
    project = fresh(project)
    assert sums["positive"] == project.positives
    assert sums["negative"] == project.negatives
    assert sums["skipped"] == 1
    assert sum(sums.values()) == ranks.documents == 60


def test_a_removed_document_leaves_the_rank_distribution(project: Project, cast: Cast) -> None:
    project = trained(project, cast)
    ProjectDocument.objects.filter(project=project, ordinal__in=[0, 1, 2]).update(removed=True)

    ranks = statistics.rank_distribution(project)

    assert ranks
    assert sum(map(sum, ranks.states.values())) == ranks.documents == 57


def test_documents_that_came_after_the_snapshot_have_no_rank_yet(project: Project, cast: Cast) -> None:
    project = trained(project, cast)
    write_documents(project.workspace, 5)
    projects.adopt(project.workspace)
    late = project.items.get(ordinal=62)
    coding.recode(project, late, cast.rita, Answer(choice="Relevant"), late.revision)

    ranks = statistics.rank_distribution(fresh(project))

    assert ranks
    assert sum(map(sum, ranks.states.values())) == 60


def test_there_is_no_rank_distribution_before_the_first_version(project: Project) -> None:
    assert statistics.rank_distribution(project) is None


def test_bins_are_five_points_of_rank_wide(project: Project, cast: Cast) -> None:
    project = trained(project, cast)
    assert project.snapshot
    project.snapshot.artifact = Artifacts(settings.ARTIFACTS_DIR).write(
        {"scores": np.array([0.0, 0.049, 0.05, 0.93, 1.0], np.float32)}
    )
    project.items.update(decision=None)

    ranks = statistics.rank_distribution(project)

    assert ranks
    counts = ranks.states["unreviewed"]
    assert (counts[0], counts[1], counts[18], counts[19]) == (2, 1, 1, 1)


def test_a_missing_snapshot_is_said_and_not_drawn_as_zero(project: Project, cast: Cast) -> None:
    project = trained(project, cast)
    assert project.snapshot
    project.snapshot.artifact = "f" * 64
    with pytest.raises(Unavailable):
        statistics.rank_distribution(project)


def test_a_reviewers_figures_leave_out_what_they_took_back(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 5)
    coding.undo(fresh(project), cast.rita)

    (rita,) = statistics.reviewers(fresh(project))

    assert (rita.user, rita.completions) == (cast.rita, 4)
    assert rita.health_share == 100


def test_a_decision_that_somebody_else_changed_counts_as_overturned(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 4, says=lambda item: True)
    items = list(project.items.filter(decision=Decision.POSITIVE))
    for item, choice in zip(items, ("Not relevant", "Relevant"), strict=False):
        coding.recode(fresh(project), item, cast.mona, Answer(choice=choice), item.revision)

    people = {person.user: person for person in statistics.reviewers(fresh(project))}

    assert people[cast.rita].overturned == 1
    assert people[cast.mona].overturned == 0


def test_pace_is_documents_an_hour_of_reading_without_long_breaks(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 3)
    now = timezone.now()
    Completion.objects.update(created_at=now, served_at=now - timedelta(seconds=60))
    Completion.objects.filter(pk=Completion.objects.order_by("pk")[0].pk).update(served_at=now - timedelta(hours=5))

    (rita,) = statistics.reviewers(fresh(project))

    assert rita.seconds == statistics.LONGEST_LOOK + 2 * 60
    assert rita.pace == 3600 * 3 / rita.seconds


def test_a_reviewers_own_count_is_of_decisions_that_stand(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 5)
    coding.undo(fresh(project), cast.rita)
    oldest = Completion.objects.order_by("pk")[0]
    Completion.objects.filter(pk=oldest.pk).update(created_at=timezone.now() - timedelta(days=2))

    assert statistics.own(project, cast.rita) == statistics.Own(today=3, total=4)
    assert statistics.own(project, cast.rolf) == statistics.Own(today=0, total=0)


def test_the_head_moves_with_every_completion_and_every_version(project: Project, cast: Cast) -> None:
    heads = {statistics.head(project)}
    code(project, cast.rita, 1)
    heads.add(statistics.head(fresh(project)))
    heads.add(statistics.head(trained(project, cast)))
    projects.change(project, cast.mona, {"every_n": 1})
    code(project, cast.rita, 1)
    heads.add(statistics.head(fresh(project)))
    perform_jobs()
    heads.add(statistics.head(fresh(project)))
    assert len(heads) == 5


def test_versions_come_newest_first(project: Project, cast: Cast) -> None:
    project = trained(project, cast)
    code(project, cast.rita, 10)
    perform_jobs()
    assert [version.number for version in statistics.versions(project)] == [2, 1]


def test_superseded_jobs_are_left_out_of_the_recent_ones(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 30)
    perform_jobs()
    assert [job.state for job in statistics.recent_jobs(project)] == [Job.State.DONE, Job.State.DONE]
    assert Job.objects.filter(project=project, state=Job.State.SUPERSEDED).exists()


def test_figures_cost_no_query_a_row(
    workspace: Workspace, project: Project, cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    trained(project, cast)
    code(project, cast.rolf, 10)
    project = fresh(project)
    for figure, queries in (
        (statistics.progress, 1),
        (statistics.waiting, 3),
        (statistics.reading, 1),
        (statistics.rank_distribution, 1),
        (statistics.reviewers, 2),
        (statistics.head, 1),
    ):
        with django_assert_num_queries(queries):
            figure(project)
