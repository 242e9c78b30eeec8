"""The Training page of annotation projects."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from models_lib.models import ModelVersion
from reviewapp.domain import jobs, projects, trainings
from reviewapp.models import Job, Prediction, Project, User, Workspace
from tests.cast import ANNOTATION_CONFIG, Cast, annotate, chosen, fresh, perform_jobs, span, write_documents
from training import annotations
from training.core.parameters import RANGES

Browser = Callable[[User], Client]
FAST = {"deploy": "no", "epochs": "4", "validation_split": "0.3"}


@pytest.fixture
def taught(workspace: Workspace, cast: Cast) -> Project:
    """An annotation project over 30 documents, of which 24 are annotated: a part in each, an answer about its tone."""
    write_documents(workspace, 30)
    made = projects.create_annotation(workspace, cast.mona, name="Parts", labeling_config=ANNOTATION_CONFIG)
    perform_jobs()
    for place, item in enumerate(made.items.select_related("document").order_by("ordinal")[:24]):
        said = item.document.text
        tone = chosen("tone", ["Formal", "Casual"][place % 4 == 0])
        annotate(made, cast.rita, item, span(said, said.split()[1], "Part"), tone)
    return fresh(made)


@pytest.fixture
def mona(browser: Browser, cast: Cast) -> Client:
    return browser(cast.mona)


def text(said: Any) -> str:
    return str(said.content.decode())


def page(client: Client, project: Project, name: str = "training", /, **query: str) -> str:
    said = client.get(reverse(name, args=[project.pk]), query)
    assert said.status_code == 200
    return text(said)


def start(client: Client, project: Project, **said: Any) -> Any:
    return client.post(reverse("training-start", args=[project.pk]), FAST | said)


def trained(client: Client, project: Project, **said: Any) -> Job:
    assert start(client, project, **said).status_code == 302
    perform_jobs()
    return trainings.history(project)[0]


def test_training_is_one_click_from_setup(annotation: Project, mona: Client) -> None:
    """J-03"""
    assert f'href="{reverse("training", args=[annotation.pk])}"' in page(mona, annotation, "annotation-setup")
    assert "Model training" in page(mona, annotation)


def test_only_managers_are_offered_a_training(annotation: Project, cast: Cast, browser: Browser) -> None:
    """J-01, J-45: others see what was trained, no button, and are refused."""
    for person in (cast.rita, cast.vic):
        client = browser(person)
        seen = page(client, annotation)
        assert "Train now" not in seen
        assert 'name="on"' not in seen
        for name in ("training-start", "training-switch", "training-deploy"):
            assert client.post(reverse(name, args=[annotation.pk]), FAST).status_code == 403
    assert browser(cast.stan).get(reverse("training", args=[annotation.pk])).status_code == 404


def test_the_button_is_off_with_the_reason_while_something_runs(taught: Project, mona: Client) -> None:
    """J-06, J-07: in the page, and to who asks all the same."""
    assert 'id="train-now" popovertarget' in page(mona, taught)
    assert start(mona, taught).status_code == 302
    seen = page(mona, taught)
    assert 'id="train-now" disabled aria-describedby="why-not"' in seen
    assert "A training of this project is waiting or running already." in seen
    assert start(mona, taught).status_code == 409


def test_one_has_to_say_whether_to_deploy(taught: Project, mona: Client) -> None:
    """J-10: no default is silently taken."""
    seen = page(mona, taught)
    assert ">Train only</button>" in seen
    assert ">Train and deploy</button>" in seen
    said = mona.post(reverse("training-start", args=[taught.pk]), {"epochs": "4"})
    assert said.status_code == 422
    assert "Say whether the models are deployed" in text(said)
    assert not trainings.history(taught).exists()


def test_parameters_are_behind_the_gear_and_say_what_has_no_effect(taught: Project, mona: Client) -> None:
    """J-14, J-15, J-16: native and reachable by keyboard; the tags come last."""
    seen = page(mona, taught)
    gear = seen[seen.index('<details class="gear">') : seen.index("</details>")]
    places = [gear.index(f'name="{name}"') for name in [*RANGES, "tags"]]
    assert places == sorted(places)
    assert "<summary>" in gear
    rate = gear[gear.index('name="learning_rate"') : gear.index('name="decay"')]
    assert '<span class="with-crfsuite">recorded, no effect</span>' in rate
    assert '<span class="with-minibatch">used for entities</span>' in rate
    assert 'min="1e-05" max="1"' in rate
    wrong = start(mona, taught, dropout="0.95")
    assert wrong.status_code == 422
    assert '<details class="gear" open>' in text(wrong)
    assert "less than or equal to 0.9" in text(wrong)


def test_what_was_chosen_is_what_trains(taught: Project, mona: Client) -> None:
    """J-14, J-16, J-17"""
    job = trained(mona, taught, engine="minibatch", tags=["box a"], decay="0.2", batch="")
    assert job.parameters["parameters"] == {"validation_split": 0.3, "epochs": 4, "decay": 0.2}
    assert (job.parameters["engine"], job.parameters["tags"]) == ("minibatch", ["box a"])
    ner = job.versions.get(kind=ModelVersion.Kind.NER)
    assert ner.metrics["examples"]["Part"] == 12
    everything = trained(mona, taught)
    assert everything.versions.get(kind=ModelVersion.Kind.NER).metrics["examples"]["Part"] == 24


def test_a_split_by_tags_that_no_task_has_fails_with_the_reason_and_can_be_tried_again(
    taught: Project, mona: Client
) -> None:
    """J-09: the reason stands on the page after a reload, until the next training."""
    job = trained(mona, taught, split="tags")
    assert job.state == Job.State.FAILED
    seen = page(mona, taught)
    assert "No task that counts has the tag Test" in seen
    document = taught.items.select_related("document").get(ordinal=0).document
    document.tags = ["Test"]
    document.save()
    assert f'action="{reverse("training-retry", args=[taught.pk, job.pk])}"' in seen
    assert mona.post(reverse("training-retry", args=[taught.pk, job.pk])).status_code == 302
    perform_jobs()
    job.refresh_from_db()
    assert job.result["outcome"] == "trained"
    assert "The last training made" in page(mona, taught)


def test_too_few_examples_are_told_with_the_log(annotation: Project, mona: Client) -> None:
    """J-09, J-43: nothing to learn from is an outcome, and its log can be saved."""
    job = trained(mona, annotation)
    assert "The last training made no model. No entity is annotated yet" in page(mona, annotation)
    said = mona.get(reverse("training-logs", args=[annotation.pk, job.pk]), {"model": "training"})
    assert "Skipped: " in text(said)


def test_what_moves_is_told_without_a_reload(taught: Project, mona: Client) -> None:
    """J-08: the page asks every second and a half; when a training begins or ends, the rest of it hears of that."""
    assert re.search(r'id="live" data-live hx-get="[^"]*seen=none[^"]*" hx-trigger="every 1500ms"', page(mona, taught))
    address = reverse("training-live", args=[taught.pk])
    assert "HX-Trigger" not in mona.get(address, {"seen": "none"}).headers
    start(mona, taught)
    job = trainings.history(taught)[0]
    began = mona.get(address, {"seen": "none"})
    assert began.headers["HX-Trigger"] == '{"training-moved": {}}'
    assert "Waiting for a worker" in text(began)
    assert 'id="trainings" aria-labelledby="trainings-heading" hx-swap-oob="true"' in text(began)
    run = jobs.claim(job.pk)
    assert run is not None
    run.log(["Epoch 1: loss 3.5"])
    run.report("Training", 250, 1000)
    stopped = mona.post(reverse("job-cancel", args=[job.pk]))
    assert stopped.headers["Location"] == reverse("training", args=[taught.pk])
    moving = text(mona.get(address, {"seen": f"{job.pk}-running"}))
    assert "25 %" in moving
    assert "Stopping" in moving
    assert "Epoch 1: loss 3.5" in moving
    assert "hx-swap-oob" not in moving


def test_the_log_is_for_managers(taught: Project, mona: Client, cast: Cast, browser: Browser) -> None:
    """J-12, J-13, J-42, J-43: one click, one archive with a log for each model, also for what was skipped."""
    job = trained(mona, taught)
    address = reverse("training-logs", args=[taught.pk, job.pk])
    assert browser(cast.rita).get(address).status_code == 403
    assert f'href="{address}"' in page(mona, taught)
    assert "training-logs" not in page(browser(cast.rita), taught)
    said = mona.get(address)
    packed = zipfile.ZipFile(io.BytesIO(said.content))
    assert sorted(packed.namelist()) == [
        "assertion_parts_annotation_manual.model.log",
        "classification_tone_annotation_manual.log",
        "ner_parts_annotation_manual.log",
    ]
    one = mona.get(address, {"model": "ner_parts_annotation_manual"})
    assert one.content == packed.read("ner_parts_annotation_manual.log")
    assert one.headers["Content-Type"] == "text/plain; charset=utf-8"
    for part in ("epochs = 4 (used)", "algorithm: linear-chain CRF", "features: ", "Part: 24 examples", "precision"):
        assert part in text(one)
    assert mona.get(address, {"model": "nobody"}).status_code == 404


def test_a_training_shows_figures_by_label_and_who_was_taken_for_whom(taught: Project, mona: Client) -> None:
    """J-04, J-13: examples with the few flagged, precision, recall and F1 with support, averages, confusion."""
    job = trained(mona, taught)
    seen = text(mona.get(reverse("training-run", args=[taught.pk, job.pk])))
    figures = job.versions.get(kind=ModelVersion.Kind.NER).metrics["figures"]
    part = figures["labels"]["Part"]
    assert part["annotated"] > 0
    row = re.search(r'<th scope="row">Part</th><td class="num">24 <span class="badge warning">few.*?</tr>', seen)
    assert row
    assert f'<td class="num">{100 * part["precision"]:.1f} %</td>' in row[0]
    assert f'<strong>{100 * part["f1"]:.1f} %</strong></td><td class="num">{part["annotated"]}</td>' in row[0]
    for said in ("(micro)", "(macro)", "(weighted)", "Confusion matrix", "recorded, no effect", "was skipped"):
        assert said in seen
    assert " style=" not in seen


def test_examples_of_each_label_are_counted_before_training(taught: Project, cast: Cast, mona: Client) -> None:
    """J-04: of the completions that would train, and labels under the advised number are flagged."""
    seen = page(mona, taught, "training-examples")
    assert "24 tasks would train now." in seen
    assert re.search(r'<th scope="row">Part</th><td class="num">24 <span class="badge warning">few', seen)
    assert re.search(r'<th scope="row">Formal</th><td class="num">18 ', seen)
    assert "<caption>Assertion model</caption>" in seen
    _, found = annotations.examples(taught)
    assert [(each.kind, counts) for each, counts in found] == [
        ("ner", {"Part": 24, "Person": 0}),
        ("assertion", {"Absent": 0}),
        ("choice-single", {"Formal": 18, "Casual": 6}),
    ]


def test_models_are_listed_with_their_labels_and_when_and_how_they_were_trained(taught: Project, mona: Client) -> None:
    """J-24, J-25, J-26, J-41, J-54, J-55: entities and choices alike, one row a model; time in the list itself."""
    trained(mona, taught)
    seen = page(mona, taught)
    rows = re.findall(r'<th scope="row"><a class="mono" href="[^"]*#model-\d+" title="([^"]*)">([^<]*)</a>', seen)
    versions = list(trainings.made(taught))
    assert [name for _, name in rows] == [version.name for version in versions]
    assert [name for _, name in rows] == ["classification_tone_annotation_manual", "ner_parts_annotation_manual"]
    for (title, _), version in zip(rows, versions, strict=True):
        assert title == f"Trained {version.created_at:%-d %b %Y, %H:%M}, started by hand"
        assert version.created_at.strftime("%H:%M</time>") in seen
    assert '<li class="chip">Casual</li>' in seen
    assert "Started by hand by mona" in seen


def test_one_start_of_a_mixed_project_lists_three_models(workspace: Workspace, cast: Cast, mona: Client) -> None:
    """J-23, J-42, J-44: entities, assertion status and a choice, each with a row of its own."""
    write_documents(workspace, 20)
    present = '<Label value="Present" assertion="true"/></Labels>'
    config = ANNOTATION_CONFIG.replace("</Labels>", present)
    mixed = projects.create_annotation(workspace, cast.mona, name="Mixed", labeling_config=config)
    perform_jobs()
    for place, item in enumerate(mixed.items.select_related("document").order_by("ordinal")):
        word, odd = item.document.text.split()[1], place % 2
        status = span(item.document.text, word, ["Present", "Absent"][odd], "b")
        tone = chosen("tone", ["Formal", "Casual"][odd])
        annotate(mixed, cast.rita, item, span(item.document.text, word, "Part"), status, tone)
    job = trained(mona, fresh(mixed))
    seen = page(mona, mixed)
    for version in job.versions.all():
        assert f'#model-{version.pk}" title="Trained ' in seen
    assert job.versions.count() == 3
    assert job.result["deployed"] is False


def test_a_model_is_found_by_its_project_and_deployed_later(
    taught: Project, workspace: Workspace, cast: Cast, mona: Client
) -> None:
    """J-50, J-51: only model attributes change."""
    trained(mona, taught)
    other = projects.create_annotation(workspace, cast.mona, name="Others", labeling_config=ANNOTATION_CONFIG)
    assert "ner_parts_annotation_manual" not in page(mona, other)
    found = page(mona, other, "training-models", project="part", kind="ner")
    assert "ner_parts_annotation_manual" in found
    assert "classification_tone" not in found
    deploy = reverse("training-deploy", args=[taught.pk])
    assert f'action="{deploy}"' in found
    assert mona.post(deploy, {"model": "ner_parts_annotation_manual"}).status_code == 302
    xml = fresh(taught).labeling_config
    assert xml.replace(' model="ner_parts_annotation_manual"', "") == ANNOTATION_CONFIG
    assert "Deployed</span>" in page(mona, taught)
    assert mona.post(deploy, {"model": "nobody"}).status_code == 422
    assert mona.post(deploy).status_code == 422


def test_active_learning_asks_whether_to_deploy_and_shows_what_was_said(annotation: Project, mona: Client) -> None:
    """J-45, J-47, J-49: a choice of 50, 100, 200 or another number, inside what shows only when it is on."""
    seen = page(mona, annotation)
    inside = seen[seen.index('class="fields when-on"') :]
    assert re.findall(r'<option value="(\w+)"', inside)[:4] == ["50", "100", "200", "other"]
    assert not re.search(r'name="deploy" value="(yes|no)"[^>]*checked', inside)
    address = reverse("training-switch", args=[annotation.pk])
    silent = mona.post(address, {"on": "on", "every_n": "100"})
    assert silent.status_code == 422
    assert "Say whether each new model is deployed" in text(silent)
    assert mona.post(address, {"on": "on", "every_n": "other", "deploy": "yes"}).status_code == 422
    assert (
        mona.post(address, {"on": "on", "every_n": "other", "every_n_other": "75", "deploy": "yes"}).status_code == 302
    )
    assert (now := fresh(annotation)).active_learning
    assert (now.every_n, now.deploys) == (75, True)
    assert "A training starts at every 75 new completions; each new model is deployed." in page(mona, annotation)
    assert mona.post(address, {"every_n": "50"}).status_code == 302
    assert (fresh(annotation).active_learning, fresh(annotation).every_n) == (False, 75)


def test_ticked_tasks_are_pre_annotated_by_what_is_deployed(taught: Project, mona: Client) -> None:
    """J-57: asked for from the list of tasks, which says what is deployed."""
    tasks, change = reverse("tasks", args=[taught.pk]), reverse("tasks-change", args=[taught.pk])
    ticked = list(taught.items.filter(ordinal__gte=24).values_list("document_id", flat=True)[:2])
    assert "No model is deployed yet." in text(mona.get(tasks))
    assert mona.post(change, {"document": ticked, "change": "preannotate"}).status_code == 409
    trained(mona, taught, deploy="yes")
    seen = text(mona.get(tasks))
    assert '<span class="mono">ner_parts_annotation_manual</span><br>Part, Person' in seen
    assert "2 models of annotations" in text(mona.get(reverse("workspace-jobs", args=[taught.workspace_id])))
    assert mona.post(change, {"document": ticked, "change": "preannotate"}).status_code == 302
    assert "Pre-annotation" in page(mona, taught)
    perform_jobs()
    assert set(Prediction.objects.values_list("item__document", flat=True)) == set(ticked)
    assert not taught.items.filter(ordinal__gte=24).exclude(decision=None).exists()


@pytest.fixture
def many(taught: Project, cast: Cast) -> Project:
    for _ in range(12):
        jobs.request(Job.Kind.TRAIN, taught.workspace, project=taught, by=cast.mona, source="manual", deploy=False)
    Job.objects.filter(project=taught, kind=Job.Kind.TRAIN).update(state=Job.State.FAILED, error="No space.")
    return taught


def test_a_long_history_has_pages_and_costs_the_same(
    many: Project, mona: Client, django_assert_max_num_queries: Any
) -> None:
    """Every training with its source and state; no query a row."""
    with django_assert_max_num_queries(30):
        seen = page(mona, many)
    assert seen.count('data-state="failed"') == 11  # ten rows and the last result
    assert "1–10 of 12 trainings" in seen
    assert "11–12 of 12 trainings" in page(mona, many, page="2")
