"""How the pages look to one person."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from django.views.decorators.http import require_http_methods

from reviewapp.domain import preferences
from reviewapp.domain.preferences import CHOICES
from reviewapp.web import languages
from reviewapp.web.pages import Request

SAID = {
    "language": (
        gettext_noop("Language"),
        gettext_noop("Of the pages. Documents, labels and whatever people write stay as they are."),
    ),
    "theme": (gettext_noop("Theme"), ""),
    "density": (gettext_noop("Density"), ""),
    "reading": (
        gettext_noop("Size of document text"),
        gettext_noop("On the review page and wherever a document is read."),
    ),
    "time_zone": (
        gettext_noop("Time zone"),
        gettext_noop("Every time on the pages is shown in it. Files and REST stay in UTC."),
    ),
    "keys": (
        gettext_noop("Single-key shortcuts"),
        gettext_noop(
            "Switch them off when you speak to your computer, or strike keys by chance. Ctrl K works all the same."
        ),
    ),
}
MOST_BESIDE_EACH_OTHER = 5  # choices; more become a list that opens


class PreferencesForm(forms.Form):
    """One field for each thing that can be chosen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in CHOICES.items():
            label, told = SAID[name]
            self.fields[name] = forms.ChoiceField(
                label=_(label),
                help_text=told and _(told),
                choices=choices,
                required="" not in dict(choices),
                widget=forms.RadioSelect if len(choices) <= MOST_BESIDE_EACH_OTHER else forms.Select,
            )


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: Request) -> HttpResponse:
    """Choose; what is chosen holds on every computer that the person signs in on."""
    form = PreferencesForm(request.POST or None, initial=vars(preferences.of(request.user)))
    if form.is_valid():
        chosen = preferences.choose(request.user, **form.cleaned_data)
        with override(languages.of(chosen, request)):
            messages.success(request, _("Your pages look like this from now on."))
        return redirect("preferences")
    return render(request, "accounts/preferences.html", {"form": form}, status=422 if form.is_bound else 200)
