"""Webhooks: told in the transaction of what happened, signed, and again until taken."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from reviewapp.beat import TASKS
from reviewapp.celery import app
from reviewapp.domain import jobs, webhooks
from reviewapp.errors import Conflict, Invalid, NotFound
from reviewapp.models import AuditEvent, Delivery, Event, Job, Project, User, Webhook, Workspace
from reviewapp.tasks import deliver
from tests import receiver
from tests.cast import Cast, fresh, trained
from tests.receiver import Receiver
from training.tasks import train

ALL = [str(event) for event in Event]
WRONG: list[dict[str, Any]] = [{"name": " "}, {"url": "example.org"}, {"events": []}, {"events": ["made.up"]}]


@pytest.fixture
def there(settings: Settings) -> Iterator[Receiver]:
    """A receiver on this machine, and a server that may send to it."""
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiver.listening() as listening:
        yield listening


@pytest.fixture
def hook(workspace: Workspace, cast: Cast, there: Receiver) -> Webhook:
    return made(workspace, cast.alice, there.url)[0]


def made(workspace: Workspace, by: User, url: str, name: str = "Archive") -> tuple[Webhook, str]:
    return webhooks.create(workspace, by, name=name, url=url, events=ALL)


def perform() -> None:
    """Send what is due, as the worker would."""
    for pk, kind in jobs.waiting():
        if kind == Job.Kind.DELIVER:
            deliver(pk)


def let_time_pass() -> None:
    Job.objects.filter(kind=Job.Kind.DELIVER, state=Job.State.QUEUED).update(not_before=timezone.now())


def only() -> Delivery:
    return Delivery.objects.select_related("job").get()


def documented_verify() -> Callable[[str, Any, bytes], bool]:
    """The function in the documentation, as it stands there."""
    page = (django_settings.BASE_DIR / "docs" / "how-to" / "webhooks.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert example is not None
    names: dict[str, Any] = {}
    exec(example[1], names)  # noqa: S102 - our own page
    verify: Callable[[str, Any, bytes], bool] = names["verify"]
    return verify


def lowered(received: receiver.Received) -> dict[str, str]:
    return {name.lower(): value for name, value in received.headers.items()}


def test_what_happened_is_told_signed_as_the_documentation_verifies_it(
    workspace: Workspace, cast: Cast, there: Receiver
) -> None:
    _, secret = made(workspace, cast.alice, there.url)
    webhooks.tell(Event.VERSION_READY, workspace, project=3, version=12)
    perform()
    (message,) = there.received
    verify, headers = documented_verify(), lowered(message)
    assert verify(secret, headers, message.body)
    assert not verify(secret, headers, message.body + b" ")
    assert not verify(secret, headers | {"webhook-id": "msg_other"}, message.body)
    assert not verify("whsec_" + base64.b64encode(b"x" * 32).decode(), headers, message.body)
    old = str(int(headers["webhook-timestamp"]) - 1000)
    assert not verify(secret, headers | {"webhook-timestamp": old}, message.body)
    told = json.loads(message.body)
    assert told["type"] == "version.ready"
    assert told["data"] == {"workspace": workspace.pk, "project": 3, "version": 12}
    assert only().state == Delivery.State.DELIVERED


def test_an_old_message_sent_again_is_refused_by_its_time(workspace: Workspace, cast: Cast) -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    old = int((timezone.now() - timedelta(minutes=6)).timestamp())
    signed = webhooks.signature(secret, "msg_1", old, b"{}")
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(old), "webhook-signature": signed}
    assert not documented_verify()(secret, headers, b"{}")


def test_the_signature_is_that_of_the_standard() -> None:
    """The published example of Standard Webhooks gives the published signature."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signed = webhooks.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_secret_is_not_in_the_database(workspace: Workspace, cast: Cast) -> None:
    hook, secret = made(workspace, cast.alice, "https://example.org/hook")
    webhooks.test(hook, cast.alice)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret || wrapped_key, row_to_json(w)::text FROM reviewapp_webhook w")
        sealed, row = cursor.fetchone()
        cursor.execute("SELECT string_agg(a::text, '') FROM reviewapp_auditevent a")
        (trail,) = cursor.fetchone()
    for form in (key, key.hex().encode(), secret.encode(), secret.removeprefix("whsec_").encode()):
        assert form not in bytes(sealed)
        assert form.decode("latin-1") not in row + trail


def test_a_sealed_secret_opens_only_where_it_belongs(workspace: Workspace, cast: Cast, there: Receiver) -> None:
    """A secret copied from another webhook's row signs nothing."""
    first, _ = made(workspace, cast.alice, there.url)
    second, _ = made(workspace, cast.alice, there.url, "Second")
    theirs = {"secret": bytes(first.secret), "wrapped_key": bytes(first.wrapped_key)}
    Webhook.objects.filter(pk=second.pk).update(**theirs)
    webhooks.test(second, cast.alice)
    perform()
    assert there.received == []
    assert "damaged" in only().attempts.get().said
    assert only().state == Delivery.State.FAILED


def test_nothing_is_told_of_what_was_taken_back(hook: Webhook, workspace: Workspace) -> None:
    with transaction.atomic():
        webhooks.tell(Event.TAG_MOVED, workspace, tag="live")
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()
    assert not Job.objects.exists()


def test_only_those_who_listen_are_told(workspace: Workspace, cast: Cast, there: Receiver) -> None:
    hook, _ = webhooks.create(
        workspace, cast.alice, name="Tags", url=there.url, events=[Event.TAG_MOVED, Event.TAG_MOVED]
    )
    elsewhere = Workspace.objects.get(name="Elsewhere")
    assert webhooks.tell(Event.VERSION_READY, workspace) == 0
    assert webhooks.tell(Event.TAG_MOVED, elsewhere) == 0
    assert webhooks.tell(Event.TAG_MOVED, workspace) == 1
    webhooks.change(hook, cast.alice, {"active": False})
    assert webhooks.tell(Event.TAG_MOVED, workspace) == 0


def test_what_is_not_taken_is_sent_again_later_under_the_same_id(
    hook: Webhook, workspace: Workspace, there: Receiver
) -> None:
    there.statuses = [500, 302, 200]
    webhooks.tell(Event.VERSION_READY, workspace)
    perform()
    job = Job.objects.get(kind=Job.Kind.DELIVER)
    assert job.state == Job.State.QUEUED
    assert job.not_before is not None
    assert 29 < (job.not_before - timezone.now()).total_seconds() < 34
    perform()  # not due yet
    assert len(there.received) == 1
    for _ in range(2):
        let_time_pass()
        perform()
    assert [attempt.status for attempt in only().attempts.order_by("pk")] == [500, 302, 200]
    assert only().state == Delivery.State.DELIVERED
    assert len({lowered(message)["webhook-id"] for message in there.received}) == 1
    assert len({message.body for message in there.received}) == 1
    assert Job.objects.get(kind=Job.Kind.DELIVER).state == Job.State.DONE


def test_after_the_last_wait_it_has_failed_and_can_be_sent_by_hand(
    hook: Webhook, workspace: Workspace, cast: Cast, there: Receiver
) -> None:
    there.statuses = [503]
    webhooks.tell(Event.VERSION_READY, workspace)
    for _ in range(len(webhooks.BACKOFF) + 5):
        perform()
        let_time_pass()
    assert len(there.received) == len(webhooks.BACKOFF) + 1
    assert only().state == Delivery.State.FAILED
    assert "the receiver answered 503" in Job.objects.get(kind=Job.Kind.DELIVER).error
    there.statuses = [204]
    webhooks.redeliver(only(), cast.alice)
    perform()
    assert only().state == Delivery.State.DELIVERED
    assert len({lowered(message)["webhook-id"] for message in there.received}) == 1


def test_a_delivery_that_waits_is_not_doubled(hook: Webhook, cast: Cast) -> None:
    delivery = webhooks.test(hook, cast.alice)
    with pytest.raises(Conflict):
        webhooks.redeliver(delivery, cast.alice)
    assert Job.objects.filter(kind=Job.Kind.DELIVER).count() == 1


def test_a_delivery_whose_job_was_cancelled_has_stopped_and_can_be_sent_again(
    hook: Webhook, cast: Cast, there: Receiver
) -> None:
    delivery = webhooks.test(hook, cast.alice)
    assert delivery.job is not None
    jobs.cancel(delivery.job, cast.mona)
    assert only().standing == Delivery.State.STOPPED
    webhooks.redeliver(only(), cast.alice)
    perform()
    assert only().standing == Delivery.State.DELIVERED


def test_an_address_inside_is_refused_at_once_and_not_tried_again(
    workspace: Workspace, cast: Cast, there: Receiver, settings: Settings
) -> None:
    made(workspace, cast.alice, there.url)
    settings.WEBHOOK_ALLOW_PRIVATE = False
    webhooks.tell(Event.VERSION_READY, workspace)
    perform()
    assert there.received == []
    assert only().state == Delivery.State.FAILED
    assert "not public" in only().attempts.get().said
    with pytest.raises(Invalid):
        made(workspace, cast.alice, there.url, "Second")


def test_a_webhook_that_was_switched_off_gets_nothing_but_a_test(hook: Webhook, cast: Cast, there: Receiver) -> None:
    webhooks.tell(Event.VERSION_READY, hook.workspace)
    webhooks.change(hook, cast.alice, {"active": False})
    perform()
    assert there.received == []
    assert only().state == Delivery.State.DROPPED
    webhooks.test(hook, cast.alice)
    perform()
    assert json.loads(there.received[0].body)["type"] == "webhook.test"


def test_a_new_secret_signs_from_now_on(workspace: Workspace, cast: Cast, there: Receiver) -> None:
    hook, old = made(workspace, cast.alice, there.url)
    new = webhooks.new_secret(hook, cast.alice)
    webhooks.test(hook, cast.alice)
    perform()
    verify, (message,) = documented_verify(), there.received
    assert verify(new, lowered(message), message.body)
    assert not verify(old, lowered(message), message.body)


def test_a_receiver_that_is_away_is_tried_again(workspace: Workspace, cast: Cast, settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiver.listening() as gone:
        url = gone.url
    hook, _ = made(workspace, cast.alice, url)
    webhooks.test(hook, cast.alice)
    perform()
    assert "cannot be reached" in only().attempts.get().said
    assert only().standing == Delivery.State.WAITING


def test_what_was_wrong_is_said_by_field(workspace: Workspace, cast: Cast) -> None:
    good: dict[str, Any] = {"name": "Archive", "url": "https://example.org/", "events": ALL}
    for wrong in WRONG:
        with pytest.raises(Invalid) as refusal:
            webhooks.create(workspace, cast.alice, **good | wrong)
        assert set(refusal.value.fields) == set(wrong)
    webhooks.create(workspace, cast.alice, **good)
    with pytest.raises(Invalid) as refusal:
        webhooks.create(workspace, cast.alice, **good)
    assert set(refusal.value.fields) == {"name"}


def test_there_are_only_so_many(workspace: Workspace, cast: Cast) -> None:
    for number in range(webhooks.MOST):
        made(workspace, cast.alice, "https://example.org/", f"Number {number}")
    with pytest.raises(Conflict):
        made(workspace, cast.alice, "https://example.org/", "One more")


def test_a_delivery_is_found_only_under_its_own_webhook(workspace: Workspace, cast: Cast) -> None:
    hook, _ = made(workspace, cast.alice, "https://example.org/")
    other, _ = made(workspace, cast.alice, "https://example.org/", "Other")
    delivery = webhooks.test(hook, cast.alice)
    with pytest.raises(NotFound):
        webhooks.find_delivery(other, delivery.pk)


def test_the_log_is_kept_for_thirty_days(hook: Webhook, cast: Cast) -> None:
    for days in (29, 31):
        delivery = webhooks.test(hook, cast.alice)
        perform()
        old = timezone.now() - timedelta(days=days)
        Delivery.objects.filter(pk=delivery.pk).update(created_at=old)
        Job.objects.filter(deliveries=delivery).update(created_at=old)
    webhooks.forget_old()
    assert Delivery.objects.count() == Job.objects.count() == 1


def test_every_change_is_in_the_trail_without_the_address(workspace: Workspace, cast: Cast) -> None:
    hook, _ = made(workspace, cast.alice, "https://example.org/?key=hidden")
    webhooks.change(hook, cast.alice, {"url": "https://example.org/?key=other"})
    webhooks.new_secret(hook, cast.alice)
    webhooks.test(hook, cast.alice)
    webhooks.delete(hook, cast.alice)
    trail = AuditEvent.objects.filter(verb__startswith="webhook.").order_by("pk")
    verbs = [event.verb.removeprefix("webhook.") for event in trail]
    assert verbs == ["create", "change", "new_secret", "test", "delete"]
    assert "hidden" not in str(list(trail.values())) + str(verbs)


def test_a_version_that_is_ready_is_told(project: Project, cast: Cast, there: Receiver) -> None:
    """U-29: what happens to a model reaches other systems."""
    made(project.workspace, cast.alice, there.url)
    now = trained(project, cast.rita)
    perform()
    told = [json.loads(message.body) for message in there.received]
    assert [message["type"] for message in told] == ["version.ready"]
    expected = {"workspace": now.workspace_id, "project": now.pk, "kind": "relevance", "version": 1}
    assert told[0]["data"] == expected


def test_a_training_that_failed_is_told(project: Project, cast: Cast, there: Receiver) -> None:
    """U-29: also when the worker that should train is killed again and again."""
    made(project.workspace, cast.alice, there.url)
    Project.objects.filter(pk=project.pk).update(index=None)
    failing = jobs.request(Job.Kind.TRAIN, project.workspace, project=fresh(project))
    train(failing.pk)
    given_up = jobs.request(Job.Kind.TRAIN, project.workspace, project=fresh(project))
    Job.objects.filter(pk=given_up.pk).update(attempts=jobs.MAX_ATTEMPTS)
    train(given_up.pk)
    perform()
    told = [json.loads(message.body) for message in there.received]
    assert [message["type"] for message in told] == ["training.failed"] * 2
    assert [message["data"]["job"] for message in told] == [failing.pk, given_up.pk]
    failing.refresh_from_db()
    assert (failing.state, "not indexed yet" in failing.error) == (Job.State.FAILED, True)


def test_beat_rings_for_deliveries() -> None:
    app.loader.import_default_modules()
    assert TASKS[Job.Kind.DELIVER] in app.tasks
