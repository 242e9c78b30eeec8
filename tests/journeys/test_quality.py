"""Two people and a manager: a blind second look, a decision between two answers, why a rank, and the report."""

import uuid

import pytest
from playwright.sync_api import expect

from reviewapp.domain import coding, leases, projects
from reviewapp.domain.coding import Answer
from reviewapp.models import Decision, Project, SecondLook
from tests.cast import Cast, fresh, perform_jobs, trained
from tests.journeys.conftest import Visit

pytestmark = [pytest.mark.journey, pytest.mark.processes]


def test_from_a_blind_second_look_to_the_report(project: Project, cast: Cast, visit: Visit) -> None:
    """SPEC 3.7, B-11, B-14 as people meet them."""
    now = projects.change(trained(project, cast.mona), cast.mona, {"second_look_share": 1.0})
    coded = now.items.filter(decision=None).first()
    assert coded is not None
    coding.recode(fresh(now), coded, cast.rita, Answer(choice="Relevant"), coded.revision)
    leases.take_second_look(fresh(now), cast.rolf, uuid.uuid4())

    rolf = visit(cast.rolf)
    rolf.open(f"/projects/{now.pk}/review/")
    expect(rolf.page.locator("#why")).to_contain_text("Second look")
    expect(rolf.page.locator("#stage")).not_to_contain_text("Coded “")
    rolf.look("6-second-look")
    rolf.page.keyboard.press("2")
    expect(rolf.page.locator("#said")).to_contain_text("Not relevant")
    look = SecondLook.objects.get()
    assert (look.first.decision, look.second.decision) == (Decision.POSITIVE, Decision.NEGATIVE)

    mona = visit(cast.mona)
    mona.open(f"/projects/{now.pk}/quality/adjudicate/")
    mona.page.get_by_label("Not relevant", exact=True).check()
    mona.page.get_by_role("button", name="Decide, and on to the next").click()
    expect(mona.page.get_by_role("heading", name="Nothing to decide")).to_be_visible()
    mona.open(f"/projects/{now.pk}/quality/")
    expect(mona.page.locator("#chart-agreement")).to_be_visible()

    mona.open(f"/projects/{now.pk}/documents/{coded.document_id}/")
    mona.page.get_by_role("link", name="Show the words for and against").click()
    expect(mona.page.locator("table.sums")).to_contain_text("Where the model starts")
    expect(mona.page.locator("#text mark").first).to_be_visible()
    mona.look("6-why")

    mona.open(f"/projects/{now.pk}/reports/")
    mona.page.get_by_role("button", name="Make a report").click()
    expect(mona.page.get_by_role("status").first).to_contain_text("being made")
    perform_jobs()
    mona.page.get_by_role("link", name="Report 1").click()
    expect(mona.page.get_by_role("heading", name="Agreement and errors of people")).to_be_visible()
    mona.look("6-report")
    with mona.page.expect_download() as download:
        mona.page.get_by_role("link", name="PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
