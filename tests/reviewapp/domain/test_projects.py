"""Projects are set up whole or not at all, and stay in step with the workspace."""

import pytest

from reviewapp.domain import coding, projects, queue
from reviewapp.domain.coding import Answer
from reviewapp.errors import Invalid
from reviewapp.models import AuditEvent, Document, Job, Project, Workspace
from tests.cast import Cast, code, fresh, perform_jobs, write_documents

THREE = [("Relevant", "positive", "1"), ("Not relevant", "negative", "2"), ("Unclear", "neutral", "3")]


def test_a_new_project_holds_every_document_in_order(project: Project) -> None:
    """U-16: a dataset is created."""
    ordinals = list(project.items.order_by("document_id").values_list("ordinal", flat=True))
    assert ordinals == list(range(60))
    assert project.documents == 60


def test_a_project_can_be_limited_to_documents_with_a_tag(workspace: Workspace, cast: Cast) -> None:
    write_documents(workspace, 20)
    made = projects.create(workspace, cast.mona, name="Box A", document_tags=["box a"])
    assert all(tags == ["box a"] for tags in made.items.values_list("document__tags", flat=True))
    assert fresh(made).documents == 10
    write_documents(workspace, 4)
    projects.adopt(workspace, cast.mona)
    assert fresh(made).documents == 12


def test_a_request_takes_in_a_part_and_the_population_the_rest(
    workspace: Workspace, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projects, "AT_ONCE", 8)
    write_documents(workspace, 20)
    made = projects.create(workspace, cast.mona, name="Large")
    assert fresh(made).documents == 8
    perform_jobs()
    assert fresh(made).documents == 20
    assert list(made.items.values_list("ordinal", flat=True)) == list(range(20))


def test_two_projects_of_one_name_are_refused_in_words(project: Project, cast: Cast) -> None:
    with pytest.raises(Invalid, match="already has a project named “Valves”") as refusal:
        projects.create(project.workspace, cast.mona, name="Valves")
    assert "name" in refusal.value.fields
    assert project.workspace.projects.count() == 1


@pytest.mark.parametrize(
    ("setting", "value"),
    [("every_n", 0), ("control_share", 1.5), ("queue", "alphabetical"), ("name", "  "), ("rank", 3)],
)
def test_a_setting_that_cannot_be_is_refused_and_nothing_changes(
    project: Project, cast: Cast, setting: str, value: object
) -> None:
    with pytest.raises(Invalid) as refusal:
        projects.change(project, cast.mona, {"instructions": "New", setting: value})
    assert setting in refusal.value.fields
    assert fresh(project).instructions == ""


def test_a_change_of_settings_is_in_the_audit_trail(project: Project, cast: Cast) -> None:
    """U-16: a dataset is renamed, and its settings are changed."""
    projects.change(project, cast.mona, {"every_n": 25, "name": "Pumps"})
    event = AuditEvent.objects.filter(verb="project.change").latest("pk")
    assert event.detail == {"changed": {"every_n": [10, 25], "name": ["Valves", "Pumps"]}}
    assert str(fresh(project)) == "Pumps"
    assert event.actor == cast.mona


def test_choices_need_one_positive_and_one_negative(project: Project, cast: Cast) -> None:
    """D15, SPEC 2.1.4."""
    with pytest.raises(Invalid, match="Exactly one choice must be positive"):
        projects.change_choices(project, cast.mona, "relevance", [*THREE, ("Hot", "positive", "4")])


def test_a_used_choice_keeps_its_name_and_role(project: Project, cast: Cast) -> None:
    """D12: names and choices may change after the start, but not what past answers meant."""
    item = queue.next_document(project, cast.rita)
    assert item is not None
    assert item.lease_token is not None
    coding.submit(project, cast.rita, item.lease_token, Answer(choice="Relevant"))
    with pytest.raises(Invalid, match="keeps its name and role: Relevant"):
        projects.change_choices(
            project, cast.mona, "relevance", [("Hot", "positive", "1"), ("Not relevant", "negative", "2")]
        )
    projects.change_choices(project, cast.mona, "relevance", THREE)
    assert [choice.value for choice in projects.field(fresh(project)).choices] == [value for value, _, _ in THREE]


def test_asking_twice_for_a_population_makes_one_job(project: Project, cast: Cast) -> None:
    first, second = projects.repopulate(project, cast.mona), projects.repopulate(project, cast.mona)
    assert first == second


def test_deleting_a_project_needs_its_name_and_takes_its_coding(project: Project, cast: Cast) -> None:
    """U-16: a dataset is deleted."""
    code(project, cast.rita, 12)
    perform_jobs()
    with pytest.raises(Invalid, match="Type the project's name"):
        projects.delete(project, cast.alice, "valves")
    projects.delete(fresh(project), cast.alice, "Valves")
    assert not Project.objects.exists()
    assert not Job.objects.exists()
    assert Document.objects.count() == 60
