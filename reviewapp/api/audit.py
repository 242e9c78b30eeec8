"""The audit trail: of one workspace for its admins, of everything for operators of the server."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django_filters import CharFilter, FilterSet, IsoDateTimeFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import access
from reviewapp.api.attachments import CSV, JSON_LINES, as_csv, as_jsonl
from reviewapp.api.endpoints import Endpoint, WorkspaceEndpoint
from reviewapp.api.filters import PAGING, IdFilter, filtered, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.problems import BadQuery
from reviewapp.api.schema import operation
from reviewapp.domain import audit, chain
from reviewapp.domain.audit import Wanted
from reviewapp.lines import encode
from reviewapp.models import AuditEvent, AuditSeal

FORMATS = ("json", "jsonl", "csv")
STREAMS = {JSON_LINES: OpenApiTypes.STR, CSV: OpenApiTypes.STR}
FORMAT = OpenApiParameter(
    "format",
    str,
    enum=FORMATS,
    default="json",
    description="`jsonl` and `csv` stream all of them as an attachment, oldest first. "
    "A download that broke off goes on with `after` and the last id that came.",
)
COLUMNS = ("id", "at", "actor", "actor_name", "verb", "target", "workspace", "detail")


class EventOut(serializers.ModelSerializer[AuditEvent]):
    actor = serializers.IntegerField(source="actor_id", allow_null=True, help_text="Null for the product itself.")
    actor_name = serializers.CharField(help_text="The user name at that time.")
    workspace = serializers.IntegerField(source="workspace_id", allow_null=True)
    detail = serializers.DictField()

    class Meta:
        model = AuditEvent
        fields = COLUMNS
        read_only_fields = fields


class EventFilters(FilterSet):  # type: ignore[misc]
    actor = CharFilter(method="passed", max_length=150, help_text="User name.")
    verb = CharFilter(method="passed", max_length=60, help_text="Whole, or its noun: `project` finds `project.change`.")
    target = CharFilter(method="passed", max_length=120, help_text="For example `project:7`.")
    since = IsoDateTimeFilter(method="passed", help_text="From this time on.")
    until = IsoDateTimeFilter(method="passed", help_text="Before this time.")
    after = IdFilter(field_name="pk", lookup_expr="gt", help_text="Only those with a greater id.")

    def passed(self, rows: QuerySet[AuditEvent], name: str, value: Any) -> QuerySet[AuditEvent]:
        return audit.find(rows, Wanted(**{name: value}))


class SealOut(serializers.ModelSerializer[AuditSeal]):
    class Meta:
        model = AuditSeal
        fields = ["number", "first", "last", "count", "previous", "digest", "at"]
        read_only_fields = fields


class HeadOut(serializers.Serializer[Any]):
    seal = SealOut(allow_null=True, help_text="The newest one; null before the first.")
    unsealed = serializers.IntegerField(help_text="Events that no seal covers yet.")


class WorkspaceAudit(WorkspaceEndpoint):
    may = {"GET": "audit"}

    @operation("audit.list", gives=EventOut, page=True, filters=EventFilters, parameters=(FORMAT,), also=STREAMS)
    def get(self, request: Request) -> HttpResponseBase:
        """Who did what to what in the workspace, newest first."""
        return _answer(request, AuditEvent.objects.filter(workspace=self.workspace), f"audit-{self.workspace.pk}")


class OperatorEndpoint(Endpoint):
    """An address for operators of the server."""

    def enter(self, **address: Any) -> None:
        access.operate(self.person)


class Audit(OperatorEndpoint):
    @operation(
        "audit.everything-list", gives=EventOut, page=True, filters=EventFilters, parameters=(FORMAT,), also=STREAMS
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Who did what to what on the whole server, newest first."""
        return _answer(request, AuditEvent.objects.all(), "audit")


class AuditHead(Endpoint):
    @operation("audit.head", gives=HeadOut)
    def get(self, request: Request) -> Response:
        """The newest link of the chain: note its digest to prove later that nothing before it was changed."""
        refuse_unknown(request, set())
        return Response(HeadOut({"seal": chain.head(), "unsealed": chain.unsealed()}).data)


class AuditSeals(OperatorEndpoint):
    @operation("audit.seals-list", gives=SealOut, page=True)
    def get(self, request: Request) -> Response:
        """Every link of the chain, oldest first; with the whole trail as `jsonl` anybody can compute them again."""
        refuse_unknown(request, PAGING)
        rows = AuditSeal.objects.defer("ids", "leaves")
        return page(request, rows, lambda found: SealOut(found, many=True).data, by="number")


def _answer(request: Request, rows: QuerySet[AuditEvent], filename: str) -> HttpResponseBase:
    picked = filtered(request, EventFilters, rows, PAGING | {"format"})
    kind = request.query_params.get("format", "json")
    if kind not in FORMATS:
        problem = f"“{kind}” is not a format. Formats: {', '.join(FORMATS)}."
        raise BadQuery(problem, {"format": [problem]})
    if kind == "json":
        return page(request, picked, lambda found: EventOut(found, many=True).data, newest_first=True)
    exported = picked.order_by("pk").iterator(chunk_size=2000)
    if kind == "csv":
        return as_csv(filename, COLUMNS, _drawn(exported, lambda detail: encode(detail).decode()))
    return as_jsonl(filename, _drawn(exported, lambda detail: detail))


def _drawn(events: Iterable[AuditEvent], said: Callable[[Any], Any]) -> Iterator[Mapping[str, Any]]:
    """The events as plain members; ``at`` is written as it is sealed."""
    for event in events:
        yield {
            "id": event.pk,
            "at": chain.moment(event),
            "actor": event.actor_id,
            "actor_name": event.actor_name,
            "verb": event.verb,
            "target": event.target,
            "workspace": event.workspace_id,
            "detail": said(event.detail),
        }
