"""Filters of a stream: one of, least and most, over metadata and tags."""

from typing import Any

import pytest

from models_lib import selection
from reviewapp.errors import Invalid
from reviewapp.models import Document


def document(tags: list[str] | None = None, **metadata: Any) -> Document:
    return Document(tags=tags or [], metadata=metadata)


def fits(found: Document, **wanted: Any) -> bool:
    return selection.fits(found, selection.checked(wanted))


def one(**wanted: Any) -> list[dict[str, Any]]:
    return [{"name": "field", **wanted}]


def test_a_document_needs_one_of_the_tags() -> None:
    """SPEC 2.3.3."""
    assert fits(document(["a", "b"]), tags=["b", "c"])
    assert not fits(document(["a"]), tags=["b", "c"])
    assert fits(document(), tags=[])


@pytest.mark.parametrize(
    ("value", "wanted", "belongs"),
    [
        ("desk 1", {"one_of": ["desk 1", "desk 2"]}, True),
        ("desk 3", {"one_of": ["desk 1", "desk 2"]}, False),
        (7, {"one_of": ["7"]}, True),
        ("100", {"minimum": 100}, True),
        ("99.5", {"minimum": 100}, False),
        ("9", {"minimum": 10}, False),
        (12, {"minimum": 10, "maximum": 12}, True),
        (12.5, {"minimum": 10, "maximum": 12}, False),
        ("2026-01-02", {"minimum": "2026-01-02", "maximum": "2026-01-02T00:00"}, True),
        ("2026-01-02T10:00+02:00", {"maximum": "2026-01-02T08:00Z"}, True),
        ("2026-01-02T10:00+02:00", {"maximum": "2026-01-02T07:59Z"}, False),
        ("soon", {"minimum": "2026-01-01"}, False),
        ("2026", {"minimum": "2026-01-01"}, False),
        ("nan", {"minimum": 0}, False),
        (True, {"minimum": 0}, False),
        (["a"], {"maximum": 5}, False),
    ],
)
def test_properties_are_compared_as_what_they_are(value: Any, wanted: dict[str, Any], belongs: bool) -> None:
    """SPEC 2.3.3: one-of, min, max; numbers as numbers and times as times."""
    assert fits(document(field=value), properties=one(**wanted)) == belongs


def test_what_lacks_the_property_does_not_belong() -> None:
    assert not fits(document(), properties=one(one_of=["a"]))
    assert not fits(document(), properties=one(minimum=1))


def test_all_conditions_hold_together() -> None:
    wanted = {"tags": ["in"], "properties": [*one(one_of=["a"]), {"name": "size", "maximum": 3}]}
    assert fits(document(["in"], field="a", size=3), **wanted)
    assert not fits(document(["in"], field="a", size=4), **wanted)
    assert selection.in_words(selection.checked(wanted)) == [
        "one of the tags is in",
        "field is one of a",
        "size is at most 3",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"colour": "red"},
        {"tags": "inbox"},
        {"tags": [7]},
        {"properties": {"name": "x"}},
        {"properties": [{"name": "x"}]},
        {"properties": [{"one_of": ["a"]}]},
        {"properties": [{"name": "x", "one_of": []}]},
        {"properties": [{"name": "x", "one_of": "abc"}]},
        {"properties": [{"name": "x", "minimum": "soon"}]},
        {"properties": [{"name": "x", "minimum": True}]},
        {"properties": [{"name": "x", "minimum": float("nan")}]},
        {"properties": [{"name": "x", "above": 3}]},
        {"properties": [{"name": "x", "minimum": 1}] * 21},
    ],
)
def test_a_filter_that_cannot_be_used_is_refused(wrong: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        selection.checked(wrong)
    assert set(refusal.value.fields) == {"filter"}


def test_conditions_are_written_and_read_by_people() -> None:
    """What was written is read as the same filter; a line that says nothing is named."""
    lines = "custodian = desk 1 | desk 2\namount >= 100\namount <= 5000.5\nsent >= 2026-01-01"
    wanted = selection.checked({"properties": selection.read(lines)})
    assert selection.written(wanted) == lines
    assert [one["name"] for one in wanted["properties"]] == ["custodian", "amount", "sent"]
    assert selection.read(" \n\n") == []
    for wrong in ("custodian", "= desk 1", "custodian =", ">= 7"):
        with pytest.raises(Invalid, match="is no condition"):
            selection.read(wrong)
