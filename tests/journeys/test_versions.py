"""A manager's way with versions: pinned, Live, compared, promoted, and back again, with nothing lost."""

import re

import pytest
from playwright.sync_api import expect

from models_lib import prediction, tags, versions
from models_lib.models import Stream, ValidationRecord
from reviewapp.domain import tokens
from reviewapp.models import Project
from tests.cast import Cast, code_chosen, fresh, perform_jobs, retrained
from tests.journeys.conftest import Visit, Window
from tests.journeys.test_streams import advance, batch
from tests.models_lib.test_validation import validated
from tests.training.test_drifting import STRANGE, arrive
from tests.training.test_validating import train

__all__ = ["validated"]

pytestmark = [pytest.mark.journey, pytest.mark.processes]
TEXT = ["the valve supplier paid a commission", "lunch menu of the canteen"]


def made(window: Window, project: Project, name: str, version: str) -> int:
    """A stream of that version, made on the page; gives its primary key."""
    page = window.page
    window.open(f"/projects/{project.pk}/streams/new/")
    page.get_by_label("Reads").select_option(version)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Make the stream").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return Stream.objects.get(name=name).pk


def figures_of(window: Window, project: Project) -> str:
    """The frozen figures of the first version, as the Validation page shows them."""
    window.open(f"/projects/{project.pk}/models/validation/?version=1")
    table = window.page.get_by_role("table", name="Figures of the pinned versions as they were frozen")
    return table.get_by_role("row", name=re.compile("^v1 ")).inner_text()


def test_a_version_goes_live_is_followed_by_a_better_one_and_comes_back(
    validated: Project, cast: Cast, visit: Visit
) -> None:
    """U-05, U-07, U-08, U-10, U-12, U-13, U-27, D17: pin, tag Live, train on, compare, promote, roll back, stream."""
    window = visit(cast.mona)
    page, models = window.page, f"/projects/{validated.pk}/models/"
    window.open(models)
    page.get_by_role("switch", name="Pin v1").click()
    perform_jobs()
    window.open(models)
    page.locator("#tags-1").click()
    page.get_by_role("button", name="Make it Live").click()
    expect(page.get_by_text("v1 is Live now.")).to_be_visible()
    _, token = tokens.create(cast.mona, "robot")
    kept, live = (made(window, validated, name, version) for name, version in (("kept", "1"), ("follows", "live")))
    read = batch(window, kept, token, "robot")
    assert batch(window, live, token, "robot")["results"] == read["results"]
    figures = figures_of(window, validated)
    said = prediction.predict(versions.get(validated, 1), TEXT)
    frozen = ValidationRecord.objects.get(version__number=1).record

    code_chosen(validated, cast.rita, validated.items.select_related("document").filter(decision=None))
    train(validated, cast)
    coded = fresh(validated).coded
    window.open(models)
    page.get_by_role("switch", name="Pin v2").click()
    perform_jobs()
    window.open(models)
    page.locator("#tags-2").click()
    window.look("7-tags")
    page.get_by_role("button", name=re.compile("Make it Staging")).click()
    perform_jobs()
    window.open(models)
    expect(page.get_by_text("If v2 became Live instead of v1")).to_be_visible()
    window.look("7-models")
    page.get_by_role("link", name="See which").click()
    expect(page.get_by_role("heading", name="v2 beside v1")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("v2 less v1"))).to_be_visible()
    expect(page.get_by_role("table", name="Moved most")).to_be_visible()
    window.look("7-compare")

    window.open(models)
    page.locator("#tags-2").click()
    page.get_by_role("button", name=re.compile("Make it Live")).click()
    expect(page.get_by_text("v2 is Live now.")).to_be_visible()
    promoted = batch(window, live, token, "robot")
    assert (promoted["version"], batch(window, kept, token, "robot")) == (2, read)
    page.locator("#rollback-1").click()
    expect(page.get_by_text("40 coded documents would be open again")).to_be_visible()
    page.get_by_label("Type the name of the version").fill("v1")
    window.look("7-rollback")
    page.locator("#roll-back").click()
    expect(page.get_by_text("is being rolled back to v1")).to_be_visible()
    perform_jobs()
    window.open(models)
    expect(page.locator("#current-version")).to_have_text("v3")
    assert fresh(validated).coded == coded - 40
    assert batch(window, kept, token, "robot") == read
    assert batch(window, live, token, "robot") == promoted
    assert figures_of(window, validated) == figures
    advance(window, kept, token, "robot", read["sequence_id"])
    window.open(f"/streams/{kept}/?consumer=robot")
    page.get_by_role("link", name=re.compile("of robot$")).click()
    expect(page.get_by_role("heading", name="Last batch of robot")).to_be_visible()
    expect(page.get_by_role("table", name="What robot read last").locator("tbody tr")).to_have_count(50)
    window.look("7-streamed-again")

    window.open(models)
    page.locator("#rollback-2").click()
    page.get_by_label("Type the name of the version").fill("v2")
    page.locator("#roll-back").click()
    perform_jobs()
    assert fresh(validated).coded == coded
    assert prediction.predict(versions.get(validated, 1), TEXT) == said
    assert ValidationRecord.objects.get(version__number=1).record == frozen
    assert tags.resolve(validated, "relevance", "live").number == 2
    assert fresh(retrained(validated, cast.rita)).version is not None

    arrive(validated, 30, STRANGE)
    window.open(f"{models}drift/")
    expect(page.get_by_role("img", name=re.compile("Documents unlike the training"))).to_be_visible()
    window.look("7-drift")
    window.open("/help/glossary/#concept-drift")
    expect(page.get_by_role("row", name=re.compile("^Concept drift"))).to_be_visible()
    window.look("7-glossary")
