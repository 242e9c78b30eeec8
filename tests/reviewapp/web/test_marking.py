"""Texts drawn with their spans."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from reviewapp.labeling import read
from reviewapp.models import Document, Project
from reviewapp.web import marking
from tests.cast import ANNOTATION_CONFIG, Cast, annotate, span

CONFIG = read(ANNOTATION_CONFIG)
HOSTILE = "<script>alert('x')</script>"


def over(start: int, end: int, label: str, name: str = "a") -> dict[str, Any]:
    value = {"start": start, "end": end, "text": "", "labels": [label]}
    return {"id": name, "type": "labels", "from_name": "label", "to_name": "text", "value": value}


def test_a_text_is_cut_where_spans_begin_and_end() -> None:
    found = marking.marked("The faulty valve of Jon", [over(4, 16, "Part"), over(11, 16, "Absent", "b")], CONFIG)
    assert [(one.text, one.names, one.opening, one.closing) for one in found.stretches] == [
        ("The ", (), (), ()),
        ("faulty ", ("Part",), ("Part",), ()),
        ("valve", ("Absent", "Part"), ("Absent",), ("Absent", "Part")),
        (" of Jon", (), (), ()),
    ]
    inner = found.stretches[2]
    assert inner.top is not None
    assert inner.under is not None
    assert (inner.top.value, inner.under.value, inner.under.colour) == ("Absent", "Part", "#ffcc00")


PLACES = st.tuples(st.integers(0, 30), st.integers(1, 31)).filter(lambda place: place[0] < place[1])


@given(st.text(min_size=31, max_size=40), st.lists(PLACES, max_size=12))
def test_however_spans_lie_the_text_stays_whole_and_each_opens_and_closes_once(
    text: str, places: list[tuple[int, int]]
) -> None:
    found = marking.marked(text, [over(start, end, "Part", f"s{n}") for n, (start, end) in enumerate(places)], CONFIG)
    assert "".join(one.text for one in found.stretches) == text
    assert all(one.text for one in found.stretches)
    if len(places) <= marking.NAMES:
        assert sum(len(one.opening) for one in found.stretches) == len(places)
        assert sum(len(one.closing) for one in found.stretches) == len(places)


def test_what_a_page_cannot_hold_is_left_out_and_said() -> None:
    text = "x" * (marking.CHARACTERS + 1)
    assert marking.marked(text, [], CONFIG).cut
    many = [over(n, n + 5_000, "Part", f"s{n}") for n in range(marking.SPANS + 1)]
    found = marking.marked("y" * 20_000, many, CONFIG)
    assert found.cut
    assert len(found.stretches) <= 2 * marking.SPANS + 1
    assert max(len(one.names) for one in found.stretches) == marking.NAMES


class _Seen(HTMLParser):
    """What a screen reader reads of the text, and what is marked in it."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[str] = []
        self.styled: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "mark":
            self.marks.append(told.get("title") or "")
        if "style" in told:
            self.styled.append(tag)


def test_a_task_draws_each_completion_in_its_text(annotation: Project, cast: Cast) -> None:
    item = annotation.items.select_related("document").get(ordinal=0)
    text = f"The faulty {HOSTILE} valve of Jon."
    Document.objects.filter(pk=item.document_id).update(text=text)
    item.refresh_from_db()
    first = annotate(annotation, cast.mona, item, span(text, "valve", "Part"))
    annotate(annotation, cast.mona, item, span(text, HOSTILE, "Part"), span(text, "Jon", "Person", "b"))
    client = Client()
    client.force_login(cast.mona)
    address = reverse("task", args=[annotation.pk, item.document_id])
    page = client.get(address).content.decode()
    assert HOSTILE not in page
    seen = _Seen()
    seen.feed(page)
    assert (seen.marks, seen.styled) == (["Part", "Person"], [])
    assert '<span class="visually-hidden"> [Person: </span>' in page
    earlier = _Seen()
    earlier.feed(client.get(address, {"completion": first.pk}).content.decode())
    assert earlier.marks == ["Part"]
    assert client.get(address, {"completion": "x'"}).status_code == 200
