"""The command palette says only what the person may see and do."""

import re
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from reviewapp.domain import projects
from reviewapp.models import Project, User
from reviewapp.web import palette
from tests.cast import Cast, trained

Browser = Callable[[User], Client]
ENTRIES = [
    (entry, kind)
    for kind, entries in (
        ("project", palette.OF_PROJECT + palette.DONE_HERE),
        ("workspace", palette.OF_WORKSPACE),
        ("", palette.EVERYWHERE + palette.OPERATORS),
    )
    for entry in entries
]


def found(client: Client, **asked: str | int) -> list[str]:
    page = client.get(reverse("palette"), asked).content.decode()
    return [line.replace("&amp;", "&") for line in re.findall(r"<span>([^<]+)</span>", page)]


def test_without_words_it_says_what_there_is_here(project: Project, cast: Cast, browser: Browser) -> None:
    lines = found(browser(cast.mona), project=project.pk)
    assert lines[:3] == ["Train now", "Index new documents now", "Pause the project"]
    assert "Review: code the next document" in lines


def test_nobody_is_offered_what_they_may_not_do(project: Project, cast: Cast, browser: Browser) -> None:
    rita, vic = (found(browser(person), project=project.pk, q="r") for person in (cast.rita, cast.vic))
    assert "Train now" not in rita + vic
    assert "Review: code the next document" in rita
    assert "Review: code the next document" not in vic
    assert found(browser(cast.stan), project=project.pk, q="quality") == []
    assert "Audit of this server" in found(browser(cast.olga), q="audit")
    assert "Audit of this server" not in found(browser(cast.alice), q="audit")


def test_what_makes_no_sense_in_the_state_of_the_project_is_left_out(
    project: Project, cast: Cast, browser: Browser
) -> None:
    projects.pause(project, cast.mona)
    lines = found(browser(cast.mona), project=project.pk, q="project")
    assert "Resume the project" in lines
    assert "Pause the project" not in lines


def test_projects_are_found_by_name_wherever_one_is(project: Project, cast: Cast, browser: Browser) -> None:
    assert "Valves" in found(browser(cast.rita), q="valv")
    assert "Halden" in found(browser(cast.rita), q="alde")
    assert found(browser(cast.stan), q="valv") == []


def test_a_document_is_found_by_its_number_and_opens_in_the_project(
    project: Project, cast: Cast, browser: Browser
) -> None:
    client = browser(cast.rita)
    document = project.workspace.documents.get(control_number="HAL-000007")
    assert found(client, q="hal-000007") == ["HAL-000007 Mail 7"]
    inside = client.get(reverse("palette"), {"q": "HAL-000007", "project": str(project.pk)}).content.decode()
    assert reverse("document", args=[project.pk, document.pk]) in inside
    assert found(browser(cast.stan), q="HAL-000007") == []


def test_words_that_fit_nothing_say_what_to_do(cast: Cast, browser: Browser) -> None:
    page = browser(cast.rita).get(reverse("palette"), {"q": "<b>xyz"}).content.decode()
    assert "Nothing fits “&lt;b&gt;xyz”" in page


def test_every_line_leads_to_a_door_that_opens(project: Project, cast: Cast, browser: Browser) -> None:
    rows = {"project": trained(project, cast.rita), "workspace": project.workspace}
    client = browser(cast.olga)
    for entry, kind in ENTRIES:
        address = reverse(entry.route, args=[rows[kind].pk] if kind else [])
        answer = client.post(address) if entry in palette.DONE_HERE else client.get(address)
        assert answer.status_code in (200, 302), entry


def test_an_annotation_project_has_pages_of_its_own(annotation: Project, cast: Cast, browser: Browser) -> None:
    mona = browser(cast.mona)
    lines = found(mona, project=annotation.pk)
    assert "Training: train, deploy, logs, active learning" in lines
    assert "Pause the project" in lines
    assert not {"Train now", "Model versions", "Quality"} & set(lines)
    for entry in palette.OF_ANNOTATION:
        assert mona.get(reverse(entry.route, args=[annotation.pk])).status_code == 200, entry
