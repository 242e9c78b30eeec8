"""Which completion of a task trains, which tasks train at all, and which are held out to measure by."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from reviewapp.errors import Invalid
from reviewapp.formats import Completion, Task

TRAIN, TEST = "train", "test"  # tags, in any case


@dataclass(frozen=True)
class Learned:
    """A task and the one completion of it that counts."""

    task: Task
    completion: Completion


@dataclass(frozen=True)
class Split:
    """What models learn from and what they are measured by; ``fixed`` when tags say so and neither may change sides."""

    train: tuple[Learned, ...]
    test: tuple[Learned, ...]
    fixed: bool = False

    @property
    def everything(self) -> tuple[Learned, ...]:
        """What the model that is kept learns from: all, or what the tags leave to it."""
        return self.train if self.fixed else self.train + self.test


def chosen(task: Task, *, all_submitted: bool = False) -> Completion | None:
    """The completion of a task that trains, of those that were submitted and not cancelled; None when there is none.

    An accepted one before all others (J-18); never a rejected one (J-19); else the most recent (J-20, J-21). One that
    waits for its reviewer counts only with ``all_submitted`` (J-22).
    """
    said = sorted((each for each in task.completions if not each.cancelled), key=lambda completion: completion.when)
    verdicts = [None if each.review is None else each.review.approved for each in said]
    accepted = [each for each, verdict in zip(said, verdicts, strict=True) if verdict]
    open_ = [
        each
        for each, verdict in zip(said, verdicts, strict=True)
        if verdict is None and (each.review is None or all_submitted)
    ]
    counted = accepted or open_
    return counted[-1] if counted else None


def learned(tasks: Iterable[Task], tags: Collection[str] = (), *, all_submitted: bool = False) -> tuple[Learned, ...]:
    """The tasks with any of the tags (with none given: all, J-16, J-17) and a completion that trains (J-02)."""
    wanted = {tag.casefold() for tag in tags}
    tagged = (task for task in tasks if not wanted or wanted & _tags(task))
    found = ((task, chosen(task, all_submitted=all_submitted)) for task in tagged)
    return tuple(Learned(task, completion) for task, completion in found if completion is not None)


def split(found: Sequence[Learned], share: float, *, by_tags: bool = False) -> Split:
    """Hold out about a share of the tasks, or those with the tag Test.

    A text always falls on the same side, whatever else is there, and so does the same text twice. By tags, what has
    neither tag trains unless some task has the tag Train. Raises :class:`Invalid` when no task has the tag Test.
    """
    if not by_tags:
        test = [_fraction(each.task) < share for each in found]
        return Split(_where(found, test, held=False), _where(found, test, held=True))
    tags = [_tags(each.task) for each in found]
    if not any(TEST in each for each in tags):
        raise Invalid(
            "No task that counts has the tag Test. Tag some, or split by share.",
            fields={"by_tags": ["No task with the tag Test."]},
        )
    anybody = any(TRAIN in each for each in tags)
    train = [TEST not in each and (TRAIN in each or not anybody) for each in tags]
    return Split(_where(found, train, held=True), _where(found, [TEST in each for each in tags], held=True), fixed=True)


def _where(found: Sequence[Learned], test: Sequence[bool], *, held: bool) -> tuple[Learned, ...]:
    return tuple(each for each, outside in zip(found, test, strict=True) if outside is held)


def _tags(task: Task) -> set[str]:
    return {tag.casefold() for tag in task.tags}


def _fraction(task: Task) -> float:
    """A number from 0 to 1 that follows from the words of a task's text."""
    said = " ".join(task.text().casefold().split())
    return int.from_bytes(blake2b(said.encode(), digest_size=8).digest(), "big") / 2**64
