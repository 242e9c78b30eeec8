"""Quality: agreement and errors of people, second looks, conflicts, overturned decisions."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django_filters import ChoiceFilter, FilterSet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import access
from reviewapp.api.endpoints import ProjectEndpoint, Shape, read
from reviewapp.api.filters import PAGING, Flag, filtered, read_query, refuse_unknown
from reviewapp.api.jobs import JobOut
from reviewapp.api.pagination import page, page_of_places
from reviewapp.api.review import DECISIONS, WrittenOut, written
from reviewapp.api.schema import operation
from reviewapp.domain import coding, conflicts, quality, second_looks
from reviewapp.domain.coding import Answer
from reviewapp.errors import Conflict
from reviewapp.models import Completion, Project, ProjectDocument, SecondLook
from training.core.human_error import Pile

MOST = 10**9


class MeasureOut(serializers.Serializer[Any]):
    value = serializers.FloatField(allow_null=True, help_text="Null where nothing can be said.")
    low = serializers.FloatField(allow_null=True, help_text="Lower end of the 95 % interval.")
    high = serializers.FloatField(allow_null=True)
    method = serializers.CharField(help_text="How the interval was made.")


class AgreementOut(serializers.Serializer[Any]):
    documents = serializers.IntegerField(help_text="Coded by two people.")
    percent = MeasureOut(help_text="Share of equal answers, 0 to 1.")
    kappa = MeasureOut(help_text="Cohen's kappa.")
    alpha = MeasureOut(help_text="Krippendorff's alpha, nominal.")


class CodersOut(AgreementOut):
    first = serializers.CharField(help_text="User name of who coded first.")
    second = serializers.CharField(help_text="User name of who looked again.")


class RecallOut(serializers.Serializer[Any]):
    as_coded = MeasureOut(help_text="If every decision were right.")
    corrected = MeasureOut(help_text="With the errors of people counted.")
    missed = MeasureOut(help_text="Relevant documents that are coded not relevant, a number.")
    precision = MeasureOut(help_text="Truly relevant documents among those coded relevant.")
    omission = MeasureOut(help_text="Truly relevant documents among those coded not relevant.")
    miss_rate = MeasureOut(help_text="Of a second look at a relevant document.")
    false_alarm_rate = MeasureOut(help_text="Of a second look at a document that is not.")


class LooksOut(serializers.Serializer[Any]):
    agreed = serializers.IntegerField()
    first_right = serializers.IntegerField(help_text="Different answers where the first was upheld.")
    second_right = serializers.IntegerField(help_text="Different answers where the first was overturned.")
    undecided = serializers.IntegerField(help_text="Different answers that nobody has decided on.")


class EvidenceOut(serializers.Serializer[Any]):
    relevant = serializers.IntegerField(help_text="Documents first coded relevant.")
    irrelevant = serializers.IntegerField()
    looks_at_relevant = LooksOut()
    looks_at_irrelevant = LooksOut()


class QualityOut(serializers.Serializer[Any]):
    wanted = serializers.IntegerField(help_text="Documents that wait for a second look.")
    open = serializers.IntegerField(help_text="Different answers that nobody has decided on.")
    answers = serializers.ListField(child=serializers.CharField(), help_text="Rows and columns of the table.")
    table = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()), help_text="First answers against second ones."
    )
    agreement = AgreementOut()
    coders = CodersOut(many=True)
    evidence = EvidenceOut(help_text="What the correction rests on.")
    recall = RecallOut(allow_null=True, help_text="Null until both kinds of decisions have second looks.")


class PileQuery(Shape):
    pile = serializers.IntegerField(
        min_value=0, max_value=MOST, default=None, help_text="Documents that nobody coded, for recall over all."
    )
    sample = serializers.IntegerField(min_value=0, max_value=MOST, default=0, help_text="Drawn from them and coded.")
    positives = serializers.IntegerField(min_value=0, max_value=MOST, default=0, help_text="Relevant of the sample.")

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if not asked["positives"] <= asked["sample"] <= (asked["pile"] or 0):
            raise serializers.ValidationError({"sample": ["positives ≤ sample ≤ pile does not hold."]})
        return asked


class DrawingIn(Shape):
    positives = serializers.IntegerField(min_value=0, max_value=MOST, default=0, help_text="Of those coded relevant.")
    negatives = serializers.IntegerField(min_value=0, max_value=MOST, default=0)


class DrawnOut(serializers.Serializer[Any]):
    drawn = serializers.IntegerField()


class SaidOut(serializers.ModelSerializer[Completion]):
    reviewer = serializers.CharField(source="reviewer.username")
    decision = serializers.SerializerMethodField()

    class Meta:
        model = Completion
        fields = ["id", "reviewer", "decision", "choice", "reason", "note", "served_version", "created_at"]
        read_only_fields = fields

    def get_decision(self, completion: Completion) -> str:
        return DECISIONS[completion.decision]


class PlaceOut(serializers.Serializer[ProjectDocument]):
    document = serializers.IntegerField(source="document_id")
    control_number = serializers.CharField(source="document.control_number")
    title = serializers.CharField(source="document.title")
    decision = serializers.SerializerMethodField(help_text="Now.")
    reviewer = serializers.CharField(source="current.reviewer.username", default=None, allow_null=True)

    def get_decision(self, item: ProjectDocument) -> str | None:
        return None if item.decision is None else DECISIONS[item.decision]


class SecondLookOut(serializers.ModelSerializer[SecondLook]):
    place = PlaceOut(source="item")
    first = SaidOut()
    second = SaidOut()
    adjudication = SaidOut(allow_null=True)

    class Meta:
        model = SecondLook
        fields = ["id", "place", "first", "second", "adjudication", "created_at"]
        read_only_fields = fields


class SecondLookFilters(FilterSet):  # type: ignore[misc]
    state = ChoiceFilter(choices=[(state, state) for state in second_looks.STATES], method="with_state")

    def with_state(self, rows: QuerySet[SecondLook], name: str, wanted: str) -> QuerySet[SecondLook]:
        return second_looks.among(rows, wanted)


class AdjudicationIn(Shape):
    choice = serializers.CharField(max_length=100)
    note = serializers.CharField(max_length=20_000, default="", allow_blank=True)


class AgainstRankOut(serializers.Serializer[conflicts.AgainstRank]):
    place = PlaceOut(source="item")
    rank = serializers.FloatField(help_text="By a model that was fitted without this document, 0 to 100.")


class CopiesOut(serializers.Serializer[conflicts.DifferentCopies]):
    group = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Coded documents of the group.")
    places = PlaceOut(source="items", many=True, help_text="The first of them.")


class OverturnOut(serializers.Serializer[Completion]):
    place = PlaceOut(source="item")
    was = SaidOut(source="supersedes")
    now = SaidOut(source="*")
    why = serializers.CharField(source="served_reason")
    version = serializers.IntegerField(allow_null=True, help_text="The model version that was current then.")


class OverturnFilters(FilterSet):  # type: ignore[misc]
    by_others = Flag(method="with_others", help_text="Leave out people who changed their own minds.")

    def with_others(self, rows: QuerySet[Completion], name: str, wanted: bool) -> QuerySet[Completion]:
        return conflicts.by_others(rows) if wanted else rows


class Quality(ProjectEndpoint):
    may = {"GET": "view"}

    @operation("quality.get", gives=QualityOut, parameters=(PileQuery,))
    def get(self, request: Request) -> Response:
        """Agreement of second looks, and recall as coded beside recall corrected for the errors of people."""
        asked = read_query(PileQuery, request)
        pile = None if asked["pile"] is None else Pile(asked["pile"], asked["sample"], asked["positives"])
        agreed, waiting = quality.agreed(self.project), second_looks.waiting(self.project)
        recall = quality.recall(self.project, pile)
        return Response(
            {
                "wanted": waiting.wanted,
                "open": waiting.open,
                "answers": agreed.labels,
                "table": agreed.table,
                "agreement": AgreementOut(agreed.measures).data,
                "coders": [_coders(pair) for pair in quality.coders(self.project)],
                "evidence": EvidenceOut(quality.coded(self.project)).data,
                "recall": recall and RecallOut(recall).data,
            }
        )


class SecondLooks(ProjectEndpoint):
    may = {"GET": "view", "POST": "manage"}

    @operation("second-looks.list", gives=SecondLookOut, page=True, filters=SecondLookFilters)
    def get(self, request: Request) -> Response:
        """Documents that two people coded; `open` are different answers that nobody has decided on."""
        picked = filtered(request, SecondLookFilters, second_looks.find(self.project))
        return page(request, picked, lambda found: SecondLookOut(found, many=True).data)

    @operation("second-looks.draw", takes=DrawingIn, gives=DrawnOut, status=201)
    def post(self, request: Request) -> Response:
        """Draw coded documents at random, by decision, for a second, blind look by somebody else."""
        drawn = second_looks.draw(self.project, self.person, **read(DrawingIn, request))
        return Response({"drawn": drawn}, 201)


class Adjudication(ProjectEndpoint):
    may = {"POST": "manage"}

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        among = SecondLook.objects.select_related("item__document", "first", "second")
        self.look = access.get(self.person, SecondLook, address["look"], among=among, project=self.project)

    @operation("second-looks.adjudicate", takes=AdjudicationIn, gives=WrittenOut, status=201)
    def post(self, request: Request) -> Response:
        """Decide between two different answers; the decision is the document's, and trains."""
        answer = Answer(**read(AdjudicationIn, request))
        return Response(written(coding.adjudicate(self.project, self.look, self.person, answer)), 201)


class RankConflicts(ProjectEndpoint):
    may = {"GET": "view"}

    def enter(self, **address: Any) -> None:
        self.project = access.get(
            self.person, Project, address["project"], among=Project.objects.select_related("snapshot")
        )

    @operation("conflicts.rank-list", gives=AgainstRankOut, page=True)
    def get(self, request: Request) -> Response:
        """Coded documents whose decision a model that has not seen them would not expect, strongest first."""
        refuse_unknown(request, PAGING)
        found = conflicts.against_rank(self.project)
        if found is None:
            raise Conflict("There is no version with such ranks yet. They come with the next training.")
        return page_of_places(request, found, found.names, _against_rank, ascending=False)


class CopyConflicts(ProjectEndpoint):
    may = {"GET": "view"}

    @operation("conflicts.copies-list", gives=CopiesOut, page=True)
    def get(self, request: Request) -> Response:
        """Near-duplicates that were coded differently, largest groups first."""
        refuse_unknown(request, PAGING)
        found = conflicts.different_copies(self.project)
        if found is None:
            raise Conflict("Nobody has searched this project for near-duplicates yet. A manager can.")
        return page_of_places(request, found, found.names, _copies, ascending=False)


class DuplicateSearches(ProjectEndpoint):
    may = {"POST": "manage"}

    @operation("conflicts.search-duplicates", gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Search the project's documents for near-duplicates."""
        job = conflicts.search_duplicates(self.project, self.person)
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


class Overturns(ProjectEndpoint):
    may = {"GET": "view"}

    @operation("overturns.list", gives=OverturnOut, page=True, filters=OverturnFilters)
    def get(self, request: Request) -> Response:
        """Decisions that somebody changed: who, when, why, and which version was current; newest first."""
        rows = filtered(request, OverturnFilters, conflicts.overturned(self.project))
        return page(request, rows, _overturns, newest_first=True)


def _coders(pair: quality.Coders) -> dict[str, Any]:
    return {"first": pair.first.username, "second": pair.second.username, **AgreementOut(pair.measures).data}


def _against_rank(rows: Iterable[conflicts.AgainstRank]) -> Any:
    return [AgainstRankOut(row).data for row in rows]


def _copies(rows: Iterable[conflicts.DifferentCopies]) -> Any:
    return [CopiesOut(row).data for row in rows]


def _overturns(rows: Iterable[Completion]) -> Any:
    return [OverturnOut(row).data for row in rows]
