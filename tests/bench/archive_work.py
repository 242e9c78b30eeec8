"""What ``tests.bench.archive`` needs around the steps that it measures: a workspace, its deletion, a comparison."""

import sys

import django
import numpy as np

django.setup()

from reviewapp.domain import projects, removal  # noqa: E402 - tables can be imported only after the setup above
from reviewapp.models import User, Workspace  # noqa: E402
from tests.bench.library_work import World, fresh  # noqa: E402
from tests.cast import perform_jobs  # noqa: E402

RICHNESS = 0.05


def make(documents: int) -> None:
    """So many documents in one workspace, the first half of them coded, a version, a trained model."""
    world = World()
    User.objects.filter(pk=world.person.pk).update(is_superuser=True)
    labels = np.random.default_rng(1).random(documents) < RICHNESS
    world.write(labels, "first", seed=0)
    project = world.code(world.project("Review", "first"), labels[: documents // 2])
    projects.train_now(project, world.person)
    perform_jobs()
    world.export(fresh(project), "Whole")


def delete() -> None:
    """The original, as the last step of a move."""
    here = Workspace.objects.get(name="Here")
    job = removal.request_removal(here, User.objects.get(username="bench"), "Here")
    perform_jobs()
    job.refresh_from_db()
    assert job.state == job.State.DONE, job.error


def compare(documents: int) -> None:
    """The restored workspace alone is left, and it is whole."""
    assert not Workspace.objects.filter(name="Here").exists()
    again = Workspace.objects.get(name="Again")
    project = again.projects.get()
    assert (again.documents.count(), project.items.count()) == (documents, documents)
    assert project.answers.count() == project.coded == documents // 2
    assert project.version is not None
    assert again.trained_models.count() == 1


if __name__ == "__main__":
    step, given = sys.argv[1], [int(said) for said in sys.argv[2:]]
    if step == "delete":
        delete()
    else:
        (make if step == "make" else compare)(given[0])
