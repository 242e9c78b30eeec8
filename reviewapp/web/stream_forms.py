"""What people fill in about a stream."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models_lib import selection, streams, thresholds
from models_lib.models import ModelVersion, Stream
from reviewapp.errors import Invalid

MINUTE = "%Y-%m-%dT%H:%M"


class DescribedForm(forms.Form):
    """Title, description and which documents belong; ``filter()`` gives the last as the domain takes it."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200, required=False)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=20_000, widget=forms.Textarea({"rows": 2})
    )
    tags = forms.CharField(
        label=gettext_lazy("Only documents with one of these tags"),
        required=False,
        max_length=10_000,
        help_text=gettext_lazy("Separated by commas. Empty: all documents."),
    )
    conditions = forms.CharField(
        label=gettext_lazy("Only documents whose metadata say"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(
            {"rows": 3, "placeholder": "custodian = desk 1 | desk 2\namount >= 100\nsent <= 2026-01-31"}
        ),
        help_text=gettext_lazy(
            "One condition a line; all have to hold. “|” stands between values of which one is enough."
        ),
    )

    def clean_conditions(self) -> list[dict[str, Any]]:
        try:
            return selection.read(self.cleaned_data["conditions"])
        except Invalid as problem:
            raise forms.ValidationError(problem.message) from problem

    def filter(self) -> dict[str, Any]:
        """As :mod:`models_lib.selection` takes it."""
        tags = [tag.strip() for tag in self.cleaned_data["tags"].split(",")]
        return {"tags": [tag for tag in tags if tag], "properties": self.cleaned_data["conditions"]}


class StreamForm(DescribedForm):
    """A new stream: besides, its name."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy(
            "By which programs know it: small letters, digits, - and _. It cannot be changed later."
        ),
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false", "placeholder": "mail-inbox"}),
    )
    field_order = ("name", "title", "description", "tags", "conditions")


class VersionForm(forms.Form):
    """The version that a stream reads, and a threshold for each of its labels.

    The thresholds are called ``threshold-0``, ``threshold-1`` … in the order of the labels. ``named`` fills all of them
    from a name; ``chosen_for`` says for which version they were shown, since they mean nothing for another one.
    """

    version = forms.ChoiceField(label=gettext_lazy("Reads"))
    named = forms.ChoiceField(required=False, choices=[(name, name) for name in thresholds.NAMES])
    chosen_for = forms.IntegerField(required=False)
    anew = forms.BooleanField(required=False)

    def __init__(self, choices: Mapping[str, ModelVersion], data: Any, stream: Stream | None = None) -> None:
        first = next(iter(choices), "")
        super().__init__({"version": first, **{name: value for name, value in data.items() if value != ""}})
        self._choices = choices
        field = self.fields["version"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, said_of(name, version)) for name, version in choices.items()]
        kept = stream.thresholds if stream and streams.bound_to(stream) == self.data["version"] else {}
        self._labels = thresholds.labels(self.chosen)
        for place, label in enumerate(self._labels):
            number = forms.FloatField(min_value=0, max_value=1, required=False, label=label)
            number.initial = kept.get(label, thresholds.EVEN)
            self.fields[f"threshold-{place}"] = number

    @property
    def chosen(self) -> ModelVersion:
        """The version that is asked for; the first one where that is none of them."""
        return self._choices.get(self.data["version"]) or next(iter(self._choices.values()))

    @property
    def is_moved(self) -> bool:
        """Whether the thresholds were shown for another version."""
        return self.cleaned_data.get("chosen_for") not in (None, self.chosen.number)

    def clean(self) -> None:
        if self.is_moved:
            raise forms.ValidationError(
                _("The thresholds stood for another version. These are for %(chosen)s: look again.")
                % {"chosen": self.chosen}
            )

    def wanted(self) -> dict[str, float]:
        """A number for each label: by the name that was pressed, else as given, else as it was."""
        self.is_valid()
        name = self.cleaned_data.get("named", "")
        known = thresholds.named(self.chosen) if name else {}
        return {label: known.get(label, {}).get(name, self._given(place)) for place, label in enumerate(self._labels)}

    def _given(self, place: int) -> float:
        found = None if self.is_moved else self.cleaned_data.get(f"threshold-{place}")
        return float(self.fields[f"threshold-{place}"].initial if found is None else found)


class ResetForm(forms.Form):
    """Which consumer shall read again, and from when on."""

    consumer = forms.CharField(label=gettext_lazy("Consumer"), max_length=100)
    moment = forms.DateTimeField(
        label=gettext_lazy("Read again from"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=MINUTE),
        input_formats=[MINUTE, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        help_text=gettext_lazy("The first document that came into the workspace then or later is read next."),
    )


class ExceptionsForm(forms.Form):
    """Documents to be tagged as exceptions, or to be untagged."""

    documents = forms.TypedMultipleChoiceField(label=gettext_lazy("Documents"), coerce=int)
    change = forms.ChoiceField(
        label=gettext_lazy("Change"), choices=[("tag", gettext_lazy("Tag")), ("untag", gettext_lazy("Untag"))]
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=500)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        field = self.fields["documents"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        # Any number: whether it is a document of the project is the domain's question.
        field.choices = [(pk, pk) for pk in data.getlist("documents") if pk.isdecimal() and len(pk) < 19]


def described(stream: Stream) -> dict[str, str]:
    """The stream as :class:`DescribedForm` shows it."""
    return {
        "title": stream.title,
        "description": stream.description,
        "tags": ", ".join(stream.filter.get("tags", ())),
        "conditions": selection.written(stream.filter),
    }


def said_of(name: str, version: ModelVersion) -> str:
    """A version as people choose it: by its number, or by a name with the number that it stands for now."""
    return (
        str(version)
        if name.isdecimal()
        else _("%(tag)s, now %(version)s") % {"tag": name.capitalize(), "version": version}
    )
