"""The table of the *Trained Models* tab: its columns, which of them a person looks at, and what narrows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from models_lib import categories
from models_lib.catalogue import ORDERS, Wanted
from models_lib.models import TrainedModel
from models_lib.models.library import Status
from reviewapp.models import User, Workspace
from reviewapp.web.pages import Request
from reviewapp.web.words import called

CHOSEN = "model_columns"  # in the session
NONE = "none"  # the category of models without one
GROUPS = [
    ("", gettext_lazy("All")),
    ("exported", gettext_lazy("Exported here")),
    ("progress", gettext_lazy("In progress")),
    ("shared", gettext_lazy("Shared in")),
]
SPANS = ("positives", "negatives", "documents", "vocabulary", "size", "links")
DAYS = ("created", "modified")


@dataclass(frozen=True)
class Column:
    """One column of the table; the name stands in front of all, always."""

    key: str
    label: str
    ordinarily: bool = False  # whether it is shown to who has not chosen
    number: bool = False


COLUMNS = (
    Column("description", gettext_noop("Description")),
    Column("categories", gettext_noop("Categories"), ordinarily=True),
    Column("status", gettext_noop("Model Export Status"), ordinarily=True),
    Column("guid", gettext_noop("GUID")),
    Column("origin", gettext_noop("Origin"), ordinarily=True),
    Column("positives", gettext_noop("Relevant"), number=True),
    Column("negatives", gettext_noop("Not relevant"), number=True),
    Column("documents", gettext_noop("Documents"), ordinarily=True, number=True),
    Column("vocabulary", gettext_noop("Vocabulary"), number=True),
    Column("features", gettext_noop("Algorithm and features")),
    Column("payload", gettext_noop("Payload hash")),
    Column("size", gettext_noop("Size"), number=True),
    Column("created_by", gettext_noop("Created by")),
    Column("created_at", gettext_noop("Created")),
    Column("modified_by", gettext_noop("Modified by")),
    Column("modified_at", gettext_noop("Modified"), ordinarily=True),
    Column("links", gettext_noop("Linked projects"), ordinarily=True, number=True),
)


@dataclass(frozen=True)
class Heading:
    """A column as the head of the table draws it."""

    column: Column
    order: str  # what the table is ordered by now

    @property
    def sorted(self) -> str:
        """For ``aria-sort``."""
        if self.order.removeprefix("-") != self.column.key:
            return "none"
        return "descending" if self.order.startswith("-") else "ascending"

    @property
    def next(self) -> str:
        """The order that a click asks for: numbers and times begin with the greatest."""
        greatest_first = self.column.number or self.column.key.endswith("_at")
        if self.sorted == "none":
            return f"-{self.column.key}" if greatest_first else self.column.key
        return self.column.key if self.sorted == "descending" else f"-{self.column.key}"


def chosen(request: Request) -> list[Column]:
    """The columns that the person looks at."""
    keys = request.session.get(CHOSEN)
    return [column for column in COLUMNS if (column.ordinarily if keys is None else column.key in keys)]


def choose(request: Request, keys: Iterable[str]) -> None:
    """Remember the columns for as long as the person is signed in; what is no column is left out."""
    request.session[CHOSEN] = [column.key for column in COLUMNS if column.key in set(keys)]


def headings(columns: Iterable[Column], order: str) -> list[Heading]:
    """The head of the table, the name first."""
    return [Heading(column, order) for column in (Column("name", gettext_noop("Name")), *columns)]


class Filter(forms.Form):
    """What to look for, column by column; every field may stay empty."""

    group = forms.ChoiceField(required=False, choices=GROUPS, widget=forms.HiddenInput)
    order = forms.CharField(required=False, widget=forms.HiddenInput)
    words = forms.CharField(
        required=False,
        label=gettext_lazy("Search"),
        max_length=200,
        widget=forms.TextInput({"type": "search", "placeholder": gettext_lazy("Name or description")}),
    )
    status = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Model Export Status"),
        choices=[("", gettext_lazy("Any status")), *called(Status)],
    )
    category = forms.ChoiceField(required=False, label=gettext_lazy("Category"))
    name = forms.CharField(required=False, label=gettext_lazy("Name has"), max_length=200)
    description = forms.CharField(required=False, label=gettext_lazy("Description has"), max_length=200)
    guid = forms.CharField(required=False, label=gettext_lazy("GUID begins with"), max_length=36)
    payload = forms.CharField(required=False, label=gettext_lazy("Payload hash begins with"), max_length=64)
    origin = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Origin"),
        choices=[("", gettext_lazy("Any origin")), *called(TrainedModel.Origin)],
    )
    features = forms.IntegerField(required=False, label=gettext_lazy("Features version"), min_value=0, max_value=10_000)
    created_by = forms.CharField(required=False, label=gettext_lazy("Created by"), max_length=150)
    modified_by = forms.CharField(required=False, label=gettext_lazy("Modified by"), max_length=150)

    def __init__(self, user: User, workspace: Workspace, data: Any) -> None:
        super().__init__(data)
        known = [(str(category.pk), category.name) for category in categories.shown(user, workspace)]
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Any category")), (NONE, _("No category")), *known]
        labels = {column.key: _(column.label) for column in COLUMNS}
        for name in SPANS:
            for end, said in (("min", _("at least")), ("max", _("at most"))):
                unit = " (kB)" if name == "size" else ""
                self.fields[f"{name}_{end}"] = forms.IntegerField(
                    required=False, label=f"{labels[name]} {said}{unit}", min_value=0, max_value=10**12
                )
        for name in DAYS:
            for end, said in (("min", _("from")), ("max", _("until"))):
                day = forms.DateField(
                    required=False, label=f"{labels[name + '_at']} {said}", widget=forms.DateInput({"type": "date"})
                )
                self.fields[f"{name}_{end}"] = day

    def wanted(self) -> Wanted:
        """What was asked for; what cannot be read is left out, and the field says so."""
        told = {name: value for name, value in getattr(self, "cleaned_data", {}).items() if value not in ("", None)}
        order = told.pop("order", "")
        category, status = told.pop("category", ""), told.pop("status", "")
        ends: dict[str, Any] = {
            name: (told.pop(f"{name}_min", None), told.pop(f"{name}_max", None)) for name in (*SPANS, *DAYS)
        }
        ends["size"] = tuple(None if kilobytes is None else kilobytes * 1000 for kilobytes in ends["size"])
        if order.removeprefix("-") in ORDERS:
            told["order"] = order
        return Wanted(
            category=int(category) if category not in ("", NONE) else None,
            uncategorized=category == NONE,
            statuses=(status,) if status else (),
            **told,
            **ends,
        )

    def further(self) -> list[forms.BoundField]:
        """The fields behind *More filters*."""
        return [self[name] for name in self.fields if name not in ("group", "order", "words", "status", "category")]

    def is_further(self) -> bool:
        """Whether any of them is filled in, or wrong."""
        return any(field.data or field.errors for field in self.further())
