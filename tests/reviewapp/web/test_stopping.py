"""Stopping as people see it: three kinds of rules, told apart; every look on the page."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reviewapp.domain import controls, leases, stopping, validation
from reviewapp.domain.validation_plans import Design
from reviewapp.models import Project, StoppingLook, User, Workspace
from reviewapp.web import charts
from tests import samples
from tests.cast import Cast, code, fresh, trained

Browser = Callable[[User], Client]
EASY: dict[str, Any] = {"target": 0.5, "confidence": 0.8, "looks": 2, "run": 5}
TYPED = {"target": "50", "confidence": "80", "looks": "2", "run": "5"}


@pytest.fixture
def project(workspace: Workspace, cast: Cast) -> Project:
    return samples.half_relevant(workspace, cast)


def page(client: Client, project: Project, name: str = "project-stopping", **query: str) -> str:
    html = client.get(reverse(name, args=[project.pk]), query).content.decode()
    return re.sub(r"\s+", " ", html)


def post(client: Client, project: Project, name: str, **told: str) -> Any:
    return client.post(reverse(name, args=[project.pk]), told)


def ready(project: Project, cast: Cast) -> Project:
    stopping.set_plan(project, cast.mona, EASY)
    controls.draw(fresh(project), cast.mona, 20)
    samples.code_sample(fresh(project), cast.rita)
    now = trained(fresh(project), cast.rita)
    leases.release(now, cast.rita)
    return fresh(now)


def test_first_it_is_said_what_shall_be_proven(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.mona)
    assert "one that is chosen by what was seen proves nothing" in page(client, project)
    assert "Take a look" not in page(client, project)
    assert post(client, project, "stopping-plan", **TYPED).status_code == 302
    assert "at least <strong>50 %</strong>" in page(client, project)
    assert "Take a look" in page(client, project)
    refused = post(client, project, "stopping-plan", **(TYPED | {"target": "100"}))
    assert refused.status_code == 422
    assert "less than or equal to 99.9" in refused.content.decode()


def test_the_planner_says_size_hours_and_cost_or_not_provable(project: Project, cast: Cast, browser: Browser) -> None:
    """B-02: before any coding."""
    stopping.set_plan(project, cast.mona, EASY)
    client, asked = browser(cast.mona), {"richness": "50", "pace": "10", "price": "100"}
    best = stopping.designs(project, 0.5, 0.8, 0.5).designs[0]
    told = page(client, project, "stopping-planner", **asked)
    assert f"Draw {best.documents}" in told
    assert f">{best.documents / 10:.1f}<" in told
    assert f">{best.documents * 10:.0f}<" in told
    assert f"{best.needed} of {best.positives}" in told
    assert "Not provable here" in page(client, project, "stopping-planner", richness="1", pace="10")
    assert "Fill in the expected richness" in page(client, project, "stopping-planner", richness="x")
    assert f"Draw {best.documents}" in page(client, project, **asked)


def test_three_kinds_are_told_apart(project: Project, cast: Cast, browser: Browser) -> None:
    """B-02, B-03, B-04: certified, planned, and heuristics marked "no guarantee" with the figure."""
    now = ready(project, cast)
    client = browser(cast.mona)
    assert post(client, now, "stopping-look").status_code == 302
    told = page(client, now)
    for heading in ("Certified stop", "One planned test", "Heuristics"):
        assert f">{heading}</h2>" in told
    heuristics = told.split('aria-labelledby="heuristics"')[1]
    assert "No guarantee" in heuristics
    assert "78 of 400 runs, 19.5 %" in heuristics
    assert told.count("<td>Look-back</td>") == 1, "the look is in the list"
    assert "Left to 50 % recall" in told
    assert "Hidden relevant documents met" in told
    assert "fewer than 20 relevant: weak" in told
    assert "Change it before the first look" not in told


def test_the_stop_is_certified_in_words(project: Project, cast: Cast, browser: Browser) -> None:
    now = ready(project, cast)
    code(now, cast.rita, controls.unread(now))
    client = browser(cast.mona)
    post(client, now, "stopping-look")
    assert "A recall of at least 50 % is certified with 80 % confidence" in page(client, now)


def test_a_validation_shows_as_a_look_of_the_planned_test(project: Project, cast: Cast, browser: Browser) -> None:
    now = ready(project, cast)
    round_ = validation.start(now, cast.mona, Design(size=10))
    samples.code_sample(now, cast.rita)
    validation.resume(round_, cast.mona)
    told = page(browser(cast.mona), now)
    assert "Look 1 of 2" in told
    assert reverse("project-validation-round", args=[now.pk, 1]) in told
    assert "could prove it now" in told or "Not provable yet" in told


def test_a_control_set_is_drawn_coded_and_given_up_from_the_page(
    project: Project, cast: Cast, browser: Browser
) -> None:
    stopping.set_plan(project, cast.mona, EASY)
    client = browser(cast.mona)
    refused = post(client, project, "control-set-draw", documents="81")
    assert refused.status_code == 422
    assert "From 1 to 80" in refused.content.decode()
    assert post(client, project, "control-set-draw", documents="20").status_code == 302
    assert "Control set: drawn at random; its rank is hidden" in page(browser(cast.rita), project, "review")
    leases.release(project, cast.rita)
    shown = page(client, project, "stopping-live")
    assert "Being coded" in shown
    assert "every 2s" in shown
    samples.code_sample(project, cast.rita)
    shown = page(client, project, "stopping-live")
    assert "every 2s" not in shown
    assert "Richness" in shown
    assert post(client, project, "control-set-give-up").status_code == 302
    assert "Draw a control set" in page(client, project)


def test_only_a_manager_sees_the_buttons(project: Project, cast: Cast, browser: Browser) -> None:
    now = ready(project, cast)
    told = page(browser(cast.vic), now)
    assert 'id="look"' not in told
    assert "Give the control set up" not in told
    for name in ("stopping-plan", "stopping-look", "control-set-draw", "control-set-give-up"):
        assert post(browser(cast.rita), now, name).status_code == 403


def test_the_page_costs_the_same_for_many_looks(
    project: Project, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    now = ready(project, cast)
    for _ in range(4):
        stopping.look(now, cast.mona)
    assert StoppingLook.objects.count() == 16
    client = browser(cast.mona)
    with django_assert_max_num_queries(24):
        page(client, now)


def test_the_curve_of_met_documents_climbs_in_steps_to_its_end() -> None:
    chart = charts.control_positives([(0, 0), (10, 2), (20, 3), (30, 3)], needed=5, positives=6)
    met, needed = ([tuple(map(float, p.split(","))) for p in line.points.split()] for line in chart.lines)
    assert [x for x, _ in met] == sorted(x for x, _ in met)
    assert met[-1] == chart.lines[0].last
    assert {y for _, y in needed} == {needed[0][1]}
    assert needed[0][1] < met[-1][1], "what is needed lies above what is met"
