"""The documents of a workspace: found, read, tagged and deleted."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest, QueryDict
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reviewapp.models import Document, Project, User, Workspace
from reviewapp.web.pages import window_of
from tests.cast import Cast, code, write_documents

Browser = Callable[[User], Client]


@pytest.fixture
def halden(workspace: Workspace) -> Workspace:
    """Halden with 8 documents; HAL-000000 and HAL-000004 speak of valves, odd numbers carry the tag box a."""
    write_documents(workspace, 8)
    return workspace


def listed(client: Client, workspace: Workspace, **query: str) -> list[str]:
    said = client.get(reverse("workspace-documents", args=[workspace.pk]), query).content.decode()
    return [number for number in (f"HAL-{place:06d}" for place in range(200)) if f">{number}</a>" in said]


def keys(workspace: Workspace, *numbers: int) -> list[int]:
    return [workspace.documents.get(control_number=f"HAL-{number:06d}").pk for number in numbers]


def asked(query: str) -> HttpRequest:
    request = HttpRequest()
    request.GET = QueryDict(query)
    return request


def test_documents_are_found_by_words_tag_and_control_number(cast: Cast, halden: Workspace, browser: Browser) -> None:
    client = browser(cast.vic)
    assert listed(client, halden, q="faulty valve") == ["HAL-000000", "HAL-000004"]
    assert listed(client, halden, q="valve -commission") == []
    assert listed(client, halden, q="HAL-000003") == ["HAL-000003"]
    assert listed(client, halden, q="valve", tag="box a") == []
    assert len(listed(client, halden, tag="box a")) == 4


def test_odd_searches_do_no_harm(cast: Cast, halden: Workspace, browser: Browser) -> None:
    client = browser(cast.vic)
    address = reverse("workspace-documents", args=[halden.pk])
    for query in ("'\"&|!():*", "\x00", "x" * 501, "\ud800", "%"):
        assert client.get(address, {"q": query.encode("utf-8", "surrogatepass")}).status_code == 200
    for place in ("-1", "x", "9" * 40, "٣"):
        assert client.get(address, {"after": place}).status_code == 200


def test_a_stranger_finds_neither_list_nor_document(cast: Cast, halden: Workspace, browser: Browser) -> None:
    client, (pk,) = browser(cast.stan), keys(halden, 1)
    assert client.get(reverse("workspace-documents", args=[halden.pk])).status_code == 404
    assert client.get(reverse("workspace-document", args=[halden.pk, pk])).status_code == 404


def test_a_document_is_not_shown_under_another_workspace(cast: Cast, halden: Workspace, browser: Browser) -> None:
    elsewhere, (pk,) = Workspace.objects.get(name="Elsewhere"), keys(halden, 1)
    assert browser(cast.olga).get(reverse("workspace-document", args=[elsewhere.pk, pk])).status_code == 404


def test_a_document_shows_its_history_and_its_text_as_text(cast: Cast, project: Project, browser: Browser) -> None:
    code(project, cast.rita, 1)
    item = project.items.exclude(decision=None).get()
    Document.objects.filter(pk=item.document_id).update(text="<script>alert(1)</script>")
    client = browser(cast.vic)
    said = client.get(reverse("workspace-document", args=[project.workspace_id, item.document_id])).content.decode()
    assert "<script>alert" not in said
    assert "&lt;script&gt;alert(1)" in said
    assert "Valves" in said
    assert "rita" in said


def test_a_very_long_text_is_cut_until_asked_for(cast: Cast, halden: Workspace, browser: Browser) -> None:
    (pk,) = keys(halden, 1)
    Document.objects.filter(pk=pk).update(text="a" * 300_000 + "THE END")
    client, address = browser(cast.vic), reverse("workspace-document", args=[halden.pk, pk])
    assert "THE END" not in client.get(address).content.decode()
    assert "THE END" in client.get(address, {"whole": ""}).content.decode()


def test_a_manager_tags_the_ticked_documents(cast: Cast, halden: Workspace, browser: Browser) -> None:
    client, chosen = browser(cast.mona), keys(halden, 1, 2)
    address = reverse("documents-tag", args=[halden.pk])
    client.post(address, {"document": chosen, "tags": "hot, privileged", "change": "add"})
    assert [set(halden.documents.get(pk=pk).tags) for pk in chosen] == [
        {"box a", "hot", "privileged"},
        {"box b", "hot", "privileged"},
    ]
    client.post(address, {"document": chosen[:1], "tags": "hot", "change": "remove"})
    assert "hot" not in halden.documents.get(pk=chosen[0]).tags


def test_everything_that_a_search_found_can_be_tagged_at_once(cast: Cast, halden: Workspace, browser: Browser) -> None:
    address = reverse("documents-tag", args=[halden.pk])
    answer = browser(cast.mona).post(address, {"everything": "on", "q": "valve", "tags": "hot", "change": "add"})
    assert answer.headers["Location"] == f"{reverse('workspace-documents', args=[halden.pk])}?q=valve"
    tagged = halden.documents.filter(tags__contains=["hot"]).values_list("control_number", flat=True)
    assert set(tagged) == {"HAL-000000", "HAL-000004"}


def test_a_deletion_first_names_what_will_be_lost(cast: Cast, project: Project, browser: Browser) -> None:
    code(project, cast.rita, 1)
    item = project.items.exclude(decision=None).get()
    client, address = browser(cast.mona), reverse("documents-delete", args=[project.workspace_id])
    said = client.post(address, {"document": [item.document_id]}).content.decode()
    assert "Delete 1 document?" in said
    assert item.document.control_number in said
    assert "Valves: 1 document, 1 of them coded" in said
    assert project.workspace.documents.filter(deleted_at=None).count() == 60
    client.post(address, {"document": [item.document_id], "confirmed": "yes", "count": "1"})
    assert project.workspace.documents.filter(deleted_at=None).count() == 59
    assert client.get(reverse("workspace-document", args=[project.workspace_id, item.document_id])).status_code == 404


def test_a_confirmation_does_not_cover_documents_that_came_later(
    cast: Cast, halden: Workspace, browser: Browser
) -> None:
    address = reverse("documents-delete", args=[halden.pk])
    given = {"everything": "on", "confirmed": "yes", "count": "8"}
    write_documents(halden, 1)
    assert browser(cast.mona).post(address, given).status_code == 409
    assert halden.documents.filter(deleted_at=None).count() == 9


def test_nothing_selected_is_said_and_nothing_happens(cast: Cast, halden: Workspace, browser: Browser) -> None:
    client = browser(cast.mona)
    for name in ("documents-tag", "documents-delete"):
        answer = client.post(reverse(name, args=[halden.pk]), {"document": ["x", "9" * 30], "tags": "hot"})
        assert answer.status_code == 422
        assert "No documents are selected." in answer.content.decode()


def test_documents_of_another_workspace_are_not_touched(cast: Cast, halden: Workspace, browser: Browser) -> None:
    elsewhere = Workspace.objects.get(name="Elsewhere")
    write_documents(elsewhere, 1)
    theirs = elsewhere.documents.get()
    given = {"document": [theirs.pk], "confirmed": "yes", "count": "0", "tags": "hot", "change": "add"}
    client = browser(cast.mona)
    client.post(reverse("documents-tag", args=[halden.pk]), given)
    client.post(reverse("documents-delete", args=[halden.pk]), given)
    theirs.refresh_from_db()
    assert (theirs.deleted_at, theirs.tags) == (None, ["box b"])


def test_reviewers_neither_see_nor_have_what_changes_documents(cast: Cast, halden: Workspace, browser: Browser) -> None:
    client, chosen = browser(cast.rita), keys(halden, 1)
    said = client.get(reverse("workspace-documents", args=[halden.pk])).content.decode()
    assert 'name="document"' not in said
    assert "Import documents" not in said
    for name in ("documents-tag", "documents-delete"):
        assert client.post(reverse(name, args=[halden.pk]), {"document": chosen, "tags": "hot"}).status_code == 403


def test_windows_walk_the_whole_list_forth_and_back(halden: Workspace) -> None:
    rows = halden.documents.all()
    first = window_of(asked(""), rows, 3)
    second = window_of(asked(f"after={first.after}"), rows, 3)
    third = window_of(asked(f"after={second.after}"), rows, 3)
    assert [len(window.rows) for window in (first, second, third)] == [3, 3, 2]
    assert (first.before, third.after) == (None, None)
    back = window_of(asked(f"before={third.before}"), rows, 3)
    assert back == second
    assert window_of(asked(f"before={second.before}"), rows, 3) == first


def test_the_list_costs_the_same_for_few_and_for_many_documents(
    cast: Cast, halden: Workspace, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    write_documents(halden, 120)
    client = browser(cast.mona)
    with django_assert_max_num_queries(9):
        assert len(listed(client, halden)) == 50
