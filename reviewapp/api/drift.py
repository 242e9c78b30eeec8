"""Drift watch: how unlike the training the documents of each import were."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib.models import DriftLook
from reviewapp.api.endpoints import ProjectEndpoint
from reviewapp.api.filters import PAGING, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation


class DriftOut(serializers.Serializer[DriftLook]):
    id = serializers.IntegerField()
    version = serializers.IntegerField(source="version.number")
    documents = serializers.IntegerField(help_text="New ones that this look is about.")
    looked_at = serializers.IntegerField(help_text="Of them, those that were measured.")
    strange = serializers.IntegerField(help_text="Of those, stranger than 95 % of the documents before them.")
    limit = serializers.FloatField(help_text="Share of unknown weight from which a document is strange.")
    share = serializers.FloatField(help_text="Strange documents of those measured; 0.05 by chance.")
    low = serializers.FloatField(help_text="Lower end of its exact 95 % interval; drift is found above 0.1.")
    high = serializers.FloatField()
    found = serializers.BooleanField()
    at = serializers.DateTimeField()


class Drift(ProjectEndpoint):
    may = {"GET": "view"}

    @operation("drift.list", gives=DriftOut, page=True)
    def get(self, request: Request) -> Response:
        """The looks at new documents, newest first."""
        refuse_unknown(request, PAGING)
        rows = self.project.drift_looks.select_related("version")
        return page(request, rows, lambda found: [DriftOut(row).data for row in found], newest_first=True)
