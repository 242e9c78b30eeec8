"""Two versions side by side: on what was held out of both, and over the collection by shadow scores."""

import numpy as np
import pytest
from django.conf import settings

from models_lib import comparison, prediction, shadows, tags, versions
from models_lib.models import ModelVersion
from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, coding, projects
from reviewapp.domain.coding import Answer
from reviewapp.errors import Conflict, Invalid, Refused
from reviewapp.models import Document, Project
from tests.cast import Cast, code_chosen, fresh, perform_jobs, pinned
from tests.models_lib.test_validation import validated
from tests.training.test_validating import train
from training.core import validation

__all__ = ["validated"]


def held(version: ModelVersion) -> dict[str, np.ndarray]:
    return dict(Artifacts(settings.ARTIFACTS_DIR).read(version.held_out))


@pytest.fixture
def two(validated: Project, cast: Cast) -> Project:
    """v1 on 110 decisions, v2 on all 150 and one of them turned; both pinned."""
    pinned(validated, cast.mona)
    item = validated.items.get(ordinal=int(held(versions.get(validated, 1))["ordinals"][0]))
    other = "Not relevant" if item.decision == 1 else "Relevant"
    coding.recode(fresh(validated), item, cast.mona, Answer(choice=other), item.revision)
    code_chosen(validated, cast.rita, validated.items.select_related("document").filter(decision=None))
    train(validated, cast)
    pinned(validated, cast.mona, 2)
    return fresh(validated)


def test_versions_are_compared_on_what_was_held_out_of_both(two: Project) -> None:
    """U-10, 2.3.5: the same documents for both, as decided by now, and how many are left out is said."""
    one, other = versions.get(two, 1), versions.get(two, 2)
    first, second = held(one), held(other)
    both, at, at_other = np.intersect1d(first["ordinals"], second["ordinals"], return_indices=True)
    found = comparison.between(one, other, 0.4)
    assert found.documents == len(both) == len(first["ordinals"])
    assert (found.only_earlier, found.only_later) == (0, len(second["ordinals"]) - len(both))
    assert found.only_later > 0
    assert found.recoded == 1
    truth = second["truth"][at_other, 0].astype(bool)
    said = validation.difference(validation.plain(truth), first["scores"][at, 0], second["scores"][at_other, 0], 0.4)
    [label] = found.labels
    assert {pair.name: pair.change for pair in label.pairs} == said
    assert label.positives == int(truth.sum())


def test_the_other_way_round_the_differences_change_their_sign(two: Project) -> None:
    """The newer decisions count, whichever version is named first."""
    one, other = versions.get(two, 1), versions.get(two, 2)
    there, back = comparison.between(one, other), comparison.between(other, one)
    for forth, turned in zip(there.labels[0].pairs, back.labels[0].pairs, strict=True):
        assert (forth.before, forth.after) == (turned.after, turned.before)
        if forth.change.value is not None:
            assert forth.change.value == pytest.approx(-(turned.change.value or 0))
            assert forth.change.low == pytest.approx(-turned.change.high)


def test_what_cannot_be_compared_says_why(two: Project) -> None:
    one, other = versions.get(two, 1), versions.get(two, 2)
    with pytest.raises(Invalid, match="Choose two"):
        comparison.between(one, one)
    ModelVersion.objects.filter(pk=other.pk).update(held_out="")
    with pytest.raises(Conflict, match="Nothing held out"):
        comparison.between(one, versions.get(two, 2))


def test_staging_is_scored_beside_live_and_the_diff_is_exact(two: Project, cast: Cast) -> None:
    """U-13: before it is promoted one sees how many documents would cross the threshold, and which."""
    shadows.promote(two, "live", 1, None, cast.mona)
    assert shadows.beside_live(two) is None
    shadows.promote(two, "staging", 2, None, cast.mona)
    perform_jobs()
    found = shadows.beside_live(two, 0.5)
    assert found is not None
    texts = list(two.items.order_by("ordinal").values_list("document__text", flat=True))
    before, after = (predicted(two, number, texts) for number in (1, 2))
    up, down = (before < 0.5) & (after >= 0.5), (before >= 0.5) & (after < 0.5)
    assert (found.rising, found.falling, found.documents) == (int(up.sum()), int(down.sum()), 150)
    assert (found.above_before, found.above_after) == (int((before >= 0.5).sum()), int((after >= 0.5).sum()))
    listed = shadows.compare(two, versions.get(two, 1), versions.get(two, 2), 0.5)
    assert {moved.item.ordinal for moved in listed.rises} == set(np.flatnonzero(up).tolist())
    assert {moved.item.ordinal for moved in listed.falls} == set(np.flatnonzero(down).tolist())
    moves = [abs(moved.by) for moved in listed.most]
    assert len(moves) == shadows.LISTED
    assert moves == sorted(moves, reverse=True)
    assert moves[0] == pytest.approx(100 * np.abs(after - before).max(), abs=1e-3)


def predicted(project: Project, number: int, texts: list[str]) -> np.ndarray:
    """What the version says by itself, as a consumer would be told."""
    loaded = prediction.predictor(versions.get(project, number))
    return loaded.scores(texts)[:, 0]


def test_scores_are_asked_for_once_and_only_with_the_right_to_pin(two: Project, cast: Cast) -> None:
    version = versions.get(two, 1)
    assert shadows.missing(two, version) == []
    Document.objects.create(workspace=two.workspace, control_number="VAR-LATE", text="valve supplier")
    projects.adopt(two.workspace)
    perform_jobs()
    now = fresh(two)
    assert shadows.missing(now, version) == [version]
    with pytest.raises(Conflict, match="has not scored"):
        shadows.counts(now, version, versions.get(two, 2), 0.5)
    with pytest.raises(Refused):
        shadows.request(now, version, cast.rita)
    job = shadows.request(now, version, cast.mona)
    assert shadows.request(now, version, cast.mona) == job
    perform_jobs()
    assert shadows.missing(now, version) == []
    with pytest.raises(Conflict, match="has scored"):
        shadows.request(now, version, cast.mona)
    assert now.snapshot is not None
    assert fresh(two).snapshot == now.snapshot  # what ranks is another matter
    assert audit.about(version).filter(verb="scores.request").count() == 2


def test_scores_of_tagged_versions_outlive_later_ones(two: Project, cast: Cast) -> None:
    """The files of superseded snapshots go, but not what Live and Staging are compared by."""
    shadows.promote(two, "live", 1, None, cast.mona)
    for choice in ("Relevant", "Not relevant", "Relevant", "Not relevant", "Relevant"):
        item = two.items.get(ordinal=3)
        coding.recode(fresh(two), item, cast.mona, Answer(choice=choice), item.revision)
        train(two, cast)
    now = fresh(two)
    kept = set(now.snapshots.exclude(artifact="").values_list("version__number", flat=True))
    assert 1 in kept
    assert 2 not in kept
    assert [tag.pin.version.number for tag in tags.of(now)] == [1]


def test_what_waits_for_a_blind_sample_is_counted_and_not_listed(two: Project) -> None:
    """B-02, B-04: nobody learns the rank of a document that is to be coded blind."""
    one, other = versions.get(two, 1), versions.get(two, 2)
    listed = shadows.compare(two, one, other, 0.5)
    from_sample = listed.most[0].item
    sample = two.samples.create(purpose="validation", seed="a" * 32, created_by=two.created_by)
    two.items.filter(pk=from_sample.pk).update(awaits=sample)
    again = shadows.compare(two, one, other, 0.5)
    assert from_sample not in [moved.item for moved in again.most]
    assert again.documents == listed.documents
