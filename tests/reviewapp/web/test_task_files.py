"""Files of annotated tasks on pages: sent, looked at, the question, the report; and the export."""

import json
import re
from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from reviewapp.models import Job, Project, User
from tests.cast import Cast, perform_jobs, span

Browser = Callable[[User], Client]
HOSTILE = "<script>alert(1)</script>"
TEXT = f"The valve {HOSTILE} cracked."
GOOD = {"id": "HAL-1", "data": {"text": TEXT}, "completions": [{"result": [span(TEXT, "valve", "Part")]}]}
BAD = {"id": 2, "data": {"text": "One."}, "completions": [{"result": [span("One.", "One", HOSTILE)]}]}
SELECTED = re.compile(r'<input type="radio"[^>]*checked')


def sent(client: Client, project: Project, *tasks: object) -> str:
    file = SimpleUploadedFile("notes.json", json.dumps(tasks).encode())
    answer = client.post(reverse("task-import-upload", args=[project.pk]), {"file": file})
    return str(answer.headers["Location"])


def test_a_file_is_sent_looked_at_asked_about_and_loaded(annotation: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.mona)
    there = {"id": "HAL-000001", "data": {"text": annotation.items.get(ordinal=1).document.text}}
    look = sent(client, annotation, GOOD, BAD, there)
    shown = client.get(look).content.decode()
    assert HOSTILE not in shown
    assert "“&lt;script&gt;alert(1)&lt;/script&gt;” is not one of “label”" in shown
    assert "nobody named" in shown
    assert not SELECTED.search(shown)
    refused = client.post(look, {})
    assert (refused.status_code, "Say what becomes of tasks" in refused.content.decode()) == (422, True)
    assert not Job.objects.filter(kind=Job.Kind.IMPORT_TASKS).exists()
    asked = client.post(look, {"conflict": "skip"})
    perform_jobs()
    report = client.get(asked.headers["Location"]).content.decode()
    for said in ("<dt>Added</dt><dd>1</dd>", "<dt>Skipped</dt><dd>1</dd>", "<dt>Refused</dt><dd>1</dd>"):
        assert said in report
    assert HOSTILE not in report
    assert client.get(look).status_code == 404  # loaded, so the file is gone


def test_a_file_can_be_discarded_and_a_wrong_one_says_why(annotation: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.mona)
    look = sent(client, annotation, GOOD)
    assert client.post(f"{look}discard/").status_code == 302
    assert client.get(look).status_code == 404
    wrong = SimpleUploadedFile("notes.json", b'[{"data"]')
    said = client.post(reverse("task-import-upload", args=[annotation.pk]), {"file": wrong})
    assert said.status_code == 422
    assert "notes.json, line 1, column 9" in said.content.decode()


def test_an_export_is_asked_for_with_filters_and_saved(annotation: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.mona)
    at = reverse("task-export", args=[annotation.pk])
    page = client.get(at).content.decode()
    for said in ("Annotation Lab", "CoNLL-2003", 'value="box a"', 'value="Formal"', 'value="Part"'):
        assert said in page
    assert client.post(at, {"format": "exe"}).status_code == 422
    asked = client.post(at, {"format": "label-studio", "tags": ["box a"]})
    perform_jobs()
    assert "6 tasks" in client.get(asked.headers["Location"]).content.decode()
    file = client.get(f"{asked.headers['Location']}file/")
    assert f'filename="tasks-{annotation.pk}.json"' in file["Content-Disposition"]
    assert len(json.loads(b"".join(file.streaming_content))) == 6  # type: ignore[attr-defined]
    assert "Last exports" in client.get(at).content.decode()
