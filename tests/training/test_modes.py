"""Training modes: every one a stated order, walked by reviewers, kept as the reason of what it brought."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reviewapp.domain import coding, documents, jobs, leases, projects, queue, returns
from reviewapp.domain.coding import Answer
from reviewapp.errors import Conflict, Invalid, NotFound
from reviewapp.models import Decision, Document, Job, Project, ProjectDocument, Reason, User
from tests.cast import Cast, fresh, perform_jobs, trained, write_documents
from training import clustering, modes
from training.tasks import cluster


def shown(project: Project, name: str, **asked: Any) -> list[int]:
    """The ordinals of the mode's list."""
    return [int(ordinal) for ordinal in modes.found(project, modes.walk(project, name, **asked)).ordinals]


def scores(project: Project) -> NDArray[np.float32]:
    assert project.snapshot is not None
    found = modes._read(project.snapshot.artifact)["scores"]
    return np.array(found)


def take(project: Project, reviewer: User, name: str, **asked: Any) -> ProjectDocument | None:
    walk = modes.walk(project, name, **asked)
    return queue.next_document(project, reviewer, modes.looks(project, walk))


def find_clusters(project: Project, by: User) -> None:
    clustering.request(project, by)
    cluster(Job.objects.get(kind=Job.Kind.CLUSTER, state=Job.State.QUEUED).pk)


def code_as(project: Project, reviewer: User, ordinal: int, choice: str) -> None:
    opened = leases.open_document(project, project.items.get(ordinal=ordinal), reviewer)
    assert opened.lease_token is not None
    coding.submit(project, reviewer, opened.lease_token, Answer(choice=choice))
    leases.release(project, reviewer)


def reviewed(project: Project) -> set[int]:
    return set(project.items.exclude(decision=None).values_list("ordinal", flat=True))


@pytest.fixture
def ready(project: Project, cast: Cast) -> Project:
    """60 documents, 12 of them coded, a model."""
    now = trained(project, cast.rita)
    leases.release(now, cast.rita)
    return now


@pytest.mark.parametrize("name", ["shuffle", "by-label", "low-confidence", "teach", "rebalance"])
def test_a_mode_shows_every_unreviewed_document_once(ready: Project, name: str) -> None:
    """U-20."""
    asked = {"label": "Relevant"} if name == "by-label" else {}
    found = shown(ready, name, **asked)
    assert sorted(found) == sorted(set(range(60)) - reviewed(ready))


def test_shuffle_needs_no_model_and_does_not_change(project: Project, cast: Cast) -> None:
    """U-20: Shuffle is a fixed random order; what is reviewed meanwhile only leaves it."""
    before = shown(project, "shuffle")
    assert sorted(before) == list(range(60))
    assert before != sorted(before)
    code_as(project, cast.rita, before[0], "Relevant")
    assert shown(fresh(project), "shuffle") == before[1:]


def test_by_label_shows_the_most_probable_first_for_either_label(ready: Project) -> None:
    """U-20: Predictions by label."""
    score = scores(ready)
    for label, probability in (("Relevant", score), ("Not relevant", 1 - score)):
        ordered = probability[shown(ready, "by-label", label=label)]
        assert np.all(np.diff(ordered) <= 0)


def test_teach_shows_the_most_even_first(ready: Project) -> None:
    """U-20: Teach."""
    distance = np.abs(scores(ready)[shown(ready, "teach")] - 0.5)
    assert np.all(np.diff(distance) >= 0)


def test_low_confidence_shows_first_what_the_model_knows_nothing_about(project: Project, cast: Cast) -> None:
    """U-20: Low confidence. A document of strange words comes before one of known words, an empty one last."""
    workspace = project.workspace
    strange = Document.objects.create(workspace=workspace, control_number="X-1", text="zebra quagga okapi tapir")
    empty = Document.objects.create(workspace=workspace, control_number="X-2", text="?")
    projects.adopt(workspace)
    perform_jobs()
    now = trained(project, cast.rita)
    found = shown(now, "low-confidence")
    places = dict(ProjectDocument.objects.filter(project=now).values_list("document_id", "ordinal"))
    assert found[0] == places[strange.pk]
    assert found[-1] == places[empty.pk]


def test_rebalance_shows_first_what_is_least_like_what_was_reviewed(project: Project, cast: Cast) -> None:
    """U-20: Rebalance."""
    strange = [
        Document(workspace=project.workspace, control_number=f"Z-{number}", text=f"zebra quagga okapi herd {number}")
        for number in range(5)
    ]
    Document.objects.bulk_create(strange)
    projects.adopt(project.workspace)
    perform_jobs()
    now = trained(project, cast.rita)
    first = shown(now, "rebalance")[:5]
    names = set(now.items.filter(ordinal__in=first).values_list("document__control_number", flat=True))
    assert names == {f"Z-{number}" for number in range(5)}


def test_check_and_missed_find_planted_mistakes(ready: Project, cast: Cast) -> None:
    """U-20: Check label and Missed label, by a model that did not learn from the document itself."""
    truths = dict(ready.items.values_list("ordinal", "document__metadata__truth"))
    wrongly = next(o for o, truth in truths.items() if not truth and o not in reviewed(ready))
    lacking = next(o for o, truth in truths.items() if truth and o not in reviewed(ready))
    code_as(ready, cast.rolf, wrongly, "Relevant")
    code_as(ready, cast.rolf, lacking, "Not relevant")
    projects.train_now(fresh(ready), cast.mona)
    perform_jobs()
    now = fresh(ready)
    assert shown(now, "check", label="Relevant")[0] == wrongly
    assert shown(now, "missed", label="Relevant")[0] == lacking
    assert shown(now, "check", label="Not relevant")[0] == lacking
    assert shown(now, "missed", label="Not relevant")[0] == wrongly


def test_a_mistake_that_was_looked_at_leaves_the_list_until_the_next_training(ready: Project, cast: Cast) -> None:
    wrongly = next(o for o in range(60) if o % 4 and o not in reviewed(ready))
    code_as(ready, cast.rolf, wrongly, "Relevant")
    projects.train_now(fresh(ready), cast.mona)
    perform_jobs()
    now = fresh(ready)
    item = take(now, cast.rita, "check", label="Relevant")
    assert item is not None
    assert (item.ordinal, item.decision, item.served_reason) == (wrongly, Decision.POSITIVE, Reason.CHECK)
    assert item.lease_token is not None
    submitted = coding.submit(now, cast.rita, item.lease_token, Answer(choice="Not relevant"))
    assert submitted.completion.served_reason == Reason.CHECK
    assert wrongly not in shown(fresh(now), "check", label="Relevant") + shown(fresh(now), "missed", label="Relevant")


def test_search_shows_what_holds_the_words_highest_rank_first(ready: Project) -> None:
    """U-20: Search."""
    found = shown(ready, "search", words='"hidden commission"')
    assert found
    texts = ready.items.filter(ordinal__in=found).values_list("document__text", flat=True)
    assert all("hidden commission" in text for text in texts)
    assert not set(found) & reviewed(ready)
    assert np.all(np.diff(scores(ready)[found]) <= 1e-6)  # ranks are compared with six digits


def test_search_works_before_the_first_model(project: Project) -> None:
    found = shown(project, "search", words="canteen")
    assert found == sorted(found)
    assert len(found) == 45


def test_clusters_part_what_is_said_and_are_named_by_it(project: Project, cast: Cast) -> None:
    """U-20: Clusters, found without any decision."""
    find_clusters(project, cast.mona)
    standing = clustering.latest(project)
    assert standing is not None
    assert sum(group["documents"] for group in standing.groups) == 60
    for number, group in enumerate(standing.groups):
        members = shown(project, "clusters", cluster=number)
        rows = project.items.filter(ordinal__in=members).values_list("document__title", "document__text")
        texts = [" ".join(row).lower() for row in rows]
        assert len(texts) == group["documents"]
        assert len({"commission" in text for text in texts}) == 1
        assert group["terms"]
        assert all(any(term in text for text in texts) for term in group["terms"])


def test_new_clusters_stand_in_for_the_earlier_ones(project: Project, cast: Cast) -> None:
    find_clusters(project, cast.mona)
    first = clustering.latest(project)
    write_documents(project.workspace, 20)
    projects.adopt(project.workspace)
    perform_jobs()
    find_clusters(fresh(project), cast.mona)
    second = clustering.latest(project)
    assert first is not None
    assert second is not None
    assert (first.documents, second.documents, project.clusterings.count()) == (60, 80, 1)
    assert second.index == fresh(project).index


def test_clusters_are_looked_for_once_at_a_time_and_within_bounds(
    project: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    clustering.request(project, cast.mona)
    with pytest.raises(Conflict, match="already"):
        clustering.request(project, cast.mona)
    monkeypatch.setattr(clustering, "MOST_DOCUMENTS", 59)
    with pytest.raises(Conflict, match="59 documents at most"):
        clustering.request(project, cast.mona)


def test_a_cluster_that_is_not_there_is_not_found(project: Project, cast: Cast) -> None:
    with pytest.raises(Conflict, match="No clusters"):
        shown(project, "clusters", cluster=0)
    find_clusters(project, cast.mona)
    with pytest.raises(NotFound):
        shown(project, "clusters", cluster=99)


def test_what_a_mode_needs_is_asked_for(project: Project) -> None:
    for name, field in (("search", "words"), ("clusters", "cluster"), ("by-label", "label"), ("nonsense", "mode")):
        with pytest.raises(Invalid) as refusal:
            modes.walk(project, name)
        assert set(refusal.value.fields) == {field}
    with pytest.raises(Invalid):
        modes.walk(project, "teach-label", label="Relevant")
    with pytest.raises(Invalid, match="not a choice"):
        modes.walk(project, "check", label="Unheard of")


def test_no_model_learns_a_neutral_answer(project: Project, cast: Cast) -> None:
    choices = [("Relevant", "positive", "1"), ("Not relevant", "negative", "2"), ("Unsure", "neutral", "3")]
    now = projects.change_choices(project, cast.mona, "relevance", choices)
    assert modes.labels(now) == ["Relevant", "Not relevant"]
    with pytest.raises(Invalid, match="neutral"):
        modes.walk(now, "by-label", label="Unsure")


def test_a_mode_that_needs_a_model_says_so_before_the_first(project: Project) -> None:
    for mode in modes.MODES.values():
        assert bool(modes.closed(project, mode)) == ("model" in mode.needs or "cluster" in mode.needs)
    with pytest.raises(Conflict, match="no model yet"):
        shown(project, "teach")


def test_what_a_mode_hands_out_has_the_mode_as_its_reason(ready: Project, cast: Cast) -> None:
    """B-07: with the version and the rank of that moment."""
    first = shown(ready, "teach")[0]
    item = take(ready, cast.rita, "teach")
    assert item is not None
    assert item.ordinal == first
    assert (item.served_reason, item.served_version) == (Reason.TEACH, 1)
    assert item.served_rank == pytest.approx(float(scores(ready)[first]) * 100, abs=1e-3)
    assert item.lease_token is not None
    walk = modes.walk(ready, "teach")
    submitted = coding.submit(
        ready, cast.rita, item.lease_token, Answer(choice="Relevant"), modes.looks(fresh(ready), walk)
    )
    assert submitted.completion.served_reason == Reason.TEACH
    assert submitted.upcoming is not None
    assert submitted.upcoming.served_reason == Reason.TEACH


def test_two_reviewers_in_one_mode_get_two_documents(ready: Project, cast: Cast) -> None:
    first, second = take(ready, cast.rita, "shuffle"), take(ready, cast.rolf, "shuffle")
    assert first is not None
    assert second is not None
    assert first.ordinal != second.ordinal


def test_a_mode_that_has_nothing_left_hands_out_nothing_else(ready: Project, cast: Cast) -> None:
    assert shown(ready, "missed", label="Relevant") == []
    assert take(ready, cast.rolf, "missed", label="Relevant") is None
    assert not ProjectDocument.objects.filter(reviewer=cast.rolf).exists()


def test_a_document_that_is_opened_from_a_list_keeps_the_mode(ready: Project, cast: Cast) -> None:
    """B-07."""
    ordinal = shown(ready, "low-confidence")[3]
    item = ready.items.get(ordinal=ordinal)
    rank = queue.ranks(ready, [ordinal])[0]
    opened = leases.open_document(ready, item, cast.rita, Reason.LOW_CONFIDENCE, rank)
    assert (opened.served_reason, opened.served_version, opened.served_rank) == (Reason.LOW_CONFIDENCE, 1, rank)


def test_a_deleted_document_leaves_every_mode(ready: Project, cast: Cast) -> None:
    """U-17: and training, and ranks; a version that there is stays as it was."""
    assert ready.version is not None
    before = ready.version.artifact
    find_clusters(ready, cast.mona)
    gone = ready.items.filter(decision=Decision.POSITIVE).first()
    other = ready.items.filter(decision=None).first()
    assert gone is not None
    assert other is not None
    documents.delete(ready.workspace, Document.objects.filter(pk__in=[gone.document_id, other.document_id]), cast.mona)
    for name in ("shuffle", "teach", "low-confidence", "rebalance"):
        assert other.ordinal not in shown(fresh(ready), name)
    for number, _ in enumerate(clustering.latest(ready).groups):  # type: ignore[union-attr]
        assert not {gone.ordinal, other.ordinal} & set(shown(fresh(ready), "clusters", cluster=number))
    perform_jobs()
    now = fresh(ready)
    assert now.version is not None
    assert now.version.number == 2
    assert now.version.positives == ready.version.positives - 1
    ready.version.refresh_from_db()
    assert ready.version.artifact == before


def test_what_came_back_is_served_first_whatever_was_decided(ready: Project, cast: Cast) -> None:
    """U-26: with a reason of its own; the answer takes it off again."""
    coded = ready.items.filter(decision=Decision.NEGATIVE).select_related("document").first()
    assert coded is not None
    assert returns.put(ready, [coded.document_id]) == 1
    assert returns.put(ready, [coded.document_id]) == 0
    item = queue.next_document(ready, cast.rolf)
    assert item is not None
    assert (item.pk, item.served_reason, item.decision) == (coded.pk, Reason.EXCEPTION, Decision.NEGATIVE)
    assert queue.next_document(ready, cast.rita).pk != coded.pk  # type: ignore[union-attr]
    assert item.lease_token is not None
    coding.submit(ready, cast.rolf, item.lease_token, Answer(choice="Relevant"))
    assert returns.count(ready) == 0
    coded.refresh_from_db()
    assert coded.decision == Decision.POSITIVE


def test_beat_rings_for_clusters(project: Project, cast: Cast) -> None:
    clustering.request(project, cast.mona)
    assert [kind for _, kind in jobs.waiting()] == [Job.Kind.CLUSTER]
