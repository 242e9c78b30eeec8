"""Webhooks on the pages of a workspace."""

import re
from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from reviewapp.domain import jobs, webhooks
from reviewapp.models import Delivery, Event, User, Webhook, Workspace
from reviewapp.tasks import deliver
from tests import receiver
from tests.cast import Cast

Browser = Callable[[User], Client]
GOOD: dict[str, Any] = {"name": "Archive", "url": "https://example.org/hook", "events": ["version.ready"]}


def secret_in(page: str) -> str:
    found = re.search(r'id="plain" type="text" readonly value="(whsec_[^"]+)"', page)
    return found[1] if found else ""


def test_a_webhook_is_made_and_its_secret_shown_once(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    client, index = browser(cast.alice), reverse("workspace-webhooks", args=[workspace.pk])
    assert "No webhooks yet" in client.get(index).content.decode()
    assert secret_in(client.post(index, GOOD).content.decode())
    again = client.get(index).content.decode()
    assert "Archive" in again
    assert not secret_in(again)
    show = client.get(reverse("webhook", args=[Webhook.objects.get().pk])).content.decode()
    assert not secret_in(show)


def test_a_new_secret_is_shown_once(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    hook, old = webhooks.create(workspace, cast.alice, **GOOD)
    page = browser(cast.alice).post(reverse("webhook-secret", args=[hook.pk])).content.decode()
    assert secret_in(page) not in ("", old)


def test_what_is_wrong_stands_beside_its_field(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    index = reverse("workspace-webhooks", args=[workspace.pk])
    answer = browser(cast.alice).post(index, GOOD | {"url": "http://192.168.0.1/"})
    assert answer.status_code == 422
    assert "not public" in answer.content.decode()
    assert not Webhook.objects.exists()


def test_settings_are_changed(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    hook, _ = webhooks.create(workspace, cast.alice, **GOOD)
    changed = {"name": "Elsewhere", "url": "https://example.com/", "events": ["tag.moved", "export.ready"]}
    browser(cast.alice).post(reverse("webhook", args=[hook.pk]), changed)
    hook.refresh_from_db()
    assert (hook.name, hook.url, hook.events, hook.active) == (
        "Elsewhere",
        "https://example.com/",
        ["tag.moved", "export.ready"],
        False,
    )


def test_a_test_message_is_sent_and_what_the_receiver_says_is_text(
    workspace: Workspace, cast: Cast, browser: Browser, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiver.listening() as there:
        there.says, there.statuses = b"<script>alert(1)</script>", [418]
        hook, _ = webhooks.create(workspace, cast.alice, **GOOD | {"url": there.url})
        client = browser(cast.alice)
        client.post(reverse("webhook-test", args=[hook.pk]))
        for pk, _ in jobs.waiting():
            deliver(pk)
    page = client.get(reverse("webhook", args=[hook.pk])).content.decode()
    assert "418" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert 'hx-trigger="every 2s"' in page  # it waits for the next try


def test_a_message_is_sent_again_by_hand(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    hook, _ = webhooks.create(workspace, cast.alice, **GOOD)
    delivery = webhooks.test(hook, cast.alice)
    Delivery.objects.update(state=Delivery.State.FAILED)
    browser(cast.alice).post(reverse("webhook-redeliver", args=[hook.pk, delivery.pk]))
    assert Delivery.objects.get().state == Delivery.State.WAITING


def test_a_webhook_is_deleted(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    hook, _ = webhooks.create(workspace, cast.alice, **GOOD)
    browser(cast.alice).post(reverse("webhook-delete", args=[hook.pk]))
    assert not Webhook.objects.exists()


def test_the_log_costs_the_same_few_queries_however_long_it_is(
    workspace: Workspace, cast: Cast, browser: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    hook, _ = webhooks.create(workspace, cast.alice, **GOOD)
    for _ in range(30):
        webhooks.tell(Event.VERSION_READY, workspace)
    client = browser(cast.alice)
    with django_assert_max_num_queries(9):
        client.get(reverse("webhook", args=[hook.pk]))
