"""Five thousand versions in one project: pages and REST stay quick, and what a version takes is known."""

import os
from collections.abc import Callable

import pytest
from django.test import Client

from models_lib import tags
from models_lib.models import ModelVersion
from reviewapp.models import Project, User
from tests.bench import versions
from tests.cast import Cast, fresh, trained
from tests.reviewapp.web.conftest import browser, unhashed_static_files

__all__ = ["browser", "unhashed_static_files"]

FULL = os.environ.get("REVIEWAPP_BENCH") == "full"
VERSIONS, EVERY = 5_000, 100  # a year of them, every so-manieth pinned
DECISIONS = 50_000  # after them, with a training at every 10
LONGEST = 200  # milliseconds

pytestmark = pytest.mark.bench


@pytest.mark.django_db
@pytest.mark.timeout(1800)
def test_a_years_worth_of_versions_slows_nothing_down(
    project: Project, cast: Cast, browser: Callable[[User], Client]
) -> None:
    """D11: every row stays for ever."""
    trained(project, cast.rita, each=15)
    taken = versions.plant(fresh(project), VERSIONS, EVERY, DECISIONS)
    tags.move(fresh(project), ModelVersion.Kind.RELEVANCE, "live", VERSIONS, None, cast.mona)
    looks = versions.looks(fresh(project), VERSIONS + 2, browser(cast.mona))
    found = {name: versions.measure(look, 25 if FULL else 5) for name, look in looks.items()}
    for name, said in found.items():
        print(f"{name:<26}{said}")
    print("bytes a version:", taken, "payload:", versions.payload(1_000))
    assert {name: said for name, said in found.items() if said["least"] > LONGEST} == {}
