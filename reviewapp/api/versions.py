"""Model versions: what was trained when, on what, with which result."""

from functools import partial
from operator import itemgetter
from typing import Any

import orjson
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast
from django_filters import ChoiceFilter, FilterSet
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib import differences, pins, versions
from models_lib.differences import Change
from models_lib.models import ModelVersion, Tag
from reviewapp.api.endpoints import Id, ProjectEndpoint, Shape
from reviewapp.api.filters import Flag, filtered, read_query, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation

TAGS = {"type": "array", "items": {"type": "string", "enum": Tag.Name.values}}
COLUMNS = (
    "number",
    "kind",
    "source",
    "labels",
    "digest",
    "job",
    "positives",
    "negatives",
    "completions",
    "created_at",
)
JSON = ("parameters", "metrics")
WRITTEN = {f"{name}_json": Cast(name, TextField()) for name in JSON}
TAGGED = ArraySubquery(Tag.objects.filter(pin__version=OuterRef("pk")).order_by("name").values("name"))
CONFIRMATION = OpenApiParameter("confirmation", str, required=True, description="The version's name, such as `v7`.")


class VersionOut(serializers.ModelSerializer[ModelVersion]):
    job = serializers.IntegerField(source="job_id", allow_null=True)
    index = serializers.IntegerField(source="index.number", default=None, allow_null=True)
    current = serializers.SerializerMethodField(help_text="Whether it ranks the project's documents now.")
    parameters = serializers.DictField()
    metrics = serializers.DictField()
    digest = serializers.CharField(help_text="BLAKE2b over every input: same inputs, same digest.")
    labels = serializers.ListField(child=serializers.CharField(), help_text="What it predicts.")
    kept = serializers.SerializerMethodField(help_text="Whether its payload is there; retention drops unpinned ones.")
    pinned = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField(help_text="Which of live and staging name it.")

    class Meta:
        model = ModelVersion
        fields = [
            "number",
            "kind",
            "source",
            "current",
            "kept",
            "pinned",
            "tags",
            "labels",
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

    def get_kept(self, version: ModelVersion) -> bool:
        return bool(version.artifact)

    def get_pinned(self, version: ModelVersion) -> bool:
        return hasattr(version, "pin")

    @extend_schema_field(TAGS)
    def get_tags(self, version: ModelVersion) -> list[str]:
        return sorted(tag.name for tag in version.pin.tags.all()) if hasattr(version, "pin") else []


class FullVersionOut(VersionOut):
    inputs = serializers.DictField(
        source="inputs.record", help_text="Completions and labels that it was trained on, index, and libraries."
    )

    class Meta(VersionOut.Meta):
        fields = [*VersionOut.Meta.fields, "inputs"]
        read_only_fields = fields


class VersionFilters(FilterSet):  # type: ignore[misc]
    source = ChoiceFilter(choices=ModelVersion.Source.choices)
    pinned = Flag(method="only_pinned", help_text="Only pinned versions, or only the others.")

    def only_pinned(self, rows: QuerySet[ModelVersion], name: str, wanted: bool) -> QuerySet[ModelVersion]:
        return rows.filter(pin__isnull=not wanted)


class ChangeOut(serializers.Serializer[Change]):
    what = serializers.CharField()
    said = serializers.CharField()


class DifferenceOut(serializers.Serializer[Any]):
    earlier = serializers.IntegerField()
    later = serializers.IntegerField()
    same = serializers.BooleanField(help_text="Whether both were trained on the same inputs.")
    changes = ChangeOut(many=True)


class DifferenceQuery(Shape):
    earlier = Id(help_text="The version to compare with.")


class StatusOut(serializers.Serializer[versions.Status]):
    state = serializers.ChoiceField(choices=[(str(state), label) for state, label in versions.STATES.items()])
    version = serializers.IntegerField(source="version.number", default=None, allow_null=True, help_text="Applied now.")
    pending = serializers.IntegerField(help_text="Decisions that the version does not count yet.")
    due_at = serializers.IntegerField(help_text="The number of them at which a training starts by itself.")
    job = serializers.IntegerField(source="job.pk", default=None, allow_null=True, help_text="What computes the next.")


class Versions(ProjectEndpoint):
    may = {"GET": "view"}

    @operation("versions.list", gives=VersionOut, page=True, filters=VersionFilters)
    def get(self, request: Request) -> Response:
        """The project's model versions, newest first."""
        picked = filtered(request, VersionFilters, self.project.versions.all())
        rows = picked.values("pk", "artifact", "index__number", *COLUMNS, pinned=F("pin"), tags=TAGGED, **WRITTEN)
        told = partial(_told, current=self.project.version_id)
        return page(request, rows, partial(map, told), key=itemgetter("pk"), newest_first=True)


class VersionEndpoint(ProjectEndpoint):
    """An address of one version."""

    version: ModelVersion

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        self.version = versions.get(self.project, address["number"])


class OneVersion(VersionEndpoint):
    may = {"GET": "view", "DELETE": "pin"}

    @operation("versions.get", gives=FullVersionOut)
    def get(self, request: Request) -> Response:
        """One version with everything that it was trained on."""
        refuse_unknown(request, set())
        return Response(FullVersionOut(self.version, context={"current": self.project.version_id}).data)

    @operation("versions.delete", status=204, parameters=(CONFIRMATION,))
    def delete(self, request: Request) -> Response:
        """Drop the payload of a pinned version, which cannot be undone; its row, figures and inputs stay."""
        refuse_unknown(request, {"confirmation"})
        said = request.query_params.get("confirmation", "")
        pins.delete(self.project, self.version.number, self.person, said)
        return Response(status=204)


class Difference(VersionEndpoint):
    may = {"GET": "view"}

    @operation("versions.difference", gives=DifferenceOut, parameters=(DifferenceQuery,))
    def get(self, request: Request) -> Response:
        """How the inputs of this version differ from those of another one, in words."""
        earlier = versions.get(self.project, read_query(DifferenceQuery, request)["earlier"])
        changes = differences.between(earlier, self.version)
        told = {
            "earlier": earlier.number,
            "later": self.version.number,
            "same": earlier.digest == self.version.digest,
            "changes": changes,
        }
        return Response(DifferenceOut(told).data)


class ModelStatus(ProjectEndpoint):
    may = {"GET": "view"}

    @operation("versions.status", gives=StatusOut)
    def get(self, request: Request) -> Response:
        """Whether the model is up to date or retraining, the version applied meanwhile, and what waits."""
        refuse_unknown(request, set())
        return Response(StatusOut(versions.status(self.project)).data)


def _told(row: dict[str, Any], current: int | None) -> dict[str, Any]:
    """What :class:`VersionOut` says of a version, from its row alone: a page has up to 500 of them.

    What the database keeps as JSON goes out as it wrote it, neither read nor written again.
    """
    said = {name: row[name] for name in (*COLUMNS, "tags")}
    said |= {"current": row["pk"] == current, "kept": bool(row["artifact"]), "pinned": row["pinned"] is not None}
    said |= {"index": row["index__number"], **{name: orjson.Fragment(row[f"{name}_json"]) for name in JSON}}
    return {name: said[name] for name in VersionOut.Meta.fields}
