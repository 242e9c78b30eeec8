"""Reviewers at work: change of mind, skips, two at once, a lost document, a lost connection, no script at all."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from reviewapp.models import Completion, Decision, Project, ProjectDocument
from tests.cast import Cast, fresh
from tests.journeys.conftest import Visit, Window

pytestmark = [pytest.mark.journey, pytest.mark.processes]


def number(page: Page) -> str:
    """The control number of the document that lies before the reviewer."""
    return page.locator("#stage .mono").first.text_content() or ""


def desk(window: Window, project: Project) -> Page:
    window.open(f"/projects/{project.pk}/review/")
    expect(window.page.locator("#decide")).to_be_visible()
    return window.page


def press(page: Page, key: str) -> str:
    """Press the key and wait for another document; its number."""
    before = number(page)
    page.keyboard.press(key)
    expect(page.locator("#stage .mono").first).not_to_have_text(before)
    return number(page)


def test_undo_brings_the_document_back_and_a_skip_asks_why(project: Project, cast: Cast, visit: Visit) -> None:
    window = visit(cast.rita)
    page = desk(window, project)
    first = number(page)

    press(page, "1")
    assert press(page, "u") == first
    expect(page.locator("#said")).to_contain_text(f"Taken back. {first} is open again.")
    window.look("3-undone")
    page.keyboard.press("s")
    expect(page.locator("#skip")).to_be_visible()
    window.look("3-skip")
    page.keyboard.press("2")
    expect(page.locator("#said")).to_contain_text(f"{first}: skipped.")
    assert Completion.objects.get(decision=Decision.SKIPPED).reason == "Cannot be read"

    second = number(page)
    page.keyboard.press("n")
    page.locator("#note-text").fill("12 s u ? 1")
    page.keyboard.press("Escape")
    press(page, "2")
    coded = Completion.objects.get(item__document__control_number=second)
    assert (coded.note, coded.choice) == ("12 s u ? 1", "Not relevant")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    window.look("3-keys")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()

    page.get_by_role("button", name="Release and leave").click()
    expect(page.get_by_text("The document went back to the queue.")).to_be_visible()
    assert not project.items.filter(reviewer=cast.rita).exists()


def test_a_key_held_down_codes_one_document(project: Project, cast: Cast, visit: Visit) -> None:
    page = desk(visit(cast.rita), project)
    before = number(page)
    for _ in range(5):
        page.keyboard.down("1")
    page.keyboard.up("1")
    expect(page.locator("#stage .mono").first).not_to_have_text(before)
    page.wait_for_timeout(300)
    assert fresh(project).coded == 1


def test_two_reviewers_never_see_the_same_document(project: Project, cast: Cast, visit: Visit) -> None:
    rita, rolf = desk(visit(cast.rita), project), desk(visit(cast.rolf), project)
    seen = {"rita": [number(rita)], "rolf": [number(rolf)]}
    for turn in range(8):
        seen["rita"].append(press(rita, "12"[turn % 2]))
        seen["rolf"].append(press(rolf, "21"[turn % 2]))
    assert not set(seen["rita"]) & set(seen["rolf"])
    assert len(set(seen["rita"] + seen["rolf"])) == 18
    expect(rita.locator("#live")).to_contain_text("16 of 60 coded")


def test_a_lost_document_is_explained_and_the_next_one_comes(project: Project, cast: Cast, visit: Visit) -> None:
    window = visit(cast.rita)
    window.forgiving = True
    page = desk(window, project)
    lost = number(page)
    ProjectDocument.objects.filter(reviewer=cast.rita).update(leased_until=timezone.now())

    page.keyboard.press("1")

    expect(page.locator("#stage [role=alert]").first).to_contain_text("The time for this document ran out")
    assert fresh(project).coded == 0
    window.look("3-lost")
    press(page, "2")
    assert fresh(project).coded == 1
    assert lost


def test_a_decision_without_an_answer_is_kept_and_counted_once(project: Project, cast: Cast, visit: Visit) -> None:
    window = visit(cast.rita)
    window.forgiving = True
    page = desk(window, project)
    first = number(page)

    page.context.set_offline(True)
    page.keyboard.press("1")
    expect(page.locator("#kept")).to_contain_text("“Relevant” is not saved yet")
    page.keyboard.press("2")
    window.look("3-offline")
    assert number(page) == first
    assert fresh(project).coded == 0

    page.context.set_offline(False)
    expect(page.locator("#stage .mono").first).not_to_have_text(first)
    expect(page.locator("#kept")).to_be_hidden()
    completion = Completion.objects.get()
    assert (completion.choice, completion.item.document.control_number) == ("Relevant", first)


def test_a_kept_decision_survives_a_reload(project: Project, cast: Cast, visit: Visit) -> None:
    window = visit(cast.rita)
    window.forgiving = True
    page = desk(window, project)
    first = number(page)
    page.route("**/review/submit/", lambda route: route.abort())
    page.keyboard.press("2")
    expect(page.locator("#kept")).to_be_visible()

    page.unroute("**/review/submit/")
    page.reload()

    expect(page.locator("#stage .mono").first).not_to_have_text(first)
    assert Completion.objects.get().choice == "Not relevant"


def test_a_decision_that_was_under_way_survives_a_reload(project: Project, cast: Cast, visit: Visit) -> None:
    page = desk(visit(cast.rita), project)
    first = number(page)
    page.route("**/review/submit/", lambda route: None)  # and nobody ever answers
    with page.expect_request("**/review/submit/"):
        page.keyboard.press("1")

    page.unroute("**/review/submit/")
    page.reload()

    expect(page.locator("#stage .mono").first).not_to_have_text(first)
    assert Completion.objects.get().choice == "Relevant"


def test_a_decision_outlives_the_session_that_ran_out(project: Project, cast: Cast, visit: Visit) -> None:
    window = visit(cast.rita)
    page = desk(window, project)
    first = number(page)

    def run_out(route: Route) -> None:
        Session.objects.all().delete()
        route.continue_()

    # At the last moment: whatever else the page asks for would send it to the sign-in page before.
    page.route("**/review/submit/", run_out, times=1)
    page.keyboard.press("1")
    page.wait_for_url("**/sign-in/**")
    window.sign_in(cast.rita)

    page.wait_for_url("**/review/")
    expect(page.locator("#stage .mono").first).not_to_have_text(first)
    assert Completion.objects.get().choice == "Relevant"


def test_everything_works_without_script(project: Project, cast: Cast, visit: Visit) -> None:
    page = desk(visit(cast.rita, script=False), project)
    first = number(page)
    page.get_by_role("button", name="Not relevant").click()
    expect(page.locator("#stage .mono").first).not_to_have_text(first)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#stage .mono").first).to_have_text(first)
    page.get_by_role("button", name="Skip", exact=False).first.click()
    page.get_by_role("button", name=re.compile("Cannot be read")).click()
    expect(page.locator("#stage .mono").first).not_to_have_text(first)
    assert Completion.objects.filter(decision=Decision.SKIPPED).count() == 1
