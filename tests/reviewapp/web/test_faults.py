"""What a person sees while the database is away: that nothing is lost, and when to try again."""

import pytest
from django.db import DatabaseError, DataError, InterfaceError, OperationalError, connection
from django.test import Client, RequestFactory

from reviewapp.api import problems
from reviewapp.domain.health import is_away
from reviewapp.models import Project
from reviewapp.web import refusals
from tests.cast import Cast


@pytest.mark.parametrize("fault", [OperationalError("gone"), InterfaceError("closed"), DatabaseError("server closed")])
def test_a_lost_connection_is_no_fault_of_ours(fault: Exception) -> None:
    """psycopg2 tells a connection that breaks within a statement by the base class alone."""
    assert is_away(fault)
    said = problems.handle(fault, {})
    assert (said.status_code, said.headers["Retry-After"]) == (503, "2")
    try:
        raise fault
    except (DatabaseError, InterfaceError):
        page = refusals.fault(RequestFactory().get("/"))
    assert (page.status_code, page.headers["Retry-After"]) == (503, "2")
    assert b"everything that was saved before is safe" in page.content
    assert not is_away(DataError("out of range"))


def test_a_session_that_the_server_ends_within_a_request_gets_503_and_the_next_one_works(
    transactional_db: None, project: Project, cast: Cast
) -> None:
    """The page and the address of the API both say so; nobody has to restart anything."""
    client = Client(raise_request_exception=False)
    client.force_login(cast.rita)
    for address in (f"/projects/{project.pk}/", f"/api/v1/projects/{project.pk}"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (backend,) = cursor.fetchone()
        killer = connection.copy()
        with killer.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
        killer.close()
        away = client.get(address)
        assert (away.status_code, away.headers["Retry-After"]) == (503, "2"), address
        connection.close()
        assert client.get(address).status_code == 200
