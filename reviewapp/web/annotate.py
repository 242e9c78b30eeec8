"""The annotating page: one document, the marks of one person; the page's script speaks to the REST API."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from reviewapp.domain import annotating, leases, tasks
from reviewapp.errors import Conflict
from reviewapp.models import Project, ProjectDocument, Reason
from reviewapp.web import drawing
from reviewapp.web.kinds import annotation_project
from reviewapp.web.pages import Request, draw

IN_LINE = "Next in line: nobody was asked for it in particular"
SKIP_REASONS = ("Not in a language I read", "Cannot be read", "Nothing to mark here", "Needs a second opinion")


@require_safe
def show(request: Request, pk: int) -> HttpResponse:
    """The document in the annotator's hands; hands out the next one when there is none."""
    project = annotation_project(request, pk, may="review")
    closed, item = "", None
    try:
        item = annotating.next_document(project, request.user)
    except Conflict as problem:
        closed = problem.message
    drawn = _desk(request, project, item) if item else {"closed": closed}
    own = tasks.counts(project, request.user)
    return draw(request, "annotation/annotate.html", project, project=project, item=item, own=own, **drawn)


@require_POST
def release(request: Request, pk: int) -> HttpResponse:
    """Give the document back and leave; the draft stays."""
    project = annotation_project(request, pk, may="review")
    if leases.release(project, request.user):
        messages.info(request, _("The document went back. What you marked is kept as your draft."))
    return redirect("project", project.pk)


def _desk(request: Request, project: Project, item: ProjectDocument) -> dict[str, Any]:
    asked = annotating.config(project)
    begun = annotating.begin(project, item, request.user)
    verdict = begun.before.verdicts.order_by("-pk").first() if begun.before else None
    return {
        "parts": drawing.parts(asked),
        "keys": drawing.keys(asked),
        "marks": drawing.labels(asked),
        "begun": begun,
        "verdict": verdict,
        "why": IN_LINE if item.served_reason == Reason.REMAINING else _(str(Reason(item.served_reason).label)),
        "comments": item.comments.select_related("author"),
        "skip_reasons": SKIP_REASONS,
        "told": {
            "text": item.document.text,
            "config": drawing.told(asked),
            "result": begun.result,
            "suggestions": [vars(suggestion) for suggestion in begun.suggestions],
            "token": str(item.lease_token),
            "draftUrl": reverse("api:task-draft", args=[project.pk, item.document_id]),
            "submitUrl": reverse("api:annotations", args=[project.pk]),
            "nextUrl": reverse("annotate", args=[project.pk]),
            "saved": begun.is_draft,
        },
    }
