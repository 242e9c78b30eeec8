"""The same request with the same key is performed once."""

from typing import Any

import pytest
from django.db import connection

from reviewapp.domain import people
from reviewapp.models import AuditEvent, Completion, IdempotencyKey, Job, Project, Workspace
from tests.cast import Cast
from tests.reviewapp.api.conftest import Api
from tests.threads import at_once


@pytest.mark.django_db(transaction=True)
def test_32_parallel_submissions_with_one_key_write_one_decision_and_get_the_same_bytes(
    project: Project, cast: Cast
) -> None:
    desk = Api(cast.rita).post(f"/projects/{project.pk}/next").json()
    sent = {"lease_token": desk["next"]["lease_token"], "choice": "Relevant"}
    clients = [Api(cast.rita) for _ in range(32)]

    answers: list[Any] = at_once(
        32, lambda n: clients[n].post(f"/projects/{project.pk}/submissions", sent, Idempotency_Key="one")
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 31
    assert Completion.objects.count() == 1


def test_a_key_for_another_request_is_refused(project: Project, cast: Cast) -> None:
    mona = Api(cast.mona)
    assert mona.patch(f"/projects/{project.pk}", {"every_n": 25}, Idempotency_Key="k").status_code == 200
    for again in (
        mona.patch(f"/projects/{project.pk}", {"every_n": 50}, Idempotency_Key="k"),
        mona.post(f"/projects/{project.pk}/pause", Idempotency_Key="k"),
    ):
        assert (again.status_code, again.json()["code"]) == (422, "key_reused")
    project.refresh_from_db()
    assert (project.every_n, project.state) == (25, Project.State.ACTIVE)


def test_keys_of_two_people_do_not_meet(project: Project, cast: Cast) -> None:
    first, second = (
        Api(person).post(f"/projects/{project.pk}/next", Idempotency_Key="k").json()
        for person in (cast.rita, cast.rolf)
    )
    assert first["next"]["lease_token"] != second["next"]["lease_token"]


def test_a_refusal_is_not_kept_so_the_same_key_can_succeed_later(project: Project, cast: Cast) -> None:
    mona = Api(cast.mona)
    assert mona.post(f"/projects/{project.pk}/train", Idempotency_Key="k").status_code == 409
    assert not IdempotencyKey.objects.exists()
    Project.objects.filter(pk=project.pk).update(positives=5, negatives=5)
    assert mona.post(f"/projects/{project.pk}/train", Idempotency_Key="k").status_code == 202


def test_a_repeated_request_for_a_job_gives_the_first_job_and_its_address(project: Project, cast: Cast) -> None:
    Project.objects.filter(pk=project.pk).update(positives=5, negatives=5)
    mona = Api(cast.mona)
    first, second = (mona.post(f"/projects/{project.pk}/train", Idempotency_Key="k") for _ in range(2))
    assert first.content == second.content
    assert first.headers["Location"] == second.headers["Location"]
    assert Job.objects.filter(kind=Job.Kind.TRAIN).count() == 1


def test_a_repeated_deletion_answers_as_the_first_did_where_the_address_still_leads_somewhere(
    workspace: Workspace, cast: Cast
) -> None:
    alice = Api(cast.alice)
    answers = [alice.delete(f"/workspaces/{workspace.pk}/people/vic", Idempotency_Key="k") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert alice.delete(f"/workspaces/{workspace.pk}/people/vic").status_code == 404
    assert AuditEvent.objects.filter(verb="role.remove").count() == 1


def test_who_lost_their_role_gets_no_earlier_answer_replayed(project: Project, cast: Cast) -> None:
    rita = Api(cast.rita)
    assert rita.post(f"/projects/{project.pk}/next", Idempotency_Key="k").status_code == 200
    people.remove(project.workspace, cast.rita, cast.alice)
    assert rita.post(f"/projects/{project.pk}/next", Idempotency_Key="k").status_code == 404


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_that_cannot_be_one_is_refused(cast: Cast, key: str) -> None:
    refused = Api(cast.olga).post("/workspaces", {"name": "New"}, Idempotency_Key=key)
    assert refused.status_code == 400
    assert not Workspace.objects.exists()


def test_a_key_of_255_characters_is_one(cast: Cast) -> None:
    assert Api(cast.olga).post("/workspaces", {"name": "New"}, Idempotency_Key="x" * 255).status_code == 201


def test_reading_takes_no_notice_of_a_key(cast: Cast) -> None:
    olga = Api(cast.olga)
    olga.client.get("/api/v1/workspaces", headers={"Idempotency-Key": "k"})
    assert not IdempotencyKey.objects.exists()


def test_a_secret_is_never_kept(cast: Cast) -> None:
    """T-18: no token can be read from the database."""
    rita = Api(cast.rita)
    assert rita.post("/tokens", {"name": "laptop"}, Idempotency_Key="k").status_code == 400
    plain = rita.post("/tokens", {"name": "laptop"}).json()["token"]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" AS kept WHERE kept::text LIKE %s', [f"%{plain}%"])
            assert cursor.fetchone() == (0,), table
