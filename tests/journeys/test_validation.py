"""A validation from the plan to the result: coded blind by keyboard, then the review goes on."""

import re

import pytest
from playwright.sync_api import expect

from reviewapp.models import Project
from tests import samples
from tests.cast import WORDS, Cast
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.journey, pytest.mark.processes]


def test_a_sample_is_planned_drawn_coded_and_read(project: Project, cast: Cast, visit: Visit) -> None:
    """SPEC 2.1.8, B-07"""
    samples.reviewed(project, cast)
    window = visit(cast.mona)
    page = window.page
    window.open(f"/projects/{project.pk}/")
    page.get_by_role("link", name="Validation").click()
    window.look("6-plan")
    page.get_by_label("Project validation").check()
    page.get_by_label("Cutoff").fill("40")
    page.get_by_label("Or a fixed number of documents").fill("16")
    expect(page.locator("#plan")).to_contain_text("16 documents to code")
    expect(page.locator("#plan")).to_contain_text(re.compile(r"recall is at least \d"))
    window.look("6-planned")
    page.get_by_role("button", name="Draw the sample and start").click()
    expect(page.locator("#live")).to_contain_text("0 of 16 in the sample coded")
    window.look("6-open")

    page.get_by_role("link", name="Code the sample").click()
    expect(page.locator("#why")).to_contain_text("its rank is hidden")
    window.look("6-blind")
    token = page.locator("#decide input[name=token]")
    for _ in range(16):
        before = token.input_value()
        relevant = WORDS[True] in (page.locator("#text").text_content() or "")
        page.keyboard.press("1" if relevant else "2")
        expect(token).not_to_have_value(before)
    expect(page.locator("#why")).to_contain_text("High rank")

    window.open(f"/projects/{project.pk}/")
    expect(page.locator("#live")).to_contain_text("16 pending decisions will train when the review resumes")
    window.look("6-locked")
    page.locator("#to-validation").click()
    expect(page.get_by_role("row", name=re.compile("^Recall")).first).to_contain_text("%")
    window.look("6-read")
    page.locator("#chart-intervals").scroll_into_view_if_needed()
    window.look("6-intervals")
    page.get_by_role("button", name="Resume the review").click()
    expect(page.get_by_text("Review resumed")).to_be_visible()
    window.look("6-result")
    page.get_by_role("link", name="Validation").click()
    expect(page.get_by_role("row", name=re.compile("^Project validation 1"))).to_contain_text("Review resumed")
    page.locator("#rounds").scroll_into_view_if_needed()
    window.look("6-history")
