"""The review page: one document, one question, one key; the answer brings the next document."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import reswap, retarget

from models_lib import outcomes
from models_lib.models import ModelVersion
from reviewapp import access
from reviewapp.domain import coding, leases, projects, queue, statistics
from reviewapp.domain.coding import Answer
from reviewapp.errors import Conflict, Invalid, NotFound, ReviewError
from reviewapp.models import BLIND, MINIMUM_PER_CLASS, Completion, Decision, Project, ProjectDocument, Reason
from reviewapp.web import texts, walks
from reviewapp.web.pages import Request, draw
from training import modes
from training.modes import Walk

COMMANDS = {"skip": "s", "undo": "u", "note": "n", "help": "?", "about": "m", "explain": "w"}
SKIP_REASONS = ("Not in a language I read", "Cannot be read", "Needs a second opinion", "Not enough text to decide")
ANOTHER = "another"


class AnswerForm(forms.Form):
    """What the buttons of the decision bar send."""

    token = forms.UUIDField()
    choice = forms.CharField(required=False)
    skip = forms.CharField(required=False)
    skip_reason = forms.CharField(required=False)
    note = forms.CharField(required=False, strip=False)

    def answer(self) -> Answer:
        """The answer; raises :class:`Invalid` with what is missing."""
        told = self.cleaned_data
        if not told["skip"]:
            return Answer(choice=told["choice"], note=told["note"])
        reason = told["skip_reason"] if told["skip"] == ANOTHER else told["skip"]
        if not reason:
            raise Invalid(_("Say why you skip this document."), fields={"skip_reason": [_("Give a reason.")]})
        return Answer(skip_reason=reason, note=told["note"])


@dataclass(frozen=True)
class Why:
    """Why this document is here, and which model said so (B-07)."""

    item: ProjectDocument
    project: Project
    version: ModelVersion | None

    @property
    def reason(self) -> str:
        return _(str(Reason(self.item.served_reason).label))

    @property
    def first_model(self) -> tuple[int, int] | None:
        """Relevant and not relevant so far, of the five each that a first model needs; None once there is one."""
        if self.item.served_reason != Reason.INDEX_HEALTH:
            return None
        counts = (self.project.training_positives, self.project.training_negatives)
        return min(counts[0], MINIMUM_PER_CLASS), min(counts[1], MINIMUM_PER_CLASS)

    @property
    def is_blind(self) -> bool:
        """Whether the reviewer must not know what the model, or anybody before, thinks of it."""
        return self.item.served_reason in BLIND

    @property
    def decisions(self) -> int:
        return self.version.positives + self.version.negatives if self.version else 0


@dataclass(frozen=True)
class Stage:
    """What lies before the reviewer: a document, or why there is none."""

    item: ProjectDocument | None
    why: Why | None = None
    before: Completion | None = None
    closed: str = ""
    walk: Walk | None = None

    @property
    def query(self) -> str:
        """What an address carries so that the next document comes from the same mode."""
        return f"?{urlencode(self.walk.asked)}" if self.walk else ""


@require_safe
def show(request: Request, pk: int) -> HttpResponse:
    """The document in the reviewer's hands; hands out the next one when there is none."""
    project = _project(request, pk)
    stage = _stage(request, project)
    template = "review/_stage.html" if request.htmx else "review/show.html"
    moving = {} if request.htmx else _moving(request, project)
    return draw(request, template, project, **_drawn(request, project, stage) | moving)


@require_safe
def live(request: Request, pk: int) -> HttpResponse:
    """Progress and what waits; never the text that is being read."""
    project = _project(request, pk)
    return draw(request, "review/_live.html", project, **_moving(request, project))


@require_POST
def submit(request: Request, pk: int) -> HttpResponse:
    """Record the answer and bring the next document; the same token a second time changes nothing."""
    project = _project(request, pk)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _told(request, project, Invalid(_("This answer cannot be read. Reload the page and give it again.")))
    try:
        walk = walks.asked(request, project)
        looks = modes.looks(project, walk) if walk else None
        submitted = coding.submit(project, request.user, form.cleaned_data["token"], form.answer(), looks)
    except (Conflict, Invalid) as problem:
        return _told(request, project, problem)
    number = submitted.completion.item.document.control_number
    return _next(request, project, submitted.upcoming, f"{number}: {submitted.completion.choice or 'skipped'}.")


@require_POST
def undo(request: Request, pk: int) -> HttpResponse:
    """Take back the reviewer's last decision and put that document before them."""
    project = _project(request, pk)
    try:
        item = coding.undo(project, request.user)
    except Conflict as problem:
        return _told(request, project, problem)
    return _next(request, project, item, f"Taken back. {item.document.control_number} is open again.")


@require_POST
def release(request: Request, pk: int) -> HttpResponse:
    """Give the document back to the queue and leave."""
    project = _project(request, pk)
    if leases.release(project, request.user):
        messages.info(request, _("The document went back to the queue."))
    return redirect("project", project.pk)


def _project(request: Request, pk: int) -> Project:
    return projects.require(access.get(request.user, Project, pk, may="review"), Project.Kind.REVIEW)


def _stage(request: Request, project: Project, item: ProjectDocument | None = None) -> Stage:
    walk = walks.asked(request, project)
    try:
        item = item or queue.next_document(project, request.user, modes.looks(project, walk) if walk else None)
    except (Conflict, NotFound) as problem:
        return Stage(None, closed=problem.message, walk=walk)
    if item is None:
        return Stage(None, walk=walk)
    return Stage(item, Why(item, project, _served_by(project, item)), _before(item), walk=walk)


def _served_by(project: Project, item: ProjectDocument) -> ModelVersion | None:
    """The version whose rank brought the document here: mostly, but not always, the current one."""
    current = project.version
    if item.served_version is None or (current and current.number == item.served_version):
        return current if item.served_version else None
    return project.versions.filter(number=item.served_version).first()


def _before(item: ProjectDocument) -> Completion | None:
    """The answer that was given to this document before: skipped, or taken back."""
    if item.current_id is None or item.served_reason in (*BLIND, Reason.SECOND_LOOK):
        return None
    last = item.completions.select_related("reviewer", "supersedes__reviewer").get(pk=item.current_id)
    return last.supersedes if last.decision == Decision.WITHDRAWN else last


def _next(request: Request, project: Project, item: ProjectDocument | None, said: str) -> HttpResponse:
    if not request.htmx:
        return redirect(walks.address(request, project))
    project.refresh_from_db(fields=[*coding.COUNTER.values(), *coding.IN_CONTROL_SET.values(), "completions"])
    stage = _stage(request, project, item)
    return draw(request, "review/_stage.html", project, **_drawn(request, project, stage), said=said)


def _told(request: Request, project: Project, problem: ReviewError) -> HttpResponse:
    """What happened instead, above the document that the reviewer holds now."""
    if not request.htmx:
        messages.error(request, problem.message)
        return redirect(walks.address(request, project))
    drawn = _drawn(request, project, _stage(request, project))
    answer = draw(request, "review/_stage.html", project, status=problem.status, **drawn, problem=problem.message)
    # A refusal is drawn into the page's alert area by default; this one brings a document along.
    return reswap(retarget(answer, "#stage"), "outerHTML")


def _drawn(request: Request, project: Project, stage: Stage) -> dict[str, Any]:
    field = projects.field(project)
    taken = {choice.hotkey for choice in field.choices}
    return {
        "project": project,
        "stage": stage,
        "field": field,
        "keys": {command: key for command, key in COMMANDS.items() if key not in taken},
        "skip_reasons": SKIP_REASONS,
        "shown": texts.shown(request, stage.item.document.text if stage.item else ""),
        "needed": MINIMUM_PER_CLASS,
    }


def _moving(request: Request, project: Project) -> dict[str, Any]:
    waiting = statistics.waiting(project)
    outcomes.say_errors(filter(None, [waiting.failed]), request.user)
    return {
        "project": project,
        "progress": statistics.progress(project),
        "waiting": waiting,
        "own": statistics.own(project, request.user),
    }
