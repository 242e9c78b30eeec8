"""Documents and imports over REST."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from reviewapp.domain import imports, jobs
from reviewapp.models import Document, Job, Project, Workspace
from tests.cast import Cast, code, fresh, write_documents
from tests.reviewapp.api.conftest import Api

CSV = b"id,subject,body,box\nA-1,Valve,the valve leaks,7\nA-2,Lunch,soup again,8\nA-2,Twice,a double,9\n"


def csv(content: bytes = CSV, name: str = "mails.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/csv")


def test_a_document_is_read_with_its_text(project: Project, cast: Cast) -> None:
    document = Document.objects.order_by("pk")[0]
    shown = Api(cast.vic).get(f"/documents/{document.pk}").json()
    assert (shown["text"], shown["metadata"], shown["tags"]) == (document.text, document.metadata, document.tags)
    assert Api(cast.stan).get(f"/documents/{document.pk}").status_code == 404


def test_tags_are_put_on_and_taken_off_by_number_or_by_search(workspace: Workspace, cast: Cast) -> None:
    write_documents(workspace, 8)
    mona, path = Api(cast.mona), f"/workspaces/{workspace.pk}/documents"
    some = [row["id"] for row in mona.every(path)[:3]]
    assert mona.post(f"{path}/tags", {"documents": some, "add": ["hot"]}).json() == {"added": 3, "removed": 0}
    assert {row["id"] for row in mona.every(path, tag="hot")} == set(some)

    matching = {"matching": {"search": "commission"}, "add": ["warm"], "remove": ["hot"]}
    assert mona.post(f"{path}/tags", matching).json() == {"added": 2, "removed": 1}
    assert len(mona.every(path, tag="hot")) == 2


def test_tags_of_another_workspaces_documents_stay(workspace: Workspace, cast: Cast) -> None:
    elsewhere = Workspace.objects.get(name="Elsewhere")
    write_documents(elsewhere, 2)
    theirs = list(elsewhere.documents.values_list("pk", flat=True))
    tagged = Api(cast.mona).post(f"/workspaces/{workspace.pk}/documents/tags", {"documents": theirs, "add": ["x"]})
    assert tagged.json() == {"added": 0, "removed": 0}
    assert not elsewhere.documents.filter(tags__contains=["x"]).exists()


@pytest.mark.parametrize("body", [{"add": ["x"]}, {"documents": [1], "matching": {}, "add": ["x"]}, {"documents": [1]}])
def test_tagging_needs_one_selection_and_a_tag(workspace: Workspace, cast: Cast, body: dict[str, object]) -> None:
    assert Api(cast.mona).post(f"/workspaces/{workspace.pk}/documents/tags", body).status_code == 422


def test_deleted_documents_are_gone_from_lists_and_projects(project: Project, cast: Cast) -> None:
    code(project, cast.rita, 3)
    mona, path = Api(cast.mona), f"/workspaces/{project.workspace_id}/documents"
    gone = project.items.get(ordinal=0).document_id
    assert mona.post(f"{path}/deletion", {"documents": [gone]}).json() == {"changed": 1}
    assert gone not in [row["id"] for row in mona.every(path)]
    assert mona.get(f"/documents/{gone}").status_code == 404
    assert mona.get(f"/projects/{project.pk}/documents/{gone}").status_code == 404
    assert fresh(project).documents == 59


def test_a_file_becomes_an_upload_then_a_job_then_documents(workspace: Workspace, cast: Cast) -> None:
    """U-15: good rows load, bad ones are listed with line and reason."""
    mona = Api(cast.mona)
    upload = mona.upload(f"/workspaces/{workspace.pk}/uploads", file=csv())
    assert upload.status_code == 201
    seen = upload.json()
    assert seen["columns"] == ["id", "subject", "body", "box"]
    assert seen["mapping"] == {"text": "body", "control_number": "id", "title": "subject", "tags": None,
                               "metadata": ["box"]}  # fmt: skip
    assert seen["sample"][0]["subject"] == "Valve"

    asked = {"upload": seen["id"], "mapping": seen["mapping"], "tags": ["first batch"]}
    job = mona.post(f"/workspaces/{workspace.pk}/imports", asked)
    assert (job.status_code, job.headers["Location"]) == (202, f"/api/v1/jobs/{job.json()['id']}")
    jobs.perform(job.json()["id"], imports.run)

    done = mona.get(f"/jobs/{job.json()['id']}", wait=30).json()
    assert (done["state"], done["result"]["loaded"], done["result"]["refused"]) == ("done", 2, 1)
    [problem] = mona.every(f"/jobs/{job.json()['id']}/row-problems")
    assert (problem["line"], problem["control_number"], problem["refused"]) == (4, "A-2", True)
    assert mona.every(f"/jobs/{job.json()['id']}/row-problems", refused="false") == []
    assert [row["tags"] for row in mona.every(f"/workspaces/{workspace.pk}/documents")] == [["first batch"]] * 2


def test_an_upload_can_be_looked_at_again_and_discarded_by_its_owner_alone(workspace: Workspace, cast: Cast) -> None:
    mona = Api(cast.mona)
    upload = mona.upload(f"/workspaces/{workspace.pk}/uploads", file=csv()).json()
    path = f"/workspaces/{workspace.pk}/uploads/{upload['id']}"
    assert mona.get(path).json() == upload
    assert Api(cast.alice).get(path).status_code == Api(cast.alice).delete(path).status_code == 404
    assert mona.delete(path).status_code == 204
    assert mona.get(path).status_code == 404


def test_somebody_elses_upload_cannot_be_imported(workspace: Workspace, cast: Cast) -> None:
    upload = Api(cast.mona).upload(f"/workspaces/{workspace.pk}/uploads", file=csv()).json()
    asked = {"upload": upload["id"], "mapping": upload["mapping"]}
    assert Api(cast.alice).post(f"/workspaces/{workspace.pk}/imports", asked).status_code == 404
    assert not Job.objects.exists()


def test_a_job_does_not_show_where_the_upload_is(workspace: Workspace, cast: Cast) -> None:
    mona = Api(cast.mona)
    upload = mona.upload(f"/workspaces/{workspace.pk}/uploads", file=csv()).json()
    mona.post(f"/workspaces/{workspace.pk}/imports", {"upload": upload["id"], "mapping": upload["mapping"]})
    assert upload["id"] not in Api(cast.vic).get(f"/workspaces/{workspace.pk}/jobs").content.decode()


def test_a_mapping_to_a_column_that_is_not_there_is_refused_with_the_columns(workspace: Workspace, cast: Cast) -> None:
    mona = Api(cast.mona)
    upload = mona.upload(f"/workspaces/{workspace.pk}/uploads", file=csv()).json()
    asked = {"upload": upload["id"], "mapping": {"text": "content"}}
    refused = mona.post(f"/workspaces/{workspace.pk}/imports", asked)
    assert refused.status_code == 422
    assert "id, subject, body, box" in refused.json()["detail"]


def test_a_file_that_is_no_table_is_refused_and_not_kept(workspace: Workspace, cast: Cast, settings: Settings) -> None:
    before = set(settings.UPLOADS_DIR.glob("*"))
    refused = Api(cast.mona).upload(f"/workspaces/{workspace.pk}/uploads", file=csv(b"\x89PNG\r\n\x1a\n\0\0", "a.png"))
    assert refused.status_code == 422
    assert set(settings.UPLOADS_DIR.glob("*")) == before


def test_a_part_of_another_name_is_refused(workspace: Workspace, cast: Cast) -> None:
    refused = Api(cast.mona).upload(f"/workspaces/{workspace.pk}/uploads", document=csv())
    assert list(refused.json()["fields"]) == ["file"]


def test_a_file_over_the_limit_is_refused_unread(workspace: Workspace, cast: Cast, settings: Settings) -> None:
    settings.UPLOAD_LIMIT = 1000
    big = BytesIO(b"x" * 200_000)
    big.name = "big.csv"
    assert Api(cast.mona).upload(f"/workspaces/{workspace.pk}/uploads", file=big).status_code == 413


def test_a_repeated_upload_with_one_key_is_kept_once(workspace: Workspace, cast: Cast, settings: Settings) -> None:
    mona = Api(cast.mona).client
    path, headers = f"/api/v1/workspaces/{workspace.pk}/uploads", {"Idempotency-Key": "k"}
    first, second = (mona.post(path, {"file": csv()}, headers=headers) for _ in range(2))
    assert first.content == second.content
    other = mona.post(path, {"file": csv(CSV + b"A-3,More,text,1\n")}, headers=headers)
    assert other.status_code == 422
