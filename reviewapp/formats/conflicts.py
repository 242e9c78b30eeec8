"""What becomes of an imported task whose id is there already. Nobody decides that in silence: it has to be said."""

from collections.abc import Container, Iterable, Iterator, MutableSet
from dataclasses import dataclass
from typing import Literal

from reviewapp.errors import Invalid
from reviewapp.formats.tasks import BadTask, Id, Task

Conflict = Literal["overwrite", "skip"]
CONFLICTS: tuple[Conflict, ...] = ("overwrite", "skip")


@dataclass(frozen=True)
class Incoming:
    """A task and what the import does with it."""

    task: Task
    action: Literal["add", "overwrite", "skip"]


def decided(conflict: str) -> Conflict:
    """The decision on tasks that are there already; raises :class:`Invalid` when it is none."""
    if conflict not in CONFLICTS:
        raise Invalid(
            f"Say what becomes of tasks that are there already: {' or '.join(CONFLICTS)}.",
            fields={"conflict": ["Choose overwrite or skip."]},
        )
    return "overwrite" if conflict == "overwrite" else "skip"


def settle(
    tasks: Iterable[Task | BadTask],
    present: Container[Id],
    *,
    conflict: str,
    first: int = 1,
    seen: MutableSet[Id] | None = None,
) -> Iterator[Incoming | BadTask]:
    """Say of each task whether it is new, or which way the conflict with a present one goes.

    An id that comes twice in the import is a bad task; where it comes in pieces, ``first`` is the number of a piece's
    first task, and ``seen`` the ids of the pieces before. Raises :class:`Invalid` when ``conflict`` is no decision.
    """
    return _settled(tasks, present, decided(conflict), first, set() if seen is None else seen)


def _settled(
    tasks: Iterable[Task | BadTask], present: Container[Id], conflict: Conflict, first: int, seen: MutableSet[Id]
) -> Iterator[Incoming | BadTask]:
    for number, task in enumerate(tasks, start=first):
        if isinstance(task, BadTask):
            yield task
        elif task.id is None:
            yield Incoming(task, "add")
        elif task.id in seen:
            yield BadTask(0, number, f"The id {task.id} occurs twice in the file.")
        else:
            seen.add(task.id)
            yield Incoming(task, conflict if task.id in present else "add")
