"""What is another workspace's takes as long to be refused as what does not exist."""

import os
import statistics
import time

import pytest

from tests.doors import walker
from tests.doors.conftest import unhashed_static_files, world
from tests.doors.walker import Door, World

__all__ = ["unhashed_static_files", "world"]
pytestmark = pytest.mark.bench

PAIRS = 200 if os.environ.get("REVIEWAPP_BENCH") == "full" else 40
MOST = 0.005  # seconds, between the medians
DOORS = (
    Door("GET", "api/v1/workspaces/<id:workspace>"),
    Door("GET", "api/v1/projects/<id:project>"),
    Door("GET", "api/v1/documents/<id:document>"),
    Door("GET", "api/v1/models/<id:model>"),
    Door("PATCH", "api/v1/projects/<id:project>"),
    Door("GET", "projects/<int:pk>/"),
)


def seconds(world: World, door: Door, nowhere: bool) -> float:
    begun = time.perf_counter()
    assert walker.ask(world, "stan", door, nowhere=nowhere).status_code == 404
    return time.perf_counter() - begun


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("door", DOORS, ids=str)
def test_the_time_of_a_refusal_does_not_tell_what_exists(world: World, door: Door) -> None:
    """T-15: medians of pairs asked in turn, foreign and nonexistent, so that both meet the same load of the machine."""
    seconds(world, door, True)
    pairs = [(seconds(world, door, False), seconds(world, door, True)) for _ in range(PAIRS)]
    apart = statistics.median(theirs - nobodys for theirs, nobodys in pairs)
    print(f"{door}: {PAIRS} pairs, the median difference is {apart * 1000:.2f} ms")
    assert abs(apart) < MOST
