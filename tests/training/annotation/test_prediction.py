"""Models say what they think in the shape of results, each with its confidence."""

from dataclasses import replace

import pytest

from reviewapp.formats import Answer, Completion, Region, Task, match
from reviewapp.formats.label_studio import read_task, write_task
from reviewapp.labeling import Config, read
from tests.training.annotation.made import KEYED, XML, notes, trained
from training.annotation.models import Model
from training.annotation.plan import deployed
from training.annotation.prediction import predict


@pytest.fixture(scope="module")
def deployment() -> tuple[str, dict[str, Model]]:
    made = trained(notes(90)).trained
    models = {each.name: Model.from_bytes(each.artifact) for each in made}
    return deployed(XML, [(each.wanted, each.name) for each in made]), models


def bare(number: int = 20) -> list[Task]:
    return [replace(task, completions=()) for task in notes(number, first=700)]


def test_predictions_are_results_that_the_config_takes(deployment: tuple[str, dict[str, Model]]) -> None:
    """J-57: pre-annotation by the models that were trained here."""
    config = read(deployment[0])
    tasks = bare()
    found = predict(config, deployment[1], tasks, KEYED)
    told = {label for each in found for r in each.results if isinstance(r, Region) for label in r.labels}
    assert told == {"Symptom", "Drug", "Present", "Absent"}
    for task, prediction in zip(tasks, found, strict=True):
        whole = replace(task, predictions=(prediction,))
        assert match(whole, config) == whole
        assert read_task(write_task(whole, "annotation-lab")) == whole
        assert prediction.model_version == ", ".join(deployment[1])
        assert all(0 < r.confidence <= 1 for r in prediction.results if isinstance(r, Region | Answer) and r.confidence)
        assert prediction.score is not None
        assert 0 < prediction.score <= 1


def test_predictions_are_right_about_planted_annotations(deployment: tuple[str, dict[str, Model]]) -> None:
    """J-05: entities, their status and the choice on unseen text."""
    truth = notes(40, first=700)
    found = predict(read(deployment[0]), deployment[1], [replace(task, completions=()) for task in truth], KEYED)
    hits = 0
    for task, prediction in zip(truth, found, strict=True):
        assert len({r.id for r in prediction.results if isinstance(r, Region | Answer)}) == len(prediction.results)
        hits += _said(Completion(prediction.results)) == {
            each for each in _said(task.completions[0]) if each[0] != "gender"
        }
    assert hits >= 34


def test_nothing_is_said_about_entities_that_people_said_nothing_about(
    deployment: tuple[str, dict[str, Model]],
) -> None:
    xml, models = deployment
    for prediction in predict(read(xml), models, bare(), KEYED):
        regions = [r for r in prediction.results if isinstance(r, Region)]
        drugs = {(r.start, r.end) for r in regions if r.labels == ("Drug",)}
        assert not drugs & {(r.start, r.end) for r in regions if r.id.startswith("assertion")}


def _said(completion: Completion) -> set[tuple[object, ...]]:
    spans = {("label", region.start, region.end, *region.labels) for region in completion.regions}
    return spans | {(a.from_name, *a.choices) for a in completion.answers if a.from_name in ("age", "gender")}


def test_a_label_is_predicted_by_the_model_that_it_names_and_by_no_other(
    deployment: tuple[str, dict[str, Model]],
) -> None:
    xml, models = deployment
    config = read(xml.replace('value="Drug" model="ner_ward_3_annotation_manual"', 'value="Drug"'))
    found = predict(config, models, bare(), KEYED)
    assert "Drug" not in {label for each in found for r in each.results if isinstance(r, Region) for label in r.labels}


def test_without_deployed_models_nothing_is_said(deployment: tuple[str, dict[str, Model]]) -> None:
    config: Config = read(XML)
    for each in predict(config, deployment[1], bare(3), KEYED):
        assert (each.results, each.model_version, each.score) == ((), "", None)
    assert all(not each.results for each in predict(read(deployment[0]), {}, bare(3), KEYED))


def test_another_key_recognizes_nothing_by_name(deployment: tuple[str, dict[str, Model]]) -> None:
    """R-07: without the instance's key a model is of no use."""
    ours = predict(read(deployment[0]), deployment[1], bare(), KEYED)
    theirs = predict(read(deployment[0]), deployment[1], bare(), type(KEYED)(b"another"))
    assert sum(len(each.results) for each in theirs) < sum(len(each.results) for each in ours)
