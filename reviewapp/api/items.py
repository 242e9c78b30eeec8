"""A project's documents: with their rank and decision, their history, and changes of mind."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp.api.endpoints import ProjectEndpoint, Shape, read
from reviewapp.api.filters import read_query, refuse_unknown
from reviewapp.api.pagination import page_of_places
from reviewapp.api.review import DECISIONS, AnswerIn, FullDocumentOut, WrittenOut, written
from reviewapp.api.schema import operation
from reviewapp.domain import coding, items, second_looks
from reviewapp.models import Completion, Document, ProjectDocument, Reason, Verdict

ORDERS = ("imported", "highest", "lowest", *(name for name in items.ORDERS if name != "imported"))
STATES = (*items.STATES, "unreviewed", "checked_out")


class ItemsQuery(Shape):
    search = serializers.CharField(max_length=1000, default="", allow_blank=True)
    state = serializers.ChoiceField(choices=STATES, default="")
    reviewer = serializers.CharField(max_length=150, default="", help_text="Whose decision it is now, by user name.")
    tag = serializers.CharField(max_length=100, default="")
    reason = serializers.ChoiceField(choices=Reason.choices, default="", help_text="Why it was served when coded.")
    lowest = serializers.FloatField(min_value=0, max_value=100, default=None, help_text="Rank at least.")
    highest = serializers.FloatField(min_value=0, max_value=100, default=None, help_text="Rank at most.")
    order = serializers.ChoiceField(choices=ORDERS, default="imported")


class ListedDocumentOut(serializers.ModelSerializer[Document]):
    metadata = serializers.DictField()

    class Meta:
        model = Document
        fields = ["id", "control_number", "title", "metadata", "tags"]
        read_only_fields = fields


class StateOut(serializers.Serializer[items.Row]):
    ordinal = serializers.IntegerField(source="item.ordinal", help_text="Its row in the project's index.")
    rank = serializers.FloatField(allow_null=True, help_text="By the current version, 0 to 100.")
    decision = serializers.SerializerMethodField(help_text="Null while unreviewed.")
    choice = serializers.CharField(source="item.current.choice", default=None, allow_null=True)
    reviewer = serializers.CharField(source="item.current.reviewer.username", default=None, allow_null=True)
    served_reason = serializers.CharField(source="item.current.served_reason", default=None, allow_null=True)
    revision = serializers.IntegerField(source="item.revision", help_text="Send it along with a change of mind.")
    checked_out_by = serializers.CharField(source="item.reviewer.username", default=None, allow_null=True)

    def get_decision(self, row: items.Row) -> str | None:
        return None if row.item.decision is None else DECISIONS[row.item.decision]


class ItemOut(StateOut):
    document = ListedDocumentOut(source="item.document")


class HistoricVerdictOut(serializers.ModelSerializer[Verdict]):
    checker = serializers.CharField(source="checker.username")

    class Meta:
        model = Verdict
        fields = ["checker", "accepted", "comment", "created_at"]
        read_only_fields = fields


class HistoryOut(serializers.ModelSerializer[Completion]):
    reviewer = serializers.CharField(source="reviewer.username")
    decision = serializers.SerializerMethodField()
    verdicts = HistoricVerdictOut(many=True)

    class Meta:
        model = Completion
        fields = [
            "id",
            "reviewer",
            "decision",
            "choice",
            "reason",
            "note",
            "supersedes",
            "served_reason",
            "served_version",
            "served_rank",
            "served_at",
            "created_at",
            "verdicts",
        ]
        read_only_fields = fields

    def get_decision(self, completion: Completion) -> str:
        return DECISIONS[completion.decision]


@dataclass(frozen=True)
class FullItem(items.Row):
    """A document of the project with its rank and every answer to it."""

    history: list[Completion]


class FullItemOut(StateOut):
    document = FullDocumentOut(source="item.document")
    checker = serializers.CharField(source="item.checker.username", default=None, allow_null=True)
    history = HistoryOut(many=True, help_text="Every answer, newest first.")


class RecodingIn(AnswerIn):
    revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="The one you saw.")


class Items(ProjectEndpoint):
    may = {"GET": "view"}

    @operation("project-documents.list", gives=ItemOut, page=True, parameters=(ItemsQuery,))
    def get(self, request: Request) -> Response:
        """The project's documents without their texts."""
        asked = read_query(ItemsQuery, request)
        found = items.find(self.project, items.Wanted(words=asked.pop("search"), **self._reviewer(asked)))
        ascending = asked["order"] == "imported"
        return page_of_places(request, found, found.ordinals, self._render, ascending=ascending)

    def _render(self, rows: Iterable[items.Row]) -> Any:
        return [ItemOut(row).data for row in items.blinded(rows, self.person)]

    def _reviewer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The query with the reviewer by primary key; one who coded nothing here finds nothing."""
        if not asked["reviewer"]:
            return {**asked, "reviewer": None}
        theirs = self.project.answers.filter(reviewer__username=asked["reviewer"])
        return {**asked, "reviewer": theirs.values_list("reviewer_id", flat=True).first() or 0}


class ItemEndpoint(ProjectEndpoint):
    """An address of one document in a project."""

    item: ProjectDocument

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        self.item = coding.place(self.project, address["document"])


class OneItem(ItemEndpoint):
    may = {"GET": "view"}

    @operation("project-documents.get", gives=FullItemOut)
    def get(self, request: Request) -> Response:
        """One document of the project with its text, rank and history."""
        refuse_unknown(request, set())
        blind = second_looks.hidden_from(self.item, self.person)
        row = FullItem(self.item, items.rank(self.project, self.item), [] if blind else items.history(self.item))
        return Response(FullItemOut(items.blinded([row], self.person)[0]).data)


class Recoding(ItemEndpoint):
    may = {"POST": "review"}

    @operation("project-documents.recode", takes=RecodingIn, gives=WrittenOut, status=201)
    def post(self, request: Request) -> Response:
        """Change the decision; yours, or as a manager anybody's. Refused when it changed since `revision`."""
        asked = read(RecodingIn, request)
        revision = asked.pop("revision")
        completion = coding.recode(self.project, self.item, self.person, coding.Answer(**asked), revision)
        return Response(written(completion), 201)
