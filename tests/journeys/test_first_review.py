"""From an empty workspace to a model that orders the documents, by mouse and keyboard."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from reviewapp.models import Workspace
from tests.cast import WORDS, Cast
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.journey, pytest.mark.processes]


def write_csv(path: Path, count: int) -> Path:
    """Documents whose text says clearly whether they are relevant; every third is."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["control_number", "title", "text", "custodian"])
        for number in range(count):
            rows.writerow([f"HAL-{number:04d}", f"Mail {number}", f"{WORDS[number % 3 == 0]}, note {number}", "desk 1"])
    return path


def code_one(page: Page) -> bool:
    """Read the document, press the key, wait for the next one; says whether it was relevant."""
    token = page.locator("#decide input[name=token]")
    before = token.input_value()
    relevant = WORDS[True] in (page.locator("#text").text_content() or "")
    page.keyboard.press("1" if relevant else "2")
    expect(token).not_to_have_value(before)
    return relevant


def test_documents_come_in_are_coded_by_keyboard_and_come_back_in_order(
    celery_worker_process: None, workspace: Workspace, cast: Cast, visit: Visit, tmp_path: Path
) -> None:
    """B-07, B-08, J-06, J-08"""
    window = visit(cast.mona)
    page = window.page

    page.get_by_role("link", name="Halden").click()
    page.get_by_role("link", name="Import documents").first.click()
    page.locator("input[type=file]").set_input_files(write_csv(tmp_path / "mails.csv", 90))
    page.get_by_role("button", name="Upload and look").click()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("dl.stats").get_by_text("90", exact=True).first).to_be_visible()
    window.look("1-imported")

    page.get_by_role("link", name="Halden").first.click()
    page.get_by_role("link", name="New project").click()
    window.look("1-new-project")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_text("90 documents indexed")).to_be_visible()
    window.look("1-indexed")

    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.get_by_role("link", name="Start review").click()
    expect(page.locator("#why")).to_contain_text("Random until 5 relevant and 5 not relevant are coded: 0/5 and 0/5")
    window.look("1-first-document")
    answers = [code_one(page) for _ in range(20)]
    while min(answers.count(True), answers.count(False)) < 5 or len(answers) % 10:
        answers.append(code_one(page))
    assert len(posts) == len(answers), "one key is one request"
    expect(page.locator("#live")).to_contain_text(re.compile(rf"{len(answers)} of 90 coded"))

    expect(page.locator("#live")).to_contain_text(re.compile(r"v\d"))
    ranked = re.compile(r"High rank\s+\d+\.\d\s+by model v\d+, trained .* on \d+ decisions")
    for _ in range(10):
        answers.append(code_one(page))
        if ranked.search(page.locator("#why").text_content() or ""):
            break
    expect(page.locator("#why")).to_contain_text(ranked)
    assert page.evaluate("document.activeElement.id") == "document-title"
    window.look("1-ranked")

    page.get_by_role("link", name="Review", exact=True).first.click()
    expect(page.locator("#live")).to_contain_text(f"{len(answers)} of 90 coded")
    expect(page.get_by_role("img", name=re.compile("Documents by rank"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^v1 "))).to_be_visible()
    window.look("1-home")

    page.get_by_role("button", name="Train now").click()
    expect(page.locator("#live")).to_contain_text(re.compile(r"v[2-9]|Nothing new"))
    expect(page.get_by_role("button", name="Train now")).to_be_enabled()
    window.look("1-trained")
