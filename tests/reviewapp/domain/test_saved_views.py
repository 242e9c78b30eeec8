"""Views of a list of documents that a person keeps."""

import pytest

from reviewapp.domain import audit, projects, saved_views
from reviewapp.errors import Invalid
from reviewapp.models import Project, SavedView, User, Workspace
from tests.cast import Cast


@pytest.fixture
def valves(workspace: Workspace, cast: Cast) -> Project:
    """A project that nobody has to index."""
    return projects.create(workspace, cast.mona, name="Valves")


def test_a_view_keeps_what_the_list_knows_in_one_order(valves: Project, cast: Cast) -> None:
    said = "?column=rank&order=latest&page=7&state=positive&words=&after=3&column=metadata.sent+by&all"
    view = saved_views.save(cast.rita, valves, "  Found  ", said)
    assert (view.name, view.query) == ("Found", "state=positive&order=latest&column=rank&column=metadata.sent+by")
    assert saved_views.canonical(valves, view.query) == view.query
    assert saved_views.canonical(valves.workspace, "q=valve&state=positive") == "q=valve"
    assert [event.verb for event in audit.about(valves)] == ["view.save", "project.create"]


def test_views_are_a_persons_own_and_of_one_list(valves: Project, cast: Cast) -> None:
    saved_views.save(cast.rita, valves, "Mine", "state=positive")
    saved_views.save(cast.rita, valves.workspace, "Mine", "tag=hot")
    assert [view.query for view in saved_views.of(cast.rita, valves)] == ["state=positive"]
    assert [view.query for view in saved_views.of(cast.rita, valves.workspace)] == ["tag=hot"]
    assert not saved_views.of(cast.rolf, valves).exists()


def test_the_same_name_again_replaces_the_view(valves: Project, cast: Cast) -> None:
    first = saved_views.save(cast.rita, valves.workspace, "Mine", "tag=hot", is_default=True)
    again = saved_views.save(cast.rita, valves.workspace, "Mine", "tag=cold")
    assert (again.pk, again.query, again.is_default) == (first.pk, "tag=cold", False)


def opening(person: User, valves: Project) -> list[str]:
    """The names of the views that the list opens with."""
    return [view.name for view in saved_views.of(person, valves).filter(is_default=True)]


def test_one_view_of_a_list_opens_it(valves: Project, cast: Cast) -> None:
    first = saved_views.save(cast.rita, valves, "First", "state=positive", is_default=True)
    saved_views.save(cast.rita, valves, "Second", "state=negative", is_default=True)
    assert opening(cast.rita, valves) == ["Second"]
    saved_views.prefer(first, is_default=True)
    assert opening(cast.rita, valves) == ["First"]
    saved_views.prefer(first, is_default=False)
    assert opening(cast.rita, valves) == []


def test_a_deleted_view_is_gone_and_that_is_recorded(valves: Project, cast: Cast) -> None:
    view = saved_views.save(cast.rita, valves, "Mine", "state=positive")
    target = SavedView(pk=view.pk)
    saved_views.delete(view)
    assert not saved_views.of(cast.rita, valves).exists()
    assert [event.detail for event in audit.about(target)] == [{"name": "Mine"}]


@pytest.mark.parametrize(("name", "query"), [(" ", "state=positive"), ("Mine", "words=" + "x" * 2001)])
def test_what_cannot_be_kept_is_refused(valves: Project, cast: Cast, name: str, query: str) -> None:
    with pytest.raises(Invalid):
        saved_views.save(cast.rita, valves, name, query)
    assert not SavedView.objects.exists()


def test_a_person_has_so_many_views_of_a_list(valves: Project, cast: Cast) -> None:
    for number in range(saved_views.MOST):
        saved_views.save(cast.rita, valves, f"View {number}", "")
    with pytest.raises(Invalid, match="Delete one"):
        saved_views.save(cast.rita, valves, "One more", "")
    saved_views.save(cast.rita, valves, "View 7", "state=positive")
