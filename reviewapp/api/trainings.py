"""Annotation projects: trainings and their logs, the models they made, deploying them, pre-annotation."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib.models import ModelVersion
from reviewapp.api.endpoints import Id, Shape, read
from reviewapp.api.filters import PAGING, read_query, refuse_unknown
from reviewapp.api.jobs import JobOut
from reviewapp.api.pagination import page
from reviewapp.api.schema import operation
from reviewapp.api.tasks import AnnotationEndpoint, ConfigOut
from reviewapp.domain import configs, trainings
from reviewapp.domain.trainings import Wish
from reviewapp.models import Job, Project
from training import annotations

MOST_DOCUMENTS = 100_000


class TrainingIn(Shape):
    deploy = serializers.BooleanField(
        help_text="Whether the models are named in the labeling config when they are trained."
    )
    parameters = serializers.DictField(
        default=dict,
        help_text="validation_split, epochs, learning_rate, decay, dropout, batch; the rest stays at its defaults.",
    )
    engine = serializers.ChoiceField(choices=trainings.ENGINES, default="crfsuite", help_text="What learns entities.")
    tags = serializers.ListField(
        child=serializers.CharField(max_length=100), default=list, help_text="Only documents with any of these tags."
    )
    by_tags = serializers.BooleanField(
        default=False, help_text="Measure by documents with the tag Test instead of a share; those never train."
    )


class Trainings(AnnotationEndpoint):
    may = {"GET": "view", "POST": "manage"}

    @operation("trainings.list", gives=JobOut, page=True)
    def get(self, request: Request) -> Response:
        """The trainings of the project with how each ended, newest first."""
        refuse_unknown(request, PAGING)
        rows = trainings.history(self.project)
        return page(request, rows, lambda found: [JobOut(job).data for job in found], newest_first=True)

    @operation("trainings.start", takes=TrainingIn, gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Train every model that the labeling config calls for; only in annotation projects."""
        asked = read(TrainingIn, request)
        deploy = asked.pop("deploy")
        job = trainings.start(self.project, self.person, Wish(**asked), deploy=deploy)
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


class LogsOut(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=Job.State.choices)
    logs = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="The lines of each model's log by the model's name; so far, while it runs.",
    )


class TrainingEndpoint(AnnotationEndpoint):
    """One training of a project; its logs are for those who may start one."""

    may = {"GET": "manage"}

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        self.job = trainings.find(self.project, address["job"])


class Logs(TrainingEndpoint):
    @operation("trainings.logs", gives=LogsOut)
    def get(self, request: Request) -> Response:
        """The logs of all models of one training: parameters, features, counts, figures by label, confusion."""
        refuse_unknown(request, set())
        return Response(LogsOut({"state": self.job.state, "logs": trainings.logs(self.job)}).data)


class LogFileQuery(Shape):
    model = serializers.CharField(max_length=300, default="", help_text="Only the log of this model, as text.")


class LogFile(TrainingEndpoint):
    @operation(
        "trainings.logs-file",
        gives=OpenApiTypes.BINARY,
        media="application/zip",
        also={"text/plain": OpenApiTypes.STR},
        parameters=(LogFileQuery,),
    )
    def get(self, request: Request) -> HttpResponse:
        """All logs of a training in one zip file; with `model`, the log of that model as text."""
        found = trainings.file(self.job, read_query(LogFileQuery, request)["model"])
        return HttpResponse(found.body, headers=found.headers)


class AnnotationModelOut(serializers.ModelSerializer[ModelVersion]):
    name = serializers.CharField(help_text="What a labeling config calls it.")
    job = serializers.IntegerField(source="job_id", allow_null=True)
    figures = serializers.DictField(source="metrics.figures", default=None, allow_null=True)
    examples = serializers.DictField(source="metrics.examples", child=serializers.IntegerField())
    parameters = serializers.DictField(
        source="parameters.training", help_text="Each with its value and whether it is used or recorded, no effect."
    )
    deployed = serializers.SerializerMethodField(help_text="Whether the labeling config names it now.")

    class Meta:
        model = ModelVersion
        fields = [
            "id",
            "name",
            "kind",
            "number",
            "source",
            "labels",
            "created_at",
            "job",
            "deployed",
            "examples",
            "parameters",
            "figures",
        ]
        read_only_fields = fields

    def get_deployed(self, version: ModelVersion) -> bool:
        return version.name in self.context["named"]


class Models(AnnotationEndpoint):
    may = {"GET": "view"}

    @operation("annotation-models.list", gives=AnnotationModelOut, page=True)
    def get(self, request: Request) -> Response:
        """The models that were trained here, newest first: kind, labels, when, by whom, how good, whether deployed."""
        refuse_unknown(request, PAGING)
        context = {"named": configs.named_models(self.project)}
        rows = trainings.made(self.project)
        return page(
            request,
            rows,
            lambda found: [AnnotationModelOut(version, context=context).data for version in found],
            newest_first=True,
        )


class DeploymentIn(Shape):
    models = serializers.ListField(
        child=serializers.CharField(max_length=200), min_length=1, max_length=20, help_text="Names of models."
    )


class Deployments(AnnotationEndpoint):
    may = {"POST": "manage"}

    @operation("deployments.create", takes=DeploymentIn, gives=ConfigOut)
    def post(self, request: Request) -> Response:
        """Name these models in the labeling config; nothing but ``model`` attributes changes."""
        chosen = trainings.named(self.project, read(DeploymentIn, request)["models"])
        return Response(ConfigOut(annotations.deploy(self.project, chosen, self.person)).data)


class PreannotationIn(Shape):
    documents = serializers.ListField(
        child=Id(), default=None, allow_null=True, max_length=MOST_DOCUMENTS, help_text="Null for all of the project."
    )


class Preannotations(AnnotationEndpoint):
    may = {"POST": "manage"}

    @operation("preannotations.create", takes=PreannotationIn, gives=JobOut, status=202)
    def post(self, request: Request) -> Response:
        """Let the deployed models say what they think about documents; no document is done by it."""
        job = trainings.preannotate(self.project, self.person, read(PreannotationIn, request)["documents"])
        return Response(JobOut(job).data, 202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


class ActiveLearningIn(Shape):
    on = serializers.BooleanField(help_text="Whether every N completions make a training due.")
    every_n = serializers.IntegerField(
        required=False, min_value=1, max_value=100_000, help_text="N: 50, 100, 200 or another number."
    )
    deploy = serializers.BooleanField(required=False, help_text="Whether each new model is deployed; needed to be on.")


class ActiveLearningOut(serializers.Serializer[Project]):
    on = serializers.BooleanField(source="active_learning")
    every_n = serializers.IntegerField()
    deploy = serializers.BooleanField(source="deploys")


class ActiveLearning(AnnotationEndpoint):
    may = {"PUT": "manage"}

    @operation("active-learning.switch", takes=ActiveLearningIn, gives=ActiveLearningOut)
    def put(self, request: Request) -> Response:
        """Switch active learning of an annotation project on or off."""
        return Response(
            ActiveLearningOut(trainings.switch(self.project, self.person, **read(ActiveLearningIn, request))).data
        )
