"""Reviewed documents are hostile input: what is in them is shown, and never runs."""

import pytest
from playwright.sync_api import expect

from reviewapp.domain import projects
from reviewapp.models import Document, User, Workspace
from tests.cast import Cast, perform_jobs
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.journey, pytest.mark.processes]

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror="window.hurt=1;alert(2)">'
HTMX = '<div hx-get="/hurt" hx-trigger="load" hx-on::load="alert(3)">{{ 7*7 }}{% now %}</div>'
BAD = SCRIPT + IMAGE + HTMX


@pytest.fixture
def hostile(workspace: Workspace, cast: Cast) -> Workspace:
    """Rita, a project, a tag, names and texts that all try to run."""
    User.objects.filter(pk=cast.rita.pk).update(first_name=SCRIPT[:60], last_name=IMAGE[:60])
    Workspace.objects.filter(pk=workspace.pk).update(name=SCRIPT)
    for number in range(6):
        Document.objects.create(
            workspace=workspace,
            control_number=f"{number} {IMAGE}",
            title=BAD,
            text=f"{BAD}\n</textarea></form></section></main></body>{SCRIPT}",
            metadata={BAD: BAD, "list": [BAD]},
            tags=[SCRIPT],
        )
    choices = [(f"Yes {IMAGE}", "positive", "1"), (f"No {SCRIPT}", "negative", "2")]
    projects.create(workspace, cast.mona, name=BAD, instructions=BAD, choices=choices)
    perform_jobs()
    return workspace


def test_nothing_in_a_document_or_a_name_ever_runs(hostile: Workspace, cast: Cast, visit: Visit) -> None:
    project = hostile.projects.get()
    window = visit(cast.rita)
    page = window.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    window.open(f"/projects/{project.pk}/review/")
    expect(page.locator("#document-title")).to_have_text(BAD)
    assert SCRIPT in (page.locator("#text").text_content() or "")
    expect(page.locator(".instructions")).to_have_text(BAD)
    window.look("2-hostile-review")
    page.keyboard.press("m")
    expect(page.locator("#about .chip")).to_have_text(SCRIPT)
    page.keyboard.press("1")
    expect(page.locator("#said")).to_contain_text(f"Yes {IMAGE}")
    page.keyboard.press("s")
    page.locator("#skip-reason").fill(BAD[:500])
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("skipped")
    page.keyboard.press("n")
    page.locator("#note-text").fill(BAD)
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.locator("#said")).to_contain_text(f"No {SCRIPT}")

    window = visit(cast.alice)
    document = project.items.get(decision=1).document_id
    for path, shown in (
        ("/workspaces/", SCRIPT),
        (f"/workspaces/{hostile.pk}/", BAD),
        (f"/workspaces/{hostile.pk}/documents/", BAD),
        (f"/workspaces/{hostile.pk}/people/", IMAGE),
        (f"/workspaces/{hostile.pk}/jobs/", BAD),
        (f"/projects/{project.pk}/", SCRIPT),
        (f"/projects/{project.pk}/documents/", BAD),
        (f"/projects/{project.pk}/documents/{document}/", BAD),
        (f"/projects/{project.pk}/settings/", BAD),
    ):
        window.open(path)
        expect(window.page.locator("body")).to_contain_text(shown[:40])
        window.page.wait_for_timeout(300)
        assert window.page.evaluate("window.hurt") is None
    window.look("2-hostile-settings")
    window.open(f"/projects/{project.pk}/documents/{document}/")
    window.look("2-hostile-document")
    assert not [url for url in asked if url.endswith(("/hurt", "/x"))]
