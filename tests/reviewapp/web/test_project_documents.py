"""The documents of a project: found, and each with its text, its rank and its whole history."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reviewapp.domain import coding, leases, projects, queue, verdicts
from reviewapp.domain.coding import Answer
from reviewapp.models import Completion, Decision, Project, ProjectDocument, User, Verdict
from tests.cast import Cast, code, fresh, trained

Browser = Callable[[User], Client]


def listed(client: Client, project: Project, **filters: str) -> list[str]:
    """The control numbers that the list shows."""
    page = client.get(reverse("project-documents", args=[project.pk]), filters).content.decode()
    return re.findall(r'class="mono" href="[^"]+">([^<]+)</a>', page)


def path(name: str, item: ProjectDocument) -> str:
    return reverse(name, args=[item.project_id, item.document_id])


@pytest.fixture
def coded(project: Project, cast: Cast) -> ProjectDocument:
    """A document that Rita coded relevant."""
    code(project, cast.rita, 1, says=lambda item: True)
    return project.items.select_related("document", "current").get(decision=Decision.POSITIVE)


def test_the_list_shows_a_page_of_documents_with_a_link_each(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.vic)
    assert listed(client, project) == [f"HAL-{n:06d}" for n in range(50)]
    assert listed(client, project, page="2") == [f"HAL-{n:06d}" for n in range(50, 60)]


def test_filters_of_the_page_narrow_the_list(project: Project, cast: Cast, browser: Browser) -> None:
    trained(project, cast.rita)
    client = browser(cast.vic)
    relevant = listed(client, project, state="positive", reviewer=str(cast.rita.pk))
    assert len(relevant) == fresh(project).positives
    assert listed(client, project, words="HAL-000007") == ["HAL-000007"]
    assert set(listed(client, project, tag="box b", state="positive")) <= set(relevant)
    assert listed(client, project, reason="random_control") == []
    assert 0 < len(listed(client, project, lowest="50")) < 50


def test_documents_come_highest_rank_first_once_there_are_ranks(project: Project, cast: Cast, browser: Browser) -> None:
    trained(project, cast.rita)
    page = browser(cast.vic).get(reverse("project-documents", args=[project.pk])).content.decode()
    ranks = [float(rank) for rank in re.findall(r'<td class="num">([0-9.]+)</td>', page)]
    assert len(ranks) == 50
    assert ranks == sorted(ranks, reverse=True)


def test_what_cannot_be_read_in_a_filter_is_said(project: Project, cast: Cast, browser: Browser) -> None:
    answer = browser(cast.vic).get(reverse("project-documents", args=[project.pk]), {"lowest": "abc", "state": "lost"})
    said = answer.content.decode()
    assert answer.status_code == 200
    assert "Rank from: Enter a number." in said


def test_an_empty_result_says_how_to_go_on(project: Project, cast: Cast, browser: Browser) -> None:
    said = (
        browser(cast.vic).get(reverse("project-documents", args=[project.pk]), {"words": "xylophone"}).content.decode()
    )
    assert "No document matches" in said
    assert "Show all documents" in said


def test_the_list_costs_the_same_for_one_row_and_for_fifty(
    project: Project, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    trained(project, cast.rita)
    client = browser(cast.vic)
    with django_assert_max_num_queries(13):
        assert len(listed(client, project)) == 50


def test_a_document_shows_its_whole_history(coded: ProjectDocument, cast: Cast, browser: Browser) -> None:
    coding.recode(fresh(coded.project), coded, cast.mona, Answer(choice="Not relevant", note="Not our matter"), 1)
    said = browser(cast.vic).get(path("document", coded)).content.decode()
    assert coded.document.text in said
    assert said.index("<strong>mona</strong> coded <strong>Not relevant</strong>") < said.index(
        "<strong>rita</strong> coded <strong>Relevant</strong>"
    )
    assert "Not our matter" in said
    assert "Index health" in said
    assert "Save decision" not in said


def test_a_document_of_another_project_is_not_found_here(coded: ProjectDocument, cast: Cast, browser: Browser) -> None:
    other = projects.create(coded.project.workspace, cast.mona, name="None", document_tags=["none such"])
    assert browser(cast.mona).get(reverse("document", args=[other.pk, coded.document_id])).status_code == 404
    assert browser(cast.stan).get(path("document", coded)).status_code == 404


def test_a_reviewer_changes_their_own_decision(coded: ProjectDocument, cast: Cast, browser: Browser) -> None:
    told = {"choice": "Not relevant", "revision": coded.revision}
    answer = browser(cast.rita).post(path("document-recode", coded), told)
    assert answer.headers["Location"] == path("document", coded)
    coded.refresh_from_db()
    assert coded.decision == Decision.NEGATIVE


def test_a_decision_that_moved_on_is_not_overwritten(coded: ProjectDocument, cast: Cast, browser: Browser) -> None:
    coding.recode(fresh(coded.project), coded, cast.mona, Answer(choice="Not relevant"), coded.revision)
    told = {"choice": "Relevant", "revision": coded.revision}
    answer = browser(cast.rita).post(path("document-recode", coded), told)
    assert answer.status_code == 409
    assert "It is now: Not relevant" in answer.content.decode()


def test_only_a_manager_changes_somebody_elses_decision(coded: ProjectDocument, cast: Cast, browser: Browser) -> None:
    told = {"choice": "Not relevant", "revision": coded.revision}
    assert "Save decision" not in browser(cast.rolf).get(path("document", coded)).content.decode()
    assert browser(cast.rolf).post(path("document-recode", coded), told).status_code == 403
    assert browser(cast.vic).post(path("document-recode", coded), told).status_code == 403
    assert "Save decision" in browser(cast.mona).get(path("document", coded)).content.decode()
    assert browser(cast.mona).post(path("document-recode", coded), told).status_code == 302


def test_a_form_that_we_did_not_send_is_refused(coded: ProjectDocument, cast: Cast, browser: Browser) -> None:
    assert browser(cast.rita).post(path("document-recode", coded), {"choice": "Relevant"}).status_code == 422
    assert browser(cast.mona).post(path("document-verdict", coded), {"verdict": "accept"}).status_code == 422


def test_opening_a_document_puts_it_on_the_review_page(coded: ProjectDocument, cast: Cast, browser: Browser) -> None:
    client = browser(cast.rolf)
    answer = client.post(path("document-open", coded))
    assert answer.headers["Location"] == reverse("review", args=[coded.project_id])
    held = leases.held(coded.project, cast.rolf)
    assert held == coded
    assert coded.document.control_number in client.get(answer.headers["Location"]).content.decode()


def test_a_document_in_another_persons_hands_is_not_opened(project: Project, cast: Cast, browser: Browser) -> None:
    held = queue.next_document(project, cast.rita)
    assert held
    assert browser(cast.rolf).post(path("document-open", held)).status_code == 409
    assert "rita has this document checked out now" in browser(cast.rolf).get(path("document", held)).content.decode()


def test_a_checker_accepts_and_rejects_and_the_history_says_so(
    coded: ProjectDocument, cast: Cast, browser: Browser
) -> None:
    """J-18, J-19"""
    verdicts.assign(coded.project, [coded.document_id], cast.rolf, cast.mona)
    told = {"completion": coded.current_id, "verdict": "reject", "comment": "Read the second mail"}
    client = browser(cast.rolf)

    assert client.post(path("document-verdict", coded), told).status_code == 302

    verdict = Verdict.objects.get()
    assert (verdict.checker, verdict.accepted, verdict.comment) == (cast.rolf, False, "Read the second mail")
    said = client.get(path("document", coded)).content.decode()
    assert "Rejected" in said
    assert "Read the second mail" in said


def test_who_is_not_the_checker_gives_no_verdict(coded: ProjectDocument, cast: Cast, browser: Browser) -> None:
    told = {"completion": coded.current_id, "verdict": "accept"}
    assert browser(cast.rolf).post(path("document-verdict", coded), told).status_code == 403
    assert not Verdict.objects.exists()


def test_a_verdict_on_another_documents_answer_is_not_found(
    project: Project, coded: ProjectDocument, cast: Cast, browser: Browser
) -> None:
    code(project, cast.rita, 1)
    other = Completion.objects.exclude(item=coded).get()
    told = {"completion": other.pk, "verdict": "accept"}
    assert browser(cast.mona).post(path("document-verdict", coded), told).status_code == 404


def test_a_manager_assigns_a_checker_and_takes_them_off(coded: ProjectDocument, cast: Cast, browser: Browser) -> None:
    client = browser(cast.mona)
    client.post(path("document-checker", coded), {"checker": "rolf"})
    coded.refresh_from_db()
    assert coded.checker == cast.rolf
    client.post(path("document-checker", coded), {"checker": ""})
    coded.refresh_from_db()
    assert coded.checker is None
    assert client.post(path("document-checker", coded), {"checker": "vic"}).status_code == 422
    assert browser(cast.rita).post(path("document-checker", coded), {"checker": "rolf"}).status_code == 403
