"""Links: a project counts a trained model's rows beside its own coding (D1); one at a time (R-65)."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from models_lib import library
from models_lib.models import TrainedModel
from models_lib.models.library import TrainedModels
from models_lib.payload import TrainingRows
from reviewapp import access
from reviewapp.domain import audit, indexes, jobs, locks, projects
from reviewapp.errors import Conflict, NotFound
from reviewapp.models import MINIMUM_PER_CLASS, Job, Project, User, Workspace


def linkable(user: User, workspace: Workspace) -> TrainedModels:
    """The ready models of the workspace that the person may see, by name."""
    return library.shown(user, workspace).ready().order_by("name")


def seen(user: User, projects: Iterable[Project]) -> dict[int, TrainedModel]:
    """The models linked to these projects that the person may see, by primary key; the others are left out (R-12)."""
    linked = {project.linked_model_id for project in projects if project.linked_model_id is not None}
    return {model.pk: model for model in access.visible(user, TrainedModel).filter(pk__in=linked)} if linked else {}


def create_project(workspace: Workspace, by: User, model: TrainedModel | None = None, **settings: Any) -> Project:
    """Set up a project, linked from the start where a model is given (R-54)."""
    with transaction.atomic():
        project = projects.create(workspace, by, **settings)
        return link(project, model, by) if model else project


def link(project: Project, model: TrainedModel, by: User) -> Project:
    """Count the model's rows beside the local coding, instead of those of any other model, and ask for a training.

    Raises :class:`Conflict` unless the model is ready (R-50), :class:`NotFound` for another workspace's.
    """
    access.require(by, project.workspace, "view_models")
    if model.workspace_id != project.workspace_id:
        raise NotFound("This trained model does not exist, or you have no access to it.")
    with transaction.atomic():
        project = _locked(project)
        locks.require_open(project)
        model = TrainedModel.objects.select_for_update(of=("self",), no_key=True).get(pk=model.pk)
        if model.sealed_at is None:
            raise Conflict(f"“{model.name}” is not ready yet ({model.status.label.lower()}), so it cannot be linked.")
        library.require_openable(model, f"“{model.name}”")
        was = project.linked_model
        _point(project, model)
        audit.record(by, "project.link", project, project.workspace, model=str(model.guid), was=was and str(was.guid))
    return project


def unlink(project: Project, by: User) -> Project:
    """Go on with the local coding alone and ask for a training; the local coding is not touched.

    Raises :class:`Conflict` without a link, and before 5 positive and 5 negative local documents (R-59), unless the
    model cannot be opened here: then the link is of no use, and removing it is the way on (R-64).
    """
    with transaction.atomic():
        project = _locked(project)
        locks.require_open(project)
        model = project.linked_model
        if model is None:
            raise Conflict("This project has no linked model.")
        if not is_removable(project):
            raise Conflict(
                f"The link can be removed once the local coding can build a model: {MINIMUM_PER_CLASS} positive and "
                f"{MINIMUM_PER_CLASS} negative documents; this project has {project.positives} and {project.negatives}."
            )
        _point(project, None)
        audit.record(by, "project.unlink", project, project.workspace, model=str(model.guid))
    return project


def is_removable(project: Project) -> bool:
    """Whether the project can do without its linked model, or has no use of it."""
    model = project.linked_model
    return model is not None and (project.locally_trainable or not library.is_openable(model))


def rows(project: Project) -> TrainingRows:
    """The training rows of the project's linked model; raises what opening it raises."""
    assert project.linked_model is not None
    return library.training_rows(project.linked_model)


def record(project: Project) -> dict[str, object] | None:
    """What a version keeps of the link that it was trained with (B-06)."""
    model = project.linked_model
    return {"guid": str(model.guid), "payload": model.payload} if model else None


def _locked(project: Project) -> Project:
    rows = Project.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("workspace", "index", "linked_model").get(pk=project.pk)


def _point(project: Project, model: TrainedModel | None) -> None:
    """Set the pointer and ask for what follows: a training, or a population where another instance made the index.

    Where nothing can be built any more, the ranks that came of the model go with it.
    """
    project.linked_model = model
    project.save(update_fields=["linked_model"])
    if not project.trainable:
        Project.objects.filter(pk=project.pk).update(version=None, snapshot=None)
    if project.index and not indexes.is_ours(project.index):
        projects.repopulate(project, full=True)
    elif project.trainable and project.index and project.index.artifact:
        jobs.request(Job.Kind.TRAIN, project.workspace, project=project, source="manual")
