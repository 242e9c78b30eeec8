"""Shapes of estimated figures: a value with its interval and what it rests on."""

from rest_framework import serializers

from training.core.estimates import Estimate, Stratum


class EstimateOut(serializers.Serializer[Estimate]):
    value = serializers.FloatField(allow_null=True, help_text="Null where nothing can be said.")
    low = serializers.FloatField(help_text="The interval, at the stated confidence.")
    high = serializers.FloatField()
    margin = serializers.FloatField(help_text="Half of the interval's width.")
    positives = serializers.IntegerField(help_text="Relevant documents in the sample that it rests on.")
    documents = serializers.IntegerField(help_text="Documents in that sample.")
    weak = serializers.BooleanField(source="is_weak", help_text="Whether it rests on fewer than 20 positives.")


class StratumOut(serializers.Serializer[Stratum]):
    pile = serializers.IntegerField(help_text="Documents that the sample stands for.")
    sample = serializers.IntegerField()
    relevant = serializers.IntegerField(help_text="Of the sample.")
    skipped = serializers.IntegerField(help_text="Of the sample; each figure takes the reading worse for the review.")
