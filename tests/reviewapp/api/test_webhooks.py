"""Webhooks over REST, for admins of the workspace."""

from typing import Any

from reviewapp.domain import webhooks
from reviewapp.models import Delivery, Event, Webhook, Workspace
from tests.cast import Cast
from tests.reviewapp.api.conftest import Api

GOOD: dict[str, Any] = {"name": "Archive", "url": "https://example.org/hook", "events": ["version.ready", "tag.moved"]}


def test_a_webhook_is_made_changed_and_deleted(workspace: Workspace, cast: Cast) -> None:
    alice, base = Api(cast.alice), f"/workspaces/{workspace.pk}/webhooks"
    made = alice.post(base, GOOD)
    shown = made.json()
    assert (made.status_code, made.headers["Location"]) == (201, f"/api/v1/webhooks/{shown['id']}")
    assert shown["secret"].startswith("whsec_")
    (listed,) = alice.every(base)
    assert "secret" not in listed
    assert (listed["name"], listed["events"], listed["active"]) == ("Archive", ["version.ready", "tag.moved"], True)
    changed = alice.patch(f"/webhooks/{shown['id']}", {"active": False, "events": ["export.ready"]}).json()
    assert (changed["active"], changed["events"], changed["url"]) == (False, ["export.ready"], GOOD["url"])
    assert alice.delete(f"/webhooks/{shown['id']}").status_code == 204
    assert not Webhook.objects.exists()


def test_a_secret_is_never_kept_for_a_repeated_request(workspace: Workspace, cast: Cast) -> None:
    alice = Api(cast.alice)
    refused = alice.post(f"/workspaces/{workspace.pk}/webhooks", GOOD, Idempotency_Key="once")
    assert refused.status_code == 400
    hook, _ = webhooks.create(workspace, cast.alice, **GOOD)
    assert alice.post(f"/webhooks/{hook.pk}/secret", Idempotency_Key="once").status_code == 400
    assert alice.post(f"/webhooks/{hook.pk}/secret").json()["secret"].startswith("whsec_")


def test_what_cannot_be_is_refused_by_field(workspace: Workspace, cast: Cast) -> None:
    wrong: list[dict[str, Any]] = [{"url": "http://10.0.0.1/"}, {"events": ["nothing"]}, {"events": []}, {"name": ""}]
    for problem in wrong:
        refused = Api(cast.alice).post(f"/workspaces/{workspace.pk}/webhooks", GOOD | problem)
        assert refused.status_code == 422
        assert [field.split(".")[0] for field in refused.json()["fields"]] == list(problem)


def test_the_log_shows_what_was_sent_and_sends_it_again(workspace: Workspace, cast: Cast) -> None:
    alice = Api(cast.alice)
    hook, _ = webhooks.create(workspace, cast.alice, **GOOD)
    webhooks.tell(Event.TAG_MOVED, workspace, tag="live", version=3)
    tested = alice.post(f"/webhooks/{hook.pk}/test")
    assert (tested.status_code, tested.json()["state"]) == (202, "waiting")
    log = alice.every(f"/webhooks/{hook.pk}/deliveries")
    assert [entry["event"] for entry in log] == ["webhook.test", "tag.moved"]
    assert log[1]["payload"]["data"] == {"workspace": workspace.pk, "tag": "live", "version": 3}
    assert [e["event"] for e in alice.every(f"/webhooks/{hook.pk}/deliveries", event="tag.moved")] == ["tag.moved"]
    again = f"/webhooks/{hook.pk}/deliveries/{log[1]['id']}/redelivery"
    assert alice.post(again).status_code == 409
    Delivery.objects.update(state=Delivery.State.FAILED)
    assert alice.post(again).json()["state"] == "waiting"
    assert alice.post(f"/webhooks/{hook.pk}/deliveries/987654/redelivery").status_code == 404
