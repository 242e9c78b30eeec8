"""What people fill in about a project."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models_lib import links
from models_lib.models import TrainedModel
from reviewapp.domain import items, people, projects
from reviewapp.labeling import MOST_CHOICES
from reviewapp.models import Project, User, Workspace
from reviewapp.web.words import called

OTHER = "other"
MOST_TAGS = 500  # offered as boxes to tick


class CommonForm(forms.Form):
    """What projects of either kind are asked: their name, which documents, whose answers train."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    document_tags = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("Only documents with one of these tags"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Nothing ticked: all documents of the workspace. What is in the project already stays in it."
        ),
    )
    training_filter = forms.ChoiceField(
        label=gettext_lazy("Train on"), choices=called(Project.TrainingFilter), widget=forms.RadioSelect
    )

    def __init__(self, workspace: Workspace, also: Sequence[str], data: Any = None, **options: Any) -> None:
        self._members = {member.user.username: member.user.pk for member in people.members(workspace)}
        super().__init__(data, **options)
        offer_tags(self, workspace, also)

    def clean_reviewer_priority(self) -> list[int]:
        names = [name for name in map(str.strip, self.cleaned_data["reviewer_priority"].split(",")) if name]
        if strangers := [name for name in names if name not in self._members]:
            raise forms.ValidationError(_("Not in this workspace: %(value)s.") % {"value": ", ".join(strangers)})
        return [self._members[name] for name in names]

    def usernames(self, priority: Sequence[int]) -> str:
        """People in order of priority, as they are typed."""
        names = {pk: username for username, pk in self._members.items()}
        return ", ".join(names[pk] for pk in priority if pk in names)


def offer_tags(form: forms.Form, workspace: Workspace, also: Sequence[str]) -> None:
    """Fill the boxes to tick with the workspace's tags."""
    known = items.tags(workspace, MOST_TAGS)
    field = form.fields["document_tags"]
    assert isinstance(field, forms.MultipleChoiceField)
    field.choices = [(tag, tag) for tag in (*known, *(tag for tag in also if tag not in known))]


class SettingsForm(CommonForm):
    """The settings of a project; ``settings()`` gives them as the domain takes them."""

    instructions = forms.CharField(
        label=gettext_lazy("Instructions"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Shown beside every document. What counts as relevant, and what does not?"),
    )
    every_n = forms.ChoiceField(
        label=gettext_lazy("Train after every"),
        choices=[(str(n), f"{n} decision{'s' if n > 1 else ''}") for n in projects.EVERY_N]
        + [(OTHER, "Another number …")],
        help_text=gettext_lazy("Training often ranks better: after every 10 decisions is a good start."),
    )
    every_n_other = forms.IntegerField(
        label=gettext_lazy("Number of decisions"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=gettext_lazy("With “Another number”."),
    )
    queue = forms.ChoiceField(
        label=gettext_lazy("Order of the documents"), choices=called(Project.Queue), widget=forms.RadioSelect
    )
    control_percent = forms.FloatField(
        label=gettext_lazy("Random control, in percent"),
        min_value=0,
        max_value=100,
        help_text=gettext_lazy("So many of the documents are drawn at random: they show what the ranking misses."),
    )
    second_look_percent = forms.FloatField(
        label=gettext_lazy("Second look, in percent"),
        min_value=0,
        max_value=100,
        help_text=gettext_lazy(
            "So many of the documents coded from now on are coded again by somebody else, who does not see "
            "the first answer. The Quality tab shows how far people agree."
        ),
    )
    completion_choice = forms.ChoiceField(
        label=gettext_lazy("When several people coded a document, train on"),
        choices=called(Project.CompletionChoice),
        widget=forms.RadioSelect,
    )
    reviewer_priority = forms.CharField(
        label=gettext_lazy("Reviewers in order of priority"),
        required=False,
        help_text=gettext_lazy(
            "User names with commas between, the highest first. Used with “Highest priority reviewer”."
        ),
    )
    hold_out = forms.BooleanField(
        required=False,
        label=gettext_lazy("Keep held-out documents out of the training"),
        help_text=gettext_lazy(
            "A fifth of the documents is held out to validate versions. Unticked, the version that ranks "
            "trains on them too, and what is validated is a sibling fitted without them."
        ),
    )

    def __init__(self, workspace: Workspace, project: Project, data: Any = None) -> None:
        super().__init__(workspace, project.document_tags, data)
        self.initial = _initial(project, self.usernames(project.reviewer_priority))

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        if told.get("every_n") == OTHER and not told.get("every_n_other") and "every_n_other" not in self.errors:
            self.add_error("every_n_other", _("Type the number of decisions."))
        return told

    def settings(self) -> dict[str, Any]:
        """The settings as :func:`projects.create` and :func:`projects.change` take them."""
        told = dict(self.cleaned_data)
        other = told.pop("every_n_other")
        told["every_n"] = other if told["every_n"] == OTHER else int(told["every_n"])
        told["control_share"] = told.pop("control_percent") / 100
        told["second_look_share"] = told.pop("second_look_percent") / 100
        return told


class CreateForm(SettingsForm):
    """A new project: its settings, the name of its question, and a trained model to begin with (R-54)."""

    field_name = forms.CharField(
        label=gettext_lazy("Question"),
        max_length=100,
        initial="relevance",
        help_text=gettext_lazy("The name of the review field, as exports show it."),
    )
    linked_model = forms.ModelChoiceField(
        TrainedModel.objects.none(),
        required=False,
        label=gettext_lazy("Trained model to begin with"),
        empty_label=gettext_lazy("None: documents come at random until a first model can be built"),
        help_text=gettext_lazy(
            "What it learned elsewhere counts beside the decisions made here, and ranks the documents "
            "before anything is coded. It can be changed or removed later."
        ),
    )

    def __init__(self, workspace: Workspace, project: Project, data: Any = None, *, user: User) -> None:
        super().__init__(workspace, project, data)
        field = self.fields["linked_model"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = links.linkable(user, workspace)

    def settings(self) -> dict[str, Any]:
        told = super().settings()
        del told["field_name"], told["linked_model"]
        return told


class AnswersForm(forms.Form):
    """The name of the question, beside its answers."""

    field_name = forms.CharField(label=gettext_lazy("Question"), max_length=100)


class DeleteForm(forms.Form):
    """The project's name, typed by whoever wants it gone."""

    confirmation = forms.CharField(label=gettext_lazy("Type the name of the project"), max_length=200)


class ChoiceForm(forms.Form):
    """One answer of the review field."""

    value = forms.CharField(max_length=100, required=False, label=gettext_lazy("Answer"))
    role = forms.ChoiceField(
        choices=[
            ("positive", gettext_lazy("Relevant: the model looks for these")),
            ("negative", gettext_lazy("Not relevant")),
            ("neutral", gettext_lazy("Neutral")),
        ],
        label=gettext_lazy("Means"),
    )
    hotkey = forms.CharField(max_length=1, required=False, label=gettext_lazy("Key"))


class BaseChoices(BaseFormSet):  # type: ignore[type-arg] # generic in the stubs only
    """The answers of a review field; rows without a name are left out."""

    def choices(self) -> list[tuple[str, str, str]]:
        """``(value, role, hotkey)`` as the domain takes them."""
        rows = (form.cleaned_data for form in self.forms)
        return [(row["value"], row["role"], row["hotkey"]) for row in rows if row.get("value")]


Choices = formset_factory(ChoiceForm, formset=BaseChoices, extra=2, max_num=MOST_CHOICES, absolute_max=MOST_CHOICES)


def choices(data: Any, known: list[tuple[str, str, str]]) -> BaseChoices:
    """The answers to fill in: those there are, and two empty neutral rows."""
    rows = [{"value": value, "role": role, "hotkey": hotkey} for value, role, hotkey in known]
    formset = Choices(data, initial=rows, prefix="choices")
    for form in formset.extra_forms:
        form.initial.setdefault("role", "neutral")
    assert isinstance(formset, BaseChoices)
    return formset


def _initial(project: Project, reviewers: str) -> dict[str, Any]:
    offered = project.every_n in projects.EVERY_N
    return {
        "name": project.name,
        "instructions": project.instructions,
        "document_tags": project.document_tags,
        "every_n": str(project.every_n) if offered else OTHER,
        "every_n_other": None if offered else project.every_n,
        "queue": project.queue,
        "control_percent": round(project.control_share * 100, 4),
        "second_look_percent": round(project.second_look_share * 100, 4),
        "completion_choice": project.completion_choice,
        "reviewer_priority": reviewers,
        "training_filter": project.training_filter,
        "hold_out": project.hold_out,
    }
