"""A report says what the review was, as a page and as a PDF, from one record that stays as it is."""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve, reverse

from reviewapp.domain import (
    chain,
    coding,
    controls,
    leases,
    reports,
    second_looks,
    stopping,
    validation,
    validation_results,
)
from reviewapp.domain.coding import Answer
from reviewapp.domain.validation_plans import Design
from reviewapp.errors import Conflict
from reviewapp.models import AuditEvent, Project, ProjectDocument, Report, User
from reviewapp.web import figures, report_pdf, report_sections
from reviewapp.web.report_parts import Section
from tests.cast import Cast, code, fresh, perform_jobs, trained

Browser = Callable[[User], Client]


@pytest.fixture
def reviewed(project: Project, cast: Cast) -> Project:
    """A review with a model, a changed decision, and documents that wait for a second look."""
    now = trained(project, cast.rita)
    item = ProjectDocument.objects.filter(project=now, decision=1)[0]
    coding.recode(now, item, cast.mona, Answer(choice="Not relevant"), item.revision)
    second_looks.draw(fresh(now), cast.mona, negatives=2)
    chain.extend()
    return fresh(now)


def made(project: Project, cast: Cast) -> Report:
    reports.request(project, cast.mona, "http://testserver/")
    perform_jobs()
    return reports.get(project, project.reports.latest("number").number)


def facts(report: Report) -> dict[str, Any]:
    return {fact["label"]: fact for section in report.record["sections"] for fact in section["facts"]}


def test_a_report_names_settings_people_versions_samples_conflicts_and_the_audit_head(
    reviewed: Project, cast: Cast
) -> None:
    """B-14: settings, versions, samples, intervals, conflicts, who decided, audit head digest."""
    report = made(reviewed, cast)
    names = [section["name"] for section in report.record["sections"]]
    assert names == [
        "summary",
        "settings",
        "people",
        "versions",
        "progress",
        "agreement",
        "conflicts",
        "decisions",
        "audit",
    ]
    said = facts(report)
    head = chain.head()
    assert head is not None
    assert said["Digest of the newest seal"]["value"] == head.digest
    assert said["Relevant"]["value"] == f"{reviewed.positives:,}"
    assert said["Decisions changed"]["value"] == "1"
    charts = [chart["name"] for section in report.record["sections"] for chart in section["charts"]]
    assert charts == ["gain", "rank-distribution"] or charts == ["gain", "relevance-rate", "rank-distribution"]


def test_every_figure_leads_to_a_page_that_the_reader_may_open(reviewed: Project, cast: Cast, browser: Browser) -> None:
    """B-14: every figure links to where it comes from."""
    report, client = made(reviewed, cast), browser(cast.alice)
    sources = {fact["source"] for fact in facts(report).values()}
    sources |= {table["source"] for section in report.record["sections"] for table in section["tables"]}
    assert all(sources)
    for source in sources:
        assert resolve(source.split("?")[0])
        assert client.get(source).status_code == 200, source


@pytest.fixture
def proven(project: Project, cast: Cast) -> Project:
    """A review that is complete: planned, looked at, and ended by a validation."""
    now = trained(project, cast.rita)
    stopping.set_plan(now, cast.mona, {"target": 0.7, "confidence": 0.9, "looks": 2, "run": 20})
    leases.release(now, cast.rita)
    controls.draw(now, cast.mona, 10)
    code(fresh(now), cast.rita, fresh(now).items.filter(in_control_set=True).count())
    stopping.look(fresh(now), cast.mona)
    leases.release(now, cast.rita)
    validation.abandon(validation.start(fresh(now), cast.mona, Design(size=3)), cast.mona)
    round_ = validation.start(fresh(now), cast.mona, Design(kind="project", size=6))
    code(fresh(now), cast.rita, 6)
    validation.complete(round_, cast.mona)
    return fresh(now)


def test_a_report_holds_every_round_and_every_look(proven: Project, cast: Cast, browser: Browser) -> None:
    """B-14: validation rounds with intervals and stopping looks, each figure leading to the page that shows it."""
    report = made(proven, cast)
    sections = {section["name"]: section for section in report.record["sections"]}
    tables = sections["validation"]["tables"]
    assert [(row[0], row[2]) for row in tables[0]["rows"]] == [
        ("Project validation 2", "Project completed"),
        ("Elusion test 1", "Abandoned"),
    ]
    result = validation_results.result(proven.validation_rounds.get(number=2))
    assert result is not None
    shown = figures.figures(result.estimates)
    assert [row[:3] for row in tables[1]["rows"]] == [[f.label, f.value, f.interval] for f in shown]
    said = facts(report)
    page = reverse("project-validation-round", args=[proven.pk, 2])
    recall = next(figure for figure in shown if figure.name == "recall")
    assert (said["Recall"]["value"], said["Recall"]["source"]) == (recall.value, page)
    assert [chart["name"] for chart in sections["validation"]["charts"]] == ["intervals"]
    looks = sections["stopping"]["tables"][0]["rows"]
    assert len(looks) == proven.stopping_looks.count() == 5
    assert {(row[1], row[2]) for row in looks} == {
        ("Certified stop", "control set"),
        ("Planned test", "planned test"),
        ("Irrelevant in a row", "none"),
        ("Knee of the gain curve", "none"),
        ("Look-back", "none"),
    }
    assert said["To be found of the relevant documents"]["value"] == "at least 70 %"
    client = browser(cast.alice)
    for source in {fact["source"] for name in ("validation", "stopping") for fact in sections[name]["facts"]}:
        assert client.get(source).status_code == 200, source
    assert reports.pdf(report).read_bytes() == report_pdf.drawn(report.record)


def test_an_open_round_tells_nothing_in_a_report_either(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    leases.release(now, cast.rita)
    validation.start(now, cast.mona, Design(size=2))
    code(fresh(now), cast.rita, 2)
    sections = {section["name"]: section for section in made(fresh(now), cast).record["sections"]}
    assert "Elusion rate" not in str(sections["validation"])
    assert "stopping" not in sections


def test_what_a_report_says_never_changes(reviewed: Project, cast: Cast) -> None:
    first = made(reviewed, cast)
    item = ProjectDocument.objects.filter(project=reviewed, decision=1)[0]
    coding.recode(fresh(reviewed), item, cast.mona, Answer(choice="Not relevant"), item.revision)
    second = made(fresh(reviewed), cast)
    assert (first.number, second.number) == (1, 2)
    kept = reports.get(reviewed, 1)
    assert facts(kept)["Decisions changed"]["value"] == "1"
    assert facts(second)["Decisions changed"]["value"] == "2"
    assert reports.digest(kept.record) == kept.digest != second.digest


def test_the_trail_holds_the_digests_of_record_and_file(reviewed: Project, cast: Cast) -> None:
    """A report that is changed later no longer fits the chained event."""
    report = made(reviewed, cast)
    event = AuditEvent.objects.get(verb="report.publish")
    assert event.detail["record"] == report.digest
    found = hashlib.blake2b(reports.pdf(report).read_bytes(), digest_size=32).hexdigest()
    assert event.detail["pdf"] == found


def test_the_same_record_gives_the_same_pdf(reviewed: Project, cast: Cast) -> None:
    report = made(reviewed, cast)
    assert report_pdf.drawn(report.record) == reports.pdf(report).read_bytes()


def test_the_pdf_says_and_links_what_the_page_does(reviewed: Project, cast: Cast, tmp_path: Path) -> None:
    """B-14: HTML and PDF from one record."""
    report = made(reviewed, cast)
    written = reports.pdf(report).read_bytes()
    assert written.startswith(b"%PDF-")
    assert b"http://testserver/projects/" in written
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    (tmp_path / "r.pdf").write_bytes(written)
    told = subprocess.run(
        ["pdftotext", "-layout", "r.pdf", "-"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    words = " ".join(told.stdout.split())
    for section in report.record["sections"]:
        assert section["title"] in words
        for fact in section["facts"]:
            assert fact["label"] in words


def test_names_in_any_script_and_hostile_ones_are_drawn(reviewed: Project, cast: Cast, browser: Browser) -> None:
    hostile = "<script>alert(1)</script> Ελλάδα Київ \u202e 中文 \x07"
    Project.objects.filter(pk=reviewed.pk).update(name=hostile, instructions="=cmd() " * 400)
    report = made(fresh(reviewed), cast)
    shown = browser(cast.vic).get(reverse("project-report", args=[reviewed.pk, report.number])).content.decode()
    assert "<script>alert" not in shown
    assert "Ελλάδα Київ" in unescape(shown)


def test_the_page_shows_every_section_and_offers_the_files(reviewed: Project, cast: Cast, browser: Browser) -> None:
    report, client = made(reviewed, cast), browser(cast.vic)
    shown = client.get(reverse("project-report", args=[reviewed.pk, report.number])).content.decode()
    assert re.findall(r'<h2 id="(\w+)-title">', shown) == [s["name"] for s in report.record["sections"]]
    assert 'id="chart-gain"' in shown
    assert report.digest in shown
    pdf = client.get(reverse("api:report-pdf", args=[reviewed.pk, report.number]))
    assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
    assert "attachment" in pdf["Content-Disposition"]
    data = client.get(reverse("api:report", args=[reviewed.pk, report.number])).json()
    assert reports.digest(data["record"]) == report.digest


def test_a_manager_asks_and_sees_it_come(reviewed: Project, cast: Cast, browser: Browser) -> None:
    client, address = browser(cast.mona), reverse("project-reports", args=[reviewed.pk])
    assert "No report yet" in client.get(address).content.decode()
    assert "A report is being made" in client.post(address, follow=True).content.decode()
    assert client.post(address).status_code == 409
    with pytest.raises(Conflict, match="being made already"):
        reports.request(reviewed, cast.mona, "")
    perform_jobs()
    live = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Report 1" in live
    assert "hx-get" not in live
    assert "Make a report" not in browser(cast.vic).get(address).content.decode()


def test_a_project_without_a_model_has_a_report_too(project: Project, cast: Cast) -> None:
    report = made(project, cast)
    assert "versions" not in [section["name"] for section in report.record["sections"]]
    assert facts(report)["Coded against the rank"]["value"] == "no rank yet"
    assert json.dumps(report.record)


def test_a_new_part_of_the_product_adds_its_section(
    project: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One function more is all that it takes."""
    more = (*report_sections.SECTIONS, lambda project: Section("novelty", "A new chapter"))
    monkeypatch.setattr(report_sections, "SECTIONS", more)
    assert made(project, cast).record["sections"][-1]["title"] == "A new chapter"
