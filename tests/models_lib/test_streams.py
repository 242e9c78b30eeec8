"""Streams: batches in order, a cursor for each consumer, thresholds of a version, exceptions that come back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from models_lib import pins, prediction, rollbacks, streams, tags, thresholds
from models_lib.models import ModelVersion, Stream
from reviewapp.domain import coding, documents, leases, projects, queue, returns
from reviewapp.domain.coding import Answer
from reviewapp.errors import Conflict, Invalid, NotFound, Refused
from reviewapp.models import AuditEvent, Document, Project, Reason, User, WorkspaceUserObjectPermission
from tests.cast import Cast, code_chosen, fresh, perform_jobs, pinned, retrained, trained, write_documents

RELEVANCE = ModelVersion.Kind.RELEVANCE
HALF = {"Relevant": 0.5}


@pytest.fixture
def ready(project: Project, cast: Cast) -> Project:
    """60 documents, version 1 pinned and Live."""
    trained(project, cast.rita)
    pinned(project, cast.mona)
    tags.move(fresh(project), RELEVANCE, "live", 1, None, cast.mona)
    return fresh(project)


def made(project: Project, by: User, **asked: Any) -> Stream:
    given: dict[str, Any] = {"name": "inbox", "version": 1, "thresholds": HALF} | asked
    stream = streams.create(project, by, **given)
    return Stream.objects.select_related("project__workspace", "pin__version").get(pk=stream.pk)


def numbers(batch: streams.Batch) -> list[int]:
    return [result.sequence_id for result in batch.results]


def test_a_consumer_reads_every_document_once_in_order(ready: Project, cast: Cast) -> None:
    """D17: batches in sequence order, until the end of the sequence."""
    stream, seen = made(ready, cast.mona), []
    while True:
        batch = streams.read(stream, "mail robot", cast.mona, size=25)
        seen += numbers(batch)
        streams.advance(stream, "mail robot", cast.mona, batch.sequence_id)
        if batch.is_end_sequence:
            break
    assert seen == list(range(1, 61))
    empty = streams.read(stream, "mail robot", cast.mona)
    assert (empty.results, empty.filtered, empty.sequence_id, empty.is_end_sequence) == ((), 0, 60, True)


def test_reading_moves_nothing(ready: Project, cast: Cast) -> None:
    """D17: at least once: what was not advanced past comes again."""
    stream = made(ready, cast.mona)
    first, again = (streams.read(stream, "robot", cast.mona, size=7) for _ in range(2))
    assert numbers(first) == numbers(again) == list(range(1, 8))
    assert not stream.consumers.exists()


def test_consumers_do_not_know_of_each_other(ready: Project, cast: Cast) -> None:
    """D17: one cursor for each consumer."""
    stream = made(ready, cast.mona)
    streams.advance(stream, "fast", cast.mona, 50)
    assert numbers(streams.read(stream, "slow", cast.mona, size=2)) == [1, 2]
    assert numbers(streams.read(stream, "fast", cast.mona, size=2)) == [51, 52]


def test_advancing_twice_is_the_same_and_back_or_beyond_is_refused(ready: Project, cast: Cast) -> None:
    stream = made(ready, cast.mona)
    for _ in range(2):
        assert streams.advance(stream, "robot", cast.mona, 10).sequence == 10
    with pytest.raises(Conflict, match="at 10 already"):
        streams.advance(stream, "robot", cast.mona, 9)
    with pytest.raises(Invalid):
        streams.advance(stream, "robot", cast.mona, 61)


def test_a_document_carries_the_labels_that_reach_their_threshold(ready: Project, cast: Cast) -> None:
    """SPEC 2.3.3, 2.3.7: each label has its own threshold; a label is a list of its parts."""
    stream = made(ready, cast.mona, thresholds={"Relevant": 0.6})
    batch = streams.read(stream, "robot", cast.mona, size=60)
    assert ready.version is not None
    for result in batch.results:
        (said,) = prediction.predict(ready.version, [result.document.text], [result.document.title])
        reached = [(label.name, label.probability, label.threshold) for label in result.labels]
        assert reached == ([(("Relevant",), said["Relevant"], 0.6)] if said["Relevant"] >= 0.6 else [])
    assert {len(result.labels) for result in batch.results} == {0, 1}
    assert batch.version == 1


def test_a_filter_leaves_out_and_counts_what_does_not_belong(ready: Project, cast: Cast) -> None:
    """SPEC 2.3.3: `filtered` counts them, and the sequence goes past them."""
    wanted = {"tags": ["box b"], "properties": [{"name": "custodian", "one_of": ["desk 0", "desk 2"]}]}
    stream = made(ready, cast.mona, filter=wanted)
    batch = streams.read(stream, "robot", cast.mona, size=500)
    expected = [n + 1 for n in range(60) if n % 2 == 0 and n % 7 in (0, 2)]
    assert numbers(batch) == expected
    assert (batch.filtered, batch.sequence_id, batch.is_end_sequence) == (60 - len(expected), 60, True)
    small = streams.read(stream, "robot", cast.mona, size=3)
    assert (numbers(small), small.is_end_sequence) == (expected[:3], False)
    streams.advance(stream, "robot", cast.mona, small.sequence_id)
    assert numbers(streams.read(stream, "robot", cast.mona, size=500)) == expected[3:]


def test_a_batch_looks_at_so_many_documents_and_says_that_there_are_more(
    ready: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LOOKED_AT", 20)
    stream = made(ready, cast.mona, filter={"tags": ["nothing has this"]})
    batch = streams.read(stream, "robot", cast.mona)
    assert (batch.results, batch.filtered, batch.sequence_id, batch.is_end_sequence) == ((), 20, 20, False)


def test_long_texts_make_small_batches(ready: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    stream, seen = made(ready, cast.mona), []
    monkeypatch.setattr(streams, "CHARACTERS", 150)
    for _ in range(60):
        batch = streams.read(stream, "robot", cast.mona, size=50)
        assert 1 <= len(batch.results) <= 3
        seen += numbers(batch)
        streams.advance(stream, "robot", cast.mona, batch.sequence_id)
        if batch.is_end_sequence:
            break
    assert seen == list(range(1, 61))


def test_new_documents_come_at_the_end(ready: Project, cast: Cast) -> None:
    stream = made(ready, cast.mona)
    streams.advance(stream, "robot", cast.mona, 60)
    write_documents(ready.workspace, 5)
    projects.adopt(ready.workspace)
    assert numbers(streams.read(stream, "robot", cast.mona)) == [61, 62, 63, 64, 65]


def test_a_deleted_document_is_passed(ready: Project, cast: Cast) -> None:
    """U-17."""
    stream = made(ready, cast.mona)
    gone = ready.items.get(ordinal=1).document_id
    documents.delete(ready.workspace, Document.objects.filter(pk=gone), cast.mona)
    assert numbers(streams.read(stream, "robot", cast.mona, size=3)) == [1, 3, 4]


def test_a_consumer_is_reset_to_a_time(ready: Project, cast: Cast) -> None:
    """SPEC 2.3.3: reset to a time."""
    stream, now = made(ready, cast.mona), timezone.now()
    for item in ready.items.all():
        Document.objects.filter(pk=item.document_id).update(created_at=now - timedelta(days=60 - item.ordinal))
    streams.advance(stream, "robot", cast.mona, 60)
    back = streams.reset(stream, "robot", cast.mona, now - timedelta(days=20, hours=1))
    assert back.sequence == 40
    assert streams.reset(stream, "robot", cast.mona, now + timedelta(days=1)).sequence == 60
    assert AuditEvent.objects.filter(verb="stream.reset").count() == 2


def test_a_stream_of_a_tag_follows_it_and_says_which_version(ready: Project, cast: Cast) -> None:
    """U-13: consumers ask for live by name, and are told the number."""
    stream = made(ready, cast.mona, version="live")
    assert streams.read(stream, "robot", cast.mona, size=1).version == 1
    retrained(ready, cast.rita)
    pinned(fresh(ready), cast.mona, 2)
    tags.move(fresh(ready), RELEVANCE, "live", 2, 1, cast.mona)
    batch = streams.read(stream, "robot", cast.mona, size=1)
    assert (batch.version, batch.thresholds_for) == (2, 1)
    tags.remove(fresh(ready), RELEVANCE, "live", 2, cast.mona)
    with pytest.raises(NotFound, match="tagged Live"):
        streams.read(stream, "robot", cast.mona)


def test_only_a_pinned_version_or_a_tag_makes_a_stream(ready: Project, cast: Cast) -> None:
    """D17, U-06."""
    retrained(ready, cast.rita)
    now = fresh(ready)
    for version, why in ((2, Conflict), ("latest", Invalid), ("staging", NotFound), (99, NotFound), ("x", Invalid)):
        with pytest.raises(why):
            made(now, cast.mona, version=version)
    assert not Stream.objects.exists()


def test_what_a_stream_reads_stays_pinned(ready: Project, cast: Cast) -> None:
    """D10: unpinning is refused until the stream is moved."""
    retrained(ready, cast.rita)
    pinned(fresh(ready), cast.mona, 2)
    stream = made(fresh(ready), cast.mona, version=2, title="Inbox robot")
    with pytest.raises(Conflict):
        pins.unpin(ready, 2, cast.mona)
    with pytest.raises(Conflict):
        pins.delete(ready, 2, cast.mona, "v2")
    streams.change(stream, cast.mona, {"version": "live", "thresholds": HALF})
    pins.unpin(ready, 2, cast.mona)


def test_another_version_asks_for_the_thresholds_again(ready: Project, cast: Cast) -> None:
    """SPEC 2.3.3, D17."""
    retrained(ready, cast.rita)
    pinned(fresh(ready), cast.mona, 2)
    stream = made(fresh(ready), cast.mona)
    for version in (2, "live"):
        with pytest.raises(Invalid) as refusal:
            streams.change(stream, cast.mona, {"version": version})
        assert set(refusal.value.fields) == {"thresholds"}
    moved = streams.change(stream, cast.mona, {"version": "2", "thresholds": {"Relevant": 0.41}})
    assert (streams.bound_to(moved), moved.thresholds, moved.thresholds_for) == ("2", {"Relevant": 0.41}, 2)
    described = streams.change(moved, cast.mona, {"title": "New", "version": 2})
    assert (described.title, described.thresholds) == ("New", {"Relevant": 0.41})


def test_every_label_needs_a_threshold_that_can_be_one(ready: Project, cast: Cast) -> None:
    for wrong in ({}, None, {"Relevant": 2}, {"Relevant": "high"}, {"Relevant": True}, {"Other": 0.5}, "sometimes"):
        with pytest.raises(Invalid) as refusal:
            made(ready, cast.mona, thresholds=wrong)
        assert set(refusal.value.fields) == {"thresholds"}


def test_a_named_threshold_is_a_number_of_the_held_out_documents(ready: Project, cast: Cast) -> None:
    """SPEC 2.3.5: high_recall, balanced, high_precision; a version without figures says so."""
    assert ready.version is not None
    known = thresholds.named(ready.version)["Relevant"]
    if known:
        for name, number in known.items():
            assert thresholds.resolve(ready.version, name) == {"Relevant": number}
        assert known["high_recall"] <= known["high_precision"]
    ready.version.held_out = ""
    with pytest.raises(Conflict, match="no balanced threshold"):
        thresholds.resolve(ready.version, "balanced")


def test_names_are_unique_and_plain(ready: Project, cast: Cast) -> None:
    made(ready, cast.mona)
    for wrong in ("inbox", "In Box", "", "-x", "x-", "x" * 101, "a/b"):
        with pytest.raises(Invalid) as refusal:
            made(ready, cast.mona, name=wrong)
        assert set(refusal.value.fields) == {"name"}


def test_each_act_takes_its_right_together_with_seeing_labels(ready: Project, cast: Cast) -> None:
    """SPEC 2.3.3: Streams admin, Modify streams, Consume streams, each with View labels."""
    stream = made(ready, cast.mona)
    document = ready.items.get(ordinal=0).document_id
    acts: dict[str, list[Callable[[], object]]] = {
        "consume_streams": [
            lambda: streams.read(stream, "r", cast.mona),
            lambda: streams.advance(stream, "r", cast.mona, 1),
            lambda: streams.reset(stream, "r", cast.mona, timezone.now()),
            lambda: streams.tag_exceptions(stream, cast.mona, [document]),
            lambda: streams.untag_exceptions(stream, cast.mona, [document]),
        ],
        "modify_streams": [lambda: streams.change(stream, cast.mona, {"title": "T"})],
        "administer_streams": [
            lambda: made(ready, cast.mona, name="other"),
            lambda: streams.delete(stream, cast.mona),
        ],
    }
    held = WorkspaceUserObjectPermission.objects.filter(user=cast.mona)
    for right, doing in acts.items():
        for lacking in (right, "view_labels"):
            (grant,) = held.filter(permission__codename=lacking)
            grant.delete()
            for act in doing:
                with pytest.raises(Refused):
                    act()
            grant.pk = None
            grant.save()
        for act in doing:
            act()


def test_an_exception_goes_to_review_first_and_ends_with_the_answer(ready: Project, cast: Cast) -> None:
    """U-26, SPEC 2.3.3: exceptions come back to review with a reason of their own."""
    stream = made(ready, cast.mona)
    item = ready.items.exclude(decision=None).first()
    assert item is not None
    assert streams.tag_exceptions(stream, cast.mona, [item.document_id], "Amount not found") == 1
    assert streams.tag_exceptions(stream, cast.mona, [item.document_id]) == 0
    served = queue.next_document(fresh(ready), cast.rolf)
    assert served is not None
    assert (served.pk, served.served_reason) == (item.pk, Reason.EXCEPTION)
    assert served.lease_token is not None
    coding.submit(fresh(ready), cast.rolf, served.lease_token, Answer(choice="Relevant"))
    assert returns.count(ready) == 0
    (tagged,) = streams.exceptions(stream)
    assert (tagged.note, tagged.item.returned_at) == ("Amount not found", None)


def test_an_exception_that_is_untagged_waits_no_longer(ready: Project, cast: Cast) -> None:
    one, other = made(ready, cast.mona), made(ready, cast.mona, name="second")
    document = ready.items.get(ordinal=5).document_id
    streams.tag_exceptions(one, cast.mona, [document])
    streams.tag_exceptions(other, cast.mona, [document])
    assert streams.untag_exceptions(one, cast.mona, [document]) == 1
    assert returns.count(ready) == 1
    assert streams.untag_exceptions(other, cast.mona, [document]) == 1
    assert returns.count(ready) == 0
    assert streams.untag_exceptions(other, cast.mona, [document]) == 0


def test_a_document_of_another_project_is_no_exception_here(ready: Project, cast: Cast) -> None:
    stream = made(ready, cast.mona)
    elsewhere = Document.objects.create(workspace=ready.workspace, control_number="E-1", text="x")
    with pytest.raises(NotFound):
        streams.tag_exceptions(stream, cast.mona, [ready.items.get(ordinal=0).document_id, elsewhere.pk])
    assert returns.count(ready) == 0
    for wrong in ([], list(range(1001))):
        with pytest.raises(Invalid):
            streams.tag_exceptions(stream, cast.mona, wrong)


def test_training_on_changes_nothing_for_a_stream_of_a_version(ready: Project, cast: Cast) -> None:
    """U-07: the same documents, the same bytes."""
    stream = made(ready, cast.mona)
    before = streams.read(stream, "robot", cast.mona, size=60)
    code_chosen(ready, cast.rita, ready.items.select_related("document").filter(decision=None)[:10])
    write_documents(ready.workspace, 30)
    projects.adopt(ready.workspace)
    perform_jobs()
    after = streams.read(stream, "robot", cast.mona, size=60)
    assert [(r.sequence_id, r.labels) for r in after.results] == [(r.sequence_id, r.labels) for r in before.results]


def test_a_stream_reads_on_across_a_rollback_as_if_there_were_none(ready: Project, cast: Cast) -> None:
    """D17, D18, U-27: while it runs and after it: the same places, version and bytes, and what was read comes again."""
    one, live = made(ready, cast.mona), made(ready, cast.mona, name="by-tag", version="live")
    retrained(ready, cast.rita)
    streams.advance(one, "robot", cast.mona, 7)
    before = {stream.pk: streams.read(stream, "robot", cast.mona, size=20) for stream in (one, live)}
    assert (before[one.pk].sequence_id, before[one.pk].version, before[live.pk].version) == (27, 1, 1)

    def same() -> bool:
        again = {stream.pk: streams.read(stream, "robot", cast.mona, size=20) for stream in (one, live)}
        return again == before

    rollbacks.request(fresh(ready), 1, cast.mona, "v1")
    assert same()
    streams.advance(live, "other", cast.mona, 3)
    perform_jobs()
    assert fresh(ready).version.number == 3  # type: ignore[union-attr]
    assert same()
    assert streams.advance(one, "robot", cast.mona, 27).sequence == 27
    assert numbers(streams.read(one, "robot", cast.mona, size=2)) == [28, 29]
    assert numbers(streams.read(live, "other", cast.mona, size=2)) == [4, 5]


def test_exceptions_stay_across_a_rollback_and_wait_again_for_an_answer_that_was_set_aside(
    ready: Project, cast: Cast
) -> None:
    """D17, D18, U-26: an answer that counts no more settles nothing; when it counts again, it does."""
    stream = made(ready, cast.mona)
    answered = ready.items.select_related("document").filter(decision=None)[0]
    streams.tag_exceptions(stream, cast.mona, [answered.document_id], "Amount not found")
    code_chosen(ready, cast.rita, [answered])
    retrained(ready, cast.rita)
    asked = ready.items.filter(decision=None)[0]
    streams.tag_exceptions(stream, cast.mona, [asked.document_id])
    assert returns.ordinals(ready, 10) == [asked.ordinal]

    rollbacks.request(fresh(ready), 1, cast.mona, "v1")
    with pytest.raises(Conflict, match="being rolled back"):
        streams.tag_exceptions(stream, cast.mona, [ready.items.get(ordinal=0).document_id])
    perform_jobs()
    assert {tagged.item_id for tagged in streams.exceptions(stream)} == {answered.pk, asked.pk}
    assert sorted(returns.ordinals(ready, 10)) == sorted([answered.ordinal, asked.ordinal])
    assert queue.next_document(fresh(ready), cast.rolf).served_reason == Reason.EXCEPTION  # type: ignore[union-attr]
    leases.release(fresh(ready), cast.rolf)

    rollbacks.request(fresh(ready), 2, cast.mona, "v2")
    perform_jobs()
    assert returns.ordinals(ready, 10) == [asked.ordinal]


def test_every_change_is_in_the_trail(ready: Project, cast: Cast) -> None:
    stream = made(ready, cast.mona)
    document = ready.items.get(ordinal=0).document_id
    streams.change(stream, cast.mona, {"description": "For the robot"})
    streams.tag_exceptions(stream, cast.mona, [document])
    streams.untag_exceptions(stream, cast.mona, [document])
    streams.delete(stream, cast.mona)
    verbs = AuditEvent.objects.filter(verb__startswith="stream.").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == [
        f"stream.{verb}" for verb in ("create", "change", "tag_exceptions", "untag_exceptions", "delete")
    ]
