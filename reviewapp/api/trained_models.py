"""Trained models: the library of a workspace, and the exports of a project."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django_filters import CharFilter, ChoiceFilter, FilterSet, MultipleChoiceFilter
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib import categories, exports, library
from models_lib.models import Category, TrainedModel
from models_lib.models.library import Status
from reviewapp import access
from reviewapp.api.endpoints import Endpoint, Id, ProjectEndpoint, Shape, WorkspaceEndpoint, read
from reviewapp.api.filters import PAGING, Flag, IdFilter, filtered, refuse_unknown
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.domain import audit, people
from reviewapp.errors import NotFound
from reviewapp.models import AuditEvent, Project

MOST = 500  # models or categories that one request names


class CarriedOut(serializers.ModelSerializer[Category]):
    class Meta:
        model = Category
        fields = ["id", "name"]
        read_only_fields = fields


class ModelOut(serializers.ModelSerializer[TrainedModel]):
    workspace = serializers.IntegerField(source="workspace_id")
    categories = CarriedOut(many=True)
    status = serializers.ChoiceField(choices=Status.choices, help_text="Model Export Status.")
    reason = serializers.CharField(help_text="Why the export failed; empty where it did not.")
    project = serializers.IntegerField(
        source="project_id", allow_null=True, help_text="What it was exported from here."
    )
    job = serializers.IntegerField(
        source="job_id", allow_null=True, help_text="The export: wait for it, cancel, retry."
    )
    positives = serializers.SerializerMethodField(help_text="Null before it is ready, and where counts are kept back.")
    negatives = serializers.SerializerMethodField()
    documents = serializers.SerializerMethodField(help_text="Coded documents that it was trained on.")
    vocabulary = serializers.IntegerField(help_text="Different tokens.")
    features = serializers.DictField(help_text="How texts became tokens, with the version of these settings.")
    privacy = serializers.DictField(
        help_text="What it may give away about the documents it was trained on, in figures."
    )
    drop_below = serializers.IntegerField(help_text="Words of fewer coded documents than this are not in it.")
    payload = serializers.CharField(
        help_text="Keyed digest of the training: equal for equal training on this instance."
    )
    file = serializers.CharField(help_text="BLAKE2b of the sealed file.")
    key_id = serializers.CharField(help_text="Which instance key seals it.")
    size = serializers.IntegerField(help_text="Bytes of the sealed file.")
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    modified_by = serializers.CharField(source="modified_by.username", default=None, allow_null=True)
    links = serializers.IntegerField(help_text="Projects that it is linked to, as far as you may see them.")

    class Meta:
        model = TrainedModel
        fields = [
            "id",
            "workspace",
            "guid",
            "name",
            "description",
            "categories",
            "status",
            "reason",
            "origin",
            "restricted",
            "project",
            "job",
            "positives",
            "negatives",
            "documents",
            "vocabulary",
            "features",
            "privacy",
            "drop_below",
            "payload",
            "file",
            "key_id",
            "size",
            "sealed_at",
            "created_by",
            "created_at",
            "modified_by",
            "modified_at",
            "links",
        ]
        read_only_fields = fields

    def get_positives(self, model: TrainedModel) -> int | None:
        return model.positives if model.counted else None

    def get_negatives(self, model: TrainedModel) -> int | None:
        return model.negatives if model.counted else None

    def get_documents(self, model: TrainedModel) -> int | None:
        return model.documents if model.counted else None


class LinkedOut(serializers.ModelSerializer[Project]):
    class Meta:
        model = Project
        fields = ["id", "name"]
        read_only_fields = fields


class FullModelOut(ModelOut):
    linked_projects = serializers.SerializerMethodField(help_text="As far as you may see them.")

    class Meta(ModelOut.Meta):
        fields = [*ModelOut.Meta.fields, "linked_projects"]
        read_only_fields = fields

    @extend_schema_field(LinkedOut(many=True))
    def get_linked_projects(self, model: TrainedModel) -> Any:
        return LinkedOut(library.linked(model, self.context["person"]), many=True).data


class ModelEventOut(serializers.ModelSerializer[AuditEvent]):
    actor = serializers.CharField(source="actor.username", default=None, allow_null=True)

    class Meta:
        model = AuditEvent
        fields = ["verb", "actor", "at"]
        read_only_fields = fields


class ModelFilters(FilterSet):  # type: ignore[misc]
    status = MultipleChoiceFilter(field_name="export_status", choices=Status.choices)
    origin = ChoiceFilter(choices=TrainedModel.Origin.choices)
    category = IdFilter(field_name="categories")
    name = CharFilter(lookup_expr="icontains", help_text="A part of the name.")
    restricted = Flag(help_text="Only those that are seen by named people, or only the others.")


class ExportIn(Shape):
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(default="", allow_blank=True, max_length=10_000)
    categories = serializers.ListField(child=Id(), default=list, max_length=MOST)
    drop_below = serializers.IntegerField(
        default=1,
        min_value=1,
        max_value=exports.MOST_DROPPED,
        help_text="Leave out words of fewer coded documents than this; more than 1 gives exactness away.",
    )


class ModelIn(Shape):
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(allow_blank=True, max_length=10_000)
    categories = serializers.ListField(child=Id(), max_length=MOST)


class ModelsIn(Shape):
    models = serializers.ListField(child=Id(), min_length=1, max_length=MOST)


class CategorizationIn(ModelsIn):
    categories = serializers.ListField(child=Id(), min_length=1, max_length=MOST)
    take_off = serializers.BooleanField(default=False, help_text="Take them off instead of putting them on.")


class ModelsChangedOut(serializers.Serializer[Any]):
    changed = serializers.IntegerField(help_text="Trained models that were named.")


class AccessShape(Shape):
    restricted = serializers.BooleanField(help_text="Seen by admins and by the named people only.")
    people = serializers.ListField(
        child=serializers.CharField(max_length=150), max_length=MOST, help_text="User names."
    )


class Models(WorkspaceEndpoint):
    may = {"GET": "view_models"}

    @operation("models.list", gives=ModelOut, page=True, filters=ModelFilters)
    def get(self, request: Request) -> Response:
        """The workspace's trained models that you may see, newest first."""
        rows = filtered(request, ModelFilters, library.shown(self.person, self.workspace))
        return page(request, rows, _render, newest_first=True)


class Categorization(WorkspaceEndpoint):
    may = {"POST": "edit_models"}

    @operation("models.categorize", takes=CategorizationIn, gives=ModelsChangedOut)
    def post(self, request: Request) -> Response:
        """Put categories on several models at once, or take them off; what else they carry stays."""
        asked = read(CategorizationIn, request)
        given = categories.named(self.workspace, asked["categories"])
        chosen = _chosen(library.shown(self.person, self.workspace), asked["models"])
        changed = library.categorize(chosen, given, self.person, take_off=asked["take_off"])
        return Response({"changed": changed})


class ModelDeletion(WorkspaceEndpoint):
    may = {"POST": "delete_models"}

    @operation("models.delete-several", takes=ModelsIn, gives=ModelsChangedOut)
    def post(self, request: Request) -> Response:
        """Delete several models, all or none: a linked one is refused with its links."""
        chosen = _chosen(library.shown(self.person, self.workspace), read(ModelsIn, request)["models"])
        return Response({"changed": library.delete(chosen, self.person)})


class ModelEndpoint(Endpoint):
    """An address of one trained model."""

    model: TrainedModel

    def enter(self, **address: Any) -> None:
        rows = library.rows(self.person)
        self.model = access.get(self.person, TrainedModel, address["model"], may=self.right, among=rows)


class OneModel(ModelEndpoint):
    may = {"GET": "view_models", "PATCH": "edit_models", "DELETE": "delete_models"}

    @operation("models.get", gives=FullModelOut)
    def get(self, request: Request) -> Response:
        """One trained model; its content is sealed and given to nobody."""
        refuse_unknown(request, set())
        return Response(self.shown())

    @operation("models.change", takes=ModelIn(partial=True), gives=FullModelOut)
    def patch(self, request: Request) -> Response:
        """Change name, description or categories; what is not named stays."""
        asked = read(ModelIn, request, partial=True)
        if "categories" in asked:
            asked["categories"] = categories.named(self.model.workspace, asked["categories"])
        library.edit(self.model, self.person, asked)
        return Response(self.shown())

    @operation("models.delete", status=204)
    def delete(self, request: Request) -> Response:
        """Delete the model; a linked one is refused with its links. Copies in other workspaces stay."""
        library.delete([self.model], self.person)
        return Response(status=204)

    def shown(self) -> Any:
        now = library.rows(self.person).get(pk=self.model.pk)
        return FullModelOut(now, context={"person": self.person}).data


class ModelAccess(ModelEndpoint):
    may = {"GET": "administer", "PUT": "administer"}

    @operation("models.get-access", gives=AccessShape)
    def get(self, request: Request) -> Response:
        """Who may see the model besides the workspace's admins."""
        refuse_unknown(request, set())
        return Response(self.shown())

    @operation("models.put-access", takes=AccessShape, gives=AccessShape)
    def put(self, request: Request) -> Response:
        """Show the model to everybody with the right to see models, or only to admins and named people."""
        asked = read(AccessShape, request)
        named = [people.find(username) for username in asked["people"]]
        library.restrict(self.model, self.person, asked["restricted"], named)
        return Response(self.shown())

    def shown(self) -> dict[str, Any]:
        named = [person.username for person in library.named_on(self.model)]
        return {"restricted": self.model.restricted, "people": named}


class ModelHistory(ModelEndpoint):
    may = {"GET": "view_models"}

    @operation("models.list-history", gives=ModelEventOut, page=True)
    def get(self, request: Request) -> Response:
        """What was done to the model here, newest first."""
        refuse_unknown(request, PAGING)
        return page(
            request, audit.about(self.model), lambda rows: ModelEventOut(rows, many=True).data, newest_first=True
        )


class Exports(ProjectEndpoint):
    may = {"GET": "view_models", "POST": "manage"}

    @operation("exports.list", gives=ModelOut, page=True)
    def get(self, request: Request) -> Response:
        """The project's exports that you may see, newest first."""
        refuse_unknown(request, PAGING)
        rows = library.shown(self.person, self.project.workspace).filter(project=self.project)
        return page(request, rows, _render, newest_first=True)

    @operation("exports.create", takes=ExportIn, gives=ModelOut, status=202)
    def post(self, request: Request) -> Response:
        """Seal the project's own coding as a trained model; wait for its job, then it is ready."""
        asked = read(ExportIn, request)
        asked["categories"] = categories.named(self.project.workspace, asked["categories"])
        made = exports.request(self.project, self.person, **asked)
        shown = ModelOut(library.rows(self.person).get(pk=made.pk)).data
        return Response(shown, 202, headers={"Location": f"/api/v1/models/{made.pk}"})


def _chosen(rows: QuerySet[TrainedModel], asked: Sequence[int]) -> list[TrainedModel]:
    """The named models; raises :class:`NotFound` where the person sees no such one."""
    found = list(rows.filter(pk__in=asked))
    if missing := sorted(set(asked) - {model.pk for model in found}):
        raise NotFound(f"No trained models that you may see: {', '.join(map(str, missing))}. Nothing was changed.")
    return found


def _render(rows: Sequence[TrainedModel]) -> Any:
    return ModelOut(rows, many=True).data
