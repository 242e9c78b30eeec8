"""The loop of an annotation project: completions become versions, versions are named in its config and pre-annotate."""

import time
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from models_lib import versions
from models_lib.models import ModelVersion
from reviewapp import env
from reviewapp.artifacts import Artifacts
from reviewapp.domain import audit, configs, jobs, locks, task_orders, webhooks
from reviewapp.errors import Conflict, Damaged, NotEnoughTraining
from reviewapp.formats import Answer, Completion, Region, Result, Task
from reviewapp.formats.results import read_result, write_result
from reviewapp.labeling import stored
from reviewapp.models import Annotation, Event, Prediction, Project, ProjectDocument, User
from training import datasets
from training.annotation.models import Keyed, Model
from training.annotation.plan import Wanted, deployed, wanted
from training.annotation.prediction import predict
from training.annotation.trainer import Asked, Trained, Training, Watcher
from training.annotation.trainer import train as train_all
from training.core.parameters import Parameters

STEPS = 1000  # of a training's progress
TOLD_EVERY = 1.0  # seconds between two signs of a training; people see a change within two
AT_ONCE = 100  # documents that are pre-annotated in one transaction


@cache
def keyed() -> Keyed:
    """How this instance looks at texts, under its key, which never leaves it."""
    return Keyed(env.secret("TOKEN_KEY"))


def train(run: jobs.Run, project: Project) -> None:
    """Train every model that the labeling config calls for on what is annotated now, and publish all in one step.

    What has too few examples is skipped; when that is everything, the job is done and says so.
    """
    run.report("Reading annotations")
    completions = datasets.annotations(project)
    asked = _asked(project, run.job.parameters)
    config, told = stored(project.labeling_config), _Told(run)
    try:
        training = train_all(config, read(project, completions), asked, keyed(), told.watcher)
    except NotEnoughTraining as refused:
        run.finish(outcome="not enough examples", reason=refused.message, logs={"training": told.lines})
        return
    artifacts = Artifacts(settings.ARTIFACTS_DIR)
    files = [artifacts.write({"model": np.frombuffer(each.artifact, np.uint8)}) for each in training.trained]
    with transaction.atomic():
        made = [
            versions.publish_model(
                project,
                ModelVersion.Kind(each.wanted.kind),
                run.job,
                _version(project, completions, asked, each, file),
            )
            for each, file in zip(training.trained, files, strict=True)
        ]
        _publish(run, project, made, training)


def _publish(run: jobs.Run, project: Project, made: Sequence[ModelVersion], training: Training) -> None:
    by = run.job.requested_by
    for version in made:
        audit.record(by, "version.publish", version, project.workspace, number=version.number, kind=version.kind)
        webhooks.tell(
            Event.VERSION_READY, project.workspace, project=project.pk, kind=version.kind, version=version.number
        )
    task_orders.refresh(project)
    deploys = bool(run.job.parameters.get("deploy", project.deploys))
    if deploys:
        deploy(project, made, by)
    run.finish(
        outcome="trained",
        deployed=deploys,
        versions={version.kind: version.number for version in made},
        skipped={each.name: each.reason for each in training.skipped},
        logs={each.name: list(each.log) for each in training.skipped},
    )


def deploy(project: Project, made: Sequence[ModelVersion], by: User | None) -> Project:
    """Name these versions in the config, which changes in nothing but ``model`` attributes (J-11, J-51).

    A label whose model is none of this project's versions keeps it (J-52). Raises :class:`Conflict` for a version
    whose labels the config no longer has, or whose payload is gone, and for a closed project.
    """
    with transaction.atomic():
        rows = Project.objects.select_for_update(of=("self",), no_key=True).select_related("workspace")
        project = rows.get(pk=project.pk)
        locks.require_open(project)
        if gone := next((version for version in made if not version.artifact), None):
            raise Conflict(f"The payload of {gone.name} is no longer kept, so it cannot be deployed.")
        ours = configs.models_of(project)
        pretrained = configs.named_models(project) - ours.keys()
        xml = deployed(project.labeling_config, [(_wanted(each), each.name) for each in made], pretrained)
        configs.replace_models(project, by, xml, [version.name for version in made])
    return project


def preannotate(run: jobs.Run) -> None:
    """Write what the models that the config names say about the documents that were asked for (J-57).

    What an earlier model said of them goes. A prediction is nobody's answer and makes no document done.
    """
    project = run.project
    config = stored(project.labeling_config)
    found = deployed_versions(project)
    if not found:
        raise Conflict("No model is deployed: the labeling config names none of this project's versions.")
    models = {name: load(version) for name, version in found.items()}
    items = project.items.filter(removed=False).order_by("ordinal")
    if (documents := run.job.parameters.get("documents")) is not None:
        items = items.filter(document__in=documents)
    places = list(items.values_list("pk", flat=True))
    for start in range(0, len(places), AT_ONCE):
        run.report("Pre-annotating", start, len(places))
        chunk = list(ProjectDocument.objects.select_related("document").filter(pk__in=places[start : start + AT_ONCE]))
        said = predict(config, models, [task(item) for item in chunk], keyed())
        rows = [
            _row(item, name, found[name], results)
            for item, prediction in zip(chunk, said, strict=True)
            for name, results in _by_model(prediction.results, found).items()
        ]
        with transaction.atomic():
            Prediction.objects.filter(~Q(version=None) | Q(model__in=found), item__in=chunk).delete()
            Prediction.objects.bulk_create(rows)
    run.finish(documents=len(places), models=sorted(models))


def deployed_versions(project: Project) -> dict[str, ModelVersion]:
    """The versions that the config names, by their names."""
    named = configs.named_models(project)
    kept = project.versions.exclude(kind=ModelVersion.Kind.RELEVANCE).exclude(artifact="")
    return {version.name: version for version in kept if version.name in named}


def load(version: ModelVersion) -> Model:
    """The model of a version; raises :class:`Damaged` when its file is not what was written."""
    arrays = Artifacts(settings.ARTIFACTS_DIR).read(version.artifact)
    if "model" not in arrays:
        raise Damaged(f"The payload of {version.name} is not a model of annotations.")
    return Model.from_bytes(arrays["model"].tobytes())


def examples(project: Project) -> tuple[int, list[tuple[Wanted, dict[str, int]]]]:
    """How many documents would train now, and how many annotations of each label that a model learns (J-04)."""
    completions = datasets.annotations(project).values()
    config, used = stored(project.labeling_config), configs.counted(completions)
    parts = [labels.name for labels in config.label_sets]
    calls = [(each, [each.group] if each.group else parts) for each in wanted(config)]
    found = [
        (each, {name: sum(used[part, name] for part in places) for name in each.classes}) for each, places in calls
    ]
    return len(completions), found


def read(project: Project, completions: dict[int, int]) -> Iterator[Task]:
    """The annotated documents, each with the one completion that trains (``completions``: by ordinal)."""
    answers = dict(Annotation.objects.filter(completion__in=completions.values()).values_list("completion", "result"))
    items = project.items.select_related("document").filter(ordinal__in=completions).order_by("ordinal")
    for item in items.iterator(chunk_size=1000):
        said = tuple(read_result(raw) for raw in answers.get(completions[item.ordinal], ()))
        yield task(item, Completion(said, id=completions[item.ordinal]))


def task(item: ProjectDocument, *completions: Completion) -> Task:
    """A document of a project as a task."""
    document = item.document
    data = {"text": document.text, "title": document.title}
    return Task(data, document.pk, completions, tags=tuple(document.tags))


class _Told:
    """Shows a training while it runs: its progress, and its log so far."""

    def __init__(self, run: jobs.Run) -> None:
        self._run, self.lines, self._at, self._share = run, list[str](), 0.0, 0.0
        self.watcher = Watcher(self._say, self._advance)

    def _say(self, line: str) -> None:
        self.lines.append(line)
        self._show()

    def _advance(self, share: float) -> None:
        self._share = share
        self._show()

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._at >= TOLD_EVERY:
            self._at = now
            self._run.log(self.lines)
            self._run.report("Training", round(self._share * STEPS), STEPS)


def _asked(project: Project, said: dict[str, Any]) -> Asked:
    kinds = [kind for kind in ModelVersion.Kind if kind != ModelVersion.Kind.RELEVANCE]
    return Asked(
        parameters=Parameters.of(said.get("parameters", {})),
        engine=said.get("engine", Asked.engine),
        tags=said.get("tags", ()),
        by_tags=said.get("by_tags", False),
        source=said.get("source", "manual"),
        project=project.name,
        numbers={kind.value: versions.following(project, kind) for kind in kinds},
    )


def _version(project: Project, completions: dict[int, int], asked: Asked, each: Trained, file: str) -> versions.Trained:
    said = {
        "name": each.name,
        "group": each.wanted.group,
        "field": each.wanted.field,
        "training": each.parameters,
        "settings": each.settings,
        "tags": sorted(asked.tags),
        "by_tags": asked.by_tags,
    }
    return versions.Trained(
        source=asked.source,
        inputs={"completions": [completions[ordinal] for ordinal in sorted(completions)], "parameters": said},
        parameters=said,
        metrics={"figures": each.metrics, "examples": each.examples, "log": list(each.log)},
        labels=each.wanted.classes,
        artifact=file,
        weighting="",
        held_out="",
        positives=sum(each.examples.values()),
        negatives=0,
        completions=project.completions,
    )


def _wanted(version: ModelVersion) -> Wanted:
    said = version.parameters
    return Wanted(version.kind, tuple(version.labels), said["group"], said["field"])  # type: ignore[arg-type]


def _by_model(results: Sequence[Result], found: dict[str, ModelVersion]) -> dict[str, list[Result]]:
    """What each model said: what it can say, by its kind and group."""
    said: dict[str, list[Result]] = {}
    for result in results:
        name = next(name for name, version in found.items() if _says(version, result))
        said.setdefault(name, []).append(result)
    return said


def _says(version: ModelVersion, result: Result) -> bool:
    if isinstance(result, Region):
        kind = version.kind in (ModelVersion.Kind.NER, ModelVersion.Kind.ASSERTION)
        return kind and set(result.labels) <= set(version.labels)
    return isinstance(result, Answer) and version.parameters["group"] == result.from_name


def _row(item: ProjectDocument, name: str, version: ModelVersion, results: Sequence[Result]) -> Prediction:
    sure = [each.confidence for each in results if isinstance(each, Region | Answer) and each.confidence is not None]
    return Prediction(
        item=item,
        version=version,
        model=name,
        result=[write_result(each, "annotation-lab") for each in results],
        confidence=min(sure, default=None),
    )
