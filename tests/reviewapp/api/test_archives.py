"""Archives by REST: what the pages do, and every answer as it is declared."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from reviewapp.archives.stream import LEAST_WORK
from reviewapp.models import Archive, IdempotencyKey, Job, Project, Workspace
from tests.cast import Cast, perform_jobs
from tests.reviewapp.api.conftest import Api

PASSPHRASE = "seven green valves at noon"


@pytest.fixture(autouse=True)
def quick_passphrases(settings: Settings) -> None:
    settings.ARCHIVE_WORK = LEAST_WORK


@pytest.fixture
def made(project: Project, cast: Cast) -> Archive:
    answer = Api(cast.alice).post(f"/workspaces/{project.workspace_id}/archives", {"passphrase": PASSPHRASE})
    assert answer.status_code == 202
    perform_jobs()
    return Archive.objects.get(pk=answer.json()["id"])


def test_a_client_makes_an_archive_waits_for_its_job_and_fetches_it(made: Archive, cast: Cast) -> None:
    api = Api(cast.alice)
    job = api.get(f"/jobs/{made.job_id}").json()
    assert (job["state"], job["result"]["archive"]) == ("done", made.pk)
    assert "secret" not in job
    shown = api.get(f"/archives/{made.pk}").json()
    assert (shown["ready"], shown["counts"]["reviewapp.document"], len(shown["content"])) == (True, 60, 64)
    assert api.get(f"/workspaces/{made.workspace_id}/archives").json()["results"] == [shown]
    assert api.get("/archives").json()["results"] == [shown]
    file = api.client.get(f"/api/v1/archives/{made.pk}/file")
    assert b"".join(file.streaming_content) == made.path.read_bytes()  # type: ignore[attr-defined]
    assert (file.headers["X-Content-Type-Options"], file.headers["Content-Disposition"][:10]) == (
        "nosniff",
        "attachment",
    )


def test_a_client_brings_an_archive_looks_into_it_and_restores_it(made: Archive, cast: Cast) -> None:
    api = Api(cast.olga)
    sent = api.upload("/archives", file=SimpleUploadedFile("halden.rvarchive", made.path.read_bytes()))
    address = f"/archives/{sent.json()['id']}"
    contents = api.post(f"{address}/contents", {"passphrase": PASSPHRASE}).json()
    assert (contents["workspace"], contents["free_name"], contents["this_instance"]) == ("Halden", "Halden (2)", True)
    assert [person["username"] for person in contents["people"] if person["role"] == "admin"] == ["alice"]
    job = api.post(f"{address}/restore", {"passphrase": PASSPHRASE, "name": "By REST", "unknown": "refuse"}).json()
    assert (job["workspace"], job["kind"]) == (None, "restore")
    perform_jobs()
    done = api.get(f"/jobs/{job['id']}").json()
    assert done["result"]["workspace"] == Workspace.objects.get(name="By REST").pk
    assert api.delete(address).status_code == 204


def test_a_wrong_passphrase_has_a_code_of_its_own(made: Archive, cast: Cast) -> None:
    for verb in ("contents", "restore"):
        answer = Api(cast.olga).post(f"/archives/{made.pk}/{verb}", {"passphrase": "seven green valves at one"})
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong_passphrase")
        assert "passphrase" in answer.json()["fields"]
    assert not Job.objects.filter(kind=Job.Kind.RESTORE).exists()


def test_a_repeated_request_makes_one_archive_and_its_key_says_nothing_of_the_passphrase(
    project: Project, cast: Cast, settings: Settings
) -> None:
    """T-18: what is remembered of a request cannot be used to try passphrases."""
    api, address = Api(cast.alice), f"/workspaces/{project.workspace_id}/archives"
    first = api.post(address, {"passphrase": PASSPHRASE}, Idempotency_Key="night")
    again = api.post(address, {"passphrase": PASSPHRASE}, Idempotency_Key="night")
    assert (again.json(), Archive.objects.count()) == (first.json(), 1)
    remembered = IdempotencyKey.objects.get().request
    settings.SECRET_KEY = "ab" * 32
    Archive.objects.all().delete()
    Job.objects.all().delete()
    IdempotencyKey.objects.all().delete()
    Api(cast.alice).post(address, {"passphrase": PASSPHRASE}, Idempotency_Key="night")
    assert IdempotencyKey.objects.get().request != remembered


def test_an_archive_stays_for_longer_when_somebody_asks(made: Archive, cast: Cast) -> None:
    before = Api(cast.alice).get(f"/archives/{made.pk}").json()["expires_at"]
    assert Api(cast.alice).post(f"/archives/{made.pk}/keep").json()["expires_at"] > before


def test_losses_purge_and_deletion(project: Project, cast: Cast) -> None:
    """R-02: by REST as by page, with the typed name."""
    api, address = Api(cast.alice), f"/workspaces/{project.workspace_id}"
    lost = api.get(f"{address}/losses").json()
    assert (lost["documents"], lost["projects"], lost["archived_at"]) == (60, ["Valves"], None)
    assert api.post(f"{address}/purge", {"confirmation": "valves"}).status_code == 422
    assert api.post(f"{address}/purge", {"confirmation": "Halden"}).status_code == 202
    perform_jobs()
    assert api.get(f"{address}/losses").json()["project_count"] == 0
    assert api.delete(f"{address}?confirmation=halden").status_code == 422
    job = api.delete(f"{address}?confirmation=Halden").json()
    perform_jobs()
    assert api.get(f"/jobs/{job['id']}").json()["result"] == {"outcome": "deleted", "name": "Halden"}
    assert api.get(address).status_code == 404
