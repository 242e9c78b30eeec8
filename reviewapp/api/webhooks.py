"""Webhooks of a workspace, their secrets, and the log of what was sent. For admins of the workspace."""

from typing import Any

from django_filters import FilterSet, MultipleChoiceFilter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import access
from reviewapp.api.endpoints import Endpoint, Shape, WorkspaceEndpoint, read
from reviewapp.api.filters import filtered, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.domain import webhooks
from reviewapp.models import Delivery, DeliveryAttempt, Event, Webhook


class WebhookOut(serializers.ModelSerializer[Webhook]):
    workspace = serializers.IntegerField(source="workspace_id")
    events = serializers.ListField(child=serializers.ChoiceField(choices=Event.choices))

    class Meta:
        model = Webhook
        fields = ["id", "workspace", "name", "url", "events", "active", "created_at"]
        read_only_fields = fields


class NewWebhookOut(WebhookOut):
    secret = serializers.CharField(help_text="Signs every message; shown this once.")

    class Meta(WebhookOut.Meta):
        fields = [*WebhookOut.Meta.fields, "secret"]
        read_only_fields = fields


class SecretOut(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Signs every message from now on; shown this once.")


class WebhookIn(Shape):
    name = serializers.CharField(max_length=100)
    url = serializers.CharField(max_length=2000)
    events = serializers.ListField(child=serializers.ChoiceField(choices=Event.choices), min_length=1, max_length=50)


class WebhookChangeIn(WebhookIn):
    active = serializers.BooleanField()


class DeliveryAttemptOut(serializers.ModelSerializer[DeliveryAttempt]):
    status = serializers.IntegerField(allow_null=True, help_text="Null when nothing answered.")
    said = serializers.CharField(help_text="The beginning of the answer, or why there was none.")

    class Meta:
        model = DeliveryAttempt
        fields = ["at", "status", "said", "seconds"]
        read_only_fields = fields


class DeliveryOut(serializers.ModelSerializer[Delivery]):
    message = serializers.SerializerMethodField(help_text="The header `webhook-id`: the same in every attempt.")
    event = serializers.CharField()
    state = serializers.ChoiceField(choices=Delivery.State.choices, source="standing")
    payload = serializers.DictField()
    attempts = DeliveryAttemptOut(many=True, help_text="Newest first.")

    class Meta:
        model = Delivery
        fields = ["id", "message", "event", "state", "payload", "created_at", "attempts"]
        read_only_fields = fields

    def get_message(self, delivery: Delivery) -> str:
        return f"msg_{delivery.guid.hex}"


class DeliveryFilters(FilterSet):  # type: ignore[misc]
    event = MultipleChoiceFilter(choices=[*Event.choices, (webhooks.TEST, "Test")])


class Webhooks(WorkspaceEndpoint):
    may = {"GET": "administer", "POST": "administer"}
    replayed = False  # the answer holds a secret, and stored answers must not

    @operation("webhooks.list", gives=WebhookOut, page=True)
    def get(self, request: Request) -> Response:
        """The workspace's webhooks, oldest first."""
        rows = filtered(request, FilterSet, self.workspace.webhooks.all())
        return page(request, rows, lambda found: WebhookOut(found, many=True).data)

    @operation("webhooks.create", takes=WebhookIn, gives=NewWebhookOut, status=201)
    def post(self, request: Request) -> Response:
        """Make a webhook; its secret is in this answer only."""
        made, secret = webhooks.create(self.workspace, self.person, **read(WebhookIn, request))
        answer = {**WebhookOut(made).data, "secret": secret}
        return Response(answer, 201, headers={"Location": f"/api/v1/webhooks/{made.pk}"})


class WebhookEndpoint(Endpoint):
    """An address of one webhook."""

    webhook: Webhook

    def enter(self, **address: Any) -> None:
        self.webhook = access.get(self.person, Webhook, address["webhook"], may=self.right)


class OneWebhook(WebhookEndpoint):
    may = {"GET": "administer", "PATCH": "administer", "DELETE": "administer"}

    @operation("webhooks.get", gives=WebhookOut)
    def get(self, request: Request) -> Response:
        """One webhook."""
        refuse_unknown(request, set())
        return Response(WebhookOut(self.webhook).data)

    @operation("webhooks.change", takes=WebhookChangeIn(partial=True), gives=WebhookOut)
    def patch(self, request: Request) -> Response:
        """Change it; what is not named stays."""
        changed = webhooks.change(self.webhook, self.person, read(WebhookChangeIn, request, partial=True))
        return Response(WebhookOut(changed).data)

    @operation("webhooks.delete", status=204)
    def delete(self, request: Request) -> Response:
        """Remove it with its log; what still waits is not sent."""
        webhooks.delete(self.webhook, self.person)
        return Response(status=204)


class WebhookSecret(WebhookEndpoint):
    may = {"POST": "administer"}
    replayed = False

    @operation("webhooks.renew-secret", gives=SecretOut, status=201)
    def post(self, request: Request) -> Response:
        """Make another secret, which signs everything from now on."""
        return Response({"secret": webhooks.new_secret(self.webhook, self.person)}, 201)


class WebhookTest(WebhookEndpoint):
    may = {"POST": "administer"}

    @operation("webhooks.test", gives=DeliveryOut, status=202)
    def post(self, request: Request) -> Response:
        """Send a message that says only that this is a test."""
        return Response(DeliveryOut(webhooks.test(self.webhook, self.person)).data, 202)


class Deliveries(WebhookEndpoint):
    may = {"GET": "administer"}

    @operation("webhooks.deliveries-list", gives=DeliveryOut, page=True, filters=DeliveryFilters)
    def get(self, request: Request) -> Response:
        """What was sent in the last 30 days, newest first."""
        rows = filtered(request, DeliveryFilters, webhooks.log(self.webhook))
        return page(request, rows, lambda found: DeliveryOut(found, many=True).data, newest_first=True)


class Redelivery(WebhookEndpoint):
    may = {"POST": "administer"}

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        self.delivery = webhooks.find_delivery(self.webhook, address["delivery"])

    @operation("webhooks.redeliver", gives=DeliveryOut, status=202)
    def post(self, request: Request) -> Response:
        """Send the same message again, under the same id."""
        return Response(DeliveryOut(webhooks.redeliver(self.delivery, self.person)).data, 202)
