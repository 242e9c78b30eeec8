"""Validation as people see it: planned, coded blind, read, ended."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reviewapp.domain import validation
from reviewapp.domain.coding import Answer
from reviewapp.domain.validation_plans import Design
from reviewapp.models import Project, User, ValidationRound
from reviewapp.web import charts, figures
from tests import samples
from tests.cast import Cast, fresh
from training.core import estimates
from training.core.estimates import Estimate, Stratum

Browser = Callable[[User], Client]
ASKED = {"kind": "elusion", "cutoff": "", "confidence": "95", "margin": "2.5", "size": "10"}


@pytest.fixture
def reviewed(project: Project, cast: Cast) -> Project:
    return samples.reviewed(project, cast)


def page(client: Client, project: Project, name: str = "project-validation", *address: int) -> str:
    return client.get(reverse(name, args=[project.pk, *address])).content.decode()


def test_the_plan_is_worked_out_before_anything_is_drawn(reviewed: Project, cast: Cast, browser: Browser) -> None:
    """SPEC 2.1.8: what the sample can show at best, as somebody types."""
    client = browser(cast.mona)
    assert "to code" in page(client, reviewed), "also for what is filled in at first"
    url = reverse("project-validation-plan", args=[reviewed.pk])
    asked = ASKED | {"kind": "project"}
    shown = client.get(url, asked).content.decode()
    least = estimates.best_recall(6, Stratum(0), Stratum(48, 10), 0.025)
    assert f"recall is at least {figures.down(least)}" in shown
    assert client.get(url, asked | {"cutoff": "70"}).status_code == 200
    assert "Fill in the numbers" in client.get(url, asked | {"margin": "x"}).content.decode()
    assert client.get(reverse("project-validation", args=[reviewed.pk]), asked).status_code == 200
    assert not ValidationRound.objects.exists()


def test_a_manager_starts_codes_reads_and_resumes(reviewed: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.mona)
    url = reverse("project-validation", args=[reviewed.pk])
    assert client.post(url, ASKED).status_code == 302
    shown = page(client, reviewed)
    assert "0</strong> of 10 in the sample coded" in shown
    assert "Rests on" not in shown, "no figure before the last document"
    home = page(client, reviewed, "project")
    assert "Validation round 1 is open" in home
    assert "The model is locked" in home

    samples.code_sample(
        reviewed, cast.rita, lambda item: None if item.ordinal % 2 else Answer(skip_reason="Unreadable")
    )
    shown = page(client, reviewed, "project-validation-live")
    assert "Elusion rate" in shown
    assert "fewer than 20 relevant: weak" in shown
    assert 'hx-trigger="every' not in shown, "nothing moves any more"

    client.post(reverse("validation-resume", args=[reviewed.pk, 1]))
    result = page(client, reviewed, "project-validation-round", 1)
    assert "Review resumed" in result
    assert ValidationRound.objects.get().sample.seed in result
    assert result.count("Skipped</td>") == samples_skipped(reviewed)
    assert "Plan a validation" in page(client, reviewed)


def samples_skipped(project: Project) -> int:
    return project.items.filter(decision=3).count()


def test_the_reviewer_sees_that_it_is_blind_and_nothing_of_the_rank(
    reviewed: Project, cast: Cast, browser: Browser
) -> None:
    """B-07, SPEC 2.1.8: blind coding."""
    validation.start(fresh(reviewed), cast.mona, Design(size=5))
    client = browser(cast.rita)
    desk = page(client, reviewed, "review")
    assert "Validation sample: drawn at random; its rank is hidden" in desk
    assert "by model" not in desk.split("</article>")[0]
    assert "it then counts as relevant" in desk
    held = reviewed.items.get(reviewer=cast.rita)
    assert "not ranked yet" in page(client, reviewed, "document", held.document_id)


def test_a_round_is_completed_or_abandoned_by_a_manager_only(reviewed: Project, cast: Cast, browser: Browser) -> None:
    mona, rita = browser(cast.mona), browser(cast.rita)
    validation.start(fresh(reviewed), cast.mona, Design(size=3))
    assert "Abandon this validation" not in page(rita, reviewed)
    assert rita.post(reverse("validation-abandon", args=[reviewed.pk, 1])).status_code == 403
    mona.post(reverse("validation-abandon", args=[reviewed.pk, 1]))
    assert "abandoned before its sample was coded" in page(mona, reviewed, "project-validation-round", 1)

    validation.start(fresh(reviewed), cast.mona, Design(size=3))
    samples.code_sample(reviewed, cast.rita)
    mona.post(reverse("validation-complete", args=[reviewed.pk, 2]))
    assert "This project is complete" in page(mona, reviewed, "project")
    assert "This project is complete" in page(rita, reviewed, "review")
    assert rita.get(reverse("project-validation-round", args=[reviewed.pk, 9])).status_code == 404


def test_what_cannot_be_started_is_said_beside_the_field(project: Project, cast: Cast, browser: Browser) -> None:
    url = reverse("project-validation", args=[project.pk])
    answer = browser(cast.mona).post(url, ASKED | {"cutoff": "50"})
    assert answer.status_code == 422
    assert "There is no model yet" in answer.content.decode()


def test_the_history_costs_the_same_for_many_rounds(
    reviewed: Project, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser(cast.mona)
    for _ in range(5):
        validation.abandon(validation.start(fresh(reviewed), cast.mona, Design(size=1)), cast.mona)
    with django_assert_max_num_queries(10):
        assert page(client, reviewed).count("Abandoned") == 5


def test_an_interval_is_shown_wider_and_never_narrower_than_it_is() -> None:
    figure = figures.Figure("elusion", "Elusion rate", "", Estimate(0.012345, 0.00999, 0.0200001, 3, 300))
    assert (figure.value, figure.interval) == ("1.23 %", "0.99 % to 2.01 %")
    exact = figures.Figure("recall", "Recall", "", Estimate(None, 0.0, 1.0, 0, 0))
    assert (exact.value, exact.interval, exact.margin) == ("–", "0.00 % to 100.00 %", "± 50.00 %")


def test_every_whisker_ends_where_its_interval_does() -> None:
    shown = figures.figures({"elusion": Estimate(0.1, 0.0, 0.5, 3, 30), "recall": Estimate(0.8, 0.6, 1.0, 30, 50)})
    chart = charts.intervals(shown, 0.95)
    (low, high, dot), _ = ([float(point.split(",")[0]) for point in line.points.split()] for line in chart.lines)
    assert (low, high) == (chart.left, (chart.left + chart.right) / 2)
    assert low < dot < high
    assert [line.series for line in chart.lines] == ["weak", "ranked"]
