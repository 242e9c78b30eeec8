"""Files of annotated tasks over REST: in, out, and back again."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile

from reviewapp.domain import assignments, people, projects, task_imports, verdicts
from reviewapp.formats import read
from reviewapp.models import AuditEvent, Completion, Decision, Document, Prediction, Project, Workspace
from tests.cast import ANNOTATION_CONFIG, Cast, annotate, chosen, fresh, perform_jobs, span
from tests.reviewapp.api.conftest import Api
from training import datasets

TEXT = "Maria 🙂 repairs the valve with Jon."
MARIA = span(TEXT, "Maria", "Person", "m") | {"origin": "manual"}
VALVE = span(TEXT, "valve", "Part", "v")
VALVE["value"] |= {"confidence": 0.5, "hypertextLabels": ["x"]}
WORKS = {"type": "relation", "from_id": "m", "to_id": "v", "direction": "right", "labels": ["works with"]}
TONE = chosen("tone", "Casual") | {"id": "t"}
TASKS = [
    {
        "id": 7,
        "data": {"text": TEXT, "title": "Note 7", "ward": 3, "codes": ["a", {"b": None}]},
        "tags": ["box a", "Test"],
        "completions": [
            {
                "id": 1001,
                "result": [MARIA, VALVE, WORKS, TONE],
                "created_username": "rita",
                "honeypot": True,
                "submitted_at": "2024-03-01T10:00:00Z",
                "lead_time": 12.5,
                "review_status": {"approved": True, "reviewer": "mona", "comment": "Good.", "weight": 2},
                "created_at": "2024-03-01T09:59:00Z",
                "draft_created_at": None,
            },
            {"id": 1002, "result": [TONE], "created_username": "bob@elsewhere.org", "honeypot": False},
            {"result": [], "created_username": "rolf", "honeypot": False, "was_cancelled": True, "skip_reason": "Torn"},
        ],
        "predictions": [
            {"id": 5, "model_version": "ner_v1", "score": 0.25, "result": [VALVE], "cluster": 4},
            {"model_version": "ner_v1", "score": 7.5, "result": []},
            {"result": [TONE]},
        ],
        "meta": {"source": "ward"},
        "inner_id": 12,
    },
    {"id": "N-8", "data": {"text": "Rolf eats."}, "completions": [], "predictions": []},
]


@pytest.fixture
def empty(workspace: Workspace, cast: Cast) -> Project:
    """An annotation project in a workspace without documents."""
    made = projects.create_annotation(workspace, cast.mona, name="Empty", labeling_config=ANNOTATION_CONFIG)
    perform_jobs()
    return fresh(made)


def sent(api: Api, project: Project, content: bytes | str, name: str = "tasks.json") -> dict[str, Any]:
    file = ContentFile(content if isinstance(content, bytes) else content.encode(), name)
    answer = api.upload(f"/projects/{project.pk}/task-uploads", file=file)
    assert answer.status_code == 201, answer.json()
    told: dict[str, Any] = answer.json()
    return told


def imported(
    api: Api, project: Project, content: bytes | str, name: str = "tasks.json", conflict: str = "skip"
) -> dict[str, Any]:
    """Send a file and import it; what the job says."""
    body = {"upload": sent(api, project, content, name)["id"], "conflict": conflict}
    asked = api.post(f"/projects/{project.pk}/task-imports", body)
    assert asked.status_code == 202, asked.json()
    perform_jobs()
    job: dict[str, Any] = api.get(f"/jobs/{asked.json()['id']}").json()
    assert job["state"] == "done", job["error"]
    return job


def exported(api: Api, project: Project, **wish: Any) -> bytes:
    asked = api.post(f"/projects/{project.pk}/task-exports", wish)
    assert asked.status_code == 202, asked.json()
    perform_jobs()
    answer = api.get(f"/jobs/{asked.json()['id']}/file")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    return b"".join(answer.streaming_content)


def taken(content: bytes, folder: Path, name: str = "tasks.json") -> list[Any]:
    place = folder / name
    place.write_bytes(content)
    return list(read(place, name))


def reasons(api: Api, job: dict[str, Any]) -> list[tuple[int, str, bool]]:
    rows = api.get(f"/jobs/{job['id']}/row-problems").json()["results"]
    return [(row["line"], row["reason"], row["refused"]) for row in rows]


@pytest.mark.parametrize("format_", ["annotation-lab", "label-studio", "csv", "tsv"])
def test_what_was_imported_leaves_as_it_came_and_comes_back(
    empty: Project, cast: Cast, tmp_path: Path, format_: str
) -> None:
    """2.2.7: import, export, import elsewhere, export: nothing is lost in either direction."""
    mona, given = Api(cast.mona), taken(json.dumps(TASKS).encode(), tmp_path)
    job = imported(mona, empty, json.dumps(TASKS))
    assert {name: job["result"][name] for name in ("added", "completions", "predictions", "refused")} == {
        "added": 2,
        "completions": 3,
        "predictions": 3,
        "refused": 0,
    }
    name = f"tasks.{'json' if format_ in ('annotation-lab', 'label-studio') else format_}"
    first = exported(mona, empty, format=format_)
    assert ordered(taken(first, tmp_path, name)) == ordered(given)
    other = projects.create_annotation(_another(cast), cast.mona, name="Back", labeling_config=ANNOTATION_CONFIG)
    imported(mona, other, first, name)
    assert exported(mona, other, format=format_) == first


def test_what_was_annotated_here_comes_back_elsewhere(annotation: Project, cast: Cast) -> None:
    """J-18, J-19, 2.2.7: answers, stars, verdicts, skips and comments survive the way to another workspace."""
    mona, rita = Api(cast.mona), Api(cast.rita)
    first, second, third = annotation.items.select_related("document").order_by("ordinal")[:3]
    assignments.assign(annotation, [first.document_id], [cast.rita, cast.rolf], cast.mona)
    annotate(annotation, cast.rita, first, span(first.document.text, "valve", "Part"), chosen("tone", "Formal"))
    verdicts.decide(annotate(annotation, cast.rolf, first), cast.mona, accepted=True, comment="Yes.")
    verdicts.decide(annotate(annotation, cast.rita, second), cast.mona, accepted=False, comment="Look again.")
    handed = rita.post(f"/projects/{annotation.pk}/tasks/{third.document_id}/open").json()["next"]
    skip = {"lease_token": handed["lease_token"], "skip_reason": "Torn", "note": "A hole"}
    assert rita.post(f"/projects/{annotation.pk}/annotations", skip).status_code == 201
    rita.post(f"/projects/{annotation.pk}/tasks/{third.document_id}/comments", {"text": "Burnt?"})
    written = exported(mona, annotation, format="annotation-lab")
    told = {task["id"]: task for task in json.loads(written)}
    assert [one["honeypot"] for one in told["HAL-000000"]["completions"]] == [True, True]
    assert told["HAL-000002"]["comments"][0]["text"] == "Burnt?"

    there = projects.create_annotation(_another(cast), cast.mona, name="Back", labeling_config=ANNOTATION_CONFIG)
    imported(mona, there, written)
    assert json.loads(exported(mona, there, format="annotation-lab")) == json.loads(written)
    states = {row["document"]["control_number"]: row["state"] for row in mona.every(f"/projects/{there.pk}/tasks")}
    assert [states[f"HAL-{number:06d}"] for number in range(4)] == ["submitted", "to_correct", "skipped", "incomplete"]
    now = fresh(there)
    assert (now.documents, now.neutrals, now.skipped, now.completions) == (12, 2, 1, 3)
    chosen_ones = Completion.objects.filter(pk__in=datasets.annotations(now).values())
    assert [one.reviewer for one in chosen_ones] == [cast.rolf]


def test_tasks_that_are_here_are_skipped_or_overwritten_as_was_said(empty: Project, cast: Cast) -> None:
    """2.2.7: an import over present ids asks; nothing is overwritten in silence."""
    mona, at = Api(cast.mona), f"/projects/{empty.pk}"
    imported(mona, empty, json.dumps(TASKS))
    seen = sent(mona, empty, json.dumps(TASKS))
    assert (seen["looked_at"], seen["whole"], seen["new"], seen["present"]) == (2, True, 0, 2)
    assert seen["strangers"] == {"bob@elsewhere.org": 1}
    refused = mona.post(f"{at}/task-imports", {"upload": seen["id"]})
    assert (refused.status_code, "conflict" in refused.json()["fields"]) == (422, True)
    assert mona.get(f"{at}/task-uploads/{seen['id']}").json() == seen
    before = exported(mona, empty, format="label-studio")

    skipped = imported(mona, empty, json.dumps(TASKS))["result"]
    assert (skipped["skipped"], skipped["added"], skipped["completions"]) == (2, 0, 0)
    assert exported(mona, empty, format="label-studio") == before

    item = empty.items.get(document__control_number="7")
    annotate(empty, cast.rolf, item, chosen("tone", "Formal"))
    result = imported(mona, empty, json.dumps(TASKS), conflict="overwrite")["result"]
    assert (result["overwritten"], result["added"], result["skipped"]) == (2, 0, 0)
    assert exported(mona, empty, format="label-studio") == before
    assert Completion.objects.filter(item=item).count() == 7  # what was overwritten stays on record
    assert datasets.annotations(fresh(empty)).keys() == {item.ordinal}
    now = fresh(empty)
    assert (now.documents, now.neutrals, now.skipped) == (2, 1, 0)
    assert Api(cast.rolf).get(f"{at}/tasks/{item.document_id}").json()["state"] == "submitted"


def test_the_text_of_a_present_document_never_changes(empty: Project, cast: Cast) -> None:
    mona = Api(cast.mona)
    imported(mona, empty, json.dumps(TASKS))
    other = [
        {"id": 7, "data": {"text": "Another text."}},
        {"id": "N-8", "data": {"text": "Rolf eats."}, "tags": ["new"]},
    ]
    job = imported(mona, empty, json.dumps(other), conflict="overwrite")
    [(number, reason, refused)] = reasons(mona, job)
    assert (number, refused) == (1, True)
    assert reason == "“7” has another text here, and the text of a document never changes. Give the task another id."
    assert Document.objects.get(control_number="N-8").tags == ["new"]
    assert empty.items.get(document__control_number="7").completions.filter(annotation__overwritten=True).count() == 0


def test_each_hostile_task_is_refused_with_its_reason_and_the_others_load(empty: Project, cast: Cast) -> None:
    """U-15 for tasks: good ones load, bad ones are listed with number and reason."""
    mona = Api(cast.mona)
    good = '{"id": %d, "data": {"text": "The valve."}}'
    far = span("The valve.", "valve", "Part")
    far["value"] |= {"start": 4, "end": 900}
    hostile = {
        '{"data": {"text": "a"}, "x": ' + "[" * 20_000 + "]" * 20_000 + "}": "Line 2: It is nested too deeply.",
        '{"data": {"text": "a"}, "x": ' + "[" * 400 + "]" * 400 + "}": "It cannot be kept: Recursion limit reached.",
        '{"data": {"text": "a", "n": 1' + "0" * 4_000 + "}}": "Line 6: 100000000000000000… is too large a number.",
        '{"data": {"text": "a", "n": NaN}}': "Line 8: NaN is not JSON.",
        '{"data": {"text": "a\\ud800"}}': "Line 10: Half of a character (a lone surrogate).",
        '{"data": {"text": "a\\u0000"}}': "It holds a NUL character, which no text has.",
        '{"data": {"note": "a"}}': "It has no “text”, only note.",
        '{"data": {"text": 7}}': "“text” is not a text.",
        '{"id": " ", "data": {"text": "a"}}': "The id “ ” cannot be a control number.",
        '{"id": 1, "data": {"text": "The valve."}}': "The id 1 occurs twice in the file.",
        json.dumps({"data": {"text": "The valve."}, "completions": [{"result": [far]}]}): (
            "Completion 1, result 1: the text ends before 900."
        ),
        json.dumps({"data": {"text": "a"}, "predictions": [{"result": [chosen("tone", "Angry")]}]}): (
            "Prediction 1, result 1: “Angry” is not one of “tone” (Formal, Casual)."
        ),
        '{"data": {"text": "a"}, "tags": ["%s"]}' % ("t" * 101): "A tag has more than 100 characters.",
    }
    lines = [line for place, bad in enumerate(hostile) for line in (good % (place + 1), bad)]
    job = imported(mona, empty, "\n".join(lines), "tasks.jsonl")
    assert (job["result"]["added"], job["result"]["refused"]) == (len(hostile), len(hostile))
    told = {number: reason for number, reason, _ in reasons(mona, job)}
    assert told == {2 * place + 2: reason for place, reason in enumerate(hostile.values())}


def test_a_file_that_is_broken_further_down_writes_nothing(empty: Project, cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr(task_imports, "LOOKED_AT", 1)
    mona = Api(cast.mona)
    file = ContentFile(b'{"data": {"text": "a"}}\n' * 3 + b'{"data"', "tasks.jsonl")
    seen = mona.upload(f"/projects/{empty.pk}/task-uploads", file=file).json()
    assert (seen["looked_at"], seen["whole"]) == (1, False)
    body = {"upload": seen["id"], "conflict": "skip"}
    asked = mona.post(f"/projects/{empty.pk}/task-imports", body).json()
    perform_jobs()
    job = mona.get(f"/jobs/{asked['id']}").json()
    assert (job["state"], job["error"]) == ("failed", "tasks.jsonl, line 4, column 8: Expecting ':' delimiter.")
    assert not empty.items.exists()


@pytest.mark.parametrize(("name", "content"), [("t.json", "[{"), ("t.json", "[]"), ("t.exe", "x"), ("t.conll", "")])
def test_what_holds_no_tasks_is_refused_and_not_kept(
    empty: Project, cast: Cast, settings: Any, name: str, content: str
) -> None:
    before = set(settings.UPLOADS_DIR.glob("*"))
    file = ContentFile(content.encode() or b"\n", name)
    refused = Api(cast.mona).upload(f"/projects/{empty.pk}/task-uploads", file=file)
    assert refused.status_code == 422
    assert set(settings.UPLOADS_DIR.glob("*")) == before


def test_an_export_leaves_out_what_is_not_asked_for(empty: Project, cast: Cast) -> None:
    """2.2.7: filters by tags, by label, only ground truth, without empty."""
    mona = Api(cast.mona)
    imported(mona, empty, json.dumps(TASKS))

    def ids(**wish: Any) -> list[Any]:
        return [task["id"] for task in json.loads(exported(mona, empty, format="annotation-lab", **wish))]

    def results(**wish: Any) -> list[list[str]]:
        [task, *_] = json.loads(exported(mona, empty, format="annotation-lab", **wish))
        return [[one["type"] for one in completion["result"]] for completion in task["completions"]]

    assert ids() == [7, "N-8"]
    assert ids(tags=["Test"]) == ids(without_empty=True) == [7]
    assert ids(labels=["Absent"], without_empty=True) == []
    assert results(only_ground_truth=True) == [["labels", "labels", "relation", "choices"]]
    assert results(labels=["Part", "Casual"]) == [["choices"], ["labels", "choices"]]


def test_conll_goes_out_and_in_and_says_what_it_has_no_place_for(
    annotation: Project, cast: Cast, empty: Project
) -> None:
    mona = Api(cast.mona)
    item = annotation.items.select_related("document").get(ordinal=0)
    annotate(annotation, cast.rita, item, span(item.document.text, "valve", "Part"), chosen("tone", "Formal"))
    asked = mona.post(f"/projects/{annotation.pk}/task-exports", {"format": "conll2003", "without_empty": True})
    perform_jobs()
    job = mona.get(f"/jobs/{asked.json()['id']}").json()
    assert (job["result"]["tasks"], job["result"]["left_out"]) == (1, 1)
    assert "have no place in CoNLL-2003" in reasons(mona, job)[0][1]
    written = exported(mona, annotation, format="conll2003", without_empty=True)
    assert b"valve -X- _ B-Part\n" in written
    imported(mona, empty, written, "notes.conll")
    [task] = json.loads(exported(mona, empty, format="annotation-lab", without_empty=True))
    [region] = task["completions"][0]["result"]
    assert (region["from_name"], region["value"]["text"], region["value"]["labels"]) == ("label", "valve", ["Part"])
    assert (task["id"], task["completions"][0]["honeypot"]) == ("DOC-0000001", True)


def test_a_burst_of_imported_completions_makes_one_training_due(empty: Project, cast: Cast) -> None:
    """J-46: a burst gives one run, and the counter keeps the remainder."""
    projects.change(empty, cast.mona, {"active_learning": True, "every_n": 5, "deploys": False})
    rows = [
        {"data": {"text": f"Note {number}."}, "annotations": [{"result": [TONE], "completed_by": {"email": "rita"}}]}
        for number in range(12)
    ]
    imported(Api(cast.mona), empty, json.dumps(rows))
    now = fresh(empty)
    assert (now.completions, now.counted, now.trainings_due) == (12, 10, 1)
    assert set(Completion.objects.values_list("reviewer__username", "served_reason")) == {("rita", "imported")}


def test_a_project_for_some_tags_takes_in_what_is_imported_into_it(empty: Project, cast: Cast) -> None:
    projects.change(empty, cast.mona, {"document_tags": ["box a", "box b"]})
    rows = [{"id": 1, "data": {"text": "One."}}, {"id": 2, "data": {"text": "Two."}, "tags": ["box b"]}]
    imported(Api(cast.mona), empty, json.dumps(rows))
    tags = dict(Document.objects.values_list("control_number", "tags"))
    assert tags == {"1": ["box a"], "2": ["box b"]}
    assert fresh(empty).documents == 2


def test_files_of_tasks_are_for_managers_and_each_step_is_on_record(empty: Project, cast: Cast) -> None:
    mona, at = Api(cast.mona), f"/projects/{empty.pk}"
    seen = sent(mona, empty, json.dumps(TASKS))
    assert mona.delete(f"{at}/task-uploads/{seen['id']}").status_code == 204
    imported(mona, empty, json.dumps(TASKS))
    exported(mona, empty, format="csv")
    verbs = ["upload.create", "upload.discard", "upload.create", "tasks.import", "tasks.imported", "tasks.export"]
    told = AuditEvent.objects.filter(verb__regex="^(tasks|upload)").order_by("pk")
    assert [event.verb for event in told] == verbs
    assert told[4].detail["added"] == 2
    assert TEXT not in json.dumps([event.detail for event in told])
    for person in (cast.rita, cast.vic):
        for path in ("task-imports", "task-exports"):
            assert Api(person).post(f"{at}/{path}", {}).status_code == 403


def test_predictions_of_a_file_give_way_to_those_of_the_same_model_here(empty: Project, cast: Cast) -> None:
    imported(Api(cast.mona), empty, json.dumps(TASKS))
    told = Prediction.objects.order_by("pk").values_list("model", "confidence")
    assert list(told) == [("ner_v1", 0.25), ("ner_v1 (2)", None), ("imported", None)]
    assert not Completion.objects.exclude(decision__in=(Decision.NEUTRAL, Decision.SKIPPED)).exists()


def ordered(tasks: list[Any]) -> list[Any]:
    """Completions in order of time, as they are kept."""
    return [replace(task, completions=tuple(sorted(task.completions, key=lambda one: one.when))) for task in tasks]


def _another(cast: Cast) -> Workspace:
    """A workspace of its own with the same people."""
    made = Workspace.objects.create(name="Back")
    for person, role in ((cast.mona, "manager"), (cast.rita, "reviewer"), (cast.rolf, "reviewer")):
        people.grant(made, person, role, None)
    return made
