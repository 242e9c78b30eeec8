"""The figures of versions: of the newest, of pinned ones, and frozen for good."""

import numpy as np
import pytest
from django.conf import settings

from models_lib import pins, validation, versions
from models_lib.models import ModelVersion
from models_lib.validation import CODED, CONTROL
from reviewapp.artifacts import Artifacts
from reviewapp.domain import coding, projects
from reviewapp.domain.coding import Answer
from reviewapp.errors import Conflict
from reviewapp.models import Project, Workspace
from tests.cast import Cast, code_chosen, fresh, perform_jobs, pinned, retrained, trained
from tests.training.test_validating import train, write_varied


@pytest.fixture
def validated(workspace: Workspace, cast: Cast) -> Project:
    """A review of varied documents, most of them coded, with one version."""
    write_varied(workspace, 150)
    made = projects.create(workspace, cast.mona, name="Varied", control_share=0.0, every_n=1000)
    perform_jobs()
    code_chosen(made, cast.rita, made.items.select_related("document")[:110])
    train(made, cast)
    return fresh(made)


def version_of(project: Project, number: int = 1) -> ModelVersion:
    return versions.get(project, number)


def test_a_label_has_figures_a_curve_and_reasons(validated: Project) -> None:
    """U-21: per label, with counts, curve and the reason flags."""
    found = validation.require(version_of(validated))
    [label] = found.labels
    assert label.name == "Relevant"
    assert label.figures.documents == found.documents
    assert label.figures.average_precision.value is not None
    assert len(label.curve.thresholds) > 5
    assert any("Few held out" in reason for reason in label.reasons) == label.figures.is_weak


def test_a_higher_threshold_gives_no_more_recall(validated: Project) -> None:
    """2.3.5: precision and recall at every threshold."""
    recalls = [
        validation.require(version_of(validated), threshold).labels[0].figures.recall.value or 0
        for threshold in (0.1, 0.5, 0.9)
    ]
    assert recalls == sorted(recalls, reverse=True)


def test_the_weighted_basis_says_nothing_without_random_draws(validated: Project) -> None:
    """B-05: nothing was drawn at random, so nothing is claimed of the collection."""
    figures = validation.require(version_of(validated), basis=CONTROL).labels[0].figures
    assert (figures.recall.value, figures.recall.low, figures.recall.high) == (None, 0, 1)
    assert validation.require(version_of(validated), basis=CODED).labels[0].figures.recall.value is not None


def test_the_figures_of_a_pinned_version_do_not_move(validated: Project, cast: Cast) -> None:
    """U-08: neither later trainings nor changed decisions on the held-out documents change them."""
    record = pinned(validated, cast.mona, 1).validation.record
    assert record["validation"][CODED]["labels"][0]["figures"]["average_precision"]["value"] is not None
    before = validation.of(version_of(validated))
    for item in validated.items.filter(decision=1)[:10]:
        coding.recode(fresh(validated), item, cast.mona, Answer(choice="Not relevant"), item.revision)
    retrained(validated, cast.rita, 3)
    assert version_of(validated).validation.record == record
    after = validation.of(version_of(validated))
    assert before is not None
    assert after is not None
    assert before.labels[0].figures == after.labels[0].figures


def test_the_pinned_versions_are_shown_over_time(validated: Project, cast: Cast) -> None:
    """U-09, U-10: all of the pinned ones, oldest first, and no others."""
    retrained(validated, cast.rita, 2)
    for number in (3, 1):
        pinned(validated, cast.mona, number)
    assert [record.version.number for record in validation.over_time(validated)] == [1, 3]
    pins.unpin(validated, 3, cast.mona)
    assert [record.version.number for record in validation.over_time(validated)] == [1]


def test_the_rating_is_frozen_with_its_factors(validated: Project, cast: Cast) -> None:
    """2.3.6: score, grade and the four factors."""
    rated = pinned(validated, cast.mona, 1).validation.record["rating"]
    score = validation.rated(version_of(validated))
    assert score is not None
    assert (rated["score"], rated["grade"]) == (score.score, score.grade)
    assert {"all_labels", "underperforming", "coverage", "balance"} < set(rated)


def test_where_nothing_is_held_out_the_reason_is_said(project: Project, cast: Cast) -> None:
    """The sixty mails of the cast are two groups of near-duplicates, so nothing can be held out of either."""
    trained(project, cast.rita)
    version = version_of(project)
    if validation.of(version) is None:
        with pytest.raises(Conflict, match="held out"):
            validation.require(version)
    ModelVersion.objects.update(artifact="", held_out="")
    with pytest.raises(Conflict, match="were not kept"):
        validation.require(version_of(project))


def test_the_stored_scores_are_those_of_a_model_without_the_held_out(validated: Project) -> None:
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(version_of(validated).held_out)
    assert np.asarray(arrays["scores"]).dtype == np.float32
    assert {"buckets", "weights", "bias"} <= set(arrays)
