"""Every page of the URLconf as one person sees it: a new page is walked without anybody adding it here."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.test import Client
from django.utils.text import slugify
from playwright.sync_api import Browser, BrowserContext, ViewportSize

from reviewapp.models import User
from tests.doors.table import TABLE
from tests.doors.walker import PEOPLE, World

DESK, TABLET = ViewportSize(width=1280, height=720), ViewportSize(width=820, height=1180)
NOWHERE = ("/nowhere/", "/workspaces/987654321/")  # what a refusal looks like


@dataclass(frozen=True)
class Place:
    """One page with its address in the world, and a name for its picture."""

    route: str
    address: str
    status: int

    @property
    def name(self) -> str:
        return slugify(self.route.replace("/", " ").replace("<", "").replace(":", " ")) or "start"


def places(world: World, person: str, context: BrowserContext, site: str) -> Iterator[Place]:
    """Every whole page that opens to the person, and what those say that do not; fragments and files are no pages."""
    column = PEOPLE.index(person)
    for door, statuses in TABLE.items():
        method, route = door.split(" /", 1)
        status = int(statuses.split()[column])
        if method != "GET" or route.startswith("api/") or status in (302, 503):
            continue
        place = Place(route, world.address(route), status)
        if is_page(context, site + place.address):
            yield place
    yield from (Place(address, address, 404) for address in NOWHERE)


def is_page(context: BrowserContext, address: str) -> bool:
    said = context.request.get(address, headers={"accept": "text/html"}, max_redirects=0)
    return "html" in said.headers.get("content-type", "") and said.text().lstrip().lower().startswith("<!doctype")


def signed_in(browser: Browser, site: str, person: User, *, theme: str, size: ViewportSize) -> BrowserContext:
    """A window of the person, whose session was made without the sign-in page."""
    client = Client()
    client.force_login(person)
    context = browser.new_context(
        viewport=size, color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    return context
