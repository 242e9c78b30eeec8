"""The six parameters of a training that people may set, what range each has, and which engine heeds it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from reviewapp.errors import Invalid


@dataclass(frozen=True)
class Range:
    """The values that a parameter may take, both ends included."""

    name: str
    lowest: float
    highest: float
    whole: bool = False

    def problem(self, value: Any) -> str:
        """What is wrong with the value; empty when nothing is."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or (self.whole and value != int(value)) or not self.lowest <= value <= self.highest:
            return f"{self.name} is a {'whole ' * self.whole}number from {self.lowest:g} to {self.highest:g}."
        return ""


RANGES = {
    "validation_split": Range("Validation split", 0, 0.9),
    "epochs": Range("Epochs", 1, 1000, whole=True),
    "learning_rate": Range("Learning rate", 0.00001, 1),
    "decay": Range("Decay", 0, 10),
    "dropout": Range("Dropout", 0, 0.9),
    "batch": Range("Batch", 1, 1024, whole=True),
}

USED: dict[str, frozenset[str]] = {
    "crfsuite": frozenset({"validation_split", "epochs"}),
    "minibatch": frozenset(RANGES),
    "assertion": frozenset({"validation_split"}),
    "choices": frozenset({"validation_split"}),
}


@dataclass(frozen=True)
class Parameters:
    """How a model is trained; the defaults are those that worked best at the sizes of active learning.

    ``validation_split`` is the share of documents held out for the figures of the log, 0 for none; ``epochs`` the
    passes over the examples, at most; ``learning_rate`` the step, divided by ``1 + decay * epoch`` in each epoch;
    ``dropout`` the share of features left out at random in each step; ``batch`` the sentences in one step.
    """

    validation_split: float = 0.2
    epochs: int = 60
    learning_rate: float = 0.3
    decay: float = 0.05
    dropout: float = 0.2
    batch: int = 8
    seed: int = 0

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """From what somebody typed; raises :class:`Invalid` with a message for every field that is wrong."""
        unknown = {name: "Not a training parameter." for name in given if name not in RANGES}
        found = {name: RANGES[name].problem(value) for name, value in given.items() if name in RANGES}
        if problems := unknown | {name: problem for name, problem in found.items() if problem}:
            said = " ".join(problems.values())
            raise Invalid(
                f"The training parameters cannot be used. {said}", fields={k: [v] for k, v in problems.items()}
            )
        numbers: dict[str, Any] = {n: int(v) if RANGES[n].whole else float(v) for n, v in given.items()}
        return cls(**numbers)

    def record(self, engine: str) -> dict[str, dict[str, Any]]:
        """Every parameter with its value and whether the engine heeds it (J-14)."""
        effects = {name: "used" if name in USED[engine] else "recorded, no effect" for name in RANGES}
        return {
            name: {"value": value, "effect": effects[name]} for name, value in asdict(self).items() if name in RANGES
        }


assert set(RANGES) == {field.name for field in fields(Parameters)} - {"seed"}
