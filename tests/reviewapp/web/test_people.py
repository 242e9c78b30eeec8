"""The people page: who is here with which role, and who may change that."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reviewapp.domain import people
from reviewapp.models import User, Workspace
from tests.cast import PASSWORD, Cast

Browser = Callable[[User], Client]


def roles(workspace: Workspace) -> dict[str, str]:
    return {member.user.username: member.role for member in people.members(workspace)}


def test_an_admin_adds_a_person_by_user_name(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    address = reverse("workspace-people", args=[workspace.pk])
    answer = browser(cast.alice).post(address, {"username": "stan", "role": "manager"}, follow=True)
    assert roles(workspace)["stan"] == "manager"
    assert "stan is now manager of this workspace." in answer.content.decode()


def test_an_unknown_user_name_is_told_beside_the_field(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    address = reverse("workspace-people", args=[workspace.pk])
    answer = browser(cast.alice).post(address, {"username": "nobody", "role": "viewer"})
    assert answer.status_code == 422
    assert 'id="id_username_error"' in answer.content.decode()


def test_an_admin_changes_and_takes_a_role(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    client = browser(cast.alice)
    client.post(reverse("person-change", args=[workspace.pk, cast.vic.pk]), {"role": "reviewer"})
    assert roles(workspace)["vic"] == "reviewer"
    client.post(reverse("person-remove", args=[workspace.pk, cast.vic.pk]))
    assert "vic" not in roles(workspace)


def test_an_admin_picks_rights_one_by_one(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    address = reverse("person-rights", args=[workspace.pk, cast.vic.pk])
    page = browser(cast.alice).get(address).content.decode()
    assert page.count("checked") == 3
    browser(cast.alice).post(address, {"rights": ["pin", "review"]})
    assert roles(workspace)["vic"] == "custom"
    listed = browser(cast.alice).get(reverse("workspace-people", args=[workspace.pk])).content.decode()
    assert "Custom" in listed


def test_the_last_admin_stays(cast: Cast, workspace: Workspace, browser: Browser) -> None:
    client = browser(cast.alice)
    change = client.post(reverse("person-change", args=[workspace.pk, cast.alice.pk]), {"role": "viewer"})
    remove = client.post(reverse("person-remove", args=[workspace.pk, cast.alice.pk]))
    assert (change.status_code, remove.status_code) == (409, 409)
    assert "keeps at least one admin" in remove.content.decode()
    assert roles(workspace)["alice"] == "admin"


def test_an_admin_who_leaves_is_led_to_their_other_workspaces(
    cast: Cast, workspace: Workspace, browser: Browser
) -> None:
    people.grant(workspace, cast.mona, "admin", None)
    answer = browser(cast.alice).post(reverse("person-remove", args=[workspace.pk, cast.alice.pk]))
    assert answer.headers["Location"] == reverse("workspaces")


@pytest.mark.parametrize("name", ["mona", "rita", "vic"])
def test_others_see_the_people_and_cannot_change_them(
    name: str, cast: Cast, workspace: Workspace, browser: Browser
) -> None:
    client = browser(getattr(cast, name))
    page = client.get(reverse("workspace-people", args=[workspace.pk])).content.decode()
    assert "alice" in page
    assert "Add a person" not in page
    assert "person-remove" not in page
    before = roles(workspace)
    for address, given in (
        (reverse("workspace-people", args=[workspace.pk]), {"username": "stan", "role": "admin"}),
        (reverse("person-change", args=[workspace.pk, cast.vic.pk]), {"role": "admin"}),
        (reverse("person-remove", args=[workspace.pk, cast.rita.pk]), {}),
    ):
        assert client.post(address, given).status_code == 403
    assert roles(workspace) == before


def test_people_of_other_workspaces_cannot_be_named_by_number(
    cast: Cast, workspace: Workspace, browser: Browser
) -> None:
    client = browser(cast.alice)
    for name in ("person-change", "person-remove"):
        answer = client.post(reverse(name, args=[workspace.pk, cast.stan.pk]), {"role": "viewer"})
        assert answer.status_code == 404
    assert "stan" not in roles(workspace)


def test_the_page_costs_the_same_for_few_and_for_many_people(
    cast: Cast, workspace: Workspace, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        person = User.objects.create(username=f"person{number:02}", password=PASSWORD)
        people.grant(workspace, person, "reviewer", None)
    client = browser(cast.alice)
    with django_assert_max_num_queries(6):
        page = client.get(reverse("workspace-people", args=[workspace.pk])).content.decode()
    assert "of 65 people" in page
