"""When a review may stop: planned before, looked at openly, and every look kept."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from django.db import transaction

from reviewapp.domain import controls, leases, projects, stopping, validation, webhooks
from reviewapp.domain.coding import Answer
from reviewapp.domain.stopping import Rule, Verdict
from reviewapp.domain.validation_plans import Design
from reviewapp.domain.validation_results import Result
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import (
    AuditEvent,
    Decision,
    Delivery,
    Event,
    Project,
    Reason,
    StoppingLook,
    StoppingPlan,
    Workspace,
)
from tests import samples
from tests.cast import Cast, code, fresh, perform_jobs, trained, write_documents
from tests.threads import at_once
from training.core import estimates
from training.core import stopping as rules
from training.core.estimates import Stratum

EASY: dict[str, Any] = {"target": 0.5, "confidence": 0.8, "looks": 2, "run": 5}  # three hidden positives prove it


@pytest.fixture
def project(workspace: Workspace, cast: Cast) -> Project:
    return samples.half_relevant(workspace, cast)


def planned(project: Project, cast: Cast, **other: Any) -> StoppingPlan:
    return stopping.set_plan(fresh(project), cast.mona, EASY | other)


def ready(project: Project, cast: Cast) -> Project:
    """Planned, a coded control set of about 20, and a first model."""
    planned(project, cast)
    controls.draw(fresh(project), cast.mona, 20)
    samples.code_sample(fresh(project), cast.rita)
    now = trained(project, cast.rita)
    leases.release(now, cast.rita)
    return fresh(now)


@pytest.fixture
def ready_to_stop(transactional_db: None, project: Project, cast: Cast) -> Project:
    """Everything is read, and nobody has looked yet."""
    listening(project, cast)
    now = ready(project, cast)
    code(now, cast.rita, controls.unread(now))
    return fresh(now)


def look(project: Project, cast: Cast) -> dict[str, StoppingLook]:
    return {taken.rule: taken for taken in stopping.look(fresh(project), cast.mona)}


def test_what_shall_be_proven_stands_before_the_first_look(project: Project, cast: Cast) -> None:
    """B-02: a target that is chosen by what was seen proves nothing."""
    with pytest.raises(Conflict, match="Say first"):
        look(project, cast)
    planned(project, cast)
    assert planned(project, cast, target=0.9).target == 0.9
    look(project, cast)
    with pytest.raises(Conflict, match="stays as it was planned"):
        planned(project, cast)
    assert stopping.current_plan(project).target == 0.9  # type: ignore[union-attr]


@pytest.mark.parametrize("wrong", [{"target": 1.0}, {"target": 0.4}, {"confidence": 1.0}, {"looks": 0}, {"run": 0}])
def test_what_cannot_be_planned_is_named(project: Project, cast: Cast, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        planned(project, cast, **wrong)
    assert list(refused.value.fields) == list(wrong)


def test_every_look_is_kept_with_its_rule_figures_and_verdict(project: Project, cast: Cast) -> None:
    """B-04: who looked when, at what, and what it said."""
    now = ready(project, cast)
    first = look(now, cast)
    code(now, cast.rita, 10)
    look(now, cast)
    kept = StoppingLook.objects.filter(project=now)
    assert kept.count() == 8
    assert set(first) == {Rule.CERTIFIED, Rule.RUN, Rule.KNEE, Rule.LOOK_BACK}
    assert {(taken.by, taken.version) for taken in kept} == {(cast.mona, 1)}
    assert kept[0].coded == first[Rule.KNEE].coded + 10
    events = AuditEvent.objects.filter(verb="stopping.look")
    assert [set(event.detail["verdicts"]) for event in events] == [set(first)] * 2


def test_the_certified_stop_waits_goes_on_and_is_reached(project: Project, cast: Cast) -> None:
    """B-02: not before the control set is coded; then when enough of its positives are met."""
    planned(project, cast)
    controls.draw(fresh(project), cast.mona, 20)
    assert look(project, cast)[Rule.CERTIFIED].verdict == Verdict.NOT_READY
    samples.code_sample(fresh(project), cast.rita)
    before = look(project, cast)[Rule.CERTIFIED]
    positives = project.items.filter(in_control_set=True, decision=Decision.POSITIVE).count()
    assert (before.figures["positives"], before.figures["met"]) == (positives, 0)
    assert before.verdict == Verdict.GO_ON

    now = trained(project, cast.rita)
    while (after := look(now, cast)[Rule.CERTIFIED]).verdict != Verdict.STOP:
        assert controls.unread(fresh(now)) > 0
        code(now, cast.rita, 5)
        perform_jobs()
    assert after.figures["met"] >= after.figures["needed"] == rules.needed(positives, 0.5, 0.8)
    relevant = 40 - positives
    read = now.items.filter(in_control_set=False, decision=Decision.POSITIVE).count()
    assert (read + after.figures["met"]) / (relevant + positives) >= 0.5


def test_too_few_hidden_positives_prove_nothing(project: Project, cast: Cast) -> None:
    """B-02: "not provable here"."""
    planned(project, cast, target=0.99, confidence=0.99)
    controls.draw(fresh(project), cast.mona, 20)
    samples.code_sample(fresh(project), cast.rita)
    taken = look(project, cast)[Rule.CERTIFIED]
    assert (taken.verdict, taken.figures["needed"]) == (Verdict.NOT_PROVABLE, None)
    assert taken.figures["best"] < 0.99


def test_without_a_control_set_there_is_no_certified_look(project: Project, cast: Cast) -> None:
    planned(project, cast)
    assert set(look(project, cast)) == {Rule.RUN, Rule.KNEE, Rule.LOOK_BACK}


def test_heuristics_see_what_the_review_read_in_its_order_and_no_sample(project: Project, cast: Cast) -> None:
    """B-04"""
    now = ready(project, cast)
    round_ = validation.start(fresh(now), cast.mona, Design(size=4))
    samples.code_sample(fresh(now), cast.rita)
    validation.resume(round_, cast.mona)
    code(now, cast.rita, 12)
    ordinary = now.answers.exclude(served_reason__in=(Reason.VALIDATION, Reason.CONTROL_SET)).order_by("pk")
    read = np.array([decision == Decision.POSITIVE for decision in ordinary.values_list("decision", flat=True)])
    taken = look(now, cast)
    unread = fresh(now).items.filter(decision=None).count()
    expected = {
        Rule.RUN: rules.run_of_irrelevant(read, 5),
        Rule.KNEE: rules.knee(read),
        Rule.LOOK_BACK: rules.look_back(read, len(read) + unread, 0.5, 0.8),
    }
    for rule, found in expected.items():
        assert taken[rule].figures["figure"] == pytest.approx(found.figure)
        assert (taken[rule].verdict == Verdict.STOP) == found.is_stop
        assert taken[rule].figures["read"] == len(read)


def test_a_change_of_mind_changes_what_the_heuristics_see(project: Project, cast: Cast) -> None:
    planned(project, cast)
    code(project, cast.rita, 6, says=lambda item: False)
    assert look(project, cast)[Rule.RUN].figures == {"figure": 6, "threshold": 5, "read": 6, "found": 0}


def test_a_validation_is_a_look_of_the_planned_test(project: Project, cast: Cast) -> None:
    """B-03: alpha is split over the looks; each is kept with its round, and none is taken beyond them."""
    now = ready(project, cast)
    for number in (1, 2, 3):
        round_ = validation.start(fresh(now), cast.mona, Design(size=10))
        samples.code_sample(fresh(now), cast.rita)
        validation.resume(round_, cast.mona)
        perform_jobs()
        taken = StoppingLook.objects.filter(round=round_).first()
        assert (taken is not None) == (number <= 2)
        if taken is not None:
            result = round_.sample.documents.filter(decision=Decision.POSITIVE).count()
            below = Stratum(round_.below, 10, result)
            test = rules.planned_test(round_.found, Stratum(0), below, 0.5, 0.8, 2)
            assert taken.figures["bound"] == test.bound
            assert taken.figures["tail"] == pytest.approx(0.1)
            assert (taken.verdict == Verdict.STOP) == test.is_passed
    overview = stopping.overview(fresh(now))
    assert overview.planned is not None
    assert (overview.planned.used, overview.planned.left) == (2, 0)


def test_a_validation_from_before_the_plan_is_no_look_of_it(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    leases.release(now, cast.rita)
    round_ = validation.start(now, cast.mona, Design(size=3))
    planned(now, cast)
    samples.code_sample(fresh(now), cast.rita)
    validation.resume(round_, cast.mona)
    assert not StoppingLook.objects.filter(rule=Rule.PLANNED).exists()


def test_the_planned_test_says_which_sample_could_pass(project: Project, cast: Cast) -> None:
    """B-03: planner before coding; with nothing found no sample can."""
    planned(project, cast)
    overview = stopping.overview(fresh(project))
    assert overview.planned is not None
    assert (overview.planned.found, overview.planned.sample) == (0, None)
    code(project, cast.rita, 40)
    after = stopping.overview(fresh(project)).planned
    assert after is not None
    assert after.sample is not None
    assert 0 < after.sample <= after.pile


def test_what_is_left_is_where_the_control_positives_stand(project: Project, cast: Cast) -> None:
    """SPEC part 3 row 30: documents left to the target, with an interval; kept with the look."""
    now = ready(project, cast)
    left = look(now, cast)[Rule.CERTIFIED].figures["outlook"]
    found = rules.forecast(controls.places(now), controls.unread(now), 0.5, 0.8)
    assert found is not None
    assert left == {**asdict(found), "pace": stopping.pace(now)}
    assert left["low"] <= left["documents"] <= left["high"] <= controls.unread(now)
    assert left["pace"] > 0


def test_there_is_no_outlook_before_the_control_set_is_coded(project: Project, cast: Cast) -> None:
    planned(project, cast)
    controls.draw(fresh(project), cast.mona, 20)
    assert look(project, cast)[Rule.CERTIFIED].figures["outlook"] is None


def test_designs_are_made_for_what_can_still_be_drawn(project: Project, cast: Cast) -> None:
    """B-02: before any coding, and later for the rest."""
    assert stopping.designs(project, 0.5, 0.8, 0.5) == rules.plan(0.5, 0.8, 0.5, 80)
    trained(project, cast.rita)
    assert stopping.designs(fresh(project), 0.5, 0.8, 0.5) == rules.plan(0.5, 0.8, 0.5, 67)


def test_the_curve_ends_at_the_look(project: Project, cast: Cast) -> None:
    """B-04: what was met since the last look is not shown, or it would be a look that nobody recorded."""
    now = ready(project, cast)
    taken = look(now, cast)[Rule.CERTIFIED]
    code(now, cast.rita, controls.unread(fresh(now)))
    controls.meet(fresh(now))
    assert controls.met_until(now, taken.at)[-1][1] == taken.figures["met"]
    later = look(now, cast)[Rule.CERTIFIED]
    assert controls.met_until(now, later.at)[-1][1] == later.figures["met"] > taken.figures["met"]


def test_what_was_skipped_is_said_beside_the_certificate(project: Project, cast: Cast) -> None:
    """D6: skipped control documents count as relevant and not met; other skipped ones are still to be decided."""
    planned(project, cast)
    controls.draw(fresh(project), cast.mona, 20)
    first = project.items.filter(in_control_set=True).order_by("ordinal").first()
    assert first is not None
    skip = Answer(skip_reason="Unreadable")
    samples.code_sample(fresh(project), cast.rita, lambda item: skip if item.pk == first.pk else None)
    taken = look(project, cast)[Rule.CERTIFIED]
    relevant = project.items.filter(in_control_set=True, decision=Decision.POSITIVE).count()
    assert (taken.figures["positives"], taken.figures["skipped"], taken.figures["undecided"]) == (relevant + 1, 1, 0)


def test_the_figure_of_the_look_back_rule_is_that_of_the_simulation() -> None:
    """B-04: tests/bench/test_stopping.py holds the simulation to the same 78 of 400."""
    assert (stopping.LOOK_BACK_MISSED, stopping.LOOK_BACK_RUNS) == (78, 400)


def told(project: Project) -> list[dict[str, Any]]:
    """What the webhooks were told of recall, oldest first."""
    rows = Delivery.objects.filter(event=Event.RECALL_REACHED, webhook__workspace=project.workspace)
    return [delivery.payload["data"] for delivery in rows.order_by("pk")]


def listening(project: Project, cast: Cast) -> None:
    events = [Event.RECALL_REACHED]
    webhooks.create(project.workspace, cast.alice, name="Desk", url="https://example.org/hook", events=events)


def until_certified(project: Project, cast: Cast) -> StoppingLook:
    while (taken := look(project, cast)[Rule.CERTIFIED]).verdict != Verdict.STOP:
        assert told(project) == []
        code(project, cast.rita, 5)
        perform_jobs()
    return taken


def test_reaching_the_target_is_told_once_with_the_estimate_and_its_interval(project: Project, cast: Cast) -> None:
    """B-02: at the look that certifies it, and not at later ones that say the same."""
    listening(project, cast)
    now = ready(project, cast)
    taken = until_certified(now, cast)
    met, positives = taken.figures["met"], taken.figures["positives"]
    low, high = estimates.binomial(met, positives, 0.8)
    assert told(now) == [
        {
            "workspace": now.workspace_id,
            "project": now.pk,
            "rule": "certified",
            "look": taken.pk,
            "coded": taken.coded,
            "target": 0.5,
            "confidence": 0.8,
            "estimate": met / positives,
            "low": low,
            "high": high,
        }
    ]
    for _ in range(2):
        assert look(now, cast)[Rule.CERTIFIED].verdict == Verdict.STOP
    assert len(told(now)) == 1


def test_reaching_the_target_again_is_told_again(project: Project, cast: Cast) -> None:
    """A level, not an event: the rule had said otherwise meanwhile."""
    listening(project, cast)
    now = ready(project, cast)
    until_certified(now, cast)
    write_documents(now.workspace, 80, relevant_every=2)
    projects.adopt(now.workspace)
    perform_jobs()
    with transaction.atomic():
        controls.take_in(Project.objects.select_for_update(no_key=True).get(pk=now.pk))
    assert look(now, cast)[Rule.CERTIFIED].verdict == Verdict.NOT_READY
    samples.code_sample(fresh(now), cast.rita)
    while look(now, cast)[Rule.CERTIFIED].verdict != Verdict.STOP:
        code(now, cast.rita, 10)
        perform_jobs()
    assert len(told(now)) == 2


def test_two_looks_at_once_tell_once(ready_to_stop: Project, cast: Cast) -> None:
    at_once(4, lambda n: stopping.look(fresh(ready_to_stop), cast.mona))
    assert StoppingLook.objects.filter(rule=Rule.CERTIFIED, verdict=Verdict.STOP).count() == 4
    assert len(told(ready_to_stop)) == 1


def test_a_planned_test_that_is_passed_is_told_with_its_estimate(project: Project, cast: Cast) -> None:
    listening(project, cast)
    planned(project, cast)
    now = trained(project, cast.rita, each=20)
    code(now, cast.rita, 10)
    leases.release(now, cast.rita)
    perform_jobs()
    round_ = validation.start(fresh(now), cast.mona, Design(size=20))
    samples.code_sample(fresh(now), cast.rita)
    closed = validation.resume(round_, cast.mona)
    taken = StoppingLook.objects.get(rule=Rule.PLANNED)
    assert taken.verdict == Verdict.STOP
    [fact] = told(now)
    assert (fact["rule"], fact["look"], fact["target"]) == ("planned", taken.pk, 0.5)
    assert closed.result is not None
    result = Result.from_json(closed.result)
    recall = estimates.recall(closed.found, result.above, result.below, 0.8)
    assert (fact["estimate"], fact["low"], fact["high"]) == (recall.value, recall.low, recall.high)


def test_heuristics_tell_nobody(project: Project, cast: Cast) -> None:
    """B-04: they guarantee nothing."""
    listening(project, cast)
    planned(project, cast, run=1)
    code(trained(project, cast.rita), cast.rita, 20)
    assert look(project, cast)[Rule.RUN].verdict in (Verdict.STOP, Verdict.GO_ON)
    assert told(project) == []
