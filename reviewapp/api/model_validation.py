"""Validation of model versions: figures with intervals at any threshold, curves, ratings, and pinned ones over time."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib import validation
from models_lib.models import ValidationRecord
from reviewapp.api.endpoints import ProjectEndpoint, Shape
from reviewapp.api.filters import PAGING, read_query, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.api.versions import VersionEndpoint
from training.core.validation import named_thresholds


class FigureOut(serializers.Serializer[Any]):
    value = serializers.FloatField(allow_null=True, help_text="Null where nothing can be said.")
    low = serializers.FloatField(help_text="Lower end of the 95 % interval.")
    high = serializers.FloatField()
    number = serializers.IntegerField(help_text="Documents that it rests on.")


class FiguresOut(serializers.Serializer[Any]):
    documents = serializers.IntegerField()
    positives = serializers.IntegerField()
    is_weak = serializers.BooleanField(help_text="Fewer than 20 positives: do not lean on it.")
    precision = FigureOut()
    recall = FigureOut()
    f1 = FigureOut()
    average_precision = FigureOut()


class LabelFiguresOut(serializers.Serializer[validation.Label]):
    name = serializers.CharField()
    figures = FiguresOut()
    reasons = serializers.ListField(child=serializers.CharField(), help_text="Why it does less well than it could.")
    thresholds = serializers.ListField(child=serializers.FloatField(), source="curve.thresholds", help_text="Falling.")
    precisions = serializers.ListField(child=serializers.FloatField(), source="curve.precisions")
    recalls = serializers.ListField(child=serializers.FloatField(), source="curve.recalls")
    named = serializers.SerializerMethodField(help_text="Thresholds by name: high_recall, balanced, high_precision.")

    def get_named(self, label: validation.Label) -> dict[str, float]:
        return named_thresholds(label.curve)


class RatingOut(serializers.Serializer[Any]):
    score = serializers.FloatField(allow_null=True, help_text="0 to 100; null without held-out positives.")
    grade = serializers.CharField()
    all_labels = serializers.FloatField(allow_null=True, help_text="Weighs 0.4.")
    underperforming = serializers.FloatField(allow_null=True, help_text="Weighs 0.2.")
    coverage = serializers.FloatField(help_text="Weighs 0.2.")
    balance = serializers.FloatField(help_text="Weighs 0.2.")


class ValidationOut(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    basis = serializers.ChoiceField(choices=list(validation.BASES.items()))
    assumption = serializers.CharField(help_text="What the intervals take for granted.")
    intervals = serializers.CharField(help_text="Their names.")
    threshold = serializers.FloatField()
    documents = serializers.IntegerField()
    drawn = serializers.IntegerField(help_text="Of these, picked by chance.")
    labels = LabelFiguresOut(many=True)
    rating = RatingOut(allow_null=True)


class ValidationQuery(Shape):
    threshold = serializers.FloatField(min_value=0, max_value=1, default=validation.HALF)
    basis = serializers.ChoiceField(choices=list(validation.BASES.items()), default=validation.CODED)


class RecordOut(serializers.Serializer[ValidationRecord]):
    version = serializers.IntegerField(source="version.number")
    frozen_at = serializers.DateTimeField()
    record = serializers.DictField(help_text="Figures on both bases at 0.5, rating and metrics, as they were.")


class Validations(VersionEndpoint):
    may = {"GET": "view"}

    @operation("versions.validation", gives=ValidationOut, parameters=(ValidationQuery,))
    def get(self, request: Request) -> Response:
        """What the version does on held-out documents, by label; 409 where nothing held out can be validated."""
        asked = read_query(ValidationQuery, request)
        found = validation.require(self.version, asked["threshold"], asked["basis"])
        told = {
            "version": self.version.number,
            "basis": found.basis,
            "assumption": validation.ASSUMPTIONS[found.basis],
            "intervals": validation.INTERVALS,
            "threshold": found.threshold,
            "documents": found.documents,
            "drawn": found.drawn,
            "labels": found.labels,
            "rating": validation.rated(self.version),
        }
        return Response(ValidationOut(told).data)


class OverTime(ProjectEndpoint):
    may = {"GET": "view"}

    @operation("versions.validations", gives=RecordOut, page=True)
    def get(self, request: Request) -> Response:
        """The frozen figures of the pinned versions, in the order in which they were trained."""
        refuse_unknown(request, PAGING)
        rows = validation.frozen(self.project)
        return page(request, rows, lambda found: [RecordOut(row).data for row in found])
