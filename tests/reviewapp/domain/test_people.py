"""Roles, rights, and the one door."""

import pytest

from reviewapp import access
from reviewapp.access import Right
from reviewapp.domain import people, workspaces
from reviewapp.errors import Conflict, Invalid, NotFound, Refused
from reviewapp.models import AuditEvent, Document, Project, Workspace
from tests.cast import Cast

LOOK = {"view", "view_sources", "view_labels", "view_models"}


def test_each_role_has_its_rights_and_no_more(workspace: Workspace, cast: Cast) -> None:
    held = {name: access.rights(getattr(cast, name), workspace) for name in ("vic", "rita", "mona", "alice", "stan")}
    assert held == {
        "vic": LOOK,
        "rita": LOOK | {"review"},
        "mona": set(access.RIGHTS) - {"audit", "administer"},
        "alice": set(access.RIGHTS),
        "stan": set(),
    }


@pytest.mark.parametrize("right", ["review", "manage", "administer"])
def test_a_viewer_sees_and_changes_nothing(project: Project, cast: Cast, right: Right) -> None:
    """SPEC 2.1.3: a true view-only right."""
    assert access.get(cast.vic, Project, project.pk) == project
    with pytest.raises(Refused, match="Your role does not let you"):
        access.get(cast.vic, Project, project.pk, may=right)


def test_what_one_may_not_see_is_not_there(project: Project, cast: Cast) -> None:
    for pk in (project.pk, 999_999):
        with pytest.raises(NotFound, match="does not exist, or you have no access"):
            access.get(cast.stan, Project, pk)


def test_lists_hold_what_one_may_see_and_nothing_else(project: Project, cast: Cast) -> None:
    elsewhere = Workspace.objects.get(name="Elsewhere")
    hidden = Document.objects.create(workspace=elsewhere, control_number="E-1", text="elsewhere")
    seen = set(access.visible(cast.vic, Document))
    assert hidden not in seen
    assert seen == set(project.workspace.documents.all())
    assert set(access.visible(cast.stan, Document)) == {hidden}


def test_rights_end_with_the_next_request(project: Project, cast: Cast) -> None:
    people.remove(project.workspace, cast.rita, cast.alice)
    with pytest.raises(NotFound):
        access.get(cast.rita, Project, project.pk)
    cast.mona.is_active = False
    assert access.rights(cast.mona, project.workspace) == frozenset()


def test_rights_can_be_picked_one_by_one(workspace: Workspace, cast: Cast) -> None:
    """SPEC 2.1.3: every right can be held, and missing, on its own; to look at the workspace goes with any."""
    member = people.grant_rights(workspace, cast.rita, ["pin"], cast.alice)
    assert member.role == "custom"
    assert access.rights(cast.rita, workspace) == {"view", "pin"}
    with pytest.raises(Refused, match="code documents"):
        access.get(cast.rita, Workspace, workspace.pk, may="review")
    assert people.grant_rights(workspace, cast.rita, people.ROLES["reviewer"], cast.alice).role == "reviewer"
    with pytest.raises(Invalid, match="Not a right: fly"):
        people.grant_rights(workspace, cast.rita, ["fly"], cast.alice)
    with pytest.raises(Conflict, match="keeps at least one admin"):
        people.grant_rights(workspace, cast.alice, ["manage"], cast.alice)


def test_a_document_cannot_be_reached_through_another_workspace(project: Project, cast: Cast) -> None:
    elsewhere = Workspace.objects.get(name="Elsewhere")
    document = project.workspace.documents.first()
    assert document is not None
    with pytest.raises(NotFound):
        access.get(cast.alice, Document, document.pk, workspace=elsewhere)


def test_a_role_replaces_the_one_before(workspace: Workspace, cast: Cast) -> None:
    people.grant(workspace, cast.alice, "admin", cast.alice)
    people.grant(workspace, cast.mona, "viewer", cast.alice)
    assert access.rights(cast.mona, workspace) == LOOK
    assert [(m.user.username, m.role) for m in people.members(workspace)] == [
        ("alice", "admin"),
        ("mona", "viewer"),
        ("rita", "reviewer"),
        ("rolf", "reviewer"),
        ("vic", "viewer"),
    ]
    assert AuditEvent.objects.filter(verb="role.grant", actor=cast.alice).count() == 2


def test_a_workspace_keeps_an_admin(workspace: Workspace, cast: Cast) -> None:
    with pytest.raises(Conflict, match="at least one admin"):
        people.remove(workspace, cast.alice, cast.alice)
    with pytest.raises(Conflict, match="at least one admin"):
        people.grant(workspace, cast.alice, "manager", cast.alice)
    assert "administer" in access.rights(cast.alice, workspace)


def test_an_unknown_person_or_role_is_refused_in_words(workspace: Workspace, cast: Cast) -> None:
    with pytest.raises(Invalid, match="no active person with the user name “nobody”"):
        people.find("nobody")
    with pytest.raises(Invalid, match="Roles are viewer, auditor, reviewer, developer, manager, admin"):
        people.grant(workspace, cast.rita, "owner", cast.alice)


def test_making_a_workspace_needs_the_right_and_a_free_name(workspace: Workspace, cast: Cast) -> None:
    with pytest.raises(Refused):
        workspaces.create("Mine", cast.alice)
    made = workspaces.create("  Second  ", cast.olga)
    assert made.name == "Second"
    with pytest.raises(Invalid, match="of this name already"):
        workspaces.create("Halden", cast.olga)
    with pytest.raises(Invalid, match="at most 200 characters"):
        workspaces.create(" ", cast.olga)


def test_the_overview_counts_what_is_there(project: Project, cast: Cast) -> None:
    (row,) = workspaces.overview(cast.vic)
    assert (row.name, row.document_count, row.project_count) == ("Halden", 60, 1)  # type: ignore[attr-defined]
