"""Projects: a new one, its home with what moves and what was measured, its settings."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from models_lib import links, outcomes
from reviewapp import access
from reviewapp.domain import closing, projects, statistics
from reviewapp.errors import Invalid, Unavailable
from reviewapp.models import Project, Workspace
from reviewapp.web import charts, refusals, tasks
from reviewapp.web.links import about
from reviewapp.web.pages import Request, draw
from reviewapp.web.project_forms import AnswersForm, CreateForm, DeleteForm, SettingsForm, choices

CLOSING = {
    "complete": closing.complete,
    "archive": closing.archive,
    "unarchive": closing.unarchive,
    "reopen": closing.reopen,
}
LARGE = 20_000  # coded documents, from which the curves are drawn anew less often


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: Request, pk: int) -> HttpResponse:
    workspace = access.get(request.user, Workspace, pk, may="manage")
    form = CreateForm(workspace, Project(name=_free_name(workspace)), request.POST or None, user=request.user)
    answers = choices(request.POST or None, projects.DEFAULT_CHOICES)
    if form.is_valid() and answers.is_valid():
        try:
            question = {"field_name": form.cleaned_data["field_name"], "choices": answers.choices()}
            model = form.cleaned_data["linked_model"]
            made = links.create_project(workspace, request.user, model, **question, **form.settings())
            return redirect("project", made.pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    status = 422 if form.is_bound else 200
    return draw(request, "projects/create.html", workspace, status=status, form=form, answers=answers)


@require_safe
def home(request: Request, pk: int) -> HttpResponse:
    project = access.get(request.user, Project, pk)
    if not project.is_review:
        return tasks.home(request, pk)
    return draw(request, "projects/home.html", project, **_moving(request, project) | _measured(project))


@require_safe
def live(request: Request, pk: int) -> HttpResponse:
    """The moving parts of the home: progress, what waits, what runs."""
    project = projects.require(access.get(request.user, Project, pk), Project.Kind.REVIEW)
    return draw(request, "projects/_live.html", project, **_moving(request, project))


@require_safe
def figures(request: Request, pk: int) -> HttpResponse:
    """The curves and tables of the home; nothing when ``?seen=`` says that the page has them already."""
    project = projects.require(access.get(request.user, Project, pk), Project.Kind.REVIEW)
    if request.GET.get("seen") == statistics.head(project):
        return HttpResponse(status=204)
    return draw(request, "projects/_figures.html", project, **_measured(project))


@require_POST
def train(request: Request, pk: int) -> HttpResponse:
    return _do(request, pk, lambda project: projects.train_now(project, request.user))


@require_POST
def populate(request: Request, pk: int) -> HttpResponse:
    full = "full" in request.POST
    return _do(request, pk, lambda project: projects.populate(project, request.user, full=full))


@require_POST
def pause(request: Request, pk: int) -> HttpResponse:
    return _do(request, pk, lambda project: projects.pause(project, request.user))


@require_POST
def resume(request: Request, pk: int) -> HttpResponse:
    return _do(request, pk, lambda project: projects.resume(project, request.user))


@require_POST
def close(request: Request, pk: int, step: str) -> HttpResponse:
    """Complete, archive, put back or reopen the project."""
    project = CLOSING[step](access.get(request.user, Project, pk, may="manage"), request.user)
    messages.success(request, _("The project is now %(state)s.") % {"state": _(project.get_state_display()).lower()})
    return redirect("project", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Request, pk: int) -> HttpResponse:
    project = access.get(request.user, Project, pk, may="manage")
    form = SettingsForm(project.workspace, project, request.POST or None)
    if form.is_valid():
        try:
            projects.change(project, request.user, form.settings())
            messages.success(request, _("The settings are saved."))
            return redirect("project-settings", project.pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    return _settings(request, project, form=form)


@require_POST
def change_choices(request: Request, pk: int) -> HttpResponse:
    project = access.get(request.user, Project, pk, may="manage")
    question, answers = AnswersForm(request.POST), choices(request.POST, _known(project))
    if question.is_valid() and answers.is_valid():
        try:
            projects.change_choices(project, request.user, question.cleaned_data["field_name"], answers.choices())
            messages.success(request, _("The answers are saved."))
            return redirect("project-settings", project.pk)
        except Invalid as problem:
            refusals.tell(question, problem)
    return _settings(request, project, question=question, answers=answers)


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    project = access.get(request.user, Project, pk, may="administer")
    form = DeleteForm(request.POST)
    if form.is_valid():
        try:
            projects.delete(project, request.user, form.cleaned_data["confirmation"])
            messages.success(request, _("The project “%(name)s” is deleted.") % {"name": project.name})
            return redirect("workspace", project.workspace_id)
        except Invalid as problem:
            refusals.tell(form, problem)
    if not project.is_review:
        messages.error(
            request,
            _("Type the project’s name, “%(name)s”, to delete it with all its annotations.") % {"name": project.name},
        )
        return redirect("annotation-setup", pk)
    return _settings(request, project, deletion=form)


def _do(request: Request, pk: int, verb: Callable[[Project], object]) -> HttpResponse:
    """A manager's button on the home: do it, then show what moves."""
    verb(access.get(request.user, Project, pk, may="manage"))
    if not request.htmx:
        return redirect("project", pk)
    project = access.get(request.user, Project, pk)
    return draw(request, "projects/_live.html", project, **_moving(request, project))


def _moving(request: Request, project: Project) -> dict[str, Any]:
    waiting, recent = statistics.waiting(project), statistics.recent_jobs(project)
    outcomes.say_errors([*filter(None, [waiting.failed]), *recent], request.user)
    return {
        "project": project,
        "progress": statistics.progress(project),
        "waiting": waiting,
        "linked": links.seen(request.user, [project]).get(project.linked_model_id or 0),
        "jobs": recent,
    }


def _measured(project: Project) -> dict[str, Any]:
    seen = statistics.head(project)  # before the figures: what comes in between is then drawn by the next poll
    reading = statistics.reading(project)
    ranks = _ranks(project)
    return {
        "project": project,
        "seen": seen,
        "every": "10s" if project.coded > LARGE else "2s",
        "charts": [
            chart
            for chart in (
                charts.relevance_rate(reading),
                charts.rank_distribution(ranks) if ranks else None,
                charts.gain_curve(reading),
            )
            if chart
        ],
        "reasons": reading.by_reason(),
        "reviewers": statistics.reviewers(project),
        "versions": statistics.versions(project),
    }


def _ranks(project: Project) -> statistics.RankDistribution | None:
    """None also when the snapshot's files are gone: the rest of the page is still worth seeing."""
    try:
        return statistics.rank_distribution(project)
    except Unavailable:
        return None


def _settings(request: Request, project: Project, **forms: Any) -> HttpResponse:
    """The settings page; a form that was sent and refused stands in it as it was sent."""
    fresh = access.get(request.user, Project, project.pk, may="manage")
    question = {"field_name": projects.field(fresh).name}
    drawn = {
        "form": SettingsForm(fresh.workspace, fresh),
        "question": AnswersForm(initial=question),
        "answers": choices(None, _known(fresh)),
        "deletion": DeleteForm(),
    } | forms
    status = 422 if any(form.is_bound for form in drawn.values()) else 200
    told = {"project": fresh, **drawn, **about(request.user, fresh)}
    return draw(request, "projects/settings.html", fresh, status=status, **told)


def _known(project: Project) -> list[tuple[str, str, str]]:
    return [(choice.value, choice.role, choice.hotkey) for choice in projects.field(project).choices]


def _free_name(workspace: Workspace) -> str:
    """A name for a new project that the workspace does not use yet."""
    used = set(workspace.projects.values_list("name", flat=True))
    return next(name for name in ("Review", *(f"Review {n}" for n in range(2, len(used) + 3))) if name not in used)
