"""The control set: drawn by a hash, coded early, hidden from the model, kept in step with the collection."""

import hashlib

import numpy as np
import pytest
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from reviewapp.domain import coding, controls, documents, items, leases, projects, queue, statistics, validation
from reviewapp.domain.coding import Answer, submit
from reviewapp.domain.validation_plans import Design
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import (
    AuditEvent,
    ControlSet,
    Decision,
    Document,
    Job,
    Project,
    ProjectDocument,
    Reason,
    SampledDocument,
    Workspace,
)
from tests import samples
from tests.cast import Cast, code, code_chosen, fresh, is_relevant, perform_jobs, trained, write_documents
from tests.threads import at_once
from training import datasets
from training.core import estimates


@pytest.fixture
def project(workspace: Workspace, cast: Cast) -> Project:
    return samples.half_relevant(workspace, cast)


def drawn(project: Project, cast: Cast, documents: int = 20) -> Project:
    """The project with a control set of about so many documents, none of them coded."""
    controls.draw(fresh(project), cast.mona, documents)
    return fresh(project)


def coded(project: Project, cast: Cast, documents: int = 20) -> Project:
    """As :func:`drawn`, and coded truthfully."""
    now = drawn(project, cast, documents)
    samples.code_sample(now, cast.rita)
    return fresh(project)


def hidden(project: Project) -> set[int]:
    """The ordinals of the control set."""
    return set(project.items.filter(in_control_set=True).values_list("ordinal", flat=True))


def chosen_by_hash(control_set: ControlSet) -> set[int]:
    """The documents that anybody finds who knows the seed and the probability."""
    below = control_set.probability * 2**256
    seed = control_set.sample.seed
    pks = control_set.project.items.values_list("document_id", flat=True)
    return {pk for pk in pks if int.from_bytes(hashlib.sha256(f"{seed}:{pk}".encode()).digest(), "big") < below}


def test_whether_a_document_is_drawn_follows_from_the_seed_and_its_number(project: Project, cast: Cast) -> None:
    """B-02, B-05: one probability for all, and a draw that can be done again."""
    now = drawn(project, cast)
    assert now.control_set is not None
    assert now.control_set.probability == 0.25
    held = set(now.items.filter(in_control_set=True).values_list("document_id", flat=True))
    assert held == chosen_by_hash(now.control_set)
    assert {row.probability for row in now.control_set.sample.documents.all()} <= {0.25}
    assert (now.control_set.documents, now.control_set.known_documents) == (80, 0)


@pytest.mark.parametrize("documents", [0, 81])
def test_what_cannot_be_drawn_is_refused(project: Project, cast: Cast, documents: int) -> None:
    with pytest.raises(Invalid, match="From 1 to 80"):
        drawn(project, cast, documents)


def test_the_control_set_is_coded_first_and_blind(project: Project, cast: Cast) -> None:
    """B-07: with its own reason, without rank; then the review goes on as it would."""
    now = drawn(trained(project, cast.rita), cast)
    leases.release(now, cast.rita)
    taken = samples.code_sample(now, cast.rita)
    assert {item.ordinal for item in taken} == hidden(now)
    assert {(item.served_reason, item.served_rank, item.served_version) for item in taken} == {
        (Reason.CONTROL_SET, None, None)
    }
    item = queue.next_document(fresh(now), cast.rita)
    assert item is not None
    assert item.served_reason == Reason.HIGH_RANK
    assert fresh(now).sampling is False


def test_what_is_coded_or_in_hands_is_not_drawn(project: Project, cast: Cast) -> None:
    """A late draw is made from the rest, and certifies the rest; what was found before only adds."""
    now = trained(project, cast.rita)
    held = now.items.get(reviewer=cast.rita)
    drawn(now, cast, 30)
    assert held.ordinal not in hidden(now)
    assert not now.items.filter(in_control_set=True, completions__isnull=False).exists()
    control_set = fresh(now).control_set
    assert control_set is not None
    assert (control_set.documents, control_set.known_documents, control_set.known_positives) == (67, 13, 6)


def test_the_model_never_trains_on_it(project: Project, cast: Cast) -> None:
    """B-02: not in the training set, not counted towards a training, not towards the first five of each."""
    now = coded(project, cast)
    assert now.control_positives + now.control_negatives == len(hidden(now)) > 0
    assert now.control_positives == now.positives
    assert (now.completions, now.trainable) == (0, False)
    assert not Job.objects.filter(project=project, kind=Job.Kind.TRAIN).exists()
    waiting = statistics.waiting(now)
    assert (waiting.decisions, waiting.missing_positives, waiting.missing_negatives) == (0, 5, 5)
    with pytest.raises(Conflict, match="this project has 0 and 0"):
        projects.train_now(now, cast.mona)

    code(now, cast.rita, 80)
    assert set(datasets.read(fresh(now)).ordinals.tolist()) == set(range(80)) - hidden(now)


def test_the_order_of_the_review_knows_nothing_of_it(project: Project, cast: Cast) -> None:
    """B-02: whatever its documents were coded, the same model comes out to the byte."""
    now = trained(coded(project, cast), cast.rita)
    first = fresh(now).version
    assert first is not None
    for item in now.items.filter(in_control_set=True):
        choice = "Relevant" if item.decision == Decision.NEGATIVE else "Not relevant"
        coding.recode(fresh(now), item, cast.mona, Answer(choice=choice), item.revision)
    Job.objects.create(kind=Job.Kind.TRAIN, workspace=now.workspace, project=now)
    perform_jobs()
    again = fresh(now).version
    assert again == first, "nothing new"


def test_the_counters_follow_every_change_of_mind(project: Project, cast: Cast) -> None:
    now = coded(project, cast)
    item = now.items.filter(in_control_set=True, decision=Decision.POSITIVE).first()
    assert item is not None
    coding.recode(fresh(now), item, cast.mona, Answer(choice="Not relevant"), item.revision)
    code(fresh(now), cast.rita, 3)
    leases.release(now, cast.rita)
    gone = now.items.filter(in_control_set=True, decision=Decision.NEGATIVE)[:2].values("document")
    documents.delete(now.workspace, Document.objects.filter(pk__in=gone), cast.mona)
    after = fresh(now)
    for counter, decision in (("control_positives", Decision.POSITIVE), ("control_negatives", Decision.NEGATIVE)):
        assert getattr(after, counter) == after.items.filter(in_control_set=True, decision=decision).count()
    assert after.completions == 3


def test_a_decision_that_is_taken_back_waits_for_the_control_set_again(project: Project, cast: Cast) -> None:
    now = drawn(project, cast)
    taken = queue.next_document(now, cast.rita)
    assert taken is not None
    assert taken.lease_token is not None
    submit(now, cast.rita, taken.lease_token, Answer(choice="Relevant"))
    undone = coding.undo(fresh(now), cast.rita)
    assert undone.pk == taken.pk
    leases.release(now, cast.rita)
    assert fresh(now).control_positives == 0
    assert ProjectDocument.objects.get(pk=taken.pk).awaits is not None


def test_new_documents_get_their_share(project: Project, cast: Cast) -> None:
    """B-05: maintained as the collection grows, with the same probability and the same hash."""
    now = coded(project, cast)
    write_documents(now.workspace, 80)
    projects.adopt(now.workspace, cast.mona)
    grown = fresh(now)
    assert grown.control_set is not None
    assert grown.control_set.documents == 160
    held = set(grown.items.filter(in_control_set=True).values_list("document_id", flat=True))
    assert held == chosen_by_hash(grown.control_set)
    new = [ordinal for ordinal in hidden(grown) if ordinal >= 80]
    assert new
    assert grown.items.filter(awaits__isnull=False).count() == len(new)
    item = queue.next_document(grown, cast.rita)
    assert item is not None
    assert item.served_reason == Reason.CONTROL_SET
    assert controls.take_in(grown) == 0, "nobody is drawn twice"


def test_a_control_document_is_met_when_the_order_passes_it(project: Project, cast: Cast) -> None:
    """B-02: when no open document ranks as high; the state is asked, whoever coded what in between."""
    now = trained(coded(project, cast), cast.rita, each=5)
    leases.release(now, cast.rita)
    assert now.snapshot is not None
    scores = dict(zip(range(80), controls._scores(now).tolist(), strict=True))

    def expected() -> set[int]:
        best = max(scores[o] for o in now.items.filter(decision=None).values_list("ordinal", flat=True))
        return {ordinal for ordinal in hidden(now) if scores[ordinal] > best}

    def met() -> set[int]:
        rows = SampledDocument.objects.filter(sample__project=now, met_at__isnull=False)
        return set(rows.values_list("item__ordinal", flat=True))

    controls.meet(fresh(now))
    assert met() == expected()
    code(now, cast.rita, controls.unread(fresh(now)) - 20)
    leases.release(now, cast.rita)
    controls.meet(fresh(now))
    assert met() == expected() > set()
    standing = controls.standing(fresh(now))
    assert standing is not None
    assert standing.met == now.items.filter(ordinal__in=met(), decision=Decision.POSITIVE).count() > 0


def test_before_the_first_model_nothing_is_met_until_everything_is_read(project: Project, cast: Cast) -> None:
    now = coded(project, cast)
    code(now, cast.rita, 3)
    assert controls.meet(fresh(now)) == 0
    code(now, cast.rita, 80)
    assert controls.meet(fresh(now)) == len(hidden(now))


def test_what_the_order_passed_is_marked_before_a_new_one_comes(project: Project, cast: Cast) -> None:
    now = trained(coded(project, cast), cast.rita, each=5)
    code(now, cast.rita, 30)
    assert perform_jobs() > 0
    assert SampledDocument.objects.filter(sample__project=now, met_at__isnull=False, met_coded__gt=0).exists()


def test_the_coverage_order_passes_what_it_is_less_sure_of(project: Project, cast: Cast) -> None:
    now = trained(coded(project, cast), cast.rita, each=5)
    projects.change(now, cast.mona, {"queue": "coverage"})
    scores = controls._scores(now)
    open_ = list(now.items.filter(decision=None, in_control_set=False).values_list("ordinal", flat=True))
    nearest = np.abs(scores[open_] - 0.5).min()
    controls.meet(fresh(now))
    met = SampledDocument.objects.filter(sample__project=now, met_at__isnull=False)
    assert {row.item.ordinal for row in met.select_related("item")} == {
        ordinal for ordinal in hidden(now) if abs(scores[ordinal] - 0.5) < nearest
    }


def test_a_skipped_document_is_relevant_and_never_met(project: Project, cast: Cast) -> None:
    """D6: the worst case of a control document that nobody decided."""
    now = drawn(project, cast)
    first = min(hidden(now))
    samples.code_sample(now, cast.rita, lambda i: Answer(skip_reason="Unreadable") if i.ordinal == first else None)
    code(fresh(now), cast.rita, controls.unread(fresh(now)))
    controls.meet(fresh(now))
    standing = controls.standing(fresh(now))
    assert standing is not None
    relevant = sum(is_relevant(i) for i in now.items.select_related("document") if i.ordinal in hidden(now) - {first})
    assert (standing.counted, standing.met, standing.skipped) == (relevant + 1, relevant, 1)


def test_what_it_says_of_the_model_is_measured_on_what_never_trained(project: Project, cast: Cast) -> None:
    """B-05: every metric with its interval and the number it rests on, weighted by inclusion probability."""
    now = trained(coded(project, cast), cast.rita, each=5)
    found = controls.measure(fresh(now), 0.95)
    control = [i for i in now.items.select_related("document") if i.in_control_set]
    positive = [i for i in control if is_relevant(i)]
    assert found["richness"].value == pytest.approx(len(positive) / len(control))
    low, high = estimates.binomial(len(positive), len(control), 0.95)
    assert (found["richness"].low, found["richness"].high) == pytest.approx((low, high))
    scores = controls._scores(now)
    hits = [i for i in positive if scores[i.ordinal] >= 0.5]
    assert found["recall"].value == pytest.approx(len(hits) / len(positive))
    assert found["recall"].documents == found["recall"].positives == len(positive), "it rests on these, found or not"
    assert found["recall"].is_weak == (len(positive) < 20)


def test_a_control_set_that_is_given_up_trains(project: Project, cast: Cast) -> None:
    now = coded(project, cast)
    before = now.positives + now.negatives
    controls.give_up(now, cast.mona)
    after = fresh(now)
    assert (after.control_set, after.control_positives, after.control_negatives) == (None, 0, 0)
    assert (after.completions, after.trainable) == (before, True)
    perform_jobs()
    assert set(datasets.read(after).ordinals.tolist()) == set(
        after.items.exclude(decision=None).values_list("ordinal", flat=True)
    )
    assert fresh(now).version is not None
    with pytest.raises(Conflict, match="no control set"):
        controls.give_up(fresh(now), cast.mona)
    with pytest.raises(Conflict, match="given up already"):
        controls.give_up(now, cast.mona)
    assert drawn(now, cast, 20).control_set != now.control_set
    verbs = AuditEvent.objects.filter(verb__startswith="control_set").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["control_set.draw", "control_set.give_up", "control_set.draw"]


def test_a_validation_and_a_control_set_wait_for_each_other(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    leases.release(now, cast.rita)
    round_ = validation.start(now, cast.mona, Design(size=3))
    with pytest.raises(Conflict, match="validation round is open"):
        drawn(now, cast, 20)
    validation.abandon(round_, cast.mona)
    drawn(now, cast, 20)
    with pytest.raises(Conflict, match="control set are to be coded first"):
        validation.start(fresh(now), cast.mona, Design(size=3))
    samples.code_sample(fresh(now), cast.rita)
    assert validation.start(fresh(now), cast.mona, Design(size=3)).found == fresh(now).positives


def test_documents_that_come_during_a_validation_are_drawn_all_the_same(project: Project, cast: Cast) -> None:
    now = trained(coded(project, cast), cast.rita, each=5)
    leases.release(now, cast.rita)
    round_ = validation.start(now, cast.mona, Design(size=3))
    write_documents(now.workspace, 40)
    projects.adopt(now.workspace, cast.mona)
    taken = samples.code_sample(fresh(now), cast.rita)
    assert {item.served_reason for item in taken} == {Reason.VALIDATION, Reason.CONTROL_SET}
    validation.resume(round_, cast.mona)


def test_a_second_control_set_is_refused(project: Project, cast: Cast) -> None:
    drawn(project, cast)
    with pytest.raises(Conflict, match="has a control set already"):
        controls.draw(fresh(project), cast.mona, 5)


def test_its_rank_is_hidden_while_it_waits(project: Project, cast: Cast) -> None:
    now = drawn(trained(project, cast.rita), cast)
    waiting = now.items.filter(awaits__isnull=False).first()
    assert waiting is not None
    assert items.rank(now, waiting) is None


def test_a_coded_control_set_costs_nothing_a_label(
    project: Project, cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """The budget is 20 statements a label; when nothing waits any more, nobody looks."""
    now = trained(coded(project, cast), cast.rita, each=5)
    item = queue.next_document(queue.desk(cast.rita, now.pk), cast.rita)
    assert item is not None
    assert item.lease_token is not None
    with django_assert_max_num_queries(12):
        submit(queue.desk(cast.rita, now.pk), cast.rita, item.lease_token, Answer(choice="Not relevant"))


@pytest.mark.django_db(transaction=True)
def test_people_who_code_while_it_is_drawn_neither_wait_nor_code_twice(project: Project, cast: Cast) -> None:
    """Rows that somebody is working on are passed over; every drawn document is coded once, as a control document."""
    now = trained(project, cast.rita)

    def work(number: int) -> object:
        if number == 0:
            return controls.draw(fresh(now), cast.mona, 25)
        return code(now, (cast.rita, cast.rolf)[number - 1], 8)

    told = at_once(3, work)
    assert isinstance(told[0], ControlSet)
    assert told[1:] == [8, 8]
    first = SampledDocument.objects.filter(item__completions__isnull=False)
    reasons = set(first.values_list("item__completions__served_reason", flat=True))
    assert reasons <= {Reason.CONTROL_SET}
    assert fresh(now).coded == now.items.exclude(decision=None).count()
    live = ProjectDocument.objects.filter(project=now, leased_until__gte=timezone.now())
    assert live.count() <= 2


def test_chosen_documents_of_the_control_set_do_not_train_either(project: Project, cast: Cast) -> None:
    now = drawn(project, cast)
    code_chosen(now, cast.rolf, now.items.select_related("document").filter(in_control_set=True)[:3])
    assert fresh(now).completions == 0
    assert len(datasets.read(fresh(now)).ordinals) == 0
