"""Validation rounds: planned, started, read, and ended."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django_filters import ChoiceFilter, FilterSet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import access
from reviewapp.api.endpoints import ProjectEndpoint, Shape, read
from reviewapp.api.figures import EstimateOut, StratumOut
from reviewapp.api.filters import filtered, read_query, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.domain import validation, validation_plans, validation_results
from reviewapp.domain.validation_plans import CONFIDENCES, MARGINS, Design
from reviewapp.errors import NotFound
from reviewapp.models import Project, ValidationRound


class DesignIn(Shape):
    kind = serializers.ChoiceField(choices=ValidationRound.Kind.choices, default=ValidationRound.Kind.ELUSION)
    cutoff = serializers.FloatField(
        min_value=0,
        max_value=100,
        allow_null=True,
        default=None,
        help_text="Rank; without it all of what is not coded.",
    )
    confidence = serializers.FloatField(min_value=CONFIDENCES[0], max_value=CONFIDENCES[1], default=0.95)
    margin = serializers.FloatField(
        min_value=MARGINS[0], max_value=MARGINS[1], default=0.025, help_text="Sets the size, unless `size` does."
    )
    size = serializers.IntegerField(min_value=1, max_value=10**9, allow_null=True, default=None, help_text="Documents.")


class ValidationPlanOut(serializers.Serializer[validation_plans.Plan]):
    documents = serializers.IntegerField()
    found = serializers.IntegerField(help_text="Coded relevant now.")
    above = StratumOut()
    below = StratumOut()
    size = serializers.IntegerField(help_text="Documents to code.")
    best_recall = serializers.FloatField(help_text="The recall that the sample can show at best.")
    best_elusion = serializers.FloatField(
        source="best_elusion.high", help_text="The elusion that it cannot rule out even then."
    )


class SampleProgressOut(serializers.Serializer[validation_results.Progress]):
    sample = serializers.IntegerField()
    decided = serializers.IntegerField(help_text="Coded or skipped.")
    left = serializers.IntegerField()
    skipped = serializers.IntegerField()
    deleted = serializers.IntegerField(help_text="Left out of the sample, because the documents were deleted.")


class EludedOut(serializers.Serializer[Any]):
    value = serializers.IntegerField(allow_null=True)
    low = serializers.IntegerField()
    high = serializers.IntegerField()


class EstimatesOut(serializers.Serializer[Any]):
    elusion = EstimateOut()
    richness = EstimateOut(required=False)
    recall = EstimateOut(required=False)
    precision = EstimateOut(required=False, help_text="With a cutoff only.")


class ValidationResultOut(serializers.Serializer[validation_results.Result]):
    above = StratumOut()
    below = StratumOut()
    skipped = serializers.IntegerField()
    deleted = serializers.IntegerField()
    eluded = serializers.SerializerMethodField(help_text="Relevant documents in the discard pile.")
    estimates = EstimatesOut()

    @extend_schema_field(EludedOut)
    def get_eluded(self, found: validation_results.Result) -> dict[str, int | None]:
        return dict(zip(("value", "low", "high"), found.eluded, strict=True))


class ValidationRoundOut(serializers.ModelSerializer[ValidationRound]):
    created_by = serializers.CharField(source="created_by.username")
    closed_by = serializers.CharField(source="closed_by.username", default=None, allow_null=True)
    seed = serializers.CharField(source="sample.seed", help_text="With it the draw can be done again.")
    progress = serializers.SerializerMethodField(help_text="Null when the round is closed.")
    result = serializers.SerializerMethodField(help_text="Null before the whole sample is coded, or when abandoned.")

    class Meta:
        model = ValidationRound
        fields = [
            "number",
            "kind",
            "state",
            "cutoff",
            "confidence",
            "margin",
            "version",
            "documents",
            "found",
            "above",
            "below",
            "seed",
            "progress",
            "result",
            "created_by",
            "created_at",
            "closed_by",
            "closed_at",
        ]
        read_only_fields = fields

    @extend_schema_field(SampleProgressOut(allow_null=True))
    def get_progress(self, round_: ValidationRound) -> Any:
        is_open = round_.state == ValidationRound.State.OPEN
        return SampleProgressOut(validation_results.progress(round_)).data if is_open else None

    @extend_schema_field(ValidationResultOut(allow_null=True))
    def get_result(self, round_: ValidationRound) -> Any:
        found = validation_results.result(round_)
        return ValidationResultOut(found).data if found else None


class RoundFilters(FilterSet):  # type: ignore[misc]
    state = ChoiceFilter(choices=ValidationRound.State.choices)
    kind = ChoiceFilter(choices=ValidationRound.Kind.choices)


class ValidationPlan(ProjectEndpoint):
    may = {"GET": "view"}

    def enter(self, **address: Any) -> None:
        self.project = _project(self, address["project"])

    @operation("validation.plan", gives=ValidationPlanOut, parameters=(DesignIn,))
    def get(self, request: Request) -> Response:
        """What a round would draw from the project as it is now, and what that could show at best."""
        design = Design(**read_query(DesignIn, request))
        return Response(ValidationPlanOut(validation_plans.plan(self.project, design)).data)


class ValidationRounds(ProjectEndpoint):
    may = {"GET": "view", "POST": "manage"}

    def enter(self, **address: Any) -> None:
        self.project = _project(self, address["project"])

    @operation("validation.list", gives=ValidationRoundOut, page=True, filters=RoundFilters)
    def get(self, request: Request) -> Response:
        """The project's validation rounds, newest first."""
        rows = filtered(request, RoundFilters, _rows().filter(project=self.project))
        return page(request, rows, _render, newest_first=True)

    @operation("validation.start", takes=DesignIn, gives=ValidationRoundOut, status=201)
    def post(self, request: Request) -> Response:
        """Draw a sample and lock the model; the queue serves the sample first, without ranks."""
        made = validation.start(self.project, self.person, Design(**read(DesignIn, request)))
        place = f"/api/v1/projects/{self.project.pk}/validation-rounds/{made.number}"
        return Response(ValidationRoundOut(made).data, 201, headers={"Location": place})


class RoundEndpoint(ProjectEndpoint):
    """An address of one validation round."""

    round_: ValidationRound

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        found = _rows().filter(project=self.project, number=address["number"]).first()
        if found is None:
            raise NotFound(f"This project has no validation round {address['number']}.")
        self.round_ = found


class OneValidationRound(RoundEndpoint):
    may = {"GET": "view"}

    @operation("validation.get", gives=ValidationRoundOut)
    def get(self, request: Request) -> Response:
        """One round: how far its sample is coded, or what it showed."""
        refuse_unknown(request, set())
        return Response(ValidationRoundOut(self.round_).data)


class ResumeReview(RoundEndpoint):
    may = {"POST": "manage"}

    @operation("validation.resume", gives=ValidationRoundOut)
    def post(self, request: Request) -> Response:
        """Keep the result and unlock the model; the decisions that waited are trained on."""
        return Response(ValidationRoundOut(validation.resume(self.round_, self.person)).data)


class CompleteProject(RoundEndpoint):
    may = {"POST": "manage"}

    @operation("validation.complete", gives=ValidationRoundOut)
    def post(self, request: Request) -> Response:
        """Keep the result and end the review; its model stays as it is."""
        return Response(ValidationRoundOut(validation.complete(self.round_, self.person)).data)


class AbandonRound(RoundEndpoint):
    may = {"POST": "manage"}

    @operation("validation.abandon", gives=ValidationRoundOut)
    def post(self, request: Request) -> Response:
        """End the round without a result."""
        return Response(ValidationRoundOut(validation.abandon(self.round_, self.person)).data)


def _project(endpoint: ProjectEndpoint, pk: int) -> Project:
    rows = Project.objects.select_related("version", "snapshot")
    return access.get(endpoint.person, Project, pk, may=endpoint.right, among=rows)


def _rows() -> QuerySet[ValidationRound]:
    return ValidationRound.objects.select_related("sample", "created_by", "closed_by")


def _render(rows: Sequence[ValidationRound]) -> Any:
    return ValidationRoundOut(rows, many=True).data
