"""The control set: documents drawn at random, coded early, and hidden from the model (B-02, B-05).

Every document is in it with the same probability, by a hash of the seed and its number, also those that come later. The
model never trains on it, so the order of the review knows nothing of it: a control document is *met* when every open
document that ranks higher is coded, as it would then be read itself.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

import numpy as np
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from numpy.typing import NDArray

from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, locks, samples
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import CODED, ControlSet, Decision, Project, ProjectDocument, Sample, SampledDocument, User
from training.core import estimates
from training.core.estimates import Estimate

CUTOFF = 50.0  # rank from which the model says relevant
DRAW = """
WITH eligible AS MATERIALIZED (
  SELECT pd.id, pd.document_id FROM reviewapp_projectdocument pd
  WHERE pd.project_id = %(project)s AND pd.ordinal >= %(considered)s AND NOT pd.removed AND pd.decision IS NULL
    AND (pd.reviewer_id IS NULL OR pd.leased_until < %(now)s)
), chosen AS (
  SELECT pd.id FROM reviewapp_projectdocument pd JOIN eligible ON eligible.id = pd.id
  WHERE sha256(convert_to(%(seed)s || ':' || pd.document_id, 'UTF8')) < %(below)s AND pd.decision IS NULL
  ORDER BY pd.id FOR UPDATE OF pd SKIP LOCKED
), drawn AS (
  UPDATE reviewapp_projectdocument pd SET in_control_set = true, awaits_id = %(sample)s
  FROM chosen WHERE pd.id = chosen.id RETURNING pd.id
), kept AS (
  INSERT INTO reviewapp_sampleddocument (sample_id, item_id, stratum, probability)
  SELECT %(sample)s, id, '', %(probability)s FROM drawn ORDER BY id RETURNING id
)
SELECT (SELECT count(*) FROM eligible), (SELECT count(*) FROM kept),
       (SELECT max(ordinal) + 1 FROM reviewapp_projectdocument WHERE project_id = %(project)s)
"""


@dataclass(frozen=True)
class Standing:
    """The control set in documents; ``positives`` and ``met`` count relevant ones."""

    control_set: ControlSet
    drawn: int
    left: int
    skipped: int
    positives: int
    met: int

    @property
    def decided(self) -> int:
        return self.drawn - self.left

    @property
    def share(self) -> float:
        """Coded or skipped of those drawn, 0 to 100."""
        return 100 * self.decided / self.drawn if self.drawn else 100.0

    @property
    def counted(self) -> int:
        """Control positives at worst: what was skipped counts as relevant, and as not met (D6)."""
        return self.positives + self.skipped


def draw(project: Project, by: User, documents: int) -> ControlSet:
    """Draw about so many of the documents that nobody has coded or holds, and have them coded first.

    Raises :class:`Invalid` for a number that cannot be drawn, :class:`Conflict` when there is a control set already.
    """
    try:
        with transaction.atomic():
            return _draw(project, by, documents)
    except IntegrityError as problem:
        if "one_control_set_a_project" not in str(problem):
            raise
        raise Conflict("This project has a control set already.") from problem


def take_in(project: Project) -> int:
    """Give documents that came since the last draw their chance; returns how many were drawn.

    Call it in a transaction that holds the project's lock. Rows that somebody is working on are passed over.
    """
    control_set = project.control_set
    if control_set is None:
        return 0
    drawn = _extend(control_set)
    if drawn:
        Project.objects.filter(pk=project.pk).update(sampling=True)
    return drawn


def give_up(project: Project, by: User) -> None:
    """End the control set: its documents train from now on. A later one is drawn from what is open then."""
    with transaction.atomic():
        control_set = project.control_set
        if control_set is None:
            raise Conflict("This project has no control set.")
        rows = ProjectDocument.objects.filter(project=project, in_control_set=True)
        pks = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
        ProjectDocument.objects.filter(pk__in=pks).update(in_control_set=False)
        samples.release(control_set.sample)
        unended = ControlSet.objects.filter(pk=control_set.pk, given_up_at=None)
        if not unended.update(given_up_by=by, given_up_at=timezone.now()):
            raise Conflict("This control set is given up already.")
        locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        locks.require_open(locked)
        locked.completions += locked.control_positives + locked.control_negatives
        locked.control_set, locked.control_positives, locked.control_negatives = None, 0, 0
        locked.save(update_fields=["control_set", "control_positives", "control_negatives", "completions"])
        locks.train_pending(locked)
        audit.record(by, "control_set.give_up", control_set, project.workspace, documents=len(pks))


def meet(project: Project) -> int:
    """Mark the control documents that the review has passed in the order of now; returns how many are new.

    Under its ranks nobody would be shown a lower document before them. Asked about the state and not about events:
    before every new version, and at every look.
    """
    if project.control_set is None:
        return 0
    waiting = _unmet(project.control_set)
    ordinals = np.array(list(waiting.values_list("item__ordinal", flat=True)), np.int64)
    if not len(ordinals):
        return 0
    passed = ordinals[_places(project, ordinals) == 0]
    rows = waiting.filter(item__ordinal__in=passed.tolist())
    return rows.update(met_at=timezone.now(), met_coded=project.coded)


def standing(project: Project) -> Standing | None:
    """How far the control set is coded and met; None without one."""
    if project.control_set is None:
        return None
    relevant = samples.RELEVANT
    counts = _living(project.control_set).aggregate(
        drawn=Count("pk"),
        left=Count("pk", filter=samples.LEFT),
        skipped=Count("pk", filter=samples.SKIPPED),
        positives=Count("pk", filter=relevant),
        met=Count("pk", filter=relevant & Q(met_at__isnull=False)),
    )
    return Standing(project.control_set, **counts)


def places(project: Project) -> NDArray[np.int64]:
    """For each control positive, how many unread documents come before it; 0 for one that was met."""
    if project.control_set is None:
        return np.zeros(0, np.int64)
    rows = list(_living(project.control_set).filter(samples.RELEVANT).values_list("item__ordinal", "met_at"))
    met = np.array([at is not None for _, at in rows], bool)
    found = np.where(met, 0, _places(project, np.array([ordinal for ordinal, _ in rows], np.int64)))
    # What was skipped may be relevant, and then nobody knows that it was met.
    skipped = _living(project.control_set).filter(samples.SKIPPED).count()
    return np.concatenate([found, np.full(skipped, unread(project), np.int64)])


def unread(project: Project) -> int:
    """Documents that the ordinary review still has before it."""
    return _open(project).count()


def eligible(project: Project) -> int:
    """Documents that a control set could be drawn from: neither coded nor in anybody's hands."""
    in_hands = Q(reviewer__isnull=False, leased_until__gte=timezone.now())
    return project.items.filter(decision=None, removed=False).exclude(in_hands).count()


def met_until(project: Project, moment: datetime) -> list[tuple[int, int]]:
    """``(documents coded, control positives met)`` as the review went on until then, from (0, 0)."""
    if project.control_set is None:
        return [(0, 0)]
    met = _living(project.control_set).filter(samples.RELEVANT, met_at__lte=moment)
    steps = met.order_by("met_coded").values_list("met_coded").annotate(count=Count("pk"))
    points = [(0, 0)]
    for coded, count in steps:
        points.append((coded, points[-1][1] + count))
    return points


def measure(project: Project, confidence: float) -> dict[str, Estimate]:
    """What the control set says of the collection and of the model, each document weighing one over its probability.

    ``richness`` of what it was drawn from; ``recall`` and ``precision`` of the current version at rank 50.
    """
    if project.control_set is None:
        return {}
    decided = _living(project.control_set).filter(samples.DONE, item__decision__in=CODED)
    rows = list(decided.order_by("pk").values_list("item__ordinal", "item__decision", "probability"))
    ordinals = np.array([row[0] for row in rows], np.int64)
    positive = np.array([row[1] == Decision.POSITIVE for row in rows], bool)
    probability = np.array([row[2] for row in rows], np.float64)
    found = {"richness": estimates.weighted(positive, probability, confidence)}
    scores = _scores(project)
    if len(scores):
        ranked = ordinals < len(scores)
        high = np.zeros(len(ordinals), bool)
        high[ranked] = scores[ordinals[ranked]] * 100.0 >= CUTOFF
        recall = estimates.weighted(high[positive], probability[positive], confidence)
        found["recall"] = replace(recall, positives=recall.documents)  # it rests on the positives, found or not
        found["precision"] = estimates.weighted(positive[high], probability[high], confidence)
    return found


def _draw(project: Project, by: User, documents: int) -> ControlSet:
    open_ = eligible(project)
    if not 0 < documents <= open_:
        message = f"From 1 to {open_:,}: so many documents are neither coded nor in anybody's hands."
        raise Invalid(message, fields={"documents": [message]})
    sample = Sample.objects.create(
        project=project, purpose=Sample.Purpose.CONTROL_SET, seed=secrets.token_hex(16), created_by=by
    )
    control_set = ControlSet.objects.create(project=project, sample=sample, probability=documents / open_)
    drawn = _extend(control_set)
    control_set.known_documents = project.items.filter(removed=False).count() - control_set.documents
    control_set.known_positives = project.items.filter(removed=False, decision=Decision.POSITIVE).count()
    control_set.save(update_fields=["known_documents", "known_positives"])
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    _require_drawable(locked)
    drawn += _extend(control_set)  # what was added while the first draw went on
    Project.objects.filter(pk=project.pk).update(control_set=control_set, sampling=True)
    audit.record(
        by,
        "control_set.draw",
        control_set,
        project.workspace,
        probability=control_set.probability,
        drawn=drawn,
        documents=control_set.documents,
    )
    return control_set


def _require_drawable(project: Project) -> None:
    if project.validation_id is not None:
        raise Conflict("A validation round is open. Close it before you draw a control set.")
    locks.require_open(project)


def _extend(control_set: ControlSet) -> int:
    """Draw from the ordinals that had no chance yet; returns how many were drawn."""
    below = int(Fraction(control_set.probability) * 2**256)
    values: dict[str, Any] = {
        "project": control_set.project_id,
        "sample": control_set.sample_id,
        "seed": control_set.sample.seed,
        "considered": control_set.considered,
        "below": min(below, 2**256 - 1).to_bytes(32, "big"),
        "probability": control_set.probability,
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(DRAW, values)
        eligible, drawn, considered = cursor.fetchone()
    control_set.documents += eligible
    control_set.considered = considered or 0
    control_set.save(update_fields=["documents", "considered"])
    return int(drawn)


def _living(control_set: ControlSet) -> QuerySet[SampledDocument]:
    return SampledDocument.objects.filter(sample=control_set.sample_id, item__removed=False)


def _unmet(control_set: ControlSet) -> QuerySet[SampledDocument]:
    return _living(control_set).filter(met_at=None)


def _open(project: Project) -> QuerySet[ProjectDocument]:
    return project.items.filter(decision=None, removed=False, in_control_set=False).order_by()


def _places(project: Project, ordinals: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many open documents are read before each of these; equal ranks count as before."""
    open_ = np.fromiter(_open(project).values_list("ordinal", flat=True), np.int64)
    found = np.full(len(ordinals), len(open_), np.int64)
    keys = _keys(project)
    ranked = np.sort(keys[open_[open_ < len(keys)]])
    known = ordinals < len(keys)
    found[known] = len(ranked) - np.searchsorted(ranked, keys[ordinals[known]], "left")
    return found


def _keys(project: Project) -> NDArray[np.float32]:
    """What the queue orders by, per ordinal: the greater is read first."""
    scores = _scores(project)
    if project.queue == Project.Queue.COVERAGE:
        uncertain: NDArray[np.float32] = -np.abs(scores - np.float32(0.5))
        return uncertain
    return scores


def _scores(project: Project) -> NDArray[np.float32]:
    if project.snapshot is None:
        return np.zeros(0, np.float32)
    scores: NDArray[np.float32] = Artifacts(settings.ARTIFACTS_DIR).read(project.snapshot.artifact)["scores"]
    return scores
