"""Downloads: the documents of a project with their coding, written by a job and fetched from it."""

from django.http import FileResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp.api.endpoints import ProjectEndpoint, Shape, read
from reviewapp.api.filters import refuse_unknown
from reviewapp.api.jobs import JobEndpoint, JobOut
from reviewapp.api.schema import operation
from reviewapp.domain import downloads


class DownloadIn(Shape):
    format = serializers.ChoiceField(
        choices=downloads.FORMATS, help_text="In `csv` no cell can act as a formula; `jsonl` is exact."
    )
    texts = serializers.BooleanField(default=False, help_text="With the texts of the documents.")
    coded_only = serializers.BooleanField(default=False, help_text="Only documents with a decision.")


class Downloads(ProjectEndpoint):
    may = {"POST": "manage"}

    @operation("downloads.create", takes=DownloadIn, gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Ask for a file of the documents with their coding; `GET /jobs/{job}/file` fetches it when the job is done."""
        asked = read(DownloadIn, request)
        job = downloads.request(self.project, self.person, asked.pop("format"), **asked)
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


class JobFile(JobEndpoint):
    may = {"GET": "view"}

    @operation("downloads.fetch", gives=OpenApiTypes.BINARY, media="application/octet-stream")
    def get(self, request: Request) -> HttpResponseBase:
        """The file that the job wrote; it is kept for a week."""
        refuse_unknown(request, set())
        file = downloads.find(self.job, self.person)
        answer = FileResponse(file.path.open("rb"), as_attachment=True, filename=file.name, content_type=file.kind)
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
