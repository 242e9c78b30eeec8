"""A certified stop: planned, a control set drawn and coded blind, the review, the look."""

import re

import pytest
from playwright.sync_api import expect

from reviewapp.domain import controls
from reviewapp.models import Workspace
from tests import samples
from tests.cast import Cast, code, fresh, perform_jobs, trained
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.journey, pytest.mark.processes]


def test_a_stop_is_planned_and_certified(workspace: Workspace, cast: Cast, visit: Visit) -> None:
    """B-02, B-04: plan → control set → review → certified stop reached."""
    project = samples.half_relevant(workspace, cast)
    window = visit(cast.mona)
    page = window.page
    window.open(f"/projects/{project.pk}/")
    page.get_by_role("link", name="Stopping").click()
    window.look("7-plan")
    page.get_by_label("Recall to be reached").fill("70")
    page.get_by_label("Confidence, in percent").fill("90")
    page.get_by_role("button", name="Set this target").click()

    page.get_by_label("Expected richness").fill("1")
    expect(page.locator("#planner")).to_contain_text("Not provable here")
    window.look("7-not-provable")
    page.get_by_label("Expected richness").fill("40")
    page.get_by_label("Price of an hour").fill("90")
    expect(page.locator("#planner")).to_contain_text(re.compile(r"Draw \d+"))
    window.look("7-planner")
    page.get_by_label("Another number").fill("30")
    page.get_by_role("button", name="Draw it").click()
    expect(page.locator("#control")).to_contain_text("Being coded")

    page.goto(f"{window.address}/projects/{project.pk}/review/")
    expect(page.locator("#why")).to_contain_text("Control set: drawn at random; its rank is hidden")
    window.look("7-blind")
    page.get_by_role("button", name="Release and leave").click()
    samples.code_sample(project, cast.rita)
    now = trained(fresh(project), cast.rita)
    code(now, cast.rita, 8)
    perform_jobs()

    window.open(f"/projects/{project.pk}/stopping/")
    page.get_by_role("button", name="Take a look").click()
    expect(page.get_by_text("hidden relevant documents;").first).to_be_visible()
    window.look("7-control")
    page.locator("#certified").scroll_into_view_if_needed()
    window.look("7-certified")
    page.locator("#heuristics").scroll_into_view_if_needed()
    window.look("7-heuristics")

    code(now, cast.rita, controls.unread(fresh(now)))
    page.get_by_role("button", name="Take a look").click()
    expect(page.get_by_text("A recall of at least 70 % is certified with 90 % confidence")).to_be_visible()
    page.locator("#certified").scroll_into_view_if_needed()
    window.look("7-reached")
    page.locator("#looks").scroll_into_view_if_needed()
    window.look("7-looks")
