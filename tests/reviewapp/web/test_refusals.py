"""Refusals look like pages, and no page needs inline script or style."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from reviewapp.models import Job, Project, User
from tests.cast import Cast

Browser = Callable[[User], Client]
INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|hx-vals=['\"]js", re.IGNORECASE
)
PAGES = [
    "workspaces",
    "workspace-create",
    "workspace",
    "workspace-people",
    "workspace-jobs",
    "workspace-settings",
    "workspace-documents",
    "import",
    "account",
    "tokens",
]


def show(client: Client, name: str, project: Project) -> str:
    needs_workspace = name.startswith("workspace-") or name in ("workspace", "import")
    arguments = [project.workspace_id] if needs_workspace and name != "workspace-create" else []
    answer = client.get(reverse(name, args=arguments))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_a_title_one_heading_landmarks_and_nothing_inline(
    name: str, cast: Cast, project: Project, browser: Browser
) -> None:
    said = show(browser(cast.olga), name, project)
    assert said.count("<h1") == 1
    assert re.search(r"<title>[^<·]+ ·[^<]* Review</title>", said)
    assert said.count("<main") == 1
    assert 'href="#main"' in said
    assert not INLINE.search(said)


@pytest.mark.parametrize("name", PAGES)
def test_every_field_has_a_label(name: str, cast: Cast, project: Project, browser: Browser) -> None:
    said = show(browser(cast.olga), name, project)
    labelled = set(re.findall(r'<label[^>]*\sfor="([^"]+)"', said))
    wrapped = " ".join(re.findall(r"<label(?![^>]*\sfor=)[^>]*>.*?</label>", said, re.DOTALL))
    for field in re.findall(r"<(?:input|select|textarea)\b[^>]*>", said):
        if 'type="hidden"' in field or "aria-label=" in field or field in wrapped:
            continue
        assert set(re.findall(r'\sid="([^"]+)"', field)) & labelled, field


def test_a_refusal_is_a_page_for_people(cast: Cast, project: Project, browser: Browser) -> None:
    address = reverse("workspace-settings", args=[project.workspace_id])
    answer = browser(cast.rita).get(address, headers={"Referer": "http://testserver/workspaces/"})
    said = answer.content.decode()
    assert answer.status_code == 403
    assert "You may not do this" in said
    assert "Ask an admin of the workspace for another role." in said
    assert 'href="http://testserver/workspaces/"' in said


def test_a_refusal_never_links_back_to_another_site(cast: Cast, project: Project, browser: Browser) -> None:
    address = reverse("workspace-settings", args=[project.workspace_id])
    answer = browser(cast.rita).get(address, headers={"Referer": "https://elsewhere.example/"})
    assert "elsewhere.example" not in answer.content.decode()


def test_a_refusal_to_htmx_is_the_message_alone(cast: Cast, project: Project, browser: Browser) -> None:
    job = Job.objects.filter(project=project).latest("pk")
    headers = {"HX-Request": "true"}
    answer = browser(cast.stan).get(reverse("job", args=[job.pk]), headers=headers)
    assert answer.status_code == 404
    assert answer.content.decode().strip().startswith('<p class="alert danger" role="alert">')


def test_an_unknown_address_gets_the_designed_page(cast: Cast, browser: Browser) -> None:
    answer = browser(cast.rita).get("/nowhere/")
    assert answer.status_code == 404
    assert "There is no page at this address" in answer.content.decode()


def test_a_form_without_its_token_is_refused_with_what_to_do(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.rita)
    answer = client.post(reverse("tokens"), {"name": "nightly"})
    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()


def test_pages_carry_the_strict_policy(cast: Cast, browser: Browser) -> None:
    policy = browser(cast.rita).get(reverse("workspaces")).headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
