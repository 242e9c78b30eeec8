"""How well people code: agreement of blind second looks, and recall when their errors are counted."""

from dataclasses import dataclass

import numpy as np
from django.db import connection
from django.db.models import Count
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from reviewapp.domain import projects
from reviewapp.models import CODED, Decision, Project, SecondLook, User
from training.core import agreement, human_error
from training.core.agreement import Agreement
from training.core.human_error import Coded, Looks, Pile, Recall

ANSWERS = (Decision.POSITIVE, Decision.NEGATIVE, Decision.NEUTRAL)
# What became of each pair: an adjudication, else a later change of the document's decision, else nothing yet.
PAIRS = """
SELECT f.decision, s.decision,
       CASE WHEN a.id IS NOT NULL THEN a.decision
            WHEN pd.current_id IS DISTINCT FROM l.first_id THEN pd.decision END AS settled,
       count(*)
FROM reviewapp_secondlook l
JOIN reviewapp_projectdocument pd ON pd.id = l.item_id
JOIN reviewapp_completion f ON f.id = l.first_id
JOIN reviewapp_completion s ON s.id = l.second_id
LEFT JOIN reviewapp_completion a ON a.id = l.adjudication_id
WHERE l.project_id = %s AND NOT pd.removed GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Agreed:
    """First answers (rows) against second ones (columns), and what that says."""

    labels: tuple[str, ...]
    table: tuple[tuple[int, ...], ...]
    measures: Agreement


@dataclass(frozen=True)
class Coders:
    """Two people: the one who coded first and the one who looked again."""

    first: User
    second: User
    measures: Agreement


@dataclass(frozen=True)
class Pair:
    """So many documents with the same first, second and, where it came to that, last decision."""

    first: int
    second: int
    settled: int | None
    documents: int


def agreed(project: Project) -> Agreed:
    """How far first and second answers agree, over everybody."""
    table = _table([(pair.first, pair.second, pair.documents) for pair in _pairs(project)])
    used = [place for place in range(len(ANSWERS)) if place < 2 or table[place].any() or table[:, place].any()]
    labels = _labels(project)
    shown = table[np.ix_(used, used)]
    return Agreed(tuple(labels[place] for place in used), tuple(map(tuple, shown.tolist())), agreement.agreement(shown))


def coders(project: Project) -> list[Coders]:
    """The same for every two people, most documents first."""
    rows = SecondLook.objects.filter(project=project, item__removed=False).order_by()
    both = rows.filter(first__decision__in=CODED, second__decision__in=CODED)
    names = ("first__reviewer", "second__reviewer", "first__decision", "second__decision")
    counted: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for first, second, one, other, documents in both.values_list(*names).annotate(documents=Count("pk")):
        counted.setdefault((first, second), []).append((one, other, documents))
    people = User.objects.in_bulk({person for pair in counted for person in pair})
    found = [
        Coders(people[first], people[second], agreement.agreement(_table(some)))
        for (first, second), some in counted.items()
    ]
    return sorted(found, key=lambda pair: (-pair.measures.documents, pair.first.username, pair.second.username))


def recall(project: Project, pile: Pile | None = None) -> Recall | None:
    """Recall as coded and corrected for human error; over everything that is coded or, with ``pile``, over all.

    None until both kinds of decisions have second looks.
    """
    return human_error.recall(coded(project), pile)


def coded(project: Project) -> Coded:
    """What the correction rests on: documents by their first decision, and the second looks at each kind."""
    first = Coalesce("look__first__decision", "decision")
    rows = project.items.filter(removed=False, decision__in=CODED).order_by().annotate(said=first)
    counts = dict(rows.values("said").annotate(documents=Count("pk")).values_list("said", "documents"))
    pairs = _pairs(project)
    return Coded(
        relevant=counts.get(Decision.POSITIVE, 0),
        irrelevant=counts.get(Decision.NEGATIVE, 0),
        looks_at_relevant=_looks(pairs, Decision.POSITIVE, Decision.NEGATIVE),
        looks_at_irrelevant=_looks(pairs, Decision.NEGATIVE, Decision.POSITIVE),
    )


def _looks(pairs: list[Pair], said: Decision, otherwise: Decision) -> Looks:
    """Second looks at documents first coded ``said``; neutral answers and skips say nothing about relevance."""
    same = [pair for pair in pairs if pair.first == pair.second == said]
    differ = [pair for pair in pairs if (pair.first, pair.second) == (said, otherwise)]
    right = {decision: sum(p.documents for p in differ if p.settled == decision) for decision in (said, otherwise)}
    return Looks(
        agreed=sum(pair.documents for pair in same),
        first_right=right[said],
        second_right=right[otherwise],
        undecided=sum(pair.documents for pair in differ) - sum(right.values()),
    )


def _pairs(project: Project) -> list[Pair]:
    with connection.cursor() as cursor:
        cursor.execute(PAIRS, [project.pk])
        return [Pair(*row) for row in cursor.fetchall()]


def _table(rows: list[tuple[int, int, int]]) -> NDArray[np.int64]:
    table = np.zeros((len(ANSWERS), len(ANSWERS)), np.int64)
    for first, second, documents in rows:
        if first in CODED and second in CODED:
            table[ANSWERS.index(Decision(first)), ANSWERS.index(Decision(second))] += documents
    return table


def _labels(project: Project) -> tuple[str, ...]:
    choices = projects.field(project).choices
    said = {role: [choice.value for choice in choices if choice.role == role] for role in ("positive", "negative")}
    return said["positive"][0], said["negative"][0], "Neutral"
