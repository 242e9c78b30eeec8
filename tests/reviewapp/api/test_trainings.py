"""Annotation projects over REST: train, read logs, deploy, pre-annotate, switch active learning."""

import io
import zipfile

from reviewapp.models import AuditEvent, Prediction, Project
from tests.cast import Cast, annotate, chosen, fresh, perform_jobs, span
from tests.reviewapp.api.conftest import Api


def annotated(project: Project, cast: Cast) -> Project:
    for place, item in enumerate(project.items.select_related("document").order_by("ordinal")[:10]):
        text = item.document.text
        tone = chosen("tone", ["Formal", "Casual"][place % 2])
        annotate(project, cast.rita, item, span(text, text.split()[0], "Part"), tone)
    return fresh(project)


def events(project: Project) -> list[str]:
    rows = AuditEvent.objects.filter(workspace=project.workspace).order_by("pk")
    return list(rows.values_list("verb", flat=True))


def test_from_a_training_to_predictions(annotation: Project, cast: Cast) -> None:
    """J-01, J-10, J-12, J-24, J-43, J-50, J-57: managers train, read logs, deploy, pre-annotate; others may not."""
    project = annotated(annotation, cast)
    mona, rita, base = Api(cast.mona), Api(cast.rita), f"/projects/{project.pk}"
    asked = {"deploy": False, "parameters": {"epochs": 4, "validation_split": 0}}
    assert rita.post(f"{base}/trainings", asked).status_code == 403
    assert mona.post(f"{base}/trainings", {"parameters": {}}).status_code == 422
    refused = mona.post(f"{base}/trainings", asked | {"parameters": {"epochs": 0}})
    assert (refused.status_code, "epochs" in refused.json()["fields"]) == (422, True)
    started = mona.post(f"{base}/trainings", asked)
    assert (started.status_code, started.json()["kind"]) == (202, "train")
    assert mona.post(f"{base}/trainings", asked).status_code == 409
    perform_jobs()

    logs = mona.get(f"{base}/trainings/{started.json()['id']}/logs").json()
    assert logs["state"] == "done"
    assert {"ner_parts_annotation_manual", "classification_tone_annotation_manual"} <= set(logs["logs"])
    assert rita.get(f"{base}/trainings/{started.json()['id']}/logs").status_code == 403
    file = f"{base}/trainings/{started.json()['id']}/logs/file"
    packed = zipfile.ZipFile(io.BytesIO(mona.get(file).content))
    assert {name.removesuffix(".log") for name in packed.namelist()} == set(logs["logs"])
    one = mona.get(f"{file}?model=ner_parts_annotation_manual")
    assert one.content == packed.read("ner_parts_annotation_manual.log")
    assert mona.get(f"{file}?model=nobody").status_code == 404
    assert rita.get(file).status_code == 403
    models = mona.every(f"{base}/annotation-models")
    names = [model["name"] for model in models]
    assert names == ["classification_tone_annotation_manual", "ner_parts_annotation_manual"]
    assert models[1]["labels"] == ["Part", "Person"]
    assert models[1]["parameters"]["dropout"]["effect"] == "recorded, no effect"
    assert not any(model["deployed"] for model in models)

    assert mona.post(f"{base}/preannotations", {}).status_code == 409
    assert mona.post(f"{base}/deployments", {"models": ["nobody"]}).status_code == 422
    config = mona.post(f"{base}/deployments", {"models": names}).json()["labeling_config"]
    assert config.count('model="ner_parts_annotation_manual"') == 2
    assert all(model["deployed"] for model in mona.every(f"{base}/annotation-models"))
    left = project.items.get(ordinal=11).document_id
    assert mona.post(f"{base}/preannotations", {"documents": [left]}).status_code == 202
    perform_jobs()
    assert set(Prediction.objects.values_list("item__document", flat=True)) == {left}
    assert [job["state"] for job in mona.every(f"{base}/trainings")] == ["done"]
    asked_for = [verb for verb in events(project) if verb.split(".")[0] in ("training", "model", "preannotation")]
    assert asked_for == ["training.request", "model.deploy", "preannotation.request"]


def test_active_learning_is_switched_by_managers_who_say_whether_to_deploy(annotation: Project, cast: Cast) -> None:
    """J-45, J-47, J-49."""
    base = f"/projects/{annotation.pk}/active-learning"
    assert Api(cast.rita).put(base, {"on": True, "deploy": True}).status_code == 403
    assert Api(cast.mona).put(base, {"on": True}).status_code == 422
    said = Api(cast.mona).put(base, {"on": True, "every_n": 200, "deploy": True})
    assert said.json() == {"on": True, "every_n": 200, "deploy": True}
    assert Api(cast.mona).put(base, {"on": False}).json() == {"on": False, "every_n": 200, "deploy": True}
    assert events(annotation)[-2:] == ["project.change", "project.change"]


def test_a_review_project_has_no_such_trainings(project: Project, cast: Cast) -> None:
    base = f"/projects/{project.pk}"
    assert Api(cast.mona).post(f"{base}/trainings", {"deploy": False}).status_code == 409
    assert Api(cast.mona).get(f"{base}/annotation-models").status_code == 409
