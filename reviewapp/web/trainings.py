"""The Training page of an annotation project: train, watch, read logs and figures, deploy, active learning."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from models_lib.models import ModelVersion
from reviewapp.domain import configs, trainings
from reviewapp.errors import Invalid
from reviewapp.labeling.references import KINDS
from reviewapp.models import Job, Project
from reviewapp.web import label_figures, refusals
from reviewapp.web.jobs import Pace
from reviewapp.web.kinds import annotation_project
from reviewapp.web.pages import Request, draw, page_of
from reviewapp.web.training_forms import YES, ActiveLearningForm, StartForm
from reviewapp.web.words import called
from training import annotations
from training.annotation.trainer import ADVISED

MOVED = "training-moved"  # told to the page when a training begins or ends
LINES = 400  # of a log that a page shows; the file has all of them
RUNS = 10
MODELS = 20


class Filter(forms.Form):
    """Which predefined labels to list: of projects whose name has the words, of one kind."""

    project = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": gettext_lazy("Any project")}),
    )
    kind = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("Any kind")), *called(ModelVersion.Kind)[1:]],
    )


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    """Everything about training in one place (J-03)."""
    project = annotation_project(request, pk)
    return _page(request, project, StartForm(project), ActiveLearningForm(project))


@require_safe
def live(request: Request, pk: int) -> HttpResponse:
    """What moves: the state, the log so far; the rest of the page hears of a beginning or an end (J-08)."""
    project = annotation_project(request, pk)
    drawn = _moving(request, project)
    moved = request.GET.get("seen") != drawn["seen"]
    answer = draw(request, "training/_live.html", project, project=project, moved=moved, **drawn)
    return trigger_client_event(answer, MOVED) if moved else answer


@require_safe
def examples(request: Request, pk: int) -> HttpResponse:
    """How many examples of each label would train now (J-04)."""
    project = annotation_project(request, pk)
    tasks, found = annotations.examples(project)
    models = [(KINDS[each.kind].split(maxsplit=1)[1], each, label_figures.examples(counts)) for each, counts in found]
    drawn: dict[str, Any] = {"tasks": tasks, "models": models, "advised": ADVISED}
    return draw(request, "training/_examples.html", project, project=project, **drawn)


@require_safe
def models(request: Request, pk: int) -> HttpResponse:
    """The predefined labels: every model of the workspace's annotation projects, found by project and kind (J-50)."""
    project = annotation_project(request, pk)
    template = "training/_models.html" if request.htmx else "training/models.html"
    return draw(request, template, project, project=project, **_models(request, project))


@require_POST
def start(request: Request, pk: int) -> HttpResponse:
    """Train now; the button that was pressed says whether to deploy (J-10)."""
    project = annotation_project(request, pk, may="manage")
    form = StartForm(project, request.POST)
    if form.is_valid():
        try:
            trainings.start(project, request.user, form.wish(), deploy=form.cleaned_data["deploy"] == YES)
            return redirect("training", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    return _page(request, project, form, ActiveLearningForm(project), status=422)


@require_POST
def retry(request: Request, pk: int, job: int) -> HttpResponse:
    """Once more, as it was asked for."""
    project = annotation_project(request, pk, may="manage")
    trainings.retry(project, trainings.find(project, job), request.user)
    return redirect("training", pk)


@require_POST
def switch(request: Request, pk: int) -> HttpResponse:
    """Switch active learning on or off (J-45)."""
    project = annotation_project(request, pk, may="manage")
    form = ActiveLearningForm(project, request.POST)
    if form.is_valid():
        try:
            now = trainings.switch(project, request.user, **form.settings())
            messages.success(
                request, _("Active learning is on.") if now.active_learning else _("Active learning is off.")
            )
            return redirect("training", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    return _page(request, project, StartForm(project), form, status=422)


@require_POST
def deploy(request: Request, pk: int) -> HttpResponse:
    """Name models in the labeling config (J-50, J-51)."""
    project = annotation_project(request, pk, may="manage")
    chosen = trainings.named(project, request.POST.getlist("model"))
    if not chosen:
        raise Invalid(_("Choose a model to deploy."))
    annotations.deploy(project, chosen, request.user)
    messages.success(request, _("Deployed: %(names)s.") % {"names": ", ".join(version.name for version in chosen)})
    return redirect("training", pk)


@require_safe
def show(request: Request, pk: int, job: int) -> HttpResponse:
    """One training: what each of its models learned from, how good it is, and what was set."""
    project = annotation_project(request, pk)
    run = trainings.find(project, job)
    made = [label_figures.read(version) for version in run.versions.order_by("pk")]
    drawn: dict[str, Any] = {
        "run": run,
        "made": made,
        "logs": _last_lines(run),
        "deployed": configs.named_models(project),
    }
    return draw(request, "training/show.html", project, project=project, **drawn)


@require_safe
def logs(request: Request, pk: int, job: int) -> HttpResponse:
    """All logs of a training in one zip file (J-43), or with ``?model=`` one of them as text (J-12)."""
    project = annotation_project(request, pk, may="manage")
    found = trainings.file(trainings.find(project, job), request.GET.get("model", ""))
    return HttpResponse(found.body, headers=found.headers)


def _page(
    request: Request, project: Project, form: StartForm, active_learning: ActiveLearningForm, status: int = 200
) -> HttpResponse:
    drawn = {
        "project": project,
        "form": form,
        "active_learning": active_learning,
        "waiting": max(project.completions - project.counted, 0),
        **_moving(request, project),
        **_models(request, project),
    }
    return draw(request, "training/index.html", project, status=status, **drawn)


def _moving(request: Request, project: Project) -> dict[str, Any]:
    job = trainings.shown(project)
    lines = [] if job is None or job.state == Job.State.DONE else _last_lines(job)
    return {
        "job": job,
        "pace": Pace.of(job, request.GET) if job else None,
        "log": lines[-1][1] if lines else [],
        "refusal": trainings.refusal(project),
        "seen": f"{job.pk}-{job.state}" if job else "none",
        "runs": page_of(request, trainings.history(project), RUNS),
    }


def _last_lines(job: Job) -> list[tuple[str, list[str]]]:
    return [(model, lines[-LINES:]) for model, lines in trainings.logs(job).items()]


def _models(request: Request, project: Project) -> dict[str, Any]:
    """The first models that match, or those of ``?page=`` on the page that lists nothing else."""
    found = Filter(request.GET if "project" in request.GET else {"project": project.name})
    words, kind = (found.cleaned_data[name] for name in ("project", "kind")) if found.is_valid() else ("", "")
    rows = trainings.predefined(project.workspace, words, kind)
    alone = request.resolver_match is not None and request.resolver_match.url_name == "training-models"
    page = page_of(request, rows, MODELS) if alone else Paginator(rows, MODELS).page(1)
    named = {each: configs.named_models(each) for each in {version.project for version in page.object_list}}
    listed = [
        (version, label_figures.headline(version), version.name in named[version.project])
        for version in page.object_list
    ]
    return {"filter": found, "page": page, "listed": listed}
