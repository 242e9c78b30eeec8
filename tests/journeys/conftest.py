"""A real browser before a real server: gunicorn on the test database, Chromium, one window for each person.

Every window listens: a dialog, an error on the console or a fault in a script fails the journey it belongs to.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from reviewapp.models import User
from tests import processes
from tests.cast import PASSWORD
from tests.journeys.chromium import ARTIFACTS, QUIET, path

FAILED_REQUEST = ("Failed to load resource", "Response Status Error Code", "htmx:")


@dataclass
class Window:
    """One person's browser window with what went wrong in it."""

    page: Page
    address: str
    forgiving: bool = (
        False  # where a refused or failed request belongs to the story: the console reports it as an error
    )
    problems: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def sign_in(self, person: User) -> None:
        """Fill in the sign-in page."""
        self.page.get_by_label("Username").fill(person.username)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()

    def look(self, name: str) -> None:
        """Keep a picture of what the person sees."""
        ARTIFACTS.mkdir(exist_ok=True)
        # Hiding the caret would put a style into the page, which our own policy forbids.
        self.page.screenshot(path=ARTIFACTS / f"{name}.png", caret="initial")


Visit = Callable[..., Window]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = path()
    if not found:
        pytest.skip("There is no Chromium; set REVIEWAPP_CHROMIUM to its path.")
    # Playwright's event loop lives in this thread, where the tests look into the database between two clicks.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def site(transactional_db: None) -> Iterator[str]:
    """The address of the running product."""
    with processes.web() as address:
        yield address


@pytest.fixture
def visit(site: str, chromium: Browser) -> Iterator[Visit]:
    """Opens a window for a person, signed in through the page as everybody does."""
    contexts: list[BrowserContext] = []
    windows: list[Window] = []

    def of(person: User, *, script: bool = True) -> Window:
        context = chromium.new_context(viewport={"width": 1280, "height": 720}, java_script_enabled=script)
        context.set_default_timeout(20_000)
        contexts.append(context)
        window = Window(context.new_page(), site)
        windows.append(window)
        _listen(window)
        window.open("/sign-in/")
        window.sign_in(person)
        window.page.wait_for_url("**/workspaces/")
        return window

    yield of
    for context in contexts:
        context.close()
    assert [problem for window in windows for problem in window.problems] == []


def _listen(window: Window) -> None:
    def said(message: ConsoleMessage) -> None:
        forgiven = window.forgiving and message.text.startswith(FAILED_REQUEST)
        if message.type == "error" and not forgiven:
            window.problems.append(f"console: {message.text}")

    # Without a listener of our own Playwright would dismiss dialogs in silence.
    window.page.on("dialog", lambda opened: window.problems.append(f"dialog: {opened.message}"))
    window.page.on("pageerror", lambda fault: window.problems.append(f"script: {fault}"))
    window.page.on("console", said)
