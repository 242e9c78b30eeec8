"""The pages of streams: a stream is set up on the curve, read, reset after a question, and its exceptions are seen."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from models_lib import streams, tags, thresholds
from models_lib.models import ModelVersion, Stream, StreamConsumer
from reviewapp.domain import returns
from reviewapp.models import Document, Project, User
from reviewapp.web import streams as pages
from tests.cast import Cast, fresh, perform_jobs, pinned, retrained, trained

Browser = Callable[[User], Client]
RELEVANCE = ModelVersion.Kind.RELEVANCE


@pytest.fixture
def ready(project: Project, cast: Cast) -> Project:
    """30 decisions, version 1 pinned and Live."""
    trained(project, cast.rita, each=15)
    pinned(project, cast.mona)
    tags.move(fresh(project), RELEVANCE, "live", 1, None, cast.mona)
    return fresh(project)


def made(project: Project, cast: Cast, **asked: Any) -> Stream:
    given: dict[str, Any] = {"name": "inbox", "version": 1, "thresholds": {"Relevant": 0.5}} | asked
    return streams.create(project, cast.mona, **given)


def read(client: Client, name: str, *ids: int, **query: Any) -> str:
    answer = client.get(reverse(name, args=ids), query)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_without_a_pinned_version_the_page_says_what_to_do(project: Project, cast: Cast, browser: Browser) -> None:
    said = read(browser(cast.mona), "project-streams", project.pk)
    assert "Pin one on the Models page" in said
    assert browser(cast.mona).get(reverse("stream-create", args=[project.pk])).status_code == 409


def test_a_stream_is_set_up_and_listed(ready: Project, cast: Cast, browser: Browser) -> None:
    """D17, SPEC 2.3.3"""
    mona = browser(cast.mona)
    assert "New stream" in read(mona, "project-streams", ready.pk)
    form = {
        "name": "mail-inbox",
        "title": "Mail inbox",
        "version": "live",
        "chosen_for": "1",
        "threshold-0": "0.41",
        "tags": "box a, box b",
        "conditions": "custodian = desk 1 | desk 2\n amount >= 100\namount <= 500",
    }
    answer = mona.post(reverse("stream-create", args=[ready.pk]), form)
    stream = Stream.objects.get()
    assert answer.headers["Location"] == reverse("stream", args=[stream.pk])
    assert (stream.tag, stream.thresholds) == ("live", {"Relevant": 0.41})
    assert stream.filter == {
        "tags": ["box a", "box b"],
        "properties": [
            {"name": "custodian", "one_of": ["desk 1", "desk 2"]},
            {"name": "amount", "minimum": "100", "maximum": "500"},
        ],
    }
    said = read(browser(cast.vic), "project-streams", ready.pk)
    assert "Mail inbox" in said
    assert "Relevant from 0.41" in said
    assert "New stream" not in said
    shown = read(browser(cast.vic), "stream", stream.pk)
    assert "Only where one of the tags is box a or box b, and custodian is one of desk 1, desk 2" in shown
    assert "Live, now" in shown


def test_a_threshold_is_chosen_on_the_curve_of_the_held_out_documents(
    ready: Project, cast: Cast, browser: Browser
) -> None:
    """SPEC 2.3.5: moved by hand, or by name."""
    mona, address = browser(cast.mona), reverse("stream-create", args=[ready.pk])
    ask = {"version": "1", "chosen_for": "1", "threshold-0": "0.75"}
    part = mona.get(address, ask, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'value="0.75"' in part
    assert ready.version is not None
    named = thresholds.named(ready.version)["Relevant"]
    assert named
    assert 'id="chart-precision-recall-0"' in part
    for name, number in named.items():
        part = mona.get(address, ask | {"named": name}, headers={"HX-Request": "true"}).content.decode()
        assert f'value="{round(number, 6)}"' in part


def test_thresholds_of_another_version_are_not_taken_over(ready: Project, cast: Cast, browser: Browser) -> None:
    """D17: moving to another version asks for the thresholds again."""
    retrained(ready, cast.rita)
    pinned(fresh(ready), cast.mona, 2)
    stream, mona = made(ready, cast), browser(cast.mona)
    address = reverse("stream-change", args=[stream.pk])
    form = {"title": "Inbox", "version": "2", "chosen_for": "1", "threshold-0": "0.9"}
    refused = mona.post(address, form)
    assert refused.status_code == 422
    assert "The thresholds stood for another version" in refused.content.decode()
    assert mona.post(address, form | {"chosen_for": "2"}).status_code == 302
    stream.refresh_from_db()
    assert (streams.bound_to(stream), stream.thresholds, stream.thresholds_for) == ("2", {"Relevant": 0.9}, 2)


def test_the_thresholds_of_a_tag_that_moved_are_looked_at_again(ready: Project, cast: Cast, browser: Browser) -> None:
    stream, mona = made(ready, cast, version="live"), browser(cast.mona)
    retrained(ready, cast.rita)
    pinned(fresh(ready), cast.mona, 2)
    tags.move(fresh(ready), RELEVANCE, "live", 2, 1, cast.mona)
    assert "The thresholds were chosen for v1, and Live is v2 now" in read(mona, "stream", stream.pk)
    address, form = reverse("stream-change", args=[stream.pk]), {"version": "live", "chosen_for": "2"}
    assert "These thresholds are for v2 now" in read(mona, "stream-change", stream.pk)
    mona.post(address, form | {"title": "Inbox", "threshold-0": "0.5"})
    stream.refresh_from_db()
    assert (stream.title, stream.thresholds_for) == ("Inbox", 1)
    mona.post(address, form | {"title": "Inbox", "threshold-0": "0.5", "anew": "on"})
    stream.refresh_from_db()
    assert stream.thresholds_for == 2


def test_what_cannot_be_is_said_beside_the_field(ready: Project, cast: Cast, browser: Browser) -> None:
    mona, address = browser(cast.mona), reverse("stream-create", args=[ready.pk])
    good = {"name": "inbox", "version": "1", "chosen_for": "1", "threshold-0": "0.5"}
    for wrong, said in (
        ({"name": "In Box"}, "small letters"),
        ({"conditions": "nothing"}, "is no condition"),
        ({"conditions": "amount >= much"}, "a number, or a date"),
        ({"version": "7"}, "Select a valid choice"),
    ):
        refused = mona.post(address, good | wrong)
        assert refused.status_code == 422
        assert said in refused.content.decode(), wrong
    assert not Stream.objects.exists()


def test_the_page_shows_where_each_consumer_is_and_what_comes_next(
    ready: Project, cast: Cast, browser: Browser
) -> None:
    stream, mona = made(ready, cast), browser(cast.mona)
    said = read(mona, "stream", stream.pk)
    assert "Nobody has advanced yet" in said
    assert "HAL-000000" in said
    streams.advance(stream, "robot", cast.mona, 20)
    streams.advance(stream, "robot", cast.mona, 45)
    streams.advance(stream, "slow", cast.mona, 60)
    said = read(mona, "stream", stream.pk)
    for words in ("45 of 60", "21–45", "HAL-000045", "Next for robot"):
        assert words in said
    assert "It has read everything" in read(mona, "stream", stream.pk, consumer="slow")
    rita = read(browser(cast.rita), "stream", stream.pk)
    assert "45 of 60" in rita
    for words in ("Next for", "Reset …", "Change<", "Delete …", "To review"):
        assert words not in rita


def test_the_page_shows_what_a_consumer_read_last(
    ready: Project, cast: Cast, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SPEC 2.3.3: the documents that somebody is done with, their labels, and the way to each of them."""
    stream, mona = made(ready, cast), browser(cast.mona)
    streams.advance(stream, "robot", cast.mona, 20)
    streams.advance(stream, "robot", cast.mona, 45)
    document = ready.items.get(ordinal=20).document_id
    monkeypatch.setattr(pages, "BEHIND", 15)
    said = read(mona, "stream", stream.pk, consumer="robot", **{"from": "20"})
    for words in (
        "Last batch of robot",
        "Documents 21 to 45",
        "HAL-000020",
        "HAL-000034",
        "from=35#batch",
        "What comes next",
    ):
        assert words in said
    assert reverse("document", args=[ready.pk, document]) in said
    assert "HAL-000035" not in said
    assert "Relevant</span>" in said
    further = read(mona, "stream", stream.pk, consumer="robot", **{"from": "35"})
    assert ("HAL-000044" in further, "HAL-000045" in further, "Further" in further) == (True, False, False)
    elsewhere = read(mona, "stream", stream.pk, consumer="robot", **{"from": "58"})
    assert "HAL-000020" in elsewhere
    assert streams.read(stream, "robot", cast.mona, size=1).results[0].sequence_id == 46
    assert "Last batch of" not in read(browser(cast.rita), "stream", stream.pk, consumer="robot", **{"from": "20"})


def test_a_reset_asks_first(ready: Project, cast: Cast, browser: Browser) -> None:
    stream, mona = made(ready, cast), browser(cast.mona)
    streams.advance(stream, "robot", cast.mona, 60)
    address = reverse("stream-reset", args=[stream.pk]) + "?consumer=robot"
    asked = mona.get(address).content.decode()
    assert 'value="robot"' in asked
    assert "come again" in asked
    assert mona.post(address, {"consumer": "robot", "moment": "soon"}).status_code == 422
    assert StreamConsumer.objects.get().sequence == 60
    assert mona.post(address, {"consumer": "robot", "moment": "2001-01-01T00:00"}).status_code == 302
    assert StreamConsumer.objects.get().sequence == 0
    assert "None since the reset" in read(mona, "stream", stream.pk)


def test_exceptions_are_tagged_seen_and_untagged(ready: Project, cast: Cast, browser: Browser) -> None:
    """U-26"""
    stream, mona = made(ready, cast), browser(cast.mona)
    document = Document.objects.earliest("pk")
    address = reverse("stream-exceptions", args=[stream.pk])
    mona.post(address, {"documents": document.pk, "change": "tag"})
    assert returns.count(ready) == 1
    said = read(mona, "stream", stream.pk)
    assert "Waits" in said
    assert "Untag" in said
    mona.post(address, {"documents": document.pk, "change": "untag"})
    assert returns.count(ready) == 0
    assert mona.post(address, {"documents": "x", "change": "tag"}).status_code == 422
    assert mona.post(address, {"documents": 10**9, "change": "tag"}).status_code == 404


def test_a_stream_whose_tag_is_not_set_says_so(ready: Project, cast: Cast, browser: Browser) -> None:
    stream = made(ready, cast, version="live")
    tags.remove(ready, RELEVANCE, "live", 1, cast.mona)
    assert "No version of this project is tagged Live" in read(browser(cast.mona), "stream", stream.pk)


def test_deleting_asks_first(ready: Project, cast: Cast, browser: Browser) -> None:
    stream, mona = made(ready, cast), browser(cast.mona)
    assert "This cannot be undone" in read(mona, "stream-delete", stream.pk)
    assert mona.post(reverse("stream-delete", args=[stream.pk])).status_code == 302
    assert not Stream.objects.exists()
    perform_jobs()


def test_the_list_asks_the_database_a_fixed_number_of_times(
    ready: Project, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    mona = browser(cast.mona)
    for number in range(8):
        stream = made(ready, cast, name=f"s{number}", version="live" if number % 2 else 1)
        streams.advance(stream, "robot", cast.mona, 5)
    read(mona, "project-streams", ready.pk)
    with django_assert_max_num_queries(12):
        read(mona, "project-streams", ready.pk)
