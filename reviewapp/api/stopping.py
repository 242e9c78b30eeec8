"""Stopping: what shall be proven, the control set, looks at the rules, and the planner."""

from collections.abc import Sequence
from typing import Any

from django_filters import ChoiceFilter, FilterSet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import access
from reviewapp.api.endpoints import ProjectEndpoint, Shape, read
from reviewapp.api.figures import EstimateOut
from reviewapp.api.filters import filtered, read_query, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.domain import controls, stopping
from reviewapp.domain.stopping import DEFAULTS, LIMITS
from reviewapp.errors import NotFound
from reviewapp.models import Project, StoppingLook, StoppingPlan
from training.core.stopping import Design, Plan


def share(name: str, help_text: str) -> serializers.FloatField:
    low, high = LIMITS[name]
    return serializers.FloatField(min_value=low, max_value=high, default=DEFAULTS[name], help_text=help_text)


def count(name: str, help_text: str) -> serializers.IntegerField:
    low, high = map(int, LIMITS[name])
    return serializers.IntegerField(min_value=low, max_value=high, default=int(DEFAULTS[name]), help_text=help_text)


class StoppingPlanIn(Shape):
    target = share("target", "Share of the relevant documents to be found.")
    confidence = share("confidence", "Chance that what is certified holds.")
    looks = count("looks", "Looks of the planned test; each has its share of the chance of error.")
    run = count("run", "Irrelevant documents in a row.")


class StoppingPlanOut(serializers.ModelSerializer[StoppingPlan]):
    set_by = serializers.CharField(source="set_by.username")

    class Meta:
        model = StoppingPlan
        fields = ["target", "confidence", "looks", "run", "set_by", "set_at"]
        read_only_fields = fields


class ControlSetIn(Shape):
    documents = serializers.IntegerField(min_value=1, max_value=10**9, help_text="To be drawn, on average.")


class ControlSetOut(serializers.Serializer[controls.Standing]):
    probability = serializers.FloatField(source="control_set.probability", help_text="Of every document.")
    seed = serializers.CharField(
        source="control_set.sample.seed",
        help_text="A document is in the set when SHA-256 of `seed:document` as a number is below probability × 2²⁵⁶.",
    )
    documents = serializers.IntegerField(source="control_set.documents", help_text="That it was drawn from so far.")
    known_documents = serializers.IntegerField(source="control_set.known_documents", help_text="Left out at the draw.")
    known_positives = serializers.IntegerField(source="control_set.known_positives")
    drawn = serializers.IntegerField()
    decided = serializers.IntegerField(help_text="Coded or skipped.")
    left = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="Count as relevant and not met.")
    positives = serializers.IntegerField()


class LookOut(serializers.ModelSerializer[StoppingLook]):
    guarantee = serializers.SerializerMethodField(help_text="False for heuristics.")
    figures = serializers.DictField(help_text="What the rule said, by name.")
    round = serializers.IntegerField(source="round.number", default=None, allow_null=True)
    by = serializers.CharField(source="by.username")

    class Meta:
        model = StoppingLook
        fields = [
            "id",
            "rule",
            "guarantee",
            "verdict",
            "figures",
            "documents",
            "coded",
            "version",
            "round",
            "by",
            "at",
        ]
        read_only_fields = fields

    def get_guarantee(self, look: StoppingLook) -> bool:
        return look.rule not in StoppingLook.HEURISTICS


class PlannedOut(serializers.Serializer[stopping.Planned]):
    looks = serializers.IntegerField()
    used = serializers.IntegerField()
    left = serializers.IntegerField()
    found = serializers.IntegerField(help_text="Coded relevant now.")
    pile = serializers.IntegerField(help_text="Not coded now.")
    sample = serializers.IntegerField(
        allow_null=True, help_text="The smallest sample that can pass; null when none can, because nothing is found."
    )


class ControlMetricsOut(serializers.Serializer[Any]):
    richness = EstimateOut(required=False, help_text="Of what the control set was drawn from.")
    recall = EstimateOut(required=False, help_text="Of the current version at rank 50.")
    precision = EstimateOut(required=False, help_text="Of the current version at rank 50.")


class StoppingOut(serializers.Serializer[stopping.Overview]):
    plan = StoppingPlanOut(allow_null=True)
    control = ControlSetOut(allow_null=True)
    planned = PlannedOut(allow_null=True)
    latest = serializers.SerializerMethodField(help_text="The last look at each rule.")
    metrics = ControlMetricsOut()

    @extend_schema_field(LookOut(many=True))
    def get_latest(self, overview: stopping.Overview) -> Any:
        return LookOut(list(overview.latest.values()), many=True).data


class PlannerIn(Shape):
    target = share("target", "Share of the relevant documents to be found.")
    confidence = share("confidence", "Chance that what is certified holds.")
    richness = serializers.FloatField(min_value=0, max_value=1, help_text="Expected share of relevant documents.")


class DesignOut(serializers.Serializer[Design]):
    positives = serializers.IntegerField(help_text="That the control set must hold.")
    needed = serializers.IntegerField(help_text="Of them, to be met before the stop.")
    probability = serializers.FloatField(help_text="Of every document.")
    documents = serializers.IntegerField(help_text="Drawn on average; enough with a chance of 90 %.")
    stops_at = serializers.FloatField(help_text="Recall at which the rule stops on average.")


class PlannerOut(serializers.Serializer[Plan]):
    relevant = serializers.IntegerField(help_text="Expected in what can be drawn from.")
    fewest = serializers.IntegerField(allow_null=True, help_text="Control positives that prove the target at least.")
    best = serializers.FloatField(help_text="The recall that all of them together could prove.")
    designs = DesignOut(many=True, help_text="Empty: not provable here.")


class LookFilters(FilterSet):  # type: ignore[misc]
    rule = ChoiceFilter(choices=StoppingLook.Rule.choices)
    verdict = ChoiceFilter(choices=StoppingLook.Verdict.choices)


class StoppingEndpoint(ProjectEndpoint):
    """An address about stopping: the project comes with what the rules read."""

    def enter(self, **address: Any) -> None:
        rows = Project.objects.select_related("version", "snapshot", "control_set__sample")
        self.project = access.get(self.person, Project, address["project"], may=self.right, among=rows)


class Stopping(StoppingEndpoint):
    may = {"GET": "view"}

    @operation("stopping.get", gives=StoppingOut)
    def get(self, request: Request) -> Response:
        """What shall be proven, the control set, the planned test, and the last look at each rule."""
        refuse_unknown(request, set())
        return Response(StoppingOut(stopping.overview(self.project)).data)


class SetPlan(StoppingEndpoint):
    may = {"PUT": "manage"}

    @operation("stopping.plan", takes=StoppingPlanIn, gives=StoppingPlanOut)
    def put(self, request: Request) -> Response:
        """Fix target and confidence; refused after the first look."""
        plan = stopping.set_plan(self.project, self.person, read(StoppingPlanIn, request))
        return Response(StoppingPlanOut(plan).data)


class Designs(StoppingEndpoint):
    may = {"GET": "view"}

    @operation("stopping.designs", gives=PlannerOut, parameters=(PlannerIn,))
    def get(self, request: Request) -> Response:
        """How many documents to draw for a control set that can certify the target."""
        return Response(PlannerOut(stopping.designs(self.project, **read_query(PlannerIn, request))).data)


class OneControlSet(StoppingEndpoint):
    may = {"POST": "manage", "DELETE": "manage"}

    @operation("stopping.draw", takes=ControlSetIn, gives=ControlSetOut, status=201)
    def post(self, request: Request) -> Response:
        """Draw a control set from what is not coded; the queue serves it first, without ranks."""
        controls.draw(self.project, self.person, read(ControlSetIn, request)["documents"])
        self.enter(project=self.project.pk)
        return Response(ControlSetOut(controls.standing(self.project)).data, 201)

    @operation("stopping.give-up", status=204)
    def delete(self, request: Request) -> Response:
        """Give the control set up: its documents train from now on, and nothing is certified any more."""
        refuse_unknown(request, set())
        if self.project.control_set is None:
            raise NotFound("This project has no control set.")
        controls.give_up(self.project, self.person)
        return Response(status=204)


class Looks(StoppingEndpoint):
    may = {"GET": "view", "POST": "manage"}

    @operation("stopping.list", gives=LookOut, page=True, filters=LookFilters)
    def get(self, request: Request) -> Response:
        """Every look at every rule, newest first."""
        return page(request, filtered(request, LookFilters, stopping.looks(self.project)), _render, newest_first=True)

    @operation("stopping.look", gives=LookOut(many=True), status=201)
    def post(self, request: Request) -> Response:
        """Take a look: ask the certified rule and every heuristic, and keep what they say."""
        return Response(LookOut(stopping.look(self.project, self.person), many=True).data, 201)


def _render(rows: Sequence[StoppingLook]) -> Any:
    return LookOut(rows, many=True).data
