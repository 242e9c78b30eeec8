"""The Quality tab: figures, the adjudication queue, conflicts and changed decisions."""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reviewapp.domain import coding, conflicts, leases, second_looks
from reviewapp.domain.coding import Answer
from reviewapp.models import Decision, Look, Project, ProjectDocument, User
from tests.cast import Cast, fresh, is_relevant, perform_jobs, trained

Browser = Callable[[User], Client]


@pytest.fixture
def doubled(project: Project, cast: Cast) -> Project:
    """Everything that Rita coded was looked at again by Rolf, who erred once."""
    now = trained(project, cast.rita, each=8)
    second_looks.draw(now, cast.mona, positives=100, negatives=100)
    for number in range(16):
        item = leases.take_second_look(fresh(now), cast.rolf, uuid.uuid4())
        assert item is not None
        assert item.lease_token is not None
        said = is_relevant(item) == (number > 0)
        coding.submit(fresh(now), cast.rolf, item.lease_token, Answer(choice="Relevant" if said else "Not relevant"))
        leases.release(fresh(now), cast.rolf)
    return fresh(now)


def page(client: Client, name: str, project: Project, **query: str) -> str:
    return client.get(reverse(name, args=[project.pk]), query).content.decode()


def test_before_anything_is_coded_twice_the_page_says_how_to_begin(
    project: Project, cast: Cast, browser: Browser
) -> None:
    shown = page(browser(cast.mona), "project-quality", project)
    assert "Nothing is coded twice yet" in shown
    assert "Draw documents for a second look" in shown
    assert "Draw documents" not in page(browser(cast.vic), "project-quality", project)


def test_a_manager_draws_documents(project: Project, cast: Cast, browser: Browser) -> None:
    now, client = trained(project, cast.rita), browser(cast.mona)
    address = reverse("project-quality", args=[now.pk])
    answer = client.post(address, {"positives": "2", "negatives": "3"}, follow=True)
    assert "5 documents will be looked at again" in answer.content.decode()
    assert now.items.filter(second_look=Look.WANTED).count() == 5
    refused = client.post(address, {"positives": "0", "negatives": "0"})
    assert refused.status_code == 422
    assert "Draw at least one document" in refused.content.decode()


def test_the_figures_stand_with_their_intervals_and_plots(doubled: Project, cast: Cast, browser: Browser) -> None:
    """SPEC 3.7, B-09: agreement and corrected recall with intervals named and assumptions stated."""
    shown = page(browser(cast.vic), "project-quality", doubled)
    assert "93.8 %" in shown
    assert "Clopper-Pearson, exact" in shown
    assert "does not depend on the first" in shown
    assert 'id="chart-agreement"' in shown
    assert 'id="chart-recall"' in shown
    assert "rita" in shown


def test_a_sample_of_the_pile_gives_recall_over_everything(doubled: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.vic)
    shown = page(client, "project-quality", doubled, pile="44", sample="20", positives="4")
    assert "of all relevant documents of the project" in shown
    wrong = page(client, "project-quality", doubled, pile="10", sample="20", positives="4")
    assert "The sample is part of the pile" in wrong


def test_the_queue_of_two_answers_is_worked_off(doubled: Project, cast: Cast, browser: Browser) -> None:
    """SPEC 3.7: the adjudication queue."""
    client = browser(cast.mona)
    shown = page(client, "project-adjudicate", doubled)
    assert "Two people, two answers" in shown
    assert "Second, without seeing the first" in shown
    look = second_looks.find(doubled, "open").get()
    answer = client.post(
        reverse("look-decide", args=[doubled.pk, look.pk]), {"choice": look.second.choice, "note": ""}, follow=True
    )
    assert "Nothing to decide" in answer.content.decode()
    assert ProjectDocument.objects.get(pk=look.item_id).decision == look.second.decision
    again = client.post(reverse("look-decide", args=[doubled.pk, look.pk]), {"choice": "Relevant"})
    assert again.status_code == 409


def test_the_document_page_hides_what_others_said_from_who_looks_again(
    project: Project, cast: Cast, browser: Browser
) -> None:
    """SPEC 3.7: blind on the pages too."""
    now = trained(project, cast.rita)
    second_looks.draw(now, cast.mona, positives=1)
    item = leases.take_second_look(fresh(now), cast.rolf, uuid.uuid4())
    assert item is not None
    client, address = browser(cast.rolf), reverse("document", args=[now.pk, item.document_id])
    shown = client.get(address).content.decode()
    assert "Hidden until you have answered" in shown
    assert "coded <strong>" not in shown
    assert "rank hidden" in shown
    review = page(client, "review", now)
    assert "Second look" in review
    assert "Coded “" not in review
    assert "Why this rank?" not in review
    assert "coded <strong>Relevant" in browser(cast.rita).get(address).content.decode()


def test_conflicts_with_the_rank_are_listed(doubled: Project, cast: Cast, browser: Browser) -> None:
    item = doubled.items.filter(decision=None, document__metadata__truth=False)[0]
    assert "Everything fits" in page(browser(cast.vic), "project-against-rank", doubled)
    coding.recode(doubled, item, cast.rita, Answer(choice="Relevant"), item.revision)
    browser(cast.mona).post(reverse("project-train", args=[doubled.pk]))
    perform_jobs()
    assert item.document.control_number in page(browser(cast.vic), "project-against-rank", fresh(doubled))


def test_near_duplicates_are_searched_and_shown(doubled: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.mona)
    assert "Nobody has searched yet" in page(client, "project-copies", doubled)
    client.post(reverse("project-copies-search", args=[doubled.pk]))
    assert "A search for near-duplicates is waiting" in page(client, "project-copies", doubled)
    perform_jobs()
    found = conflicts.different_copies(fresh(doubled))
    shown = page(client, "project-copies", doubled)
    assert "Groups of near-duplicates" in shown
    assert ("No group is coded differently" in shown) == (not found)
    changed = doubled.items.filter(decision=Decision.NEGATIVE).order_by("ordinal")[0]
    coding.recode(fresh(doubled), changed, cast.mona, Answer(choice="Relevant"), changed.revision)
    assert changed.document.control_number in page(client, "project-copies", doubled)


def test_changed_decisions_are_told(doubled: Project, cast: Cast, browser: Browser) -> None:
    """SPEC 3.4: who changed which decision, when, and which version was current."""
    assert "No decision was changed" in page(browser(cast.vic), "project-overturned", doubled)
    item = doubled.items.filter(decision=Decision.POSITIVE)[0]
    coding.recode(doubled, item, cast.mona, Answer(choice="Not relevant"), item.revision)
    shown = page(browser(cast.vic), "project-overturned", doubled, others="1")
    assert item.document.control_number in shown
    assert "Changed by somebody else" in shown
    assert f"<td>v{doubled.version.number}</td>" in shown  # type: ignore[union-attr]


def test_the_tab_costs_few_statements(
    doubled: Project, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser(cast.vic)
    with django_assert_max_num_queries(14):
        page(client, "project-quality", doubled)
    with django_assert_max_num_queries(9):
        page(client, "project-against-rank", doubled)
