"""Rollbacks: a project goes back to the decisions behind a pinned version."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib import rollbacks
from models_lib.models import Rollback
from reviewapp.api.endpoints import ProjectEndpoint, Shape, read
from reviewapp.api.filters import PAGING, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.api.versions import VersionEndpoint


class RollbackIn(Shape):
    confirmation = serializers.CharField(help_text="The version's name, such as `v3`.")


class RollbackOut(serializers.Serializer[Rollback]):
    id = serializers.IntegerField()
    to = serializers.IntegerField(source="to.number")
    backup = serializers.IntegerField(source="backup.number", help_text="What ranked before: roll back to it to undo.")
    made = serializers.IntegerField(
        source="made.number", default=None, allow_null=True, help_text="What ranks since; null until it is done."
    )
    job = serializers.IntegerField(source="job_id", allow_null=True)
    asked_by = serializers.CharField(source="asked_by.username", default=None, allow_null=True)
    asked_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)


class CountsOut(serializers.Serializer[Any]):
    positives = serializers.IntegerField()
    negatives = serializers.IntegerField()
    neutrals = serializers.IntegerField()
    skipped = serializers.IntegerField()


class RollbackPreviewOut(serializers.Serializer[rollbacks.Preview]):
    to = serializers.IntegerField(source="version.number")
    backup = serializers.IntegerField(source="current.number")
    set_aside = serializers.IntegerField(help_text="Coded documents that would be open again.")
    back = serializers.IntegerField(help_text="Open documents that would be coded again.")
    other = serializers.IntegerField(help_text="Documents that would have another decision.")
    pending = serializers.IntegerField(help_text="Decisions that no version counts yet; they are kept too.")
    training = serializers.BooleanField(help_text="Whether one runs, which would publish nothing.")
    before = CountsOut()
    after = CountsOut()


class Rollbacks(ProjectEndpoint):
    may = {"GET": "view"}

    @operation("rollbacks.list", gives=RollbackOut, page=True)
    def get(self, request: Request) -> Response:
        """The project's rollbacks, newest first."""
        refuse_unknown(request, PAGING)
        rows = self.project.rollbacks.select_related("to", "backup", "made", "asked_by")
        return page(request, rows, lambda found: [RollbackOut(row).data for row in found], newest_first=True)


class Rolling(VersionEndpoint):
    may = {"GET": "manage", "POST": "manage"}

    @operation("versions.rollback-preview", gives=RollbackPreviewOut)
    def get(self, request: Request) -> Response:
        """What going back to this version would change; 409 where it may not be done."""
        refuse_unknown(request, set())
        return Response(RollbackPreviewOut(rollbacks.preview(self.project, self.version)).data)

    @operation("versions.rollback", takes=RollbackIn, gives=RollbackOut, status=202)
    def post(self, request: Request) -> Response:
        """Go back to the decisions behind this pinned version. Needs the right to pin, too; nothing is lost."""
        said = read(RollbackIn, request)["confirmation"]
        made = rollbacks.request(self.project, self.version.number, self.person, said)
        return Response(RollbackOut(made).data, 202, headers={"Location": f"/api/v1/jobs/{made.job_id}"})
