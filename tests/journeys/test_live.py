"""Live parts: what a page costs the server while somebody looks at it, and while nobody does.

The page's clock is ours, so minutes pass at once; every tick is one interval of the part's own poll.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from reviewapp.models import Project
from tests.cast import Cast, trained
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.journey, pytest.mark.processes]

TICK = 1_600  # milliseconds: the interval, and a moment for what the last answer brought
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def polls(project: Project, cast: Cast, visit: Visit) -> tuple[Page, Callable[[int], int]]:
    """A project's home with a model, and a count of the polls in so many ticks of its clock."""
    now = trained(project, cast.rita)
    page = visit(cast.mona).page
    sent: list[str] = []
    answered: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/live/" in request.url else None)
    page.on("requestfinished", lambda request: answered.append(request.url) if "/live/" in request.url else None)
    page.clock.install()
    page.goto(page.url.replace("/workspaces/", f"/projects/{now.pk}/"))
    page.mouse.move(200, 200)

    def during(ticks: int) -> int:
        before = len(sent)
        for _ in range(ticks):
            page.clock.run_for(TICK)
            settle()
        return len(sent) - before

    def settle() -> None:
        page.evaluate("() => null")  # what was asked for has been told to us
        while len(answered) < len(sent):
            page.wait_for_event("requestfinished")

    return page, during


def test_polls_slow_down_when_nothing_is_touched_and_stop_when_nobody_can_see(
    polls: tuple[Page, Callable[[int], int]],
) -> None:
    page, during = polls
    assert 7 <= during(8) <= 9, "somebody looks: every interval"
    page.clock.fast_forward(61_000)
    during(1)
    assert 3 <= during(38) <= 4, "a minute without a touch: four a minute"
    page.clock.fast_forward(600_000)
    during(1)
    assert 1 <= during(76) <= 2, "ten minutes without a touch: one a minute"
    page.mouse.move(300, 300)
    assert during(1) >= 1, "touched again: at once"
    assert 3 <= during(4) <= 5
    page.evaluate(HIDE, True)
    assert during(20) == 0, "a hidden tab asks for nothing"
    with page.expect_request("**/live/"):
        page.evaluate(HIDE, False)  # seen again: at once, before any interval is over
    assert 3 <= during(4) <= 5
