"""Verdicts: a checker accepts or rejects what a reviewer submitted (J-18, J-19, J-22)."""

from collections.abc import Sequence

from django.db import transaction

from reviewapp import access
from reviewapp.domain import assignments, audit, locks
from reviewapp.errors import Invalid, Refused
from reviewapp.models import Completion, Project, ProjectDocument, User, Verdict


def assign(project: Project, documents: Sequence[int], checker: User | None, by: User) -> int:
    """Make the person the checker of these documents (primary keys), or nobody; returns how many changed."""
    locks.require_open(project)
    if checker is not None and "review" not in access.rights(checker, project.workspace):
        raise Invalid(f"{checker} may not code documents in this workspace.", fields={"checker": ["Not a reviewer."]})
    with transaction.atomic():
        changed = ProjectDocument.objects.filter(project=project, document__in=documents).update(checker=checker)
        audit.record(
            by, "checker.assign", project, project.workspace, documents=changed, checker=checker and checker.pk
        )
    return changed


def decide(completion: Completion, by: User, *, accepted: bool, comment: str = "") -> Verdict:
    """Accept or reject a completion; raises :class:`Refused` for anyone but the document's checker or a manager."""
    workspace = completion.project.workspace
    locks.require_open(completion.project)
    if completion.item.checker_id != by.pk and "manage" not in access.rights(by, workspace):
        raise Refused("Only the checker assigned to this document, or a manager, accepts or rejects its completions.")
    with transaction.atomic():
        verdict = Verdict.objects.create(completion=completion, checker=by, accepted=accepted, comment=comment)
        assignments.judge(completion, accepted=accepted)
        audit.record(by, "verdict", completion, workspace, accepted=accepted)
    return verdict
