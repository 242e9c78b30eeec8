"""Streams: a project's documents with a version's predictions, read batch by batch, at least once."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib import streams
from models_lib.models import Stream, StreamConsumer, StreamException
from reviewapp import access
from reviewapp.api.documents import DocumentWithTextOut
from reviewapp.api.endpoints import Endpoint, Id, ProjectEndpoint, Shape, read
from reviewapp.api.filters import PAGING, read_query, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.predictions import PredictedOut, Thresholds
from reviewapp.api.schema import operation


class ConsumerName(serializers.CharField):
    """Who reads; every name has a place of its own in the stream."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=100, help_text="Who reads: each name has a place of its own.", **options)


class VersionName(serializers.CharField):
    """A pinned version's number, or a tag."""

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(str(data) if type(data) is int else data)


class StreamOut(serializers.ModelSerializer[Stream]):
    project = serializers.IntegerField(source="project_id")
    filter = serializers.DictField(help_text="Which documents belong: `tags` and `properties`.")
    version = serializers.SerializerMethodField(help_text="`live`, `staging` or the number of a pinned version.")
    thresholds = serializers.DictField(child=serializers.FloatField(), help_text="A number for each label.")
    thresholds_for = serializers.IntegerField(help_text="The version that they were chosen for.")
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)

    class Meta:
        model = Stream
        fields = [
            "id",
            "project",
            "name",
            "title",
            "description",
            "filter",
            "version",
            "thresholds",
            "thresholds_for",
            "created_by",
            "created_at",
        ]
        read_only_fields = fields

    def get_version(self, stream: Stream) -> str:
        return streams.bound_to(stream)


class StreamChangeIn(Shape):
    title = serializers.CharField(max_length=200, allow_blank=True)
    description = serializers.CharField(max_length=20_000, allow_blank=True)
    filter = serializers.JSONField(
        help_text='`{"tags": ["inbox"], "properties": [{"name": "custodian", "one_of": ["desk 1"]}, '
        '{"name": "amount", "minimum": 100, "maximum": 5000}]}`'
    )
    version = VersionName(max_length=20, help_text="`live`, `staging` or the number of a pinned version.")
    thresholds = Thresholds(help_text="Has to be given anew with another version.")


class StreamIn(StreamChangeIn):
    name = serializers.CharField(max_length=100, help_text="Small letters, digits, - and _; unique in the project.")
    title = serializers.CharField(max_length=200, allow_blank=True, default="")
    description = serializers.CharField(max_length=20_000, allow_blank=True, default="")
    filter = serializers.JSONField(default=dict)
    thresholds = Thresholds(help_text="From which probability on each label is given.")


class BatchQuery(Shape):
    consumer = ConsumerName()
    size = serializers.IntegerField(
        min_value=1, max_value=streams.MOST_RESULTS, default=100, help_text="Results at most."
    )


class ResultOut(serializers.Serializer[streams.Result]):
    sequence_id = serializers.IntegerField(help_text="Advancing to it says that this document is done with.")
    document = DocumentWithTextOut()
    labels = PredictedOut(many=True, help_text="Those that reach their threshold.")


class BatchOut(serializers.Serializer[streams.Batch]):
    results = ResultOut(many=True)
    filtered = serializers.IntegerField(help_text="Documents passed over, which do not belong to the stream.")
    sequence_id = serializers.IntegerField(help_text="Advance to it when the batch is done with.")
    is_end_sequence = serializers.BooleanField(help_text="Whether there is nothing after this batch for now.")
    version = serializers.IntegerField(help_text="The version that was read.")
    thresholds_for = serializers.IntegerField(help_text="The version that the thresholds were chosen for.")


class AdvanceIn(Shape):
    consumer = ConsumerName()
    sequence_id = Id(help_text="Everything up to here is done with.")


class ResetIn(Shape):
    consumer = ConsumerName()
    moment = serializers.DateTimeField(help_text="Read on from the first document that came then or later.")


class ConsumerOut(serializers.ModelSerializer[StreamConsumer]):
    sequence_id = serializers.IntegerField(source="sequence")

    class Meta:
        model = StreamConsumer
        fields = ["name", "sequence_id", "moved_at"]
        read_only_fields = fields


class ExceptionsIn(Shape):
    documents = serializers.ListField(child=Id(), min_length=1, max_length=streams.MOST_EXCEPTIONS)


class TaggingExceptionsIn(ExceptionsIn):
    note = serializers.CharField(max_length=500, allow_blank=True, default="", help_text="Why; reviewers may read it.")


class CountOut(serializers.Serializer[Any]):
    documents = serializers.IntegerField(help_text="How many were changed by this.")


class ExceptionOut(serializers.ModelSerializer[StreamException]):
    document = serializers.IntegerField(source="item.document_id")
    control_number = serializers.CharField(source="item.document.control_number")
    waits = serializers.SerializerMethodField(help_text="Whether it still waits for review.")
    tagged_by = serializers.CharField(source="tagged_by.username", default=None, allow_null=True)

    class Meta:
        model = StreamException
        fields = ["document", "control_number", "note", "waits", "tagged_by", "tagged_at"]
        read_only_fields = fields

    def get_waits(self, tagged: StreamException) -> bool:
        return tagged.item.returned_at is not None


class Streams(ProjectEndpoint):
    may = {"GET": "view_labels", "POST": "administer_streams"}

    @operation("streams.list", gives=StreamOut, page=True)
    def get(self, request: Request) -> Response:
        """The project's streams, oldest first."""
        refuse_unknown(request, PAGING)
        rows = streams.of(self.project)
        return page(request, rows, lambda found: StreamOut(found, many=True).data)

    @operation("streams.create", takes=StreamIn, gives=StreamOut, status=201)
    def post(self, request: Request) -> Response:
        """Make a stream of a pinned version, or of what `live` or `staging` names."""
        made = streams.create(self.project, self.person, **read(StreamIn, request))
        return Response(StreamOut(made).data, 201, headers={"Location": f"/api/v1/streams/{made.pk}"})


class StreamEndpoint(Endpoint):
    """An address of one stream."""

    stream: Stream

    def enter(self, **address: Any) -> None:
        among = Stream.objects.select_related("pin__version", "created_by")
        self.stream = access.get(self.person, Stream, address["stream"], may=self.right, among=among)


class OneStream(StreamEndpoint):
    may = {"GET": "view_labels", "PATCH": "modify_streams", "DELETE": "administer_streams"}

    @operation("streams.get", gives=StreamOut)
    def get(self, request: Request) -> Response:
        """One stream."""
        refuse_unknown(request, set())
        return Response(StreamOut(self.stream).data)

    @operation("streams.change", takes=StreamChangeIn(partial=True), gives=StreamOut)
    def patch(self, request: Request) -> Response:
        """Change it; what is not named stays. Another version takes its thresholds along."""
        changed = streams.change(self.stream, self.person, read(StreamChangeIn, request, partial=True))
        return Response(StreamOut(changed).data)

    @operation("streams.delete", status=204)
    def delete(self, request: Request) -> Response:
        """Remove it with its consumers; exceptions that wait for review go on waiting."""
        refuse_unknown(request, set())
        streams.delete(self.stream, self.person)
        return Response(status=204)


class StreamBatch(StreamEndpoint):
    may = {"GET": "consume_streams"}

    @operation("streams.read", gives=BatchOut, parameters=(BatchQuery,))
    def get(self, request: Request) -> Response:
        """The consumer's next documents, in order; the same ones again until it advances."""
        asked = read_query(BatchQuery, request)
        return Response(BatchOut(streams.read(self.stream, asked["consumer"], self.person, asked["size"])).data)


class StreamAdvance(StreamEndpoint):
    may = {"POST": "consume_streams"}

    @operation("streams.advance", takes=AdvanceIn, gives=ConsumerOut)
    def post(self, request: Request) -> Response:
        """Say that everything up to a place is done with, after your own work is safe; saying it twice is the same."""
        asked = read(AdvanceIn, request)
        moved = streams.advance(self.stream, asked["consumer"], self.person, asked["sequence_id"])
        return Response(ConsumerOut(moved).data)


class StreamReset(StreamEndpoint):
    may = {"POST": "consume_streams"}

    @operation("streams.reset", takes=ResetIn, gives=ConsumerOut)
    def post(self, request: Request) -> Response:
        """Let a consumer read again from a time on."""
        asked = read(ResetIn, request)
        moved = streams.reset(self.stream, asked["consumer"], self.person, asked["moment"])
        return Response(ConsumerOut(moved).data)


class StreamConsumers(StreamEndpoint):
    may = {"GET": "view_labels"}

    @operation("streams.consumers-list", gives=ConsumerOut, page=True)
    def get(self, request: Request) -> Response:
        """Who has advanced in the stream, and how far."""
        refuse_unknown(request, PAGING)
        return page(request, self.stream.consumers.all(), lambda found: ConsumerOut(found, many=True).data)


class StreamExceptions(StreamEndpoint):
    may = {"GET": "view_labels", "POST": "consume_streams"}

    @operation("streams.exceptions-list", gives=ExceptionOut, page=True)
    def get(self, request: Request) -> Response:
        """The documents that are tagged as exceptions now, the latest first."""
        refuse_unknown(request, PAGING)
        rows = streams.exceptions(self.stream)
        return page(request, rows, lambda found: ExceptionOut(found, many=True).data, newest_first=True)

    @operation("streams.tag-exceptions", takes=TaggingExceptionsIn, gives=CountOut)
    def post(self, request: Request) -> Response:
        """Send documents that you could not deal with back to review, before anything else; all of them or none."""
        asked = read(TaggingExceptionsIn, request)
        return Response({"documents": streams.tag_exceptions(self.stream, self.person, **asked)})


class UntagExceptions(StreamEndpoint):
    may = {"POST": "consume_streams"}

    @operation("streams.untag-exceptions", takes=ExceptionsIn, gives=CountOut)
    def post(self, request: Request) -> Response:
        """Take the tag off: these documents wait for review no longer."""
        asked = read(ExceptionsIn, request)
        return Response({"documents": streams.untag_exceptions(self.stream, self.person, asked["documents"])})
