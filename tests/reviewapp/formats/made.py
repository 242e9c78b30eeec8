"""Tasks of every kind that a file can hold, made up by Hypothesis."""

from typing import Any

from hypothesis import strategies as st

from reviewapp.formats import Answer, Completion, Other, Prediction, Region, Relation, Result, Review, Task

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
NAMES = st.sampled_from(["label", "age", "smoking status", "größe"])
IDS = st.none() | st.integers(0, 10**15) | st.text("abc-123", min_size=1, max_size=6)
LABELS = st.lists(st.sampled_from(["Drug", "Past Smoker", "=1+1", "[x]", "Ü 🙂"]), max_size=2).map(tuple)
SURE = st.none() | st.floats(0, 1)
REST: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from(["updated_at", "created_at", "copied_from", "meta"]),
    st.recursive(st.integers(-(10**15), 10**15) | WORDS | st.booleans() | st.floats(-1e9, 1e9), st.lists, max_leaves=4),
    max_size=2,
)
VALUES: st.SearchStrategy[Any] = WORDS | st.integers(0, 9) | st.lists(WORDS, max_size=2) | st.none()
KEYS = st.sampled_from(["text", "title", "id", "task", "annotator", "a/b", "data:x", "Ünï"])


@st.composite
def regions(draw: st.DrawFn) -> Region:
    start = draw(st.integers(0, 50))
    return Region(
        start,
        start + draw(st.integers(1, 9)),
        draw(LABELS),
        text=draw(WORDS),
        id=draw(WORDS),
        from_name=draw(NAMES),
        to_name="text",
        confidence=draw(SURE),
        rest=draw(REST),
    )


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    start = draw(st.none() | st.integers(0, 50))
    return Answer(
        draw(LABELS),
        id=draw(WORDS),
        from_name=draw(NAMES),
        to_name="text",
        place=None if start is None else (start, start + 3),
        confidence=draw(SURE),
        rest_of_value=draw(REST),
    )


OTHERS = st.builds(Other, st.just({"type": "rating", "value": {"rating": 3}, "id": "x"}))
RELATIONS = st.builds(Relation, WORDS, WORDS, st.sampled_from(["", "right", "bi"]), LABELS, REST)
RESULTS: st.SearchStrategy[tuple[Result, ...]] = st.lists(
    st.one_of(regions(), answers(), RELATIONS, OTHERS), max_size=4
).map(tuple)
REVIEWS = st.none() | st.builds(Review, st.none() | st.booleans(), WORDS, WORDS, WORDS, REST)
COMPLETIONS = st.builds(
    Completion,
    results=RESULTS,
    id=IDS,
    annotator=WORDS,
    ground_truth=st.booleans(),
    cancelled=st.booleans(),
    submitted_at=st.sampled_from(["", "2024-05-01T10:00:00Z", "2024-05-01T12:30:00+02:00"]),
    lead_time=st.none() | st.floats(0, 1e6),
    review=REVIEWS,
    rest=REST,
)
PREDICTIONS = st.builds(Prediction, results=RESULTS, id=IDS, model_version=WORDS, score=SURE, rest=REST)
TASKS = st.lists(
    st.builds(
        Task,
        data=st.dictionaries(KEYS, VALUES, max_size=3),
        id=IDS,
        completions=st.lists(COMPLETIONS, max_size=3).map(tuple),
        predictions=st.lists(PREDICTIONS, max_size=2).map(tuple),
        tags=st.lists(st.sampled_from(["Test", "Train", "ward 3"]), max_size=2, unique=True).map(tuple),
        rest=REST,
    ),
    max_size=4,
)
