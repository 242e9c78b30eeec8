"""Tags: names that move between pinned versions, one step at a time."""

import pytest

from models_lib import pins, tags
from models_lib.models import ModelVersion, Tag
from reviewapp.domain import webhooks
from reviewapp.errors import Conflict, Invalid, NotFound, Refused
from reviewapp.models import AuditEvent, Delivery, Event, Project
from tests.cast import Cast, fresh, perform_jobs, pinned, retrained, trained
from tests.threads import at_once

RELEVANCE = ModelVersion.Kind.RELEVANCE


def number_of(project: Project, name: str | int) -> int:
    return tags.resolve(project, RELEVANCE, name).number


@pytest.fixture
def three(project: Project, cast: Cast) -> Project:
    """Three versions, the first two of them pinned."""
    trained(project, cast.rita)
    retrained(project, cast.rita, 2)
    pinned(project, cast.mona, 1)
    pinned(project, cast.mona, 2)
    return fresh(project)


def test_only_pinned_versions_take_a_tag_and_only_two_tags_exist(three: Project, cast: Cast) -> None:
    """U-06: live and staging, on pinned versions; anything else is refused."""
    for name in ("live", "staging"):
        assert tags.move(three, RELEVANCE, name, 1, None, cast.mona).pin.version.number == 1
    with pytest.raises(Conflict, match="not pinned"):
        tags.move(three, RELEVANCE, "live", 3, 1, cast.mona)
    for name in ("production", "Live", "latest", ""):
        with pytest.raises(Invalid, match="is not a tag"):
            tags.move(three, RELEVANCE, name, 1, None, cast.mona)
    with pytest.raises(NotFound):
        tags.move(three, RELEVANCE, "live", 99, 1, cast.mona)
    assert Tag.objects.count() == 2


def test_setting_a_tag_moves_it(three: Project, cast: Cast) -> None:
    """D9: at most one version each; moving it takes it off the other one, and is audited."""
    tags.move(three, RELEVANCE, "live", 1, None, cast.mona)
    tags.move(three, RELEVANCE, "live", 2, 1, cast.mona)
    assert [(tag.name, tag.pin.version.number) for tag in tags.of(three)] == [("live", 2)]
    moved = AuditEvent.objects.filter(verb="tag.move").order_by("pk")
    assert [event.detail for event in moved] == [
        {"tag": "live", "number": 1, "was": None},
        {"tag": "live", "number": 2, "was": 1},
    ]


def test_a_stale_screen_loses_politely(three: Project, cast: Cast) -> None:
    """D9: compare and set: who still sees version 1 as live does not move what version 2 carries."""
    tags.move(three, RELEVANCE, "live", 1, None, cast.mona)
    tags.move(three, RELEVANCE, "live", 2, 1, cast.mona)
    with pytest.raises(Conflict, match="Live is version 2 by now"):
        tags.move(three, RELEVANCE, "live", 1, 1, cast.mona)
    with pytest.raises(Conflict, match="Live is version 2 by now"):
        tags.remove(three, RELEVANCE, "live", 1, cast.mona)
    tags.remove(three, RELEVANCE, "live", 2, cast.mona)
    with pytest.raises(Conflict, match="Live is no version by now"):
        tags.move(three, RELEVANCE, "live", 1, 2, cast.mona)
    with pytest.raises(NotFound, match="tagged Live"):
        number_of(three, "live")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("was", [None, 1])
def test_of_several_who_move_a_tag_at_once_one_wins(three: Project, cast: Cast, was: int | None) -> None:
    if was:
        tags.move(three, RELEVANCE, "live", 1, None, cast.mona)
    outcomes = at_once(6, lambda number: tags.move(three, RELEVANCE, "live", 2, was, cast.mona))
    lost = [fault for fault in outcomes if isinstance(fault, Exception)]
    assert len(lost) == 5
    assert all(isinstance(fault, Conflict) for fault in lost), lost


@pytest.mark.django_db(transaction=True)
def test_a_tag_and_an_unpin_at_once_do_not_both_hold(three: Project, cast: Cast) -> None:
    """D10: a tag never stands on a version that was unpinned at the same moment."""

    def work(who: int) -> None:
        if who:
            tags.move(three, RELEVANCE, "staging", 1, None, cast.mona)
        else:
            pins.unpin(three, 1, cast.mona)

    for _ in range(5):
        outcomes = at_once(2, work)
        faults = [fault for fault in outcomes if isinstance(fault, Exception)]
        assert len(faults) == 1
        assert isinstance(faults[0], Conflict)
        if tags.of(three).exists():
            tags.remove(three, RELEVANCE, "staging", 1, cast.mona)
        pins.request(three, 1, cast.mona)


def test_a_consumer_asks_by_name_or_by_number(three: Project, cast: Cast) -> None:
    """U-13: live, staging and latest by name, pinned versions by number."""
    tags.move(three, RELEVANCE, "live", 1, None, cast.mona)
    tags.move(three, RELEVANCE, "staging", 2, None, cast.mona)
    asked = ("live", "Staging", "latest", 2, "1")
    assert [number_of(three, name) for name in asked] == [1, 2, 3, 2, 1]


def test_what_names_no_version_is_refused_with_what_to_do(three: Project, cast: Cast) -> None:
    with pytest.raises(Conflict, match="Pin it, or ask for latest"):
        number_of(three, 3)
    with pytest.raises(NotFound, match="no version 17"):
        number_of(three, 17)
    with pytest.raises(NotFound, match="tagged Staging"):
        number_of(three, "staging")
    for word in ("newest", "", "-1", "1.5", "٣", "9" * 30):
        with pytest.raises(Invalid, match="names no version"):
            number_of(three, word)


def test_without_a_model_nothing_is_the_latest(project: Project) -> None:
    with pytest.raises(NotFound, match="no model yet"):
        number_of(project, "latest")


def test_tagging_takes_the_right_to_pin(three: Project, cast: Cast) -> None:
    """U-01: who may not pin moves no tag either."""
    with pytest.raises(Refused):
        tags.move(three, RELEVANCE, "live", 1, None, cast.rita)
    tags.move(three, RELEVANCE, "live", 1, None, cast.alice)
    with pytest.raises(Refused):
        tags.remove(three, RELEVANCE, "live", 1, cast.rita)
    perform_jobs()


def test_a_tag_that_moves_is_told(project: Project, cast: Cast) -> None:
    """U-29: consumers hear that Live is another version now; what was refused is not told."""
    webhooks.create(project.workspace, cast.alice, name="A", url="https://example.org/", events=[Event.TAG_MOVED])
    now = trained(project, cast.rita)
    pins.request(now, 1, cast.mona)
    tags.move(now, RELEVANCE, "live", to=1, was=None, by=cast.mona)
    with pytest.raises(Conflict):
        tags.move(now, RELEVANCE, "live", to=1, was=7, by=cast.mona)
    tags.remove(now, RELEVANCE, "live", was=1, by=cast.mona)
    told = [delivery.payload["data"] for delivery in Delivery.objects.order_by("pk")]
    facts = {"workspace": now.workspace_id, "project": now.pk, "kind": "relevance", "tag": "live"}
    assert told == [facts | {"version": 1, "was": None}, facts | {"version": None, "was": 1}]
