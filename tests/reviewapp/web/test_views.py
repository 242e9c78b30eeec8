"""Saved views and columns of the lists of documents, and the file of what they show."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reviewapp.domain import saved_views
from reviewapp.models import Project, User, Workspace
from tests.cast import Cast, code, fresh, trained, write_documents

Browser = Callable[[User], Client]


def head(page: str) -> list[str]:
    """The names of the table's columns."""
    row = page.split("<thead>")[1].split("</thead>", maxsplit=1)[0]
    return [cell.split("</")[0].rsplit(">", 1)[-1] for cell in row.split("<th ")[1:]]


def file(client: Client, name: str, pk: int, query: str) -> list[dict[str, str]]:
    answer = client.get(f"{reverse(name, args=[pk])}?{query}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode())))


def test_the_address_says_which_columns_are_shown(project: Project, cast: Cast, browser: Browser) -> None:
    client, address = browser(cast.vic), reverse("project-documents", args=[project.pk])
    ordinary = client.get(address).content.decode()
    assert head(ordinary) == ["Document", "Rank", "Decision", "By", "Served because", "When"]
    assert 'value="metadata.custodian"' in ordinary
    chosen = client.get(f"{address}?column=tags&column=metadata.custodian&column=lost").content.decode()
    assert head(chosen) == ["Document", "Tags", "custodian"]
    assert "desk 3</td>" in chosen


def test_orders_of_a_column_take_turns(project: Project, cast: Cast, browser: Browser) -> None:
    code(project, cast.rita, 3)
    client, address = browser(cast.vic), reverse("project-documents", args=[project.pk])
    page = client.get(f"{address}?order=latest").content.decode()
    assert 'aria-sort="descending"><a class="sort" href="?order=earliest">When' in page
    decided = project.items.exclude(decision=None).order_by("current_id").values_list("document__control_number")
    times = [number for (number,) in decided]
    assert page.index(times[2]) < page.index(times[1]) < page.index(times[0]) < page.index("Not reviewed</span>")


def test_a_saved_view_is_a_link_and_opens_the_list_if_it_is_the_default(
    project: Project, cast: Cast, browser: Browser
) -> None:
    client, address = browser(cast.rita), reverse("project-documents", args=[project.pk])
    given = {"name": "Coded", "query": "state=positive&column=rank", "is_default": "on"}
    saved = client.post(reverse("project-views", args=[project.pk]), given)
    assert saved.headers["Location"] == f"{address}?state=positive&column=rank"
    opened = client.get(address)
    assert parse_qs(urlsplit(opened.headers["Location"]).query) == {"state": ["positive"], "column": ["rank"]}
    shown = client.get(opened.headers["Location"]).content.decode()
    assert 'href="?state=positive&amp;column=rank" aria-current="true">Coded' in shown
    assert client.get(f"{address}?all").status_code == 200
    assert browser(cast.rolf).get(address).status_code == 200
    assert browser(cast.rolf).get(opened.headers["Location"]).status_code == 200


def test_a_view_is_deleted_by_its_owner_alone(project: Project, cast: Cast, browser: Browser) -> None:
    view = saved_views.save(cast.rita, project, "Coded", "state=positive")
    address = reverse("view-delete", args=[view.pk])
    for other in (cast.rolf, cast.alice, cast.olga):
        assert browser(other).post(address).status_code == 404
    answer = browser(cast.rita).post(address)
    assert answer.headers["Location"] == f"{reverse('project-documents', args=[project.pk])}?state=positive"
    assert not saved_views.of(cast.rita, project).exists()


def test_the_file_has_the_columns_and_rows_that_are_shown(project: Project, cast: Cast, browser: Browser) -> None:
    now = trained(project, cast.rita)
    query = "state=positive&order=-control_number&column=rank&column=decided&column=metadata.custodian&page=2"
    rows = file(browser(cast.vic), "project-documents-table", project.pk, query)
    assert list(rows[0]) == ["control_number", "title", "rank", "decided", "metadata.custodian"]
    numbers = [row["control_number"] for row in rows]
    assert (len(rows), numbers) == (now.positives, sorted(numbers, reverse=True))
    assert all(datetime.fromisoformat(row["decided"]).tzinfo == UTC for row in rows)
    assert all(0 <= float(row["rank"]) <= 100 for row in rows)


def test_a_cell_of_the_file_acts_as_no_formula(project: Project, cast: Cast, browser: Browser) -> None:
    project.workspace.documents.filter(control_number="HAL-000000").update(title="=1+1", metadata={"a": "@cmd"})
    row = file(browser(cast.vic), "project-documents-table", project.pk, "words=HAL-000000&column=metadata.a")[0]
    assert (row["title"], row["metadata.a"]) == ("'=1+1", "'@cmd")


def test_the_workspaces_list_has_views_and_columns_too(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    write_documents(workspace, 8)
    client, address = browser(cast.mona), reverse("workspace-documents", args=[workspace.pk])
    client.post(
        reverse("workspace-views", args=[workspace.pk]),
        {"name": "Box a", "query": "tag=box+a&column=metadata.custodian", "is_default": "on"},
    )
    page = client.get(client.get(address).headers["Location"]).content.decode()
    assert head(page)[1:] == ["Control number", "custodian"]
    rows = file(client, "workspace-documents-table", workspace.pk, "tag=box+a&column=metadata.custodian")
    assert [row["control_number"] for row in rows] == [f"HAL-{number:06d}" for number in (1, 3, 5, 7)]
    back = client.post(
        reverse("documents-tag", args=[workspace.pk]),
        {"everything": "on", "tag": "box a", "column": "metadata.custodian", "tags": "hot", "change": "add"},
    )
    assert back.headers["Location"] == f"{address}?tag=box+a&column=metadata.custodian"


ODD = ("column=metadata.", "column=%00", "column=metadata.%00", "order=x", "a=a&" * 200)


@pytest.mark.parametrize("query", ODD)
def test_odd_addresses_do_no_harm(project: Project, cast: Cast, browser: Browser, query: str) -> None:
    for name in ("project-documents", "project-documents-table"):
        assert browser(cast.vic).get(f"{reverse(name, args=[project.pk])}?{query}").status_code == 200


def test_a_file_costs_the_same_for_few_and_for_many_rows(
    project: Project, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    trained(project, cast.rita)
    client = browser(cast.vic)
    with django_assert_max_num_queries(10):
        assert len(file(client, "project-documents-table", project.pk, "column=note&column=checker")) == 60
    assert fresh(project).documents == 60
