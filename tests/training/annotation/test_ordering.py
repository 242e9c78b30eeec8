"""The next task is the one that teaches most."""

from dataclasses import replace

import numpy as np
import pytest

from reviewapp.formats import Task
from tests.training.annotation.made import KEYED, notes, trained
from training.annotation.models import Model
from training.annotation.ordering import uncertainty_order


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    return {each.name: Model.from_bytes(each.artifact) for each in trained(notes(80)).trained}


def known() -> list[Task]:
    return [replace(task, completions=()) for task in notes(12, first=900)]


STRANGE = Task(
    {"text": "Chest x-ray deferred, Brentazine or Xylopan 5 mg against dry mouth? pain never again, mortgage toys."}
)


@pytest.mark.parametrize("kind", ["ner", "choice-single", None])
def test_what_no_model_has_seen_comes_before_what_they_know(models: dict[str, Model], kind: str | None) -> None:
    asked = {name: model for name, model in models.items() if kind in (None, model.wanted.kind)}
    found, unsure = uncertainty_order(asked, [*known(), STRANGE], KEYED)
    assert sorted(found.tolist()) == list(range(13))
    assert found.tolist().index(12) < 4
    assert (np.diff(unsure[found]) <= 0).all()
    assert ((unsure >= 0) & (unsure <= 1)).all()


def test_a_text_in_which_nothing_is_found_teaches_nothing_about_statuses(models: dict[str, Model]) -> None:
    names = [name for name, model in models.items() if model.wanted.kind in ("ner", "assertion")]
    empty = Task({"text": "Nothing to add."})
    found, _ = uncertainty_order({name: models[name] for name in names}, [empty, *known()], KEYED)
    assert found.tolist()[-1] == 0


def test_without_a_model_tasks_stay_in_their_order() -> None:
    found, unsure = uncertainty_order({}, known(), KEYED)
    assert found.tolist() == list(range(12))
    assert not unsure.any()


def test_the_order_is_the_same_each_time(models: dict[str, Model]) -> None:
    first, second = (uncertainty_order(models, known(), KEYED)[0].tolist() for _ in range(2))
    assert first == second


def test_a_status_without_a_model_of_entities_has_nothing_to_say(models: dict[str, Model]) -> None:
    only = {name: model for name, model in models.items() if model.wanted.kind == "assertion"}
    assert uncertainty_order(only, known(), KEYED)[0].tolist() == list(range(12))
