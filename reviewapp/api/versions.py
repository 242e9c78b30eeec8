"""Model versions: what was trained when, on what, with which result."""

from typing import Any

from django_filters import ChoiceFilter, FilterSet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib.models import ModelVersion
from reviewapp.api.endpoints import ProjectEndpoint
from reviewapp.api.filters import filtered, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.errors import NotFound


class VersionOut(serializers.ModelSerializer[ModelVersion]):
    job = serializers.IntegerField(source="job_id", allow_null=True)
    index = serializers.IntegerField(source="index.number", default=None, allow_null=True)
    current = serializers.SerializerMethodField(help_text="Whether it ranks the project's documents now.")
    parameters = serializers.DictField()
    metrics = serializers.DictField()
    digest = serializers.CharField(help_text="BLAKE2b over every input: same inputs, same digest.")

    class Meta:
        model = ModelVersion
        fields = [
            "number",
            "kind",
            "source",
            "current",
            "digest",
            "job",
            "index",
            "positives",
            "negatives",
            "completions",
            "parameters",
            "metrics",
            "created_at",
        ]
        read_only_fields = fields

    def get_current(self, version: ModelVersion) -> bool:
        return bool(version.pk == self.context["current"])


class FullVersionOut(VersionOut):
    inputs = serializers.DictField(
        source="inputs.record", help_text="Completions and labels that it was trained on, index, and libraries."
    )

    class Meta(VersionOut.Meta):
        fields = [*VersionOut.Meta.fields, "inputs"]
        read_only_fields = fields


class VersionFilters(FilterSet):  # type: ignore[misc]
    source = ChoiceFilter(choices=ModelVersion.Source.choices)


class Versions(ProjectEndpoint):
    may = {"GET": "view"}

    @operation("versions.list", gives=VersionOut, page=True, filters=VersionFilters)
    def get(self, request: Request) -> Response:
        """The project's model versions, newest first."""
        rows = self.project.versions.select_related("index")
        context = {"current": self.project.version_id}
        picked = filtered(request, VersionFilters, rows)
        return page(
            request, picked, lambda found: VersionOut(found, many=True, context=context).data, newest_first=True
        )


class OneVersion(ProjectEndpoint):
    may = {"GET": "view"}

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        version = self.project.versions.select_related("index", "inputs").filter(number=address["number"]).first()
        if version is None:
            raise NotFound(f"This project has no version {address['number']}.")
        self.version = version

    @operation("versions.get", gives=FullVersionOut)
    def get(self, request: Request) -> Response:
        """One version with everything that it was trained on."""
        refuse_unknown(request, set())
        return Response(FullVersionOut(self.version, context={"current": self.project.version_id}).data)
