"""One start trains every model that a labeling config calls for, measures each, and says in a log what it did."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

from reviewapp.errors import NotEnoughTraining
from reviewapp.formats import Task
from reviewapp.labeling import Config
from training.annotation import logs
from training.annotation.learners import Learner, learner
from training.annotation.models import Keyed
from training.annotation.plan import Source, Wanted, wanted
from training.annotation.selection import Split, learned, split
from training.core.evaluation import Evaluation
from training.core.ner.model import DEFAULT_ENGINE, Engine
from training.core.parameters import Parameters

ADVISED = 40  # examples of a label


@dataclass(frozen=True)
class Asked:
    """How somebody wants a training: ``tags`` limits it to tasks with any of them, ``by_tags`` splits by Test/Train."""

    parameters: Parameters = field(default_factory=Parameters)
    engine: Engine = DEFAULT_ENGINE
    tags: Collection[str] = ()
    by_tags: bool = False
    all_submitted: bool = False
    source: Source = "manual"
    project: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)  # of the next version of each kind, where it is not 1


@dataclass(frozen=True)
class Watcher:
    """Who hears of a training: ``say`` of each line of the log, ``advance`` of the share that is done, 0 to 1.

    What they raise ends the training.
    """

    say: Callable[[str], None] = lambda line: None
    advance: Callable[[float], None] = lambda share: None


@dataclass(frozen=True)
class Trained:
    """A model with its name, its bytes, and everything that its log holds."""

    wanted: Wanted
    name: str
    source: Source
    artifact: bytes
    parameters: dict[str, dict[str, Any]]
    settings: dict[str, Any]
    examples: dict[str, int]
    evaluation: Evaluation | None
    log: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes."""
        return sha256(self.artifact).hexdigest()

    @property
    def metrics(self) -> dict[str, Any] | None:
        """The figures as plain data; None when nothing was held out."""
        return None if self.evaluation is None else logs.figures(self.evaluation)


@dataclass(frozen=True)
class Skipped:
    """A model that there is too little to learn for, and why."""

    wanted: Wanted
    name: str
    reason: str
    log: tuple[str, ...]


@dataclass(frozen=True)
class Training:
    """What one start made."""

    trained: tuple[Trained, ...]
    skipped: tuple[Skipped, ...]


def train(config: Config, tasks: Iterable[Task], asked: Asked, keyed: Keyed, watcher: Watcher) -> Training:
    """Train every model that the config calls for; one with too few examples is skipped, and its log says so (J-42).

    Each is measured on what is held out, then fitted anew on everything, unless tags say what is held out. Raises
    NotEnoughTraining when none could be trained, :class:`~reviewapp.errors.Invalid` when tags cannot split.
    """
    parts = split(
        learned(tasks, asked.tags, all_submitted=asked.all_submitted),
        asked.parameters.validation_split,
        by_tags=asked.by_tags,
    )
    calls = wanted(config)
    found: list[Trained | Skipped] = []
    for place, each in enumerate(calls):
        one = Watcher(watcher.say, partial(_advance, watcher, place, len(calls)))
        found.append(_train_one(learner(each, asked.parameters, keyed, asked.engine), parts, asked, one))
    made = tuple(each for each in found if isinstance(each, Trained))
    skipped = tuple(each for each in found if isinstance(each, Skipped))
    if not made:
        raise NotEnoughTraining(" ".join(each.reason for each in skipped) or "The labeling config asks for no model.")
    return Training(made, skipped)


def _advance(watcher: Watcher, done: int, of: int, share: float) -> None:
    watcher.advance((done + share) / of)


def _train_one(learns: Learner, parts: Split, asked: Asked, watcher: Watcher) -> Trained | Skipped:
    log = logs.Log(watcher.say)
    name = learns.wanted.name(asked.project, asked.source, asked.numbers.get(learns.wanted.kind, 1))
    examples = learns.counts(parts.everything)
    log.opening(learns, name, asked.source, parts, examples, ADVISED)
    try:
        evaluation = _measured(learns, parts, log, watcher)
        log.say(f"Learning from {len(parts.everything)} tasks.")
        model = learns.fit(parts.everything, _epochs(learns, log, watcher, second=True))
    except NotEnoughTraining as refused:
        log.say(f"Skipped: {refused.message}")
        watcher.advance(1)
        return Skipped(learns.wanted, name, refused.message, log.lines)
    artifact = model.to_bytes()
    log.say(f"Done: {len(artifact):,} bytes, SHA-256 {sha256(artifact).hexdigest()}.")
    watcher.advance(1)
    record = learns.parameters.record(learns.engine)
    return Trained(
        learns.wanted, name, asked.source, artifact, record, learns.settings, examples, evaluation, log.lines
    )


def _measured(learns: Learner, parts: Split, log: logs.Log, watcher: Watcher) -> Evaluation | None:
    """The figures of a model that has not seen what is held out; None when there is nothing to measure by."""
    if not learns.labels(parts.test):
        log.say("Nothing is held out, so nothing is measured.")
        return None
    log.say(f"Learning from {len(parts.train)} tasks, to measure on {len(parts.test)} others.")
    try:
        model = learns.fit(parts.train, _epochs(learns, log, watcher, second=False))
    except NotEnoughTraining as refused:
        log.say(f"Not measured: without what is held out, {refused.message[0].lower()}{refused.message[1:]}")
        return None
    evaluation = learns.evaluate(model, parts.test)
    log.results(evaluation)
    return evaluation


def _epochs(learns: Learner, log: logs.Log, watcher: Watcher, *, second: bool) -> Callable[[int, float], None]:
    def epoch(number: int, loss: float) -> None:
        log.say(f"Epoch {number}: loss {loss:.4f}")
        watcher.advance((second + min(number / learns.parameters.epochs, 1)) / 2)

    return epoch
