"""The loop of an annotation project: annotate, train, deploy, pre-annotate."""

from datetime import timedelta
from typing import Any

import pytest

from models_lib import retention
from models_lib.models import ModelVersion
from reviewapp.domain import annotating, configs, jobs, projects, trainings
from reviewapp.domain.trainings import Wish
from reviewapp.errors import Conflict, Invalid
from reviewapp.labeling import InvalidConfig
from reviewapp.models import AuditEvent, Document, Job, Prediction, Project, Workspace
from tests.cast import ANNOTATION_CONFIG, Cast, annotate, chosen, fresh, perform_jobs, span
from training import annotations
from training.core.parameters import RANGES

pytestmark = pytest.mark.django_db

PEOPLE, PARTS = ["Alma", "Bruno", "Carla", "Dario"], ["valve", "gasket", "piston", "flange"]
FAST = Wish(parameters={"epochs": 6, "validation_split": 0.2})


@pytest.fixture
def parts(workspace: Workspace, cast: Cast) -> Project:
    """An annotation project over 20 notes, of which 16 are annotated: entities, what is absent, the tone."""
    rows = [
        Document(workspace=workspace, control_number=f"N{n:03}", text=text(n), tags=["even"] * (n % 2 == 0))
        for n in range(20)
    ]
    Document.objects.bulk_create(rows)
    made = projects.create_annotation(workspace, cast.mona, name="Parts", labeling_config=ANNOTATION_CONFIG)
    perform_jobs()
    for item in made.items.select_related("document").order_by("ordinal")[:16]:
        annotate(made, cast.rita, item, *answer(int(item.document.control_number[1:])))
    return fresh(made)


def text(number: int) -> str:
    person, part = PEOPLE[number % 4], PARTS[number // 4 % 4]
    said = "there was no" if number % 3 == 0 else "we shipped the"
    tone = "Yours sincerely" if number % 2 else "cheers mate"
    return f"Note {number}: {person} wrote that {said} {part} today, {tone}."


def answer(number: int) -> list[dict[str, Any]]:
    said, person, part = text(number), PEOPLE[number % 4], PARTS[number // 4 % 4]
    absent = [span(said, part, "Absent", "c")] if number % 3 == 0 else []
    tone = chosen("tone", "Formal" if number % 2 else "Casual")
    return [span(said, person, "Person", "a"), span(said, part, "Part", "b"), *absent, tone]


def started(project: Project, cast: Cast, *, deploy: bool = False, wish: Wish = FAST) -> Job:
    job = trainings.start(project, cast.mona, wish, deploy=deploy)
    perform_jobs()
    job.refresh_from_db()
    return job


def test_one_start_makes_a_version_of_each_kind_that_has_examples(parts: Project, cast: Cast) -> None:
    """J-05, J-10, J-12, J-13, J-23, J-24, J-26, J-42, J-43: a kind with too few examples is skipped, the log says so.

    Training only leaves the config alone.
    """
    job = started(parts, cast)
    assert (job.state, job.result["outcome"]) == (Job.State.DONE, "trained")
    assert job.result["versions"] == {"ner": 1, "choice-single": 1}
    assert list(job.result["skipped"]) == ["assertion_parts_annotation_manual.model"]
    names = [version.name for version in trainings.made(parts)]
    assert names == ["classification_tone_annotation_manual", "ner_parts_annotation_manual"]
    ner = parts.versions.get(kind=ModelVersion.Kind.NER)
    assert (ner.labels, ner.source, ner.positives) == (["Part", "Person"], "manual", 32)
    assert ner.metrics["examples"] == {"Part": 16, "Person": 16}
    assert set(ner.parameters["training"]) == set(RANGES)
    assert AuditEvent.objects.filter(verb="version.publish").count() == 2
    logs = trainings.logs(job)
    assert set(logs) == {*names, "assertion_parts_annotation_manual.model"}
    assert "epochs = 6 (used)" in logs["ner_parts_annotation_manual"]
    assert fresh(parts).labeling_config == ANNOTATION_CONFIG


def test_deploying_changes_nothing_but_models_and_an_older_version_can_be_deployed_later(
    parts: Project, cast: Cast
) -> None:
    """D16, J-11, J-50, J-51: each training makes the next integer version, and its name is given once."""
    job = started(parts, cast, deploy=True)
    xml = fresh(parts).labeling_config
    for version in job.versions.all():
        assert f'model="{version.name}"' in xml
        xml = xml.replace(f' model="{version.name}"', "")
    assert xml == ANNOTATION_CONFIG
    assert AuditEvent.objects.filter(verb="model.deploy").exists()
    started(parts, cast, deploy=True)
    xml = fresh(parts).labeling_config
    assert xml.count('model="ner_parts_annotation_manual_2"') == 2
    assert 'model="classification_tone_annotation_manual_2"' in xml
    annotations.deploy(parts, [job.versions.get(kind=ModelVersion.Kind.NER)], cast.mona)
    assert fresh(parts).labeling_config.count('model="ner_parts_annotation_manual"') == 2
    retention.retain(keep=timedelta(0))
    assert not parts.versions.filter(artifact="").exists()


def test_a_pretrained_model_keeps_its_labels_and_tags_limit_what_trains(parts: Project, cast: Cast) -> None:
    """J-16, J-52."""
    parts.labeling_config = ANNOTATION_CONFIG.replace('value="Part"', 'value="Part" model="bought"')
    parts.save(update_fields=["labeling_config"])
    job = started(parts, cast, deploy=True, wish=Wish(parameters={"epochs": 4}, tags=["even"]))
    xml = fresh(parts).labeling_config
    assert 'value="Part" model="bought"' in xml
    assert xml.count("ner_parts_annotation_manual") == 1
    assert job.versions.get(kind=ModelVersion.Kind.NER).metrics["examples"] == {"Part": 8, "Person": 8}


def test_deployed_models_pre_annotate_and_make_nothing_done(parts: Project, cast: Cast) -> None:
    """J-57: predictions made by those very versions; no document is done by them."""
    job = started(parts, cast, deploy=True)
    open_ = [item.document_id for item in parts.items.order_by("ordinal")[16:]]
    trainings.preannotate(parts, cast.mona, open_)
    perform_jobs()
    found = Prediction.objects.filter(item__project=parts).select_related("version", "item")
    assert {prediction.version for prediction in found} == set(job.versions.all())
    assert {prediction.item.document_id for prediction in found} == set(open_)
    labels = {label for each in found for result in each.result for label in result["value"].get("labels", [])}
    assert labels == {"Part", "Person"}
    assert all(each.confidence and 0 < each.confidence <= 1 for each in found)
    assert not parts.items.filter(ordinal__gte=16).exclude(decision=None).exists()
    item = annotating.open_document(fresh(parts), parts.items.get(ordinal=17), cast.rolf)
    shown = annotating.begin(fresh(parts), item, cast.rolf).suggestions
    assert {each.model for each in shown} == {version.name for version in job.versions.all()}
    again = trainings.preannotate(parts, cast.mona)
    perform_jobs()
    again.refresh_from_db()
    assert again.result["documents"] == 20
    assert Prediction.objects.values("item", "model").distinct().count() == Prediction.objects.count()


def test_nothing_starts_beside_a_training_or_a_pre_annotation(annotation: Project, cast: Cast) -> None:
    """J-06, J-07, D4; and without a deployed model nothing is pre-annotated."""
    with pytest.raises(Conflict, match="No model is deployed"):
        trainings.preannotate(annotation, cast.mona)
    for kind, said in ((Job.Kind.TRAIN, "A training"), (Job.Kind.PREANNOTATE, "A pre-annotation")):
        job = jobs.request(kind, annotation.workspace, project=annotation)
        with pytest.raises(Conflict, match=f"{said} of this project is waiting or running already"):
            trainings.start(annotation, cast.mona, FAST, deploy=False)
        with pytest.raises(Conflict, match=f"{said} of this project is waiting or running already"):
            trainings.preannotate(annotation, cast.mona)
        jobs.cancel(job, cast.mona)


@pytest.mark.parametrize(
    "wish", [Wish(parameters={"epochs": 0}), Wish(parameters={"pace": 1}), Wish(engine="x"), Wish(tags=["t"] * 51)]
)
def test_a_wish_out_of_range_is_refused(annotation: Project, cast: Cast, wish: Wish) -> None:
    """J-14."""
    with pytest.raises(Invalid):
        trainings.start(annotation, cast.mona, wish, deploy=False)
    assert not Job.objects.filter(project=annotation, kind=Job.Kind.TRAIN).exists()


def test_too_few_annotations_end_the_job_with_the_reason(annotation: Project, cast: Cast) -> None:
    """J-02, J-09."""
    job = started(annotation, cast)
    assert (job.state, job.result["outcome"]) == (Job.State.DONE, "not enough examples")
    assert "No entity is annotated yet" in job.result["reason"]
    assert not annotation.versions.exists()


def test_active_learning_trains_at_every_nth_completion_and_deploys_as_was_said(
    annotation: Project, cast: Cast
) -> None:
    """J-45, J-46, J-48, J-49."""
    with pytest.raises(Invalid, match="Say whether each new model is deployed"):
        trainings.switch(annotation, cast.mona, on=True)
    project = trainings.switch(annotation, cast.mona, on=True, every_n=8, deploy=True)
    items = list(project.items.select_related("document").order_by("ordinal"))
    for place, item in enumerate(items[:8]):
        first = item.document.text.split()[0]
        annotate(
            project,
            cast.rita,
            item,
            span(item.document.text, first, "Part"),
            chosen("tone", ["Formal", "Casual"][place % 2]),
        )
        waiting = Job.objects.filter(project=project, kind=Job.Kind.TRAIN).count()
        assert waiting == (place == 7)
    perform_jobs()
    found = {version.name: version.source for version in trainings.made(project)}
    assert found["ner_parts_annotation_active_learning"] == "active_learning"
    assert 'model="ner_parts_annotation_active_learning"' in fresh(project).labeling_config
    assert trainings.history(project)[0].result["deployed"] is True


def test_a_wrong_name_of_a_model_is_told_in_the_preview_and_not_saved(parts: Project, cast: Cast) -> None:
    """J-29, J-30, J-53."""
    started(parts, cast)
    wrong = ANNOTATION_CONFIG.replace('value="Part"', 'value="Part" model="ner_nobody"')
    said = [problem.message for problem in configs.preview(wrong, parts).examined.errors]
    assert said == ["There is no model “ner_nobody”."]
    with pytest.raises(InvalidConfig, match="There is no model"):
        configs.change(parts, cast.mona, wrong)
    ner = ANNOTATION_CONFIG.replace('assertion="true"', 'assertion="true" model="ner_parts_annotation_manual"')
    with pytest.raises(InvalidConfig, match=r"“Absent” is an assertion label, so it cannot be predicted by"):
        configs.change(parts, cast.mona, ner)
    right = ANNOTATION_CONFIG.replace('value="Part"', 'value="Part" model="ner_parts_annotation_manual"')
    assert configs.change(parts, cast.mona, right).labeling_config == right


def test_before_the_first_version_a_name_that_is_new_is_wrong_too(annotation: Project, cast: Cast) -> None:
    """J-53: whatever a project began with stays; what is named later has to be a model that there is."""
    wrong = ANNOTATION_CONFIG.replace('value="Part"', 'value="Part" model="ner_nobody"')
    said = [problem.message for problem in configs.preview(wrong, annotation).examined.errors]
    assert said == ["There is no model “ner_nobody”."]
    with pytest.raises(InvalidConfig, match="There is no model"):
        configs.change(annotation, cast.mona, wrong)
    began = projects.create_annotation(annotation.workspace, cast.mona, name="Begun", labeling_config=wrong)
    assert configs.change(began, cast.mona, wrong).labeling_config == wrong
    with pytest.raises(InvalidConfig, match="There is no model “ner_other”"):
        configs.change(began, cast.mona, wrong.replace("ner_nobody", "ner_other"))


def test_a_review_project_has_no_such_training(project: Project, cast: Cast) -> None:
    with pytest.raises(Conflict):
        trainings.start(project, cast.mona, FAST, deploy=False)
