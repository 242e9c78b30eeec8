"""Times in the zone of who looks, also where clocks change; files and REST in UTC."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from reviewapp.domain import preferences
from reviewapp.models import Completion, Project, User
from tests.cast import Cast, code

Browser = Callable[[User], Client]

TIMES = re.compile(
    r"<time\b.*?</time>|<option\b.*?</option>|{% blocktranslate [^%]*date:'c'[^%]*%}|<[^>]*>", re.DOTALL
)  # an option of a list holds plain text alone
SHOWN = re.compile(r"\|(naturaltime|date:)")
EVENT = """
INSERT INTO reviewapp_auditevent (at, actor_name, verb, target, workspace_id, detail)
VALUES (%s, 'mona', %s, 'project:1', %s, '{}')
"""
# In Berlin the half hour from 02:00 came twice in that night, and 02:30 of 29 March never came.
FIRST, SECOND = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.fixture
def coded(project: Project, cast: Cast) -> Completion:
    code(project, cast.rolf, 1)
    return project.answers.select_related("item").get()


def shown(client: Client, completion: Completion) -> list[str]:
    """The time of the decision as its page says it: for programs, and for people."""
    page = client.get(reverse("document", args=[completion.project_id, completion.item.document_id])).content.decode()
    found = re.search(r'<time class="muted" datetime="([^"]+)"[^>]*>([^<]+)<', page)
    assert found
    return list(found.groups())


def happened(completion: Completion, moment: datetime) -> Completion:
    Completion.objects.filter(pk=completion.pk).update(created_at=moment)
    return completion


def test_pages_show_times_in_the_zone_of_who_looks(coded: Completion, cast: Cast, browser: Browser) -> None:
    preferences.choose(cast.rita, time_zone="Asia/Kolkata")
    happened(coded, datetime(2026, 1, 31, 20, 0, tzinfo=UTC))
    assert shown(browser(cast.rita), coded) == ["2026-02-01T01:30:00+05:30", "1 Feb 2026, 01:30:00"]
    assert shown(browser(cast.rolf), coded) == ["2026-01-31T20:00:00+00:00", "31 Jan 2026, 20:00:00"]
    assert "Times are in Asia/Kolkata" in browser(cast.rita).get(reverse("workspaces")).content.decode()


def test_the_hour_that_comes_twice_is_told_apart(coded: Completion, cast: Cast, browser: Browser) -> None:
    preferences.choose(cast.rita, time_zone="Europe/Berlin")
    client = browser(cast.rita)
    assert shown(client, happened(coded, FIRST)) == ["2026-10-25T02:30:00+02:00", "25 Oct 2026, 02:30:00"]
    assert shown(client, happened(coded, SECOND)) == ["2026-10-25T02:30:00+01:00", "25 Oct 2026, 02:30:00"]


def test_a_day_of_23_hours_is_a_whole_day_of_the_trail(project: Project, cast: Cast, browser: Browser) -> None:
    preferences.choose(cast.alice, time_zone="Europe/Berlin")
    moments = {
        "before.day": datetime(2026, 3, 28, 22, 59, tzinfo=UTC),
        "begin.day": datetime(2026, 3, 28, 23, 0, tzinfo=UTC),
        "end.day": datetime(2026, 3, 29, 21, 59, tzinfo=UTC),
        "after.day": datetime(2026, 3, 29, 22, 0, tzinfo=UTC),
    }
    with connection.cursor() as cursor:  # the trail takes no time from outside, and changes none
        for verb, moment in moments.items():
            cursor.execute(EVENT, [moment, verb, project.workspace_id])
    day = {"since": "2026-03-29", "until": "2026-03-29"}
    page = browser(cast.alice).get(reverse("workspace-audit", args=[project.workspace_id]), day).content.decode()
    assert [verb for verb in moments if verb in page] == ["begin.day", "end.day"]


def test_files_and_rest_are_in_utc_whoever_asks_and_wherever_the_server_is(
    coded: Completion, cast: Cast, browser: Browser, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    preferences.choose(cast.rita, time_zone="Asia/Kolkata")
    happened(coded, SECOND)
    client = browser(cast.rita)
    answer = client.get(f"{reverse('project-documents-table', args=[coded.project_id])}?column=decided")
    assert b"2026-10-25T01:30:00+00:00" in b"".join(answer)
    address = f"/api/v1/projects/{coded.project_id}/documents/{coded.item.document_id}"
    assert client.get(address).json()["history"][0]["created_at"] == "2026-10-25T01:30:00Z"


def test_a_zone_that_the_server_does_not_know_is_the_servers_own(
    coded: Completion, cast: Cast, browser: Browser
) -> None:
    for name in ("Mars/Olympus", "../etc/passwd", "/etc/localtime"):
        User.objects.filter(pk=cast.rita.pk).update(preferences={"time_zone": name})
        assert shown(browser(cast.rita), happened(coded, FIRST))[0] == "2026-10-25T00:30:00+00:00"


def test_no_page_shows_a_time_without_saying_which_moment_it_is() -> None:
    bare = []
    for template in sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html")):
        said = TIMES.sub("", template.read_text())
        bare += [f"{template.name}: {found[0]}" for found in SHOWN.finditer(said)]
    assert bare == []
