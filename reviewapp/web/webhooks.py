"""Webhooks: the list of a workspace, one with its log, its secret, a test, and sending again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reviewapp import access
from reviewapp.domain import webhooks
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import Delivery, Event, Webhook, Workspace
from reviewapp.web import refusals
from reviewapp.web.pages import Request, draw, page_of
from reviewapp.web.words import called

DELIVERIES = 20  # a page


class WebhookForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("Who listens there."))
    url = forms.CharField(
        max_length=2000,
        label=gettext_lazy("Address"),
        widget=forms.URLInput(attrs={"placeholder": "https://example.org/hooks/review"}),
        help_text=gettext_lazy("Gets a POST with JSON. It must be public, and is not followed when it redirects."),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"), choices=called(Event), widget=forms.CheckboxSelectMultiple
    )


class ChangeForm(WebhookForm):
    active = forms.BooleanField(required=False, label=gettext_lazy("Active: messages are sent"))


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request, pk: int) -> HttpResponse:
    """The webhooks; a new one's secret is shown in the answer that made it, and never again."""
    workspace = access.get(request.user, Workspace, pk, may="administer")
    form, made, plain = WebhookForm(request.POST or None), None, ""
    if form.is_valid():
        try:
            made, plain = webhooks.create(workspace, request.user, **form.cleaned_data)
            form = WebhookForm()
        except Invalid as problem:
            refusals.tell(form, problem)
        except Conflict as problem:
            form.add_error(None, problem.message)
    status = 422 if form.is_bound else 200
    page = page_of(request, workspace.webhooks.all())
    return draw(request, "webhooks/index.html", workspace, form=form, page=page, made=made, plain=plain, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: Request, pk: int) -> HttpResponse:
    webhook = access.get(request.user, Webhook, pk, may="administer")
    initial = {name: getattr(webhook, name) for name in ChangeForm.base_fields}
    form = ChangeForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            webhooks.change(webhook, request.user, form.cleaned_data)
            messages.success(request, _("The webhook is saved."))
            return redirect("webhook", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    return _page(request, webhook, form=form, status=422 if form.is_bound else 200)


@require_safe
def live(request: Request, pk: int) -> HttpResponse:
    """The log of deliveries alone, for the page to keep up with it."""
    webhook = access.get(request.user, Webhook, pk, may="administer")
    return draw(request, "webhooks/_log.html", webhook, **_logged(request, webhook))


@require_POST
def new_secret(request: Request, pk: int) -> HttpResponse:
    """Another secret, shown in this answer and never again."""
    webhook = access.get(request.user, Webhook, pk, may="administer")
    return _page(request, webhook, plain=webhooks.new_secret(webhook, request.user))


@require_POST
def test(request: Request, pk: int) -> HttpResponse:
    webhooks.test(access.get(request.user, Webhook, pk, may="administer"), request.user)
    messages.success(request, _("A test message is on its way; the log below shows what comes of it."))
    return redirect("webhook", pk)


@require_POST
def redeliver(request: Request, pk: int, delivery: int) -> HttpResponse:
    webhook = access.get(request.user, Webhook, pk, may="administer")
    webhooks.redeliver(webhooks.find_delivery(webhook, delivery), request.user)
    messages.success(request, _("The message is sent again."))
    return redirect("webhook", pk)


@require_POST
def delete(request: Request, pk: int) -> HttpResponse:
    webhook = access.get(request.user, Webhook, pk, may="administer")
    workspace = webhook.workspace_id
    webhooks.delete(webhook, request.user)
    messages.success(request, _("The webhook “%(name)s” is deleted.") % {"name": webhook.name})
    return redirect("workspace-webhooks", workspace)


def _page(request: Request, webhook: Webhook, *, status: int = 200, **context: Any) -> HttpResponse:
    initial = {name: getattr(webhook, name) for name in ChangeForm.base_fields}
    drawn = {"form": ChangeForm(initial=initial)} | _logged(request, webhook) | context
    return draw(request, "webhooks/show.html", webhook, status=status, **drawn)


def _logged(request: Request, webhook: Webhook) -> dict[str, Any]:
    page = page_of(request, webhooks.log(webhook), DELIVERIES)
    moving = any(delivery.standing == Delivery.State.WAITING for delivery in page.object_list)
    return {"webhook": webhook, "page": page, "moving": moving}
