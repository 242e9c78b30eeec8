"""Texts with labeled spans in, a model of entities out; a model and texts in, spans with their confidence out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from reviewapp.errors import NotEnoughTraining
from training.core.ner import bio, crfsuite, linear_chain
from training.core.ner.crfsuite import CrfSuite
from training.core.ner.features import Features
from training.core.ner.linear_chain import LinearChain, Tagged
from training.core.ner.text import Sentence, Span, sentences
from training.core.parameters import Parameters

Engine = Literal["crfsuite", "minibatch"]
ENGINES: dict[Engine, type[CrfSuite] | type[LinearChain]] = {"crfsuite": CrfSuite, "minibatch": LinearChain}
DEFAULT_ENGINE: Engine = "crfsuite"


class Found(NamedTuple):
    """A span that a model found, and how sure it is of the least sure of its tokens, 0 to 1."""

    start: int
    end: int
    label: str
    confidence: float


@dataclass(frozen=True)
class Reading:
    """What a model finds in one text; ``confidence`` is the chance that the hardest sentence is tagged right."""

    spans: tuple[Found, ...]
    confidence: float


@dataclass(frozen=True)
class NerModel:
    """A model of entities: the labels that it can find and the engine that finds them."""

    labels: tuple[str, ...]
    engine: Engine
    tagger: CrfSuite | LinearChain

    def read(self, texts: Sequence[str], features: Features) -> list[Reading]:
        """What is in each text; ``features`` has the key that the model was trained with."""
        split = [sentences(text) for text in texts]
        tagged = self.tagger.tag([features.of(sentence) for found in split for sentence in found])
        return [self._reading(found, islice(tagged, len(found))) for found in split]

    def _reading(self, split: Sequence[Sentence], tagged: Iterable[Tagged]) -> Reading:
        names, found, lowest = bio.tag_names(self.labels), [], 1.0
        for sentence, (tags, sure, chance) in zip(split, tagged, strict=True):
            lowest = min(lowest, chance)
            for first, last, label in bio.to_runs([names[tag] for tag in tags]):
                least = min(float(sure[first:last].min()), 1.0)
                found.append(Found(sentence.starts[first], sentence.ends[last - 1], label, least))
        return Reading(tuple(found), lowest)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays."""
        named = {"labels": np.array(self.labels, np.str_), "engine": np.array([self.engine], np.str_)}
        return named | self.tagger.to_arrays()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Read what ``to_arrays`` wrote."""
        engine: Engine = "minibatch" if arrays["engine"][0] == "minibatch" else "crfsuite"
        return cls(tuple(arrays["labels"].tolist()), engine, ENGINES[engine].from_arrays(arrays))


@dataclass(frozen=True)
class Examples:
    """Sentences with the tags of their tokens, and how many spans lay under others and were left out."""

    rows: list[list[list[int]]]
    tags: list[NDArray[np.intp]]
    left_out: int


def examples(
    texts: Sequence[str], spans: Sequence[Sequence[Span]], labels: Sequence[str], features: Features
) -> Examples:
    """Cut annotated texts into tagged sentences, in an order that follows from what they say."""
    places = {name: place for place, name in enumerate(bio.tag_names(labels))}
    cut, left_out = [], 0
    for text, told in zip(texts, spans, strict=True):
        for sentence in sentences(text, told):
            inside = [s for s in told if s.start < sentence.ends[-1] and s.end > sentence.starts[0]]
            tags, lost = bio.to_tags(sentence, inside)
            left_out += lost
            cut.append((sentence, [places[tag] for tag in tags]))
    cut.sort(key=lambda each: (each[0].words, each[0].breaks, each[1]))
    rows = [features.of(sentence) for sentence, _ in cut]
    return Examples(rows, [np.array(tags, np.intp) for _, tags in cut], left_out)


def fit_ner(
    texts: Sequence[str],
    spans: Sequence[Sequence[Span]],
    labels: Sequence[str],
    features: Features,
    parameters: Parameters,
    engine: Engine = DEFAULT_ENGINE,
    report: Callable[[int, float], None] = lambda epoch, loss: None,
) -> NerModel:
    """Fit on texts and the spans in each; ``labels`` are all that a span may have, ``report`` hears of each epoch.

    The same set of texts and spans gives the same bytes in whatever order it comes. Raises NotEnoughTraining when
    there is no span at all.
    """
    found = examples(texts, spans, labels, features)
    if not any(tags.any() for tags in found.tags):
        raise NotEnoughTraining("No entity is annotated yet, so there is nothing to learn entities from.")
    if engine == "minibatch":
        number = len(bio.tag_names(labels))
        return NerModel(tuple(labels), engine, linear_chain.fit(found.rows, found.tags, number, parameters, report))
    return NerModel(tuple(labels), engine, crfsuite.fit(found.rows, found.tags, parameters, report))
