"""Shares, links and deletions in any order, by somebody whose rights come and go: no copy is lost, no right is won.

A state machine does what one person asks for at the doors of three workspaces, refused or not, beside a small model of
what should be so.
"""

import os
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from models_lib import categories, library, links, shares
from models_lib.models import Category, TrainedModel, TrainedModelUserObjectPermission
from reviewapp import access
from reviewapp.access import Right
from reviewapp.domain import closing, jobs, people, projects
from reviewapp.errors import Conflict, Invalid, NotFound, Refused
from reviewapp.models import Job, Project, User, Workspace
from tests.cast import Cast, fresh
from tests.models_lib.shelf import another, ready_model

FULL = os.environ.get("REVIEWAPP_BENCH") == "full"
PLACES = some.sampled_from(["Halden", "Bergen", "Moss"])
MODELS = some.sampled_from(["Valves", "Lunches"])
EVERY: frozenset[Right] = frozenset(
    ("view", "view_models", "add_models", "edit_models", "delete_models", "add_choices", "manage")
)
LACKING = some.sampled_from([frozenset[Right](), *(frozenset({right}) for right in sorted(EVERY - {"view"})), EVERY])
DOINGS: dict[str, tuple[some.SearchStrategy[Any], ...]] = {
    "share": (MODELS, PLACES, PLACES, some.booleans()),
    "share_one": (some.integers(0, 9), some.sampled_from([1, 2])),
    "link_one": (some.integers(0, 9),),
    "delete_one": (some.integers(0, 9),),
    "describe": (MODELS, PLACES, some.sampled_from(["Commissions", "Menus", ""])),
    "delete": (MODELS, PLACES),
    "link": (MODELS, PLACES, PLACES),
    "unlink": (PLACES,),
    "grant": (PLACES, LACKING),
    "archive": (PLACES,),
    "take_up_again": (PLACES,),
}


@dataclass(frozen=True)
class Copy:
    """What a row in a workspace's library should say."""

    description: str
    categories: frozenset[str]


@contextmanager
def refused_unless(allowed: bool) -> Iterator[None]:
    """The block is refused exactly when it is not allowed, and then leaves nothing behind."""
    if allowed:
        yield
        return
    with pytest.raises((Conflict, Invalid, NotFound, Refused)), transaction.atomic():
        yield


class Library(RuleBasedStateMachine):
    """Three workspaces with a project each; in two of them it can do without its linked model."""

    def __init__(self, places: dict[str, Workspace], made: dict[str, TrainedModel], cast: Cast) -> None:
        super().__init__()
        self.places, self.by, self.cast = places, cast.rolf, cast
        self.guids = {name: model.guid for name, model in made.items()}
        self.payloads = {model.guid: model.payload for model in made.values()}
        self.copies = {("Halden", name): Copy("", frozenset({name})) for name in made}
        self.names = {"Halden": set(made), "Bergen": {"Valves"}, "Moss": set[str]()}
        self.linked: dict[str, str] = {}
        self.archived = set[str]()
        self.rights: dict[str, Set[Right]] = {}
        self.undone = transaction.atomic()
        self.undone.__enter__()
        for place in places:
            self.grant(place, frozenset())

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    @rule(drawn=some.data())
    def act(self, drawn: some.DataObject) -> None:
        """Any of the doings: as rules of their own Hypothesis would leave some out of every run."""
        name = drawn.draw(some.sampled_from(list(DOINGS)))
        getattr(self, name)(*(drawn.draw(strategy) for strategy in DOINGS[name]))

    def holds(self, place: str, *needed: Right) -> bool:
        return set(needed) <= self.rights[place]

    def row(self, name: str, place: str) -> TrainedModel:
        """As a door fetches it: what the person may not see is not there."""
        rows = TrainedModel.objects.filter(workspace=self.places[place], guid=self.guids[name])
        return access.get(self.by, TrainedModel, rows.values_list("pk", flat=True).first())

    def project(self, place: str) -> Project:
        return fresh(access.get(self.by, Project, self.places[place].projects.get().pk, may="manage"))

    def admin(self, place: str) -> User:
        return self.cast.alice if place == "Halden" else self.cast.stan

    def grant(self, place: str, lacking: Set[Right]) -> None:
        """Give the person every right but these; lacking every one, they are taken out of the workspace."""
        left = EVERY - lacking
        if left:
            people.grant_rights(self.places[place], self.by, left, self.admin(place))
        elif self.rights.get(place):
            people.remove(self.places[place], self.by, self.admin(place))
        self.rights[place] = left

    def share(self, name: str, origin: str, target: str, revoked: bool) -> None:
        """Where a right is revoked between the request and the worker, nothing is copied."""
        may_leave = self.holds(origin, "view", *shares.IN_ORIGIN) and (origin, name) in self.copies
        with refused_unless(may_leave and self.holds(target, "view", *shares.IN_TARGET) and origin != target):
            model = self.row(name, origin)
            job, _ = shares.request(self.places[origin], self.by, [model.pk], [self.places[target].pk])
            if revoked:
                self.grant(target, frozenset({"add_models"}))
            jobs.perform(job.pk, shares.share)
            job.refresh_from_db()
            assert job.state == (Job.State.FAILED if revoked else Job.State.DONE)
            if not revoked:
                self.arrives(name, origin, target)

    def one(self, number: int) -> tuple[str, str]:
        """The place and name of a copy that is there, in a workspace where the person holds every right."""
        place, name = sorted(self.copies)[number % len(self.copies)] if self.copies else ("Halden", "Valves")
        self.grant(place, frozenset())
        return place, name

    def share_one(self, number: int, further: int) -> None:
        """As a share, of what is there and with every right: by chance alone few would be allowed."""
        origin, name = self.one(number)
        target = list(self.places)[(list(self.places).index(origin) + further) % len(self.places)]
        self.grant(target, frozenset())
        self.share(name, origin, target, False)

    def link_one(self, number: int) -> None:
        place, name = self.one(number)
        self.link(name, place, place)

    def delete_one(self, number: int) -> None:
        place, name = self.one(number)
        self.delete(name, place)

    def arrives(self, name: str, origin: str, target: str) -> None:
        """D8: categories that may not be created there are left off."""
        source = self.copies[origin, name]
        if self.holds(target, "add_choices"):
            self.names[target] |= source.categories
        self.copies[target, name] = replace(source, categories=source.categories & self.names[target])

    def describe(self, name: str, place: str, description: str) -> None:
        with refused_unless((place, name) in self.copies and self.holds(place, "view", "view_models", "edit_models")):
            library.edit(self.row(name, place), self.by, {"description": description})
            self.copies[place, name] = replace(self.copies[place, name], description=description)

    def delete(self, name: str, place: str) -> None:
        """D7: a linked one stays, and so do copies elsewhere."""
        may = self.holds(place, "view", "view_models", "edit_models", "delete_models")
        if place in self.archived and self.linked.get(place) == name:
            return  # what an archived project does with its link has tests of its own
        with refused_unless(may and (place, name) in self.copies and self.linked.get(place) != name):
            library.delete([self.row(name, place)], self.by)
            del self.copies[place, name]

    def link(self, name: str, place: str, of: str) -> None:
        """A project counts models of its own workspace alone."""
        seen = (of, name) in self.copies and self.holds(of, "view", "view_models")
        may = self.holds(place, "view", "manage", "view_models") and place not in self.archived
        with refused_unless(seen and may and place == of):
            links.link(self.project(place), self.row(name, of), self.by)
            self.linked[place] = name

    def unlink(self, place: str) -> None:
        """R-59: not before the project's own coding can build a model; in Moss it cannot."""
        may = self.holds(place, "view", "manage") and place not in self.archived
        with refused_unless(may and place in self.linked and place != "Moss"):
            links.unlink(self.project(place), self.by)
            del self.linked[place]

    def archive(self, place: str) -> None:
        if place not in self.archived:
            closing.archive(fresh(self.places[place].projects.get()), self.admin(place))
            self.archived.add(place)

    def take_up_again(self, place: str) -> None:
        if place in self.archived:
            closing.unarchive(fresh(self.places[place].projects.get()), self.admin(place))
            closing.reopen(fresh(self.places[place].projects.get()), self.admin(place))
            self.archived.remove(place)

    @invariant()
    def the_library_is_what_it_should_be(self) -> None:
        """R-44, R-45, R-47, D8: one copy a workspace and GUID, described as it was shared last."""
        called = {guid: name for name, guid in self.guids.items()}
        rows = TrainedModel.objects.select_related("workspace").prefetch_related("categories")
        found = {
            (row.workspace.name, called[row.guid]): Copy(
                row.description, frozenset(category.name for category in row.categories.all())
            )
            for row in rows
        }
        assert (len(rows), found) == (len(self.copies), self.copies)
        assert {
            place: set(Category.objects.filter(workspace=workspace).values_list("name", flat=True))
            for place, workspace in self.places.items()
        } == self.names

    @invariant()
    def the_training_of_a_model_never_changes(self) -> None:
        """R-46: whatever its way, every copy opens and says the same."""
        for row in TrainedModel.objects.all():
            assert row.payload == self.payloads[row.guid]
            assert library.training_rows(row).positives == row.positives

    @invariant()
    def links_stay_within_their_workspace(self) -> None:
        """D7, R-65: and what is linked is there."""
        linked = Project.objects.exclude(linked_model=None).select_related("linked_model", "workspace")
        called = {guid: name for name, guid in self.guids.items()}
        assert {one.workspace.name: called[one.linked_model.guid] for one in linked if one.linked_model} == self.linked
        assert all(one.linked_model and one.linked_model.workspace_id == one.workspace_id for one in linked)
        assert all((place, name) in self.copies for place, name in self.linked.items())

    @invariant()
    def nobody_wins_a_right(self) -> None:
        """T-12, R-09: the person holds what was given, sees what that shows, and no copy brings people along."""
        for place, workspace in self.places.items():
            assert access.rights(self.by, workspace) == self.rights[place]
        seen = access.visible(self.by, TrainedModel).values_list("workspace__name", "guid")
        shown = {place for place in self.places if self.holds(place, "view", "view_models")}
        assert set(seen) == {(place, self.guids[name]) for place, name in self.copies if place in shown}
        assert not TrainedModelUserObjectPermission.objects.exists()
        assert not access.visible(self.cast.vic, TrainedModel).exclude(workspace=self.places["Halden"]).exists()


@pytest.mark.timeout(3600 if FULL else 300)
def test_no_copy_is_lost_and_no_right_won_whatever_is_done_in_whatever_order(project: Project, cast: Cast) -> None:
    """D7, D8, R-09, R-44, R-45, R-46, R-47, R-59, R-65."""
    halden = project.workspace
    places = {"Halden": halden, "Bergen": another("Bergen", cast), "Moss": another("Moss", cast)}
    for place in ("Bergen", "Moss"):
        projects.create(places[place], cast.mona, name=place)
    Project.objects.exclude(workspace=places["Moss"]).update(positives=5, negatives=5)
    made = {name: ready_model(halden, cast.mona, name) for name in ("Valves", "Lunches")}
    for name, model in made.items():
        library.edit(model, cast.mona, {"categories": [categories.create(halden, cast.mona, name)]})
    categories.create(places["Bergen"], cast.mona, "Valves")
    budget = settings(
        max_examples=300 if FULL else 6,
        stateful_step_count=40 if FULL else 30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(partial(Library, places, made, cast), settings=budget)  # type: ignore[arg-type]
