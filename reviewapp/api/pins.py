"""Pins and tags: which versions are kept, and which of them live and staging name."""

from operator import attrgetter
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib import pins, shadows, tags
from models_lib.models import ModelVersion, Pin, Tag
from reviewapp.api.endpoints import Id, ProjectEndpoint, Shape, read
from reviewapp.api.filters import PAGING, read_query, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.api.versions import TAGS, VersionEndpoint

RELEVANCE = ModelVersion.Kind.RELEVANCE


class PinIn(Shape):
    version = Id(help_text="The version that you saw; what becomes current meanwhile does not matter.")


class PinOut(serializers.Serializer[Pin]):
    version = serializers.IntegerField(source="version.number")
    pinned_by = serializers.CharField(source="pinned_by.username", default=None, allow_null=True)
    pinned_at = serializers.DateTimeField()
    tags = serializers.SerializerMethodField(help_text="Which of live and staging name it.")
    job = serializers.IntegerField(
        source="job_id", allow_null=True, help_text="Checks the payload, freezes the figures."
    )
    record = serializers.DictField(
        source="version.validation.record",
        default=None,
        allow_null=True,
        help_text="The frozen figures; null until then.",
    )

    @extend_schema_field(TAGS)
    def get_tags(self, pin: Pin) -> list[str]:
        return sorted(tag.name for tag in pin.tags.all())


class Pins(ProjectEndpoint):
    may = {"GET": "view", "POST": "pin"}

    @operation("pins.list", gives=PinOut, page=True)
    def get(self, request: Request) -> Response:
        """The pinned versions with their frozen figures, newest first."""
        refuse_unknown(request, PAGING)
        rows = Pin.objects.filter(version__project=self.project)
        related = rows.select_related("version__validation", "pinned_by").prefetch_related("tags")
        return page(
            request,
            related,
            lambda found: [PinOut(pin).data for pin in found],
            by="version__number",
            key=attrgetter("version.number"),
            newest_first=True,
        )

    @operation("pins.create", takes=PinIn, gives=PinOut, status=202)
    def post(self, request: Request) -> Response:
        """Keep a version from now on; a job freezes its figures."""
        pin = pins.request(self.project, read(PinIn, request)["version"], self.person)
        return Response(PinOut(pin).data, 202, headers={"Location": f"/api/v1/jobs/{pin.job_id}"})


class OnePin(VersionEndpoint):
    may = {"DELETE": "pin"}

    @operation("pins.delete", status=204)
    def delete(self, request: Request) -> Response:
        """Take the promise back: retention may drop the payload once a newer version stands."""
        refuse_unknown(request, set())
        pins.unpin(self.project, self.version.number, self.person)
        return Response(status=204)


class TagOut(serializers.Serializer[Tag]):
    name = serializers.ChoiceField(choices=Tag.Name.choices)
    version = serializers.IntegerField(source="pin.version.number")
    moved_by = serializers.CharField(source="moved_by.username", default=None, allow_null=True)
    moved_at = serializers.DateTimeField()


class TagsOut(serializers.Serializer[Any]):
    results = TagOut(many=True)


class TagIn(Shape):
    version = Id(help_text="The pinned version that the tag shall name.")
    was = Id(allow_null=True, help_text="The version that you saw it name; null for none.")


class TagQuery(Shape):
    was = Id(help_text="The version that you saw it name.")


class Tags(ProjectEndpoint):
    may = {"GET": "view"}

    @operation("tags.all", gives=TagsOut)
    def get(self, request: Request) -> Response:
        """What live and staging name now; a tag that names nothing is left out."""
        refuse_unknown(request, set())
        return Response(TagsOut({"results": tags.of(self.project)}).data)


class OneTag(ProjectEndpoint):
    may = {"PUT": "pin", "DELETE": "pin"}

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        self.tag = str(address["tag"])

    @operation("tags.move", takes=TagIn, gives=TagOut)
    def put(self, request: Request) -> Response:
        """Let the tag name another pinned version, provided that it still names the one you saw.

        What becomes staging is scored over the collection beside live: see `versions.comparison`.
        """
        asked = read(TagIn, request)
        moved = shadows.promote(self.project, self.tag, asked["version"], asked["was"], self.person)
        return Response(TagOut(moved).data)

    @operation("tags.remove", status=204, parameters=(TagQuery,))
    def delete(self, request: Request) -> Response:
        """Let the tag name nothing, provided that it still names the version you saw."""
        was = read_query(TagQuery, request)["was"]
        tags.remove(self.project, RELEVANCE, self.tag, was, self.person)
        return Response(status=204)
