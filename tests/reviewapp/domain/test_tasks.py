"""Tasks found by what was answered about them."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviewapp.domain import assignments, tasks, verdicts
from reviewapp.domain.tasks import Wanted
from reviewapp.models import Project, User
from tests.cast import Cast, annotate, chosen, span


def found(project: Project, words: str, viewer: User) -> list[int]:
    return [row.ordinal for row in tasks.find(project, Wanted(words, viewer=viewer))]


def test_tasks_are_found_by_labels_and_choices_that_stand(annotation: Project, cast: Cast) -> None:
    first, second, third = annotation.items.select_related("document").order_by("ordinal")[:3]
    valve = span(first.document.text, "valve", "Part")
    annotate(annotation, cast.rita, first, valve, chosen("tone", "Formal"), chosen("topics", "Money", "Food"))
    annotate(annotation, cast.rita, second, chosen("tone", "Casual"))
    verdicts.decide(annotate(annotation, cast.rita, third, chosen("tone", "Formal")), cast.mona, accepted=False)
    assert found(annotation, "label:Part", cast.mona) == [first.ordinal]
    assert found(annotation, "choice:Formal", cast.mona) == [first.ordinal]  # what was sent back stands no more
    assert found(annotation, 'choice:"Casual"', cast.mona) == [second.ordinal]
    assert found(annotation, "choice:Food label:Part choice:Formal", cast.mona) == [first.ordinal]
    assert found(annotation, "choice:Food choice:Casual", cast.mona) == []
    assert found(annotation, "valve label:Part", cast.mona) == [first.ordinal]
    assert found(annotation, "canteen label:Part", cast.mona) == []
    assert found(annotation, """label:x'"%\\""", cast.mona) == []


def test_who_annotates_finds_only_their_own_answers(annotation: Project, cast: Cast) -> None:
    """What others answered is hidden, so no search may give it away."""
    item = annotation.items.get(ordinal=0)
    assignments.assign(annotation, [item.document_id], [cast.rita, cast.rolf], cast.mona)
    annotate(annotation, cast.rita, item, chosen("tone", "Formal"))
    for person, sees in ((cast.rita, [0]), (cast.rolf, []), (cast.mona, [0]), (cast.vic, [0])):
        assert found(annotation, "choice:Formal", person) == sees
    verdicts.assign(annotation, [item.document_id], cast.rolf, cast.mona)
    assert found(annotation, "choice:Formal", cast.rolf) == [0]


def test_the_search_by_answers_goes_by_an_index_and_asks_once(annotation: Project, cast: Cast) -> None:
    for item in annotation.items.order_by("ordinal")[:3]:
        annotate(annotation, cast.rita, item, chosen("tone", "Formal"))
    with CaptureQueriesContext(connection) as asked:
        assert len(found(annotation, "choice:Formal", cast.mona)) == 3
    assert len(asked) == 4  # who looks and what they may, the rows, who works on them
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # the table is small
    assert "annotation_results" in tasks.saying("choices", "Formal").explain()
