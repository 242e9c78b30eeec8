"""What is another workspace's takes as long to be refused as what does not exist."""

import math
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


def difference(world: World, door: Door, foreign_first: bool) -> float:
    first = seconds(world, door, not foreign_first)
    second = seconds(world, door, foreign_first)
    return first - second if foreign_first else second - first


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("door", DOORS, ids=str)
def test_the_time_of_a_refusal_does_not_tell_what_exists(world: World, door: Door) -> None:
    """T-15: the median of pairs, foreign and nonexistent, asked in turns, so that both meet the same load.

    It fails when the 99.9 % interval of that median (its order statistics, no assumption about the distribution) lies
    beyond 5 ms: noise makes the interval wide, not the test red.
    """
    seconds(world, door, True)
    apart = sorted(difference(world, door, number % 2 == 0) for number in range(PAIRS))
    rank = int(PAIRS / 2 - 3.29 * math.sqrt(PAIRS) / 2)
    low, high = apart[rank - 1], apart[-rank]
    middle = statistics.median(apart)
    said = f"{middle * 1000:.2f} ms ({low * 1000:.2f} to {high * 1000:.2f})"
    print(f"{door}: {PAIRS} pairs, the median difference is {said}")
    assert low < MOST
    assert high > -MOST
