"""Columns and saved views in the browser: what opens below its button, with axe while it is open."""

import pytest
from playwright.sync_api import Browser, expect

from reviewapp.domain import saved_views
from reviewapp.models import Project
from tests.cast import Cast, trained
from tests.journeys import walk
from tests.journeys.test_accessible import violations

pytestmark = [pytest.mark.journey, pytest.mark.processes]
OPEN = "document.querySelectorAll('.dropdown').forEach(one => { one.open = true; })"


def test_what_opens_below_its_button_has_no_barrier_and_closes_again(
    project: Project, cast: Cast, site: str, chromium: Browser
) -> None:
    now, barriers = trained(project, cast.rita), list[str]()
    of_project = saved_views.save(cast.mona, now, "Found", "state=positive&column=rank&column=metadata.custodian")
    of_workspace = saved_views.save(cast.mona, now.workspace, "Box a", "tag=box+a&column=metadata.custodian")
    lists = (
        f"{site}/projects/{now.pk}/documents/?{of_project.query}",
        f"{site}/workspaces/{now.workspace_id}/documents/?{of_workspace.query}",
    )
    for theme, size in (("light", walk.DESK), ("dark", walk.TABLET)):
        context = walk.signed_in(chromium, site, cast.mona, theme=theme, size=size)
        page = context.new_page()
        for address in lists:
            page.goto(address)
            page.evaluate(OPEN)
            barriers += violations(page)
        page.goto(lists[0])
        box, button = page.get_by_label("Tags"), page.locator("summary", has_text="Columns")
        button.click()
        expect(box).to_be_visible()
        page.keyboard.press("Escape")
        expect(box).not_to_be_visible()
        expect(button).to_be_focused()
        button.click()
        page.locator("h1").click()
        expect(box).not_to_be_visible()
        context.close()
    assert not barriers, "\n".join(barriers)
