"""The guided tour visits only what the person may see."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from reviewapp.models import Project, User
from reviewapp.web.tour import STOPS
from tests.cast import Cast

Browser = Callable[[User], Client]


def stop(client: Client, number: str) -> str:
    return client.get(reverse("tour"), {"stop": number}).content.decode()


def test_every_stop_says_where_it_is_and_where_the_next_one_is(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    assert f"1 of {len(STOPS)}" in stop(client, "1")
    second = stop(client, "2")
    assert f'data-address="{reverse("project", args=[project.pk])}"' in second
    assert 'data-stop="1"' in second
    assert 'data-stop="3"' in second
    assert "Done" in stop(client, str(len(STOPS)))


def test_who_may_not_review_is_not_led_to_the_review_page(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.vic)
    pages = [stop(client, str(number)) for number in range(1, len(STOPS) + 1)]
    assert not any(reverse("review", args=[project.pk]) in page for page in pages)
    assert f"of {len(STOPS) - 2}<" in pages[0]


def test_a_stranger_sees_only_what_belongs_to_no_project(project: Project, cast: Cast, browser: Browser) -> None:
    assert "1 of 2" in stop(browser(cast.stan), "1")


def test_a_stop_that_is_none_is_the_nearest_one(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.rita)
    assert "1 of" in stop(client, "x")
    assert f"{len(STOPS)} of {len(STOPS)}" in stop(client, "99")
