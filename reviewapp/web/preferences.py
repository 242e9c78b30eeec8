"""How the pages look to one person."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from reviewapp.domain import preferences
from reviewapp.domain.preferences import CHOICES
from reviewapp.web.pages import Request

SAID = {
    "theme": ("Theme", ""),
    "density": ("Density", ""),
    "reading": ("Size of document text", "On the review page and wherever a document is read."),
    "time_zone": ("Time zone", "Every time on the pages is shown in it. Files and REST stay in UTC."),
    "keys": (
        "Single-key shortcuts",
        "Switch them off when you speak to your computer, or strike keys by chance. Ctrl K works all the same.",
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
                label=label,
                help_text=told,
                choices=choices,
                required="" not in dict(choices),
                widget=forms.RadioSelect if len(choices) <= MOST_BESIDE_EACH_OTHER else forms.Select,
            )


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: Request) -> HttpResponse:
    """Choose; what is chosen holds on every computer that the person signs in on."""
    form = PreferencesForm(request.POST or None, initial=vars(preferences.of(request.user)))
    if form.is_valid():
        preferences.choose(request.user, **form.cleaned_data)
        messages.success(request, "Your pages look like this from now on.")
        return redirect("preferences")
    return render(request, "accounts/preferences.html", {"form": form}, status=422 if form.is_bound else 200)
