"""Completions: every answer that was given, and the verdicts of checkers."""

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http.response import HttpResponseBase
from django_filters import CharFilter, ChoiceFilter, FilterSet, MultipleChoiceFilter
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import access
from reviewapp.api.attachments import as_csv, as_jsonl
from reviewapp.api.endpoints import Id, ProjectEndpoint, Shape, read
from reviewapp.api.filters import PAGING, Flag, IdFilter, filtered
from reviewapp.api.pagination import page
from reviewapp.api.problems import BadQuery
from reviewapp.api.review import DECISION_NAMES, DECISIONS
from reviewapp.api.schema import operation
from reviewapp.domain import people, second_looks, verdicts
from reviewapp.models import Completion, Decision, Project, Reason, Verdict

FORMATS = ("json", "jsonl", "csv")
FORMAT = OpenApiParameter(
    "format", str, enum=FORMATS, default="json", description="`jsonl` and `csv` stream all of them as an attachment."
)
COLUMNS = {
    "id": "pk",
    "document": "item__document_id",
    "control_number": "item__document__control_number",
    "reviewer": "reviewer__username",
    "decision": "decision",
    "choice": "choice",
    "reason": "reason",
    "note": "note",
    "supersedes": "supersedes_id",
    "current": "item__current_id",
    "accepted": "accepted",
    "served_reason": "served_reason",
    "served_version": "served_version",
    "served_rank": "served_rank",
    "served_at": "served_at",
    "created_at": "created_at",
}


class CompletionOut(serializers.Serializer[Completion]):
    id = serializers.IntegerField()
    document = serializers.IntegerField()
    control_number = serializers.CharField()
    reviewer = serializers.CharField(help_text="User name.")
    decision = serializers.ChoiceField(choices=DECISION_NAMES)
    choice = serializers.CharField(help_text="Empty when skipped or withdrawn.")
    reason = serializers.CharField(help_text="Why it was skipped or withdrawn.")
    note = serializers.CharField()
    supersedes = serializers.IntegerField(allow_null=True, help_text="The completion that this one replaced.")
    current = serializers.BooleanField(help_text="Whether it is the document's decision now.")
    accepted = serializers.BooleanField(allow_null=True, help_text="A checker's verdict; null while there is none.")
    served_reason = serializers.ChoiceField(choices=Reason.choices)
    served_version = serializers.IntegerField(allow_null=True)
    served_rank = serializers.FloatField(allow_null=True)
    served_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class CompletionFilters(FilterSet):  # type: ignore[misc]
    reviewer = CharFilter(field_name="reviewer__username")
    decision = MultipleChoiceFilter(
        choices=[(name, name) for name in DECISION_NAMES], method="with_decision", help_text="Any of these."
    )
    served_reason = ChoiceFilter(choices=Reason.choices)
    document = IdFilter(field_name="item__document_id")
    since = IdFilter(field_name="pk", lookup_expr="gt", help_text="Only those with a greater id.")
    current = Flag(method="with_current", help_text="Only documents' decisions of now, or only earlier ones.")

    def with_decision(self, rows: QuerySet[Completion], name: str, wanted: list[str]) -> QuerySet[Completion]:
        return rows.filter(decision__in=[Decision[value.upper()] for value in wanted]) if wanted else rows

    def with_current(self, rows: QuerySet[Completion], name: str, wanted: bool) -> QuerySet[Completion]:
        return rows.filter(item__current=F("pk")) if wanted else rows.exclude(item__current=F("pk"))


class VerdictIn(Shape):
    accepted = serializers.BooleanField()
    comment = serializers.CharField(max_length=20_000, default="", allow_blank=True)


class VerdictOut(serializers.ModelSerializer[Verdict]):
    completion = serializers.IntegerField(source="completion_id")
    checker = serializers.CharField(source="checker.username")

    class Meta:
        model = Verdict
        fields = ["id", "completion", "checker", "accepted", "comment", "created_at"]
        read_only_fields = fields


class CheckerIn(Shape):
    documents = serializers.ListField(child=Id(), min_length=1, max_length=10_000)
    checker = serializers.CharField(max_length=150, allow_null=True, help_text="User name; null for nobody.")


class CheckerOut(serializers.Serializer[Any]):
    changed = serializers.IntegerField(help_text="Documents whose checker is set now.")


class Completions(ProjectEndpoint):
    kind = None
    may = {"GET": "view"}

    @operation("completions.list", gives=CompletionOut, page=True, filters=CompletionFilters, parameters=(FORMAT,))
    def get(self, request: Request) -> HttpResponseBase:
        """Every answer in the order of submission; superseded and withdrawn ones are among them."""
        seen = second_looks.seen_by(_rows(self.project), self.person)
        rows = filtered(request, CompletionFilters, seen, PAGING | {"format"})
        columns = rows.values_list(*COLUMNS.values())
        kind = request.query_params.get("format", "json")
        if kind not in FORMATS:
            problem = f"“{kind}” is not a format. Formats: {', '.join(FORMATS)}."
            raise BadQuery(problem, {"format": [problem]})
        if kind == "json":
            return page(request, columns, draw, key=itemgetter(0))
        exported = draw(columns.order_by("pk").iterator(chunk_size=2000))
        filename = f"completions-{self.project.pk}"
        return as_csv(filename, tuple(COLUMNS), exported) if kind == "csv" else as_jsonl(filename, exported)


class CompletionEndpoint(ProjectEndpoint):
    """An address of one completion."""

    kind = None
    completion: Completion

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        rows = Completion.objects.select_related("item")
        self.completion = access.get(
            self.person, Completion, address["completion"], may=self.right, among=rows, project=self.project
        )


class Verdicts(CompletionEndpoint):
    may = {"GET": "view", "POST": "review"}

    @operation("verdicts.list", gives=VerdictOut, page=True)
    def get(self, request: Request) -> Response:
        """The verdicts on a completion; the last one counts."""
        rows = filtered(request, FilterSet, self.completion.verdicts.select_related("checker"))
        return page(request, rows, lambda found: VerdictOut(found, many=True).data)

    @operation("verdicts.create", takes=VerdictIn, gives=VerdictOut, status=201)
    def post(self, request: Request) -> Response:
        """Accept or reject a completion; for the document's checker, and for managers."""
        verdict = verdicts.decide(self.completion, self.person, **read(VerdictIn, request))
        return Response(VerdictOut(verdict).data, 201)


class Checker(ProjectEndpoint):
    kind = None
    may = {"PUT": "manage"}

    @operation("verdicts.put-checker", takes=CheckerIn, gives=CheckerOut)
    def put(self, request: Request) -> Response:
        """Make a person the checker of these documents, or nobody."""
        asked = read(CheckerIn, request)
        checker = None if asked["checker"] is None else people.find(asked["checker"])
        return Response({"changed": verdicts.assign(self.project, asked["documents"], checker, self.person)})


def draw(rows: Iterable[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    """Rows of :data:`COLUMNS` as :class:`CompletionOut` says."""
    for row in rows:
        drawn = dict(zip(COLUMNS, row, strict=True))
        drawn["decision"] = DECISIONS[drawn["decision"]]
        drawn["current"] = drawn["current"] == drawn["id"]
        yield drawn


def _rows(project: Project) -> QuerySet[Completion]:
    verdict = Verdict.objects.filter(completion=OuterRef("pk")).order_by("-id").values("accepted")[:1]
    return Completion.objects.filter(project=project).annotate(accepted=Subquery(verdict))
