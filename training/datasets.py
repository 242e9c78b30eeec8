"""The training set of a project: which completion of each document counts, and what it says.

Documents of the control set are never in it (B-02).
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import scipy
import sklearn
from django.db.models import OuterRef, Q, Subquery
from numpy.typing import NDArray

from models_lib.models import Rollback
from models_lib.rollbacks import counting
from reviewapp.models import Annotation, Completion, Decision, Project, Reason, Verdict

TRAINS = (Decision.POSITIVE, Decision.NEGATIVE)


@dataclass(frozen=True)
class Submission:
    """One completion as the training set sees it; ``accepted`` is None while nobody has decided."""

    ordinal: int
    completion: int
    reviewer: int
    decision: int
    accepted: bool | None
    checker: int | None
    reason: str = ""


@dataclass(frozen=True)
class TrainingSet:
    """Coded documents by ordinal (n,), whether each is positive (n,), and the completion that says so (n,)."""

    ordinals: NDArray[np.int32]
    labels: NDArray[np.bool_]
    completions: NDArray[np.int64]

    @property
    def positives(self) -> int:
        return int(self.labels.sum())

    @property
    def negatives(self) -> int:
        return len(self.labels) - self.positives

    def within(self, documents: int) -> "TrainingSet":
        """What of it stands in an index of so many documents; newer ones train after the next population."""
        return self.only(self.ordinals < documents)

    def only(self, kept: NDArray[np.bool_]) -> "TrainingSet":
        """These of its documents (n,)."""
        return TrainingSet(self.ordinals[kept], self.labels[kept], self.completions[kept])


def read(project: Project, rollback: Rollback | None = None) -> TrainingSet:
    """The documents that train now, or would after a rollback, in order of their ordinals."""
    chosen = [
        answer
        for _, answers in groupby(_submissions(project, rollback or project.rollback), key=lambda s: s.ordinal)
        if (answer := effective(list(answers), project)) and answer.decision in TRAINS
    ]
    return TrainingSet(
        ordinals=np.array([a.ordinal for a in chosen], np.int32),
        labels=np.array([a.decision == Decision.POSITIVE for a in chosen], bool),
        completions=np.array([a.completion for a in chosen], np.int64),
    )


def annotations(project: Project) -> dict[int, int]:
    """The completion of each annotated document that trains, by ordinal (J-02, J-18 to J-22).

    What an annotator replaced or skipped later says nothing any more, unless a checker accepted it; what an import
    overwrote says nothing at all.
    """
    chosen = {}
    overwritten = set(
        Annotation.objects.filter(completion__project=project, overwritten=True).values_list("pk", flat=True)
    )
    for ordinal, answers in groupby(_submissions(project, project.rollback), key=lambda s: s.ordinal):
        everything = [answer for answer in answers if answer.completion not in overwritten]
        last = {answer.reviewer: answer.completion for answer in everything}
        standing = [a for a in everything if a.decision == Decision.NEUTRAL]
        standing = [a for a in standing if a.accepted or last[a.reviewer] == a.completion]
        if standing and (answer := effective(standing, project)):
            chosen[ordinal] = answer.completion
    return chosen


def effective(answers: Sequence[Submission], project: Project) -> Submission | None:
    """The one completion of a document that trains, out of all of them in order of submission; None if none does.

    An accepted one is used and all others are ignored (J-18); what a manager decided between two different answers is
    used while nobody has changed it; rejected ones are never used (J-19); with a checker
    assigned who has not decided, none is used unless the filter is *all submitted* (J-22, D3); else the most recent
    one counts, or that of the reviewer who stands highest in the project's order (J-20, J-21, D2).
    """
    if accepted := [answer for answer in answers if answer.accepted]:
        return accepted[-1]
    if answers[-1].reason == Reason.ADJUDICATION:
        return answers[-1]
    undecided_matters = project.training_filter == Project.TrainingFilter.DECIDED
    if undecided_matters and answers[-1].checker is not None:
        return None
    standing = list(_last_of_each(answer for answer in answers if answer.accepted is not False))
    if not standing:
        return None
    if project.completion_choice == Project.CompletionChoice.HIGHEST_PRIORITY:
        place = {reviewer: position for position, reviewer in enumerate(project.reviewer_priority)}
        return min(standing, key=lambda answer: (place.get(answer.reviewer, len(place)), -answer.completion))
    return standing[-1]


def inputs(
    dataset: TrainingSet, index_artifact: str, parameters: Mapping[str, object], linked: Mapping[str, object] | None
) -> dict[str, object]:
    """Every input of a training, as the version's record and the source of its digest (B-06)."""
    beside = {"linked": dict(linked)} if linked else {}
    return beside | {
        "completions": dataset.completions.tolist(),
        "labels": dataset.labels.astype(int).tolist(),
        "index": index_artifact,
        "parameters": dict(parameters),
        "libraries": {
            "python": f"{sys.version_info.major}.{sys.version_info.minor}",
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
    }


def _submissions(project: Project, rollback: Rollback | None) -> Iterator[Submission]:
    verdict = Verdict.objects.filter(completion=OuterRef("pk")).order_by("-id").values("accepted")[:1]
    hidden = Q(item__removed=True) | Q(item__in_control_set=True)
    counted = Completion.objects.filter(counting(rollback), project=project).exclude(hidden)
    rows = counted.annotate(accepted=Subquery(verdict))
    columns = ("item__ordinal", "pk", "reviewer_id", "decision", "accepted", "item__checker_id", "served_reason")
    # A second look says how far people agree; what trains is the first answer, or what was decided between the two.
    first = rows.exclude(served_reason=Reason.SECOND_LOOK)
    ordered = first.order_by("item__ordinal", "pk").values_list(*columns)
    return (Submission(*row) for row in ordered.iterator(chunk_size=10_000))


def _last_of_each(answers: Iterable[Submission]) -> Iterator[Submission]:
    """Each reviewer's latest completion, in order of submission; one who withdrew has none standing."""
    latest = {answer.reviewer: answer for answer in answers}
    standing = (answer for answer in latest.values() if answer.decision != Decision.WITHDRAWN)
    return iter(sorted(standing, key=lambda answer: answer.completion))
