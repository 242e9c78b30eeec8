"""A chart leaves the page as a file that says the same."""

import csv
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from reviewapp.models import Project
from tests.cast import Cast, trained
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.journey, pytest.mark.processes]
PNG = b"\x89PNG\r\n\x1a\n"


def saved(chart: Locator, kind: str, folder: Path) -> Path:
    """The file that the button gives."""
    with chart.page.expect_download() as waiting:
        chart.get_by_role("button", name=kind, exact=True).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_a_chart_is_saved_as_drawing_picture_and_table(
    project: Project, cast: Cast, visit: Visit, tmp_path: Path
) -> None:
    now = trained(project, cast.rita)
    window = visit(cast.mona)
    window.open(f"/projects/{now.pk}/")
    chart = window.page.locator("#chart-rank-distribution")

    drawing = saved(chart, "SVG", tmp_path)
    assert drawing.name == "rank-distribution.svg"
    root = ET.parse(drawing).getroot()  # noqa: S314 - made by our own page a moment ago
    texts = ["".join(node.itertext()) for node in root.iter() if node.tag.endswith("}text")]
    assert texts[:2] == ["Documents by rank", "Relevant"]
    bars = [node for node in root.iter() if node.tag.endswith("}rect") and node.get("stroke")]
    assert all(str(bar.get("fill")).startswith("rgb") for bar in bars)
    assert not any(node.get("class") for node in root.iter())

    assert saved(chart, "PNG", tmp_path).read_bytes().startswith(PNG)

    with saved(chart, "CSV", tmp_path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["Rank", "Relevant", "Not relevant", "Not reviewed"]
    assert sum(int(row[1]) for row in rows[1:]) == now.positives

    window.page.emulate_media(media="print")
    assert chart.is_visible()
    assert not window.page.locator(".topbar").is_visible()
    assert not chart.get_by_role("button", name="SVG").is_visible()
    window.page.pdf(path=tmp_path / "home.pdf")


def test_the_documents_that_a_list_shows_are_saved_with_the_columns_that_it_shows(
    project: Project, cast: Cast, visit: Visit, tmp_path: Path
) -> None:
    project.workspace.documents.filter(control_number="HAL-000007").update(title='=HYPERLINK("x")')
    window = visit(cast.mona)
    for address, columns in (
        (f"/projects/{project.pk}/documents/?words=HAL-000007&column=metadata.custodian", ["metadata.custodian"]),
        (f"/workspaces/{project.workspace_id}/documents/?q=HAL-000007&column=tags", ["tags"]),
    ):
        window.open(address)
        path = tmp_path / "documents.csv"
        with window.page.expect_download() as waiting:
            window.page.get_by_role("link", name="CSV of what is shown").click()
        waiting.value.save_as(path)
        assert waiting.value.suggested_filename == "documents.csv"
        with path.open(encoding="utf-8", newline="") as file:
            names, row = csv.reader(file)
        assert names == ["control_number", "title", *columns]
        assert row[:2] == ["HAL-000007", '\'=HYPERLINK("x")'], "a spreadsheet takes it for text"
