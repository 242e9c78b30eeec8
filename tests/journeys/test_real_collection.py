"""The main job on a real labelled collection: in by the page, twenty decisions, a training, another order."""

import csv
import gzip
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from reviewapp.models import Document, Workspace
from tests.cast import Cast
from tests.journeys.conftest import Visit, Window

pytestmark = [pytest.mark.journey, pytest.mark.processes]

COLLECTION = Path(__file__).parents[2].parent / "shared" / "data" / "tar" / "Nagtegaal_2019.csv.gz"


@pytest.fixture
def labels() -> dict[str, bool]:
    """Whether each record of the collection is relevant."""
    if not COLLECTION.exists():
        # Not a browser that is missing but data that is never part of the project, so CI may go on without it.
        pytest.xfail(f"{COLLECTION} is not on this machine.")
    with io.TextIOWrapper(gzip.open(COLLECTION), encoding="utf-8") as file:
        return {row["id"]: row["label"] == "1" for row in csv.DictReader(file)}


def best(window: Window, project: str) -> list[str]:
    """The control numbers of the first page of documents nobody has reviewed, highest rank first."""
    window.open(f"{project}documents/?state=unreviewed&order=highest")
    return window.page.locator("tbody a.mono").all_text_contents()


def code(page: Page, labels: dict[str, bool]) -> None:
    """Press the key that the collection says is right and wait for the next document."""
    token = page.locator("#decide input[name=token]")
    before = token.input_value()
    number = page.locator("#stage .mono").first.text_content() or ""
    page.keyboard.press("1" if labels[number] else "2")
    expect(token).not_to_have_value(before)


def open_and_code(window: Window, project: str, number: str, labels: dict[str, bool]) -> None:
    """Go to one known record, open it for review and code it."""
    window.open(f"{project}documents/{Document.objects.get(control_number=number).pk}/")
    window.page.get_by_role("button", name="Open for review").click()
    expect(window.page.locator("#stage .mono").first).to_have_text(number)
    code(window.page, labels)


def test_twenty_decisions_on_a_real_collection_change_the_order(
    celery_worker_process: None,
    workspace: Workspace,
    cast: Cast,
    visit: Visit,
    labels: dict[str, bool],
) -> None:
    """B-13's collection through the pages: import, code 20 (ten of them known), retrain, order changes."""
    window = visit(cast.mona)
    page = window.page
    window.open(f"/workspaces/{workspace.pk}/import/")
    page.locator("input[type=file]").set_input_files(COLLECTION)
    page.get_by_role("button", name="Upload and look").click()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("dl.stats").get_by_text("2,019", exact=True).first).to_be_visible(timeout=90_000)
    window.look("4-imported")

    window.open(f"/workspaces/{workspace.pk}/projects/new/")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("2,019 documents indexed")).to_be_visible(timeout=90_000)
    project = page.url.removeprefix(window.address)

    known = [[number for number, label in labels.items() if label == wanted][:5] for wanted in (True, False)]
    for number in [*known[0], *known[1]]:
        open_and_code(window, project, number, labels)
    window.open(project)
    expect(page.get_by_role("row", name=re.compile("^v1 "))).to_be_visible(timeout=60_000)
    first = best(window, project)

    window.open(f"{project}review/")
    for _ in range(10):
        code(page, labels)
    window.open(project)
    expect(page.get_by_role("row", name=re.compile("^v2 "))).to_be_visible(timeout=60_000)
    second = best(window, project)
    window.look("4-ranked")
    assert first != second
    found = sum(labels[number] for number in second[:20])
    assert found / 20 > 2 * sum(labels.values()) / len(labels), "the top of the list is richer than the collection"
