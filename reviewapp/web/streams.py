"""Streams: those of a project, a new one with thresholds chosen on its curve, one with who has read how far."""

from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from models_lib import selection, streams, thresholds, validation
from models_lib.models import Stream, StreamConsumer
from reviewapp import access
from reviewapp.errors import Conflict, Invalid, NotFound
from reviewapp.models import Project
from reviewapp.web import refusals, version_charts
from reviewapp.web.charts import Chart
from reviewapp.web.pages import Request, draw, page_of
from reviewapp.web.stream_forms import DescribedForm, ExceptionsForm, ResetForm, StreamForm, VersionForm, described
from training.core.validation import Figures

AHEAD = 10  # documents of the next batch that the page shows
BEHIND = 50  # and of the last one, at a time


@dataclass(frozen=True)
class Choice:
    """One label's threshold with what it does on the held-out documents."""

    name: str
    field: str
    threshold: float
    figures: Figures | None
    chart: Chart | None
    named: dict[str, float]


@require_safe
def index(request: Request, pk: int) -> HttpResponse:
    project = access.get(request.user, Project, pk, may="view_labels")
    told: dict[str, Any] = {"page": page_of(request, streams.of(project)), "can_start": bool(streams.choices(project))}
    return draw(request, "streams/index.html", project, project=project, **told)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: Request, pk: int) -> HttpResponse:
    """The form; only the thresholds when htmx asks, as somebody moves them."""
    project = access.get(request.user, Project, pk, may="administer_streams")
    choices = streams.choices(project)
    if not choices:
        raise Conflict(_("A stream reads a pinned version, and none is pinned yet. Pin one on the Models page first."))
    form = StreamForm(request.POST or None)
    binding = VersionForm(choices, request.POST or request.GET)
    if form.is_valid() and binding.is_valid():
        values = {name: form.cleaned_data[name] for name in ("name", "title", "description")}
        asked = {"version": binding.cleaned_data["version"], "thresholds": binding.wanted(), "filter": form.filter()}
        try:
            made = streams.create(project, request.user, **values, **asked)
            messages.success(request, _("The stream “%(made)s” is ready to be read.") % {"made": made})
            return redirect("stream", made.pk)
        except Invalid as problem:
            refusals.tell(form, problem)
        except (Conflict, NotFound) as problem:
            form.add_error(None, problem.message)
    return _form(request, project, None, form, binding)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Request, pk: int) -> HttpResponse:
    """What can be changed; another version, and thresholds, only where they were touched."""
    stream = _get(request, pk, "modify_streams")
    choices = streams.choices(stream.project)
    form = DescribedForm(request.POST or None, initial=described(stream))
    bound = {"version": streams.bound_to(stream)} if streams.bound_to(stream) in choices else {}
    binding = VersionForm(choices, bound | (request.POST or request.GET).dict(), stream) if choices else None
    if form.is_valid() and (binding is None or binding.is_valid()):
        try:
            streams.change(stream, request.user, _changed(stream, form, binding))
            messages.success(request, _("The stream is saved."))
            return redirect("stream", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
        except (Conflict, NotFound) as problem:
            form.add_error(None, problem.message)
    return _form(request, stream.project, stream, form, binding)


@require_safe
def show(request: Request, pk: int) -> HttpResponse:
    """One stream: how far each consumer is, what comes next for one of them or came last, and the exceptions."""
    stream = _get(request, pk, "view_labels")
    consumers = list(stream.consumers.select_related("stream__project__workspace", "stream__pin__version"))
    asked = request.GET.get("consumer", "") or (consumers[0].name if consumers else "")
    consumer = next((one for one in consumers if one.name == asked), None)
    told: dict[str, Any] = {
        "stream": stream,
        "project": stream.project,
        "bound": streams.bound_to(stream),
        "conditions": selection.in_words(stream.filter),
        "consumers": consumers,
        "consumer": consumer,
        "documents": streams.count(stream.project),
        "page": page_of(request, streams.exceptions(stream)),
        "address": request.build_absolute_uri(reverse("api:stream", args=[pk])),
    }
    return draw(request, "streams/show.html", stream, **told, **_reading(request, stream, consumer, asked))


@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: Request, pk: int) -> HttpResponse:
    """Ask from when on, say what that means, and let the consumer read again."""
    stream = _get(request, pk, "consume_streams")
    form = ResetForm(request.POST or None, initial={"consumer": request.GET.get("consumer", "")})
    if form.is_valid():
        try:
            moved = streams.reset(stream, form.cleaned_data["consumer"], request.user, form.cleaned_data["moment"])
            messages.success(
                request,
                _("%(name)s reads on after document %(sequence)s.")
                % {"name": moved.name, "sequence": intcomma(moved.sequence)},
            )
            return redirect(f"{reverse('stream', args=[pk])}?{request.GET.urlencode()}")
        except Invalid as problem:
            refusals.tell(form, problem)
    status = 422 if form.is_bound else 200
    return draw(request, "streams/reset.html", stream, status=status, stream=stream, project=stream.project, form=form)


@require_POST
def exceptions(request: Request, pk: int) -> HttpResponse:
    """Tag documents as exceptions, or untag them."""
    stream = _get(request, pk, "consume_streams")
    form = ExceptionsForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Say which documents, and whether to tag or to untag them."))
    documents, note = form.cleaned_data["documents"], form.cleaned_data["note"]
    if form.cleaned_data["change"] == "tag":
        count = streams.tag_exceptions(stream, request.user, documents, note)
        messages.success(request, _("%(number)s sent back to review.") % {"number": intcomma(count)})
    else:
        count = streams.untag_exceptions(stream, request.user, documents)
        messages.success(
            request, _("%(number)s untagged: they wait for review no longer.") % {"number": intcomma(count)}
        )
    return redirect("stream", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request, pk: int) -> HttpResponse:
    stream = _get(request, pk, "administer_streams")
    if request.method != "POST":
        told: dict[str, Any] = {"stream": stream, "project": stream.project, "consumers": stream.consumers.count()}
        return draw(request, "streams/delete.html", stream, **told)
    streams.delete(stream, request.user)
    messages.success(request, _("The stream “%(stream)s” is deleted.") % {"stream": stream})
    return redirect("project-streams", stream.project_id)


def _get(request: Request, pk: int, may: access.Right) -> Stream:
    return access.get(request.user, Stream, pk, may=may, among=Stream.objects.select_related("pin__version"))


def _form(
    request: Request, project: Project, stream: Stream | None, form: forms.Form, binding: VersionForm | None
) -> HttpResponse:
    told: dict[str, Any] = {"project": project, "stream": stream, "form": form, "binding": binding}
    if binding:
        told |= {"choices": _choices(binding), "version": binding.chosen, "names": thresholds.NAMES}
    if request.htmx:
        return draw(request, "streams/_thresholds.html", project, **told)
    status = 422 if form.is_bound else 200
    return draw(request, "streams/form.html", project, status=status, **told)


def _choices(binding: VersionForm) -> list[Choice]:
    """The thresholds as they stand, each on its label's curve."""
    version, named = binding.chosen, thresholds.named(binding.chosen)
    found = []
    for place, (label, threshold) in enumerate(binding.wanted().items()):
        said = validation.of(version, threshold)
        one = replace(said, labels=(said.labels[place],)) if said else None
        chart = version_charts.precision_recall(one) if one else None
        chart = replace(chart, name=f"precision-recall-{place}") if chart else None
        figures = one.labels[0].figures if one else None
        found.append(Choice(label, f"threshold-{place}", round(threshold, 6), figures, chart, named[label]))
    return found


def _changed(stream: Stream, form: DescribedForm, binding: VersionForm | None) -> dict[str, Any]:
    values: dict[str, Any] = {name: form.cleaned_data[name] for name in ("title", "description")}
    if {"tags", "conditions"} & set(form.changed_data):
        values["filter"] = form.filter()
    if binding is not None:
        asked = {"version": binding.cleaned_data["version"], "thresholds": binding.wanted()}
        kept = {"version": streams.bound_to(stream), "thresholds": stream.thresholds}
        values |= asked if asked != kept or binding.cleaned_data["anew"] else {}
    return values


def _reading(request: Request, stream: Stream, consumer: StreamConsumer | None, name: str) -> dict[str, Any]:
    """The version that is read now and the consumer's next documents, or its last ones, or why there is none."""
    try:
        version = streams.version_of(stream)
        if "consume_streams" not in access.rights(request.user, stream.project.workspace):
            return {"version": version}
        said = request.GET.get("from", "")
        if consumer and said.isdecimal() and len(said) < 10:
            last = streams.read_again(consumer, request.user, int(said), BEHIND)
            return {"version": version, "last": last, "batch": last}
        batch = streams.read(stream, name or "new", request.user, AHEAD)
    except (Conflict, NotFound) as problem:
        return {"why_not": problem.message}
    return {"version": version, "batch": batch}
