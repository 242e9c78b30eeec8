"""Which completions train: what was accepted, what was rejected, what is most recent, and the tags."""

from dataclasses import replace

import pytest

from reviewapp.formats import Completion, Review, Task
from training.annotation.selection import Learned, chosen, learned, split

FIRST, SECOND, THIRD = (Completion(id=number, submitted_at=f"2024-05-0{number}T10:00:00Z") for number in (1, 2, 3))
ACCEPTED, REJECTED, OPEN = Review(True, "bob"), Review(False, "bob"), Review(None, "bob")


def reviewed(completion: Completion, review: Review) -> Completion:
    return replace(completion, review=review)


def task(*completions: Completion, text: str = "x", tags: tuple[str, ...] = ()) -> Task:
    return Task({"text": text}, completions=completions, tags=tags)


def test_a_task_without_a_completion_never_trains() -> None:
    """J-02."""
    assert chosen(task()) is None
    assert chosen(task(replace(FIRST, cancelled=True))) is None
    assert learned([task(), task(FIRST)]) == (Learned(task(FIRST), FIRST),)


def test_an_accepted_completion_is_used_and_all_others_are_ignored() -> None:
    """J-18."""
    accepted = reviewed(FIRST, ACCEPTED)
    assert chosen(task(THIRD, accepted, SECOND)) == accepted


def test_rejected_completions_are_never_used() -> None:
    """J-19."""
    assert chosen(task(FIRST, reviewed(SECOND, REJECTED))) == FIRST
    assert chosen(task(reviewed(FIRST, REJECTED)), all_submitted=True) is None


def test_the_most_recent_of_several_is_used() -> None:
    """J-20, J-21."""
    assert chosen(task(THIRD, FIRST, SECOND)) == THIRD
    assert chosen(task(FIRST)) == FIRST


def test_times_are_compared_as_times() -> None:
    """J-20: across time zones, and by place where nothing says when."""
    late = replace(FIRST, submitted_at="2024-05-01T23:30:00-02:00")
    early = replace(SECOND, submitted_at="2024-05-02T00:30:00Z")
    assert chosen(task(late, early)) == late
    nameless = [Completion(id=number) for number in (7, 8)]
    assert chosen(task(*nameless)) == nameless[1]
    assert chosen(task(replace(nameless[0], rest={"updated_at": "2024-01-01"}), nameless[1])) != nameless[1]


def test_what_waits_for_its_reviewer_is_used_only_when_all_submitted_are() -> None:
    """J-22: both settings."""
    waiting = reviewed(THIRD, OPEN)
    assert chosen(task(FIRST, waiting)) == FIRST
    assert chosen(task(waiting)) is None
    assert chosen(task(FIRST, waiting), all_submitted=True) == waiting


def test_tags_limit_a_training_to_tasks_with_any_of_them() -> None:
    """J-16, J-17."""
    tasks = [task(FIRST, tags=("Ward",)), task(FIRST, tags=("other", "late")), task(FIRST)]
    assert [each.task for each in learned(tasks, ["ward", "late"])] == tasks[:2]
    assert [each.task for each in learned(tasks)] == tasks


def test_a_text_stays_on_its_side_whatever_else_is_there() -> None:
    found = learned([task(FIRST, text=f"Note number {number}") for number in range(400)])
    whole = split(found, 0.2)
    assert 50 < len(whole.test) < 110
    assert len(whole.train) + len(whole.test) == 400
    assert set(map(str, split(found[:100], 0.2).test)) == {str(e) for e in whole.test if e in found[:100]}
    assert split(found, 0).test == ()


def test_the_same_text_twice_is_on_one_side() -> None:
    texts = [f"Note {number}" for number in range(50)]
    found = learned([task(FIRST, text=text) for text in [*texts, *(f"  {text.upper()} " for text in texts)]])
    parts = split(found, 0.5)
    assert not {each.task.text().upper().strip() for each in parts.train} & {
        each.task.text().upper().strip() for each in parts.test
    }


@pytest.mark.parametrize(("tags", "trains"), [(("Train", "TEST", ""), 1), (("", "test", "other"), 2)])
def test_tags_split_into_train_and_test(tags: tuple[str, ...], trains: int) -> None:
    """2.2.1: by Test/Train tags, so that runs are compared on the same data."""
    parts = split(learned([task(FIRST, tags=(tag,)) for tag in tags]), 0.2, by_tags=True)
    assert (len(parts.train), len(parts.test), parts.everything) == (trains, 1, parts.train)
