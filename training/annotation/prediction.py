"""What the models that a config names say about tasks, in the shape of results, each with its confidence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewapp.formats import Answer, Prediction, Region, Result, Task
from reviewapp.labeling import Choices, Config
from training.annotation.examples import read
from training.annotation.models import Keyed, Model, counted
from training.core.assertion import Mention
from training.core.choices import ChoiceModel
from training.core.ner.model import NerModel, Reading


@dataclass(frozen=True)
class _Place:
    """Where a label stands in a config, and which model predicts it."""

    from_name: str
    to_name: str
    model: str


def predict(config: Config, models: Mapping[str, Model], tasks: Sequence[Task], keyed: Keyed) -> list[Prediction]:
    """Pre-annotate tasks with the models that the config names, as far as ``models`` has them.

    A label is predicted by the model that it names and by no other. What an assertion model says is a region of its
    own over that of the entity. ``score`` is how sure the least sure of the models is.
    """
    entities = _entities(config, models, tasks, keyed)
    told = [[*regions] for regions, _ in entities]
    scores = [[sure] for _, sure in entities] if _names(config, models, "ner") else [[] for _ in tasks]
    said_of_them = _assertions(config, models, tasks, told, keyed)
    results: list[list[Result]] = [[*regions, *said] for regions, said in zip(told, said_of_them, strict=True)]
    for number, group in enumerate(config.groups, start=1):
        if group.model in models and not group.per_region:
            for place, (answer, sure) in enumerate(_answers(number, group, models[group.model], tasks, keyed)):
                scores[place].append(sure)
                results[place] += [answer] * bool(answer.choices)
    version = ", ".join(dict.fromkeys(name for name in _named(config) if name in models))
    return [
        Prediction(tuple(said), model_version=version, score=min(sure, default=None))
        for said, sure in zip(results, scores, strict=True)
    ]


def _named(config: Config) -> Iterator[str]:
    yield from (label.model for part in config.label_sets for label in part.labels)
    yield from (group.model for group in config.groups)


def _places(config: Config) -> dict[str, _Place]:
    return {
        label.value: _Place(part.name, part.to_name, label.model) for part in config.label_sets for label in part.labels
    }


def _names(config: Config, models: Mapping[str, Model], kind: str) -> list[str]:
    """The models of a kind that labels name."""
    named = (label.model for part in config.label_sets for label in part.labels)
    return list(dict.fromkeys(name for name in named if name in models and models[name].wanted.kind == kind))


def _entities(
    config: Config, models: Mapping[str, Model], tasks: Sequence[Task], keyed: Keyed
) -> list[tuple[list[Region], float]]:
    texts, places = [task.text() for task in tasks], _places(config)
    found: list[tuple[list[Region], float]] = [([], 1.0) for _ in tasks]
    for name in _names(config, models, "ner"):
        learned = models[name].learned
        assert isinstance(learned, NerModel)
        for place, reading in enumerate(learned.read(texts, keyed.features)):
            regions, sure = found[place]
            regions += _regions(reading, name, texts[place], places)
            found[place] = regions, min(sure, reading.confidence)
    return [
        ([replace(region, id=f"ner-{number}") for number, region in enumerate(sorted(said, key=_where), 1)], sure)
        for said, sure in found
    ]


def _regions(reading: Reading, name: str, text: str, places: Mapping[str, _Place]) -> Iterator[Region]:
    for start, end, label, confidence in reading.spans:
        place = places.get(label)
        if place and place.model == name:
            said = text[start:end]
            yield Region(start, end, (label,), said, "", place.from_name, place.to_name, confidence)


def _where(region: Region) -> tuple[int, int]:
    return region.start, region.end


def _assertions(
    config: Config,
    models: Mapping[str, Model],
    tasks: Sequence[Task],
    entities: Sequence[Sequence[Region]],
    keyed: Keyed,
) -> list[list[Region]]:
    found: list[list[Region]] = [[] for _ in tasks]
    places = _places(config)
    for name in _names(config, models, "assertion"):
        for place, (task, regions) in enumerate(zip(tasks, entities, strict=True)):
            for number, region, label, sure in _statuses(models[name], task, regions, keyed):
                told = places.get(label)
                if told and told.model == name:
                    said = replace(region, labels=(label,), id=f"assertion-{number}", confidence=sure)
                    found[place].append(replace(said, from_name=told.from_name, to_name=told.to_name))
    return found


def _statuses(
    model: Model, task: Task, regions: Sequence[Region], keyed: Keyed
) -> Iterator[tuple[int, Region, str, float]]:
    """What is said of each entity of a kind that people have said something about."""
    assert isinstance(model.learned, ChoiceModel)
    asked = [region for region in regions if not model.about or set(region.labels) & set(model.about)]
    mentions = [Mention(task.text(), region.start, region.end) for region in asked]
    said = model.learned.predict(keyed.contexts.rows(mentions)) if mentions else []
    for number, (region, classes) in enumerate(zip(asked, said, strict=True), start=1):
        [(label, sure)] = classes.items()
        yield number, region, label, sure


def _answers(
    number: int, group: Choices, model: Model, tasks: Sequence[Task], keyed: Keyed
) -> Iterator[tuple[Answer, float]]:
    assert isinstance(model.learned, ChoiceModel)
    assert model.weighting is not None
    rows = model.weighting.weigh(counted(*read(tasks, model.wanted.field), keyed))
    chances = model.learned.probabilities(rows)
    sure = (abs(chances - 0.5) + 0.5).min(axis=1) if model.learned.multiple else chances.max(axis=1)
    for said, confidence in zip(model.learned.predict(rows), sure.tolist(), strict=True):
        choices = tuple(name for name in said if name in group.values)
        least = min((said[name] for name in choices), default=confidence)
        yield Answer(choices, f"choice-{number}", group.name, group.to_name, None, least), confidence
