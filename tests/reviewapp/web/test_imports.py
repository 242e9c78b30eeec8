"""The way of a file: upload, a look at its columns, the import."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from reviewapp.domain import imports, jobs
from reviewapp.models import Job, User, Workspace
from tests.cast import Cast

Browser = Callable[[User], Client]
CSV = b"DocID,Subject,Body,Custodian,Box\nA-1,First,The valve cracked.,Lund,box a\nA-2,Second,,Prow,box b\n"
COLUMNS = {
    "column-0": "control_number",
    "column-1": "title",
    "column-2": "text",
    "column-3": "metadata",
    "column-4": "tags",
}


def upload(client: Client, workspace: Workspace, content: bytes = CSV, name: str = "mails.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("import", args=[workspace.pk]), {"file": file})


def kept(settings: Settings) -> list[Path]:
    return list(Path(settings.UPLOADS_DIR).glob("*")) if Path(settings.UPLOADS_DIR).exists() else []


@pytest.fixture(autouse=True)
def uploads_of_this_test(settings: Settings, tmp_path: Path) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"


def test_a_file_becomes_documents_in_three_steps(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    client = browser(cast.mona)
    look = upload(client, workspace).headers["Location"]
    shown = client.get(look).content.decode()
    assert "The valve cracked." in shown
    assert '<option value="control_number" selected>' in shown
    assert "The text is empty; the title stands in for it." in shown
    asked = client.post(look, {**COLUMNS, "tags": "first load, hot"})
    job = Job.objects.get(kind=Job.Kind.IMPORT)
    assert asked.headers["Location"] == reverse("job", args=[job.pk])
    jobs.perform(job.pk, imports.run)
    document = workspace.documents.get(control_number="A-1")
    assert (document.title, document.text, document.metadata) == ("First", "The valve cracked.", {"Custodian": "Lund"})
    assert set(document.tags) == {"first load", "hot", "box a"}
    report = client.get(reverse("job", args=[job.pk])).content.decode()
    assert "A-2" in report
    assert "The text is empty; the title stands in for it." in report


def test_a_file_that_is_no_table_is_refused_at_once_and_not_kept(
    cast: Cast, workspace: Workspace, browser: Browser, settings: Settings
) -> None:
    answer = upload(browser(cast.mona), workspace, b"%PDF-1.7 \x00\x01", "mails.pdf")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert kept(settings) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"column-2": ""}, "Choose the column that holds the text."),
        ({"column-3": "text"}, "are both chosen as text"),
        ({"column-1": "tags"}, "are both chosen as tags"),
        ({"tags": "x" * 101}, "Too long."),
    ],
)
def test_a_choice_of_columns_that_cannot_be_is_told_and_nothing_starts(
    change: dict[str, str], told: str, cast: Cast, workspace: Workspace, browser: Browser
) -> None:
    client = browser(cast.mona)
    look = upload(client, workspace).headers["Location"]
    answer = client.post(look, COLUMNS | change)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Job.objects.filter(kind=Job.Kind.IMPORT).exists()


def test_somebody_elses_upload_is_not_to_be_had(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    look = upload(browser(cast.mona), workspace).headers["Location"]
    other = browser(cast.alice)
    assert other.get(look).status_code == 404
    assert other.post(look, COLUMNS).status_code == 404


def test_a_discarded_file_is_gone(cast: Cast, workspace: Workspace, browser: Browser, settings: Settings) -> None:
    client = browser(cast.mona)
    look = upload(client, workspace).headers["Location"]
    client.post(f"{look}discard/")
    assert kept(settings) == []
    assert client.get(look).status_code == 404


def test_a_file_above_the_limit_is_refused_with_the_limit(
    cast: Cast, workspace: Workspace, browser: Browser, settings: Settings
) -> None:
    settings.UPLOAD_LIMIT = 10
    answer = upload(browser(cast.mona), workspace)
    assert "larger than 10 bytes" in answer.content.decode()
    assert kept(settings) == []


def test_a_full_disk_refuses_the_upload_with_a_reason(
    cast: Cast, workspace: Workspace, browser: Browser, settings: Settings
) -> None:
    settings.FREE_SPACE_FLOOR = 1 << 60
    answer = upload(browser(cast.mona), workspace)
    assert answer.status_code == 507
    assert "Ask the operator to make room" in answer.content.decode()


def test_only_managers_import(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    for person in (cast.rita, cast.vic):
        assert browser(person).get(reverse("import", args=[workspace.pk])).status_code == 403
        assert upload(browser(person), workspace).status_code == 403
    assert upload(browser(cast.stan), workspace).status_code == 404


def test_hostile_cells_are_shown_as_text(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    client = browser(cast.mona)
    content = b'id,text,<img src=x>\n1,"<script>alert(1)</script>",<b>bold</b>\n'
    shown = client.get(upload(client, workspace, content).headers["Location"]).content.decode()
    assert "<script>alert" not in shown
    assert "<img src=x>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
