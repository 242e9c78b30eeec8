"""The rank of a project's document, written out from the version and the index that made it."""

import numpy as np
import pytest
from django.conf import settings

from reviewapp.artifacts import Artifacts
from reviewapp.domain import coding, projects
from reviewapp.errors import Conflict, NotFound
from reviewapp.models import Project, ProjectDocument
from tests.cast import Cast, fresh, perform_jobs, trained, write_documents
from training import explaining


def unread(project: Project, *, relevant: bool) -> ProjectDocument:
    return project.items.select_related("document").filter(decision=None, document__metadata__truth=relevant)[0]


def test_an_explanation_says_the_rank_that_the_snapshot_has(project: Project, cast: Cast) -> None:
    """B-11: what is explained is the very rank that served the document."""
    now = trained(project, cast.rita)
    assert now.snapshot is not None
    scores = Artifacts(settings.ARTIFACTS_DIR).read(now.snapshot.artifact)["scores"]
    for item in project.items.select_related("document")[:8]:
        found = explaining.explain(now, item)
        assert found.rank == pytest.approx(100 * float(scores[item.ordinal]), abs=1e-3)
        assert found.version == now.snapshot.version.number


def test_the_words_that_tell_are_marked_in_the_text(project: Project, cast: Cast) -> None:
    """R-05: a word that occurs only in relevant documents speaks for, the reverse speaks against."""
    now = trained(project, cast.rita)
    relevant, other = unread(now, relevant=True), unread(now, relevant=False)
    found = explaining.explain(now, relevant)
    marked = {relevant.document.text[span.start : span.end] for span in found.text if span.added > 0}
    assert any("valve" in words for words in marked)
    found = explaining.explain(now, other)
    against = {other.document.text[span.start : span.end] for span in found.text if span.added < 0}
    assert any("lunch" in words or "canteen" in words for words in against)


def test_the_nearest_coded_documents_are_of_both_kinds_and_never_itself(project: Project, cast: Cast) -> None:
    now = trained(project, cast.rita)
    item = project.items.select_related("document").exclude(decision=None).filter(document__metadata__truth=True)[0]
    found = explaining.explain(now, item)
    assert item.pk not in {near.item.pk for near in found.nearest}
    assert {near.item.decision for near in found.nearest} == {0, 1}
    assert found.nearest[0].item.document.metadata["truth"] is True
    assert found.compared == 11
    assert [near.likeness for near in found.nearest] == sorted((n.likeness for n in found.nearest), reverse=True)


def test_an_earlier_version_is_explained_by_its_own_index(project: Project, cast: Cast) -> None:
    first = trained(project, cast.rita)
    item = unread(first, relevant=True)
    before = explaining.explain(first, item).explanation
    write_documents(project.workspace, 30)
    projects.adopt(project.workspace, cast.mona)
    perform_jobs()
    now = trained(fresh(project), cast.rita, each=3)
    assert first.version is not None
    assert explaining.explain(now, item, first.version.number).explanation == before
    assert explaining.explain(now, item).explanation != before
    with pytest.raises(NotFound, match="no version 99"):
        explaining.explain(now, item, 99)


def test_without_a_rank_there_is_nothing_to_explain(project: Project, cast: Cast) -> None:
    item = project.items.select_related("document")[0]
    with pytest.raises(Conflict, match="No model has ranked"):
        explaining.explain(project, item)
    now = trained(project, cast.rita)
    write_documents(project.workspace, 1)
    projects.adopt(project.workspace, cast.mona)
    late = coding.place(now, project.workspace.documents.latest("pk").pk)
    with pytest.raises(Conflict, match="after the last population"):
        explaining.explain(now, late)


def test_the_comparison_is_bounded(project: Project, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    now = trained(project, cast.rita)
    monkeypatch.setattr(explaining, "COMPARED", 5)
    monkeypatch.setattr(explaining, "ROWS_AT_A_TIME", 2)
    found = explaining.explain(now, unread(now, relevant=True))
    assert found.compared == 5
    latest = set(now.items.exclude(decision=None).order_by("-current_id").values_list("pk", flat=True)[:5])
    assert {near.item.pk for near in found.nearest} <= latest
    assert np.isfinite([near.likeness for near in found.nearest]).all()
