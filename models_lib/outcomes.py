"""Outcomes: what a job says afterwards, to each person only of workspaces and models that are theirs to see."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models_lib.models import TrainedModel
from reviewapp import access
from reviewapp.models import Job, User, Workspace

UNNAMED = re.compile(r"The trained model ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")  # as errors are kept
HIDDEN = "A linked trained model that you may not see"


@dataclass(frozen=True)
class Told:
    """What a share says to one person: parameters and result as the job has them, names of workspaces by key."""

    parameters: dict[str, Any]
    result: dict[str, Any]
    names: dict[int, str]
    hidden: int  # workspaces that are not theirs to see
    open: frozenset[int]  # models and copies that are theirs to look at

    @property
    def targets(self) -> list[tuple[int, str, list[dict[str, Any]]]]:
        """What was done in each workspace, with its key and name."""
        found = self.result.get("targets", ())
        return [(pk := target["workspace"], self.names[pk], target["models"]) for target in found]


def told(asked: Iterable[Job], viewer: User) -> dict[int, Told]:
    """What each share among these jobs says to the viewer, by the job's key.

    Other workspaces are left out where the viewer may not see them. So are models, unless the viewer asked for the
    share or may see the model or its copy.
    """
    found = [job for job in asked if job.kind == Job.Kind.SHARE]
    if not found:
        return {}
    models = {pk for job in found for pk in _models(job)}
    workspaces = {pk for job in found for pk in job.parameters["workspaces"]}
    seen = frozenset(access.visible(viewer, TrainedModel).filter(pk__in=models).values_list("pk", flat=True))
    names = dict(access.visible(viewer, Workspace).filter(pk__in=workspaces).values_list("pk", "name"))
    return {job.pk: _tell(job, names, seen, own=job.requested_by_id == viewer.pk) for job in found}


def say_errors(shown: Iterable[Job], viewer: User) -> None:
    """Let the errors of these jobs name the trained models that they are about, where the viewer may see them (R-12).

    What is kept is a GUID; the jobs are changed as they are shown, and not saved.
    """
    found = [job for job in shown if UNNAMED.search(job.error)]
    guids = {guid for job in found for guid in UNNAMED.findall(job.error)}
    seen = access.visible(viewer, TrainedModel).filter(guid__in=guids) if guids else TrainedModel.objects.none()
    names = {(workspace, str(guid)): name for workspace, guid, name in seen.values_list("workspace", "guid", "name")}
    for job in found:
        parts = UNNAMED.split(job.error)  # what is said in turn with the GUIDs
        said = [_called(names.get((job.workspace_id or 0, guid))) for guid in parts[1::2]]
        job.error = parts[0] + "".join(a + b for a, b in zip(said, parts[2::2], strict=True))


def _called(name: str | None) -> str:
    return HIDDEN if name is None else f"The trained model “{name}”"


def _tell(job: Job, names: Mapping[int, str], open_: frozenset[int], *, own: bool) -> Told:
    asked, seen = job.parameters, set(_models(job)) if own else open_
    into = [pk for pk in asked["workspaces"] if pk in names]
    results = [
        {**target, "models": [copied for copied in target["models"] if seen & {copied["model"], copied["copy"]}]}
        for target in _targets(job)
        if target["workspace"] in names
    ]
    return Told(
        parameters={"models": [pk for pk in asked["models"] if pk in seen], "workspaces": into},
        result={**job.result, "targets": results} if job.result else {},
        names={pk: names[pk] for pk in into},
        hidden=len(asked["workspaces"]) - len(into),
        open=open_,
    )


def _models(job: Job) -> list[int]:
    """The keys of the models and of their copies."""
    copies = [copied["copy"] for target in _targets(job) for copied in target["models"]]
    return [*job.parameters["models"], *copies]


def _targets(job: Job) -> list[dict[str, Any]]:
    targets: list[dict[str, Any]] = job.result.get("targets", [])
    return targets
