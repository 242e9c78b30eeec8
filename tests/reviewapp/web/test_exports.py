"""The Export Model icon and the Export Trained Model panel of a project."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from models_lib import categories, exports, library, links
from models_lib.models import TrainedModel
from reviewapp.domain import people
from reviewapp.models import Job, Project, User
from tests.cast import Cast, code_chosen, exported, fresh, perform_jobs, trained
from tests.reviewapp.web.test_projects import HTMX, Anatomy

Browser = Callable[[User], Client]


def panel(project: Project) -> str:
    return reverse("project-exports", args=[project.pk])


def test_the_icon_on_the_home_opens_the_panel(project: Project, cast: Cast, browser: Browser) -> None:
    """R-24: top right on the project; the panel is fetched when it is opened, and is a page of its own besides."""
    client = browser(cast.vic)
    home = client.get(reverse("project", args=[project.pk])).content.decode()
    header = home.split('class="page-header"')[1].split("</header>")[0]
    assert 'aria-label="Export Model"' in header
    assert f'hx-get="{panel(project)}" hx-trigger="toggle once"' in home
    fragment = client.get(panel(project), headers=HTMX).content.decode()
    assert ("<html" in fragment, "Export Trained Model" in fragment) == (False, True)
    assert "<html" in client.get(panel(project)).content.decode()


def test_the_panel_lists_the_exports_of_the_project_with_their_status(
    project: Project, cast: Cast, browser: Browser
) -> None:
    """R-24, SPEC 2.1.2: model, who and when, status, progress, when finished, the reason, and what can be done."""
    now = trained(project, cast.rita)
    exported(now, cast.mona, "Done")
    failed = exports.request(fresh(now), cast.mona, name="Failed")
    Job.objects.filter(trained_model=failed).update(state="failed", error="The disk is full.")
    running = exports.request(fresh(now), cast.mona, name="Running")
    Job.objects.filter(trained_model=running).update(state="running", step="Sealing")
    exports.request(fresh(now), cast.mona, name="Waiting")
    live = reverse("project-exports-live", args=[project.pk])
    said = browser(cast.mona).get(live, headers=HTMX).content.decode()
    for heading in ("Model", "Requested by", "Requested", "Status", "Progress", "Finished", "Reason"):
        assert f'<th scope="col">{heading}</th>' in said
    for value in (
        "Ready",
        "Failed",
        "In progress",
        "Queued",
        "The disk is full.",
        "Sealing",
        "Waiting for a worker",
        "mona",
    ):
        assert value in said
    assert said.count("Try again") == 1
    assert said.count("Cancel") == 2
    assert "every 1500ms" in said
    assert "Try again" not in browser(cast.vic).get(live, headers=HTMX).content.decode()


@pytest.mark.parametrize(("positives", "negatives", "missing"), [(4, 5, True), (5, 4, True), (5, 5, False)])
def test_the_button_is_off_and_says_what_is_missing_below_five_and_five(
    project: Project, cast: Cast, browser: Browser, positives: int, negatives: int, missing: bool
) -> None:
    """R-17: both sides of the boundary; the verb refuses too."""
    for truth, count in ((True, positives), (False, negatives)):
        items = project.items.select_related("document").filter(document__metadata__truth=truth)
        code_chosen(project, cast.rita, items[:count])
    mona = browser(cast.mona)
    said = mona.get(panel(project)).content.decode()
    assert (f"this project has {positives} and {negatives}" in said) == missing
    assert ('disabled aria-describedby="export-missing"' in said) == missing
    answer = mona.post(panel(project), {"name": "Valves", "drop_below": "1"})
    assert answer.status_code == (409 if missing else 302)
    assert TrainedModel.objects.exists() != missing


def test_an_export_is_asked_for_in_the_panel_and_stays_there(project: Project, cast: Cast, browser: Browser) -> None:
    """R-20, R-24: name, description, categories; the panel shows it queued at once."""
    trained(project, cast.rita)
    kind = categories.create(project.workspace, cast.mona, "Subject-specific")
    told = {"name": "Valves", "description": "Matter 7", "categories": [kind.pk], "drop_below": "3"}
    answer = browser(cast.mona).post(panel(project), told, headers=HTMX)
    said = answer.content.decode()
    assert (answer.status_code, 'id="exports-panel"' in said, "Queued" in said) == (200, True, True)
    made = TrainedModel.objects.get()
    assert (made.name, made.description, made.drop_below, list(made.categories.all())) == (
        "Valves",
        "Matter 7",
        3,
        [kind],
    )
    perform_jobs()
    made.refresh_from_db()
    assert made.privacy["drop_below"] == 3


def test_a_name_in_use_is_told_in_the_panel(project: Project, cast: Cast, browser: Browser) -> None:
    exported(trained(project, cast.rita), cast.mona, "Valves")
    mona = browser(cast.mona)
    refused = mona.post(panel(project), {"name": "Valves", "drop_below": "1"}, headers=HTMX)
    assert (refused.status_code, refused.headers["HX-Retarget"]) == (422, "#exports-panel")
    assert "already has a trained model of this name" in refused.content.decode()
    assert mona.post(panel(project), {"name": "", "drop_below": "1"}).status_code == 422


def test_a_young_project_is_advised_to_wait_and_not_kept_from_it(
    project: Project, cast: Cast, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-18: below the size there is advice; the button works all the same."""
    trained(project, cast.rita)
    mona = browser(cast.mona)
    said = mona.get(panel(project)).content.decode()
    assert "late or finished project serves others better. This one has 12" in said
    assert "disabled" not in said
    monkeypatch.setattr(exports, "ADVISED", 12)
    assert "serves others better" not in mona.get(panel(project)).content.decode()


def test_the_panel_says_what_the_export_would_give_away(project: Project, cast: Cast, browser: Browser) -> None:
    """B-12: words of a single document, membership advantage, what each limit leaves out, and what that costs."""
    now = trained(project, cast.rita)
    assert now.version is not None
    figures = now.version.metrics
    said = browser(cast.mona).get(panel(project)).content.decode()
    assert f"{figures['tokens_in_fewer_than']['2']} <small>of {figures['tokens']}" in said
    assert f"{figures['membership_advantage']:.2f}" in said
    for below in (2, 3, 5, 10):
        rare = figures["tokens_in_fewer_than"][str(below)]
        assert f"fewer than {below} documents: {rare} of {figures['tokens']}" in said
    assert 'value="1" selected' in said.replace("  ", " ")
    assert "no longer, to the bit" in said
    assert "Yeom" in said


def test_what_a_linked_model_adds_is_not_exported_and_the_panel_says_so(
    project: Project, cast: Cast, browser: Browser
) -> None:
    """R-57"""
    model = exported(trained(project, cast.rita), cast.mona)
    links.link(fresh(project), model, cast.mona)
    assert "What the linked model adds is not exported" in browser(cast.mona).get(panel(project)).content.decode()


@pytest.mark.parametrize("missing", [None, *exports.RIGHTS])
def test_the_form_is_for_who_holds_every_right(
    project: Project, cast: Cast, browser: Browser, missing: str | None
) -> None:
    """R-19, SPEC 2.1.3"""
    trained(project, cast.rita)
    people.grant_rights(project.workspace, cast.rolf, set(exports.RIGHTS) - {missing}, cast.alice)
    rolf = browser(cast.rolf)
    assert rolf.get(panel(project)).status_code == (403 if missing == "view_models" else 200)
    assert ("New export" in rolf.get(panel(project)).content.decode()) == (missing is None)
    answer = rolf.post(panel(project), {"name": "Valves", "drop_below": "1"})
    assert answer.status_code == (302 if missing is None else 403)
    assert TrainedModel.objects.exists() == (missing is None)


def test_a_restricted_export_is_not_in_the_panel(project: Project, cast: Cast, browser: Browser) -> None:
    """R-12"""
    model = exported(trained(project, cast.rita), cast.mona, "Hidden one")
    library.restrict(model, cast.alice, True, [])
    assert "Hidden one" not in browser(cast.mona).get(panel(project)).content.decode()
    assert "Hidden one" in browser(cast.alice).get(panel(project)).content.decode()


def test_the_panel_is_well_formed(project: Project, cast: Cast, browser: Browser) -> None:
    trained(project, cast.rita)
    anatomy = Anatomy()
    anatomy.feed(browser(cast.alice).get(panel(project)).content.decode())
    assert (anatomy.tags["h1"], set(anatomy.fields) <= anatomy.labelled, anatomy.forbidden) == (1, True, [])
