"""Labels and downloads on the pages of a project."""

from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from reviewapp.domain import projects, taxonomy
from reviewapp.models import Job, Project, User
from reviewapp.tasks import write_download
from tests.cast import Cast, fresh

Browser = Callable[[User], Client]


def values(project: Project) -> list[str]:
    return [choice.value for choice in projects.field(fresh(project)).choices]


def test_the_tree_shows_labels_with_their_state(project: Project, cast: Cast, browser: Browser) -> None:
    """U-18, U-25."""
    taxonomy.add(project, cast.mona, "Contract > Renewal")
    shown = browser(cast.vic).get(reverse("labels", args=[project.pk])).content.decode()
    assert shown.count("Not enough data") == 3
    assert "<strong>Renewal</strong>" in shown
    assert "Add a label" not in shown


def test_a_label_is_added(project: Project, cast: Cast, browser: Browser) -> None:
    client, add = browser(cast.mona), reverse("label-add", args=[project.pk])
    assert client.post(add, {"label": "Mail>Spam", "key": "s"}).status_code == 302
    again = client.post(add, {"label": "Mail > Spam"})
    assert again.status_code == 422
    assert "There is a label" in again.content.decode()
    assert values(project)[-1] == "Mail > Spam"


def test_a_file_is_taken_and_reported_row_by_row(project: Project, cast: Cast, browser: Browser) -> None:
    """U-18: hostile names are text."""
    client, load = browser(cast.mona), reverse("labels-load", args=[project.pk])
    file = SimpleUploadedFile("labels.csv", b"label,role\n<img src=x onerror=alert(1),\nOdd,maybe\n")
    shown = client.post(load, {"file": file}).content.decode()
    assert "&lt;img src=x" in shown
    assert "<img src=x" not in shown
    assert "is not a role" in shown
    assert len(values(project)) == 3
    refused = client.post(load, {"file": SimpleUploadedFile("labels.xlsx", b"PK")})
    assert refused.status_code == 422


def test_many_labels_are_kept_when_one_is_edited(project: Project, cast: Cast, browser: Browser) -> None:
    """The form of all answers sends every label back, also beyond the first dozen."""
    taxonomy.load(project, cast.mona, [taxonomy.Row(n, f"Label {n:03}") for n in range(60)])
    shown = browser(cast.mona).get(reverse("project-settings", args=[project.pk])).content.decode()
    assert shown.count('name="choices-') >= 62 * 3
    labels = values(project)
    sent = {"field_name": "relevance", "choices-TOTAL_FORMS": 62, "choices-INITIAL_FORMS": 62}
    for place, choice in enumerate(projects.field(fresh(project)).choices):
        name = "Changed" if choice.value == "Label 030" else choice.value
        sent |= {f"choices-{place}-value": name, f"choices-{place}-role": choice.role}
    browser(cast.mona).post(reverse("project-choices", args=[project.pk]), sent)
    assert values(project) == ["Changed" if label == "Label 030" else label for label in labels]


def test_a_download_is_asked_for_on_the_page_and_saved_from_its_job(
    project: Project, cast: Cast, browser: Browser
) -> None:
    """U-16."""
    client = browser(cast.mona)
    assert "Download all documents" in client.get(reverse("project-documents", args=[project.pk])).content.decode()
    client.post(reverse("documents-download", args=[project.pk]), {"format": "csv", "texts": "on"})
    job = Job.objects.get(kind=Job.Kind.DOWNLOAD)
    write_download(job.pk)
    shown = client.get(reverse("job", args=[job.pk])).content.decode()
    assert "60 documents" in shown
    assert reverse("job-file", args=[job.pk]) in shown
    saved = client.get(reverse("job-file", args=[job.pk]))
    assert saved.headers["Content-Disposition"] == f'attachment; filename="documents-{project.pk}.csv"'
    assert saved.getvalue().count(b"\r\n") == 61
