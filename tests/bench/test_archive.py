"""A whole workspace goes into one file and comes back whole; in full, how long that takes and in how much memory."""

import os

import pytest

from reviewapp.models import User, Workspace
from tests.bench import archive, archive_work
from tests.reviewapp.archives.conftest import archived, quick_passphrases, restored

__all__ = ["quick_passphrases"]

FULL = os.environ.get("REVIEWAPP_BENCH") == "full"
MOST = 500  # millions of bytes: about 220 are the program, and 134 what makes a passphrase dear to guess

pytestmark = pytest.mark.bench


@pytest.mark.django_db
def test_the_workspace_that_is_measured_moves_whole() -> None:
    """R-62: archived, restored, the original deleted, and the copy has everything."""
    archive_work.make(200)
    person = User.objects.get(username="bench")
    made = archived(Workspace.objects.get(name="Here"), person)
    restored(made, person, name="Again")
    archive_work.delete()
    archive_work.compare(200)


@pytest.mark.skipif(not FULL, reason="20,000 documents in full alone: REVIEWAPP_BENCH=full")
@pytest.mark.timeout(3600)
def test_a_workspace_moves_in_bounded_memory() -> None:
    """R-62: the same with 20,000 documents, each step in a process of its own."""
    found = archive.measure(20_000)
    for name, said in found["steps"].items():
        print(f"{name:<22}{said}")
    print("bytes", found["bytes"])
    assert {name: said for name, said in found["steps"].items() if said["memory"] > MOST} == {}
