"""Advice on which mode to walk: the stated rules, one by one, with the figure that triggers each."""

import pytest

from reviewapp.domain.statistics import Served
from reviewapp.models import ClassificationIndex, Project, Reason
from tests.cast import Cast, fresh, trained
from training import advice
from training.advice import Shares


def steps(project: Project, brought: Shares | None = None) -> list[tuple[str, str]]:
    given = advice.advise(fresh(project), brought or advice.shares(project))
    return [(step.mode.name, step.label) for step in given]


def with_figures(project: Project, precision: float, recall: float) -> Project:
    """The project as if its version had these figures."""
    assert project.version is not None
    f1 = 2 * precision * recall / (precision + recall)
    project.version.metrics |= {"precision": precision, "recall": recall, "f1": f1}
    project.version.save(update_fields=["metrics"])
    return project


BALANCED = Shares((Served(Reason.SHUFFLE, 30, 3), Served(Reason.HIGH_RANK, 70, 40)))


def test_before_the_first_model_it_sends_to_shuffle_and_clusters(project: Project) -> None:
    """U-20."""
    assert steps(project) == [("shuffle", ""), ("clusters", "")]


def test_a_label_with_few_examples_is_taught(project: Project, cast: Cast) -> None:
    """SPEC 2.3.4: Teach if under 25 examples."""
    now = with_figures(trained(project, cast.rita), 0.9, 0.9)
    assert steps(now, BALANCED) == [("teach", "Relevant"), ("teach", "Not relevant")]
    assert "6 of 25 examples" in advice.advise(fresh(now), BALANCED)[0].why


@pytest.mark.parametrize(
    ("precision", "recall", "mode"),
    [(0.9, 0.5, "check"), (0.5, 0.9, "missed"), (0.5, 0.5, "teach"), (0.9, 0.9, None), (0.7, 0.7, None)],
)
def test_figures_say_what_to_do(
    project: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch, precision: float, recall: float, mode: str | None
) -> None:
    """SPEC 2.3.4: Check if recall is low and precision high, Missed if it is the other way round."""
    monkeypatch.setattr(advice, "EXAMPLES", 5)
    now = with_figures(trained(project, cast.rita), precision, recall)
    assert steps(now, BALANCED) == ([(mode, "Relevant")] if mode else [])


def test_too_little_at_random_and_too_much_by_search_are_said(
    project: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SPEC 2.3.6: aim at 20 % by shuffle, keep search low."""
    monkeypatch.setattr(advice, "EXAMPLES", 5)
    now = with_figures(trained(project, cast.rita), 0.9, 0.9)
    searched = Shares((Served(Reason.SEARCH, 30, 30), Served(Reason.SHUFFLE, 10, 1), Served(Reason.TEACH, 60, 20)))
    assert steps(now, searched) == [("shuffle", ""), ("rebalance", "")]
    assert searched.random == pytest.approx(0.1)
    assert searched.search == pytest.approx(0.3)
    assert searched.rebalance == 0


def test_shares_are_counted_from_what_was_coded(project: Project, cast: Cast) -> None:
    """B-07, U-22: the share of each training mode."""
    trained(project, cast.rita)
    brought = advice.shares(fresh(project))
    assert [(served.reason, served.documents, share) for served, share in brought.rows] == [("chosen", 12, 100.0)]
    assert ClassificationIndex.objects.count() == 1
