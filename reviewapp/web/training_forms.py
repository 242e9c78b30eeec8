"""What the Training page asks: how to train, and when active learning does it by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import text
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from reviewapp.domain import items
from reviewapp.domain.trainings import FREQUENCIES, Wish
from reviewapp.labeling import stored
from reviewapp.models import Project
from reviewapp.web.project_forms import MOST_TAGS
from training.annotation.plan import wanted
from training.core.parameters import RANGES, USED, Parameters

OTHER = "other"
YES, NO = "yes", "no"
ENGINES = (
    ("crfsuite", gettext_lazy("CRFsuite: batch training, fast")),
    ("minibatch", gettext_lazy("Mini-batch: slower, heeds every parameter")),
)
SPLITS = (
    ("share", gettext_lazy("By share: the validation split, always the same tasks")),
    (
        "tags",
        gettext_lazy("By tags: tasks with the tag Test measure and never train; those with Train do, or all others"),
    ),
)
LEARNED = {
    "ner": gettext_noop("entities"),
    "assertion": gettext_noop("assertion status"),
    "choice-single": gettext_noop("choices"),
    "choice-multiple": gettext_noop("choices"),
}


@dataclass(frozen=True)
class Parameter:
    """A parameter's field, and with each engine whether it has an effect here (J-14)."""

    field: forms.BoundField
    effects: Mapping[str, str]


class StartForm(forms.Form):
    """How a training shall be; ``wish()`` gives it as the domain takes it."""

    deploy = forms.ChoiceField(
        label=gettext_lazy("Deploy"),
        choices=[(NO, gettext_lazy("Train only")), (YES, gettext_lazy("Train and deploy"))],
        error_messages={"required": "Say whether the models are deployed when they are trained."},
    )
    engine = forms.ChoiceField(
        label=gettext_lazy("Entities are learned by"), choices=ENGINES, required=False, widget=forms.RadioSelect
    )
    split = forms.ChoiceField(
        label=gettext_lazy("Measured on"), choices=SPLITS, required=False, widget=forms.RadioSelect
    )
    tags = forms.MultipleChoiceField(
        required=False,
        label=gettext_lazy("Only tasks with one of these tags"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nothing ticked: all tasks count."),
    )

    def __init__(self, project: Project, data: Any = None) -> None:
        first: dict[str, Any] = vars(Parameters()) | {"engine": ENGINES[0][0], "split": SPLITS[0][0]}
        super().__init__(data, initial=first)
        self._kinds = [each.kind for each in wanted(stored(project.labeling_config))]
        for name, about in RANGES.items():
            self.fields[name] = forms.FloatField(
                label=about.name,
                min_value=about.lowest,
                max_value=about.highest,
                required=False,
                help_text=_("%(low)s to %(high)s") % {"low": _plain(about.lowest), "high": _plain(about.highest)},
                widget=forms.NumberInput(attrs={"step": "1" if about.whole else "any"}),
            )
        tags = self.fields["tags"]
        assert isinstance(tags, forms.MultipleChoiceField)
        tags.choices = [(tag, tag) for tag in items.tags(project.workspace, MOST_TAGS)]

    @property
    def parameters(self) -> list[Parameter]:
        """The six numbers, in the order in which they are listed everywhere."""
        engines = [name for name, said in ENGINES]
        return [Parameter(self[name], {engine: self._effect(name, engine) for engine in engines}) for name in RANGES]

    @property
    def has_entities(self) -> bool:
        """Whether it matters by what entities are learned."""
        return "ner" in self._kinds

    @property
    def is_wrong_inside(self) -> bool:
        """Whether a mistake stands where it is not seen until the parameters are opened."""
        return bool(set(self.errors) - {"deploy"})

    def wish(self) -> Wish:
        """What was asked for; an empty number stands for its default."""
        told = self.cleaned_data
        numbers = {name: told[name] for name in RANGES if told[name] is not None}
        return Wish(numbers, told["engine"] or ENGINES[0][0], told["tags"], told["split"] == "tags")

    def _effect(self, parameter: str, engine: str) -> str:
        engines = {"ner": engine, "assertion": "assertion", "choice-single": "choices", "choice-multiple": "choices"}
        using = [_(LEARNED[kind]) for kind in self._kinds if parameter in USED[engines[kind]]]
        if not using:
            return _("recorded, no effect")
        return (
            _("used") if len(using) == len(self._kinds) else _("used for %(kinds)s") % {"kinds": _(" and ").join(using)}
        )


def _plain(number: float) -> str:
    return f"{number:f}".rstrip("0").rstrip(".")


class ActiveLearningForm(forms.Form):
    """The switch (J-45), its frequency (J-47), and what becomes of each new model (J-49)."""

    on = forms.BooleanField(required=False, label=gettext_lazy("Train by itself while people annotate"))
    every_n = forms.ChoiceField(
        label=gettext_lazy("Train after every"),
        choices=[
            *((str(n), text.format_lazy(gettext_lazy("{n} new completions"), n=n)) for n in FREQUENCIES),
            (OTHER, gettext_lazy("another number …")),
        ],
    )
    every_n_other = forms.IntegerField(
        label=gettext_lazy("Number of completions"), required=False, min_value=1, max_value=100_000
    )
    deploy = forms.ChoiceField(
        label=gettext_lazy("When a new model is trained"),
        required=False,
        choices=[
            (YES, gettext_lazy("Deploy it: it pre-annotates from then on")),
            (NO, gettext_lazy("Only keep it: deploy it later if you like")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, project: Project, data: Any = None) -> None:
        offered = project.every_n in FREQUENCIES
        super().__init__(
            data,
            initial={
                "on": project.active_learning,
                "every_n": str(project.every_n) if offered else OTHER,
                "every_n_other": None if offered else project.every_n,
                "deploy": (YES if project.deploys else NO) if project.active_learning else None,
            },
        )

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        other = told.get("every_n") == OTHER and "every_n_other" not in self.errors
        if told.get("on") and other and not told.get("every_n_other"):
            self.add_error("every_n_other", _("Type the number of completions."))
        return told

    def settings(self) -> dict[str, Any]:
        """As the domain takes it."""
        told = self.cleaned_data
        if not told["on"]:
            return {"on": False}
        every = told["every_n_other"] if told["every_n"] == OTHER else told["every_n"]
        deploy = {YES: True, NO: False}.get(told["deploy"])
        return {"on": True, "every_n": int(every) if every else None, "deploy": deploy}
