"""Which tasks leave in an export, and how much of each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reviewapp.formats.tasks import Answer, Completion, Region, Relation, Result, Task


@dataclass(frozen=True)
class Filters:
    """``tags``: tasks with any of them. ``labels``: of each completion only results with these labels or choices.

    ``only_ground_truth`` leaves out completions without the star, ``without_empty`` tasks in which no completion is
    left that says anything. Empty means no filter.
    """

    tags: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    only_ground_truth: bool = False
    without_empty: bool = False

    def apply(self, tasks: Iterable[Task]) -> Iterator[Task]:
        """The tasks that are left, as much of each as is left."""
        for task in tasks:
            if self.tags and not self.tags & set(task.tags):
                continue
            kept = replace(task, completions=tuple(self._completions(task)))
            if not self.without_empty or any(completion.results for completion in kept.completions):
                yield kept

    def _completions(self, task: Task) -> Iterator[Completion]:
        for completion in task.completions:
            if self.only_ground_truth and not completion.ground_truth:
                continue
            if not self.labels:
                yield completion
            elif narrowed := self._narrowed(completion.results):
                yield replace(completion, results=narrowed)

    def _narrowed(self, results: tuple[Result, ...]) -> tuple[Result, ...]:
        """The results with these labels, and the relations between regions that stay."""
        regions = {result.id for result in results if isinstance(result, Region) and self.labels & set(result.labels)}
        return tuple(result for result in results if self._stays(result, regions))

    def _stays(self, result: Result, regions: set[str]) -> bool:
        if isinstance(result, Region):
            return bool(self.labels & set(result.labels))
        if isinstance(result, Relation):
            return {result.from_id, result.to_id} <= regions
        return isinstance(result, Answer) and bool(self.labels & set(result.choices))
