"""The review page: one document, one question, one key; the answer brings the next document."""

import gzip
import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reviewapp.domain import coding, leases, projects
from reviewapp.models import Completion, Decision, Document, Project, ProjectDocument, User, Workspace
from tests.cast import Cast, code, fresh, perform_jobs, trained, write_documents

Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def shown(client: Client, project: Project) -> str:
    return client.get(reverse("review", args=[project.pk])).content.decode()


def token(page: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f-]{36})"', page)
    assert found
    return found[1]


def submit(client: Client, project: Project, lease: str, **answer: str) -> tuple[int, str]:
    told = client.post(reverse("review-submit", args=[project.pk]), {"token": lease, **answer}, headers=HTMX)
    return told.status_code, told.content.decode()


def said(page: str) -> str:
    """The words of a page without its tags and line breaks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_page_shows_text_question_keys_and_why_this_document(
    project: Project, cast: Cast, browser: Browser
) -> None:
    """B-07"""
    page = shown(browser(cast.rita), project)
    held = leases.held(project, cast.rita)
    assert held
    assert held.document.text in page
    assert 'data-key="1" aria-keyshortcuts="1"' in page
    assert "Random until 5 relevant and 5 not relevant are coded: 0/5 and 0/5" in said(page)
    assert "Code on the text of this document alone" in page


def test_the_line_of_reason_counts_what_was_just_coded(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    _, page = submit(client, project, token(shown(client, project)), choice="Not relevant")
    assert "0/5 and 1/5" in said(page)


def test_a_ranked_document_says_rank_version_and_age_of_the_model(
    project: Project, cast: Cast, browser: Browser
) -> None:
    """B-07"""
    trained(project, cast.rolf)
    page = said(shown(browser(cast.rita), project))
    age = r"(now|a second ago|\d+ seconds ago)"
    assert re.search(rf"High rank \d+\.\d by model v\d+, trained {age} on 12 decisions", page)


def test_reloading_shows_the_same_document(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    assert token(shown(client, project)) == token(shown(client, project))


def test_one_request_records_the_answer_and_brings_the_next_document(
    project: Project, cast: Cast, browser: Browser
) -> None:
    client = browser(cast.rita)
    first = token(shown(client, project))

    status, page = submit(client, project, first, choice="Relevant", note="See page 2")

    assert status == 200
    assert "<html" not in page
    assert token(page) != first
    completion = Completion.objects.get(reviewer=cast.rita)
    assert (completion.choice, completion.note, str(completion.lease_token)) == ("Relevant", "See page 2", first)
    assert f"{completion.item.document.control_number}: Relevant." in page


def test_without_script_the_same_form_posts_and_comes_back(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    lease = token(shown(client, project))
    answer = client.post(reverse("review-submit", args=[project.pk]), {"token": lease, "choice": "Relevant"})
    assert answer.headers["Location"] == reverse("review", args=[project.pk])
    assert Completion.objects.count() == 1


def test_the_same_answer_sent_twice_counts_once(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    lease = token(shown(client, project))
    _, first = submit(client, project, lease, choice="Relevant")
    status, second = submit(client, project, lease, choice="Relevant")
    assert status == 200
    assert token(first) == token(second)
    assert Completion.objects.count() == fresh(project).completions == 1


def test_a_lost_document_is_explained_and_the_next_one_is_there(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    lease = token(shown(client, project))
    leases.release(project, cast.rita)

    answer = client.post(
        reverse("review-submit", args=[project.pk]), {"token": lease, "choice": "Relevant"}, headers=HTMX
    )

    page = answer.content.decode()
    assert answer.status_code == 409
    assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == ("#stage", "outerHTML")
    assert "This document is no longer checked out to you. Nothing was saved." in page
    assert token(page) != lease
    assert not Completion.objects.exists()


def test_a_document_whose_time_ran_out_is_explained(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    lease = token(shown(client, project))
    ProjectDocument.objects.filter(lease_token=lease).update(leased_until=timezone.now())
    status, page = submit(client, project, lease, choice="Relevant")
    assert status == 409
    assert "ran out" in page


@pytest.mark.parametrize("answer", [{"skip": "Cannot be read"}, {"skip": "another", "skip_reason": "Cannot be read"}])
def test_skipping_keeps_the_reason(project: Project, cast: Cast, browser: Browser, answer: dict[str, str]) -> None:
    client = browser(cast.rita)
    status, _ = submit(client, project, token(shown(client, project)), **answer)
    completion = Completion.objects.get()
    assert (status, completion.decision, completion.reason) == (200, Decision.SKIPPED, "Cannot be read")


@pytest.mark.parametrize(
    "answer",
    [{"skip": "another", "skip_reason": " "}, {}, {"choice": "Perhaps"}, {"choice": "Relevant", "note": "x" * 20_001}],
)
def test_an_answer_that_says_nothing_keeps_the_document(
    project: Project, cast: Cast, browser: Browser, answer: dict[str, str]
) -> None:
    client = browser(cast.rita)
    lease = token(shown(client, project))
    status, page = submit(client, project, lease, **answer)
    assert status == 422
    assert token(page) == lease
    assert not Completion.objects.exists()


def test_a_choice_wins_over_words_left_in_the_skip_field(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    lease = token(shown(client, project))
    submit(client, project, lease, choice="Relevant", skip_reason="typed and then thought better of")
    assert Completion.objects.get().choice == "Relevant"


def test_a_token_that_is_none_is_refused(project: Project, cast: Cast, browser: Browser) -> None:
    status, page = submit(browser(cast.rita), project, "none", choice="Relevant")
    assert status == 422
    assert "Reload the page" in page


def test_undo_brings_the_last_document_back_with_its_note_and_reason(
    project: Project, cast: Cast, browser: Browser
) -> None:
    client = browser(cast.rita)
    first = shown(client, project)
    submit(client, project, token(first), choice="Relevant", note="Unsure")
    number = Completion.objects.get().item.document.control_number

    page = client.post(reverse("review-undo", args=[project.pk]), headers=HTMX).content.decode()

    assert f"Taken back. {number} is open again." in page
    assert "Coded “Relevant” before by rita" in said(page)
    assert ">Unsure</textarea>" in page
    assert "Random until" in page
    assert fresh(project).coded == 0


def test_undo_with_nothing_to_take_back_says_so_and_keeps_the_document(
    project: Project, cast: Cast, browser: Browser
) -> None:
    client = browser(cast.rita)
    lease = token(shown(client, project))
    answer = client.post(reverse("review-undo", args=[project.pk]), headers=HTMX)
    assert answer.status_code == 409
    assert "no decision of yours left" in answer.content.decode()
    assert token(answer.content.decode()) == lease


def test_leaving_gives_the_document_back(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    shown(client, project)
    answer = client.post(reverse("review-release", args=[project.pk]))
    assert answer.headers["Location"] == reverse("project", args=[project.pk])
    assert leases.held(project, cast.rita) is None


def test_a_paused_project_says_why_and_goes_on_by_itself(project: Project, cast: Cast, browser: Browser) -> None:
    projects.pause(project, cast.mona)
    client = browser(cast.rita)
    page = shown(client, project)
    assert "This project is paused" in page
    assert f'hx-get="{reverse("review", args=[project.pk])}" hx-trigger="every 2s"' in page

    projects.resume(project, cast.mona)
    again = client.get(reverse("review", args=[project.pk]), headers=HTMX).content.decode()
    assert "<html" not in again
    assert token(again)


def test_a_project_that_is_not_indexed_says_so(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    """R-66"""
    write_documents(workspace, 3)
    made = projects.create(workspace, cast.mona, name="New")
    assert "not indexed yet" in shown(browser(cast.rita), made)


def test_the_end_of_the_review_is_said(project: Project, cast: Cast, browser: Browser) -> None:
    code(project, cast.rita, 59)
    client = browser(cast.rita)
    status, page = submit(client, project, token(shown(client, project)), choice="Not relevant")
    assert status == 200
    assert "Nothing left to review" in page


def test_a_pause_while_coding_keeps_the_answer(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    lease = token(shown(client, project))
    projects.pause(project, cast.mona)
    status, page = submit(client, project, lease, choice="Relevant")
    assert status == 200
    assert "This project is paused" in page
    assert Completion.objects.count() == 1


def test_hostile_documents_are_shown_and_never_run(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    bad = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    Document.objects.create(
        workspace=workspace, control_number=bad, title=bad, text=bad, metadata={bad: bad}, tags=[bad]
    )
    made = projects.create(workspace, cast.mona, name=bad, instructions=bad)
    perform_jobs()
    page = shown(browser(cast.rita), made)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 7


def test_a_very_long_text_is_cut_and_can_be_shown_whole(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    Document.objects.create(workspace=workspace, control_number="LONG", text="word " * 50_000 + "the very end")
    made = projects.create(workspace, cast.mona, name="Long")
    perform_jobs()
    client = browser(cast.rita)
    page = shown(client, made)
    assert "Another 50,012 characters are not shown" in page
    assert "the very end" not in page
    assert "the very end" in client.get(reverse("review", args=[made.pk]), {"whole": "1"}).content.decode()


def test_the_page_weighs_at_most_60_kilobytes_of_script_and_style(
    project: Project, cast: Cast, browser: Browser
) -> None:
    page = shown(browser(cast.rita), project)
    files = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js))"', page)
    compressed = {file: len(gzip.compress(Path(str(finders.find(file))).read_bytes())) for file in files}
    assert "css/review.css" in compressed
    assert sum(compressed.values()) <= 60_000, compressed


def test_a_key_that_is_an_answer_is_no_command(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    write_documents(workspace, 3)
    choices = [("Yes", "positive", "u"), ("No", "negative", "s")]
    made = projects.create(workspace, cast.mona, name="Letters", choices=choices)
    perform_jobs()
    page = shown(browser(cast.rita), made)
    assert page.count('data-key="u"') == page.count('data-key="s"') == 1
    assert 'form="undo"' in page


def test_the_moving_part_never_holds_the_text(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    shown(client, project)
    code(project, cast.rolf, 3)
    held = leases.held(project, cast.rita)
    assert held
    page = client.get(reverse("review-live", args=[project.pk])).content.decode()
    assert held.document.text not in page
    assert "<strong>3</strong> of 60 coded" in page
    assert "3 next training at 10" in said(page)
    assert "Mine today 0" in said(page)


def test_who_may_not_review_gets_no_document(project: Project, cast: Cast, browser: Browser) -> None:
    for person, status in ((cast.vic, 403), (cast.stan, 404)):
        client = browser(person)
        assert client.get(reverse("review", args=[project.pk])).status_code == status
        assert client.get(reverse("review-live", args=[project.pk])).status_code == status
        for name in ("submit", "undo", "release"):
            assert client.post(reverse(f"review-{name}", args=[project.pk])).status_code == status
    assert not project.items.filter(reviewer__isnull=False).exists()


def test_another_reviewers_token_is_worth_nothing(project: Project, cast: Cast, browser: Browser) -> None:
    lease = token(shown(browser(cast.rita), project))
    status, _ = submit(browser(cast.rolf), project, lease, choice="Relevant")
    assert status == 409
    assert not Completion.objects.exists()


def test_an_unknown_token_is_worth_nothing(project: Project, cast: Cast, browser: Browser) -> None:
    status, _ = submit(browser(cast.rita), project, str(uuid.uuid4()), choice="Relevant")
    assert status == 409


def test_a_skipped_document_comes_again_with_what_was_said(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    write_documents(workspace, 1)
    made = projects.create(workspace, cast.mona, name="One")
    perform_jobs()
    client = browser(cast.rita)
    _, page = submit(client, made, token(shown(client, made)), skip="Cannot be read")
    assert "Skipped before by rita: Cannot be read" in said(page)


def test_one_decision_costs_a_bounded_number_of_queries(
    project: Project, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    trained(project, cast.rolf)
    client = browser(cast.rita)
    lease = token(shown(client, project))
    with django_assert_max_num_queries(32):
        submit(client, project, lease, choice="Relevant")
    with django_assert_max_num_queries(12):
        client.get(reverse("review-live", args=[project.pk]))
    assert coding.own_recent(project, cast.rita)
