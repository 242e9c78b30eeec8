"""Prediction: what a version says of texts that are sent along, which are stored nowhere.

JSON for a few texts. With ``Content-Type: application/x-ndjson`` a text a line, as many as there are: answered line by
line while they come in, so that neither side holds all of them; a line that cannot be used costs no other.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from django.conf import settings
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib import prediction, tags, thresholds
from models_lib.models import ModelVersion
from reviewapp import access, intake
from reviewapp.api.endpoints import ProjectEndpoint, Shape, read
from reviewapp.api.filters import read_query, refuse_unknown
from reviewapp.api.schema import operation
from reviewapp.api.why import OpinionOut
from reviewapp.intake import Intake, Source
from reviewapp.lines import encode
from training import explaining

LINES = "application/x-ndjson"
VERSION = "Model-Version"
MOST_DOCUMENTS = 500  # in one JSON body
MOST_BYTES = 2**28  # of lines in one request; so much may lie in a temporary file
LONGEST_ID = 1_000
MOST_EXPLAINED = 200_000  # characters
LABELS = {
    "type": "object",
    "additionalProperties": {"oneOf": [{"type": "number"}, {"type": "string", "enum": list(thresholds.NAMES)}]},
}
FIELDS = ("id", "title", "text")


@extend_schema_field({"oneOf": [{"type": "string", "enum": list(thresholds.NAMES)}, LABELS]})
class Thresholds(serializers.JSONField):
    """One name for all labels, or a number or a name for each; the domain says which there are."""

    default_error_messages = {"shape": "One of {names}, or an object with a number or a name for each label."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str | dict):
            self.fail("shape", names=", ".join(thresholds.NAMES))
        return data


class TextIn(Shape):
    id = serializers.CharField(max_length=LONGEST_ID, default=None, allow_null=True, help_text="Comes back with it.")
    title = serializers.CharField(max_length=10_000, default="", allow_blank=True, trim_whitespace=False)
    text = serializers.CharField(allow_blank=True, trim_whitespace=False)


class PredictIn(Shape):
    documents = serializers.ListField(child=TextIn(), min_length=1, max_length=MOST_DOCUMENTS)
    thresholds = Thresholds(default=None, help_text="With them only labels that reach theirs are given.")


class ExplainIn(Shape):
    title = serializers.CharField(max_length=10_000, default="", allow_blank=True, trim_whitespace=False)
    text = serializers.CharField(max_length=MOST_EXPLAINED, allow_blank=True, trim_whitespace=False)


class PredictQuery(Shape):
    thresholds = serializers.CharField(
        max_length=100, default=None, help_text="For lines: a name, or a number for all labels."
    )


class PredictedOut(serializers.Serializer[thresholds.Predicted]):
    name = serializers.ListField(child=serializers.CharField(), help_text="The parts of the label's path.")
    probability = serializers.FloatField()
    threshold = serializers.FloatField(allow_null=True, help_text="Null where none was asked for.")


class PredictedTextOut(serializers.Serializer[Any]):
    id = serializers.CharField(allow_null=True)
    labels = PredictedOut(many=True)


class PredictionsOut(serializers.Serializer[Any]):
    version = serializers.IntegerField(help_text="The number that the name stood for.")
    results = PredictedTextOut(many=True, help_text="In the order of the documents.")


class PredictionEndpoint(ProjectEndpoint):
    """An address where a version is asked."""

    may = {"POST": "view_labels"}
    changes = False
    version: ModelVersion

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        access.require(self.person, self.project.workspace, "view_sources", "view_labels")
        self.version = tags.resolve(self.project, ModelVersion.Kind.RELEVANCE, address["ref"])


class Predictions(PredictionEndpoint):
    def largest_body(self) -> int:
        return MOST_BYTES if _is_lines(self.request) else super().largest_body()

    @operation(
        "versions.predict",
        takes={"application/json": PredictIn, LINES: OpenApiTypes.BINARY},
        gives=PredictionsOut,
        parameters=(PredictQuery, OpenApiParameter(VERSION, int, OpenApiParameter.HEADER, response=[200])),
        also={LINES: OpenApiTypes.BINARY},
    )
    def post(self, request: Request) -> HttpResponseBase:
        """What `latest`, `live`, `staging` or a pinned version says of these texts; nothing is stored.

        As `application/x-ndjson` each line is a document as in the JSON body, at most 12 MB; the body 256 MiB;
        each answer is a line `{"line", "id", "labels"}`, or `{"line", "id", "error": {"code", "detail"}}`.
        """
        if _is_lines(request):
            return self._answer_lines(request)
        refuse_unknown(request, set())
        asked = read(PredictIn, request)
        wanted = None if asked["thresholds"] is None else thresholds.resolve(self.version, asked["thresholds"])
        texts, titles = ([one[name] for one in asked["documents"]] for name in ("text", "title"))
        said = prediction.predict(self.version, texts, titles)
        results = [
            {"id": one["id"], "labels": thresholds.reached(found, wanted)}
            for one, found in zip(asked["documents"], said, strict=True)
        ]
        told = {"version": self.version.number, "results": results}
        return Response(PredictionsOut(told).data, headers={VERSION: str(self.version.number)})

    def _answer_lines(self, request: Request) -> StreamingHttpResponse:
        wanted = _thresholds(self.version, read_query(PredictQuery, request)["thresholds"])
        answers = _answers(_body(request), prediction.predictor(self.version), wanted)
        return StreamingHttpResponse(answers, content_type=LINES, headers={VERSION: str(self.version.number)})


class Explanation(PredictionEndpoint):
    @operation("versions.explain", takes=ExplainIn, gives=OpinionOut)
    def post(self, request: Request) -> Response:
        """What a version says of a text, and by which words; nothing is stored."""
        asked = read(ExplainIn, request)
        return Response(OpinionOut(explaining.explain_text(self.version, asked["title"], asked["text"])).data)


def _is_lines(request: Request) -> bool:
    return (request.content_type or "").split(";")[0].strip().lower() == LINES


def _thresholds(version: ModelVersion, said: str | None) -> dict[str, float] | None:
    if said is None:
        return None
    try:
        number = float(said)
    except ValueError:
        return thresholds.resolve(version, said)
    return thresholds.resolve(version, dict.fromkeys(thresholds.labels(version), number))


def _body(request: Request) -> Source:
    """The body as it comes in; one without a length only where the server knows its end."""
    asked = request._request
    is_chunked = asked.headers.get("Transfer-Encoding", "").strip().lower() == "chunked"
    source: Source = asked.META["wsgi.input"] if is_chunked and asked.META.get("wsgi.input_terminated") else asked
    return source


def _answers(source: Source, predictor: prediction.Predictor, wanted: Mapping[str, float] | None) -> Iterator[bytes]:
    """The answers to the lines, as many together as there were when they were taken."""
    number, longest = 0, settings.DATA_UPLOAD_MAX_MEMORY_SIZE or MOST_BYTES
    with Intake(source, MOST_BYTES) as body:
        for found in intake.lines(body.pieces(), longest):
            numbered = [(number + place, raw) for place, raw in enumerate(found, 1) if raw is None or raw.strip()]
            number += len(found)
            if numbered:
                yield _said([_line(place, raw, longest) for place, raw in numbered], predictor, wanted)
        if body.is_cut:
            yield _told(_fault(number + 1, "too_large", f"Only the first {MOST_BYTES:,} bytes of a request are read."))


def _said(
    read_lines: list[dict[str, Any]], predictor: prediction.Predictor, wanted: Mapping[str, float] | None
) -> bytes:
    usable = [one for one in read_lines if "error" not in one]
    said = predictor.predict([one.pop("text") for one in usable], [one.pop("title") for one in usable])
    for one, found in zip(usable, said, strict=True):
        one["labels"] = thresholds.reached(found, wanted)
    return b"".join(map(_told, read_lines))


def _line(number: int, raw: bytes | None, longest: int) -> dict[str, Any]:
    """The document on a line, or what is wrong with it."""
    if raw is None:
        return _fault(number, "too_large", f"A line has at most {longest:,} bytes.")
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as problem:
        return _fault(number, "unreadable", f"This is not JSON that can be read: {problem}.")
    if not isinstance(found, dict):
        return _fault(number, "invalid", "A line is an object with a “text”.")
    name = found.get("id")
    if not (name is None or (isinstance(name, str | int) and len(str(name)) <= LONGEST_ID)):
        return _fault(number, "invalid", f"An id is a number or a text of at most {LONGEST_ID:,} characters.")
    if unknown := sorted(set(found) - set(FIELDS)):
        return _fault(
            number, "invalid", f"Not a field here: {', '.join(unknown)[:200]}. Fields: {', '.join(FIELDS)}.", name
        )
    text, title = found.get("text"), found.get("title", "")
    if not (isinstance(text, str) and isinstance(title, str)):
        return _fault(number, "invalid", "“text” is a text and has to be there; “title” is a text too.", name)
    return {"line": number, "id": name, "text": text, "title": title}


def _fault(number: int, code: str, detail: str, name: str | int | None = None) -> dict[str, Any]:
    return {"line": number, "id": name, "error": {"code": code, "detail": detail}}


def _told(line: Mapping[str, Any]) -> bytes:
    return encode(line) + b"\n"
