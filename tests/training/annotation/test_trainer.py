"""One start makes every model that a config calls for, each with its figures and its log."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load

from reviewapp.errors import Damaged, Invalid, NotEnoughTraining
from reviewapp.formats import Completion, Region, Task
from reviewapp.labeling import examine
from reviewapp.labeling.references import Model as Known
from tests.reviewapp.labeling.samples import CLASSES, TRAIN_GENDER
from tests.training.annotation.made import CONFIG, FAST, KEYED, XML, note, notes, trained
from training.annotation.logs import archive
from training.annotation.models import Model
from training.annotation.plan import deployed, wanted
from training.annotation.prediction import predict
from training.annotation.trainer import Asked, Trained, Training, Watcher
from training.core.parameters import Parameters


@pytest.fixture(scope="module")
def everything() -> Training:
    return trained(notes(90))


def of(training: Training, kind: str) -> Trained:
    return next(each for each in training.trained if each.wanted.kind == kind)


def only(task: Task, kind: type) -> Task:
    completions = (
        replace(each, results=tuple(r for r in each.results if isinstance(r, kind))) for each in task.completions
    )
    return replace(task, completions=tuple(completions))


def without_group(task: Task, group: str) -> Task:
    completions = (
        replace(each, results=tuple(r for r in each.results if getattr(r, "from_name", "") != group))
        for each in task.completions
    )
    return replace(task, completions=tuple(completions))


def test_one_start_trains_entities_assertion_and_one_classifier(everything: Training) -> None:
    """J-05, J-23, J-42: three models of one mixed project, in one go."""
    assert [each.name for each in everything.trained] == [
        "ner_ward_3_annotation_manual",
        "assertion_ward_3_annotation_manual.model",
        "classification_age_annotation_manual",
    ]
    assert everything.skipped == ()
    for each in everything.trained:
        assert each.metrics is not None
        assert each.metrics["micro"]["f1"] > 0.8, each.name


@pytest.mark.parametrize(("xml", "group"), [(CLASSES, "age"), (TRAIN_GENDER, "gender")])
def test_the_group_that_says_so_is_trained_else_the_first_by_name(xml: str, group: str) -> None:
    """J-38, J-39, J-40: one classifier a training, on the samples of the seed."""
    config = examine(xml).config
    assert config is not None
    [classifier] = wanted(config)
    assert classifier.group == group
    assert classifier.kind == "choice-single"


def test_the_names_are_those_of_the_seed() -> None:
    """J-28, J-35."""
    ner, assertion, age = wanted(CONFIG)
    assert assertion.name("jsl", "manual") == "assertion_jsl_annotation_manual.model"
    assert age.name("jsl", "manual") == "classification_age_annotation_manual"
    assert ner.name("Größe & Co.", "active_learning") == "ner_gr_e_co_annotation_active_learning"
    assert ner.name("!", "manual") == "ner_project_annotation_manual"


def test_deploying_names_the_models_in_the_config_and_changes_nothing_else(everything: Training) -> None:
    """J-11, J-27, J-51: only ``model`` attributes, and the config is valid with them."""
    models = [(each.wanted, each.name) for each in everything.trained]
    written = deployed(XML, models)
    known = {name: Known(each.kind, frozenset(each.classes)) for each, name in models}
    assert examine(written, known).errors == ()
    for _, name in models:
        written = written.replace(f' model="{name}"', "")
    assert written == XML


def test_deploying_leaves_labels_with_a_pretrained_model_alone(everything: Training) -> None:
    """J-52."""
    xml = XML.replace('value="Drug"', 'value="Drug" model="bought"')
    written = deployed(xml, [(each.wanted, each.name) for each in everything.trained], pretrained={"bought"})
    assert 'value="Drug" model="bought"' in written
    assert written.count("ner_ward_3_annotation_manual") == 1


def test_a_kind_without_examples_is_skipped_and_its_log_says_so() -> None:
    """J-42: if one kind has no data, the others still train."""
    training = trained([without_group(task, "age") for task in notes(40)])
    assert [each.wanted.kind for each in training.trained] == ["ner", "assertion"]
    [skipped] = training.skipped
    assert skipped.name == "classification_age_annotation_manual"
    assert skipped.log[-1].startswith("Skipped: A classifier needs rows of at least two kinds")


def test_a_start_with_nothing_to_learn_fails_with_every_reason() -> None:
    with pytest.raises(NotEnoughTraining, match=r"No entity is annotated yet.*A classifier needs rows"):
        trained([Task({"text": "Nothing here."}, completions=(Completion(),))])


def test_other_groups_do_not_touch_a_classifier() -> None:
    """J-34: the age model is the same to the byte without gender annotations."""
    whole, fewer = notes(40), [without_group(task, "gender") for task in notes(40)]
    assert of(trained(whole), "choice-single").artifact == of(trained(fewer), "choice-single").artifact


def test_a_multiple_group_trains_and_answers_any_number_of_choices() -> None:
    """J-32, J-36."""
    xml = XML.replace('<Choices name="risk"', '<Choices train="true" name="risk"')
    made = of(trained(notes(90), xml=xml), "choice-multiple")
    assert made.metrics is not None
    assert made.metrics["micro"]["f1"] > 0.9
    config = examine(deployed(xml, [(made.wanted, made.name)])).config
    assert config is not None
    found = predict(config, {made.name: Model.from_bytes(made.artifact)}, notes(30, first=500), KEYED)
    assert {sum(len(getattr(r, "choices", ())) for r in each.results) for each in found} == {0, 1, 2}


def test_the_same_tasks_in_any_order_make_the_same_bytes(everything: Training) -> None:
    """B-06."""
    order = np.random.default_rng(4).permutation(90)
    again = trained([notes(90)[place] for place in order])
    assert [each.digest for each in again.trained] == [each.digest for each in everything.trained]


def test_a_model_is_the_same_after_its_bytes_and_the_bytes_are_numbers(everything: Training) -> None:
    """No pickle: arrays without code."""
    for each in everything.trained:
        model = Model.from_bytes(each.artifact)
        assert model.wanted == each.wanted
        assert model.to_bytes() == each.artifact
        assert all(array.dtype.kind in "fiub" for array in load(each.artifact).values())


def test_a_model_holds_no_word_of_a_document(everything: Training) -> None:
    """R-06: features are keyed ids."""
    for each in everything.trained:
        for word in ("fever", "Zomepirac", "school", "patient"):
            assert word.encode() not in each.artifact


@pytest.mark.parametrize("wrong", [b"", b"nothing", b"\x02\x00\x00\x00\x00\x00\x00\x00{}"])
def test_bytes_that_no_training_wrote_are_damaged(wrong: bytes) -> None:
    with pytest.raises(Damaged):
        Model.from_bytes(wrong)


def test_the_log_holds_what_was_asked_seen_and_measured(everything: Training) -> None:
    """J-04, J-13, J-14: parameters, algorithm and features, counts, figures by label, averages, confusion."""
    log = "\n".join(of(everything, "ner").log)
    for line in (
        "ner_ward_3_annotation_manual: a NER model, started by manual",
        "algorithm: linear-chain CRF, L-BFGS (CRFsuite)",
        "features: keyed words",
        "validation_split = 0.2 (used)",
        "epochs = 8 (used)",
        "dropout = 0.2 (recorded, no effect)",
        "Symptom: 90 examples",
        "Epoch 8: loss ",
        "Symptom: precision ",
        "micro: precision ",
        "macro F1 ",
        "annotated Drug, predicted Drug: ",
        "Done: ",
    ):
        assert line in log, line
    assert "examples, fewer than the 40 that are advised" in "\n".join(of(trained(notes(30)), "ner").log)


def test_every_parameter_acts_in_the_engine_that_heeds_all() -> None:
    """J-14: all six are used by the mini-batch engine, and recorded by the others."""
    made = of(trained(notes(25), Asked(replace(FAST, epochs=2), engine="minibatch")), "ner")
    assert {told["effect"] for told in made.parameters.values()} == {"used"}
    slower = of(trained(notes(25), Asked(replace(FAST, epochs=2, learning_rate=0.1), engine="minibatch")), "ner")
    assert slower.artifact != made.artifact


def test_the_log_and_the_progress_are_told_while_it_runs() -> None:
    """J-08: live."""
    said: list[str] = []
    shares: list[float] = []
    training = trained(notes(40), watcher=Watcher(said.append, shares.append))
    assert tuple(said) == tuple(line for each in training.trained for line in each.log)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 10


def test_what_the_watcher_raises_ends_the_training() -> None:
    class Cancelled(Exception):
        pass

    def cancel(share: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        trained(notes(40), watcher=Watcher(advance=cancel))


def test_all_logs_leave_as_one_archive(everything: Training) -> None:
    """J-12, J-43: three logs, one file, the same bytes each time."""
    logs = [(each.name, each.log) for each in everything.trained]
    with zipfile.ZipFile(io.BytesIO(archive(logs))) as packed:
        assert packed.namelist() == [f"{name}.log" for name, _ in logs]
        assert packed.read(packed.namelist()[0]).decode().splitlines() == list(logs[0][1])
    assert archive(logs) == archive(logs)


def test_a_log_in_an_archive_is_named_for_no_other_folder() -> None:
    """A group of choices, and its model with it, may be named like a path."""
    with zipfile.ZipFile(io.BytesIO(archive([("classification_../../x_annotation_manual", ["a"])]))) as packed:
        assert packed.namelist() == ["classification_.._.._x_annotation_manual.log"]


def test_a_training_by_tags_is_measured_by_tasks_that_never_train() -> None:
    """J-16 and the Test/Train tags of 2.2.1."""
    tasks = [replace(task, tags=("Test",) if place % 4 == 0 else ("train",)) for place, task in enumerate(notes(60))]
    training = trained(tasks, Asked(FAST, by_tags=True))
    assert "Tasks: 45 to train, 15 held out by tags." in of(training, "ner").log
    without = trained(
        [task for task in tasks if task.tags != ("Test",)], Asked(Parameters(validation_split=0, epochs=8))
    )
    assert [each.artifact for each in training.trained] == [each.artifact for each in without.trained]
    with pytest.raises(Invalid, match="No task that counts has the tag Test"):
        trained(notes(30), Asked(FAST, by_tags=True))


def test_without_a_split_nothing_is_measured_and_the_log_says_so() -> None:
    training = trained(notes(30), Asked(Parameters(validation_split=0, epochs=5)))
    assert all(each.evaluation is None and each.metrics is None for each in training.trained)
    assert all("Nothing is held out, so nothing is measured." in each.log for each in training.trained)


def test_a_place_with_two_assertion_labels_is_left_out_and_told() -> None:
    task = note(1)
    [completion] = task.completions
    other = next(r for r in completion.regions if r.labels[0] in ("Present", "Absent"))
    both = replace(other, labels=("Present", "Absent"), id="r9")
    twice = replace(task, completions=(replace(completion, results=(*completion.results, both)),))
    made = of(trained([*notes(40, first=2), twice]), "assertion")
    assert "1 places with several assertion labels are left out." in made.log


def test_an_assertion_beside_its_entity_in_one_region_counts_for_both() -> None:
    def joined(task: Task) -> Task:
        [completion] = task.completions
        first, second, *others = completion.results
        assert isinstance(first, Region)
        assert isinstance(second, Region)
        return replace(task, completions=(Completion((replace(first, labels=first.labels + second.labels), *others)),))

    apart, together = trained(notes(30)), trained([joined(task) for task in notes(30)])
    assert [each.digest for each in apart.trained] == [each.digest for each in together.trained]
