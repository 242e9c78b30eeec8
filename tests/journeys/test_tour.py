"""A newcomer takes the tour, reloads in the middle, wanders off, comes back, and ends it."""

import pytest
from playwright.sync_api import expect

from reviewapp.models import Project
from reviewapp.web.tour import STOPS
from tests.cast import Cast, trained
from tests.journeys.conftest import Visit
from tests.journeys.test_accessible import violations

pytestmark = [pytest.mark.journey, pytest.mark.processes]


def test_the_tour_leads_through_a_review_and_goes_on_where_it_was(project: Project, cast: Cast, visit: Visit) -> None:
    now = trained(project, cast.rolf)
    window = visit(cast.rita)
    page, tour = window.page, window.page.get_by_role("complementary").filter(has_text="Leave the tour")
    window.open("/help/")
    page.get_by_role("link", name="Take the tour").click()
    expect(tour).to_contain_text(f"1 of {len(STOPS)}")

    for number in range(2, 6):
        tour.get_by_role("link", name="Next").press("Enter")
        expect(tour).to_contain_text(f"{number} of {len(STOPS)}")
        expect(page.locator(".toured")).to_have_count(1)
        assert violations(page) == []
    assert page.url.endswith(f"/projects/{now.pk}/review/")
    window.look("tour")

    page.reload()
    expect(tour).to_contain_text(f"5 of {len(STOPS)}")
    window.open("/account/")
    tour.get_by_role("link", name="Go to this stop").click()
    page.wait_for_url("**/review/")
    expect(tour).to_contain_text(f"5 of {len(STOPS)}")

    tour.get_by_role("button", name="Leave the tour").press("Escape")
    expect(page.locator("#tour")).to_be_hidden()
    page.reload()
    expect(page.locator("#decide")).to_be_visible()
    expect(page.locator("#tour")).to_be_hidden()
