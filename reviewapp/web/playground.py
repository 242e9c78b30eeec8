"""The playground: what a version says of a text that somebody pastes, and by which words; nothing is stored."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from models_lib import prediction, streams, tags, versions
from models_lib.models import ModelVersion
from reviewapp import access
from reviewapp.models import Project
from reviewapp.web.pages import Request, draw
from reviewapp.web.stream_forms import said_of
from reviewapp.web.why import marked
from training import explaining

LONGEST = 200_000  # characters of what is pasted


class TextForm(forms.Form):
    """A text, and the version to ask."""

    version = forms.ChoiceField(
        label=gettext_lazy("Version"),
    )
    title = forms.CharField(
        label=gettext_lazy("Title"), required=False, max_length=10_000, help_text=gettext_lazy("Its words count twice.")
    )
    text = forms.CharField(
        label=gettext_lazy("Text"), max_length=LONGEST, strip=False, widget=forms.Textarea({"rows": 10})
    )

    def __init__(self, choices: Mapping[str, ModelVersion], data: Any) -> None:
        super().__init__(data, initial={"version": tags.LATEST})
        field = self.fields["version"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, said_of(name, version)) for name, version in choices.items()]


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: Request, pk: int) -> HttpResponse:
    """The page; what the version says of a text that comes along, only that when htmx asks."""
    project = access.get(request.user, Project, pk, may="view_labels")
    access.require(request.user, project.workspace, "view_sources", "view_labels")
    choices = _choices(project)
    form = TextForm(choices, request.POST or None)
    told: dict[str, Any] = {"project": project, "form": form, "choices": choices}
    if form.is_valid():
        told |= _said(choices[form.cleaned_data["version"]], form)
    status = 422 if form.is_bound and not form.is_valid() else 200
    template = "playground/_said.html" if request.htmx else "playground/show.html"
    return draw(request, template, project, status=status, **told)


def _choices(project: Project) -> dict[str, ModelVersion]:
    latest = versions.latest(project)
    return ({tags.LATEST: latest} if latest else {}) | streams.choices(project)


def _said(version: ModelVersion, form: TextForm) -> dict[str, Any]:
    title, text = form.cleaned_data["title"], form.cleaned_data["text"]
    [scores] = prediction.predict(version, [text], [title])
    said = explaining.explain_text(version, title, text)
    return {"scores": scores, "why": said, **marked(said, title, text)}
