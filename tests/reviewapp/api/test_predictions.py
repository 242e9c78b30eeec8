"""Prediction over REST: JSON for a few texts, lines for many; the version comes with the answer, nothing is stored."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as some

from models_lib import prediction, tags, thresholds
from models_lib.models import ModelVersion
from reviewapp.domain import people
from reviewapp.models import AuditEvent, IdempotencyKey, Project, WorkspaceUserObjectPermission
from tests.cast import Cast, fresh, pinned, retrained, trained
from tests.reviewapp.api.conftest import BASE, Api

RELEVANCE = ModelVersion.Kind.RELEVANCE
VALVE, LUNCH = "the supplier paid a hidden commission for the valve", "lunch in the canteen"
LINES = "application/x-ndjson"


@pytest.fixture
def live(project: Project, cast: Cast) -> Project:
    """Two versions, the first one pinned and Live."""
    trained(project, cast.rita)
    pinned(project, cast.mona)
    tags.move(fresh(project), RELEVANCE, "live", 1, None, cast.mona)
    return retrained(project, cast.rita)


def path(project: Project, ref: str | int = "live") -> str:
    return f"/projects/{project.pk}/versions/{ref}/predict"


def send(client: Client, project: Project, body: bytes, query: str = "") -> Any:
    return client.post(BASE + path(project) + query, body, content_type=LINES)


def told(answer: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


def test_texts_get_what_the_version_says_of_them(live: Project, cast: Cast) -> None:
    """D17, SPEC 2.3.7: labels by path with their probability, and the number that the name stood for."""
    asked = {"documents": [{"id": "a", "text": VALVE}, {"title": "Menu", "text": LUNCH}]}
    answer = Api(cast.vic).post(path(live), asked)
    one, other = prediction.predict(tags.resolve(live, RELEVANCE, 1), [VALVE, LUNCH], ["", "Menu"])
    assert answer.json() == {
        "version": 1,
        "results": [
            {"id": "a", "labels": [{"name": ["Relevant"], "probability": one["Relevant"], "threshold": None}]},
            {"id": None, "labels": [{"name": ["Relevant"], "probability": other["Relevant"], "threshold": None}]},
        ],
    }
    assert answer.headers["Model-Version"] == "1"


def test_a_version_is_asked_for_by_name_or_number(live: Project, cast: Cast) -> None:
    """U-13, D17: latest, live, staging, or the number of a pinned version."""
    vic, asked = Api(cast.vic), {"documents": [{"text": VALVE}]}
    assert [vic.post(path(live, ref), asked).json()["version"] for ref in ("latest", "LIVE", 1)] == [2, 1, 1]
    refused: dict[str | int, int] = {"staging": 404, 2: 409, 9: 404, "newest": 422}
    assert {ref: vic.post(path(live, ref), asked).status_code for ref in refused} == refused


def test_with_thresholds_only_labels_that_reach_theirs_are_given(live: Project, cast: Cast) -> None:
    """SPEC 2.3.3, 2.3.5: a number for each label, or a name."""
    vic, documents = Api(cast.vic), [{"text": VALVE}, {"text": LUNCH}]
    said = vic.post(path(live), {"documents": documents, "thresholds": {"Relevant": 0.5}}).json()["results"]
    assert [[label["threshold"] for label in one["labels"]] for one in said] == [[0.5], []]
    for wrong in ("often", {"Other": 0.5}, {"Relevant": 2}, 0.5, ["Relevant"]):
        refused = vic.post(path(live), {"documents": documents, "thresholds": wrong})
        assert (refused.status_code, list(refused.json()["fields"])) == (422, ["thresholds"]), wrong
    for name in thresholds.NAMES:
        assert vic.post(path(live), {"documents": documents, "thresholds": name}).status_code in (200, 409)


def test_predicting_takes_sight_of_documents_and_labels(live: Project, cast: Cast) -> None:
    """SPEC 2.3.7: View labels and View sources."""
    asked = {"documents": [{"text": VALVE}]}
    for lacking in ("view_labels", "view_sources"):
        people.grant(live.workspace, cast.vic, "viewer", None)
        held = WorkspaceUserObjectPermission.objects.filter(user=cast.vic, permission__codename=lacking)
        assert held.delete()[0] == 1
        assert Api(cast.vic).post(path(live), asked).status_code == 403
    assert Api(cast.stan).post(path(live), asked).status_code == 404


def test_what_is_predicted_is_stored_nowhere(live: Project, cast: Cast) -> None:
    before = AuditEvent.objects.count()
    asked = {"documents": [{"text": VALVE}]}
    for _ in range(2):
        assert Api(cast.vic).post(path(live), asked, Idempotency_Key="k").status_code == 200
    assert not IdempotencyKey.objects.exists()
    assert AuditEvent.objects.count() == before


def test_a_body_that_is_too_much_or_says_something_else_is_refused(live: Project, cast: Cast) -> None:
    vic = Api(cast.vic)
    many = [{"text": "x"}] * 501
    bodies: tuple[Any, ...] = (
        {"documents": []},
        {"documents": many},
        {"documents": [{"body": "x"}]},
        {"documents": [{"text": ["x"]}]},
    )
    for wrong in bodies:
        assert vic.post(path(live), wrong).status_code == 422
    assert vic.client.post(BASE + path(live), b"<x/>", content_type="text/xml").status_code == 415


def test_lines_are_answered_line_by_line(live: Project, cast: Cast) -> None:
    client = Api(cast.vic).client
    body = json.dumps({"id": 7, "text": VALVE}) + "\n\n" + json.dumps({"text": LUNCH, "title": "Menu"})
    answer = send(client, live, body.encode())
    one, other = prediction.predict(tags.resolve(live, RELEVANCE, 1), [VALVE, LUNCH], ["", "Menu"])
    assert (answer.headers["Content-Type"], answer.headers["Model-Version"]) == (LINES, "1")
    assert [(said["line"], said["id"], said["labels"][0]["probability"]) for said in told(answer)] == [
        (1, 7, one["Relevant"]),
        (3, None, other["Relevant"]),
    ]


def test_a_line_that_cannot_be_used_costs_no_other(live: Project, cast: Cast, settings: Any) -> None:
    """Every line has its answer, in order; a line beyond the bound is passed over without being held."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 300
    bad = [
        b"{",
        b"7",
        b'{"text": 7}',
        b'{"id": [], "text": ""}',
        b'{"id": "k", "body": "x"}',
        b'{"text": "' + b"x" * 999 + b'"}',
    ]
    good = json.dumps({"id": "good", "text": VALVE}).encode()
    answers = told(send(Api(cast.vic).client, live, b"\n".join(line for wrong in bad for line in (wrong, good))))
    assert [said["line"] for said in answers] == list(range(1, 13))
    assert [said["error"]["code"] for said in answers[::2]] == ["unreadable", *["invalid"] * 4, "too_large"]
    assert [said["id"] for said in answers[1::2]] == ["good"] * 6
    assert len({json.dumps(said["labels"]) for said in answers[1::2]}) == 1
    assert answers[8]["id"] == "k"


def test_lines_have_thresholds_too(live: Project, cast: Cast) -> None:
    client, body = Api(cast.vic).client, "\n".join(json.dumps({"text": text}) for text in (VALVE, LUNCH)).encode()
    assert [len(said["labels"]) for said in told(send(client, live, body, "?thresholds=0.5"))] == [1, 0]
    for wrong in ("often", "2", "nan"):
        assert send(client, live, body, f"?thresholds={wrong}").status_code == 422
    assert send(client, live, body, "?threshold=0.5").status_code == 400


def test_no_lines_have_no_answers(live: Project, cast: Cast) -> None:
    assert told(send(Api(cast.vic).client, live, b"\n \n")) == []


def test_a_text_is_explained_by_its_words(live: Project, cast: Cast) -> None:
    """The terms add up to the log-odds of what is predicted."""
    said = Api(cast.vic).post(f"/projects/{live.pk}/versions/live/explain", {"text": VALVE}).json()
    added = sum(term["added"] for term in (*said["speaking_for"], *said["speaking_against"]))
    assert said["log_odds"] == pytest.approx(said["bias"] + said["rest"] + added)
    [scores] = prediction.predict(tags.resolve(live, RELEVANCE, 1), [VALVE])
    assert said["rank"] == pytest.approx(100 * scores["Relevant"], abs=1e-3)
    assert (said["version"], VALVE[said["text"][0]["start"] : said["text"][0]["end"]] != "") == (1, True)


LINE = some.one_of(
    some.binary(max_size=40),
    some.dictionaries(some.sampled_from(["id", "title", "text", "x"]), some.none() | some.integers() | some.text()).map(
        lambda found: json.dumps(found).encode()
    ),
)


@examples(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=some.lists(LINE, max_size=6).map(b"\n".join))
def test_whatever_is_sent_each_line_has_one_answer(live: Project, cast: Cast, body: bytes) -> None:
    """T-17: nothing makes a fault; the lines are those between line feeds, blank ones aside."""
    answers = told(send(Api(cast.vic).client, live, body or b"\n"))
    wanted = [place for place, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    assert [said["line"] for said in answers] == wanted
    assert all(("error" in said) != ("labels" in said) for said in answers)
