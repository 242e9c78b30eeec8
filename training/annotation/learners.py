"""One learner for each kind of model: what it counts, how it fits, how it measures itself on what it has not seen."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from training.annotation import examples
from training.annotation.models import Keyed, Model, Weighting, counted
from training.annotation.plan import Wanted
from training.annotation.selection import Learned
from training.core import assertion, choices
from training.core.assertion import fit_assertion
from training.core.choices import ChoiceModel, fit_choices
from training.core.evaluation import Evaluation, evaluate_choices, evaluate_spans
from training.core.ner import crfsuite
from training.core.ner.features import AFFIX, WINDOW
from training.core.ner.model import Engine, NerModel, fit_ner
from training.core.ner.text import Span
from training.core.parameters import Parameters

Epoch = Callable[[int, float], None]


@dataclass(frozen=True)
class Learner(ABC):
    """Learns one wanted model with the parameters and the key that it was given."""

    wanted: Wanted
    parameters: Parameters
    keyed: Keyed

    #: the name under which :meth:`Parameters.record` knows what has an effect
    engine: str

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The algorithm and how it sees a text: what stands in the log for the seed product's graph (J-13)."""

    @abstractmethod
    def labels(self, found: Sequence[Learned]) -> list[str]:
        """Every example by its label."""

    @abstractmethod
    def asked(self, found: Sequence[Learned]) -> int:
        """How many predictions these tasks ask for: texts, or places in them."""

    @abstractmethod
    def fit(self, found: Sequence[Learned], epoch: Epoch) -> Model:
        """Learn; raises NotEnoughTraining. The same set gives the same bytes in whatever order it comes."""

    @abstractmethod
    def evaluate(self, model: Model, found: Sequence[Learned]) -> Evaluation:
        """Compare what the model says about these tasks with what people said."""

    def notes(self, found: Sequence[Learned]) -> list[str]:
        """What a person should know about the examples."""
        return []

    def counts(self, found: Sequence[Learned]) -> dict[str, int]:
        """How many examples each class has."""
        counted = Counter(self.labels(found))
        return {name: counted[name] for name in self.wanted.classes}


@dataclass(frozen=True)
class NerLearner(Learner):
    """Spans of a text by a conditional random field."""

    engine: Engine

    @property
    def settings(self) -> dict[str, Any]:
        algorithm = {
            "crfsuite": f"linear-chain CRF, L-BFGS (CRFsuite), L1 {crfsuite.L1}, L2 {crfsuite.L2}",
            "minibatch": "linear-chain CRF, mini-batch stochastic gradient steps",
        }
        seen = f"keyed words, beginnings and endings up to {AFFIX}, shapes, window of {WINDOW} tokens"
        return {"algorithm": algorithm[self.engine], "features": seen}

    def labels(self, found: Sequence[Learned]) -> list[str]:
        told = examples.entities(found, self.wanted.classes)
        return [span.label for spans in told.spans for span in spans]

    def asked(self, found: Sequence[Learned]) -> int:
        return len(found)

    def fit(self, found: Sequence[Learned], epoch: Epoch) -> Model:
        told = examples.entities(found, self.wanted.classes)
        features, classes = self.keyed.features, self.wanted.classes
        return Model(
            self.wanted, fit_ner(told.texts, told.spans, classes, features, self.parameters, self.engine, epoch)
        )

    def evaluate(self, model: Model, found: Sequence[Learned]) -> Evaluation:
        assert isinstance(model.learned, NerModel)
        told = examples.entities(found, self.wanted.classes)
        readings = model.learned.read(told.texts, self.keyed.features)
        spans = [[Span(each.start, each.end, each.label) for each in reading.spans] for reading in readings]
        return evaluate_spans(told.spans, spans, self.wanted.classes)


@dataclass(frozen=True)
class AssertionLearner(Learner):
    """What is said about an entity, by the words around it."""

    engine: str = "assertion"

    @property
    def settings(self) -> dict[str, Any]:
        return assertion.PARAMETERS

    def labels(self, found: Sequence[Learned]) -> list[str]:
        return examples.assertions(found, self.wanted.classes).said

    def asked(self, found: Sequence[Learned]) -> int:
        return len(self.labels(found))

    def notes(self, found: Sequence[Learned]) -> list[str]:
        several = examples.assertions(found, self.wanted.classes).contradictory
        return [f"{several} places with several assertion labels are left out."] * bool(several)

    def fit(self, found: Sequence[Learned], epoch: Epoch) -> Model:
        told = examples.assertions(found, self.wanted.classes)
        learned = fit_assertion(told.mentions, told.said, self.wanted.classes, self.keyed.contexts)
        return Model(self.wanted, learned, about=told.about)

    def evaluate(self, model: Model, found: Sequence[Learned]) -> Evaluation:
        assert isinstance(model.learned, ChoiceModel)
        told = examples.assertions(found, self.wanted.classes)
        said = model.learned.predict(self.keyed.contexts.rows(told.mentions))
        return evaluate_choices([[name] for name in told.said], said, self.wanted.classes)


@dataclass(frozen=True)
class ChoiceLearner(Learner):
    """The answers of one group of choices, by the words of the text."""

    engine: str = "choices"

    @property
    def settings(self) -> dict[str, Any]:
        return choices.PARAMETERS | {"features": "keyed words and word pairs, 1 + ln(count) × rarity, unit length"}

    def labels(self, found: Sequence[Learned]) -> list[str]:
        return [name for chosen in self._answers(found).chosen for name in chosen]

    def asked(self, found: Sequence[Learned]) -> int:
        return len(self._answers(found).chosen)

    def fit(self, found: Sequence[Learned], epoch: Epoch) -> Model:
        told = self._answers(found)
        counts = counted(told.titles, told.texts, self.keyed)
        weighting = Weighting.of(counts)
        classes, multiple = self.wanted.classes, self._multiple
        return Model(
            self.wanted, fit_choices(weighting.weigh(counts), told.chosen, classes, multiple=multiple), weighting
        )

    def evaluate(self, model: Model, found: Sequence[Learned]) -> Evaluation:
        assert isinstance(model.learned, ChoiceModel)
        assert model.weighting is not None
        told = self._answers(found)
        said = model.learned.predict(model.weighting.weigh(counted(told.titles, told.texts, self.keyed)))
        return evaluate_choices(told.chosen, said, self.wanted.classes)

    @property
    def _multiple(self) -> bool:
        return self.wanted.kind == "choice-multiple"

    def _answers(self, found: Sequence[Learned]) -> examples.Answers:
        return examples.answers(found, self.wanted.group, self.wanted.field, multiple=self._multiple)


def learner(wanted: Wanted, parameters: Parameters, keyed: Keyed, engine: Engine) -> Learner:
    """The learner of the kind that is wanted; ``engine`` is that of entities."""
    if wanted.kind == "ner":
        return NerLearner(wanted, parameters, keyed, engine)
    if wanted.kind == "assertion":
        return AssertionLearner(wanted, parameters, keyed)
    return ChoiceLearner(wanted, parameters, keyed)
