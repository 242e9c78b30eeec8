"""The validation page: how well a version does on what it has not seen, at any threshold, beside earlier ones."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from models_lib import guidance, pins, validation, versions
from models_lib.models import ModelVersion, ValidationRecord
from reviewapp import access
from reviewapp.domain import statistics
from reviewapp.models import Project
from reviewapp.web import version_charts
from reviewapp.web.pages import Request, draw

LISTED = 20  # pinned versions whose figures stand in the table


class LookForm(forms.Form):
    """Which version to look at, from which threshold on a document is called relevant, and on what basis."""

    version = forms.TypedChoiceField(label=gettext_lazy("Version"), coerce=int, required=False, empty_value=None)
    basis = forms.ChoiceField(
        label=gettext_lazy("Basis"), choices=list(validation.BASES.items()), required=False, widget=forms.RadioSelect
    )
    threshold = forms.FloatField(
        label=gettext_lazy("Threshold"),
        min_value=0,
        max_value=1,
        required=False,
        widget=forms.NumberInput(attrs={"type": "range", "step": "0.01", "aria-describedby": "threshold-now"}),
    )

    def __init__(self, choices: list[ModelVersion], data: Any) -> None:
        initial = {"version": choices[0].number if choices else None, "basis": validation.CODED, "threshold": 0.5}
        super().__init__({**initial, **{name: value for name, value in data.items() if value != ""}})
        field = self.fields["version"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(version.number, str(version)) for version in choices]

    def asked(self, name: str, otherwise: Any) -> Any:
        """What was asked for; what cannot be read is as if nothing had been."""
        self.is_valid()
        value = self.cleaned_data.get(name)
        return otherwise if value in (None, "") else value


@require_safe
def show(request: Request, pk: int) -> HttpResponse:
    """The page; only the figures when htmx asks."""
    project = access.get(request.user, Project, pk)
    latest = versions.latest(project)
    choices = _choices(project, latest)
    form = LookForm(choices, request.GET.dict())
    number = form.asked("version", None)
    version = next((one for one in choices if one.number == number), latest)
    records = validation.over_time(project)
    told = _figures(project, version, form, records) if version else {}
    if request.htmx:
        return draw(request, "model_validation/_figures.html", project, project=project, **told)
    return draw(request, "model_validation/show.html", project, project=project, form=form, **told, **_history(records))


def _choices(project: Project, latest: ModelVersion | None) -> list[ModelVersion]:
    """The latest version and all pinned ones, newest first (U-09)."""
    pinned = list(pins.of(project))
    return ([latest] if latest and latest not in pinned else []) + pinned


def _figures(
    project: Project, version: ModelVersion, form: LookForm, records: list[ValidationRecord]
) -> dict[str, Any]:
    threshold, basis = form.asked("threshold", validation.HALF), form.asked("basis", validation.CODED)
    found = validation.of(version, threshold, basis)
    rated, standing = validation.rated(version), versions.status(project)
    return {
        "version": version,
        "found": found,
        "threshold": threshold,
        "why_not": "" if found else validation.why_not(version),
        "assumption": validation.ASSUMPTIONS[basis],
        "intervals": validation.INTERVALS,
        "chart": version_charts.precision_recall(found) if found else None,
        "rated": rated,
        "actions": guidance.actions(rated, found, project) if rated else [],
        "signs": guidance.signs(rated, found, records, statistics.reading(project), standing.pending),
        "standing": standing,
    }


def _history(records: list[ValidationRecord]) -> dict[str, Any]:
    rows = [(record, version_charts.figures_of(record)) for record in records[: -LISTED - 1 : -1]]
    older = max(len(records) - LISTED, 0)
    return {"history": rows, "older": older, "history_chart": version_charts.over_time(records)}
