"""The audit trail over REST: found, paged, exported, and computed again by an outsider."""

import csv
import hashlib
import io
import json
from typing import Any

import pytest
from django.utils import timezone

from reviewapp.domain import audit, chain, projects
from reviewapp.models import AuditEvent, Project, Workspace
from tests.cast import Cast
from tests.reviewapp.api.conftest import Api


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def lines(answer: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body(answer).splitlines()]


def test_an_admin_reads_the_workspaces_trail_newest_first(project: Project, cast: Cast) -> None:
    projects.pause(project, cast.mona)
    rows = Api(cast.alice).every(f"/workspaces/{project.workspace_id}/audit", page_size=2)
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
    assert (rows[0]["verb"], rows[0]["actor_name"]) == ("project.paused", "mona")
    assert {row["workspace"] for row in rows} == {project.workspace_id}


def test_the_trail_is_found_by_who_what_target_and_time(project: Project, cast: Cast) -> None:
    before = timezone.now()
    projects.pause(project, cast.mona)
    projects.resume(project, cast.alice)
    path = f"/workspaces/{project.workspace_id}/audit"
    alice = Api(cast.alice)

    def verbs(**query: str) -> list[str]:
        return [row["verb"] for row in alice.get(path, **query).json()["results"]]

    assert verbs(actor="mona", since=before.isoformat()) == ["project.paused"]
    assert verbs(verb="project", since=before.isoformat()) == ["project.active", "project.paused"]
    assert verbs(verb="project.paused") == ["project.paused"]
    assert verbs(verb="proj") == []
    assert set(verbs(target=f"project:{project.pk}")) == {"project.active", "project.paused", "project.create"}
    assert "project.paused" not in verbs(until=before.isoformat())
    assert alice.get(path, who="mona").status_code == 400


def test_only_operators_read_what_belongs_to_no_workspace(workspace: Workspace, cast: Cast) -> None:
    audit.record(cast.rita, "person.sign_in", cast.rita, None)
    assert Api(cast.alice).get("/audit").status_code == 403
    assert "person.sign_in" in {row["verb"] for row in Api(cast.olga).every("/audit")}
    assert "person.sign_in" not in {row["verb"] for row in Api(cast.alice).every(f"/workspaces/{workspace.pk}/audit")}


def test_a_csv_cell_that_could_act_as_a_formula_is_made_harmless(workspace: Workspace, cast: Cast) -> None:
    cast.rita.username = "=cmd|'/c calc'!A1"
    audit.record(cast.rita, "person.sign_in", workspace, workspace, name="@x")
    answer = Api(cast.alice).get(f"/workspaces/{workspace.pk}/audit", format="csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(body(answer).decode())))
    assert rows[-1]["actor_name"] == "'=cmd|'/c calc'!A1"
    assert json.loads(rows[-1]["detail"]) == {"name": "@x"}


def test_a_download_that_broke_off_goes_on_behind_the_last_event(project: Project, cast: Cast) -> None:
    path, alice = f"/workspaces/{project.workspace_id}/audit", Api(cast.alice)
    whole = lines(alice.get(path, format="jsonl"))
    assert [row["id"] for row in whole] == sorted(row["id"] for row in whole)
    rest = lines(alice.get(path, format="jsonl", after=str(whole[2]["id"])))
    assert whole[:3] + rest == whole


def test_an_outsider_computes_the_chain_again_from_the_export(project: Project, cast: Cast) -> None:
    """B-10: the export and the seals are enough, without this program."""
    chain.extend()
    olga = Api(cast.olga)
    events = {row.pop("id"): row for row in lines(olga.get("/audit", format="jsonl"))}
    previous = "0" * 64
    for seal in olga.every("/audit/seals"):
        whole = hashlib.blake2b(f"{seal['number']} {previous}\n".encode(), digest_size=32)
        for pk in sorted(pk for pk in events if seal["first"] <= pk <= seal["last"]):
            said = json.dumps(events[pk], sort_keys=True, separators=(",", ":")).encode()
            whole.update(f"{pk} {hashlib.blake2b(said, digest_size=32).hexdigest()}\n".encode())
        previous = whole.hexdigest()
        assert seal["digest"] == previous
    assert olga.get("/audit/head").json()["seal"]["digest"] == previous


def test_the_head_is_null_before_the_first_seal(workspace: Workspace, cast: Cast) -> None:
    said = Api(cast.vic).get("/audit/head").json()
    assert said == {"seal": None, "unsealed": AuditEvent.objects.count()}


@pytest.mark.parametrize("kind", ["xml", ""])
def test_an_unknown_format_is_refused_with_those_there_are(workspace: Workspace, cast: Cast, kind: str) -> None:
    answer = Api(cast.alice).get(f"/workspaces/{workspace.pk}/audit", format=kind)
    assert answer.status_code == 400
    assert "json, jsonl, csv" in answer.json()["detail"]
