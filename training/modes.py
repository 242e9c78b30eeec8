"""Training modes: ways to walk a project's documents besides its queue, each an order with a stated rule (U-20).

A mode has no rows. Its order follows from the current score snapshot, which knows what was reviewed when it was made,
or from the clusters; what is reviewed since then is passed over. A document that is opened from a mode is served with
that mode as its reason (B-07), so what each mode brought can be counted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from reviewapp.artifacts import Artifacts
from reviewapp.domain import items, projects, queue
from reviewapp.domain.items import Found, Wanted
from reviewapp.domain.leases import Look
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import CODED, Decision, Project, Reason
from training import clustering, indexing
from training.core import novelty, ranking
from training.core.relevance import RelevanceModel

Need = Literal["model", "label", "words", "cluster"]
FIRST_LOOK, LARGER = 64, 8  # candidates tried in the first statement; each further look takes so many times more
ROLES = {"positive": Decision.POSITIVE, "negative": Decision.NEGATIVE}
EVEN = 0.5  # probability at which a label is as likely as not


@dataclass(frozen=True)
class Mode:
    """One way to walk: where it belongs, what it shows in which order, and what it needs to know."""

    name: str
    phase: str
    title: str
    rule: str
    reason: Reason
    needs: tuple[Need, ...] = ()
    reviewed: bool = False  # whether it shows documents that have a decision


MODES = {
    mode.name: mode
    for mode in (
        Mode(
            "clusters",
            "discover",
            gettext_noop("Clusters"),
            gettext_noop(
                "Documents that say similar things, grouped without looking at any decision; not reviewed, the "
                "most typical of the group first."
            ),
            Reason.CLUSTER,
            ("cluster",),
        ),
        Mode(
            "search",
            "discover",
            gettext_noop("Search"),
            gettext_noop(
                "Documents that hold the words, not reviewed, highest rank first (before the first model: as "
                "imported). Use it sparingly: it shows the model only what you thought of."
            ),
            Reason.SEARCH,
            ("words",),
        ),
        Mode(
            "shuffle",
            "explore",
            gettext_noop("Shuffle"),
            gettext_noop(
                "All documents that are not reviewed, in an order drawn at random once for this project. Only "
                "these tell what the whole collection is like: aim at 20 % of the review."
            ),
            Reason.SHUFFLE,
        ),
        Mode(
            "by-label",
            "explore",
            gettext_noop("By label"),
            gettext_noop("Documents that are not reviewed, those first that most probably carry the label."),
            Reason.BY_LABEL,
            ("model", "label"),
        ),
        Mode(
            "low-confidence",
            "explore",
            gettext_noop("Low confidence"),
            gettext_noop(
                "Documents that are not reviewed, those first of which the model knows least: the sum of "
                "|weight × value| over all their words is smallest, whatever the words speak for."
            ),
            Reason.LOW_CONFIDENCE,
            ("model",),
        ),
        Mode(
            "teach",
            "refine",
            gettext_noop("Teach"),
            gettext_noop(
                "Documents that are not reviewed, those first whose probability is nearest to 50 %: what speaks "
                "for and against is even."
            ),
            Reason.TEACH,
            ("model",),
        ),
        Mode(
            "check",
            "refine",
            gettext_noop("Check label"),
            gettext_noop(
                "Reviewed documents that carry the label, although a model trained without them gives it less "
                "than 50 %; the least probable first."
            ),
            Reason.CHECK,
            ("model", "label"),
            reviewed=True,
        ),
        Mode(
            "missed",
            "refine",
            gettext_noop("Missed label"),
            gettext_noop(
                "Reviewed documents without the label, although a model trained without them gives it 50 % or "
                "more; the most probable first."
            ),
            Reason.MISSED,
            ("model", "label"),
            reviewed=True,
        ),
        Mode(
            "rebalance",
            "refine",
            gettext_noop("Rebalance"),
            gettext_noop(
                "Documents that are not reviewed, those first that are least like what was reviewed: their mean "
                "cosine with the reviewed documents, less that with all documents, is smallest."
            ),
            Reason.REBALANCE,
            ("model",),
        ),
    )
}
NAMES = tuple(MODES)
PHASES = {
    "discover": gettext_noop("Discover"),
    "explore": gettext_noop("Explore"),
    "refine": gettext_noop("Refine"),
}


@dataclass(frozen=True)
class Walk:
    """A mode with what it needs to know."""

    mode: Mode
    label: str = ""
    words: str = ""
    cluster: int | None = None

    @property
    def asked(self) -> dict[str, str]:
        """The walk as the parameters of an address."""
        cluster = "" if self.cluster is None else str(self.cluster)
        given = {"mode": self.mode.name, "label": self.label, "words": self.words, "cluster": cluster}
        return {name: value for name, value in given.items() if value}


def walk(project: Project, name: str, *, label: str = "", words: str = "", cluster: int | None = None) -> Walk:
    """The walk of this name; raises :class:`Invalid` for a mode that there is not, or one that is told too little."""
    mode = MODES.get(name)
    if mode is None:
        raise Invalid(
            _("“%(name)s” is not a mode. Modes: %(value)s.") % {"name": name, "value": ", ".join(MODES)},
            fields={"mode": [_("Unknown mode.")]},
        )
    given: Mapping[Need, bool] = {"label": bool(label), "words": bool(words.strip()), "cluster": cluster is not None}
    if missing := [need for need in mode.needs if need != "model" and not given[need]]:
        raise Invalid(
            _("%(title)s needs a %(need)s.") % {"title": _(mode.title), "need": missing[0]},
            fields={missing[0]: [_("This is needed.")]},
        )
    if "label" in mode.needs:
        _role(project, label)
    return Walk(
        mode,
        label if "label" in mode.needs else "",
        words.strip() if "words" in mode.needs else "",
        cluster if "cluster" in mode.needs else None,
    )


def closed(project: Project, mode: Mode) -> str:
    """Why nothing can be shown in this mode now; empty when something can."""
    if project.index is None or not project.index.artifact:
        return "The documents are not indexed yet. The modes open when the population is done."
    if "model" in mode.needs and project.snapshot is None:
        return "There is no model yet. Code 5 relevant and 5 irrelevant documents first; Shuffle helps to find them."
    if mode.reviewed and "held_out" not in _snapshot(project):
        return "This comes with the next training."
    if "cluster" in mode.needs and clustering.latest(project) is None:
        return "No clusters have been looked for yet."
    return ""


def found(project: Project, walk: Walk) -> Found:
    """All documents of the walk in their order, with their ranks; reading a slice costs one query."""
    order = _order(project, walk)
    settled = _settled(project)
    keep = np.ones(max(int(order.max(initial=-1)), int(settled.max(initial=-1))) + 1, bool)
    if not walk.mode.reviewed:
        keep[settled] = False
    left = order[keep[order]].astype(np.int64)
    return Found(project, left, items.ranks_of(project, left))


def looks(project: Project, walk: Walk) -> Iterator[Look]:
    """What to hand out next in this walk, for :func:`queue.next_document`; raises what :func:`closed` says."""
    order = _order(project, walk)
    start, size = 0, FIRST_LOOK
    while start < len(order):
        picked = order[start : start + size].tolist()
        among: Literal["open", "coded"] = "coded" if walk.mode.reviewed else "open"
        yield Look(walk.mode.reason, picked, queue.ranks(project, picked), among)
        start, size = start + size, size * LARGER


def labels(project: Project) -> list[str]:
    """The answers that a model can predict, the positive one first."""
    choices = [choice for choice in projects.field(project).choices if choice.role in ROLES]
    return [choice.value for choice in sorted(choices, key=lambda choice: choice.role == "negative")]


def _order(project: Project, walk: Walk) -> NDArray[np.int32]:
    if problem := closed(project, walk.mode):
        raise Conflict(problem)
    order: NDArray[np.int32] = ORDERS[walk.mode.name](project, walk)
    return order


def _clusters(project: Project, walk: Walk) -> NDArray[np.int32]:
    assert walk.cluster is not None
    return clustering.members(project, walk.cluster)


def _search(project: Project, walk: Walk) -> NDArray[np.int32]:
    order = "highest" if project.snapshot else "imported"
    wanted = Wanted(words=walk.words, state="unreviewed", order=order)
    return items.find(project, wanted).ordinals.astype(np.int32)


def _shuffle(project: Project, walk: Walk) -> NDArray[np.int32]:
    assert project.index is not None
    return _shuffled(project.index.documents, project.pk)


def _by_label(project: Project, walk: Walk) -> NDArray[np.int32]:
    if _role(project, walk.label) == Decision.POSITIVE:
        return _snapshot(project)["prioritized"]
    return _least_probable(_artifact(project))


def _low_confidence(project: Project, walk: Walk) -> NDArray[np.int32]:
    index, model = _payload(project)
    return _least_known(_artifact(project), index, model)


def _teach(project: Project, walk: Walk) -> NDArray[np.int32]:
    return _snapshot(project)["coverage"]


def _check(project: Project, walk: Walk) -> NDArray[np.int32]:
    role = _role(project, walk.label)
    ordinals, probability = _reviewed(project, role, [role])
    doubtful = probability < EVEN
    return ordinals[doubtful][np.argsort(probability[doubtful], kind="stable")]


def _missed(project: Project, walk: Walk) -> NDArray[np.int32]:
    role = _role(project, walk.label)
    ordinals, probability = _reviewed(project, role, [decision for decision in CODED if decision != role])
    likely = probability >= EVEN
    return ordinals[likely][np.argsort(-probability[likely], kind="stable")]


def _rebalance(project: Project, walk: Walk) -> NDArray[np.int32]:
    index, _ = _payload(project)
    return _least_like(_artifact(project), index)


ORDERS: dict[str, Any] = {
    "clusters": _clusters,
    "search": _search,
    "shuffle": _shuffle,
    "by-label": _by_label,
    "low-confidence": _low_confidence,
    "teach": _teach,
    "check": _check,
    "missed": _missed,
    "rebalance": _rebalance,
}


def _role(project: Project, label: str) -> Decision:
    choice = projects.field(project).choice(label)
    if choice.role not in ROLES:
        message = _("“%(label)s” is a neutral answer: no model learns or predicts it. Choose %(value)s.") % {
            "label": label,
            "value": " or ".join(labels(project)),
        }
        raise Invalid(message, fields={"label": [message]})
    return ROLES[choice.role]


def _reviewed(project: Project, role: Decision, decisions: list[Decision]) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Documents with one of these decisions, and how probable the label is by a model that did not learn from them.

    What was decided after the snapshot was made is left out: somebody has just looked at it.
    """
    assert project.snapshot is not None
    decided = project.items.filter(
        removed=False, decision__in=decisions, current__created_at__lte=project.snapshot.created_at
    )
    ordinals = np.array(decided.aggregate(all=ArrayAgg("ordinal", order_by="ordinal", default=[]))["all"], np.int32)
    outside = _outside(_artifact(project))
    ordinals = ordinals[ordinals < len(outside)]
    probability = outside[ordinals].astype(np.float64)
    return ordinals, probability if role == Decision.POSITIVE else 1 - probability


def _settled(project: Project) -> NDArray[np.int64]:
    """Ordinals of what has a decision or was removed."""
    rows = project.items.order_by().exclude(decision=None, removed=False)
    return np.array(rows.aggregate(all=ArrayAgg("ordinal", default=[]))["all"], np.int64)


def _artifact(project: Project) -> str:
    assert project.snapshot is not None
    return project.snapshot.artifact


def _payload(project: Project) -> tuple[str, str]:
    """The artefacts of the index and of the model that made the current snapshot."""
    assert project.snapshot is not None
    return project.snapshot.index.artifact, project.snapshot.version.artifact


def _snapshot(project: Project) -> Mapping[str, NDArray[Any]]:
    return _read(_artifact(project))


def _read(artifact: str) -> Mapping[str, NDArray[Any]]:
    return Artifacts(settings.ARTIFACTS_DIR).read(artifact)


@lru_cache(maxsize=4)
def _shuffled(count: int, seed: int) -> NDArray[np.int32]:
    return ranking.shuffled(count, seed)


@lru_cache(maxsize=4)
def _least_probable(snapshot: str) -> NDArray[np.int32]:
    arrays = _read(snapshot)
    return ranking.ascending(arrays["scores"], arrays["prioritized"])


@lru_cache(maxsize=4)
def _least_known(snapshot: str, index: str, model: str) -> NDArray[np.int32]:
    rows = indexing.matrix(_read(index))
    known = novelty.evidence(rows, RelevanceModel.from_arrays(_read(model)))
    known[np.diff(rows.indptr) == 0] = np.inf  # nothing can be learnt from an empty document
    return ranking.ascending(known, _read(snapshot)["prioritized"])


@lru_cache(maxsize=4)
def _least_like(snapshot: str, index: str) -> NDArray[np.int32]:
    rows, open_ = indexing.matrix(_read(index)), _read(snapshot)["prioritized"]
    reviewed = np.setdiff1d(np.arange(rows.shape[0], dtype=np.int32), open_)
    return ranking.ascending(novelty.witness(rows, reviewed), open_)


@lru_cache(maxsize=4)
def _outside(snapshot: str) -> NDArray[np.float32]:
    """The probability of relevance of every document by a model that did not learn from it."""
    arrays = _read(snapshot)
    scores = np.array(arrays["scores"])
    scores[arrays["coded"]] = arrays["held_out"]
    return scores
