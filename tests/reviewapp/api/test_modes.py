"""Training modes, clusters, labels and downloads over REST."""

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from reviewapp.domain import leases
from reviewapp.models import Completion, Job, Project, Reason
from reviewapp.tasks import write_download
from tests.cast import Cast, fresh, trained
from tests.reviewapp.api.conftest import Api
from training.modes import MODES
from training.tasks import cluster


def ready(project: Project, cast: Cast) -> Project:
    now = trained(project, cast.rita)
    leases.release(now, cast.rita)
    return now


def test_every_mode_is_an_endpoint_with_an_ordered_list_and_a_stated_rule(project: Project, cast: Cast) -> None:
    """U-20."""
    now, vic = ready(project, cast), Api(cast.vic)
    Api(cast.mona).post(f"/projects/{now.pk}/clusters")
    cluster(Job.objects.get(kind=Job.Kind.CLUSTER).pk)
    told = vic.get(f"/projects/{now.pk}/modes").json()
    assert [mode["name"] for mode in told["modes"]] == list(MODES)
    asked: dict[str, Any] = {"label": {"label": "Relevant"}, "words": {"words": "canteen"}, "cluster": {"cluster": 0}}
    for mode in told["modes"]:
        assert mode["rule"]
        assert mode["closed"] == ""
        query: dict[str, Any] = {}
        for need in mode["needs"]:
            query |= asked.get(need, {})
        listed = vic.every(f"/projects/{now.pk}/modes/{mode['name']}/documents", page_size=7, **query)
        ordinals = [row["ordinal"] for row in listed]
        assert len(set(ordinals)) == len(ordinals)
        assert all((row["decision"] is not None) == mode["reviewed"] for row in listed)
        assert listed or mode["reviewed"]
    assert {step["mode"] for step in told["advice"]} <= set(MODES)
    assert told["shares"] == [{"reason": "chosen", "documents": 12, "positives": 6, "share": 1.0}]


def test_what_a_mode_needs_is_refused_by_name(project: Project, cast: Cast) -> None:
    now, vic = ready(project, cast), Api(cast.vic)
    base = f"/projects/{now.pk}/modes"
    assert vic.get(f"{base}/nonsense/documents").status_code == 404
    assert "label" in vic.get(f"{base}/check/documents").json()["fields"]
    assert vic.get(f"{base}/check/documents", label="Unheard of").status_code == 422
    assert vic.get(f"{base}/clusters/documents", cluster=0).status_code == 409
    assert vic.get(f"{base}/teach/documents", colour="red").status_code == 400
    assert vic.get(f"/projects/{now.pk}/clusters").status_code == 404


def test_reviewers_go_on_in_the_mode_that_they_name(project: Project, cast: Cast) -> None:
    """B-07."""
    now, rita = ready(project, cast), Api(cast.rita)
    base = f"/projects/{now.pk}"
    first = rita.post(f"{base}/next", {"mode": "teach"}).json()["next"]
    assert (first["reason"], first["version"]) == ("teach", 1)
    answer = {"lease_token": first["lease_token"], "choice": "Relevant", "mode": "by-label", "label": "Not relevant"}
    second = rita.post(f"{base}/submissions", answer).json()["next"]
    assert second["reason"] == "by_label"
    assert Completion.objects.latest("pk").served_reason == Reason.TEACH
    listed = rita.get(f"{base}/modes/shuffle/documents").json()["results"][5]
    opened = rita.post(f"{base}/documents/{listed['document']['id']}/open", {"mode": "shuffle"}).json()["next"]
    assert (opened["document"]["id"], opened["reason"]) == (listed["document"]["id"], "shuffle")
    assert opened["rank"] is not None
    assert rita.post(f"{base}/next", {"mode": "shuffle", "colour": "red"}).status_code == 422


def test_an_answer_counts_also_when_its_mode_is_gone(project: Project, cast: Cast) -> None:
    now, rita = ready(project, cast), Api(cast.rita)
    first = rita.post(f"/projects/{now.pk}/next").json()["next"]
    answer = {"lease_token": first["lease_token"], "choice": "Relevant", "mode": "clusters", "cluster": 7}
    submitted = rita.post(f"/projects/{now.pk}/submissions", answer)
    assert (submitted.status_code, submitted.json()["next"]) == (201, None)
    assert fresh(now).coded == 13


def test_clusters_are_looked_for_and_read(project: Project, cast: Cast) -> None:
    mona = Api(cast.mona)
    asked = mona.post(f"/projects/{project.pk}/clusters")
    assert (asked.status_code, asked.json()["kind"]) == (202, "cluster")
    assert mona.post(f"/projects/{project.pk}/clusters").status_code == 409
    cluster(asked.json()["id"])
    found = mona.get(f"/projects/{project.pk}/clusters").json()
    assert sum(group["documents"] for group in found["clusters"]) == found["documents"] == 60
    assert found["clusters"][0]["terms"]


def test_labels_are_listed_added_and_loaded_from_a_file(project: Project, cast: Cast) -> None:
    """U-18, U-25."""
    mona, base = Api(cast.mona), f"/projects/{project.pk}/labels"
    added = mona.post(base, {"name": "Contract>Renewal", "hotkey": "r"})
    assert added.status_code == 201
    assert added.json()["labels"][-1] == {
        "name": "Contract > Renewal",
        "path": ["Contract", "Renewal"],
        "role": "neutral",
        "hotkey": "r",
        "documents": 0,
        "state": "not_enough_data",
    }
    assert mona.post(base, {"name": "Relevant"}).status_code == 422
    file = SimpleUploadedFile("labels.csv", b"label,role\nSpam,\nSpam,\n>,\n")
    report = mona.upload(f"{base}/file", file=file).json()
    assert (report["added"], report["kept"]) == (["Spam"], ["Spam"])
    assert [(problem["line"], problem["refused"]) for problem in report["problems"]] == [(4, True)]
    assert mona.upload(f"{base}/file", file=SimpleUploadedFile("labels.csv", b"\xff")).status_code == 422
    assert Api(cast.vic).get(base).json()["labels"][-1]["name"] == "Spam"
    assert Api(cast.rita).post(base, {"name": "Mine"}).status_code == 403


def test_a_download_is_asked_for_and_fetched(project: Project, cast: Cast) -> None:
    """U-16."""
    mona = Api(cast.mona)
    asked = mona.post(f"/projects/{project.pk}/downloads", {"format": "jsonl", "texts": True})
    job = asked.json()
    assert (asked.status_code, job["kind"], job["parameters"]["format"]) == (202, "download", "jsonl")
    assert mona.get(f"/jobs/{job['id']}/file").status_code == 409
    write_download(job["id"])
    assert mona.get(f"/jobs/{job['id']}").json()["result"]["rows"] == 60
    fetched = mona.get(f"/jobs/{job['id']}/file")
    assert fetched.headers["Content-Disposition"] == f'attachment; filename="documents-{project.pk}.jsonl"'
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    rows = [json.loads(line) for line in b"".join(fetched.streaming_content).splitlines()]
    assert len(rows) == 60
    assert "valve" in rows[0]["text"]
    assert mona.post(f"/projects/{project.pk}/downloads", {"format": "xml"}).status_code == 422
