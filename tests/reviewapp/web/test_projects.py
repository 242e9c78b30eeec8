"""Projects: a new one, its home with what moves and what was measured, its settings."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from models_lib import rollbacks
from reviewapp.domain import projects
from reviewapp.models import Job, Project, User, Workspace
from tests.cast import Cast, code, fresh, perform_jobs, pinned, retrained, trained, write_documents

Browser = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def page(client: Client, name: str, pk: int) -> str:
    return client.get(reverse(name, args=[pk])).content.decode()


def as_offered(client: Client, url: str) -> dict[str, Any]:
    """What the browser would send if the person just pressed the button."""
    context = client.get(url).context
    forms = [context["form"], context["answers"].management_form, *context["answers"].forms]
    fields = {field.html_name: field.value() for form in forms for field in form}
    return {name: value for name, value in fields.items() if value is not None}


def test_one_click_makes_a_project_that_can_be_reviewed(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    write_documents(workspace, 12)
    client, url = browser(cast.mona), reverse("project-create", args=[workspace.pk])

    answer = client.post(url, as_offered(client, url))

    made = workspace.projects.get()
    assert answer.headers["Location"] == reverse("project", args=[made.pk])
    assert (made.name, made.documents, made.every_n) == ("Review", 12, 10)
    assert [choice.value for choice in projects.field(made).choices] == ["Relevant", "Not relevant"]
    assert made.jobs.get().kind == Job.Kind.POPULATE


def test_the_second_project_is_offered_a_name_of_its_own(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    projects.create(workspace, cast.mona, name="Review")
    assert 'value="Review 2"' in page(browser(cast.mona), "project-create", workspace.pk)


def test_every_option_of_a_new_project_is_kept(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    write_documents(workspace, 10)
    client, url = browser(cast.mona), reverse("project-create", args=[workspace.pk])
    told = as_offered(client, url) | {
        "name": "Boxes",
        "document_tags": ["box a"],
        "every_n": "other",
        "every_n_other": "33",
        "queue": "coverage",
        "control_percent": "12.5",
        "completion_choice": "highest_priority",
        "reviewer_priority": "rolf, rita",
        "training_filter": "all_submitted",
        "instructions": "Only valves.",
        "choices-2-value": "Privileged",
        "choices-2-hotkey": "p",
    }

    client.post(url, told)

    made = workspace.projects.get(name="Boxes")
    assert (made.every_n, made.queue, made.control_share, made.documents) == (33, "coverage", 0.125, 5)
    assert made.reviewer_priority == [cast.rolf.pk, cast.rita.pk]
    assert (made.completion_choice, made.training_filter) == ("highest_priority", "all_submitted")
    choices = projects.field(made).choices
    assert [(c.value, c.role, c.hotkey) for c in choices][2] == ("Privileged", "neutral", "p")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"every_n": "other"}, "Type the number of decisions."),
        ({"control_percent": "101"}, "less than or equal to 100"),
        ({"reviewer_priority": "rita, nobody"}, "Not in this workspace: nobody."),
        ({"choices-1-role": "positive"}, "Exactly one choice must be positive"),
        ({"choices-1-hotkey": "1"}, "Every key is one character and belongs to one choice."),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_made(
    workspace: Workspace, cast: Cast, browser: Browser, wrong: dict[str, str], said: str
) -> None:
    client, url = browser(cast.mona), reverse("project-create", args=[workspace.pk])
    answer = client.post(url, as_offered(client, url) | wrong)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not workspace.projects.exists()


def test_only_a_manager_makes_changes_or_deletes_projects(project: Project, cast: Cast, browser: Browser) -> None:
    """J-01"""
    client = browser(cast.rita)
    assert client.get(reverse("project-create", args=[project.workspace_id])).status_code == 403
    assert client.get(reverse("project-settings", args=[project.pk])).status_code == 403
    for name in ("train", "populate", "pause", "resume", "choices", "delete", "settings"):
        assert client.post(reverse(f"project-{name}", args=[project.pk])).status_code == 403
    said = page(client, "project", project.pk)
    assert "Train now" not in said
    assert reverse("project-settings", args=[project.pk]) not in said


def test_a_stranger_finds_no_project(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.stan)
    for name in ("project", "project-live", "project-figures", "project-settings", "project-documents"):
        assert client.get(reverse(name, args=[project.pk])).status_code == 404


def test_the_home_says_what_waits_and_that_it_can_be_built_now(project: Project, cast: Cast, browser: Browser) -> None:
    """B-08"""
    trained(project, cast.rita)
    projects.change(project, cast.mona, {"every_n": 50})
    before = fresh(project)
    assert before.version
    code(project, cast.rita, 3)
    waiting = before.completions - before.version.completions + 3
    due = waiting + 50 - (fresh(project).completions - before.counted)

    said = page(browser(cast.mona), "project-live", project.pk)

    assert f"<strong>{waiting} decisions</strong> not yet counted; next training at {due}, or now." in said


def test_train_now_is_off_and_says_what_is_missing(project: Project, cast: Cast, browser: Browser) -> None:
    """R-17, J-06"""
    code(project, cast.rita, 4, says=lambda item: False)
    said = page(browser(cast.mona), "project-live", project.pk)
    assert "Missing: 5 relevant and 1 not relevant" in said
    assert browser(cast.mona).post(reverse("project-train", args=[project.pk])).status_code == 409


def test_train_now_starts_one_training_and_is_off_while_it_runs(project: Project, cast: Cast, browser: Browser) -> None:
    """J-06, J-07"""
    trained(project, cast.rita)
    client, url = browser(cast.mona), reverse("project-train", args=[project.pk])

    first = client.post(url, headers=HTMX).content.decode()

    assert "A training is waiting already" in first
    assert "<html" not in first
    again = client.post(url, headers=HTMX)
    assert again.status_code == 409
    assert "waiting or running already" in again.content.decode()
    perform_jobs()
    assert "A training is" not in page(client, "project-live", project.pk)


def test_a_job_that_no_worker_takes_does_not_wait_in_silence(project: Project, cast: Cast, browser: Browser) -> None:
    job = projects.repopulate(project, cast.mona)
    client = browser(cast.vic)
    assert "No worker has taken" not in page(client, "project-live", project.pk)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=2))
    assert "No worker has taken this job since 2" in page(client, "project-live", project.pk)


def test_a_failed_training_shows_its_reason_until_another_one_succeeds(
    project: Project, cast: Cast, browser: Browser
) -> None:
    """J-09"""
    job = Job.objects.create(
        kind=Job.Kind.TRAIN, workspace=project.workspace, project=project, state=Job.State.FAILED, error="Out of memory"
    )
    said = page(browser(cast.vic), "project", project.pk)
    assert "Out of memory" in said
    assert reverse("job", args=[job.pk]) in said


def test_the_home_shows_charts_reasons_reviewers_and_versions(project: Project, cast: Cast, browser: Browser) -> None:
    """B-07"""
    trained(project, cast.rita)
    code(project, cast.rolf, 5)
    said = page(browser(cast.vic), "project", project.pk)
    for heading in ("Relevance rate", "Documents by rank", "Relevant documents found", "Why documents were served"):
        assert heading in said
    assert "Opened by the reviewer" in said
    assert "rolf" in said
    assert 'role="img"' in said
    assert "style=" not in said


def test_the_home_of_a_new_project_says_what_to_do(project: Project, cast: Cast, browser: Browser) -> None:
    said = page(browser(cast.rita), "project", project.pk)
    assert "Nothing coded yet" in said
    assert "Code the first document" in said


def test_a_project_without_documents_leads_to_the_import(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    made = projects.create(workspace, cast.mona, name="Empty", document_tags=["none such"])
    said = page(browser(cast.mona), "project", made.pk)
    assert "No document of the workspace has one of the tags none such." in said
    assert reverse("import", args=[workspace.pk]) in said


def test_figures_that_the_page_has_already_are_not_drawn_again(project: Project, cast: Cast, browser: Browser) -> None:
    client, url = browser(cast.vic), reverse("project-figures", args=[project.pk])
    code(project, cast.rita, 3)
    seen = client.get(url).context["seen"]

    assert client.get(url, {"seen": seen}).status_code == 204
    code(project, cast.rita, 1)
    assert client.get(url, {"seen": seen}).status_code == 200


def test_the_home_stands_when_the_files_of_the_snapshot_are_gone(
    project: Project, cast: Cast, browser: Browser
) -> None:
    now = trained(project, cast.rita)
    assert now.snapshot
    now.snapshot.artifact = "0" * 64
    now.snapshot.save(update_fields=["artifact"])
    answer = browser(cast.vic).get(reverse("project", args=[project.pk]))
    assert answer.status_code == 200
    assert "Documents by rank" not in answer.content.decode()


def test_the_home_costs_the_same_however_much_was_coded(
    project: Project, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    trained(project, cast.rita)
    code(project, cast.rolf, 20)
    client = browser(cast.mona)
    with django_assert_max_num_queries(21):
        client.get(reverse("project", args=[project.pk]))
    with django_assert_max_num_queries(10):
        client.get(reverse("project-live", args=[project.pk]))


def test_a_manager_pauses_and_resumes(project: Project, cast: Cast, browser: Browser) -> None:
    client = browser(cast.mona)
    said = client.post(reverse("project-pause", args=[project.pk]), headers=HTMX).content.decode()
    assert "This project is paused" in said
    client.post(reverse("project-resume", args=[project.pk]))
    assert fresh(project).state == Project.State.ACTIVE


OTHER_PAGES = (
    "project-documents project-streams project-quality project-stopping project-validation project-reports modes "
    "labels project-settings"
)


def test_every_page_of_a_project_says_that_it_is_being_rolled_back(
    project: Project, cast: Cast, browser: Browser
) -> None:
    pinned(trained(project, cast.rita), cast.mona)
    now = retrained(project, cast.rita)
    rollbacks.request(now, 1, cast.mona, "v1")
    client = browser(cast.mona)
    for name in OTHER_PAGES.split():
        assert "This project is being rolled back" in page(client, name, project.pk), name
    assert "being rolled back to v1" in page(client, "project-models", project.pk)
    home = page(client, "project-live", project.pk)
    assert "The project is being rolled back" in home
    assert "See the validation" not in home
    perform_jobs()
    assert "being rolled back" not in page(client, "project-documents", project.pk)


def test_settings_are_saved_as_they_were_filled_in(project: Project, cast: Cast, browser: Browser) -> None:
    client, url = browser(cast.mona), reverse("project-settings", args=[project.pk])
    answer = client.post(url, as_offered(client, url) | {"name": "Pumps", "every_n": "25"})
    assert answer.status_code == 302
    assert (fresh(project).name, fresh(project).every_n) == ("Pumps", 25)


def test_a_typed_number_stands_in_the_settings_again(project: Project, cast: Cast, browser: Browser) -> None:
    projects.change(project, cast.mona, {"every_n": 33})
    said = page(browser(cast.mona), "project-settings", project.pk)
    assert '<option value="other" selected>' in said
    assert 'value="33"' in said


def test_a_name_that_is_taken_is_told_beside_the_field_and_the_page_keeps_the_real_one(
    project: Project, cast: Cast, browser: Browser
) -> None:
    projects.create(project.workspace, cast.mona, name="Pumps")
    client, url = browser(cast.mona), reverse("project-settings", args=[project.pk])
    answer = client.post(url, as_offered(client, url) | {"name": "Pumps"})
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "This workspace already has a project named “Pumps”." in said
    assert "<h1>Valves</h1>" in said


def test_an_answer_in_use_keeps_its_meaning(project: Project, cast: Cast, browser: Browser) -> None:
    code(project, cast.rita, 2, says=lambda item: True)
    client, url = browser(cast.mona), reverse("project-settings", args=[project.pk])
    told = as_offered(client, url) | {"field_name": "relevance", "choices-0-value": "Hot"}
    answer = client.post(reverse("project-choices", args=[project.pk]), told)
    assert answer.status_code == 422
    assert "keeps its name and role: Relevant" in answer.content.decode()


def test_answers_can_be_added_and_get_new_keys(project: Project, cast: Cast, browser: Browser) -> None:
    client, url = browser(cast.mona), reverse("project-settings", args=[project.pk])
    told = as_offered(client, url) | {"field_name": "relevance", "choices-0-hotkey": "r", "choices-2-value": "Unclear"}
    answer = client.post(reverse("project-choices", args=[project.pk]), told)
    assert answer.status_code == 302
    choices = projects.field(fresh(project)).choices
    assert [(c.value, c.hotkey) for c in choices] == [("Relevant", "r"), ("Not relevant", "2"), ("Unclear", "")]


def test_a_project_goes_only_when_its_name_is_typed(project: Project, cast: Cast, browser: Browser) -> None:
    client, url = browser(cast.alice), reverse("project-delete", args=[project.pk])
    wrong = client.post(url, {"confirmation": "valves"})
    assert wrong.status_code == 422
    assert "Type the project’s name" in wrong.content.decode().replace("&#x27;", "’")
    assert Project.objects.filter(pk=project.pk).exists()

    assert client.post(url, {"confirmation": "Valves"}).headers["Location"] == reverse(
        "workspace", args=[project.workspace_id]
    )
    assert not Project.objects.filter(pk=project.pk).exists()


def test_indexing_can_be_asked_for_by_hand(project: Project, cast: Cast, browser: Browser) -> None:
    browser(cast.mona).post(reverse("project-populate", args=[project.pk]), {"full": "1"})
    job = project.jobs.order_by("-pk")[0]
    assert (job.kind, job.parameters["full"]) == (Job.Kind.POPULATE, True)


class Anatomy(HTMLParser):
    """Counts what every page must have, and collects what none may."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.labelled: set[str] = set()
        self.fields: list[str] = []
        self.forbidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        self.tags[tag] += 1
        if tag == "label":
            self.labelled.add(has.get("for") or "")
        if tag in ("input", "select", "textarea") and has.get("type") != "hidden" and "aria-label" not in has:
            self.fields.append(has.get("id") or f"a field without id: {has}")
        inline = [name for name in has if name == "style" or name.startswith(("on", "hx-on"))]
        if inline or tag == "style" or (tag == "script" and not has.get("src")):
            self.forbidden.append(f"{tag} {inline}")


@pytest.mark.parametrize("name", ["project", "project-settings", "project-documents", "review", "document", "create"])
def test_every_page_has_one_heading_a_label_for_each_field_and_nothing_inline(
    project: Project, cast: Cast, browser: Browser, name: str
) -> None:
    now = trained(project, cast.mona)
    urls = {
        "document": reverse("document", args=[now.pk, now.items.filter(decision=1)[0].document_id]),
        "create": reverse("project-create", args=[now.workspace_id]),
    }
    anatomy = Anatomy()
    anatomy.feed(browser(cast.mona).get(urls.get(name) or reverse(name, args=[now.pk])).content.decode())
    assert (anatomy.tags["h1"], anatomy.tags["main"], anatomy.tags["title"] >= 1) == (1, 1, True)
    assert set(anatomy.fields) <= anatomy.labelled
    assert anatomy.forbidden == []
