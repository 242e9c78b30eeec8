"""Two versions side by side: paired figures on what was held out of both, and shadow scores of the collection."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib import comparison, shadows, validation, versions
from reviewapp.api.endpoints import Id, Shape
from reviewapp.api.filters import read_query, refuse_unknown
from reviewapp.api.jobs import JobOut
from reviewapp.api.model_validation import FigureOut
from reviewapp.api.schema import operation
from reviewapp.api.versions import VersionEndpoint


class ChangeFigureOut(serializers.Serializer[Any]):
    value = serializers.FloatField(allow_null=True, help_text="Later less earlier; null where nothing can be said.")
    low = serializers.FloatField(help_text="Lower end of the 95 % interval.")
    high = serializers.FloatField()


class PairOut(serializers.Serializer[comparison.Pair]):
    name = serializers.CharField()
    before = FigureOut(help_text="Of the earlier version.")
    after = FigureOut(help_text="Of this version.")
    change = ChangeFigureOut()
    verdict = serializers.ChoiceField(choices=["better", "worse", "open"], help_text="open: the interval contains 0.")


class ComparedLabelOut(serializers.Serializer[comparison.Label]):
    name = serializers.CharField()
    positives = serializers.IntegerField()
    is_weak = serializers.BooleanField(help_text="Fewer than 20 positives: do not lean on it.")
    pairs = PairOut(many=True)


class ComparisonOut(serializers.Serializer[Any]):
    earlier = serializers.IntegerField(source="earlier.number")
    later = serializers.IntegerField(source="later.number")
    threshold = serializers.FloatField()
    basis = serializers.ChoiceField(choices=list(validation.BASES.items()))
    assumption = serializers.SerializerMethodField(help_text="What the intervals take for granted.")
    intervals = serializers.SerializerMethodField(help_text="Their names.")
    documents = serializers.IntegerField(help_text="Held out of both.")
    drawn = serializers.IntegerField(help_text="Of these, picked by chance.")
    only_earlier = serializers.IntegerField(help_text="Known to the earlier version alone, and left out.")
    only_later = serializers.IntegerField()
    recoded = serializers.IntegerField(help_text="Decided otherwise in between; the newer decision counts for both.")
    labels = ComparedLabelOut(many=True)

    def get_assumption(self, found: comparison.Comparison) -> str:
        return validation.ASSUMPTIONS[found.basis]

    def get_intervals(self, found: comparison.Comparison) -> str:
        return comparison.METHOD


class ComparisonQuery(Shape):
    earlier = Id(help_text="The version to compare with.")
    threshold = serializers.FloatField(min_value=0, max_value=1, default=validation.HALF)
    basis = serializers.ChoiceField(choices=list(validation.BASES.items()), default=validation.CODED)


class MovedOut(serializers.Serializer[shadows.Moved]):
    document = serializers.IntegerField(source="item.document_id")
    control_number = serializers.CharField(source="item.document.control_number")
    before = serializers.FloatField(help_text="Rank by the earlier version, 0 to 100.")
    after = serializers.FloatField()


class ShadowOut(serializers.Serializer[shadows.Shadow]):
    earlier = serializers.IntegerField(source="earlier.number")
    later = serializers.IntegerField(source="later.number")
    threshold = serializers.FloatField()
    documents = serializers.IntegerField()
    above_before = serializers.IntegerField(help_text="Documents from the threshold on, by the earlier version.")
    above_after = serializers.IntegerField()
    rising = serializers.IntegerField(help_text="Documents that cross the threshold upwards.")
    falling = serializers.IntegerField()
    most = MovedOut(many=True, help_text=f"Whose rank moved most; at most {shadows.LISTED}.")
    rises = MovedOut(many=True, help_text=f"Who cross upwards, the farthest first; at most {shadows.LISTED}.")
    falls = MovedOut(many=True)


class ShadowQuery(Shape):
    earlier = Id(help_text="The version to compare with, such as the one that is live.")
    threshold = serializers.FloatField(min_value=0, max_value=1, default=validation.HALF)


class OneComparison(VersionEndpoint):
    may = {"GET": "view"}

    @operation("versions.comparison", gives=ComparisonOut, parameters=(ComparisonQuery,))
    def get(self, request: Request) -> Response:
        """This version beside another one, on the documents that were held out of both."""
        asked = read_query(ComparisonQuery, request)
        earlier = versions.get(self.project, asked["earlier"])
        found = comparison.between(earlier, self.version, asked["threshold"], asked["basis"])
        return Response(ComparisonOut(found).data)


class OneShadow(VersionEndpoint):
    may = {"GET": "view"}

    @operation("versions.shadow", gives=ShadowOut, parameters=(ShadowQuery,))
    def get(self, request: Request) -> Response:
        """What the collection would rank like by this version instead of another one; 409 until both have scored it."""
        asked = read_query(ShadowQuery, request)
        earlier = versions.get(self.project, asked["earlier"])
        return Response(ShadowOut(shadows.compare(self.project, earlier, self.version, asked["threshold"])).data)


class Scores(VersionEndpoint):
    may = {"POST": "pin"}

    @operation("versions.score", gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Have the version score the collection as it is now; 409 where it has."""
        refuse_unknown(request, set())
        job = shadows.request(self.project, self.version, self.person)
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})
