"""What one case taught ranks the next: from an export, by way of a library, to another workspace's first document."""

import re

import pytest
from playwright.sync_api import expect

from models_lib.models import TrainedModel
from reviewapp.models import Project, Workspace
from tests.cast import Cast, trained, write_documents
from tests.journeys.conftest import Visit, Window
from tests.models_lib.shelf import another

pytestmark = [pytest.mark.journey, pytest.mark.processes]

PATIENCE = 60_000  # milliseconds for a job, on a busy machine


def share(window: Window, origin: str, into: str) -> None:
    """From the list of workspaces: tick the model in one, and share it into the other."""
    window.open("/workspaces/")
    page = window.page
    page.get_by_role("link", name=origin, exact=True).click()
    page.get_by_role("link", name="Trained Models", exact=True).click()
    page.get_by_role("checkbox", name=re.compile("Valve knowledge")).check()
    page.get_by_role("button", name="Share…").click()
    page.get_by_placeholder("Filter workspaces").fill(into[:4].lower())
    page.get_by_label(into, exact=True).check()
    expect(page.get_by_text("it can give away what it learned")).to_be_visible()
    page.get_by_role("button", name="Share 1 model").click()
    row = page.get_by_role("row", name=re.compile(into))
    expect(row).to_contain_text("Created", timeout=PATIENCE)


def test_a_model_travels_by_a_library_and_ranks_before_anything_is_coded(
    celery_worker_process: None, project: Project, cast: Cast, visit: Visit
) -> None:
    """R-03, R-13, R-20, R-24, R-29, R-41, R-54: export, share to the library and on, link, ranks with nothing coded."""
    trained(project, cast.rita)
    another("Library", cast)
    bergen = another("Bergen", cast)
    write_documents(bergen, 60)
    window = visit(cast.mona)
    page = window.page

    window.open(f"/projects/{project.pk}/")
    page.get_by_role("button", name="Export Model").click()
    panel = page.locator("#export-drawer")
    panel.get_by_label("Name").fill("Valve knowledge")
    window.look("5-export")
    panel.get_by_role("button", name="Export", exact=True).click()
    expect(panel.get_by_role("row", name=re.compile("Valve knowledge"))).to_contain_text("Ready", timeout=PATIENCE)

    share(window, "Halden", "Library")
    window.look("5-shared")
    share(window, "Library", "Bergen")
    assert len(set(TrainedModel.objects.values_list("guid", flat=True))) == 1
    assert TrainedModel.objects.count() == 3
    page.get_by_role("row", name=re.compile("Bergen")).get_by_role("link", name="Valve knowledge").click()
    expect(page.get_by_role("heading", name="Valve knowledge")).to_be_visible()
    window.look("5-arrived")

    window.open(f"/workspaces/{bergen.pk}/projects/new/")
    page.get_by_label("Name", exact=True).fill("Next case")
    page.get_by_label("Trained model to begin with").select_option(label="Valve knowledge")
    page.locator("summary", has_text="Options").click()
    page.locator("main").get_by_label(re.compile("control", re.IGNORECASE)).fill("0")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("row", name=re.compile("^v1 "))).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#live")).to_contain_text("0 of 60 coded")
    expect(page.get_by_role("img", name=re.compile("Documents by rank"))).to_be_visible()
    window.look("5-ranked")
    page.get_by_role("link", name="Start review").click()
    expect(page.locator("#why")).to_contain_text(re.compile(r"High rank"))
    expect(page.locator("#text")).to_contain_text("faulty valve supplier")
    window.look("5-first-document")
    assert Workspace.objects.get(name="Bergen").projects.get().coded == 0
