"""What one review learned starts the next: export in the panel, link while creating, ranks before any coding."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from models_lib import categories
from reviewapp.models import Project
from tests.cast import WORDS, Cast, exported, trained
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.journey, pytest.mark.processes]


def test_an_export_starts_the_next_project_before_anything_is_coded(
    celery_worker_process: None, project: Project, cast: Cast, visit: Visit
) -> None:
    """R-13, R-20, R-24, R-25, R-54: by mouse, with the status live in the panel."""
    trained(project, cast.rita)
    categories.create(project.workspace, cast.mona, "Subject-specific")
    window = visit(cast.mona)
    page = window.page

    window.open(f"/projects/{project.pk}/")
    page.get_by_role("button", name="Export Model").click()
    panel = page.get_by_role("complementary", name="Export Trained Model")
    expect(panel.get_by_text("Nothing exported yet")).to_be_visible()
    panel.get_by_label("Name").fill("Valve knowledge")
    panel.get_by_label("Subject-specific").check()
    window.look("library-1-panel")
    panel.get_by_role("button", name="Export", exact=True).click()
    expect(panel.get_by_text("Ready", exact=True)).to_be_visible()
    window.look("library-2-ready")
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()

    page.get_by_role("link", name="Halden").first.click()
    page.get_by_role("link", name="Trained Models").click()
    expect(page.get_by_role("row", name=re.compile("Valve knowledge.*Subject-specific.*Ready.*12"))).to_be_visible()
    window.look("library-3-tab")

    page.get_by_role("link", name="Projects", exact=True).click()
    page.get_by_role("link", name="New project").click()
    page.get_by_label("Trained model to begin with").select_option(label="Valve knowledge")
    page.get_by_text("Options", exact=True).click()
    page.get_by_label("Random control, in percent").fill("0")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("rest on 12 documents of a linked model and 0 coded here")).to_be_visible()
    window.look("library-4-ranks")

    page.get_by_role("link", name="Start review").click()
    expect(page.locator("#text")).to_contain_text(WORDS[True])


def test_categories_are_put_in_order_by_keyboard_alone(project: Project, cast: Cast, visit: Visit) -> None:
    """R-38: the button that was pressed keeps the focus, so it can be pressed again."""
    made = [categories.create(project.workspace, cast.mona, name) for name in ("One", "Two", "Three")]
    window = visit(cast.mona)
    page = window.page
    window.open(f"/workspaces/{project.workspace_id}/fields/")
    up = page.locator(f"#up-{made[2].pk}")
    up.focus()
    for order in (["One", "Three", "Two"], ["Three", "One", "Two"]):
        page.wait_for_timeout(500)  # no finger is as fast as the page settles
        page.keyboard.press("Enter")
        expect(names(page).first).to_have_value(order[0])
        expect(names(page).nth(1)).to_have_value(order[1])
        expect(up).to_be_focused()
    assert list(project.workspace.categories.values_list("name", flat=True)) == ["Three", "One", "Two"]


def names(page: Page) -> Locator:
    return page.locator("#categories input[name=name]")


def test_ticked_models_lead_to_what_is_done_with_them(project: Project, cast: Cast, visit: Visit) -> None:
    """R-37, R-34: buttons wake with the first tick, and take the ticked rows along."""
    from_review = trained(project, cast.rita)
    window = visit(cast.mona)
    page = window.page
    for name in ("First", "Second"):
        exported(from_review, cast.mona, name)
    categories.create(project.workspace, cast.mona, "Spam removal")
    window.open(f"/workspaces/{project.workspace_id}/models/")
    expect(page.get_by_role("button", name="Delete…")).to_be_disabled()
    page.get_by_label("Select all on this page").check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Categorize…").click()
    expect(page.get_by_role("heading", name="Categorize 2 trained models")).to_be_visible()
    page.get_by_label("Spam removal").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Spam removal").nth(1)).to_be_visible()
    page.get_by_label("Select First").check()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete 1 trained model").click()
    expect(page.get_by_text("1 trained model deleted.")).to_be_visible()
    assert [model.name for model in project.workspace.trained_models.all()] == ["Second"]
