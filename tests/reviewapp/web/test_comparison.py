"""The pages that compare, roll back and watch for drift, and the glossary."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from models_lib import comparison, shadows
from reviewapp.models import Project, User
from reviewapp.web.glossary import ABSENT, TERMS
from tests.cast import Cast, fresh, perform_jobs
from tests.models_lib.test_comparison import two
from tests.models_lib.test_validation import validated
from tests.training.test_drifting import STRANGE, arrive
from training.drifting import RULE

__all__ = ["two", "validated"]

Browser = Callable[[User], Client]
CONCEPTS = """balance, clusters, concept drift, coverage, dataset, general fields, label, prediction, confidence,
hierarchy, model, stream, model rating, project, precision, recall, reviewed, unreviewed, source, taxonomy, training,
true positive, false positive, true negative, false negative, validation, message"""


def page(client: Client, name: str, project: Project, *numbers: int, **query: str) -> str:
    answer = client.get(reverse(name, args=[project.pk, *numbers]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_compares_live_with_staging_at_first(two: Project, cast: Cast, browser: Browser) -> None:
    """U-10, U-13: figures, paired intervals with their name, a chart with its table, and who would move."""
    shadows.promote(two, "live", 1, None, cast.mona)
    shadows.promote(two, "staging", 2, None, cast.mona)
    perform_jobs()
    said = page(browser(cast.vic), "model-compare", two)
    assert "v2 beside v1" in said
    assert "documents held out of both" in said
    assert "Newcombe" in comparison.METHOD
    assert comparison.METHOD in said
    assert 'id="chart-differences"' in said
    assert "The numbers as a table" in said
    assert said.count("Rank by v1") == 1 + said.count("Would come above the threshold</caption>") + said.count(
        "Would fall below the threshold</caption>"
    )
    models = page(browser(cast.vic), "project-models", two)
    assert "If v2 became Live instead of v1" in models


def test_the_dialog_of_tags_leads_to_the_comparison(two: Project, cast: Cast, browser: Browser) -> None:
    """U-12: before a tag is moved one can look at what would change."""
    shadows.promote(two, "live", 1, None, cast.mona)
    said = page(browser(cast.mona), "project-models", two)
    assert f"{reverse('model-compare', args=[two.pk])}?earlier=1&amp;later=2" in said


def test_what_is_not_scored_can_be_scored_from_the_page(two: Project, cast: Cast, browser: Browser) -> None:
    arrive(two, 5, STRANGE)
    client = browser(cast.mona)
    assert "not scored the collection" in page(client, "model-compare", two, earlier="1", later="2")
    assert "Score it with" not in page(browser(cast.vic), "model-compare", two, earlier="1", later="2")
    for number in (1, 2):
        if shadows.missing(fresh(two), fresh(two).versions.get(number=number)):
            answer = client.post(reverse("version-score", args=[two.pk, number]), {"earlier": 1, "later": 2})
            assert answer.headers["Location"].endswith("?earlier=1&later=2")
    assert "Progress" in page(client, "model-compare", two, earlier="1", later="2")
    perform_jobs()
    assert "Moved most" in page(client, "model-compare", two, earlier="1", later="2")


def test_the_comparison_costs_the_same_queries_at_any_size(
    two: Project, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser(cast.vic)
    with django_assert_max_num_queries(20):
        page(client, "model-compare", two, earlier="1", later="2")


def test_nonsense_is_told_beside_the_form(two: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.vic)
    assert "Choose two versions" in page(client, "model-compare", two, earlier="2", later="2")
    assert "model-compare" not in page(client, "model-compare", two, threshold="high")
    missing = client.get(reverse("model-compare", args=[two.pk]), {"earlier": "7", "later": "2"})
    assert missing.status_code == 404


def test_a_rollback_shows_what_changes_and_takes_the_typed_name(two: Project, cast: Cast, browser: Browser) -> None:
    """U-27: the page says what stays and what goes, and that nothing is lost."""
    mona = browser(cast.mona)
    address = reverse("version-rollback", args=[two.pk, 1])
    assert address in page(mona, "project-models", two)
    said = page(mona, "version-rollback", two, 1)
    assert "40 coded documents would be open again" in said
    assert "v2 is pinned first" in said
    assert mona.post(address, {"confirmation": "no"}).status_code == 422
    assert mona.post(address, {"confirmation": "v1"}).status_code == 302
    assert "is being rolled back to v1" in page(mona, "project-models", two)
    review = browser(cast.rita).get(reverse("review", args=[two.pk])).content.decode()
    assert "rolled back" in review
    perform_jobs()
    after = page(mona, "project-models", two)
    assert "stands on the decisions behind v1" in after
    assert browser(cast.rita).get(address).status_code == 403


def test_the_drift_page_says_its_rule(two: Project, cast: Cast, browser: Browser) -> None:
    """U-26: over time, with the rule on the page, a chart and its table."""
    client = browser(cast.vic)
    assert "No look yet" in page(client, "model-drift", two)
    arrive(two, 30, STRANGE)
    said = page(client, "model-drift", two)
    assert RULE in said
    assert 'id="chart-drift"' in said
    assert ">Drift</span>" in said


@pytest.mark.parametrize("concept", [one.strip() for one in CONCEPTS.split(",")])
def test_every_concept_has_its_entry_or_its_reason(concept: str) -> None:
    """U-14, U-28: each has a place in the product, or is said to be absent, with the reason."""
    entries = {term.name.lower(): term for term in (*TERMS, *ABSENT)}
    assert entries[concept].meaning
    assert entries[concept].place


def test_the_glossary_is_linked_from_the_top_and_from_first_uses(two: Project, cast: Cast, browser: Browser) -> None:
    """U-14: every link to a term leads to one that is there."""
    client = browser(cast.mona)
    said = client.get(reverse("glossary")).content.decode()
    assert [term.name for term in TERMS] == sorted((term.name for term in TERMS), key=str.lower)
    linked = set()
    for name, numbers in (
        ("project-models", ()),
        ("model-validation", ()),
        ("model-compare", ()),
        ("model-drift", ()),
        ("version-rollback", (1,)),
    ):
        found = re.findall(rf'href="{reverse("glossary")}#([\w-]+)"', page(client, name, two, *numbers))
        assert found, name
        linked |= set(found)
    assert {anchor for anchor in linked if f'id="{anchor}"' not in said} == set()
    assert f'href="{reverse("glossary")}"' in client.get(reverse("workspaces")).content.decode()


def test_what_is_out_of_scope_is_said() -> None:
    """U-28: in the product and in its documentation."""
    assert {"General fields", "Exchange integration", "Licensing"} <= {term.name for term in ABSENT}
