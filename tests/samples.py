"""Samples in tests: a review that has one, and people who code it."""

from collections.abc import Callable

from reviewapp.domain import leases, projects, queue
from reviewapp.domain.coding import Answer, submit
from reviewapp.models import Project, ProjectDocument, User, Workspace
from tests.cast import Cast, fresh, is_relevant, perform_jobs, trained, write_documents


def half_relevant(workspace: Workspace, cast: Cast) -> Project:
    """A review over 80 documents, half of them relevant: a quarter drawn at random always holds some of each."""
    write_documents(workspace, 80, relevant_every=2)
    made = projects.create(workspace, cast.mona, name="Valves", control_share=0.0)
    perform_jobs()
    return fresh(made)


def reviewed(project: Project, cast: Cast) -> Project:
    """Six relevant and six irrelevant documents coded, a model that ranks the other 48, nothing in anybody's hands."""
    now = trained(project, cast.rita)
    leases.release(now, cast.rita)
    return now


def code_sample(
    project: Project, reviewer: User, says: Callable[[ProjectDocument], Answer | None] = lambda item: None
) -> list[ProjectDocument]:
    """Code what samples wait for as the queue hands it out: truthfully, or as ``says`` says."""
    coded = []
    while project.items.filter(awaits__isnull=False).exists():
        item = queue.next_document(fresh(project), reviewer)
        assert item is not None
        assert item.lease_token is not None
        truth = Answer(choice="Relevant" if is_relevant(item) else "Not relevant")
        submit(fresh(project), reviewer, item.lease_token, says(item) or truth)
        leases.release(project, reviewer)
        coded.append(item)
    return coded
