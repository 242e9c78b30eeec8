"""Annotation projects over REST."""

import pytest

from reviewapp.domain import assignments, projects
from reviewapp.models import Completion, Draft, Prediction, Project
from tests.cast import ANNOTATION_CONFIG, Cast, annotate, chosen, fresh, span
from tests.reviewapp.api.conftest import Api


def test_a_project_is_made_annotated_and_judged(annotation: Project, cast: Cast) -> None:
    mona, rita = Api(cast.mona), Api(cast.rita)
    body = {"kind": "annotation", "name": "More parts", "labeling_config": ANNOTATION_CONFIG, "every_n": 100}
    made = mona.post(f"/workspaces/{annotation.workspace_id}/projects", body)
    assert made.status_code == 201
    assert (made.json()["kind"], made.json()["choices"], made.json()["every_n"]) == ("annotation", None, 100)
    at = f"/projects/{made.json()['id']}"
    assert mona.get(f"{at}/labeling-config").json() == {"labeling_config": ANNOTATION_CONFIG}

    handed = rita.post(f"{at}/tasks/next").json()["next"]
    part = span(handed["document"]["text"], "valve", "Part")
    task = f"{at}/tasks/{handed['document']['id']}"
    assert rita.put(f"{task}/draft", {"result": [part]}).status_code == 200
    assert rita.get(task).json()["draft"] == [part]
    said = {"lease_token": handed["lease_token"], "result": [part, chosen("tone", "Formal")]}
    submitted = rita.post(f"{at}/annotations", said)
    assert submitted.status_code == 201
    assert submitted.json()["next"]["document"]["id"] != handed["document"]["id"]
    assert rita.post(f"{at}/annotations", said).json()["completion"] == submitted.json()["completion"]

    completion = submitted.json()["completion"]
    verdict = {"accepted": False, "comment": "And the supplier?"}
    assert mona.post(f"{at}/completions/{completion}/verdicts", verdict).status_code == 201
    seen = rita.get(task).json()
    assert (seen["state"], seen["draft"]) == ("to_correct", None)
    [shown] = seen["completions"]
    assert (shown["stands"], shown["result"][0], shown["verdicts"][0]["comment"]) == (False, part, "And the supplier?")
    assert rita.post(f"{task}/open").json()["next"]["document"]["id"] == handed["document"]["id"]


def test_tasks_are_dealt_out_found_and_talked_about(annotation: Project, cast: Cast) -> None:
    mona, at = Api(cast.mona), f"/projects/{annotation.pk}"
    everything = list(annotation.items.values_list("document_id", flat=True))
    deal = {"documents": everything, "annotators": ["rita", "rolf"], "each": 1}
    assert mona.post(f"{at}/assignments", deal).json() == {"changed": 12}
    assert len(mona.every(f"{at}/tasks", annotator="rita", page_size=4)) == 6
    assert len(Api(cast.rolf).every(f"{at}/tasks", own="true", state="incomplete")) == 6
    assert mona.get(f"{at}/tasks", annotator="nobody").json()["results"] == []
    back = {"documents": everything[:2], "annotators": ["rita", "rolf"]}
    assert mona.post(f"{at}/assignments/withdrawal", back).json() == {"changed": 2}
    said = Api(cast.rita).post(f"{at}/tasks/{everything[0]}/comments", {"text": "Which part?"})
    assert (said.status_code, said.json()["author"]) == (201, "rita")
    assert mona.get(f"{at}/tasks/{everything[0]}").json()["comments"][0]["text"] == "Which part?"


def test_what_does_not_fit_is_told_with_its_place(annotation: Project, cast: Cast) -> None:
    rita, at = Api(cast.rita), f"/projects/{annotation.pk}"
    handed = rita.post(f"{at}/tasks/next").json()["next"]
    wrong = [chosen("tone", "Angry"), span("valve", "valve", "Part") | {"from_name": "x"}]
    refused = rita.post(f"{at}/annotations", {"lease_token": handed["lease_token"], "result": wrong})
    assert refused.status_code == 422
    assert len(refused.json()["fields"]["result"]) == 2
    draft = rita.put(f"{at}/tasks/{handed['document']['id']}/draft", {"result": wrong})
    assert draft.status_code == 422
    assert not Draft.objects.exists()
    assert not Completion.objects.exists()


@pytest.mark.parametrize("result", [None, {}, "x", [[]], [{"type": {}}], [{"type": "labels", "value": []}]])
def test_any_json_is_answered(annotation: Project, cast: Cast, result: object) -> None:
    rita, at = Api(cast.rita), f"/projects/{annotation.pk}"
    handed = rita.post(f"{at}/tasks/next").json()["next"]
    refused = rita.post(f"{at}/annotations", {"lease_token": handed["lease_token"], "result": result})
    assert refused.status_code == 422


def test_a_config_is_previewed_and_replaced(annotation: Project, cast: Cast) -> None:
    """J-33, J-53: every problem with line and column, and nothing is saved before it is right."""
    mona, at = Api(cast.mona), f"/projects/{annotation.pk}/labeling-config"
    annotate(annotation, cast.rita, annotation.items.get(ordinal=0))
    wrong, losing = ANNOTATION_CONFIG.replace("toName", "toNam"), ANNOTATION_CONFIG.replace("Formal", "Stiff")
    preview = f"/workspaces/{annotation.workspace_id}/labeling-config/preview"
    seen = mona.post(preview, {"labeling_config": wrong}).json()
    assert not seen["usable"]
    assert (seen["problems"][0]["line"], seen["problems"][0]["column"]) == (3, 3)
    assert mona.put(at, {"labeling_config": wrong}).status_code == 422
    lost = mona.post(preview, {"labeling_config": losing, "project": annotation.pk}).json()
    assert (lost["usable"], len(lost["lost"])) == (False, 1)
    assert mona.put(at, {"labeling_config": losing}).status_code == 422
    assert fresh(annotation).labeling_config == ANNOTATION_CONFIG
    wider = ANNOTATION_CONFIG.replace('<Choice value="Food"/>', '<Choice value="Food"/><Choice value="Oil"/>')
    assert mona.put(at, {"labeling_config": wider}).json() == {"labeling_config": wider}
    assert Api(cast.rita).put(at, {"labeling_config": wider}).status_code == 403


def test_kinds_do_not_mix(annotation: Project, project: Project, cast: Cast) -> None:
    """What belongs to reviews alone is refused in an annotation project by name, and the other way round."""
    mona = Api(cast.mona)
    for address in ("statistics", "versions", "stopping", "quality", "validation-rounds", "documents", "labels"):
        refused = mona.get(f"/projects/{annotation.pk}/{address}")
        assert refused.status_code == 409, address
        assert "annotation project" in refused.json()["detail"]
    for address in ("next", "train"):
        assert mona.post(f"/projects/{annotation.pk}/{address}", {}).status_code == 409
    for address in ("tasks", "labeling-config"):
        assert "review project" in mona.get(f"/projects/{project.pk}/{address}").json()["detail"]
    made = f"/workspaces/{project.workspace_id}/projects"
    assert mona.post(made, {"name": "A", "kind": "annotation"}).status_code == 422
    assert mona.post(made, {"name": "A", "labeling_config": ANNOTATION_CONFIG}).status_code == 422


def test_the_switch_belongs_to_managers(annotation: Project, cast: Cast) -> None:
    """J-45: owners and managers switch active learning; others cannot."""
    on = {"active_learning": True}
    assert Api(cast.rita).patch(f"/projects/{annotation.pk}", on).status_code == 403
    assert Api(cast.mona).patch(f"/projects/{annotation.pk}", on).json()["active_learning"] is True


def test_predictions_come_with_a_task(annotation: Project, cast: Cast) -> None:
    item = annotation.items.select_related("document").get(ordinal=0)
    part = span(item.document.text, "valve", "Part")
    Prediction.objects.create(item=item, model="ner", result=[part], confidence=0.5)
    seen = Api(cast.rita).get(f"/projects/{annotation.pk}/tasks/{item.document_id}").json()
    assert seen["predictions"] == [{"model": "ner", "confidence": 0.5, "result": [part]}]
    assert seen["state"] == "incomplete"


def test_somebody_elses_task_is_refused(annotation: Project, cast: Cast) -> None:
    item = annotation.items.get(ordinal=0)
    assignments.assign(annotation, [item.document_id], [cast.rita], cast.mona)
    at = f"/projects/{annotation.pk}/tasks/{item.document_id}"
    assert Api(cast.rolf).post(f"{at}/open").status_code == 403
    assert Api(cast.rolf).put(f"{at}/draft", {"result": []}).status_code == 403
    projects.pause(annotation, cast.mona)
    assert Api(cast.rita).post(f"/projects/{annotation.pk}/tasks/next").status_code == 409
