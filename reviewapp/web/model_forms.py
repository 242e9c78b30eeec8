"""What people fill in about a trained model: when it is exported, edited, categorized, restricted."""

from typing import Any

from django import forms
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from models_lib import categories, library
from models_lib.models import Category, ModelVersion, TrainedModel
from reviewapp.domain import people
from reviewapp.models import User, Workspace

DROPS = (2, 3, 5, 10)


class CategoriesField(forms.TypedMultipleChoiceField):
    """Categories of a workspace, as boxes to tick; gives primary keys."""

    def __init__(self, **options: Any) -> None:
        super().__init__(coerce=int, widget=forms.CheckboxSelectMultiple, **options)


class CategorizedForm(forms.Form):
    """A form with the categories of a workspace."""

    categories = CategoriesField(label=gettext_lazy("Categories"), required=False)

    def __init__(self, workspace: Workspace, *args: Any, **options: Any) -> None:
        self._workspace = workspace
        super().__init__(*args, **options)
        field = self.fields["categories"]
        assert isinstance(field, CategoriesField)
        field.choices = [(str(category.pk), category.name) for category in workspace.categories.all()]

    def chosen(self) -> list[Category]:
        """The ticked categories."""
        return categories.named(self._workspace, self.cleaned_data["categories"])


class ModelForm(CategorizedForm):
    """Name, description and categories: all that can be changed of a model (R-33)."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=10_000, widget=forms.Textarea({"rows": 3})
    )
    field_order = ("name", "description", "categories")

    def said(self) -> dict[str, Any]:
        """The fields as the domain takes them."""
        told = self.cleaned_data
        return {"name": told["name"], "description": told["description"], "categories": self.chosen()}


class ExportForm(ModelForm):
    """A new export; which words to leave out is told with what that would leave out now."""

    drop_below = forms.TypedChoiceField(
        label=gettext_lazy("Leave out rare words"),
        coerce=int,
        initial="1",
        help_text=gettext_lazy(
            "Words that are left out count nowhere. Ranks by the model are then no longer, to the bit, "
            "those of coding all of its documents in one project."
        ),
    )

    def __init__(self, workspace: Workspace, version: ModelVersion | None, *args: Any, **options: Any) -> None:
        super().__init__(workspace, *args, **options)
        field = self.fields["drop_below"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("1", _("Keep every word (exact)")), *((str(k), _drop(k, version)) for k in DROPS)]

    def said(self) -> dict[str, Any]:
        return super().said() | {"drop_below": self.cleaned_data["drop_below"]}


class CategorizeForm(CategorizedForm):
    """Categories to put on several models, or to take off."""

    take_off = forms.TypedChoiceField(
        label=gettext_lazy("What to do"),
        choices=[("", gettext_lazy("Put them on the models")), ("1", gettext_lazy("Take them off the models"))],
        required=False,
        coerce=bool,
        widget=forms.RadioSelect,
        initial="",
    )


class AccessForm(forms.Form):
    """Who may see a model (R-12)."""

    restricted = forms.TypedChoiceField(
        label=gettext_lazy("Seen by"),
        choices=[
            ("", gettext_lazy("Everybody who may see trained models here")),
            ("1", gettext_lazy("Only admins and these people")),
        ],
        required=False,
        coerce=bool,
        widget=forms.RadioSelect,
    )
    people = forms.TypedMultipleChoiceField(
        label=gettext_lazy("People"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, model: TrainedModel, data: Any = None) -> None:
        named = library.named_on(model)
        initial = {"restricted": "1" if model.restricted else "", "people": [str(person.pk) for person in named]}
        super().__init__(data, initial=initial)
        members = [member for member in people.members(model.workspace) if "view_models" in member.rights]
        self._readers = {member.user.pk: member.user for member in members if "administer" not in member.rights}
        field = self.fields["people"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(str(pk), str(person)) for pk, person in self._readers.items()]

    def named(self) -> list[User]:
        """The ticked people."""
        return [self._readers[pk] for pk in self.cleaned_data["people"]]


def _drop(below: int, version: ModelVersion | None) -> str:
    """One choice of how rare a word must be to be left out, with how many that are now."""
    said = _("Leave out those of fewer than %(below)s documents") % {"below": below}
    figures = version.metrics if version else {}
    rare = figures.get("tokens_in_fewer_than", {}).get(str(below))
    return (
        said
        if rare is None
        else _("%(said)s: %(rare)s of %(tokens)s")
        % {"said": said, "rare": intcomma(rare), "tokens": intcomma(figures["tokens"])}
    )
