"""axe on every page: no violation of WCAG 2.2 AA, whoever looks at it, in light and dark, at a desk and on a tablet.

By default the person who sees most, at a desk; ``REVIEWAPP_BENCH=full`` walks with everybody, in every theme and size.
The script of axe comes into the page through the browser's own tools: the policy of our pages stays as it is.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from django.urls import reverse
from playwright.sync_api import Browser, Page, ViewportSize, expect

from reviewapp.domain import trainings, verdicts
from reviewapp.domain.trainings import Wish
from reviewapp.models import Project
from tests.cast import Cast, annotate, chosen, fresh, perform_jobs, span
from tests.doors import walker
from tests.journeys import walk
from tests.journeys.chromium import ARTIFACTS
from tests.journeys.walk import DESK, TABLET

pytestmark = [pytest.mark.journey, pytest.mark.processes]

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
LEAST = 60  # pages that the operator sees at the very least: a walk that finds none would pass in silence
AXE = Path(AXE_FILE_PATH).read_text(encoding="utf-8")
FULL = os.environ.get("REVIEWAPP_BENCH") == "full"
ANNOTATION = (
    "project",
    "tasks",
    "task",
    "annotate",
    "labeling-config",
    "annotation-setup",
    "training",
    "training-run",
    "training-models",
    "task-import-upload",
    "task-export",
)
SIZES = {"desk": DESK, "tablet": TABLET}
WALKS = [
    pytest.param(person, theme, size, id=f"{person}-{theme}-{name}")
    for person in (("olga", "mona", "rita") if FULL else ("olga",))
    for theme in (("light", "dark") if FULL else ("light",))
    for name, size in (SIZES.items() if FULL else [("desk", DESK)])
]


@pytest.mark.timeout(1200)  # a hundred pages, on a machine that may be busy
@pytest.mark.parametrize(("person", "theme", "size"), WALKS)
def test_no_page_has_a_barrier(
    project: Project, cast: Cast, site: str, chromium: Browser, person: str, theme: str, size: ViewportSize
) -> None:
    world = walker.build(project, cast)
    context = walk.signed_in(chromium, site, getattr(cast, person), theme=theme, size=size)
    page, barriers, count = context.new_page(), list[str](), 0
    for place in walk.places(world, person, context, site):
        said = page.goto(site + place.address)
        assert said
        assert said.status == place.status, place.route
        count += 1
        if FULL:
            keep(page, f"{person}-{theme}-{size['width']}", place.name)
        barriers += [f"{place.route} {found}" for found in violations(page)]
    context.close()
    assert not barriers, "\n".join(barriers)
    assert count >= LEAST or person != "olga"


@pytest.mark.parametrize("theme", ["light", "dark"] if FULL else ["light"])
def test_no_page_of_annotation_at_work_has_a_barrier(
    annotation: Project, cast: Cast, site: str, chromium: Browser, theme: str
) -> None:
    """Spans that overlap, suggestions, a task that was sent back, a deployed training with its figures."""
    job, task = annotated(annotation, cast)
    context = walk.signed_in(chromium, site, cast.mona, theme=theme, size=DESK)
    page, barriers = context.new_page(), list[str]()
    for name in ANNOTATION:
        args = [annotation.pk, *{"task": [task], "training-run": [job]}.get(name, [])]
        said = page.goto(site + reverse(name, args=args))
        assert said
        assert said.status == 200, name
        if name == "annotate":
            expect(page.locator("mark.span").first).to_be_visible()
        if FULL:
            keep(page, f"annotation-{theme}", name)
        barriers += [f"{name} {found}" for found in violations(page)]
    context.close()
    assert not barriers, "\n".join(barriers)


def annotated(project: Project, cast: Cast) -> tuple[int, int]:
    """Tasks annotated, judged and trained on; returns the training's number and that of a task with a verdict."""
    for item in project.items.select_related("document").order_by("ordinal")[:10]:
        text = item.document.text
        word = "supplier" if "supplier" in text else "canteen"
        marks = [span(text, f"{word}", "Person"), span(text, word, "Absent", "c"), span(text, text[:12], "Part", "b")]
        done = annotate(project, cast.rita, item, *marks, chosen("tone", "Formal"))
        if item.ordinal in (0, 1):
            verdicts.decide(done, cast.mona, accepted=item.ordinal == 0, comment="Look at the end again.")
    job = trainings.start(fresh(project), cast.mona, Wish(), deploy=True)
    perform_jobs()
    trainings.preannotate(fresh(project), cast.mona)
    perform_jobs()
    return job.pk, project.items.get(ordinal=1).document_id


def violations(page: Page) -> list[str]:
    """What axe finds: the rule, and where it is broken."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        f"{rule['id']}: {node['target']} {' '.join(node['failureSummary'].split())}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def keep(page: Page, folder: str, name: str) -> None:
    """Keep a picture of the whole page."""
    into = ARTIFACTS / "pages" / folder
    into.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=into / f"{name}.png", full_page=True, caret="initial")
