"""Imports: a file is uploaded and looked at, then its rows become documents."""

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp.api.endpoints import Shape, WorkspaceEndpoint, read
from reviewapp.api.jobs import JobOut
from reviewapp.api.schema import operation
from reviewapp.domain import imports, uploads
from reviewapp.domain.mapping import Mapping

ENVELOPE = 64 << 10  # bytes of a multipart body that are not the file


class MappingShape(Shape):
    text = serializers.CharField(max_length=1000, help_text="The column that holds the text.")
    control_number = serializers.CharField(
        max_length=1000, allow_null=True, default=None, help_text="Without it, numbers are made."
    )
    title = serializers.CharField(max_length=1000, allow_null=True, default=None)
    tags = serializers.CharField(max_length=1000, allow_null=True, default=None)
    metadata = serializers.ListField(
        child=serializers.CharField(max_length=1000),
        default=list,
        max_length=1000,
        help_text="Columns kept as they are.",
    )


class SuggestedMappingOut(MappingShape):
    text = serializers.CharField(allow_blank=True, help_text="Empty when no column can be told to hold the text.")


class PreviewProblemOut(serializers.Serializer[imports.Problem]):
    line = serializers.IntegerField()
    control_number = serializers.CharField(allow_blank=True)
    refused = serializers.BooleanField()
    reason = serializers.CharField()


class UploadOut(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="Yours alone; kept for a week.")
    filename = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    sample = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField()), help_text="The first rows, cut short."
    )
    mapping = SuggestedMappingOut()
    problems = PreviewProblemOut(many=True)


class ImportIn(Shape):
    upload = serializers.CharField(max_length=100)
    mapping = MappingShape()
    tags = serializers.ListField(
        child=serializers.CharField(max_length=100), default=list, max_length=100, help_text="For every document."
    )


FILE = {
    "multipart/form-data": {
        "type": "object",
        "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
        "required": ["file"],
    }
}


class Uploads(WorkspaceEndpoint):
    may = {"POST": "manage"}
    parser_classes = [MultiPartParser]

    def largest_body(self) -> int:
        return settings.UPLOAD_LIMIT + ENVELOPE

    @operation("imports.upload", takes=FILE, gives=UploadOut, status=201)
    def post(self, request: Request) -> Response:
        """Send a file (CSV, TSV, JSON lines, gzipped or not) as the part `file`, and see what is in it."""
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            raise serializers.ValidationError({"file": ["Send the file as a part named “file” with a file name."]})
        kept, seen = imports.receive(file, file.name or "upload", self.workspace, self.person)
        return Response(_drawn(kept, seen), 201)


class OneUpload(WorkspaceEndpoint):
    may = {"GET": "manage", "DELETE": "manage"}

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        self.upload = uploads.find(address["upload"], self.workspace, self.person)

    @operation("imports.look", gives=UploadOut)
    def get(self, request: Request) -> Response:
        """What is in one of your uploads."""
        return Response(_drawn(self.upload, imports.preview(self.upload.path, self.upload.filename)))

    @operation("imports.discard", status=204)
    def delete(self, request: Request) -> Response:
        """Remove an upload that will not be imported."""
        imports.discard(self.upload.id, self.workspace, self.person)
        return Response(status=204)


class Imports(WorkspaceEndpoint):
    may = {"POST": "manage"}

    @operation("imports.create", takes=ImportIn, gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Import an upload. The job says how far it is; `GET /jobs/{job}?wait=30` waits for its end."""
        asked = read(ImportIn, request)
        mapping = Mapping.from_parameters(asked["mapping"])
        job = imports.request(self.workspace, self.person, asked["upload"], mapping, asked["tags"])
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


def _drawn(upload: uploads.Upload, preview: imports.Preview) -> dict[str, Any]:
    return {
        "id": upload.id,
        "filename": upload.filename,
        "columns": preview.columns,
        "sample": preview.rows,
        "mapping": preview.mapping.to_parameters(),
        "problems": [PreviewProblemOut(problem).data for problem in preview.problems],
    }
