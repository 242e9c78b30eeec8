"""The pages of archives: made with a passphrase, fetched as a file, restored in two steps; deletion and purge."""

import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from models_lib.models import TrainedModel
from reviewapp.archives import catalog, tickets
from reviewapp.archives.stream import LEAST_WORK
from reviewapp.domain import people
from reviewapp.errors import Conflict
from reviewapp.models import Archive, AuditEvent, Job, Project, User, Workspace
from tests.cast import Cast, perform_jobs

Browser = Callable[[User], Client]
PASSPHRASE = "seven green valves at noon"


@pytest.fixture(autouse=True)
def quick_passphrases(settings: Settings) -> None:
    settings.ARCHIVE_WORK = LEAST_WORK


def made_by(client: Client, workspace: Workspace) -> Archive:
    said = client.post(
        reverse("workspace-archives", args=[workspace.pk]), {"passphrase": PASSPHRASE, "again": PASSPHRASE}
    )
    made = Archive.objects.latest("pk")
    assert said.headers["Location"] == reverse("job", args=[made.job_id])
    perform_jobs()
    made.refresh_from_db()
    return made


def test_an_admin_makes_an_archive_and_fetches_the_file(cast: Cast, project: Project, browser: Browser) -> None:
    client = browser(cast.alice)
    made = made_by(client, project.workspace)
    job = client.get(reverse("job", args=[made.job_id])).content.decode()
    assert "rows in" in job
    listed = client.get(reverse("workspace-archives", args=[project.workspace_id])).content.decode()
    assert reverse("archive-download", args=[made.pk]) in listed
    file = client.get(reverse("archive-download", args=[made.pk]))
    assert b"".join(file.streaming_content) == made.path.read_bytes()  # type: ignore[attr-defined]
    assert file.headers["Content-Disposition"].startswith('attachment; filename="halden-')
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in file.headers["Content-Security-Policy"]
    assert AuditEvent.objects.filter(verb="archive.download").count() == 1


def test_two_different_passphrases_are_told_beside_the_field(
    cast: Cast, workspace: Workspace, browser: Browser
) -> None:
    said = browser(cast.alice).post(
        reverse("workspace-archives", args=[workspace.pk]), {"passphrase": PASSPHRASE, "again": PASSPHRASE + "!"}
    )
    assert said.status_code == 422
    assert "The two are not the same." in said.content.decode()
    assert PASSPHRASE not in said.content.decode()
    assert not Archive.objects.exists()


def restored_by(client: Client, archive: Archive, **chosen: str) -> Job:
    """Both steps of the pages."""
    address = reverse("archive-restore", args=[archive.pk])
    page = client.post(address, {"passphrase": PASSPHRASE}).content.decode()
    ticket = re.search(r'name="ticket" value="([0-9a-f]+)"', page)
    assert ticket is not None
    asked = {"ticket": ticket[1], "name": "Halden again", "roles": "archived", **chosen}
    assert client.post(address, asked).status_code == 302
    perform_jobs()
    return Job.objects.filter(kind=Job.Kind.RESTORE).latest("pk")


def test_an_archive_is_opened_looked_at_and_restored(cast: Cast, project: Project, browser: Browser) -> None:
    made = made_by(browser(cast.alice), project.workspace)
    client = browser(cast.olga)
    address = reverse("archive-restore", args=[made.pk])
    wrong = client.post(address, {"passphrase": "seven green valves at one"})
    assert (wrong.status_code, "passphrase is wrong" in wrong.content.decode()) == (422, True)
    User.objects.filter(username="rolf").update(username="rolf.is.gone")
    page = client.post(address, {"passphrase": PASSPHRASE}).content.decode()
    assert "Halden (2)" in page
    assert "Not here" in page
    assert PASSPHRASE not in page
    job = restored_by(client, made)
    shown = client.get(reverse("job", args=[job.pk])).content.decode()
    workspace = Workspace.objects.get(name="Halden again")
    assert reverse("workspace", args=[workspace.pk]) in shown
    assert {member.user.username for member in people.members(workspace)} == {"alice", "mona", "rita", "vic"}


def test_a_ticket_is_for_one_person_and_one_archive_and_for_an_hour(
    cast: Cast, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = catalog.request(workspace, cast.alice, PASSPHRASE)
    key = b"k" * 32
    ticket = tickets.issue(made, cast.olga, key)
    assert key.hex() not in ticket
    assert tickets.redeem(ticket, made, cast.olga) == key
    other = Archive.objects.create(name="other", origin="made")
    for archive, person, said in (
        (other, cast.olga, ticket),
        (made, cast.alice, ticket),
        (made, cast.olga, "00" * 200),
    ):
        with pytest.raises(Conflict, match="too old"):
            tickets.redeem(said, archive, person)
    monkeypatch.setattr(tickets, "VALID", -1)
    with pytest.raises(Conflict):
        tickets.redeem(tickets.issue(made, cast.olga, key), made, cast.olga)


def test_a_file_is_brought_here_by_those_who_may_add_workspaces(cast: Cast, project: Project, browser: Browser) -> None:
    made = made_by(browser(cast.alice), project.workspace)
    file = SimpleUploadedFile("halden.rvarchive", made.path.read_bytes())
    said = browser(cast.olga).post(reverse("archives"), {"file": file})
    received = Archive.objects.latest("pk")
    assert said.headers["Location"] == reverse("archive-restore", args=[received.pk])
    assert restored_by(browser(cast.olga), received).state == Job.State.DONE
    other = browser(cast.olga).post(reverse("archives"), {"file": SimpleUploadedFile("x.zip", b"PK")})
    assert (other.status_code, "not an archive" in other.content.decode()) == (422, True)
    assert "Restore a file" not in browser(cast.alice).get(reverse("archives")).content.decode()


def test_an_operator_takes_in_a_file_that_lies_on_the_server(cast: Cast, project: Project, browser: Browser) -> None:
    made = made_by(browser(cast.alice), project.workspace)
    catalog.outside().mkdir(parents=True, exist_ok=True)
    (catalog.outside() / "large.rvarchive").write_bytes(made.path.read_bytes())
    client = browser(cast.olga)
    assert "large.rvarchive" in client.get(reverse("archives")).content.decode()
    for name in ("../door.rvarchive", "other"):
        assert client.post(reverse("archive-adopt"), {"name": name}).status_code == 422
    said = client.post(reverse("archive-adopt"), {"name": "large.rvarchive"})
    assert said.headers["Location"] == reverse("archive-restore", args=[Archive.objects.latest("pk").pk])


@pytest.mark.parametrize("name", ["workspace-delete", "workspace-purge"])
def test_what_will_be_lost_is_named_and_the_name_has_to_be_typed(
    cast: Cast, project: Project, browser: Browser, name: str
) -> None:
    """R-02: typed confirmation, after the page said what goes."""
    client, address = browser(cast.alice), reverse(name, args=[project.workspace_id])
    page = client.get(address).content.decode()
    assert "1 project: Valves" in page
    assert "There is no archive of this workspace" in page
    assert ("60 documents" in page) == (name == "workspace-delete")
    refused = client.post(address, {"confirmation": "halden"})
    assert (refused.status_code, "Type the workspace’s name" in refused.content.decode()) == (422, True)
    assert Project.objects.count() == 1
    job = client.post(address, {"confirmation": "Halden"}).headers["Location"]
    perform_jobs()
    assert not Project.objects.exists()
    assert not TrainedModel.objects.exists()
    assert client.get(job).status_code == 200
    assert Workspace.objects.filter(name="Halden").exists() == (name == "workspace-purge")
