"""Pictures of every page of a running demo, in light, dark and on a tablet.

``python -m tests.journeys.gallery http://127.0.0.1:8000 PASSWORD`` follows the links from the list of workspaces and
keeps one picture of each route under ``test-artifacts/gallery``, for the eye; the
home of a project twice, of a review and of an annotation project. ``--docs`` also writes the few of :data:`KEPT` to
``docs/gallery``, small.
"""

import argparse
import os
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import django
from django.urls import Resolver404, resolve
from django.utils.text import slugify
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.journeys.chromium import ARTIFACTS, QUIET, path

LOOKS: dict[str, tuple[Literal["light", "dark"], ViewportSize]] = {
    "light": ("light", ViewportSize(width=1280, height=720)),
    "dark": ("dark", ViewportSize(width=1280, height=720)),
    "tablet": ("light", ViewportSize(width=820, height=1180)),
}
PERSON = "admin"
FIRST = "/workspaces/"
EVERY = ("workspaces/<int:pk>/", "projects/<int:pk>/")  # one leads to other pages than the next
ANNOTATION = "nav.tabs a[href$='/tasks/']"
LINKS = "all => all.filter(one => !one.hasAttribute('download')).map(one => one.href)"
DOCS = Path(__file__).parents[2] / "docs" / "gallery"
QUALITY = 72  # of the pictures in docs
KEPT = {
    "workspaces-one": ("light",),
    "projects-one": ("light", "dark", "tablet"),
    "projects-one-review": ("light", "dark", "tablet"),
    "projects-one-documents": ("light", "tablet"),
    "projects-one-documents-one-why": ("light", "dark"),
    "projects-one-models": ("light",),
    "projects-one-models-compare": ("dark",),
    "projects-one-models-validation": ("light",),
    "projects-one-stopping": ("light",),
    "projects-one-quality-rank": ("light",),
    "projects-one-modes": ("light",),
    "projects-one-annotate": ("light", "dark", "tablet"),
    "projects-one-annotation": ("light",),
    "projects-one-tasks": ("light",),
    "projects-one-tasks-one": ("light",),
    "projects-one-config": ("light",),
    "projects-one-training": ("light",),
    "projects-one-training-one": ("dark",),
    "workspaces-one-models-one": ("light",),
    "workspaces-one-documents": ("dark",),
    "workspaces-one-annotation-projects-new": ("light",),
    "workspaces-one-audit": ("light",),
    "server": ("dark",),
}


def pages(page: Page, site: str) -> Iterator[str]:
    """Follow the links of every page; stops at each route once, and gives its name while it is on the screen."""
    waiting, known, named = deque([FIRST]), {_key(FIRST)}, set[str]()
    while waiting:
        said = page.goto(site + waiting.popleft())
        if said is None or "html" not in said.headers.get("content-type", ""):
            continue
        name = _name(str(resolve(urlsplit(page.url).path).route))
        if page.locator(ANNOTATION).count() and name == "projects-one":
            name += "-annotation"
        if name not in named:
            named.add(name)
            yield name
        for address in links(page, site):
            key = _key(address)
            if key and key not in known:
                known.add(key)
                waiting.append(address)


def links(page: Page, site: str) -> list[str]:
    """Where the page leads within the site, files left out."""
    found = [urlsplit(str(href)) for href in page.eval_on_selector_all("a[href]", LINKS)]
    host = urlsplit(site).netloc
    return [f"{link.path}?{link.query}" if link.query else link.path for link in found if link.netloc == host]


def _key(address: str) -> str:
    """What is pictured once: the route, or for those of :data:`EVERY` the very address; empty for what is no page."""
    where = urlsplit(address).path
    try:
        found = str(resolve(where).route)
    except Resolver404:
        return ""
    return "" if found.startswith("api/") else where if found in EVERY else found


def _name(route: str) -> str:
    return slugify(re.sub(r"<[^>]*>", "one", route).replace("/", " "))


def walk(browser: Browser, site: str, password: str, look: str, into: Path) -> int:
    """Keep a picture of every page that the admin of the demo finds; returns how many."""
    scheme, size = LOOKS[look]
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    page, count = context.new_page(), 0
    page.goto(f"{site}/sign-in/")
    page.get_by_label("Username").fill(PERSON)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/workspaces/")
    for name in pages(page, site):
        count += 1
        page.screenshot(path=into / f"{name}-{look}.png", caret="initial")
    context.close()
    return count


def keep(into: Path) -> int:
    """Write the pictures that the docs show; returns their bytes."""
    DOCS.mkdir(parents=True, exist_ok=True)
    names = [f"{name}-{look}" for name, looks in KEPT.items() for look in looks]
    for name in names:
        Image.open(into / f"{name}.png").convert("RGB").save(DOCS / f"{name}.webp", quality=QUALITY, method=6)
    return sum((DOCS / f"{name}.webp").stat().st_size for name in names)


def main() -> None:
    """Walk in each look."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("site", help="address of a running demo")
    asked.add_argument("password", help="that of the demo's people")
    asked.add_argument("--docs", action="store_true", help="also write the pictures that the docs show")
    asked.add_argument("--into", type=Path, default=ARTIFACTS / "gallery")
    said = asked.parse_args()
    said.into.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path(), args=list(QUIET))
        for look in LOOKS:
            print(f"{look}: {walk(browser, said.site.rstrip('/'), said.password, look, said.into)} pages", flush=True)
        browser.close()
    if said.docs:
        print(f"docs/gallery: {keep(said.into):,} bytes")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
    django.setup()
    main()
