"""A workspace worth archiving, and the short way to an archive of it and back."""

from dataclasses import dataclass
from typing import Any

import pytest
from pytest_django import Settings

from models_lib import categories, links
from models_lib.models import TrainedModel
from reviewapp.archives import catalog, reading, restoring
from reviewapp.archives.stream import LEAST_WORK
from reviewapp.domain import people, projects, removal, verdicts
from reviewapp.models import Archive, Decision, Job, Project, User, Workspace
from tests.cast import Cast, code_chosen, exported, fresh, perform_jobs, trained

PASSPHRASE = "seven green valves at noon"


@pytest.fixture(autouse=True)
def quick_passphrases(settings: Settings) -> None:
    settings.ARCHIVE_WORK = LEAST_WORK


@dataclass(frozen=True)
class World:
    """Halden in the middle of its work: coding, verdicts, a sealed model, a project linked to it."""

    cast: Cast
    project: Project
    linked: Project
    model: TrainedModel

    @property
    def workspace(self) -> Workspace:
        return self.project.workspace


@pytest.fixture
def world(project: Project, cast: Cast) -> World:
    now = trained(project, cast.rita)
    projects.change(now, cast.mona, {"reviewer_priority": [cast.rolf.pk, cast.rita.pk]})
    item = now.items.filter(decision=Decision.POSITIVE)[0]
    verdicts.assign(now, [item.document_id], cast.rolf, cast.mona)
    assert item.current is not None
    verdicts.decide(item.current, cast.rolf, accepted=True, comment="Yes,\tit\\is\nso")
    model = exported(now, cast.mona, categories=[categories.create(now.workspace, cast.mona, "Spam Removal")])
    linked = links.create_project(now.workspace, cast.mona, model, name="Head start", control_share=0.0)
    perform_jobs()
    code_chosen(linked, cast.rolf, linked.items.select_related("document").order_by("ordinal")[:3])
    people.grant_rights(now.workspace, cast.vic, ["view_sources"], cast.alice)
    return World(cast, fresh(project), fresh(linked), TrainedModel.objects.get(pk=model.pk))


def archived(workspace: Workspace, by: User) -> Archive:
    made = catalog.request(workspace, by, PASSPHRASE)
    perform_jobs()
    made.refresh_from_db()
    assert made.ready, made.job and made.job.error
    return made


def key_of(archive: Archive) -> bytes:
    return reading.unlock(archive.path, PASSPHRASE)


def asked(archive: Archive, by: User, **wanted: Any) -> Job:
    """The restore job, whatever came of it."""
    job = restoring.request(archive, by, key_of(archive), **wanted)
    perform_jobs()
    job.refresh_from_db()
    return job


def restored(archive: Archive, by: User, **wanted: Any) -> Workspace:
    job = asked(archive, by, **wanted)
    assert job.state == Job.State.DONE, job.error
    return Workspace.objects.get(pk=job.result["workspace"])


def deleted(workspace: Workspace, by: User) -> None:
    job = removal.request_removal(workspace, by, workspace.name)
    perform_jobs()
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error


def another_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on this is a server with other keys."""
    monkeypatch.setenv("INSTANCE_KEY", "ab" * 32)
    monkeypatch.setenv("TOKEN_KEY", "cd" * 32)
