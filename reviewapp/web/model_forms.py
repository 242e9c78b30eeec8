"""What people fill in about a trained model: when it is exported, edited, categorized, restricted."""

from typing import Any

from django import forms

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

    categories = CategoriesField(required=False)

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

    name = forms.CharField(max_length=200)
    description = forms.CharField(required=False, max_length=10_000, widget=forms.Textarea({"rows": 3}))
    field_order = ("name", "description", "categories")

    def said(self) -> dict[str, Any]:
        """The fields as the domain takes them."""
        told = self.cleaned_data
        return {"name": told["name"], "description": told["description"], "categories": self.chosen()}


class ExportForm(ModelForm):
    """A new export; which words to leave out is told with what that would leave out now."""

    drop_below = forms.TypedChoiceField(
        label="Leave out rare words",
        coerce=int,
        initial="1",
        help_text="Words that are left out count nowhere. Ranks by the model are then no longer, to the bit, those of "
        "coding all of its documents in one project.",
    )

    def __init__(self, workspace: Workspace, version: ModelVersion | None, *args: Any, **options: Any) -> None:
        super().__init__(workspace, *args, **options)
        field = self.fields["drop_below"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("1", "Keep every word (exact)"), *((str(k), _drop(k, version)) for k in DROPS)]

    def said(self) -> dict[str, Any]:
        return super().said() | {"drop_below": self.cleaned_data["drop_below"]}


class CategorizeForm(CategorizedForm):
    """Categories to put on several models, or to take off."""

    take_off = forms.TypedChoiceField(
        label="What to do",
        choices=[("", "Put them on the models"), ("1", "Take them off the models")],
        required=False,
        coerce=bool,
        widget=forms.RadioSelect,
        initial="",
    )


class AccessForm(forms.Form):
    """Who may see a model (R-12)."""

    restricted = forms.TypedChoiceField(
        label="Seen by",
        choices=[("", "Everybody who may see trained models here"), ("1", "Only admins and these people")],
        required=False,
        coerce=bool,
        widget=forms.RadioSelect,
    )
    people = forms.TypedMultipleChoiceField(
        label="People", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
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
    said = f"Leave out those of fewer than {below} documents"
    figures = version.metrics if version else {}
    rare = figures.get("tokens_in_fewer_than", {}).get(str(below))
    return said if rare is None else f"{said}: {rare:,} of {figures['tokens']:,}"
