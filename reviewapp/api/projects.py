"""Projects: set up, changed, paused, trained."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django_filters import ChoiceFilter, FilterSet
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib import links
from models_lib.models import TrainedModel
from reviewapp import access, labeling
from reviewapp.api.endpoints import Endpoint, Id, ProjectEndpoint, Shape, WorkspaceEndpoint, read
from reviewapp.api.filters import filtered, refuse_unknown
from reviewapp.api.jobs import JobOut
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.domain import closing, projects
from reviewapp.models import ClassificationIndex, Project, User

CONFIRMATION = OpenApiParameter("confirmation", str, required=True, description="The project's name.")


class ChoiceShape(Shape):
    value = serializers.CharField(max_length=100, help_text="What the reviewer reads, and what a completion holds.")
    role = serializers.ChoiceField(choices=labeling.ROLES, help_text="What it means for training.")
    hotkey = serializers.CharField(max_length=1, allow_blank=True, default="")


class ChoicesShape(Shape):
    field = serializers.CharField(max_length=100, default="relevance", help_text="The question's name.")
    choices = serializers.ListField(child=ChoiceShape(), min_length=2, max_length=labeling.MOST_CHOICES)


class IndexOut(serializers.ModelSerializer[ClassificationIndex]):
    class Meta:
        model = ClassificationIndex
        fields = ["number", "state", "documents", "error", "created_at"]
        read_only_fields = fields


class ProjectOut(serializers.ModelSerializer[Project]):
    workspace = serializers.IntegerField(source="workspace_id")
    choices = serializers.SerializerMethodField(help_text="The question of a review; null in annotation projects.")
    created_by = serializers.CharField(source="created_by.username")
    coded = serializers.IntegerField(help_text="Documents with a coding decision; skipped ones have none.")
    waiting = serializers.SerializerMethodField(help_text="Completions that the current version has not counted.")
    next_training_in = serializers.SerializerMethodField(help_text="Completions until a training is due by itself.")
    trainable = serializers.BooleanField(
        help_text="Whether a model can be built: 5 positive and 5 negative documents are coded, or a model is linked."
    )
    linked = serializers.SerializerMethodField(help_text="Whether a trained model counts beside the local coding.")
    linked_model = serializers.SerializerMethodField(help_text="Which one; null also where you may not see it.")
    index = IndexOut(allow_null=True)
    version = serializers.IntegerField(source="version.number", default=None, allow_null=True)

    class Meta:
        model = Project
        fields = [
            "id",
            "workspace",
            "kind",
            *projects.SETTINGS,
            "choices",
            "state",
            "created_by",
            "created_at",
            "documents",
            "positives",
            "negatives",
            "neutrals",
            "skipped",
            "coded",
            "completions",
            "waiting",
            "next_training_in",
            "trainable",
            "linked",
            "linked_model",
            "index",
            "version",
        ]
        read_only_fields = fields

    @extend_schema_field(ChoicesShape(allow_null=True))
    def get_choices(self, project: Project) -> dict[str, Any] | None:
        return choices(project) if project.is_review else None

    def get_waiting(self, project: Project) -> int:
        return waiting(project)

    def get_next_training_in(self, project: Project) -> int:
        return next_training_in(project)

    def get_linked(self, project: Project) -> bool:
        return project.linked_model_id is not None

    def get_linked_model(self, project: Project) -> int | None:
        return project.linked_model_id if project.linked_model_id in self.context["models"] else None


class SettingsIn(Shape, serializers.ModelSerializer[Project]):
    class Meta:
        model = Project
        fields: tuple[str, ...] = projects.SETTINGS


class ProjectIn(SettingsIn):
    choices = ChoicesShape(required=False)
    linked_model = Id(required=False, allow_null=True, help_text="A ready trained model, for a review.")
    kind = serializers.ChoiceField(choices=Project.Kind.choices, default=Project.Kind.REVIEW)
    labeling_config = serializers.CharField(
        required=False, trim_whitespace=False, help_text="Of an annotation project, instead of choices."
    )

    class Meta(SettingsIn.Meta):
        fields = (*projects.SETTINGS, "choices", "linked_model", "kind", "labeling_config")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        annotation = attrs["kind"] == Project.Kind.ANNOTATION
        foreign = ("choices", "linked_model") if annotation else ("labeling_config",)
        wrong = {name: ["Not for this kind of project."] for name in foreign if name in attrs}
        if annotation and "labeling_config" not in attrs:
            wrong["labeling_config"] = ["An annotation project needs it."]
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


class LinkIn(Shape):
    model = Id(help_text="A ready trained model of the project's workspace.")


class PopulateIn(Shape):
    full = serializers.BooleanField(default=False, help_text="Index every document anew, not only the new ones.")


class ProjectFilters(FilterSet):  # type: ignore[misc]
    kind = ChoiceFilter(choices=Project.Kind.choices)
    state = ChoiceFilter(choices=Project.State.choices)


class Projects(WorkspaceEndpoint):
    may = {"GET": "view", "POST": "manage"}

    @operation("projects.list", gives=ProjectOut, page=True, filters=ProjectFilters)
    def get(self, request: Request) -> Response:
        """The workspace's projects, oldest first; archived ones when `state` says so."""
        rows = filtered(request, ProjectFilters, _listed(request).filter(workspace=self.workspace))
        return page(request, rows, partial(_render, self.person))

    @operation("projects.create", takes=ProjectIn, gives=ProjectOut, status=201)
    def post(self, request: Request) -> Response:
        """Set up a review or an annotation project over the workspace's documents; its index is populated at once."""
        asked = read(ProjectIn, request)
        if asked.pop("kind") == Project.Kind.ANNOTATION:
            return _created(projects.create_annotation(self.workspace, self.person, **asked), self.person)
        question, linked = _question(asked.pop("choices", None)), asked.pop("linked_model", None)
        model = access.get(self.person, TrainedModel, linked, workspace=self.workspace) if linked is not None else None
        made = links.create_project(self.workspace, self.person, model, **question, **asked)
        return _created(made, self.person)


class VisibleProjects(Endpoint):
    @operation("projects.mine", gives=ProjectOut, page=True, filters=ProjectFilters)
    def get(self, request: Request) -> Response:
        """The projects of all workspaces that you have a role in, oldest first; archived ones when `state` says so."""
        rows = access.visible(self.person, Project, among=_listed(request))
        return page(request, filtered(request, ProjectFilters, rows), partial(_render, self.person))


class OneProject(ProjectEndpoint):
    kind = None
    may = {"GET": "view", "PATCH": "manage", "DELETE": "administer"}

    @operation("projects.get", gives=ProjectOut)
    def get(self, request: Request) -> Response:
        """One project with its settings and exact counters."""
        return Response(shown(self.project, self.person))

    @operation("projects.change", takes=SettingsIn(partial=True), gives=ProjectOut)
    def patch(self, request: Request) -> Response:
        """Change settings; what is not named stays."""
        changed = projects.change(self.project, self.person, read(SettingsIn, request, partial=True))
        return Response(shown(changed, self.person))

    @operation("projects.delete", status=204, parameters=(CONFIRMATION,))
    def delete(self, request: Request) -> Response:
        """Remove the project with its coding, versions and snapshots."""
        refuse_unknown(request, {"confirmation"})
        projects.delete(self.project, self.person, request.query_params.get("confirmation", ""))
        return Response(status=204)


class Choices(ProjectEndpoint):
    may = {"PUT": "manage"}

    @operation("projects.put-choices", takes=ChoicesShape, gives=ProjectOut)
    def put(self, request: Request) -> Response:
        """Rename, add or re-key the possible answers; the role of one that was used stays."""
        question = _question(read(ChoicesShape, request))
        return Response(shown(projects.change_choices(self.project, self.person, **question), self.person))


class LinkedModel(ProjectEndpoint):
    may = {"PUT": "manage", "DELETE": "manage"}

    @operation("projects.put-linked-model", takes=LinkIn, gives=ProjectOut)
    def put(self, request: Request) -> Response:
        """Count this trained model beside the local coding, instead of any other, and train anew."""
        pk = read(LinkIn, request)["model"]
        model = access.get(self.person, TrainedModel, pk, workspace=self.project.workspace_id)
        return Response(shown(links.link(self.project, model, self.person), self.person))

    @operation("projects.delete-linked-model", gives=ProjectOut)
    def delete(self, request: Request) -> Response:
        """Go on with the local coding alone, which needs 5 positive and 5 negative documents, and train anew."""
        return Response(shown(links.unlink(self.project, self.person), self.person))


class Pause(ProjectEndpoint):
    kind = None
    may = {"POST": "manage"}

    @operation("projects.pause", gives=ProjectOut)
    def post(self, request: Request) -> Response:
        """Stop handing out documents; what is checked out can still be submitted."""
        projects.pause(self.project, self.person)
        return Response(shown(self.project, self.person))


class Resume(ProjectEndpoint):
    kind = None
    may = {"POST": "manage"}

    @operation("projects.resume", gives=ProjectOut)
    def post(self, request: Request) -> Response:
        """Hand out the documents of a paused project again."""
        projects.resume(self.project, self.person)
        return Response(shown(self.project, self.person))


class Complete(ProjectEndpoint):
    may = {"POST": "manage"}

    @operation("projects.complete", gives=ProjectOut)
    def post(self, request: Request) -> Response:
        """End the review: nothing in it changes any more, and its figures go into the history."""
        return Response(shown(closing.complete(self.project, self.person), self.person))


class Archive(ProjectEndpoint):
    may = {"POST": "manage"}

    @operation("projects.archive", gives=ProjectOut)
    def post(self, request: Request) -> Response:
        """Take the project out of the lists, complete or not."""
        return Response(shown(closing.archive(self.project, self.person), self.person))


class Unarchive(ProjectEndpoint):
    may = {"POST": "manage"}

    @operation("projects.unarchive", gives=ProjectOut)
    def post(self, request: Request) -> Response:
        """Put an archived project back into the lists, still complete."""
        return Response(shown(closing.unarchive(self.project, self.person), self.person))


class Reopen(ProjectEndpoint):
    may = {"POST": "manage"}

    @operation("projects.reopen", gives=ProjectOut)
    def post(self, request: Request) -> Response:
        """Go on with a complete or archived review."""
        return Response(shown(closing.reopen(self.project, self.person), self.person))


class Populate(ProjectEndpoint):
    kind = None
    may = {"POST": "manage"}

    @operation("projects.populate", takes=PopulateIn, gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Ask for a population of the index."""
        job = projects.populate(self.project, self.person, full=read(PopulateIn, request)["full"])
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


class Train(ProjectEndpoint):
    kind = None
    may = {"POST": "manage"}

    @operation("projects.train", gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Ask for a training now."""
        job = projects.train_now(self.project, self.person)
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


def choices(project: Project) -> dict[str, Any]:
    """The project's question and possible answers, as :class:`ChoicesShape` says."""
    field = projects.field(project)
    return {"field": field.name, "choices": [asdict(choice) for choice in field.choices]}


def waiting(project: Project) -> int:
    """Completions that the current version has not counted (B-08)."""
    return max(project.completions - (project.version.completions if project.version else 0), 0)


def next_training_in(project: Project) -> int:
    """Completions until a training is due by itself."""
    return max(project.every_n - (project.completions - project.counted), 0)


def shown(project: Project, person: User) -> Any:
    """The project as it is in the database now, as this person may see it."""
    return _render(person, [_rows().get(pk=project.pk)])[0]


def _created(project: Project, person: User) -> Response:
    return Response(shown(project, person), 201, headers={"Location": f"/api/v1/projects/{project.pk}"})


def _rows() -> QuerySet[Project]:
    return Project.objects.select_related("index", "version", "created_by")


def _listed(request: Request) -> QuerySet[Project]:
    return _rows() if request.query_params.get("state") else _rows().exclude(state=Project.State.ARCHIVED)


def _render(person: User, rows: Sequence[Project]) -> Any:
    return ProjectOut(rows, many=True, context={"models": links.seen(person, rows)}).data


def _question(asked: dict[str, Any] | None) -> dict[str, Any]:
    if asked is None:
        return {}
    return {"field_name": asked["field"], "choices": [(c["value"], c["role"], c["hotkey"]) for c in asked["choices"]]}
