"""The search for near-duplicates, from texts to groups in a file."""

from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from numpy.typing import NDArray

from reviewapp.artifacts import Artifacts
from reviewapp.domain import conflicts, documents, projects
from reviewapp.errors import Conflict
from reviewapp.models import AuditEvent, Document, Job, Project
from tests.cast import Cast, code_chosen, fresh, perform_jobs

LETTER = "Brennick valves failed inspection yesterday because certificates were copied from another batch entirely"


def write_copies(project: Project, count: int = 3) -> None:
    """Documents that say the same in another order, with other numbers."""
    words = LETTER.split()
    for number in range(count):
        text = " ".join([*words[number:], *words[:number], str(number)])
        Document.objects.create(workspace=project.workspace, control_number=f"COPY-{number}", text=text)
    projects.adopt(project.workspace)


def searched(project: Project, cast: Cast) -> NDArray[np.int32]:
    conflicts.search_duplicates(project, cast.mona)
    perform_jobs()
    search = conflicts.newest_search(project)
    assert search is not None
    return np.asarray(Artifacts(settings.ARTIFACTS_DIR).read(search.artifact)["group"])


def test_copies_in_another_order_are_one_group(project: Project, cast: Cast) -> None:
    """SPEC 3.10, 2.1.4 (R11): word order, stop words and numbers do not count."""
    write_copies(project)
    groups = searched(project, cast)
    copies = list(project.items.filter(document__control_number__startswith="COPY").values_list("ordinal", flat=True))
    assert len(set(groups[copies].tolist())) == 1
    assert set(groups[copies].tolist()) == {copies[0]}
    search = conflicts.newest_search(project)
    assert search is not None
    assert (search.documents, search.groups >= 1, search.grouped >= 3) == (63, True, True)


def test_a_later_search_takes_new_documents_in_and_drops_the_file_before(project: Project, cast: Cast) -> None:
    write_copies(project, 2)
    searched(project, cast)
    write_copies_later = Document.objects.create(
        workspace=project.workspace, control_number="COPY-9", text=LETTER.upper()
    )
    projects.adopt(project.workspace)
    groups = searched(project, cast)
    late = project.items.get(document=write_copies_later).ordinal
    first = project.items.get(document__control_number="COPY-0").ordinal
    assert groups[late] == groups[first]
    assert project.duplicate_searches.exclude(artifact="").count() == 1
    assert project.duplicate_searches.count() == 2


def test_a_deleted_document_is_nobodys_duplicate(project: Project, cast: Cast) -> None:
    write_copies(project, 2)
    chosen = project.workspace.documents.filter(control_number="COPY-1")
    documents.delete(project.workspace, chosen, cast.mona)
    groups = searched(project, cast)
    gone = project.items.get(document__control_number="COPY-1").ordinal
    assert groups[gone] == gone


def test_one_search_at_a_time_and_each_is_recorded(project: Project, cast: Cast) -> None:
    conflicts.search_duplicates(project, cast.mona)
    with pytest.raises(Conflict, match="waiting or running"):
        conflicts.search_duplicates(project, cast.mona)
    perform_jobs()
    assert Job.objects.get(kind=Job.Kind.GROUP).state == Job.State.DONE
    verbs = AuditEvent.objects.filter(verb__startswith="near_duplicates").values_list("verb", "actor_name")
    assert list(verbs) == [("near_duplicates.publish", "mona"), ("near_duplicates.request", "mona")]


def test_no_word_of_a_text_stays_in_a_file(project: Project, cast: Cast) -> None:
    write_copies(project)
    searched(project, cast)
    assert not list(settings.ARTIFACTS_DIR.glob(".unfinished-*"))
    for path in Path(settings.ARTIFACTS_DIR).rglob("*.npy"):
        assert b"Brennick" not in path.read_bytes()


def test_near_duplicates_with_different_decisions_are_listed(project: Project, cast: Cast) -> None:
    """SPEC 3.6: coded differently among near-duplicates."""
    write_copies(project)
    perform_jobs()
    searched(project, cast)
    copies = list(project.items.select_related("document").filter(document__control_number__startswith="COPY"))
    for item, truth in zip(copies, (True, False, False), strict=True):
        item.document.metadata = {"truth": truth}
    code_chosen(project, cast.rita, copies)
    found = conflicts.different_copies(fresh(project))
    assert found is not None
    [row] = found[:]
    assert [item.document.control_number for item in row.items] == ["COPY-0", "COPY-1", "COPY-2"]
    assert (row.size, row.more) == (3, 0)
