"""Validation: what a sample would show, a round as it goes, and what the rounds showed."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reviewapp import access
from reviewapp.domain import statistics, validation, validation_plans, validation_results
from reviewapp.domain.validation_plans import Design
from reviewapp.errors import Invalid, NotFound
from reviewapp.models import Project, User, ValidationRound
from reviewapp.web import charts, figures, refusals
from reviewapp.web.pages import Request, draw, page_of


class PlanForm(forms.Form):
    """How sure a validation shall be; ``design()`` gives it as the domain takes it."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What to find out"),
        choices=[
            ("elusion", gettext_lazy("Elusion test: how much of the discard pile is relevant")),
            ("project", gettext_lazy("Project validation: elusion, richness, recall and precision")),
        ],
        initial="elusion",
        widget=forms.RadioSelect,
    )
    cutoff = forms.FloatField(
        label=gettext_lazy("Cutoff"),
        required=False,
        min_value=0,
        max_value=100,
        help_text=gettext_lazy(
            "A rank. What is not coded and ranks lower is the discard pile; empty: all that is not coded."
        ),
    )
    confidence = forms.FloatField(
        label=gettext_lazy("Confidence, in percent"), min_value=50, max_value=99.9, initial=95
    )
    margin = forms.FloatField(
        label=gettext_lazy("Margin of error, in percent"),
        min_value=0.1,
        max_value=50,
        initial=2.5,
        help_text=gettext_lazy("Plans the size; afterwards the result has its own exact interval."),
    )
    size = forms.IntegerField(
        label=gettext_lazy("Or a fixed number of documents"),
        required=False,
        min_value=1,
        help_text=gettext_lazy("Instead of the margin of error."),
    )

    def design(self) -> Design:
        """Raises :class:`Invalid` by field."""
        told = self.cleaned_data
        return Design(
            kind=told["kind"],
            cutoff=told["cutoff"],
            confidence=told["confidence"] / 100,
            margin=told["margin"] / 100,
            size=told["size"],
        )


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request, pk: int) -> HttpResponse:
    """Plan and start a round, or see how the open one goes, above all that were before."""
    if request.method == "POST":
        return _start(request, pk)
    project = _project(request, pk)
    form = PlanForm(request.GET if "kind" in request.GET else None)
    return _index(request, project, form)


@require_safe
def plan(request: Request, pk: int) -> HttpResponse:
    """What a round would draw and show at best, as somebody types."""
    project = _project(request, pk)
    return draw(request, "validation/_plan.html", project, **_planned(project, PlanForm(request.GET)))


@require_safe
def live(request: Request, pk: int) -> HttpResponse:
    """How far the open round is; once it is closed, where its result stands."""
    project = _project(request, pk)
    return draw(request, "validation/_live.html", project, **_moving(project))


@require_safe
def show(request: Request, pk: int, number: int) -> HttpResponse:
    """One round: what it showed, and every document of its sample."""
    project = _project(request, pk)
    round_ = _round(project, number)
    drawn = round_.sample.documents.select_related("item__document", "item__current__reviewer")
    rows = drawn.defer("item__document__text").order_by("item__ordinal")
    return draw(request, "validation/show.html", project, **_told(project, round_), page=page_of(request, rows))


@require_POST
def resume(request: Request, pk: int, number: int) -> HttpResponse:
    return _end(
        request, pk, number, validation.resume, _("The review goes on; the decisions that waited are trained on.")
    )


@require_POST
def complete(request: Request, pk: int, number: int) -> HttpResponse:
    return _end(request, pk, number, validation.complete, _("The project is complete."))


@require_POST
def abandon(request: Request, pk: int, number: int) -> HttpResponse:
    return _end(request, pk, number, validation.abandon, _("The validation is abandoned; the review goes on."))


def _project(request: Request, pk: int, may: access.Right = "view") -> Project:
    rows = Project.objects.select_related("version", "snapshot")
    return access.get(request.user, Project, pk, may=may, among=rows)


def _round(project: Project, number: int) -> ValidationRound:
    found = project.validation_rounds.select_related("sample", "created_by", "closed_by").filter(number=number).first()
    if found is None:
        raise NotFound(_("This project has no validation round %(number)s.") % {"number": number})
    return found


def _start(request: Request, pk: int) -> HttpResponse:
    project = _project(request, pk, may="manage")
    form = PlanForm(request.POST)
    if form.is_valid():
        try:
            made = validation.start(project, request.user, form.design())
            messages.success(request, _("%(made)s has started. Its sample comes first in the review.") % {"made": made})
            return redirect("project-validation", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    return _index(request, project, form, status=422)


def _end(
    request: Request, pk: int, number: int, verb: Callable[[ValidationRound, User], ValidationRound], said: str
) -> HttpResponse:
    project = _project(request, pk, may="manage")
    verb(_round(project, number), request.user)
    messages.success(request, said)
    return redirect("project-validation-round", pk, number)


def _index(request: Request, project: Project, form: PlanForm, status: int = 200) -> HttpResponse:
    context = _moving(project)
    if context["round"] is None:
        asked = form if form.is_bound else PlanForm({name: field.initial for name, field in form.fields.items()})
        context |= _planned(project, asked) | {"form": form}
    return draw(request, "validation/index.html", project, status=status, **context, rounds=_history(project))


def _moving(project: Project) -> dict[str, Any]:
    round_ = _round(project, project.validation.number) if project.validation else None
    if round_ is None:
        return {"project": project, "round": None}
    told = _told(project, round_)
    return told | {"progress": validation_results.progress(round_), "waiting": statistics.waiting(project)}


def _told(project: Project, round_: ValidationRound) -> dict[str, Any]:
    found = validation_results.result(round_)
    shown = figures.figures(found.estimates) if found else []
    return {
        "project": project,
        "round": round_,
        "result": found,
        "figures": shown,
        "chart": charts.intervals(shown, round_.confidence) if found else None,
        "percent": f"{100 * round_.confidence:g}",
        "margin": figures.percent(round_.margin or 0),
    }


def _planned(project: Project, form: PlanForm) -> dict[str, Any]:
    """The plan as far as what was typed makes one."""
    if not form.is_valid():
        return {"project": project}
    try:
        planned = validation_plans.plan(project, form.design())
    except Invalid as refused:
        return {"project": project, "problem": refused.message}
    elusion, recall = figures.up(planned.best_elusion.high), figures.down(planned.best_recall)
    return {"project": project, "plan": planned, "elusion": elusion, "recall": recall}


def _history(project: Project) -> list[tuple[ValidationRound, validation_results.Result | None, list[figures.Figure]]]:
    rows = []
    for round_ in validation.rounds(project):
        found = None if round_.state == ValidationRound.State.OPEN else validation_results.result(round_)
        rows.append((round_, found, figures.figures(found.estimates) if found else []))
    return rows
