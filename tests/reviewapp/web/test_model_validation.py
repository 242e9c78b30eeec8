"""The validation page: figures at any threshold, with what they rest on, beside those of earlier versions."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from models_lib.validation import ASSUMPTIONS, CODED, CONTROL
from reviewapp.models import Project, User
from tests.cast import Cast, pinned, retrained
from tests.models_lib.test_validation import validated

__all__ = ["validated"]

Browser = Callable[[User], Client]


def page(client: Client, project: Project, **query: str | float) -> str:
    return client.get(reverse("model-validation", args=[project.pk]), _said(query)).content.decode()


def part(client: Client, project: Project, **query: str | float) -> str:
    address = reverse("model-validation", args=[project.pk])
    return client.get(address, _said(query), headers={"HX-Request": "true"}).content.decode()


def _said(query: dict[str, str | float]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items()}


def test_the_page_shows_figures_intervals_and_what_they_rest_on(
    validated: Project, cast: Cast, browser: Browser
) -> None:
    """U-21, B-05: each figure with its interval and number; greyed under 20 positives; the split is said."""
    said = page(browser(cast.vic), validated)
    for word in ("Precision", "Recall", "F1", "Average precision", "Clopper–Pearson", "n "):
        assert word in said
    assert 'class="weak"' in said
    assert "fitted without the held-out documents" in said
    assert "The numbers as a table" in said
    assert 'type="range"' in said


def test_the_slider_moves_the_figures(validated: Project, cast: Cast, browser: Browser) -> None:
    """2.3.5: precision and recall at every threshold, without a reload."""
    client = browser(cast.vic)
    low, high = (part(client, validated, threshold=threshold) for threshold in (0.05, 0.95))
    assert "<html" not in low
    assert "from rank 5:" in low
    assert "from rank 95:" in high
    assert low != high


def test_the_basis_says_its_assumption(validated: Project, cast: Cast, browser: Browser) -> None:
    """B-05: honest weighting of a sample that is not random, with the assumption on screen."""
    client = browser(cast.vic)
    assert ASSUMPTIONS[CODED] in part(client, validated, basis=CODED)
    assert ASSUMPTIONS[CONTROL] in part(client, validated, basis=CONTROL)


def test_the_picker_lists_the_pinned_versions(validated: Project, cast: Cast, browser: Browser) -> None:
    """U-09, U-10: the latest and all pinned ones, with a chart and a table over time."""
    client = browser(cast.vic)
    retrained(validated, cast.rita, 3)
    for number in (1, 2):
        pinned(validated, cast.mona, number)
    said = page(client, validated)
    assert [f'<option value="{number}"' in said for number in (1, 2, 3, 4)] == [True, True, False, True]
    assert "Pinned versions over time" in said
    assert "v1, called relevant" in part(client, validated, version=1)
    assert "v4, called relevant" in part(client, validated, version=3)


def test_nonsense_in_the_address_is_as_if_nothing_had_been_asked(
    validated: Project, cast: Cast, browser: Browser
) -> None:
    client = browser(cast.vic)
    for query in (
        {"threshold": "high"},
        {"threshold": "7"},
        {"basis": "stars"},
        {"version": "x"},
        {"threshold": "nan"},
    ):
        assert "from rank 50:" in part(client, validated, **query)


def test_the_rating_shows_its_formula_and_what_to_do(validated: Project, cast: Cast, browser: Browser) -> None:
    """U-22, 2.3.6: four factors, the formula, the grade, next best actions."""
    said = page(browser(cast.vic), validated)
    for word in ("Model rating", "The formula", "Coverage", "Balance", "Underperforming labels", "Next best actions"):
        assert word in said
    assert "Raise the random control" in said


def test_the_checklist_for_stopping_promises_nothing(validated: Project, cast: Cast, browser: Browser) -> None:
    """U-23: guidance on when to stop, with what it does not prove."""
    said = page(browser(cast.vic), validated)
    assert "When to stop training" in said
    assert "None of them proves" in said


def test_without_a_model_the_page_says_what_comes(project: Project, cast: Cast, browser: Browser) -> None:
    assert "No model yet" in page(browser(cast.vic), project)


def test_the_page_asks_the_database_a_fixed_number_of_times(
    validated: Project, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser(cast.vic)
    retrained(validated, cast.rita, 3)
    for number in (1, 2, 3):
        pinned(validated, cast.mona, number)
    page(client, validated)
    with django_assert_max_num_queries(20):
        page(client, validated)
