"""Stopping: what shall be proven, the control set, and what every rule said when somebody looked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from reviewapp import access
from reviewapp.domain import controls, stopping
from reviewapp.domain.stopping import LOOK_BACK_MISSED, LOOK_BACK_RUNS
from reviewapp.errors import Invalid
from reviewapp.models import Project, StoppingLook
from reviewapp.web import charts, figures, refusals
from reviewapp.web.pages import Request, draw, page_of
from training.core.stopping import Design

LOOKS = 20  # of the history, a page
ASSUMED_PACE = 60.0  # documents an hour, while nobody was timed
ASSUMED_RICHNESS = 2.0  # percent


class PlanForm(forms.Form):
    """What shall be proven; ``settings()`` gives it as the domain takes it."""

    target = forms.FloatField(
        label=gettext_lazy("Recall to be reached, in percent"),
        min_value=50,
        max_value=99.9,
        initial=80,
        help_text=gettext_lazy("The share of the relevant documents that the review shall find."),
    )
    confidence = forms.FloatField(
        label=gettext_lazy("Confidence, in percent"), min_value=50, max_value=99.9, initial=95
    )
    looks = forms.IntegerField(
        label=gettext_lazy("Looks of the planned test"),
        min_value=1,
        max_value=20,
        initial=1,
        help_text=gettext_lazy(
            "Each validation is one look. They share the chance of error: more looks make each one harder."
        ),
    )
    run = forms.IntegerField(
        label=gettext_lazy("Irrelevant documents in a row"),
        min_value=1,
        max_value=100_000,
        initial=50,
        help_text=gettext_lazy("A heuristic."),
    )

    def settings(self) -> dict[str, Any]:
        told = dict(self.cleaned_data)
        return told | {"target": told["target"] / 100, "confidence": told["confidence"] / 100}


class PlannerForm(forms.Form):
    """What a control set is worked out from."""

    richness = forms.FloatField(
        label=gettext_lazy("Expected richness, in percent"),
        min_value=0,
        max_value=100,
        help_text=gettext_lazy(
            "How many of the documents are relevant? Guess low: a set that is too small proves nothing."
        ),
    )
    pace = forms.FloatField(label=gettext_lazy("Documents an hour"), min_value=0.1, max_value=100_000)
    price = forms.FloatField(label=gettext_lazy("Price of an hour"), required=False, min_value=0, max_value=1_000_000)


class DrawForm(forms.Form):
    """How large a control set shall be."""

    documents = forms.IntegerField(label=gettext_lazy("Documents to draw"), min_value=1)


@dataclass(frozen=True)
class Offer:
    """One design of the planner with what it costs to code."""

    design: Design
    pace: float
    price: float | None

    @property
    def hours(self) -> float:
        return self.design.documents / self.pace

    @property
    def cost(self) -> float | None:
        return None if self.price is None else self.hours * self.price

    @property
    def stops_at(self) -> str:
        return f"{100 * self.design.stops_at:.0f} %"


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    return _index(request, _project(request, pk))


@require_safe
def planner(request: Request, pk: int) -> HttpResponse:
    """What a control set would take, as somebody types."""
    project = _project(request, pk)
    return draw(request, "stopping/_planner.html", project, **_offers(project, PlannerForm(request.GET)))


@require_safe
def live(request: Request, pk: int) -> HttpResponse:
    """How far the control set is coded."""
    project = _project(request, pk)
    plan = stopping.current_plan(project)
    measured = controls.measure(project, plan.confidence) if plan else {}
    told: dict[str, Any] = {
        "project": project,
        "control": controls.standing(project),
        "metrics": figures.of_model(measured),
        "confidence": _percent(plan.confidence) if plan else "",
    }
    return draw(request, "stopping/_control.html", project, **told)


@require_POST
def plan(request: Request, pk: int) -> HttpResponse:
    """Fix what shall be proven."""
    project = _project(request, pk, may="manage")
    form = PlanForm(request.POST)
    if form.is_valid():
        try:
            stopping.set_plan(project, request.user, form.settings())
            messages.success(request, _("This is what shall be proven. It stands from the first look on."))
            return redirect("project-stopping", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    return _index(request, project, status=422, plan_form=form)


@require_POST
def draw_control_set(request: Request, pk: int) -> HttpResponse:
    project = _project(request, pk, may="manage")
    form = DrawForm(request.POST)
    if form.is_valid():
        try:
            controls.draw(project, request.user, form.cleaned_data["documents"])
            messages.success(request, _("The control set is drawn. Its documents come first in the review."))
            return redirect("project-stopping", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    return _index(request, project, status=422, draw_form=form)


@require_POST
def give_up(request: Request, pk: int) -> HttpResponse:
    controls.give_up(_project(request, pk, may="manage"), request.user)
    messages.success(request, _("The control set is given up. Its documents train from now on."))
    return redirect("project-stopping", pk)


@require_POST
def look(request: Request, pk: int) -> HttpResponse:
    stopping.look(_project(request, pk, may="manage"), request.user)
    messages.success(request, _("The look is taken and kept."))
    return redirect("project-stopping", pk)


def _project(request: Request, pk: int, may: access.Right = "view") -> Project:
    rows = Project.objects.select_related("version", "snapshot", "control_set__sample")
    return access.get(request.user, Project, pk, may=may, among=rows)


def _index(request: Request, project: Project, status: int = 200, **forms_: forms.Form) -> HttpResponse:
    known = stopping.overview(project)
    measured = {"pace": round(stopping.pace(project) or ASSUMED_PACE, 1), "richness": ASSUMED_RICHNESS}
    asked = PlannerForm(request.GET if "richness" in request.GET else measured)
    certified = known.latest.get(StoppingLook.Rule.CERTIFIED)
    context = {
        "project": project,
        "plan": known.plan,
        "target": _percent(known.plan.target) if known.plan else "",
        "confidence": _percent(known.plan.confidence) if known.plan else "",
        "fixed": bool(known.latest),
        "plan_form": PlanForm(initial=_initial(known)),
        "draw_form": DrawForm(),
        "planner_form": asked,
        "control": known.control,
        "metrics": figures.of_model(known.metrics),
        "certified": certified,
        "best": figures.down(certified.figures["best"]) if certified else "",
        "outlook": _outlook(certified),
        "chart": _chart(project, certified),
        "planned": known.planned,
        "tested": _tested(known.latest.get(StoppingLook.Rule.PLANNED)),
        "heuristics": [known.latest[rule] for rule in StoppingLook.HEURISTICS if rule in known.latest],
        "look_back": {
            "missed": LOOK_BACK_MISSED,
            "runs": LOOK_BACK_RUNS,
            "share": LOOK_BACK_MISSED / LOOK_BACK_RUNS * 100,
        },
        "page": page_of(request, stopping.looks(project), LOOKS),
    }
    return draw(request, "stopping/index.html", project, status=status, **context | _offers(project, asked) | forms_)


def _initial(known: stopping.Overview) -> dict[str, Any]:
    if known.plan is None:
        return {name: field.initial for name, field in PlanForm().fields.items()}
    shares = {"target": round(100 * known.plan.target, 6), "confidence": round(100 * known.plan.confidence, 6)}
    return {"looks": known.plan.looks, "run": known.plan.run, **shares}


def _offers(project: Project, form: PlannerForm) -> dict[str, Any]:
    """What the planner offers for the project's plan; nothing while there is none, or the numbers make none."""
    plan = stopping.current_plan(project)
    if plan is None or not form.is_valid():
        return {"project": project}
    told = form.cleaned_data
    found = stopping.designs(project, plan.target, plan.confidence, told["richness"] / 100)
    return {
        "project": project,
        "plan": plan,
        "target": _percent(plan.target),
        "expected": found,
        "best_possible": figures.down(found.best),
        "offers": [Offer(design, told["pace"], told["price"]) for design in found.designs],
        "priced": told["price"] is not None,
    }


def _outlook(certified: StoppingLook | None) -> Mapping[str, Any] | None:
    """What is left, in documents and hours of one reviewer, as it was at the look."""
    left = certified.figures["outlook"] if certified else None
    if not left:
        return None
    pace = left["pace"]
    names = ("documents", "low", "high", "certified")
    hours = {f"hours_{name}": left[name] / pace if pace and left[name] is not None else None for name in names}
    return {**left, **hours}


def _chart(project: Project, certified: StoppingLook | None) -> charts.Chart | None:
    if certified is None or not certified.figures["needed"]:
        return None
    points = [*controls.met_until(project, certified.at), (certified.coded, certified.figures["met"])]
    return charts.control_positives(points, certified.figures["needed"], certified.figures["positives"])


def _tested(taken: StoppingLook | None) -> Mapping[str, Any] | None:
    if taken is None:
        return None
    return {"look": taken, "bound": figures.down(taken.figures["bound"]), "tail": _percent(taken.figures["tail"])}


def _percent(share: float) -> str:
    return f"{round(100 * share, 6):g} %"
