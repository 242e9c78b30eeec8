"""A newcomer before the demo: how many clicks, fields and keys there are up to the first coded document."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from reviewapp.management import seeding
from reviewapp.models import User
from tests.cast import PASSWORD, fresh
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.journey, pytest.mark.processes]

MOST_CLICKS = 4  # docs/first-contact.md has the peers beside it


@dataclass
class Hand:
    """Counts what a person does with mouse and keyboard."""

    page: Page
    clicks: int = 0
    fields: int = 0
    keys: int = 0

    def click(self, target: Locator) -> None:
        target.click()
        self.clicks += 1

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)
        self.fields += 1

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1


def test_from_the_demo_to_the_first_coded_document(transactional_db: None, visit: Visit) -> None:
    project = seeding.seed(PASSWORD, documents=120, decisions=16)
    before = fresh(project).coded
    window = visit(User.objects.get(username="reviewer"))
    page = window.page
    page.context.clear_cookies()
    window.open("/")

    hand = Hand(page)
    hand.fill("Username", "reviewer")
    hand.fill("Password", PASSWORD)
    hand.click(page.get_by_role("button", name="Sign in"))
    hand.click(page.get_by_role("link", name=seeding.WORKSPACE))
    hand.click(page.get_by_role("link", name=f"Start review of {seeding.PROJECT}"))
    token = page.locator("#decide input[name=token]")
    lease = token.input_value()
    page.wait_for_load_state("load")  # a key before the scripts are there is nobody's
    hand.press("2")
    expect(token).not_to_have_value(lease)

    assert fresh(project).coded == before + 1
    print(f"first coded document: {hand.clicks} clicks, {hand.fields} fields, {hand.keys} key")
    assert hand.clicks <= MOST_CLICKS
    assert (hand.fields, hand.keys) == (2, 1)
