"""Files of annotated tasks: looked at and imported, exported with filters."""

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import formats
from reviewapp.api.endpoints import Shape, read
from reviewapp.api.filters import refuse_unknown
from reviewapp.api.imports import ENVELOPE, FILE, PreviewProblemOut
from reviewapp.api.jobs import JobOut
from reviewapp.api.schema import operation
from reviewapp.api.tasks import AnnotationEndpoint
from reviewapp.domain import task_exports, task_imports, uploads
from reviewapp.domain.task_exports import Wish


class TaskUploadOut(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="Yours alone; kept for a week.")
    filename = serializers.CharField()
    looked_at = serializers.IntegerField(help_text="How many tasks of the file the figures are about.")
    whole = serializers.BooleanField(help_text="Whether those are all of them.")
    new = serializers.IntegerField()
    present = serializers.IntegerField(help_text="Tasks whose id is a control number of this workspace already.")
    refused = serializers.IntegerField()
    completions = serializers.IntegerField()
    predictions = serializers.IntegerField()
    strangers = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Annotators who are nobody here, with their completions: those would be yours, their names kept.",
    )
    problems = PreviewProblemOut(many=True, help_text="`line` counts tasks here.")


class TaskImportIn(Shape):
    upload = serializers.CharField(max_length=100)
    conflict = serializers.ChoiceField(
        choices=formats.CONFLICTS, help_text="What becomes of tasks that are here already; there is no default."
    )


class TaskExportIn(Shape):
    format = serializers.ChoiceField(choices=list(formats.FORMATS))
    tags = serializers.ListField(
        child=serializers.CharField(max_length=100), default=list, max_length=100, help_text="Tasks with any of these."
    )
    labels = serializers.ListField(
        child=serializers.CharField(max_length=1000),
        default=list,
        max_length=1000,
        help_text="Only results with these labels or choices, and relations between them.",
    )
    only_ground_truth = serializers.BooleanField(default=False, help_text="Only completions with the star.")
    without_empty = serializers.BooleanField(default=False, help_text="No tasks in which nothing is left.")


class TaskUploads(AnnotationEndpoint):
    may = {"POST": "manage"}
    parser_classes = [MultiPartParser]

    def largest_body(self) -> int:
        return settings.UPLOAD_LIMIT + ENVELOPE

    @operation("task-imports.upload", takes=FILE, gives=TaskUploadOut, status=201)
    def post(self, request: Request) -> Response:
        """Send a file of annotated tasks as the part `file`, and see what an import of it would do."""
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            raise serializers.ValidationError({"file": ["Send the file as a part named “file” with a file name."]})
        return Response(_drawn(*task_imports.receive(file, file.name or "upload", self.project, self.person)), 201)


class OneTaskUpload(AnnotationEndpoint):
    may = {"GET": "manage", "DELETE": "manage"}

    def fit(self) -> None:
        super().fit()
        self.upload = uploads.find(self.kwargs["upload"], self.project.workspace, self.person)

    @operation("task-imports.look", gives=TaskUploadOut)
    def get(self, request: Request) -> Response:
        """What an import of one of your uploads would do now."""
        refuse_unknown(request, set())
        return Response(_drawn(self.upload, task_imports.preview(self.upload, self.project, self.person)))

    @operation("task-imports.discard", status=204)
    def delete(self, request: Request) -> Response:
        """Remove an upload that will not be imported."""
        task_imports.discard(self.upload.id, self.project, self.person)
        return Response(status=204)


class TaskImports(AnnotationEndpoint):
    may = {"POST": "manage"}

    @operation("task-imports.create", takes=TaskImportIn, gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Import an upload: documents, completions, verdicts and predictions.

        `GET /jobs/{job}?wait=30` waits for its end, `GET /jobs/{job}/row-problems` says what was not taken in and why.
        """
        asked = read(TaskImportIn, request)
        job = task_imports.request(self.project, self.person, asked["upload"], asked["conflict"])
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


class TaskExports(AnnotationEndpoint):
    may = {"POST": "manage"}

    @operation("task-exports.create", takes=TaskExportIn, gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Ask for a file of the tasks with what was said about them.

        `GET /jobs/{job}/file` fetches it when the job is done; `GET /jobs/{job}/row-problems` says what the format had
        no place for.
        """
        job = task_exports.request(self.project, self.person, Wish(**read(TaskExportIn, request)))
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


def _drawn(upload: uploads.Upload, preview: task_imports.Preview) -> Any:
    return TaskUploadOut(vars(preview) | {"id": upload.id, "filename": upload.filename}).data
