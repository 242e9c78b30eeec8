"""Annotated tasks on their way in and out, in a real browser."""

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from reviewapp.domain import projects
from reviewapp.models import Annotation, Project, Workspace
from tests.cast import ANNOTATION_CONFIG, Cast, chosen, perform_jobs, span
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.journey, pytest.mark.processes]

TEXT = "Anna Berg sold the faulty 😀 valve to Jon. Nobody <b>knew</b> that the valve was cracked.\nShe paid nothing."
RESULT = [
    span(TEXT, "Anna Berg", "Person", "a"),
    span(TEXT, "faulty 😀 valve", "Part", "b"),
    span(TEXT, "valve", "Absent", "c"),
    span(TEXT, "Jon", "Person", "d"),
    {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": ["works with"]},
    chosen("tone", "Casual"),
]
TASKS = [
    {
        "id": 7,
        "data": {"text": TEXT, "title": "The valve", "custodian": "desk 3"},
        "tags": ["box a"],
        "completions": [
            {"result": RESULT, "created_username": "rita", "submitted_at": "2024-03-01T10:00:00Z"},
            {"result": RESULT[:1], "created_username": "bob@elsewhere.org", "submitted_at": "2024-03-02T10:00:00Z"},
        ],
        "predictions": [{"model_version": "ner_v1", "score": 0.4, "result": RESULT[3:4]}],
    },
    {"id": 8, "data": {"text": "Nothing."}, "completions": [{"result": [span("Nothing.", "Nothing", "Pump")]}]},
]


@pytest.fixture
def made(workspace: Workspace, cast: Cast) -> Project:
    return projects.create_annotation(workspace, cast.mona, name="Parts", labeling_config=ANNOTATION_CONFIG)


def picture(page: Page, name: str) -> None:
    """Keep the whole page, in both themes and on a tablet, under test-artifacts/tasks/ in a full run."""
    if os.environ.get("REVIEWAPP_BENCH") != "full":
        return
    folder = Path(__file__).parents[2] / "test-artifacts" / "tasks"
    folder.mkdir(parents=True, exist_ok=True)
    for theme, width in (("light", 1280), ("dark", 1280), ("light", 820)):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{name}-{theme}-{width}.png", full_page=True, caret="initial")
    page.emulate_media(color_scheme="light")


def test_tasks_come_in_are_read_and_leave(made: Project, cast: Cast, visit: Visit, tmp_path: Path) -> None:
    """2.2.7: look, question, job with a report; the text with its spans; the file out again."""
    file = tmp_path / "notes.json"
    file.write_text(json.dumps(TASKS), encoding="utf-8")
    page = (window := visit(cast.mona)).page
    window.open(f"/projects/{made.pk}/tasks/")
    page.get_by_role("link", name="Import tasks").first.click()
    picture(page, "import")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Upload and look").click()
    expect(page.get_by_text("“Pump” is not one of “label”")).to_be_visible()
    expect(page.get_by_text("“bob@elsewhere.org” (1 completion)")).to_be_visible()
    picture(page, "look")
    page.get_by_label("Skip: they stay as they are").check()
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url("**/jobs/*/")
    perform_jobs()
    page.reload()
    expect(page.get_by_role("link", name="See the tasks")).to_be_visible()
    picture(page, "report")

    document = made.items.get().document_id
    window.open(f"/projects/{made.pk}/tasks/{document}/")
    page.get_by_role("navigation", name="Whose spans are drawn").get_by_role("link", name="rita").click()
    text = page.locator(".paper.read")
    expect(text.locator("mark")).to_have_text(["Anna Berg", "faulty 😀 ", "valve", "Jon"])
    expect(text).to_contain_text("<b>knew</b>")
    picture(page, "task")

    window.open(f"/projects/{made.pk}/setup/")
    page.get_by_label("Most to learn first").check()
    picture(page, "setup")
    window.open(f"/projects/{made.pk}/tasks/export/")
    page.get_by_label("JSON in the shape of Label Studio").check()
    picture(page, "export")
    page.get_by_role("button", name="Write the file").click()
    page.wait_for_url("**/jobs/*/")
    perform_jobs()
    page.reload()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save the file").click()
    [task] = json.loads(saved.value.path().read_text(encoding="utf-8"))
    assert [one["completed_by"]["email"] for one in task["annotations"]] == ["rita", "bob@elsewhere.org"]
    assert Annotation.objects.count() == 2
