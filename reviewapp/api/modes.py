"""Training modes: which there are, the ordered list of each, and clusters."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp.api.endpoints import ProjectEndpoint
from reviewapp.api.filters import PAGING, read_query, refuse_unknown
from reviewapp.api.items import ItemOut
from reviewapp.api.jobs import JobOut
from reviewapp.api.pagination import page_of_places
from reviewapp.api.schema import operation
from reviewapp.api.walks import WalkShape
from reviewapp.domain import items
from reviewapp.errors import NotFound
from reviewapp.models import Clustering, Reason
from training import advice, clustering, modes
from training.modes import MODES, NAMES, PHASES

NEEDS = ("model", "label", "words", "cluster")


class ModeOut(serializers.Serializer[modes.Mode]):
    name = serializers.ChoiceField(choices=NAMES)
    phase = serializers.ChoiceField(choices=tuple(PHASES))
    title = serializers.CharField()
    rule = serializers.CharField(help_text="What is shown, in which order.")
    reason = serializers.ChoiceField(choices=Reason.choices, help_text="Kept with what is coded out of it.")
    needs = serializers.ListField(child=serializers.ChoiceField(choices=NEEDS))
    reviewed = serializers.BooleanField(help_text="Whether it shows documents that have a decision.")
    closed = serializers.SerializerMethodField(help_text="Why it shows nothing now; empty when it does.")

    def get_closed(self, mode: modes.Mode) -> str:
        return modes.closed(self.context["project"], mode)


class AdviceOut(serializers.Serializer[advice.Advice]):
    mode = serializers.ChoiceField(choices=NAMES, source="mode.name")
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    why = serializers.CharField()


class ShareOut(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=Reason.choices)
    documents = serializers.IntegerField()
    positives = serializers.IntegerField()
    share = serializers.FloatField(help_text="Of the reviewed documents, 0 to 1.")


class ModesOut(serializers.Serializer[Any]):
    modes = ModeOut(many=True)
    advice = AdviceOut(many=True, help_text="What is worth doing next, the most pressing first.")
    shares = ShareOut(many=True, help_text="Reviewed documents by the reason they were first served for.")


class ClusterOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    terms = serializers.ListField(child=serializers.CharField(), help_text="Words that set it apart.")
    documents = serializers.IntegerField()


class ClusteringOut(serializers.Serializer[Clustering]):
    index = serializers.IntegerField(source="index.number")
    documents = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    parameters = serializers.DictField()
    clusters = serializers.SerializerMethodField(help_text="The largest first.")

    @extend_schema_field(ClusterOut(many=True))
    def get_clusters(self, found: Clustering) -> list[dict[str, Any]]:
        return [{"number": number, **group} for number, group in enumerate(found.groups)]


class Modes(ProjectEndpoint):
    may = {"GET": "view"}

    @operation("modes.get", gives=ModesOut)
    def get(self, request: Request) -> Response:
        """All training modes, what is worth doing next, and what each brought so far."""
        refuse_unknown(request, set())
        brought = advice.shares(self.project)
        return Response(
            {
                "modes": [ModeOut(mode, context={"project": self.project}).data for mode in MODES.values()],
                "advice": [AdviceOut(step).data for step in advice.advise(self.project, brought)],
                "shares": [_share(served, share) for served, share in brought.rows],
            }
        )


class OneMode(ProjectEndpoint):
    may = {"GET": "view"}

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        if address["mode"] not in MODES:
            raise NotFound(f"There is no such mode. Modes: {', '.join(MODES)}.")

    @operation("modes.list", gives=ItemOut, page=True, parameters=(WalkShape,))
    def get(self, request: Request) -> Response:
        """The documents of one mode in its order, without their texts."""
        walk = modes.walk(self.project, self.kwargs["mode"], **read_query(WalkShape, request))
        found = modes.found(self.project, walk)
        return page_of_places(request, found, found.ordinals, _render, ascending=False)


class Clusters(ProjectEndpoint):
    may = {"GET": "view", "POST": "manage"}

    @operation("modes.clusters", gives=ClusteringOut)
    def get(self, request: Request) -> Response:
        """The clusters that were found last."""
        refuse_unknown(request, PAGING)
        found = clustering.latest(self.project)
        if found is None:
            raise NotFound("No clusters have been looked for yet.")
        return Response(ClusteringOut(found).data)

    @operation("modes.find-clusters", gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Look for clusters of the documents as they are indexed now."""
        job = clustering.request(self.project, self.person)
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


def _share(served: Any, share: float) -> dict[str, Any]:
    return {
        "reason": served.reason,
        "documents": served.documents,
        "positives": served.positives,
        "share": round(share / 100, 6),
    }


def _render(rows: Iterable[items.Row]) -> Any:
    return [ItemOut(row).data for row in rows]
