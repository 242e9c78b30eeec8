"""Reports of a review: asked for, listed, read as data or as PDF."""

from typing import Any

from django.http import FileResponse
from django_filters import FilterSet
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp.api.endpoints import ProjectEndpoint
from reviewapp.api.filters import filtered, refuse_unknown
from reviewapp.api.jobs import JobOut
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.domain import reports
from reviewapp.models import Report


class ReportOut(serializers.ModelSerializer[Report]):
    made_by = serializers.CharField(source="made_by.username", default=None, allow_null=True)
    digest = serializers.CharField(help_text="BLAKE2b-256 over the canonical JSON of the record.")

    class Meta:
        model = Report
        fields = ["number", "made_by", "digest", "created_at"]
        read_only_fields = fields


class FullReportOut(ReportOut):
    record = serializers.DictField(help_text="Everything that the report says: sections of facts, tables and charts.")

    class Meta(ReportOut.Meta):
        fields = [*ReportOut.Meta.fields, "record"]
        read_only_fields = fields


class Reports(ProjectEndpoint):
    may = {"GET": "view", "POST": "manage"}

    @operation("reports.list", gives=ReportOut, page=True)
    def get(self, request: Request) -> Response:
        """The project's reports, newest first."""
        rows = filtered(request, FilterSet, self.project.reports.select_related("made_by").defer("record"))
        return page(request, rows, lambda found: ReportOut(found, many=True).data, newest_first=True)

    @operation("reports.create", gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Ask for a report. The job's result names its number."""
        job = reports.request(self.project, self.person, request.build_absolute_uri("/"))
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


class ReportEndpoint(ProjectEndpoint):
    """An address of one report."""

    may = {"GET": "view"}
    report: Report

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        self.report = reports.get(self.project, address["number"])


class OneReport(ReportEndpoint):
    @operation("reports.get", gives=FullReportOut)
    def get(self, request: Request) -> Response:
        """One report with everything that it says."""
        refuse_unknown(request, set())
        return Response(FullReportOut(self.report).data)


class ReportFile(ReportEndpoint):
    @operation("reports.pdf", gives=OpenApiTypes.BINARY, media="application/pdf")
    def get(self, request: Request) -> FileResponse:
        """The report as PDF."""
        refuse_unknown(request, set())
        name = f"report-{self.project.pk}-{self.report.number}.pdf"
        file = reports.pdf(self.report).open("rb")
        answer = FileResponse(file, as_attachment=True, filename=name, content_type="application/pdf")
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
