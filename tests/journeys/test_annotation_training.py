"""Learning from annotations in a real browser, with a real worker: train and deploy, pre-annotate, correct."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from models_lib.models import ModelVersion
from reviewapp.domain import projects, trainings
from reviewapp.models import Annotation, Completion, Document, Prediction, Project, ProjectDocument, Workspace
from tests.cast import ANNOTATION_CONFIG, Cast, annotate, chosen, fresh, span
from tests.journeys.conftest import Visit
from tests.journeys.test_accessible import violations
from tests.journeys.test_annotation import drag, marked

pytestmark = [pytest.mark.journey, pytest.mark.processes]

PEOPLE, PARTS = ("Alma", "Bruno", "Carla", "Dario"), ("valve", "gasket", "piston", "flange", "pump")
TRAINED = 60_000  # milliseconds that a small training may take on a busy machine


def write(workspace: Workspace, count: int) -> None:
    """Letters in which a person and a part are named, formal ones and others."""
    Document.objects.bulk_create(
        Document(workspace=workspace, control_number=f"N-{n:03}", title=f"Letter {n}", text=letter(n), tags=["letters"])
        for n in range(count)
    )


def letter(number: int) -> str:
    person, part = PEOPLE[number % 4], PARTS[number % 5]
    tone = "Yours sincerely" if number % 2 else "cheers mate"
    return f"Letter {number}: {person} wrote that the {part} was shipped today, {tone}."


def answer(number: int) -> list[dict[str, Any]]:
    said = letter(number)
    tone = chosen("tone", "Formal" if number % 2 else "Casual")
    return [span(said, PEOPLE[number % 4], "Person", "a"), span(said, PARTS[number % 5], "Part", "b"), tone]


def finish(project: Project, cast: Cast, items: list[ProjectDocument]) -> None:
    """Let Rolf annotate these truthfully."""
    for item in items:
        annotate(project, cast.rolf, item, *answer(int(item.document.control_number[2:])))


def read(page: Page) -> int:
    """The number of the letter on the desk."""
    return int((page.locator("h1").text_content() or "").split()[-1])


def test_annotations_become_models_whose_suggestions_are_corrected(
    celery_worker_process: None, workspace: Workspace, cast: Cast, visit: Visit
) -> None:
    """J-03, J-06, J-08, J-10, J-11, J-25, J-57"""
    write(workspace, 30)
    mona = visit(cast.mona)
    page = mona.page
    mona.open(f"/workspaces/{workspace.pk}/annotation-projects/new/")
    page.get_by_label("Name").fill("Letters")
    page.get_by_label("Labeling config", exact=True).fill(ANNOTATION_CONFIG)
    expect(page.locator("#preview")).to_contain_text("No problems")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name="Letters")).to_be_visible()
    project = fresh(Project.objects.get(name="Letters"))

    rita = visit(cast.rita)
    desk = rita.page
    rita.open(f"/projects/{project.pk}/annotate/")
    number = read(desk)
    for words, key in ((PEOPLE[number % 4], "2"), (PARTS[number % 5], "1")):
        drag(desk, words)
        desk.keyboard.press(key)
    desk.keyboard.press("f" if number % 2 else "c")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("h1")).not_to_have_text(f"Letter {number}")
    completion = Completion.objects.get()
    mona.open(f"/projects/{project.pk}/tasks/{completion.item.document_id}/")
    page.get_by_role("button", name="Accept", exact=True).first.click()
    expect(page.locator(".lede")).to_contain_text("Reviewed")
    desk.get_by_role("link", name="Letters").first.click()
    open_ = project.items.select_related("document").filter(decision=None, reviewer=None).order_by("ordinal")
    finish(project, cast, list(open_[:24]))

    mona.open(f"/projects/{project.pk}/setup/")
    page.get_by_role("link", name="Open training").click()
    expect(page.locator("#live")).to_contain_text("No training yet")
    expect(page.get_by_text("25 tasks would train now.")).to_be_visible()
    assert violations(page) == []
    page.locator("summary", has_text="Parameters").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Epochs").fill("20")
    rate = page.locator(".field", has=page.get_by_label("Learning rate"))
    expect(rate.get_by_text("recorded, no effect")).to_be_visible()
    page.get_by_label("Mini-batch").check()
    expect(rate.get_by_text("used for entities")).to_be_visible()
    page.get_by_label("CRFsuite").check()
    mona.look("training-1-parameters")
    page.get_by_role("button", name="Train now").click()
    mona.look("training-2-ask")
    page.get_by_role("button", name="Train and deploy").click()
    expect(page.locator("#live")).to_contain_text("The last training made", timeout=TRAINED)
    expect(page.locator("#trainings")).to_contain_text("ner_letters_annotation_manual")
    expect(page.locator("#models")).to_contain_text("Deployed")
    assert violations(page) == []
    mona.look("training-3-trained")
    assert fresh(project).labeling_config.count('model="ner_letters_annotation_manual"') == 2
    page.get_by_role("link", name="Figures and logs").click()
    expect(page.get_by_text("Confusion matrix").first).to_be_visible()
    assert violations(page) == []
    mona.look("training-4-figures")

    left = project.items.filter(decision=None).exclude(reviewer=cast.rita).order_by("ordinal").first()
    assert left is not None
    mona.open(f"/projects/{project.pk}/tasks/")
    page.get_by_label(left.document.control_number).check()
    page.get_by_role("button", name="Pre-annotate").click()
    mona.look("training-5-preannotate")
    page.get_by_role("button", name="Pre-annotate the ticked tasks").click()
    expect(page.get_by_text("1 task to be pre-annotated")).to_be_visible()
    page.get_by_role("link", name="Training", exact=True).click()
    expect(page.get_by_role("button", name="Train now")).to_be_enabled(timeout=TRAINED)
    kinds = set(Prediction.objects.filter(item=left).values_list("version__kind", flat=True))
    assert kinds == {ModelVersion.Kind.NER, ModelVersion.Kind.CHOICE_SINGLE}
    assert not Completion.objects.filter(item=left).exists()

    rolf = visit(cast.rolf)
    desk, number = rolf.page, int(left.document.control_number[2:])
    rolf.open(f"/projects/{project.pk}/tasks/{left.document_id}/")
    desk.get_by_role("button", name="Annotate").click()
    desk.get_by_role("button", name="Accept all").click()
    assert sorted(marked(desk)) == [f"Part {PARTS[number % 5]}", f"Person {PEOPLE[number % 4]}"]
    drag(desk, "shipped")
    desk.keyboard.press("1")
    rolf.look("training-6-corrected")
    desk.get_by_role("button", name="Submit").click()
    expect(desk.locator("h1")).not_to_have_text(f"Letter {number}")
    assert Annotation.objects.get(completion__item=left).regions == 3


def test_the_fiftieth_completion_starts_a_training_by_itself(
    celery_worker_process: None, workspace: Workspace, cast: Cast, visit: Visit
) -> None:
    """J-45, J-46, J-47, J-49: 49 completions train nothing; the 50th, in the browser, does, and it is deployed."""
    write(workspace, 52)
    project = projects.create_annotation(workspace, cast.mona, name="Letters", labeling_config=ANNOTATION_CONFIG)
    mona = visit(cast.mona)
    page = mona.page
    mona.open(f"/projects/{project.pk}/training/")
    expect(page.get_by_label("Train after every")).to_be_hidden()
    page.get_by_label("Train by itself while people annotate").check()
    expect(page.get_by_label("Train after every")).to_be_visible()
    page.get_by_label("Train after every").select_option("other")
    expect(page.get_by_label("Number of completions")).to_be_visible()
    page.get_by_label("Train after every").select_option("50")
    expect(page.get_by_label("Number of completions")).to_be_hidden()
    page.get_by_label("Deploy it: it pre-annotates").check()
    page.get_by_role("button", name="Save").click()
    expect(
        page.get_by_text("A training starts at every 50 new completions; each new model is deployed.")
    ).to_be_visible()
    mona.look("training-7-active-learning")

    items = list(project.items.select_related("document").order_by("ordinal"))
    finish(fresh(project), cast, items[:49])
    assert not trainings.history(project).exists()
    rita = visit(cast.rita)
    desk = rita.page
    rita.open(f"/projects/{project.pk}/annotate/")
    number = read(desk)
    drag(desk, PARTS[number % 5])
    desk.keyboard.press("1")
    desk.keyboard.press("f" if number % 2 else "c")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("h1")).not_to_have_text(f"Letter {number}")
    expect(page.locator("#live")).to_contain_text("The last training made", timeout=TRAINED)
    expect(page.locator("#trainings tbody tr")).to_have_count(1)
    expect(page.locator("#trainings")).to_contain_text("Active learning")
    assert 'model="ner_letters_annotation_active_learning"' in fresh(project).labeling_config
    expect(page.locator("#trainings tbody tr")).to_contain_text("Yes")
    mona.look("training-8-by-itself")
