"""Projects, their answers, versions and statistics over REST."""

import csv
import json
from io import StringIO
from typing import Any

import pytest

from models_lib import tags
from models_lib.models import ModelVersion
from reviewapp.domain import coding, tokens
from reviewapp.domain.coding import Answer
from reviewapp.models import Completion, Job, Project, Workspace
from tests.cast import Cast, code, fresh, perform_jobs, pinned, trained, write_documents
from tests.reviewapp.api.conftest import Api


def body_of(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


def test_a_project_is_set_up_with_its_own_answers(workspace: Workspace, cast: Cast) -> None:
    write_documents(workspace, 4)
    choices = [
        {"value": "Hot", "role": "positive", "hotkey": "h"},
        {"value": "Cold", "role": "negative", "hotkey": "c"},
        {"value": "Unsure", "role": "neutral"},
    ]
    asked = {"name": "Hot or not", "every_n": 25, "queue": "coverage", "choices": {"field": "heat", "choices": choices}}
    made = Api(cast.mona).post(f"/workspaces/{workspace.pk}/projects", asked)
    shown = made.json()
    assert (made.status_code, made.headers["Location"]) == (201, f"/api/v1/projects/{shown['id']}")
    assert (shown["documents"], shown["every_n"], shown["queue"]) == (4, 25, "coverage")
    assert shown["choices"] == {"field": "heat", "choices": [*choices[:2], {**choices[2], "hotkey": ""}]}
    assert Job.objects.get().kind == Job.Kind.POPULATE


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "name"),
        ({"name": "Valves"}, "name"),
        ({"name": "New", "every_n": 0}, "every_n"),
        ({"name": "New", "every_n": 10**30}, "every_n"),
        ({"name": "New", "control_share": 2}, "control_share"),
        ({"name": "New", "reviewer_priority": [10**30]}, "reviewer_priority"),
        ({"name": "New", "choices": {"choices": [{"value": "A", "role": "positive"}] * 2}}, "choices"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_field(project: Project, cast: Cast, wrong: Any, field: str) -> None:
    refused = Api(cast.mona).post(f"/workspaces/{project.workspace_id}/projects", wrong)
    assert refused.status_code == 422
    assert [name for name in refused.json()["fields"] if name.startswith(field)]


def test_settings_are_changed_one_by_one(project: Project, cast: Cast) -> None:
    shown = Api(cast.mona).patch(f"/projects/{project.pk}", {"every_n": 50, "training_filter": "all_submitted"}).json()
    assert (shown["every_n"], shown["training_filter"], shown["name"]) == (50, "all_submitted", "Valves")


def test_a_used_answer_keeps_its_role(project: Project, cast: Cast) -> None:
    """D12."""
    code(project, cast.rita, 2)
    choices = {"choices": [{"value": "Not relevant", "role": "positive"}, {"value": "Relevant", "role": "negative"}]}
    assert Api(cast.mona).put(f"/projects/{project.pk}/choices", choices).status_code == 422


def test_a_project_is_paused_and_resumed(project: Project, cast: Cast) -> None:
    mona = Api(cast.mona)
    assert mona.post(f"/projects/{project.pk}/pause").json()["state"] == "paused"
    assert mona.post(f"/projects/{project.pk}/resume").json()["state"] == "active"


def test_a_project_is_deleted_only_by_its_name(project: Project, cast: Cast) -> None:
    """SPEC 2.1.3: deleting a project takes an admin."""
    alice, mona = Api(cast.alice), Api(cast.mona)
    assert mona.delete(f"/projects/{project.pk}?confirmation=Valves").status_code == 403
    assert alice.delete(f"/projects/{project.pk}").status_code == 422
    assert alice.delete(f"/projects/{project.pk}?confirmation=valves").status_code == 422
    assert alice.delete(f"/projects/{project.pk}?confirmation=Valves").status_code == 204
    assert mona.get(f"/projects/{project.pk}").status_code == 404


def test_population_and_training_are_jobs(project: Project, cast: Cast) -> None:
    """J-06, J-07: by hand, and not while one waits."""
    mona = Api(cast.mona)
    assert mona.post(f"/projects/{project.pk}/populate", {"full": True}).json()["kind"] == "populate"
    assert mona.post(f"/projects/{project.pk}/train").status_code == 409
    trained(project, cast.rita)
    assert mona.post(f"/projects/{project.pk}/train").status_code == 202
    assert mona.post(f"/projects/{project.pk}/train").status_code == 409


def test_a_waiting_job_is_cancelled_and_a_cancelled_one_retried(project: Project, cast: Cast) -> None:
    mona = Api(cast.mona)
    job = mona.post(f"/projects/{project.pk}/populate", {}).json()["id"]
    assert mona.post(f"/jobs/{job}/retry").status_code == 409
    assert mona.post(f"/jobs/{job}/cancel").json()["state"] == "cancelled"
    assert mona.post(f"/jobs/{job}/cancel").status_code == 409
    assert mona.post(f"/jobs/{job}/retry").json()["state"] == "queued"


def test_waiting_for_a_job_is_bounded(project: Project, cast: Cast) -> None:
    job = Api(cast.mona).post(f"/projects/{project.pk}/populate", {}).json()["id"]
    assert Api(cast.vic).get(f"/jobs/{job}", wait=1).json()["state"] == "queued"
    for wait in ("31", "-1", "x", "1.5", "٣"):
        assert Api(cast.vic).get(f"/jobs/{job}", wait=wait).status_code == 400


def test_one_document_shows_its_rank_decision_and_history(project: Project, cast: Cast) -> None:
    trained(project, cast.rita)
    coded = project.items.exclude(decision=None)[0]
    mona, path = Api(cast.mona), f"/projects/{project.pk}/documents/{coded.document_id}"
    verdict = {"accepted": False, "comment": "Look again"}
    completion = mona.get(path).json()["history"][0]["id"]
    assert mona.post(f"/projects/{project.pk}/completions/{completion}/verdicts", verdict).status_code == 201

    shown = mona.get(path).json()
    assert shown["document"]["text"] == coded.document.text
    assert 0 <= shown["rank"] <= 100
    assert (shown["reviewer"], shown["revision"]) == ("rita", 1)
    assert [said["comment"] for said in shown["history"][0]["verdicts"]] == ["Look again"]


def test_of_two_changes_of_mind_from_one_revision_the_second_is_told_the_first(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 1)
    item = project.items.get(decision__isnull=False)
    path = f"/projects/{project.pk}/documents/{item.document_id}/completions"
    mona = Api(cast.mona)
    first = mona.post(path, {"choice": "Relevant", "revision": 1, "note": "second look"})
    second = mona.post(path, {"choice": "Not relevant", "revision": 1})
    assert (first.status_code, first.json()["decision"], first.json()["note"]) == (201, "positive", "second look")
    assert second.status_code == 409
    assert "It is now: Relevant" in second.json()["detail"]


def test_a_reviewer_changes_their_own_decision_only(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 1)
    item = project.items.get(decision__isnull=False)
    path = f"/projects/{project.pk}/documents/{item.document_id}/completions"
    assert Api(cast.rolf).post(path, {"choice": "Relevant", "revision": 1}).status_code == 403
    assert Api(cast.rita).post(path, {"choice": "Relevant", "revision": 1}).status_code == 201


def test_a_checker_is_assigned_and_gives_the_verdict(project: Project, cast: Cast) -> None:
    """J-18."""
    code(project, cast.rita, 1)
    item = project.items.get(decision__isnull=False)
    mona, verdicts = Api(cast.mona), f"/projects/{project.pk}/completions/{item.current_id}/verdicts"
    assert Api(cast.rolf).post(verdicts, {"accepted": True}).status_code == 403
    asked = {"documents": [item.document_id], "checker": "rolf"}
    assert mona.put(f"/projects/{project.pk}/checker", asked).json() == {"changed": 1}
    assert Api(cast.rolf).post(verdicts, {"accepted": True}).json()["checker"] == "rolf"
    assert [row["accepted"] for row in mona.every(verdicts)] == [True]
    assert mona.every(f"/projects/{project.pk}/completions")[0]["accepted"] is True


def test_a_completion_of_another_project_has_no_verdicts_here(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 1)
    other = Api(cast.mona).post(f"/workspaces/{project.workspace_id}/projects", {"name": "Other"}).json()["id"]
    completion = Completion.objects.get().pk
    assert Api(cast.mona).get(f"/projects/{other}/completions/{completion}/verdicts").status_code == 404


def test_completions_are_found_by_reviewer_decision_reason_and_since(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 3)
    code(project, cast.rolf, 2)
    item = project.items.filter(current__reviewer=cast.rita)[0]
    recoded = coding.recode(fresh(project), item, cast.rita, Answer(choice="Relevant"), 1)
    vic, path = Api(cast.vic), f"/projects/{project.pk}/completions"
    everything = vic.every(path)
    assert [row["id"] for row in everything] == sorted(row["id"] for row in everything)
    assert len(vic.every(path, reviewer="rolf")) == 2
    assert len(vic.every(path, served_reason="index_health")) == 5
    assert [row["id"] for row in vic.every(path, since=everything[3]["id"])] == [row["id"] for row in everything[4:]]
    assert len(vic.every(path, current="true")) == 5
    assert [row["id"] for row in vic.every(path, current="false")] == [recoded.supersedes_id]
    assert [row["id"] for row in vic.every(path, document=item.document_id)] == [recoded.supersedes_id, recoded.pk]
    assert len(vic.every(path, decision=["positive", "negative"])) == 6
    assert vic.get(path, current="maybe").status_code == vic.get(path, format="xls").status_code == 400


def test_completions_as_json_lines_are_what_the_list_says(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 7)
    vic, path = Api(cast.vic), f"/projects/{project.pk}/completions"
    download = vic.get(path, format="jsonl")
    assert download.headers["Content-Disposition"] == f'attachment; filename="completions-{project.pk}.jsonl"'
    assert [json.loads(line) for line in body_of(download).splitlines()] == vic.every(path)


def test_no_cell_of_the_csv_can_act_as_a_formula(project: Project, cast: Cast) -> None:
    notes = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =x", "＝x", "plain"]
    for note in notes:
        item = project.items.filter(decision=None)[0]
        coding.recode(fresh(project), item, cast.rita, Answer(choice="Relevant", note=note), 0)
    vic, path = Api(cast.vic), f"/projects/{project.pk}/completions"
    rows = list(csv.DictReader(StringIO(body_of(vic.get(path, format="csv")), newline="")))
    assert [row["note"] for row in rows] == [*(f"'{note}" for note in notes[:-1]), "plain"]
    assert [row["note"] for row in vic.every(path)] == notes
    assert rows[0]["id"].isdigit()


def test_versions_say_what_they_were_trained_on(project: Project, cast: Cast) -> None:
    """B-06: the inputs, and a digest of them."""
    now = trained(project, cast.rita)
    pinned(now, cast.mona)
    for tag in ("staging", "live"):
        tags.move(now, "relevance", tag, 1, None, cast.mona)
    vic, path = Api(cast.vic), f"/projects/{project.pk}/versions"
    [version] = vic.every(path)
    assert (version["number"], version["current"], version["positives"], version["negatives"]) == (1, True, 6, 6)
    assert (version["pinned"], version["tags"], version["metrics"]["positives"]) == (True, ["live", "staging"], 6)
    full = vic.get(f"{path}/1").json()
    assert list(version.items()) == [(name, said) for name, said in full.items() if name != "inputs"]
    assert full["digest"] == ModelVersion.objects.get().digest == version["digest"]
    assert len(full["inputs"]["completions"]) == 12
    assert vic.get(f"{path}/2").status_code == 404


def test_statistics_say_how_far_the_review_is(project: Project, cast: Cast) -> None:
    empty = Api(cast.vic).get(f"/projects/{project.pk}/statistics").json()
    assert (empty["progress"]["documents"], empty["progress"]["coded"], empty["ranks"]) == (60, 0, None)
    trained(project, cast.rita)
    full = Api(cast.vic).get(f"/projects/{project.pk}/statistics").json()
    assert (full["progress"]["coded"], full["progress"]["positives"], full["ranks"]["version"]) == (12, 6, 1)
    assert sum(map(sum, full["ranks"]["states"].values())) == 60
    assert [person["username"] for person in full["reviewers"]] == ["rita"]


def test_people_get_change_and_lose_roles(workspace: Workspace, cast: Cast) -> None:
    alice, path = Api(cast.alice), f"/workspaces/{workspace.pk}/people"
    assert alice.put(f"{path}/stan", {"role": "reviewer"}).json() == {
        "username": "stan",
        "name": "",
        "role": "reviewer",
        "rights": ["view", "view_sources", "view_labels", "review", "view_models"],
    }
    picked = alice.put(f"{path}/stan", {"rights": ["view_models", "edit_models"]}).json()
    assert (picked["role"], picked["rights"]) == ("custom", ["view", "view_models", "edit_models"])
    for wrong in ({}, {"role": "viewer", "rights": []}, {"rights": ["fly"]}):
        assert alice.put(f"{path}/stan", wrong).status_code == 422
    alice.put(f"{path}/stan", {"role": "reviewer"})
    assert alice.put(f"{path}/stan", {"role": "king"}).status_code == 422
    assert alice.put(f"{path}/nobody", {"role": "viewer"}).status_code == 422
    assert {row["username"]: row["role"] for row in alice.every(path)}["stan"] == "reviewer"
    assert alice.delete(f"{path}/stan").status_code == 204
    assert alice.delete(f"{path}/nobody").status_code == alice.delete(f"{path}/stan").status_code == 404
    assert alice.delete(f"{path}/alice").status_code == 409


def test_who_was_removed_is_refused_at_the_next_request(project: Project, cast: Cast) -> None:
    _, token = tokens.create(cast.rita, "laptop")
    session, bearer = Api(cast.rita), Api(None, {"Authorization": f"Token {token}"})
    assert (
        session.get(f"/projects/{project.pk}").status_code == bearer.get(f"/projects/{project.pk}").status_code == 200
    )
    Api(cast.alice).delete(f"/workspaces/{project.workspace_id}/people/rita")
    assert (
        session.get(f"/projects/{project.pk}").status_code == bearer.get(f"/projects/{project.pk}").status_code == 404
    )


def test_a_workspace_is_made_and_renamed(cast: Cast) -> None:
    olga = Api(cast.olga)
    made = olga.post("/workspaces", {"name": "New"}).json()
    assert (made["role"], made["documents"], made["projects"]) == ("admin", 0, 0)
    assert olga.patch(f"/workspaces/{made['id']}", {"name": "Newer"}).json()["name"] == "Newer"
    assert olga.post("/workspaces", {"name": "Newer"}).status_code == 422
    assert Api(cast.alice).post("/workspaces", {"name": "Mine"}).status_code == 403


def test_the_project_counts_what_waits_for_the_next_training(project: Project, cast: Cast) -> None:
    """B-08: how many wait, and when the next training starts."""
    trained(project, cast.rita)
    code(project, cast.rita, 3)
    perform_jobs()
    shown = Api(cast.vic).get(f"/projects/{project.pk}").json()
    assert (shown["version"], shown["completions"], shown["waiting"], shown["next_training_in"]) == (1, 15, 3, 5)
