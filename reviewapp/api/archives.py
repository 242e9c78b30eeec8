"""Archives of workspaces: made, fetched, brought here, looked into, restored."""

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import access
from reviewapp.api.endpoints import Endpoint, Shape, WorkspaceEndpoint, read
from reviewapp.api.filters import PAGING, refuse_unknown
from reviewapp.api.imports import ENVELOPE, FILE
from reviewapp.api.jobs import JobOut
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.archives import catalog, reading, restoring
from reviewapp.models import Archive

ROLES = ["archived", "none"]
UNKNOWN = ["placeholder", "refuse"]


class ArchiveOut(serializers.ModelSerializer[Archive]):
    workspace = serializers.IntegerField(source="workspace_id", allow_null=True)
    job = serializers.IntegerField(source="job_id", allow_null=True)
    made_by = serializers.CharField(source="made_by.username", default=None, allow_null=True)
    ready = serializers.BooleanField(help_text="Whether there is a whole file.")
    content = serializers.CharField(allow_blank=True, help_text="Equal for archives of equal content.")
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Rows by table.")

    class Meta:
        model = Archive
        fields = [
            "id",
            "workspace",
            "name",
            "origin",
            "job",
            "ready",
            "size",
            "content",
            "counts",
            "made_by",
            "made_at",
            "expires_at",
        ]
        read_only_fields = fields


class PassphraseIn(Shape):
    passphrase = serializers.CharField(
        max_length=catalog.MOST_PASSPHRASE, trim_whitespace=False, help_text="Kept nowhere."
    )


class RestoreIn(PassphraseIn):
    name = serializers.CharField(max_length=200, default="", allow_blank=True, help_text="By default the archive's.")
    roles = serializers.ChoiceField(
        choices=ROLES,
        default=None,
        allow_null=True,
        help_text="By default as archived where this instance made the archive, else none.",
    )
    unknown = serializers.ChoiceField(choices=UNKNOWN, default="placeholder", help_text="People who are not here.")


class ArchivedPersonOut(serializers.Serializer[restoring.Known]):
    username = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    role = serializers.CharField(allow_blank=True)
    here = serializers.SerializerMethodField(help_text="Whether somebody of this user name is on this server.")

    def get_here(self, person: restoring.Known) -> bool:
        return person.here is not None


class ContentsOut(serializers.Serializer[restoring.Contents]):
    workspace = serializers.CharField(source="head.workspace", allow_blank=True)
    made_at = serializers.CharField(source="head.made_at")
    made_by = serializers.CharField(source="head.made_by", allow_blank=True)
    this_instance = serializers.BooleanField(source="head.is_of_this_instance")
    indexes_usable = serializers.BooleanField(source="head.same_words")
    free_name = serializers.CharField()
    default_roles = serializers.ChoiceField(choices=ROLES)
    people = ArchivedPersonOut(many=True)


class WorkspaceArchives(WorkspaceEndpoint):
    may = {"GET": "administer", "POST": "administer"}

    @operation("archives.list", gives=ArchiveOut, page=True)
    def get(self, request: Request) -> Response:
        """The workspace's archives, newest first."""
        refuse_unknown(request, PAGING)
        rows = catalog.shown(self.person, self.workspace.archives.all())
        return page(request, rows, lambda found: ArchiveOut(found, many=True).data, newest_first=True)

    @operation("archives.create", takes=PassphraseIn, gives=ArchiveOut, status=202)
    def post(self, request: Request) -> Response:
        """Archive the workspace; wait for its `job`, then fetch the file."""
        made = catalog.request(self.workspace, self.person, read(PassphraseIn, request)["passphrase"])
        return Response(ArchiveOut(made).data, 202, headers={"Location": f"/api/v1/archives/{made.pk}"})


class Archives(Endpoint):
    parser_classes = [MultiPartParser]

    def largest_body(self) -> int:
        return settings.UPLOAD_LIMIT + ENVELOPE

    @operation("archives.mine", gives=ArchiveOut, page=True)
    def get(self, request: Request) -> Response:
        """The archives that you may handle, newest first."""
        refuse_unknown(request, PAGING)
        rows = catalog.shown(self.person)
        return page(request, rows, lambda found: ArchiveOut(found, many=True).data, newest_first=True)

    @operation("archives.receive", takes=FILE, gives=ArchiveOut, status=201)
    def post(self, request: Request) -> Response:
        """Send an archive as the part `file`, to be restored. Needs the right to add workspaces."""
        catalog.require_restorer(self.person)
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            raise serializers.ValidationError({"file": ["Send the file as a part named “file” with a file name."]})
        received = catalog.receive(file, file.name or "archive", self.person)
        return Response(ArchiveOut(received).data, 201, headers={"Location": f"/api/v1/archives/{received.pk}"})


class ArchiveEndpoint(Endpoint):
    """An address of one archive."""

    archive: Archive

    def enter(self, **address: Any) -> None:
        rows = Archive.objects.select_related("made_by")
        self.archive = access.get(self.person, Archive, address["archive"], may="administer", among=rows)


class OneArchive(ArchiveEndpoint):
    @operation("archives.get", gives=ArchiveOut)
    def get(self, request: Request) -> Response:
        """One archive."""
        return Response(ArchiveOut(self.archive).data)

    @operation("archives.delete", status=204)
    def delete(self, request: Request) -> Response:
        """Delete the archive and its file."""
        catalog.delete(self.archive, self.person)
        return Response(status=204)


class ArchiveFile(ArchiveEndpoint):
    @operation("archives.download", gives=OpenApiTypes.BINARY, media="application/octet-stream")
    def get(self, request: Request) -> FileResponse:
        """The encrypted file."""
        path = catalog.open_file(self.archive, self.person)
        answer = FileResponse(path.open("rb"), as_attachment=True, filename=f"{self.archive.slug}.rvarchive")
        answer["Content-Type"] = "application/octet-stream"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


class KeepArchive(ArchiveEndpoint):
    @operation("archives.keep", gives=ArchiveOut)
    def post(self, request: Request) -> Response:
        """Begin the archive's time on this server anew."""
        catalog.keep_longer(self.archive, self.person)
        self.archive.refresh_from_db()
        return Response(ArchiveOut(self.archive).data)


class ArchiveContents(ArchiveEndpoint):
    replayed = False  # a passphrase is no part of what is remembered of a request

    @operation("archives.look", takes=PassphraseIn, gives=ContentsOut)
    def post(self, request: Request) -> Response:
        """What is inside, and who of its people is here; nothing is written."""
        catalog.require_restorer(self.person)
        key = reading.unlock(catalog.file_of(self.archive), read(PassphraseIn, request)["passphrase"])
        return Response(ContentsOut(restoring.look(self.archive, self.person, key)).data)


class RestoreArchive(ArchiveEndpoint):
    @operation("archives.restore", takes=RestoreIn, gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Restore the archive as a new workspace: the job's result names it. Needs the right to add workspaces."""
        catalog.require_restorer(self.person)
        asked = read(RestoreIn, request)
        key = reading.unlock(catalog.file_of(self.archive), asked.pop("passphrase"))
        job = restoring.request(self.archive, self.person, key, **asked)
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})
