"""Every route × every method × every person of the cast: what it says is written down, and nothing else is there."""

import pytest

from reviewapp.domain import people, tokens
from reviewapp.models import Workspace
from tests.doors import walker
from tests.doors.table import TABLE
from tests.doors.walker import PEOPLE, World

CHANGES = ("POST", "PUT", "PATCH", "DELETE")
# Doors that change nothing, though what is asked comes as a body.
ASKING = {
    "POST /api/v1/projects/<id:project>/versions/<word:ref>/predict",
    "POST /api/v1/projects/<id:project>/versions/<word:ref>/explain",
    "POST /projects/<int:pk>/models/playground/",
}
OWN = "/views"  # how a person looks at a list is theirs to keep, whatever they may change beside it


def expected(person: str) -> dict[str, int]:
    place = PEOPLE.index(person)
    return {door: int(statuses.split()[place]) for door, statuses in TABLE.items()}


def test_every_door_is_in_the_table_and_every_line_is_a_door(world: World) -> None:
    """T-16: a route or method that nobody declared fails the build."""
    assert sorted(map(str, walker.doors(world))) == sorted(TABLE)


@pytest.mark.parametrize("person", PEOPLE)
def test_every_door_says_to_each_person_what_the_table_says(world: World, person: str) -> None:
    told = {str(door): walker.ask(world, person, door).status_code for door in walker.doors(world)}
    wanted = expected(person)
    assert {door: status for door, status in told.items() if status != wanted.get(door)} == {}


def test_what_a_stranger_may_not_see_is_like_what_does_not_exist(world: World) -> None:
    """T-15: status, body and header names are the same for what is another workspace's and for what is nowhere."""
    guarded = [door for door in walker.doors(world) if door.guarded]
    assert len(guarded) > 50
    for door in guarded:
        theirs = walker.ask(world, "stan", door)
        nowhere = walker.ask(world, "stan", door, nowhere=True)
        assert theirs.status_code == 404, door
        assert walker.told(theirs) == walker.told(nowhere), door


@pytest.mark.parametrize("person", ["alice", "olga"])
def test_a_token_for_another_workspace_opens_nothing_of_this_one(world: World, person: str) -> None:
    """T-15: the admin who may see both, and the operator, find with a token for Elsewhere what a stranger finds."""
    elsewhere = Workspace.objects.get(name="Elsewhere")
    people.grant(elsewhere, world.cast.alice, "admin", None)
    _, plain = tokens.create(getattr(world.cast, person), "robot", workspace=elsewhere)
    guarded = [door for door in walker.doors(world) if door.guarded and door.route.startswith("api/")]
    assert len(guarded) > 50
    for door in guarded:
        here, nowhere = walker.ask(world, plain, door), walker.ask(world, plain, door, nowhere=True)
        assert here.status_code == 404, door
        assert walker.told(here) == walker.told(nowhere), door


def test_a_token_for_this_workspace_opens_what_its_person_may(world: World) -> None:
    _, plain = tokens.create(world.cast.vic, "robot", workspace=world.project.workspace)
    wanted = expected("vic")
    for door in walker.doors(world):
        if door.guarded and door.route.startswith("api/"):
            assert walker.ask(world, plain, door).status_code == wanted[str(door)], door


def test_the_table_gives_a_viewer_nothing_to_change_and_a_stranger_nothing_at_all() -> None:
    """The table itself keeps the rules: no line can be written down that lets a viewer change what is Halden's."""
    for door, statuses in TABLE.items():
        method, route = door.split(" ", 1)
        said = dict(zip(PEOPLE, map(int, statuses.split()), strict=True))
        if not walker.Door(method, route[1:]).guarded:
            continue
        assert said["anonymous"] in (302, 401), door
        assert said["stan"] == 404, door
        if method in CHANGES and door not in ASKING and OWN not in route:
            assert said["vic"] == 403, door
        assert not any(status >= 500 for status in said.values()), door
