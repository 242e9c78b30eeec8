"""Advice: which training mode brings a project on, with the figure that says so (SPEC 2.3.4, 2.3.6)."""

from collections.abc import Sequence
from dataclasses import dataclass

from reviewapp.domain import statistics, taxonomy
from reviewapp.domain.statistics import Served
from reviewapp.models import MINIMUM_PER_CLASS, Project, Reason
from training import clustering, modes
from training.modes import MODES, Mode

EXAMPLES = 25  # of a label, from which its figures are worth looking at
LOW = 0.7  # precision, recall or F1 below it is low, from it on high
AT_RANDOM = 0.2  # of the review, at least
BY_SEARCH = 0.2  # of the review, at most
DRAWN = (Reason.SHUFFLE, Reason.RANDOM_CONTROL, Reason.INDEX_HEALTH)


@dataclass(frozen=True)
class Advice:
    """A mode that is worth walking now, and why."""

    mode: Mode
    label: str
    why: str

    @property
    def asked(self) -> dict[str, str]:
        """What the mode needs to know, as the parameters of an address."""
        return {"label": self.label} if self.label and "label" in self.mode.needs else {}


@dataclass(frozen=True)
class Shares:
    """The reviewed documents by the reason they were first served for, most frequent first."""

    served: Sequence[Served]

    @property
    def documents(self) -> int:
        return sum(served.documents for served in self.served)

    def of(self, *reasons: str) -> float:
        """The share that these reasons brought, 0 to 1."""
        picked = sum(served.documents for served in self.served if served.reason in reasons)
        return picked / self.documents if self.documents else 0.0

    @property
    def random(self) -> float:
        return self.of(*DRAWN)

    @property
    def search(self) -> float:
        return self.of(Reason.SEARCH)

    @property
    def rebalance(self) -> float:
        return self.of(Reason.REBALANCE)

    @property
    def rows(self) -> list[tuple[Served, float]]:
        """Each reason with its share, 0 to 100."""
        return [(served, 100 * served.documents / self.documents) for served in self.served]


def shares(project: Project) -> Shares:
    """What each reason, and so each training mode, brought to the review."""
    return Shares(statistics.reading(project).by_reason())


def advise(project: Project, brought: Shares) -> list[Advice]:
    """What to do next, the most pressing first; nothing where no rule asks for anything."""
    if project.snapshot is None:
        return _first_steps(project)
    return [*_for_examples(project), *_for_figures(project), *_for_balance(brought)]


def _first_steps(project: Project) -> list[Advice]:
    found = [
        _advice("shuffle", f"A first model needs {MINIMUM_PER_CLASS} relevant and {MINIMUM_PER_CLASS} other documents.")
    ]
    if clustering.latest(project) is None:
        found.append(_advice("clusters", "They show what the collection is about before anything is coded."))
    return found


def _for_examples(project: Project) -> list[Advice]:
    documents = {label.choice.value: label.documents for label in taxonomy.labels(project)}
    few = [label for label in modes.labels(project) if documents[label] < EXAMPLES]
    return [_advice("teach", f"“{label}” has {documents[label]} of {EXAMPLES} examples.", label) for label in few]


def _for_figures(project: Project) -> list[Advice]:
    """By the current version's figures for the positive label."""
    assert project.version is not None
    figures, label = project.version.metrics, modes.labels(project)[0]
    precision, recall, f1 = (figures.get(name) for name in ("precision", "recall", "f1"))
    if precision is None or recall is None or f1 is None:
        return []
    said = f"“{label}” has a recall of {recall:.0%} and a precision of {precision:.0%}."
    if recall < LOW <= precision:
        return [_advice("check", said, label)]
    if precision < LOW <= recall:
        return [_advice("missed", said, label)]
    return [_advice("teach", said, label)] if f1 < LOW else []


def _for_balance(brought: Shares) -> list[Advice]:
    found = []
    if brought.random < AT_RANDOM:
        why = f"{brought.random:.0%} of the review was drawn at random; aim at {AT_RANDOM:.0%} or more."
        found.append(_advice("shuffle", why))
    if brought.search > BY_SEARCH:
        why = f"{brought.search:.0%} of the review came from searches, which biases it; {BY_SEARCH:.0%} is the most."
        found.append(_advice("rebalance", why))
    return found


def _advice(name: str, why: str, label: str = "") -> Advice:
    return Advice(MODES[name], label, why)
