"""May we stop, and can we prove it: a certified stop, an elusion test, and the report that says so, opened."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from reviewapp.domain import controls, leases, stopping
from reviewapp.models import Project, StoppingLook, Workspace
from tests import samples
from tests.cast import Cast, code, fresh, perform_jobs, trained
from tests.journeys.chromium import ARTIFACTS
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.journey, pytest.mark.processes]
AT_A_TIME = 4
SAMPLE = 6


def read_on(project: Project, cast: Cast) -> bool:
    """Review until the certified rule says stop, with a look now and then; whether it did before all was read."""
    while controls.unread(fresh(project)) > SAMPLE:
        code(project, cast.rita, AT_A_TIME)
        perform_jobs()
        taken = {look.rule: look.verdict for look in stopping.look(fresh(project), cast.mona)}
        if taken[StoppingLook.Rule.CERTIFIED] == StoppingLook.Verdict.STOP:
            return True
    return False


def opened(pdf: Path, name: str) -> list[str]:
    """The words of each page of the PDF; its pages are kept as pictures."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm and pdftotext (poppler-utils) are not installed")
    subprocess.run(["pdftoppm", "-png", "-r", "70", pdf, ARTIFACTS / name], check=True)
    told = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True)
    return [" ".join(page.split()) for page in told.stdout.split("\f") if page.strip()]


def test_a_stop_is_planned_certified_tested_and_reported(
    workspace: Workspace, cast: Cast, visit: Visit, tmp_path: Path
) -> None:
    """B-02, B-03, B-14: plan → control set → review → certified stop → elusion test → report PDF."""
    project = samples.half_relevant(workspace, cast)
    window = visit(cast.mona)
    page, home = window.page, f"/projects/{project.pk}"
    window.open(f"{home}/stopping/")
    page.get_by_label("Recall to be reached").fill("70")
    page.get_by_label("Confidence, in percent").fill("90")
    page.get_by_role("button", name="Set this target").click()
    page.get_by_label("Expected richness").fill("40")
    expect(page.locator("#planner")).to_contain_text(re.compile(r"Draw \d+"))
    page.get_by_label("Another number").fill("40")
    page.get_by_role("button", name="Draw it").click()
    expect(page.locator("#control")).to_contain_text("Being coded")

    samples.code_sample(project, cast.rita)
    trained(fresh(project), cast.rita)
    assert read_on(project, cast)
    leases.release(fresh(project), cast.rita)
    window.open(f"{home}/stopping/")
    expect(page.get_by_text("A recall of at least 70 % is certified with 90 % confidence")).to_be_visible()
    window.look("8-certified")

    window.open(f"{home}/validation/")
    page.get_by_label("Elusion test").check()
    page.get_by_label("Or a fixed number of documents").fill(str(SAMPLE))
    page.get_by_role("button", name="Draw the sample and start").click()
    expect(page.locator("#live")).to_contain_text(f"0 of {SAMPLE} in the sample coded")
    samples.code_sample(project, cast.rita)
    expect(page.get_by_role("row", name=re.compile("^Elusion")).first).to_contain_text("%")
    page.get_by_role("button", name="Complete the project").click()
    page.get_by_role("dialog").get_by_role("button", name="Complete the project").click()
    expect(page.get_by_text("The project is complete")).to_be_visible()
    window.look("8-elusion")

    window.open(f"{home}/reports/")
    page.get_by_role("button", name="Make a report").click()
    perform_jobs()
    window.open(f"{home}/reports/1/")
    window.look("8-report")
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").click()
    download.value.save_as(tmp_path / "report.pdf")
    pages = opened(tmp_path / "report.pdf", "8-report-page")
    words = " ".join(pages)
    assert len(pages) > 2
    for said in (
        "at least 70 %",
        "Relevant documents found",
        "Documents by rank",
        "Elusion test 1",
        "Project completed",
    ):
        assert said in words
    assert re.search(rf"[0-{SAMPLE}] relevant of {SAMPLE}", words)
    assert re.search(r"Certified stop Certified \d+ of \d+ hidden relevant met", words)
