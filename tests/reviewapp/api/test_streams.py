"""Streams over REST: who may, what a batch looks like, and that a consumer that dies loses nothing."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from models_lib import streams, tags
from models_lib.models import ModelVersion, Stream
from reviewapp.domain import people, returns, tokens
from reviewapp.models import AuditEvent, Project
from tests import processes
from tests.cast import Cast, fresh, pinned, retrained, trained
from tests.reviewapp.api.conftest import Api

HALF = {"Relevant": 0.5}
# Reads, does its work (a line in a file for each document), says so, and advances only when it is told to go on.
CONSUMER = """
import json, os, sys, urllib.request
address, token, done, size = sys.argv[1:]
def call(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address + path, data, headers), timeout=60) as answer:
        return json.load(answer)
while True:
    batch = call(f"/batch?consumer=robot&size={size}")
    with open(done, "a") as file:
        for result in batch["results"]:
            file.write(f"{result['document']['id']} {result['sequence_id']}\\n")
        file.flush()
        os.fsync(file.fileno())
    print(batch["sequence_id"], batch["is_end_sequence"], flush=True)
    sys.stdin.readline()
    call("/advance", {"consumer": "robot", "sequence_id": batch["sequence_id"]})
    if batch["is_end_sequence"]:
        break
"""


@pytest.fixture
def ready(project: Project, cast: Cast) -> Project:
    """60 documents, version 1 pinned and Live."""
    trained(project, cast.rita)
    pinned(project, cast.mona)
    tags.move(fresh(project), ModelVersion.Kind.RELEVANCE, "live", 1, None, cast.mona)
    return fresh(project)


def made(api: Api, project: Project, **asked: object) -> int:
    body = {"name": "inbox", "version": 1, "thresholds": HALF} | asked
    answer = api.post(f"/projects/{project.pk}/streams", body)
    assert answer.status_code == 201, answer.content
    assert answer.headers["Location"] == f"/api/v1/streams/{answer.json()['id']}"
    return int(answer.json()["id"])


def test_a_stream_is_made_listed_changed_and_deleted(ready: Project, cast: Cast) -> None:
    """D17, SPEC 2.3.3: name, title, description, filter, version, thresholds."""
    mona = Api(cast.mona)
    wanted = {"tags": ["box b"], "properties": [{"name": "custodian", "one_of": ["desk 1"]}]}
    stream = made(mona, ready, version="live", title="Inbox", filter=wanted)
    [row] = mona.every(f"/projects/{ready.pk}/streams")
    assert row == mona.get(f"/streams/{stream}").json()
    said = {name: row[name] for name in ("name", "title", "filter", "version", "thresholds", "thresholds_for")}
    assert said == {
        "name": "inbox",
        "title": "Inbox",
        "filter": wanted,
        "version": "live",
        "thresholds": HALF,
        "thresholds_for": 1,
    }
    assert mona.patch(f"/streams/{stream}", {"title": "Mail", "filter": {}}).json()["filter"] == {}
    assert mona.patch(f"/streams/{stream}", {"name": "other"}).status_code == 422
    refused = mona.patch(f"/streams/{stream}", {"version": 1})
    assert (refused.status_code, list(refused.json()["fields"])) == (422, ["thresholds"])
    moved = mona.patch(f"/streams/{stream}", {"version": 1, "thresholds": {"Relevant": 0.41}}).json()
    assert (moved["version"], moved["thresholds"]) == ("1", {"Relevant": 0.41})
    assert mona.delete(f"/streams/{stream}").status_code == 204
    assert mona.get(f"/streams/{stream}").status_code == 404


def test_what_cannot_be_a_stream_is_refused_by_field(ready: Project, cast: Cast) -> None:
    mona, path = Api(cast.mona), f"/projects/{ready.pk}/streams"
    good = {"name": "inbox", "version": 1, "thresholds": HALF}
    for field, wrong in (
        ("name", "In Box"),
        ("version", "latest"),
        ("version", "newest"),
        ("thresholds", {}),
        ("thresholds", "often"),
        ("thresholds", 0.5),
        ("filter", {"words": []}),
        ("filter", 7),
    ):
        refused = mona.post(path, good | {field: wrong})
        assert (refused.status_code, list(refused.json()["fields"])) == (422, [field]), wrong
    assert mona.post(path, good | {"version": 2}).status_code == 404
    retrained(ready, cast.rita)
    assert mona.post(path, good | {"version": 2}).status_code == 409
    assert not Stream.objects.exists()


def test_a_batch_is_read_and_advanced_past(ready: Project, cast: Cast) -> None:
    """SPEC 2.3.3: results, filtered, sequence_id, is_end_sequence."""
    mona = Api(cast.mona)
    path = f"/streams/{made(mona, ready, filter={'tags': ['box b']})}"
    first = mona.get(f"{path}/batch", consumer="robot", size=20).json()
    assert first == mona.get(f"{path}/batch", consumer="robot", size=20).json()
    assert [result["sequence_id"] for result in first["results"]] == list(range(1, 41, 2))
    assert {result["document"]["text"][:4] for result in first["results"]} == {"the "}
    told = {name: first[name] for name in ("filtered", "sequence_id", "is_end_sequence", "version", "thresholds_for")}
    assert told == {"filtered": 20, "sequence_id": 40, "is_end_sequence": False, "version": 1, "thresholds_for": 1}
    for _ in range(2):
        moved = mona.post(f"{path}/advance", {"consumer": "robot", "sequence_id": 40})
        assert (moved.status_code, moved.json()["sequence_id"]) == (200, 40)
    last = mona.get(f"{path}/batch", consumer="robot", size=20).json()
    assert (len(last["results"]), last["is_end_sequence"]) == (10, True)
    assert mona.post(f"{path}/advance", {"consumer": "robot", "sequence_id": 39}).status_code == 409
    assert mona.post(f"{path}/advance", {"consumer": "robot", "sequence_id": 61}).status_code == 422
    [place] = mona.every(f"{path}/consumers")
    assert (place["name"], place["sequence_id"]) == ("robot", 40)
    later = {"consumer": "robot", "moment": timezone.now().isoformat()}
    assert mona.post(f"{path}/reset", later).json()["sequence_id"] == 60
    assert mona.post(f"{path}/reset", later | {"moment": "2001-01-01T00:00"}).json()["sequence_id"] == 0
    for query in ({}, {"consumer": "robot", "size": 0}, {"consumer": "robot", "size": 501}, {"consumer": "x" * 101}):
        assert mona.get(f"{path}/batch", **query).status_code == 400


def test_exceptions_go_back_to_review_and_come_off(ready: Project, cast: Cast) -> None:
    """U-26"""
    mona = Api(cast.mona)
    path = f"/streams/{made(mona, ready)}/exceptions"
    documents = list(ready.items.order_by("ordinal").values_list("document", flat=True)[:3])
    assert mona.post(path, {"documents": documents, "note": "No amount"}).json() == {"documents": 3}
    assert mona.post(path, {"documents": documents}).json() == {"documents": 0}
    assert returns.count(ready) == 3
    rows = mona.every(path)
    assert [row["document"] for row in rows] == documents[::-1]
    assert {(row["note"], row["waits"], row["tagged_by"]) for row in rows} == {("No amount", True, "mona")}
    assert mona.post(f"{path}/untagging", {"documents": documents[:2]}).json() == {"documents": 2}
    assert [row["document"] for row in mona.every(path)] == documents[2:]
    assert returns.count(ready) == 1
    assert mona.post(path, {"documents": [documents[0], 10**9]}).status_code == 404
    assert mona.post(path, {"documents": []}).status_code == 422


def test_a_repeated_creation_makes_one_stream(ready: Project, cast: Cast) -> None:
    mona, body = Api(cast.mona), {"name": "inbox", "version": 1, "thresholds": HALF}
    one, other = (mona.post(f"/projects/{ready.pk}/streams", body, Idempotency_Key="k") for _ in range(2))
    assert (one.status_code, one.content) == (201, other.content)
    assert Stream.objects.count() == AuditEvent.objects.filter(verb="stream.create").count() == 1


def test_reviewers_look_and_strangers_do_not(ready: Project, cast: Cast) -> None:
    """SPEC 2.3.3: Streams admin, Modify streams, Consume streams."""
    stream = made(Api(cast.mona), ready)
    people.grant(ready.workspace, cast.rolf, "developer", None)
    rita, rolf, stan = Api(cast.rita), Api(cast.rolf), Api(cast.stan)
    assert rita.get(f"/streams/{stream}").status_code == 200
    assert rolf.get(f"/streams/{stream}/batch", consumer="robot").status_code == 200
    for api, status in ((rita, 403), (stan, 404)):
        assert api.get(f"/streams/{stream}/batch", consumer="robot").status_code == status
        assert api.post(f"/streams/{stream}/advance", {"consumer": "robot", "sequence_id": 1}).status_code == status
        assert api.patch(f"/streams/{stream}", {"title": "Mine"}).status_code == status
        assert api.delete(f"/streams/{stream}").status_code == status
    assert stan.get(f"/projects/{ready.pk}/streams").status_code == 404


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_consumer_killed_between_reading_and_advancing_misses_nothing(
    ready: Project, cast: Cast, tmp_path: Path
) -> None:
    """D17: at least once. A real consumer is killed after its work and before it advances, and starts again."""
    stream = streams.create(ready, cast.mona, name="inbox", version="live", thresholds=HALF)
    _, token = tokens.create(cast.mona, "robot")
    done = tmp_path / "done"
    killed = 0
    with processes.web() as address:
        command = [sys.executable, "-c", CONSUMER, f"{address}/api/v1/streams/{stream.pk}", token, str(done), "8"]
        for _ in range(20):
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR
            ) as consumer:
                assert consumer.stdin is not None
                assert consumer.stdout is not None
                assert consumer.stdout.readline(), "the consumer read nothing"
                consumer.stdin.write("\n")  # the first batch of this life is advanced past
                consumer.stdin.flush()
                if not consumer.stdout.readline():
                    break  # that was the end of the sequence
                os.kill(consumer.pid, signal.SIGKILL)
                killed += 1
    worked = [tuple(map(int, line.split())) for line in done.read_text().splitlines()]
    times = Counter(document for document, _ in worked)
    assert set(times) == set(ready.items.values_list("document", flat=True)), "none is missing"
    # 60 documents in batches of 8: each life works on two batches and advances past one, until the eighth batch.
    assert killed == 7
    assert sorted(times.values()) == [1] * 8 + [2] * 52
    assert [place for _, place in worked] == [
        place for life in range(8) for place in range(8 * life + 1, min(8 * life + 16, 60) + 1)
    ]
    assert stream.consumers.get().sequence == 60


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_the_consumer_in_the_documentation_reads_a_stream(ready: Project, cast: Cast) -> None:
    stream = streams.create(ready, cast.mona, name="inbox", version=1, thresholds=HALF)
    _, token = tokens.create(cast.mona, "robot")
    page = (settings.BASE_DIR / "docs" / "how-to" / "stream.md").read_text(encoding="utf-8")
    example = page.split("```python\n", 1)[1].split("```", 1)[0]
    with processes.web() as address:
        said = subprocess.run(
            [sys.executable, "-c", example],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env={"STREAM": f"{address}/api/v1/streams/{stream.pk}", "TOKEN": token},
        ).stdout.splitlines()
    assert len(said) == 60
    assert said[0] == "HAL-000000 ['Relevant'] version 1"
    assert stream.consumers.get().sequence == 60
