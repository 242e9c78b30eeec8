"""Why a document has its rank."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp.api.endpoints import Shape
from reviewapp.api.filters import read_query
from reviewapp.api.items import ItemEndpoint
from reviewapp.api.review import DECISION_NAMES, DECISIONS
from reviewapp.api.schema import operation
from reviewapp.domain import second_looks
from training import explaining
from training.core.explanation import DECIMALS


class WhyQuery(Shape):
    version = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, default=None, help_text="Without it, the current one."
    )


class TermOut(serializers.Serializer[Any]):
    said = serializers.ListField(
        child=serializers.CharField(), help_text="Words or word pairs; several share one place in the index."
    )
    added = serializers.FloatField(help_text="To the log-odds.")


class SpanOut(serializers.Serializer[Any]):
    start = serializers.IntegerField(help_text="Of the first character, counted in Unicode code points from 0.")
    end = serializers.IntegerField(help_text="Behind the last character.")
    added = serializers.FloatField()


class NearOut(serializers.Serializer[explaining.Near]):
    document = serializers.IntegerField()
    control_number = serializers.CharField()
    decision = serializers.ChoiceField(choices=DECISION_NAMES)
    likeness = serializers.FloatField(help_text="Cosine of the weighted words, 0 to 1.")

    def to_representation(self, near: explaining.Near) -> dict[str, Any]:
        document = near.item.document
        return {
            "document": document.pk,
            "control_number": document.control_number,
            "decision": DECISIONS[near.item.decision or 0],
            "likeness": round(near.likeness, 4),
        }


class OpinionOut(serializers.Serializer[explaining.Opinion]):
    version = serializers.IntegerField()
    rank = serializers.FloatField(help_text="100 / (1 + exp(-log_odds)).")
    log_odds = serializers.FloatField(
        source="explanation.log_odds",
        help_text=f"Equals bias + rest + every `added` of the terms, all rounded to {DECIMALS} decimals.",
    )
    bias = serializers.FloatField(source="explanation.bias")
    speaking_for = TermOut(source="explanation.speaking_for", many=True)
    speaking_against = TermOut(source="explanation.speaking_against", many=True)
    rest = serializers.FloatField(source="explanation.rest")
    others = serializers.IntegerField(source="explanation.others", help_text="Terms that the rest is made of.")
    title = SpanOut(many=True, help_text="Where the terms stand in the title.")
    text = SpanOut(many=True, help_text="Where the terms stand in the text.")


class WhyOut(OpinionOut):
    nearest = NearOut(many=True, help_text="Coded documents most like it.")
    compared = serializers.IntegerField(help_text="Coded documents that were compared with it, the latest ones.")


class Why(ItemEndpoint):
    may = {"GET": "view"}

    @operation("project-documents.why", gives=WhyOut, parameters=(WhyQuery,))
    def get(self, request: Request) -> Response:
        """The rank written out: terms for and against with where they stand, the rest, the bias; and the nearest."""
        asked = read_query(WhyQuery, request)
        second_looks.require_open(self.item, self.person)
        return Response(WhyOut(explaining.explain(self.project, self.item, asked["version"])).data)
