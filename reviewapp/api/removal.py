"""What cannot be undone: the purge of a workspace's active learning, after its name was typed."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp.api.endpoints import Shape, WorkspaceEndpoint, read
from reviewapp.api.filters import refuse_unknown
from reviewapp.api.jobs import JobOut
from reviewapp.api.schema import operation
from reviewapp.domain import removal


class ConfirmationIn(Shape):
    confirmation = serializers.CharField(max_length=200, trim_whitespace=False, help_text="The workspace's name.")


class LossesOut(serializers.Serializer[removal.Losses]):
    documents = serializers.IntegerField(help_text="Lost with a deletion alone; a purge keeps them.")
    projects = serializers.ListField(child=serializers.CharField(), help_text="The first by name.")
    project_count = serializers.IntegerField()
    completions = serializers.IntegerField()
    versions = serializers.IntegerField()
    models = serializers.ListField(child=serializers.CharField(), help_text="The first by name.")
    model_count = serializers.IntegerField()
    people = serializers.IntegerField()
    archived_at = serializers.DateTimeField(allow_null=True, help_text="Of the newest archive that is still here.")


class Losses(WorkspaceEndpoint):
    may = {"GET": "administer"}

    @operation("workspaces.losses", gives=LossesOut)
    def get(self, request: Request) -> Response:
        """What a deletion or a purge of the workspace would take away."""
        refuse_unknown(request, set())
        return Response(LossesOut(removal.losses(self.workspace)).data)


class Purge(WorkspaceEndpoint):
    may = {"POST": "administer"}

    @operation("workspaces.purge", takes=ConfirmationIn, gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Remove projects, coding, ranks and trained models; documents and people stay."""
        job = removal.request_purge(self.workspace, self.person, read(ConfirmationIn, request)["confirmation"])
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})
