"""Imports: a file is uploaded, looked at, its columns are chosen, and a job loads it."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from reviewapp import access
from reviewapp.domain import imports, uploads
from reviewapp.domain.mapping import Mapping
from reviewapp.errors import Invalid
from reviewapp.models import Workspace
from reviewapp.web import refusals
from reviewapp.web.pages import Request, draw

SAMPLES = 3
USES = {
    "text": gettext_lazy("Text"),
    "control_number": gettext_lazy("Control number"),
    "title": gettext_lazy("Title"),
    "tags": gettext_lazy("Tags"),
    "metadata": gettext_lazy("Metadata"),
    "": gettext_lazy("Leave out"),
}
ONCE = ("text", "control_number", "title", "tags")


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=forms.FileInput({"accept": ".csv,.tsv,.tab,.txt,.jsonl,.ndjson,.gz"}),
        help_text=gettext_lazy("CSV, TSV or JSON Lines, plain or gzipped, one document a row."),
    )


class MappingForm(forms.Form):
    """What each column of the file is used as, and the tags that every document gets."""

    tags = forms.CharField(
        label=gettext_lazy("Tags for every document"),
        required=False,
        help_text=gettext_lazy("Separated by commas. A project can be limited to documents of certain tags."),
    )

    def __init__(self, preview: imports.Preview, data: Any = None) -> None:
        super().__init__(data)
        self.preview = preview
        for place, column in enumerate(preview.columns):
            initial = _use_of(column, preview.mapping)
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=column, choices=list(USES.items()), initial=initial, required=False
            )

    @property
    def columns(self) -> list[tuple[forms.BoundField, list[str]]]:
        """Each column's field with its first values."""
        names = enumerate(self.preview.columns)
        return [(self[f"column-{place}"], self._values(name)) for place, name in names]

    @cached_property
    def mapping(self) -> Mapping:
        """The chosen uses; raises :class:`Invalid` when the text is missing or one part has two columns."""
        used = [(self.cleaned_data[f"column-{place}"], name) for place, name in enumerate(self.preview.columns)]
        chosen = {use: [name for used_as, name in used if used_as == use] for use in USES}
        for use in ONCE:
            if len(chosen[use]) > 1:
                raise Invalid(
                    _("%(value)s are both chosen as %(value2)s. Keep one of them.")
                    % {"value": " and ".join(chosen[use]), "value2": USES[use].lower()}
                )
        one = {use: chosen[use][0] if chosen[use] else None for use in ONCE if use != "text"}
        return Mapping(text="".join(chosen["text"]), metadata=tuple(chosen["metadata"]), **one)

    def _values(self, column: str) -> list[str]:
        return [value for row in self.preview.rows if (value := row[column].strip())][:SAMPLES]


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: Request, pk: int) -> HttpResponse:
    workspace = access.get(request.user, Workspace, pk, may="manage")
    form = UploadForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            file = form.cleaned_data["file"]
            kept = imports.receive(file, file.name, workspace, request.user)[0]
            return redirect("import-mapping", pk, kept.id)
        except Invalid as problem:
            refusals.tell(form, problem)
    limit = filesizeformat(settings.UPLOAD_LIMIT)
    return draw(request, "imports/upload.html", workspace, form=form, limit=limit, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: Request, pk: int, upload: str) -> HttpResponse:
    """Choose what the columns are, looking at the first rows; then ask for the import."""
    workspace = access.get(request.user, Workspace, pk, may="manage")
    found = uploads.find(upload, workspace, request.user)
    form = MappingForm(imports.preview(found.path, found.filename), request.POST or None)
    if form.is_valid():
        try:
            tags = form.cleaned_data["tags"].split(",")
            return redirect("job", imports.request(workspace, request.user, upload, form.mapping, tags).pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    return draw(
        request, "imports/mapping.html", workspace, form=form, upload=found, status=422 if form.is_bound else 200
    )


@require_POST
def discard(request: Request, pk: int, upload: str) -> HttpResponse:
    imports.discard(upload, access.get(request.user, Workspace, pk, may="manage"), request.user)
    return redirect("import", pk)


def _use_of(column: str, suggested: Mapping) -> str:
    """What the suggestion uses the column as."""
    by_name = {getattr(suggested, use): use for use in ONCE}
    return by_name.get(column, "metadata" if column in suggested.metadata else "")
