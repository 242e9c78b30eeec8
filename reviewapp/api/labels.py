"""Labels: the taxonomy of a project, and labels taken from a file."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import labeling
from reviewapp.api.endpoints import ProjectEndpoint, Shape, read
from reviewapp.api.filters import refuse_unknown
from reviewapp.api.imports import ENVELOPE, FILE
from reviewapp.api.schema import operation
from reviewapp.domain import taxonomy
from reviewapp.models import Project

STATES = ("not_enough_data", "few", "enough", "never_trains")


class LabelOut(serializers.Serializer[taxonomy.Label]):
    name = serializers.CharField(source="choice.value", help_text="Its parts joined by “ > ”.")
    path = serializers.ListField(child=serializers.CharField())
    role = serializers.ChoiceField(choices=labeling.ROLES, source="choice.role")
    hotkey = serializers.CharField(source="choice.hotkey", allow_blank=True)
    documents = serializers.IntegerField(help_text="That carry it now.")
    state = serializers.ChoiceField(choices=STATES, help_text="Whether it can be learnt and measured.")


class LabelsOut(serializers.Serializer[Any]):
    labels = LabelOut(many=True, help_text="In the order of the review field.")


class LabelIn(Shape):
    name = serializers.CharField(max_length=200)
    hotkey = serializers.CharField(max_length=1, allow_blank=True, default="")


class LabelProblemOut(serializers.Serializer[taxonomy.Problem]):
    line = serializers.IntegerField(help_text="Of a CSV file, or the place in the JSON list.")
    label = serializers.CharField()  # type: ignore[assignment]
    refused = serializers.BooleanField(help_text="False: it was taken, but changed on the way.")
    reason = serializers.CharField()


class LabelReportOut(serializers.Serializer[taxonomy.Report]):
    added = serializers.ListField(child=serializers.CharField())
    kept = serializers.ListField(child=serializers.CharField(), help_text="There already.")
    problems = LabelProblemOut(many=True)


class Labels(ProjectEndpoint):
    may = {"GET": "view", "POST": "manage"}

    @operation("labels.get", gives=LabelsOut)
    def get(self, request: Request) -> Response:
        """All labels of the project with how many documents carry them; 200 at most."""
        refuse_unknown(request, set())
        return Response(_shown(self.project))

    @operation("labels.add", takes=LabelIn, gives=LabelsOut, status=201)
    def post(self, request: Request) -> Response:
        """Add a neutral label; versions that are trained stay as they are."""
        asked = read(LabelIn, request)
        taxonomy.add(self.project, self.person, asked["name"], key=asked["hotkey"])
        self.project.refresh_from_db(fields=["labeling_config"])
        return Response(_shown(self.project), 201)


class LabelFile(ProjectEndpoint):
    may = {"POST": "manage"}
    parser_classes = [MultiPartParser]

    def largest_body(self) -> int:
        return taxonomy.LARGEST_FILE + ENVELOPE

    @operation("labels.load", takes=FILE, gives=LabelReportOut)
    def post(self, request: Request) -> Response:
        """Take labels from a CSV or JSON file, sent as the part `file`; bad rows are reported, good ones are taken."""
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            raise serializers.ValidationError({"file": ["Send the file as a part named “file” with a file name."]})
        rows = taxonomy.read(file.read(), file.name or "")
        return Response(LabelReportOut(taxonomy.load(self.project, self.person, rows)).data)


def _shown(project: Project) -> dict[str, Any]:
    return {"labels": [LabelOut(label).data for label in taxonomy.labels(project)]}
