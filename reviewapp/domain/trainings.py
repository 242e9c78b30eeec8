"""Trainings and pre-annotations of annotation projects: asked for here, done by the loop, one at a time (D4)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils.http import content_disposition_header

from models_lib.models import ModelVersion
from reviewapp.domain import audit, configs, jobs, locks, projects
from reviewapp.errors import Conflict, Invalid, NotFound
from reviewapp.models import Job, Project, User, Workspace
from training.annotation.logs import archive, written
from training.core.parameters import Parameters

KINDS = (Job.Kind.TRAIN, Job.Kind.PREANNOTATE)
ENGINES = ("crfsuite", "minibatch")
FREQUENCIES = (50, 100, 200)  # completions between two trainings that people choose from; others may be typed
MOST_TAGS = 50


@dataclass(frozen=True)
class Wish:
    """How a training shall be: parameters where they are not the defaults, the engine of entities, which tasks."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    engine: str = "crfsuite"
    tags: Sequence[str] = ()
    by_tags: bool = False


@dataclass(frozen=True)
class File:
    """Something to save, under a name."""

    name: str
    media: str
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """As HTTP says it; a browser saves it and never draws it."""
        said = content_disposition_header(True, self.name) or "attachment"
        return {"Content-Type": self.media, "Content-Disposition": said, "X-Content-Type-Options": "nosniff"}


def start(project: Project, by: User, wish: Wish, *, deploy: bool) -> Job:
    """Ask for a training now; ``deploy`` says whether its models are named in the config when they are done (J-10).

    Raises :class:`Conflict` while a training or pre-annotation waits or runs (J-07), :class:`Invalid` for parameters
    out of range.
    """
    _check(wish)
    with transaction.atomic():
        project = _idle(project)
        audit.record(by, "training.request", project, project.workspace, deploy=deploy)
        said = {**asdict(wish), "tags": list(wish.tags), "parameters": dict(wish.parameters)}
        return jobs.request(
            Job.Kind.TRAIN, project.workspace, project=project, by=by, source="manual", deploy=deploy, **said
        )


def retry(project: Project, job: Job, by: User) -> None:
    """Queue a failed or cancelled training again, as it was asked for; raises :class:`Conflict` as :func:`start`."""
    with transaction.atomic():
        _idle(project)
        jobs.retry(job, by)


def preannotate(project: Project, by: User, documents: Sequence[int] | None = None) -> Job:
    """Ask the deployed models about these documents (primary keys; None: all of the project).

    Raises :class:`Conflict` while a training or pre-annotation waits or runs, or when no model is deployed.
    """
    with transaction.atomic():
        project = _idle(project)
        if not deployed(project):
            raise Conflict("No model is deployed: the labeling config names none that was trained here.")
        number = None if documents is None else len(documents)
        audit.record(by, "preannotation.request", project, project.workspace, documents=number)
        chosen = None if documents is None else list(documents)
        return jobs.request(Job.Kind.PREANNOTATE, project.workspace, project=project, by=by, documents=chosen)


def switch(project: Project, by: User, *, on: bool, every_n: int | None = None, deploy: bool | None = None) -> Project:
    """Switch active learning on or off (J-45); on, it has to be said whether each new model is deployed (J-49)."""
    projects.require(project, Project.Kind.ANNOTATION)
    if on and deploy is None:
        message = "Say whether each new model is deployed when active learning has trained it."
        raise Invalid(message, fields={"deploy": [message]})
    said = {"active_learning": on, "every_n": every_n, "deploys": deploy}
    return projects.change(project, by, {name: value for name, value in said.items() if value is not None})


def made(project: Project) -> QuerySet[ModelVersion]:
    """The models that were trained here, newest first: with their labels, source and time (J-24, J-26, J-55)."""
    rows = project.versions.exclude(kind=ModelVersion.Kind.RELEVANCE).select_related("job", "job__requested_by")
    return rows.order_by("-pk")


def predefined(workspace: Workspace, words: str = "", kind: str = "") -> QuerySet[ModelVersion]:
    """The models of a workspace's annotation projects, newest first; of those whose name has the words (J-50)."""
    rows = ModelVersion.objects.exclude(kind=ModelVersion.Kind.RELEVANCE).filter(project__workspace=workspace)
    rows = rows.filter(project__name__icontains=words) if words else rows
    rows = rows.filter(kind=kind) if kind else rows
    related = ("project", "project__workspace", "job", "job__requested_by")
    return rows.select_related(*related).defer("job__result").order_by("-pk")


def deployed(project: Project) -> list[ModelVersion]:
    """The models that the labeling config names and that were trained here: those that pre-annotate."""
    named = configs.named_models(project)
    return [version for version in made(project).defer("metrics") if version.name in named]


def history(project: Project) -> QuerySet[Job]:
    """The trainings of the project, newest first, with how each ended."""
    rows = Job.objects.filter(project=project, kind=Job.Kind.TRAIN).select_related("requested_by")
    versions = ModelVersion.objects.defer("metrics").order_by("pk")
    return rows.prefetch_related(Prefetch("versions", versions)).order_by("-pk")


def shown(project: Project) -> Job | None:
    """The training or pre-annotation that waits or runs; else the last training, with how it ended (J-08, J-09)."""
    rows = Job.objects.filter(project=project, kind__in=KINDS).select_related("requested_by").order_by("-pk")
    return rows.filter(state__in=Job.OPEN).first() or rows.filter(kind=Job.Kind.TRAIN).first()


def refusal(project: Project) -> str:
    """Why nothing can be started now; empty when it can (J-06, J-07)."""
    if held := locks.reason(project):
        return f"{held} Completions are kept and train afterwards."
    if open_ := Job.objects.filter(project=project, kind__in=KINDS, state__in=Job.OPEN).first():
        return f"A {open_.get_kind_display().lower()} of this project is waiting or running already."
    return ""


def find(project: Project, pk: int) -> Job:
    """A training of the project; raises :class:`NotFound`."""
    job = history(project).filter(pk=pk).first()
    if job is None:
        raise NotFound(f"This project has no training {pk}.")
    return job


def named(project: Project, names: Sequence[str]) -> list[ModelVersion]:
    """The models of these names; raises :class:`Invalid` for a name that none has."""
    found = {version.name: version for version in made(project)}
    if unknown := [name for name in names if name not in found]:
        message = f"No model that was trained here is named “{unknown[0][:100]}”."
        raise Invalid(message, fields={"models": [message]})
    return [found[name] for name in names]


def logs(job: Job) -> dict[str, list[str]]:
    """The log of each model of a training; of one that runs or failed, what was said so far and why it ended."""
    if job.state in (Job.State.DONE, Job.State.SUPERSEDED):
        made = {version.name: list(version.metrics["log"]) for version in job.versions.order_by("pk")}
        return made | dict(job.result.get("logs", {}))
    return {"training": [*job.result.get("lines", []), *([job.error] if job.error else [])]}


def file(job: Job, model: str = "") -> File:
    """All logs of a training as one zip file (J-43), or that of one model as text (J-12).

    The same logs give the same bytes. Raises :class:`NotFound` for a model that has none here.
    """
    found = logs(job)
    if not model:
        return File(f"training-{job.pk}-logs.zip", "application/zip", archive(found.items()))
    if model not in found:
        raise NotFound(f"This training has no log of “{model[:100]}”.")
    return File(f"{model}.log", "text/plain; charset=utf-8", written(found[model]))


def _idle(project: Project) -> Project:
    """The project, locked; raises :class:`Conflict` where nothing may be started."""
    projects.require(project, Project.Kind.ANNOTATION)
    rows = Project.objects.select_for_update(of=("self",), no_key=True).select_related("workspace")
    project = rows.get(pk=project.pk)
    if said := refusal(project):
        raise Conflict(said)
    return project


def _check(wish: Wish) -> None:
    Parameters.of(wish.parameters)
    if wish.engine not in ENGINES:
        message = f"There is no engine “{wish.engine[:40]}”. Engines are {', '.join(ENGINES)}."
        raise Invalid(message, fields={"engine": [message]})
    if len(wish.tags) > MOST_TAGS:
        message = f"At most {MOST_TAGS} tags can be chosen."
        raise Invalid(message, fields={"tags": [message]})
