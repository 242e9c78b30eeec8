"""A pinned version made Live is read as a stream; training on changes nothing for its consumers until Live moves."""

import json
import re
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import expect

from models_lib.models import Stream
from reviewapp.domain import tokens
from reviewapp.models import Project
from tests.cast import Cast, perform_jobs, retrained, trained
from tests.journeys.conftest import Visit, Window

pytestmark = [pytest.mark.journey, pytest.mark.processes]


def batch(window: Window, stream: int, token: str, consumer: str) -> dict[str, Any]:
    """What a program gets over REST."""
    address = f"{window.address}/api/v1/streams/{stream}/batch?consumer={consumer}&size=60"
    asked = urllib.request.Request(address, headers={"Authorization": f"Token {token}"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def advance(window: Window, stream: int, token: str, consumer: str, place: int) -> None:
    """A program says over REST that everything before the place is done with."""
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    body = json.dumps({"consumer": consumer, "sequence_id": place}).encode()
    address = f"{window.address}/api/v1/streams/{stream}/advance"
    urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=30).close()


def test_a_version_is_pinned_made_live_streamed_and_stays_the_same(project: Project, cast: Cast, visit: Visit) -> None:
    """U-07, U-08, U-11, U-12, U-13, D17"""
    trained(project, cast.rita, each=15)
    _, token = tokens.create(cast.mona, "robot")
    window = visit(cast.mona)
    page = window.page
    window.open(f"/projects/{project.pk}/models/")
    page.get_by_role("switch", name="Pin v1").click()
    perform_jobs()
    page.locator("#tags-1").click()
    page.get_by_role("button", name="Make it Live").click()
    expect(page.locator("#pinned")).to_contain_text("Live")

    page.get_by_role("link", name="Streams").click()
    page.get_by_role("link", name="New stream").click()
    before = page.locator("#thresholds output").text_content() or ""
    page.get_by_role("button", name="Balanced").click()
    expect(page.locator("#thresholds output")).not_to_have_text(before)
    page.get_by_label("Name", exact=True).fill("mail-inbox")
    window.look("10-threshold")
    page.get_by_role("button", name="Make the stream").click()
    expect(page.get_by_role("heading", name="mail-inbox")).to_be_visible()
    stream = Stream.objects.get().pk
    read = batch(window, stream, token, "robot")
    assert (read["version"], len(read["results"])) == (1, 60)
    window.open(f"/projects/{project.pk}/models/validation/?version=1")
    frozen = page.locator("section[aria-labelledby=history] tbody").inner_text()
    assert "v1" in frozen

    retrained(project, cast.rita)
    assert batch(window, stream, token, "robot") == read
    page.reload()
    assert page.locator("section[aria-labelledby=history] tbody").inner_text() == frozen

    window.open(f"/projects/{project.pk}/models/")
    page.get_by_role("switch", name="Pin v2").click()
    perform_jobs()
    page.locator("#tags-2").click()
    page.get_by_role("button", name=re.compile("Make it Live instead of v1")).click()
    assert batch(window, stream, token, "robot")["version"] == 2
    window.open(f"/streams/{stream}/")
    expect(page.locator(".alert")).to_contain_text("The thresholds were chosen for v1, and Live is v2 now")
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Reads").select_option("1")
    expect(page.locator("input[name=chosen_for]")).to_have_value("1")
    page.get_by_role("button", name="Balanced").click()
    window.look("10-back")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main dl.facts")).to_contain_text("v1")
    again = batch(window, stream, token, "robot")
    assert again["version"] == 1
    assert [result["labels"] for result in again["results"]] == [result["labels"] for result in read["results"]]
    window.look("10-stream")
