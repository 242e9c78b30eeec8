"""Trainings and pre-annotations of annotation projects: asked for here, done by the loop, one at a time (D4)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from models_lib.models import ModelVersion
from reviewapp.domain import audit, configs, jobs, locks, projects
from reviewapp.errors import Conflict, Invalid, NotFound
from reviewapp.models import Job, Project, User
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


def preannotate(project: Project, by: User, documents: Sequence[int] | None = None) -> Job:
    """Ask the deployed models about these documents (primary keys; None: all of the project).

    Raises :class:`Conflict` while a training or pre-annotation waits or runs, or when no model is deployed.
    """
    with transaction.atomic():
        project = _idle(project)
        if not configs.named_models(project) & configs.models_of(project).keys():
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


def history(project: Project) -> QuerySet[Job]:
    """The trainings of the project, newest first, with how each ended."""
    rows = Job.objects.filter(project=project, kind=Job.Kind.TRAIN).select_related("requested_by")
    return rows.prefetch_related("versions").order_by("-pk")


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


def _idle(project: Project) -> Project:
    """The project, locked; raises :class:`Conflict` where nothing may be started."""
    projects.require(project, Project.Kind.ANNOTATION)
    rows = Project.objects.select_for_update(of=("self",), no_key=True).select_related("workspace")
    project = rows.get(pk=project.pk)
    if held := locks.reason(project):
        raise Conflict(f"{held} Completions are kept and train afterwards.")
    if open_ := Job.objects.filter(project=project, kind__in=KINDS, state__in=Job.OPEN).first():
        raise Conflict(f"A {open_.get_kind_display().lower()} of this project is waiting or running already.")
    return project


def _check(wish: Wish) -> None:
    Parameters.of(wish.parameters)
    if wish.engine not in ENGINES:
        message = f"There is no engine “{wish.engine[:40]}”. Engines are {', '.join(ENGINES)}."
        raise Invalid(message, fields={"engine": [message]})
    if len(wish.tags) > MOST_TAGS:
        message = f"At most {MOST_TAGS} tags can be chosen."
        raise Invalid(message, fields={"tags": [message]})
