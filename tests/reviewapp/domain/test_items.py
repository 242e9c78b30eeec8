"""Finding a project's documents: every filter alone and together, in the order of rank, without a query a row."""

import numpy as np
import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries

from reviewapp.artifacts import Artifacts
from reviewapp.domain import coding, items, leases, projects
from reviewapp.domain.coding import Answer
from reviewapp.domain.items import Wanted
from reviewapp.models import Project, Reason, Workspace
from tests.cast import Cast, code, fresh, perform_jobs, write_documents


@pytest.fixture
def ranked(project: Project, cast: Cast) -> Project:
    """Rita coded until there was a model; every document's rank is its ordinal plus a half."""
    while not fresh(project).trainable:
        code(project, cast.rita, 10)
    perform_jobs()
    project = fresh(project)
    assert project.snapshot
    scores = (np.arange(60, dtype=np.float32) + 0.5) / 100
    project.snapshot.artifact = Artifacts(settings.ARTIFACTS_DIR).write({"scores": scores})
    project.snapshot.save(update_fields=["artifact"])
    return fresh(project)


def numbers(project: Project, **wanted: object) -> list[str]:
    return [row.item.document.control_number for row in items.find(project, Wanted(**wanted))[:]]  # type: ignore[arg-type]


def test_documents_come_highest_rank_first_or_lowest_first(ranked: Project) -> None:
    assert numbers(ranked, order="highest")[:2] == ["HAL-000059", "HAL-000058"]
    assert numbers(ranked, order="lowest")[:2] == ["HAL-000000", "HAL-000001"]


def test_a_range_of_ranks_takes_both_ends(ranked: Project) -> None:
    assert numbers(ranked, lowest=10.5, highest=12.5) == ["HAL-000010", "HAL-000011", "HAL-000012"]
    assert len(numbers(ranked, lowest=58)) == 2


def test_a_document_without_a_rank_lies_in_no_range_and_comes_last(ranked: Project) -> None:
    write_documents(ranked.workspace, 1)
    projects.adopt(ranked.workspace)
    ranked = fresh(ranked)

    assert numbers(ranked, order="highest")[-1] == numbers(ranked, order="lowest")[-1] == "HAL-000060"
    assert "HAL-000060" not in numbers(ranked, lowest=0, highest=100)
    assert items.find(ranked, Wanted())[60].rank is None


def test_the_full_text_search_finds_words_and_the_beginning_of_a_control_number(project: Project) -> None:
    assert len(numbers(project, words="hidden commission")) == 15
    assert numbers(project, words='"note 7 from"') == ["HAL-000007"]
    assert numbers(project, words="hal-00001") == [f"HAL-00001{digit}" for digit in range(10)]
    assert numbers(project, words="hidden -commission") == []


def test_states_split_the_documents(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 6)
    held = leases.held(project, cast.rita)
    assert held and held.lease_token
    coding.submit(fresh(project), cast.rita, held.lease_token, Answer(skip_reason="Unclear"))

    counts = {state: len(items.find(project, Wanted(state=state))) for state in (*items.STATES, "unreviewed")}

    project = fresh(project)
    assert counts["positive"] == project.positives
    assert counts["negative"] == project.negatives
    assert counts["skipped"] == 1
    assert sum(counts.values()) == 60
    assert len(items.find(project, Wanted(state="checked_out"))) == 1


def test_filters_narrow_together(ranked: Project, cast: Cast) -> None:
    everything = numbers(ranked, reviewer=cast.rita.pk, state="positive")
    boxed = numbers(ranked, reviewer=cast.rita.pk, state="positive", tag="box b", reason=Reason.INDEX_HEALTH)
    assert everything
    assert set(boxed) <= set(everything)
    assert numbers(ranked, reviewer=cast.rolf.pk) == []
    assert numbers(ranked, tag="no such tag") == []


def test_the_latest_decision_comes_first(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 5)
    last = coding.own_recent(project, cast.rita)[0]
    assert numbers(project, reviewer=cast.rita.pk, order="latest")[0] == last.item.document.control_number


def test_another_projects_documents_are_never_found(project: Project, workspace: Workspace, cast: Cast) -> None:
    projects.create(workspace, cast.mona, name="Boxes", document_tags=["box a"])
    other = workspace.projects.get(name="Boxes")
    assert len(items.find(other, Wanted())) == 30
    assert len(items.find(project, Wanted())) == 60


def test_a_page_costs_two_queries_however_long_the_list(
    ranked: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        rows = items.find(ranked, Wanted(order="highest"))[10:50]
        said = [(row.item.document.title, row.item.current and row.item.current.reviewer.username) for row in rows]
    assert len(said) == 40


def test_the_rank_of_one_document_is_the_snapshots(ranked: Project) -> None:
    assert items.rank(ranked, ranked.items.get(ordinal=7)) == pytest.approx(7.5)


def test_a_documents_history_is_every_answer_newest_first(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 1)
    item = coding.undo(fresh(project), cast.rita)
    assert item.lease_token
    coding.submit(fresh(project), cast.rita, item.lease_token, Answer(choice="Relevant", note="See page 2"))

    answers = items.history(item)

    assert [answer.get_decision_display() for answer in answers][:2] == ["Positive", "Withdrawn"]
    assert answers[0].note == "See page 2"
    assert len(answers) == 3
