"""The rights of SPEC 2.1.3, one by one: what a task takes is enough for it, and nothing less is."""

import pytest

from reviewapp.access import Right
from reviewapp.domain import people
from tests.doors import changes, walker
from tests.doors.changes import Request
from tests.doors.walker import World

API = "/api/v1/projects/<id:project>"
# Rights beside the one to look, which comes with any other. Models have theirs in tests/models_lib.
TASKS: dict[str, set[Right]] = {
    "POST /api/v1/workspaces/<id:workspace>/projects": {"manage"},
    f"GET {API}": set(),
    f"PATCH {API}": {"manage"},
    f"DELETE {API}": {"administer"},
    f"POST {API}/next": {"review"},
}


def ask(world: World, door: str) -> int:
    """What the door answers to Stan, who brings what it needs."""
    if door.startswith("GET"):
        return walker.ask(world, "stan", walker.Door(*door.split(" /", 1))).status_code
    body = {} if door.endswith("/next") else {"name": "New"}
    asked = Request("stan", body, query="?confirmation=Valves" if door.startswith("DELETE") else "")
    return changes.send(world, door, asked).status_code


@pytest.mark.parametrize("door", TASKS)
def test_a_task_takes_its_rights_and_no_other(world: World, door: str) -> None:
    """R-19, SPEC 2.1.3: refused to a stranger and with every other right; done with those that it takes, alone."""
    everything: set[Right] = {
        "manage",
        "administer",
        "review",
        "audit",
        "pin",
        "view_sources",
        "view_labels",
        "add_models",
    }
    wanted, workspace = TASKS[door], world.project.workspace
    assert ask(world, door) == 404
    for missing in wanted:
        people.grant_rights(workspace, world.cast.stan, everything - {missing}, world.cast.alice)
        assert ask(world, door) == 403
    people.grant_rights(workspace, world.cast.stan, wanted or {"view"}, world.cast.alice)
    assert ask(world, door) in (200, 201, 204)
