"""What an import and an export make of tasks: filters, conflicts, and whether results fit the config."""

from dataclasses import replace

import pytest

from reviewapp.errors import Invalid
from reviewapp.formats import (
    Answer,
    BadTask,
    Completion,
    Filters,
    Incoming,
    Malformed,
    Other,
    Region,
    Relation,
    Result,
    Task,
    match,
    settle,
)
from reviewapp.labeling import read

CONFIG = read(
    """<View><Text name="text" value="$text"/>
    <Labels name="label" toName="text"><Label value="Symptom"/><Label value="Drug"/></Labels>
    <Choices name="age" toName="text"><Choice value="Child"/><Choice value="Adult"/></Choices></View>"""
)
FEVER = Region(3, 8, ("Symptom",), "fever", "r1", "label", "text")
DRUG = Region(15, 22, ("Drug",), "aspirin", "r2", "label", "text")
ADULT = Answer(("Adult",), "c1", "age", "text")
TEXT = "No fever after aspirin."


def noted(*results: Result, star: bool = False) -> Task:
    return Task({"text": TEXT}, completions=(Completion(results, ground_truth=star),))


def left(filters: Filters, *tasks: Task) -> list[tuple[Result, ...]]:
    return [completion.results for task in filters.apply(tasks) for completion in task.completions]


def test_an_export_keeps_tasks_with_any_of_the_tags() -> None:
    tasks = [Task({}, tags=("a",)), Task({}, tags=("b", "c")), Task({})]
    assert list(Filters(tags=frozenset("ac")).apply(tasks)) == tasks[:2]
    assert list(Filters().apply(tasks)) == tasks


def test_an_export_by_label_keeps_those_results_and_relations_between_them() -> None:
    self_, both = Relation("r1", "r1"), Relation("r1", "r2")
    task = noted(FEVER, DRUG, ADULT, self_, both)
    assert left(Filters(labels=frozenset({"Symptom"})), task) == [(FEVER, self_)]
    assert left(Filters(labels=frozenset({"Symptom", "Drug"})), task) == [(FEVER, DRUG, self_, both)]
    assert left(Filters(labels=frozenset({"Adult"})), task, noted(FEVER)) == [(ADULT,)]


def test_an_export_of_ground_truth_leaves_out_completions_without_the_star() -> None:
    starred = noted(FEVER, star=True)
    assert list(Filters(only_ground_truth=True).apply([starred, noted(DRUG)])) == [starred, Task({"text": TEXT})]


def test_an_export_can_leave_out_tasks_that_say_nothing() -> None:
    asked = Filters(labels=frozenset({"Drug"}), without_empty=True)
    assert list(asked.apply([noted(DRUG), noted(FEVER), noted(), Task({})])) == [noted(DRUG)]


def test_an_import_over_present_tasks_does_what_was_said() -> None:
    """2.2.7: never overwritten in silence."""
    old, new, nameless, bad = Task({}, id=1), Task({}, id=2), Task({}), BadTask(3, 4, "No.")
    for conflict in ("overwrite", "skip"):
        assert list(settle([old, new, nameless, bad], {1}, conflict=conflict)) == [
            Incoming(old, conflict),
            Incoming(new, "add"),
            Incoming(nameless, "add"),
            bad,
        ]


def test_an_import_without_a_decision_on_conflicts_is_refused() -> None:
    with pytest.raises(Invalid, match="Say what becomes of tasks that are there already: overwrite or skip") as caught:
        settle([], {1}, conflict="")
    assert caught.value.fields == {"conflict": ["Choose overwrite or skip."]}
    with pytest.raises(TypeError):
        settle([], {1})  # type: ignore[call-arg]


def test_an_id_that_comes_twice_in_one_file_is_a_bad_task() -> None:
    first, second = settle([Task({}, id="a"), Task({}, id="a")], set(), conflict="overwrite")
    assert first == Incoming(Task({}, id="a"), "add")
    assert second == BadTask(0, 2, "The id a occurs twice in the file.")


def test_results_that_fit_stay_as_they_are() -> None:
    task = noted(FEVER, DRUG, ADULT, Relation("r1", "r2"))
    assert match(task, CONFIG) == task


def test_spans_counted_in_utf_16_are_counted_anew() -> None:
    task = Task(
        {"text": "🙂🙂 fever"}, completions=(Completion((Region(5, 10, ("Symptom",), "fever", "r", "label"),)),)
    )
    [region] = match(task, CONFIG).completions[0].regions
    assert (region.start, region.end) == (3, 8)


def test_a_span_without_its_text_gets_it() -> None:
    task = noted(Region(3, 8, ("Symptom",), "", "r1", "label", "text"))
    assert match(task, CONFIG) == noted(FEVER)


def test_a_span_of_a_set_that_is_not_there_goes_to_the_one_that_has_its_labels() -> None:
    """CoNLL-2003 names no sets."""
    assert match(noted(replace(FEVER, from_name="labels")), CONFIG) == noted(FEVER)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (Region(3, 8, ("Fever",), from_name="label"), "“Fever” is not one of “label” (Symptom, Drug)"),
        (Region(3, 8, ("Fever",), from_name="labels"), "the config has nothing with the name “labels”"),
        (Region(3, 8, ("Symptom",), "cough", from_name="label"), "“cough” does not stand at 3 to 8"),
        (Region(3, 80, ("Symptom",), from_name="label"), "the text ends before 80"),
        (Answer(("Adult", "Child"), from_name="age"), "“age” takes one choice, not 2"),
        (Answer(("Aged",), from_name="age"), "“Aged” is not one of “age” (Child, Adult)"),
        (Answer(("Adult",), from_name="age", place=(3, 80)), "the text ends before 80"),
        (Other({"type": "rating"}), "results of type “rating” cannot be kept in this project"),
    ],
)
def test_a_result_that_does_not_fit_is_told_with_its_place(result: Result, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        match(noted(ADULT, result), CONFIG)
    assert str(caught.value) == f"completion 1, result 2: {said}"


def test_a_relation_to_nowhere_is_told() -> None:
    with pytest.raises(Malformed, match="completion 1: a relation from “r1” to “r9” names no regions"):
        match(noted(FEVER, Relation("r1", "r9")), CONFIG)
