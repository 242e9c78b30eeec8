"""A person's API tokens: made, listed, revoked."""

from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from reviewapp import access
from reviewapp.domain import tokens
from reviewapp.errors import Invalid
from reviewapp.models import User, Workspace
from reviewapp.web import refusals
from reviewapp.web.pages import Request, page_of

LIVES = [
    ("30", gettext_lazy("in 30 days")),
    ("90", gettext_lazy("in 90 days")),
    ("365", gettext_lazy("in a year")),
    ("", gettext_lazy("never")),
]


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What uses it, so that you know which one to revoke."),
    )
    expires = forms.ChoiceField(label=gettext_lazy("Expires"), choices=LIVES, initial="90", required=False)
    read_only = forms.BooleanField(
        label=gettext_lazy("Reads only"),
        required=False,
        help_text=gettext_lazy("Enough for reports and dashboards; it can change nothing."),
    )

    workspace = forms.ModelChoiceField(
        queryset=Workspace.objects.none(),
        label=gettext_lazy("Opens"),
        empty_label=gettext_lazy("all workspaces that you see"),
        required=False,
        help_text=gettext_lazy(
            "For a token of one workspace nothing else is there: lists leave it out, addresses answer 404."
        ),
    )

    def __init__(self, person: User, *given: Any) -> None:
        super().__init__(*given)
        field = cast("forms.ModelChoiceField[Workspace]", self.fields["workspace"])
        field.queryset = access.visible(person, Workspace).order_by("name")

    def clean_expires(self) -> datetime | None:
        days = self.cleaned_data["expires"]
        return timezone.now() + timedelta(days=int(days)) if days else None


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    """The tokens; a new one is shown in the answer that made it, and never again."""
    form, plain = TokenForm(request.user, request.POST or None), ""
    if form.is_valid():
        try:
            plain = tokens.create(request.user, **form.cleaned_data)[1]
            form = TokenForm(request.user)
        except Invalid as problem:
            refusals.tell(form, problem)
    page = page_of(request, tokens.of(request.user))
    status = 422 if form.is_bound else 200
    return render(request, "tokens/index.html", {"form": form, "plain": plain, "page": page}, status=status)


@require_POST
def revoke(request: Request) -> HttpResponse:
    tokens.revoke(request.user, request.POST.get("token", ""))
    messages.success(request, _("The token is revoked: it opens nothing any more."))
    return redirect("tokens")
