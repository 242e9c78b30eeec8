"""By keyboard alone: from any page to any other, and what every key does."""

import pytest
from playwright.sync_api import expect

from reviewapp.domain import preferences
from reviewapp.models import Project
from tests.cast import Cast
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.journey, pytest.mark.processes]


def test_the_palette_leads_anywhere_without_a_mouse(project: Project, cast: Cast, visit: Visit) -> None:
    window = visit(cast.mona)
    page = window.page
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Go to a page or do something")
    expect(palette.get_by_role("link", name="API tokens")).to_be_visible()
    page.keyboard.type("valves")
    expect(palette.get_by_role("link", name="Valves Halden")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/projects/{project.pk}/")

    page.keyboard.press("Control+k")
    expect(palette.get_by_role("button", name="Train now")).to_be_visible()
    window.look("palette")
    page.keyboard.type("HAL-000007")
    page.keyboard.press("Enter")  # at once: what was typed last is looked up first
    page.wait_for_url("**/documents/*/")
    expect(page.locator("h1")).to_have_text("Mail 7")

    page.keyboard.press("Control+k")
    page.keyboard.type("project")
    expect(palette.get_by_role("link", name="API tokens")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(palette.get_by_role("button", name="Pause the project")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(palette.get_by_label("A page, a project")).to_be_focused()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()


def test_the_sheet_of_keys_says_what_holds_on_the_page(project: Project, cast: Cast, visit: Visit) -> None:
    window = visit(cast.rita)
    page, sheet = window.page, window.page.get_by_role("dialog", name="Keys")
    page.keyboard.press("?")
    expect(sheet).to_contain_text("Go to a page, a project or a document")
    expect(sheet).not_to_contain_text("Search this list", use_inner_text=True)

    window.open(f"/projects/{project.pk}/review/")
    page.keyboard.press("?")
    expect(sheet).to_contain_text("Relevant, and on to the next document")
    expect(sheet).to_contain_text("Take back your last decision")
    window.look("keys")
    page.keyboard.press("Escape")

    window.open(f"/workspaces/{project.workspace_id}/documents/")
    page.keyboard.press("?")
    expect(sheet).to_contain_text("Search this list")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("main input[type=search]")).to_be_focused()


def test_single_keys_can_be_switched_off(project: Project, cast: Cast, visit: Visit) -> None:
    """WCAG 2.1.4"""
    preferences.choose(cast.rita, keys="off")
    window = visit(cast.rita)
    page = window.page
    window.open(f"/projects/{project.pk}/review/")
    number = page.locator("#stage .mono").first.text_content() or ""
    page.keyboard.press("1")
    page.get_by_role("button", name="Keys", exact=False).first.click()
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Single keys are switched off.")
    expect(page.locator("#stage .mono").first).to_have_text(number)
    assert not project.answers.exists()
