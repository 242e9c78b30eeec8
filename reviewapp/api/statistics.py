"""Statistics of a project, as its home page shows them."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import access
from reviewapp.api.endpoints import ProjectEndpoint
from reviewapp.api.filters import refuse_unknown
from reviewapp.api.schema import operation
from reviewapp.domain import statistics
from reviewapp.models import Project, Reason


class StatisticsProgressOut(serializers.Serializer[statistics.Progress]):
    documents = serializers.IntegerField()
    coded = serializers.IntegerField()
    share = serializers.FloatField(help_text="Coded documents of all, 0 to 100.")
    positives = serializers.IntegerField()
    negatives = serializers.IntegerField()
    neutrals = serializers.IntegerField()
    skipped = serializers.IntegerField()
    open = serializers.IntegerField()
    checked_out = serializers.IntegerField()


class WaitingOut(serializers.Serializer[statistics.Waiting]):
    decisions = serializers.IntegerField(help_text="Not counted by the current version yet.")
    due_at = serializers.IntegerField(help_text="The number at which a training starts by itself.")
    until_due = serializers.IntegerField()
    missing_positives = serializers.IntegerField(help_text="Until a model can be built.")
    missing_negatives = serializers.IntegerField()
    job = serializers.IntegerField(source="job.pk", default=None, allow_null=True, help_text="What runs, or waits.")
    failed = serializers.IntegerField(source="failed.pk", default=None, allow_null=True, help_text="What failed last.")


class ServedOut(serializers.Serializer[statistics.Served]):
    reason = serializers.ChoiceField(choices=Reason.choices)
    documents = serializers.IntegerField()
    positives = serializers.IntegerField()
    rate = serializers.FloatField(help_text="Relevant of these, 0 to 100.")


class ReadingOut(serializers.Serializer[statistics.Reading]):
    size = serializers.IntegerField(help_text="Documents in a window.")
    windows = serializers.ListField(
        child=ServedOut(many=True), help_text="Coded documents in the order they were first coded, by reason."
    )
    by_reason = ServedOut(many=True)
    gain = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="[documents coded, positives found] at the end of each window.",
    )


class RanksOut(serializers.Serializer[statistics.RankDistribution]):
    version = serializers.IntegerField()
    documents = serializers.IntegerField()
    states = serializers.DictField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text=f"Per state, documents in {statistics.BINS} equal ranges of rank from 0 to 100.",
    )


class ReviewerOut(serializers.Serializer[statistics.Reviewer]):
    username = serializers.CharField(source="user.username")
    completions = serializers.IntegerField()
    coded = serializers.IntegerField()
    positives = serializers.IntegerField()
    rate = serializers.FloatField(help_text="Relevant of what they coded, 0 to 100.")
    skipped = serializers.IntegerField()
    overturned = serializers.IntegerField(help_text="Decisions that somebody else changed.")
    pace = serializers.FloatField(allow_null=True, help_text="Documents an hour of reading.")
    reasons = serializers.DictField(child=serializers.IntegerField(), help_text="Completions by reason of serving.")
    last = serializers.DateTimeField(allow_null=True)


class StatisticsOut(serializers.Serializer[Project]):
    progress = StatisticsProgressOut()
    waiting = WaitingOut()
    reading = ReadingOut()
    ranks = RanksOut(allow_null=True, help_text="Null before the first version.")
    reviewers = ReviewerOut(many=True)


class Statistics(ProjectEndpoint):
    may = {"GET": "view"}

    def enter(self, **address: Any) -> None:
        rows = Project.objects.select_related("index", "version", "snapshot")
        self.project = access.get(self.person, Project, address["project"], may=self.right, among=rows)

    @operation("statistics.get", gives=StatisticsOut)
    def get(self, request: Request) -> Response:
        """Progress, what waits for the next training, relevance as the review went on, ranks, and reviewers."""
        refuse_unknown(request, set())
        ranks = statistics.rank_distribution(self.project)
        return Response(
            {
                "progress": StatisticsProgressOut(statistics.progress(self.project)).data,
                "waiting": WaitingOut(statistics.waiting(self.project)).data,
                "reading": ReadingOut(statistics.reading(self.project)).data,
                "ranks": ranks and RanksOut(ranks).data,
                "reviewers": [ReviewerOut(person).data for person in statistics.reviewers(self.project)],
            }
        )
