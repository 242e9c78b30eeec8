"""The pages of annotation projects."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from reviewapp.domain import assignments
from reviewapp.models import Comment, Project, User, Workspace
from tests.cast import ANNOTATION_CONFIG, Cast, annotate, fresh, span
from tests.reviewapp.labeling.samples import CLASSES, MIXED


def client(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def text(said: object) -> str:
    return said.content.decode()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("xml", [CLASSES, MIXED])
def test_the_seed_samples_are_drawn_and_saved_unchanged(workspace: Workspace, cast: Cast, xml: str) -> None:
    """J-37, J-56: a browser sends line ends as CR LF, and the config stays as it was to the byte.

    A project may begin with a config that names models from elsewhere, and keeps them when it is saved again.
    """
    mona, typed = client(cast.mona), xml.replace("\n", "\r\n")
    preview = mona.post(reverse("config-preview", args=[workspace.pk]), {"labeling_config": typed})
    for value in re.findall(r'<(?:Choice|Label)\s+value="([^"]+)"', xml):
        assert value in text(preview).replace("&lt;", "<")
    assert "No problems" in text(preview)
    made = mona.post(reverse("annotation-create", args=[workspace.pk]), {"name": "Notes", "labeling_config": typed})
    assert made.status_code == 302
    project = Project.objects.get(name="Notes")
    assert project.labeling_config == xml
    saved = mona.post(reverse("labeling-config", args=[project.pk]), {"labeling_config": typed})
    assert saved.status_code == 302
    assert fresh(project).labeling_config == xml


def test_a_mistake_is_shown_beside_the_editor_and_at_save(annotation: Project, cast: Cast) -> None:
    """J-30, J-53: with line and column."""
    mona, wrong = client(cast.mona), ANNOTATION_CONFIG.replace("multiple", "many")
    preview = mona.post(reverse("config-preview", args=[annotation.workspace_id]), {"labeling_config": wrong})
    assert "Line 13, column" in text(preview)
    saved = mona.post(reverse("labeling-config", args=[annotation.pk]), {"labeling_config": wrong})
    assert saved.status_code == 422
    assert "Line 13, column" in text(saved)
    assert fresh(annotation).labeling_config == ANNOTATION_CONFIG


def test_hostile_configs_are_never_html(annotation: Project, cast: Cast) -> None:
    hostile = '<View><Text name="text" value="$text"/><Header value="&lt;script&gt;x()&lt;/script&gt;"/></View>'
    said = client(cast.mona).post(
        reverse("config-preview", args=[annotation.workspace_id]), {"labeling_config": hostile}
    )
    assert "<script>x()" not in text(said)
    assert "&lt;script&gt;x()" in text(said)


def test_tasks_are_assigned_checked_and_tagged_in_one_go(annotation: Project, cast: Cast) -> None:
    mona, address = client(cast.mona), reverse("tasks-change", args=[annotation.pk])
    ticked = list(annotation.items.values_list("document_id", flat=True)[:3])
    for change, person in (("assign", "rita"), ("checker", "rolf"), ("deal", "")):
        said = mona.post(address, {"document": ticked, "change": change, "person": person})
        assert said.status_code == 302, change
    mona.post(address, {"document": ticked, "change": "tag", "tags": "hot, urgent"})
    mona.post(address, {"document": ticked, "change": "untag", "tags": "urgent"})
    rows = annotation.items.filter(document__in=ticked).select_related("document")
    assert all(row.assignments.filter(annotator=cast.rita).exists() and row.checker == cast.rolf for row in rows)
    assert all("hot" in row.document.tags and "urgent" not in row.document.tags for row in rows)
    assert mona.post(address, {"change": "assign", "person": "rita"}).status_code == 422
    page = text(mona.get(reverse("tasks", args=[annotation.pk]), {"annotator": cast.rita.pk}))
    assert f"{annotation.items.get(document=ticked[0]).document.control_number}" in page


def test_annotators_see_their_own_work_first(annotation: Project, cast: Cast) -> None:
    """2.2.5: a person with several roles can switch the view."""
    item = annotation.items.get(ordinal=0)
    assignments.assign(annotation, [item.document_id], [cast.rita], cast.mona)
    tasks = reverse("tasks", args=[annotation.pk])
    assert "1 task of yours" in text(client(cast.rita).get(tasks))
    assert "12 tasks" in text(client(cast.rita).get(tasks, {"view": "all"}))
    assert "12 tasks" in text(client(cast.mona).get(tasks))


def test_a_task_shows_what_was_said_to_those_who_may_read_it(annotation: Project, cast: Cast) -> None:
    item = annotation.items.select_related("document").get(ordinal=0)
    annotate(annotation, cast.rita, item, span(item.document.text, "faulty valve", "Part"))
    address = reverse("task", args=[annotation.pk, item.document_id])
    assert '<q dir="auto">faulty valve</q>' in text(client(cast.mona).get(address))
    assert '<q dir="auto">faulty valve</q>' not in text(client(cast.rolf).get(address))
    client(cast.rolf).post(reverse("task-comment", args=[annotation.pk, item.document_id]), {"text": "Why?"})
    assert Comment.objects.get().author == cast.rolf


def test_the_desk_brings_the_document_and_its_config(annotation: Project, cast: Cast) -> None:
    page = text(client(cast.rita).get(reverse("annotate", args=[annotation.pk])))
    assert 'data-label="Part"' in page
    assert 'id="told"' in page
    assert " style=" not in page


def test_settings_of_an_annotation_project(annotation: Project, cast: Cast) -> None:
    """What is said about training by itself stands with the trainings."""
    form = {
        "name": "Parts",
        "completion_choice": "highest_priority",
        "reviewer_priority": "rolf, rita",
        "training_filter": "all_submitted",
    }
    address = reverse("annotation-setup", args=[annotation.pk])
    assert client(cast.rita).get(address).status_code == 403
    assert client(cast.mona).post(address, form).status_code == 302
    now = fresh(annotation)
    assert (now.training_filter, now.reviewer_priority) == ("all_submitted", [cast.rolf.pk, cast.rita.pk])
    assert client(cast.mona).post(address, {**form, "reviewer_priority": "stan"}).status_code == 422


def test_pages_of_reviews_say_what_kind_of_project_this_is(annotation: Project, cast: Cast) -> None:
    mona = client(cast.mona)
    for name in ("review", "project-stopping", "project-quality", "project-validation", "modes", "labels",
                 "project-models", "project-reports", "project-settings"):  # fmt: skip
        said = mona.get(reverse(name, args=[annotation.pk]))
        assert said.status_code == 409, name
        assert "annotation project" in text(said)
    assert mona.get(reverse("project-documents", args=[annotation.pk])).status_code == 302
    for name in ("project", "tasks", "labeling-config", "annotation-setup"):
        assert mona.get(reverse(name, args=[annotation.pk])).status_code == 200, name
    assert "Parts" in text(mona.get(reverse("workspace", args=[annotation.workspace_id])))
