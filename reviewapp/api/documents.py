"""Documents of a workspace: found, read, tagged, deleted."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django_filters import CharFilter, FilterSet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import access
from reviewapp.api.endpoints import Endpoint, Id, Shape, WorkspaceEndpoint, read
from reviewapp.api.filters import filtered, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.domain import documents
from reviewapp.models import Document, Workspace


class DocumentOut(serializers.ModelSerializer[Document]):
    metadata = serializers.DictField()

    class Meta:
        model = Document
        fields = ["id", "control_number", "title", "metadata", "tags", "created_at"]
        read_only_fields = fields


class DocumentWithTextOut(DocumentOut):
    workspace = serializers.IntegerField(source="workspace_id")

    class Meta(DocumentOut.Meta):
        fields = [*DocumentOut.Meta.fields, "workspace", "text"]
        read_only_fields = fields


class DocumentFilters(FilterSet):  # type: ignore[misc]
    search = CharFilter(method="with_words", max_length=1000, help_text='Words, "phrases", `or`, and `-not`.')
    tag = CharFilter(method="with_tag", max_length=100)
    control_number = CharFilter(max_length=255)
    control_number_starts = CharFilter(field_name="control_number", lookup_expr="startswith", max_length=255)

    def with_words(self, rows: QuerySet[Document], name: str, words: str) -> QuerySet[Document]:
        return documents.search(rows, words)

    def with_tag(self, rows: QuerySet[Document], name: str, tag: str) -> QuerySet[Document]:
        return rows.filter(tags__contains=[tag])


class MatchingIn(Shape):
    search = serializers.CharField(max_length=1000, required=False)
    tag = serializers.CharField(max_length=100, required=False)
    control_number = serializers.CharField(max_length=255, required=False)
    control_number_starts = serializers.CharField(max_length=255, required=False)


class SelectionIn(Shape):
    documents = serializers.ListField(child=Id(), max_length=10_000, required=False, help_text="These documents…")
    matching = MatchingIn(required=False, help_text="…or all that match, as in the list's filters. Not both.")

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if ("documents" in asked) == ("matching" in asked):
            raise serializers.ValidationError("Say which documents: either “documents” or “matching”.")
        return asked


class TaggingIn(SelectionIn):
    add = serializers.ListField(child=serializers.CharField(max_length=100), default=list, max_length=100)
    remove = serializers.ListField(child=serializers.CharField(max_length=100), default=list, max_length=100)


class ChangedOut(serializers.Serializer[Any]):
    changed = serializers.IntegerField(help_text="Documents that are different now.")


class TaggedOut(serializers.Serializer[Any]):
    added = serializers.IntegerField(help_text="Documents that got a tag.")
    removed = serializers.IntegerField(help_text="Documents that lost a tag.")


class Documents(WorkspaceEndpoint):
    may = {"GET": "view"}

    @operation("documents.list", gives=DocumentOut, page=True, filters=DocumentFilters)
    def get(self, request: Request) -> Response:
        """The workspace's documents in the order of their import, without their texts."""
        rows = filtered(request, DocumentFilters, _living(self.workspace).defer("text"))
        return page(request, rows, _render)


class OneDocument(Endpoint):
    may = {"GET": "view"}
    document: Document

    def enter(self, **address: Any) -> None:
        rows = Document.objects.filter(deleted_at=None)
        self.document = access.get(self.person, Document, address["document"], may=self.right, among=rows)

    @operation("documents.get", gives=DocumentWithTextOut)
    def get(self, request: Request) -> Response:
        """One document with its text."""
        refuse_unknown(request, set())
        return Response(DocumentWithTextOut(self.document).data)


class Tagging(WorkspaceEndpoint):
    may = {"POST": "manage"}

    @operation("documents.tag", takes=TaggingIn, gives=TaggedOut)
    def post(self, request: Request) -> Response:
        """Put tags on documents and take tags off. Projects for the new tags take the documents in."""
        asked = read(TaggingIn, request)
        if not asked["add"] and not asked["remove"]:
            raise serializers.ValidationError({"add": ["Name at least one tag to add or to remove."]})
        rows, added, removed = _selected(self.workspace, asked), 0, 0
        if asked["add"] and asked["remove"]:
            added, removed = documents.change_tags(self.workspace, rows, asked["add"], asked["remove"], self.person)
        elif asked["add"]:
            added = documents.add_tags(self.workspace, rows, asked["add"], self.person)
        else:
            removed = documents.remove_tags(self.workspace, rows, asked["remove"], self.person)
        return Response({"added": added, "removed": removed})


class Deletion(WorkspaceEndpoint):
    may = {"POST": "manage"}

    @operation("documents.delete", takes=SelectionIn, gives=ChangedOut)
    def post(self, request: Request) -> Response:
        """Wipe documents for good and take them out of every project; their coding stays on record."""
        rows = _selected(self.workspace, read(SelectionIn, request))
        return Response({"changed": documents.delete(self.workspace, rows, self.person)})


def _living(workspace: Workspace) -> QuerySet[Document]:
    return Document.objects.filter(workspace=workspace, deleted_at=None)


def _selected(workspace: Workspace, asked: dict[str, Any]) -> QuerySet[Document]:
    rows = _living(workspace)
    if "documents" in asked:
        return rows.filter(pk__in=asked["documents"])
    matching: QuerySet[Document] = DocumentFilters(asked["matching"], rows).qs
    return matching


def _render(rows: Sequence[Document]) -> Any:
    return DocumentOut(rows, many=True).data
