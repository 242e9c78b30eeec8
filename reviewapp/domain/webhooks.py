"""Webhooks: other people's systems are told what happens here, signed, and again until they have taken it.

``tell`` writes the deliveries in the transaction of what they tell, so nothing is told that did not happen and nothing
that happened is forgotten. A delivery is a job; the format is that of Standard Webhooks (standardwebhooks.com).
"""

import base64
import hashlib
import hmac
import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from models_lib import sealing
from reviewapp import outbound
from reviewapp.domain import audit, jobs
from reviewapp.errors import Conflict, Invalid, NotFound, OtherInstance, ReviewError, Unavailable
from reviewapp.models import Delivery, DeliveryAttempt, Event, Job, User, Webhook, Workspace

MOST = 20  # webhooks of a workspace
SECRET_BYTES = 32
PREFIX = "whsec_"
TEST = "webhook.test"
# Seconds to wait after the 1st, 2nd, … try that failed; after the last one the delivery has failed.
BACKOFF = (30, 120, 600, 3_600, 6 * 3_600, 24 * 3_600)
JITTER = 0.1  # of the wait, so that many deliveries to one receiver do not come back together
KEPT_CHARACTERS = 500  # of an answer
KEEP = timedelta(days=30)


def create(workspace: Workspace, by: User, *, name: str, url: str, events: Sequence[str]) -> tuple[Webhook, str]:
    """Make a webhook; the second value is its secret, which is shown this once.

    Raises :class:`Invalid` with field errors.
    """
    webhook = Webhook(workspace=workspace, name=name, url=url, events=list(events), created_by=by)
    _validate(webhook)
    plain = _renew(webhook)
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
        if workspace.webhooks.count() >= MOST:
            raise Conflict(f"A workspace has {MOST} webhooks at most. Delete one that is not needed any more.")
        with _unique_name():
            webhook.save()
        audit.record(by, "webhook.create", webhook, workspace, name=webhook.name, events=webhook.events)
    return webhook, plain


def change(webhook: Webhook, by: User, values: Mapping[str, Any]) -> Webhook:
    """Change name, url, events or whether it is active; raises :class:`Invalid` with field errors."""
    with transaction.atomic():
        row = Webhook.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=webhook.pk)
        was = {name: getattr(row, name) for name in values}
        for name, value in values.items():
            setattr(row, name, value)
        _validate(row)
        with _unique_name():
            row.save(update_fields=list(values))
        # An address can hold a password in its query: the trail says that it changed, not to what.
        changed = sorted(name for name in values if was[name] != values[name])
        audit.record(by, "webhook.change", row, row.workspace, name=row.name, changed=changed)
    return row


def new_secret(webhook: Webhook, by: User) -> str:
    """Give the webhook another secret, which signs everything from now on; it is shown this once."""
    with transaction.atomic():
        plain = _renew(webhook)
        webhook.save(update_fields=["secret", "key_id", "wrapped_key"])
        audit.record(by, "webhook.new_secret", webhook, webhook.workspace, name=webhook.name)
    return plain


def delete(webhook: Webhook, by: User) -> None:
    """Remove the webhook with its log; what still waits is not sent."""
    with transaction.atomic():
        audit.record(by, "webhook.delete", webhook, webhook.workspace, name=webhook.name)
        webhook.delete()


def tell(event: Event, workspace: Workspace, **facts: object) -> int:
    """Write a delivery for every active webhook that listens for the event; returns how many there are.

    Call it in the transaction of what happened. ``facts`` are numbers and names; never pass document text or secrets.
    """
    listening = workspace.webhooks.filter(active=True, events__contains=[event])
    return len([_send(webhook, event, facts) for webhook in listening])


def test(webhook: Webhook, by: User) -> Delivery:
    """Send a message that says only that this is a test, also when the webhook is off."""
    with transaction.atomic():
        audit.record(by, "webhook.test", webhook, webhook.workspace, name=webhook.name)
        return _send(webhook, TEST, {"webhook": webhook.name})


def redeliver(delivery: Delivery, by: User) -> Delivery:
    """Send the same message again, under the same id; raises :class:`Conflict` while it still waits."""
    webhook = delivery.webhook
    with transaction.atomic():
        row = Delivery.objects.select_for_update(of=("self",)).select_related("job").get(pk=delivery.pk)
        if row.standing == Delivery.State.WAITING:
            raise Conflict("This delivery is still waiting for its next try.")
        delivery.state, delivery.tries = Delivery.State.WAITING, 0
        delivery.save(update_fields=["state", "tries"])
        _queue(delivery, by)
        audit.record(by, "webhook.redeliver", webhook, webhook.workspace, name=webhook.name, delivery=delivery.pk)
    return delivery


def deliver(run: jobs.Run) -> None:
    """Make the request of one delivery, and say in one step what came of it."""
    delivery = Delivery.objects.select_related("webhook").filter(pk=run.job.parameters["delivery"]).first()
    if delivery is None or delivery.state == Delivery.State.DELIVERED:
        run.finish(outcome="nothing to send")
        return
    if not delivery.webhook.active and delivery.event != TEST:
        with transaction.atomic():
            _close(delivery, Delivery.State.DROPPED)
            run.finish(outcome="the webhook is off")
        return
    run.report(f"Sending to “{delivery.webhook.name}”")
    _conclude(run, delivery, *_attempt(delivery))


def signature(secret: str, guid: str, timestamp: int, body: bytes) -> str:
    """What stands in the header ``webhook-signature``: HMAC-SHA256 over id, time and body, in base64."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.digest(key, f"{guid}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"


def find_delivery(webhook: Webhook, pk: int) -> Delivery:
    """One of the webhook's deliveries; raises :class:`NotFound`."""
    found = log(webhook).filter(pk=pk).first()
    if found is None:
        raise NotFound("This webhook has no such delivery. The log is kept for 30 days.")
    return found


def log(webhook: Webhook) -> QuerySet[Delivery]:
    """The webhook's deliveries with their attempts, newest first."""
    return webhook.deliveries.select_related("webhook", "job").prefetch_related("attempts").order_by("-id")


def forget_old() -> None:
    """Drop deliveries and their ended jobs after :data:`KEEP`."""
    oldest = timezone.now() - KEEP
    Delivery.objects.filter(created_at__lt=oldest).delete()
    Job.objects.filter(kind=Job.Kind.DELIVER, created_at__lt=oldest).exclude(state__in=Job.OPEN).delete()


def _send(webhook: Webhook, event: str, facts: Mapping[str, object]) -> Delivery:
    data = {"workspace": webhook.workspace_id, **facts}
    payload = {"type": event, "timestamp": timezone.now().isoformat(), "data": data}
    delivery = Delivery.objects.create(webhook=webhook, event=event, payload=payload)
    _queue(delivery, None)
    return delivery


def _queue(delivery: Delivery, by: User | None) -> None:
    workspace = delivery.webhook.workspace
    delivery.job = jobs.request(Job.Kind.DELIVER, workspace, by=by, delivery=delivery.pk)
    delivery.save(update_fields=["job"])


def _attempt(delivery: Delivery) -> tuple[DeliveryAttempt, bool]:
    """Make one request; the second value says whether another one could fare better."""
    webhook, private = delivery.webhook, settings.WEBHOOK_ALLOW_PRIVATE
    body = delivery.body.encode()
    guid, now = f"msg_{delivery.guid.hex}", int(timezone.now().timestamp())
    headers = {"Content-Type": "application/json", "Webhook-Id": guid, "Webhook-Timestamp": str(now)}
    try:
        headers["Webhook-Signature"] = signature(_secret(webhook), guid, now, body)
        answer = outbound.post(outbound.parse(webhook.url, private=private), body, headers, private=private)
    except (Unavailable, OtherInstance) as problem:  # both can be mended from outside
        return DeliveryAttempt(delivery=delivery, said=problem.message), True
    except ReviewError as problem:
        return DeliveryAttempt(delivery=delivery, said=problem.message), False
    said = answer.text[:KEPT_CHARACTERS]
    return DeliveryAttempt(delivery=delivery, status=answer.status, said=said, seconds=answer.seconds), True


def _conclude(run: jobs.Run, delivery: Delivery, attempt: DeliveryAttempt, again: bool) -> None:
    with transaction.atomic():
        attempt.save()
        delivery.tries += 1
        if attempt.status is not None and 200 <= attempt.status < 300:
            _close(delivery, Delivery.State.DELIVERED)
            run.finish(outcome="delivered", status=attempt.status)
        elif again and delivery.tries <= len(BACKOFF):
            delivery.save(update_fields=["tries"])
            wait = BACKOFF[delivery.tries - 1] * (1 + random.uniform(0, JITTER))
            run.postpone(
                timezone.now() + timedelta(seconds=wait), f"Try {delivery.tries} failed: {_why(attempt)}"[:200]
            )
        else:
            _close(delivery, Delivery.State.FAILED)
            run.fail(f"Not delivered after {delivery.tries} tries. The last one: {_why(attempt)}")


def _close(delivery: Delivery, state: Delivery.State) -> None:
    delivery.state = state
    delivery.save(update_fields=["state", "tries"])


def _why(attempt: DeliveryAttempt) -> str:
    if attempt.status is None:
        return attempt.said
    moved = " (a redirect, which is not followed)" if 300 <= attempt.status < 400 else ""
    return f"the receiver answered {attempt.status}{moved}."


def _renew(webhook: Webhook) -> str:
    plain = PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    sealed = sealing.seal(plain.encode(), webhook.guid)
    webhook.secret, webhook.key_id, webhook.wrapped_key = sealed.body, sealed.key_id, sealed.wrapped_key
    return plain


def _secret(webhook: Webhook) -> str:
    sealed = sealing.Sealed(bytes(webhook.secret), webhook.key_id, bytes(webhook.wrapped_key))
    return sealing.unseal(sealed, webhook.guid).decode()


def _validate(webhook: Webhook) -> None:
    webhook.name, webhook.url = webhook.name.strip(), webhook.url.strip()
    if not 1 <= len(webhook.name) <= 100:
        raise Invalid("A webhook needs a name of at most 100 characters.", fields={"name": ["1 to 100 characters."]})
    outbound.parse(webhook.url, private=settings.WEBHOOK_ALLOW_PRIVATE)
    webhook.events = [event for event in Event.values if event in set(webhook.events)]
    if not webhook.events:
        raise Invalid("Choose at least one event.", fields={"events": ["Choose at least one event."]})


@contextmanager
def _unique_name() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as problem:
        message = "There is a webhook of this name already."
        raise Invalid(message, fields={"name": [message]}) from problem
