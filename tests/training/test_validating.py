"""The held-out split from tables to figures: who is held out, who trains, and what a held-out document stands for."""

import random

import numpy as np
import pytest
from django.conf import settings
from numpy.typing import NDArray

from models_lib.models import ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.domain import projects
from reviewapp.models import Document, Project, Workspace
from tests.cast import Cast, code, code_chosen, fresh, perform_jobs
from training.core import holdout

TOPIC = {True: ["valve", "supplier", "commission"], False: ["canteen", "lunch", "menu"]}
WORDS = [f"word{number}" for number in range(2000)]


def write_varied(workspace: Workspace, count: int, *, copies: int = 0) -> None:
    """Documents that have little in common but their topic; ``copies`` of them come once more with a line on top."""
    chance = random.Random(count)
    texts = [
        (number % 3 == 0, " ".join([*chance.choices(WORDS, k=60), *chance.choices(TOPIC[number % 3 == 0], k=6)]))
        for number in range(count)
    ]
    texts += [(truth, f"fwd {text}") for truth, text in texts[:copies]]
    Document.objects.bulk_create(
        Document(workspace=workspace, control_number=f"VAR-{n:05d}", text=text, metadata={"truth": truth})
        for n, (truth, text) in enumerate(texts)
    )


@pytest.fixture
def varied(workspace: Workspace, cast: Cast) -> Project:
    """A review over 150 varied documents and 30 near-copies of the first of them."""
    write_varied(workspace, 150, copies=30)
    made = projects.create(workspace, cast.mona, name="Varied", control_share=0.3, every_n=1000)
    perform_jobs()
    return fresh(made)


def arrays(project: Project) -> dict[str, NDArray[np.generic]]:
    assert project.index is not None
    return dict(Artifacts(settings.ARTIFACTS_DIR).read(project.index.artifact))


def train(project: Project, cast: Cast) -> ModelVersion:
    projects.train_now(fresh(project), cast.mona)
    perform_jobs()
    version = fresh(project).version
    assert version is not None
    return version


def held_out(version: ModelVersion) -> dict[str, NDArray[np.generic]]:
    return dict(Artifacts(settings.ARTIFACTS_DIR).read(version.held_out))


def test_planted_copies_are_on_the_side_of_their_original(varied: Project) -> None:
    """B-05: near-duplicates never straddle the split."""
    index = arrays(varied)
    assert index["groups"][150:].tolist() == list(range(30))
    assert index["sides"][150:].tolist() == index["sides"][:30].tolist()
    assert 0.05 < (index["sides"] == holdout.HELD_OUT).mean() < 0.4


def test_the_split_stays_when_documents_come_and_the_index_is_made_anew(varied: Project, cast: Cast) -> None:
    """B-05: fixed for life, also over a full population."""
    before = arrays(varied)
    write_more = [Document(workspace=varied.workspace, control_number=f"NEW-{n}", text="lunch " * 9) for n in range(20)]
    Document.objects.bulk_create(write_more)
    projects.repopulate(fresh(varied), cast.mona, full=True)
    perform_jobs()
    after = arrays(fresh(varied))
    assert len(after["sides"]) == 200
    for name in ("groups", "sides"):
        assert after[name][:180].tolist() == before[name].tolist()


@pytest.mark.parametrize("hold_out", [False, True])
def test_held_out_documents_do_not_train_the_model_that_is_validated(
    varied: Project, cast: Cast, hold_out: bool
) -> None:
    """B-05, U-21: by default a version trains on everything and its sibling is validated; or nothing trains on them."""
    projects.change(varied, cast.mona, {"hold_out": hold_out})
    code_chosen(varied, cast.rita, varied.items.select_related("document")[:120])
    version = train(varied, cast)
    found, side = held_out(version), arrays(varied)["sides"][:120]
    assert found["ordinals"].tolist() == np.flatnonzero(side == holdout.HELD_OUT).tolist()
    assert found["scores"].shape == found["truth"].shape == (len(found["ordinals"]), 1)
    trained_on = version.positives + version.negatives
    assert trained_on == (int((side == holdout.TRAINS).sum()) if hold_out else 120)
    payload = Artifacts(settings.ARTIFACTS_DIR).read(version.artifact)
    same = np.array_equal(payload["weights"], found["weights"])
    assert same == hold_out
    assert version.metrics["held_out"]["documents"] == len(found["ordinals"])
    assert version.metrics["held_out"]["average_precision"][0] > 0.5
    assert version.inputs.record.get("held_out", False) == hold_out


def test_a_held_out_document_stands_for_others_where_chance_drew_some(varied: Project, cast: Cast) -> None:
    """B-05: weighted by the chance of being drawn; together they stand for all held-out documents."""
    code(varied, cast.rita, 140)
    found = held_out(train(varied, cast))
    assert 0 < found["drawn"].sum() <= len(found["drawn"])
    everything = int((arrays(varied)["sides"] == holdout.HELD_OUT).sum())
    assert found["stands_for"].sum() == pytest.approx(everything)


def test_the_rating_is_measured_with_every_training(varied: Project, cast: Cast) -> None:
    """U-22: coverage, likeness to the whole, and the share that chance picked."""
    code_chosen(varied, cast.rita, varied.items.select_related("document")[:60])
    few = train(varied, cast).metrics["rating"]
    code_chosen(varied, cast.rita, varied.items.select_related("document").filter(decision=None)[:100])
    many = train(varied, cast).metrics["rating"]
    assert few["coverage"] <= many["coverage"] <= 1
    assert few["likeness"] < many["likeness"] <= 1
    assert few["chance"] == many["chance"] == 0
