"""Shares: copies of trained models in other workspaces, asked for in bulk."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib import shares
from models_lib.models import TrainedModel
from models_lib.models.library import Status
from models_lib.shares import MOST_MODELS, MOST_WORKSPACES, Preview
from reviewapp.api.endpoints import Id, Shape, WorkspaceEndpoint, read
from reviewapp.api.filters import refuse_unknown
from reviewapp.api.jobs import JobOut, shown
from reviewapp.api.problems import BadQuery
from reviewapp.api.schema import operation

MODELS = OpenApiParameter(
    "model",
    OpenApiTypes.INT,
    many=True,
    description=f"A model to share; say it up to {MOST_MODELS} times.",
)


class ShareIn(Shape):
    models = serializers.ListField(child=Id(), max_length=MOST_MODELS, help_text="Trained models of this workspace.")
    workspaces = serializers.ListField(child=Id(), max_length=MOST_WORKSPACES, help_text="Where to.")


class NamedModelOut(serializers.ModelSerializer[TrainedModel]):
    status = serializers.ChoiceField(choices=Status.choices)

    class Meta:
        model = TrainedModel
        fields = ["id", "guid", "name", "status"]
        read_only_fields = fields


class TargetOut(serializers.Serializer[Preview]):
    id = serializers.IntegerField(source="workspace.pk")
    name = serializers.CharField(source="workspace.name")
    created = serializers.IntegerField(help_text="Copies that would be new there.")
    known = serializers.IntegerField(help_text="Copies that are there already and would be renewed.")
    missing = serializers.ListField(child=serializers.CharField(), help_text="Categories that would be created there.")
    left_off = serializers.ListField(
        child=serializers.CharField(), help_text="Categories that you may not create there: left off the copies."
    )


class PreviewOut(serializers.Serializer[Any]):
    warning = serializers.CharField()
    ready = NamedModelOut(many=True)
    left_out = NamedModelOut(many=True, help_text="Not ready, so they would be left out.")
    targets = TargetOut(many=True, help_text="Every workspace that you may share to.")


class SharedOut(serializers.Serializer[Any]):
    job = JobOut(help_text="Its result says for each workspace and model what was done.")
    left_out = NamedModelOut(many=True, help_text="Not ready, so they are left out.")
    warning = serializers.CharField()


class Sharing(WorkspaceEndpoint):
    may = {"GET": "view", "POST": "view"}

    def enter(self, **address: Any) -> None:
        """Ask for every right here, so that a refused attempt stays on the trail whatever becomes of the request."""
        super().enter(**address)
        if self.request.method == "POST":
            asked = ShareIn(data=self.request.data)
            named = asked.validated_data if asked.is_valid() else {"models": [], "workspaces": []}
            shares.admit(self.workspace, self.person, **named)
        else:
            self.models = shares.pick(self.workspace, self.person, _ids(self.request))

    @operation("shares.preview", gives=PreviewOut, parameters=(MODELS,))
    def get(self, request: Request) -> Response:
        """Where models can be shared to, and what a share would do there."""
        refuse_unknown(request, {"model"})
        ready, left_out = shares.part(self.models)
        targets = shares.previews(ready, shares.targets(self.person, self.workspace), self.person)
        said = {"warning": shares.WARNING, "ready": ready, "left_out": left_out, "targets": targets}
        return Response(PreviewOut(said).data)

    @operation("shares.create", takes=ShareIn, gives=SharedOut, status=202)
    def post(self, request: Request) -> Response:
        """Copy the ready models into the workspaces; a copy that is there already takes over what describes it."""
        job, left_out = shares.request(self.workspace, self.person, **read(ShareIn, request))
        rest = {"left_out": NamedModelOut(left_out, many=True).data, "warning": shares.WARNING}
        answer = {"job": shown([job], self.person)[0], **rest}
        return Response(answer, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


def _ids(request: Request) -> list[int]:
    said = request.query_params.getlist("model")
    if len(said) > MOST_MODELS or not all(text.isascii() and text.isdigit() and len(text) < 19 for text in said):
        problem = f"model is a number, said at most {MOST_MODELS} times."
        raise BadQuery(problem, {"model": [problem]})
    return [int(text) for text in said]
