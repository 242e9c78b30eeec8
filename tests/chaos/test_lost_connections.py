"""A connection to the database that ends at any statement: one is told to try again, and then all is as if not."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from reviewapp.domain import queue, tokens
from reviewapp.models import AuditEvent, Completion, IdempotencyKey, Project, User
from tests.cast import Cast, fresh
from tests.reviewapp.api.conftest import Api

MOST = 60  # statements of one request


@pytest.fixture(autouse=True)
def unhashed_static_files(settings: Settings) -> None:
    """Link static files by their plain names: nobody collected them for a test."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)  # whitenoise warns of a folder that is not there


def bearer(person: User) -> Api:
    return Api(None, {"Authorization": f"Token {tokens.create(person, 'desk')[1]}"})


class Cut:
    """Ends the connection before the statement of this number, or once that has been answered."""

    def __init__(self, number: int, *, answered: bool) -> None:
        self.left = number
        self.answered = answered
        self.is_done = False

    def __call__(self, execute: Callable[..., Any], sql: Any, values: Any, many: bool, context: Any) -> Any:
        self.left -= 1
        if self.left or self.is_done:
            return execute(sql, values, many, context)
        self.is_done = True
        found = execute(sql, values, many, context) if self.answered else None
        _terminate(context["connection"].connection.info.backend_pid)
        return found if self.answered else execute(sql, values, many, context)


def _terminate(backend: int) -> None:
    """End a connection as a crash does: without a word to whoever uses it, and not before it is gone."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [backend])
    other.close()


@contextmanager
def cut(number: int, *, answered: bool) -> Iterator[Cut]:
    """The connection ends at this statement of the block; afterwards there is a new one."""
    at = Cut(number, answered=answered)
    with connection.execute_wrapper(at):
        yield at
    connection.close()  # as Django does between two requests


@pytest.mark.parametrize("answered", [False, True], ids=["before it", "after it"])
def test_a_submit_whose_connection_ends_at_any_statement_is_told_so_and_counts_once(
    transactional_db: None, project: Project, cast: Cast, answered: bool
) -> None:
    """T-2: 503 at each of the statements, also at the commit; the same request again is answered as if for the first
    time, and the decision is there once.
    """
    rita, statements = bearer(cast.rita), 0
    for number in range(1, MOST):
        item = queue.next_document(fresh(project), cast.rita)
        assert item is not None
        body = {"lease_token": str(item.lease_token), "choice": "Relevant"}
        key = str(uuid.uuid4())
        with cut(number, answered=answered) as at:
            away = rita.post(f"/projects/{project.pk}/submissions", body, Idempotency_Key=key)
        if not at.is_done:
            assert away.status_code == 201
            break
        statements += 1
        assert (away.status_code, away.headers.get("Retry-After")) == (503, "2"), (number, away.content)
        again = rita.post(f"/projects/{project.pk}/submissions", body, Idempotency_Key=key)
        assert again.status_code == 201, (number, again.content)
        assert Completion.objects.filter(item=item).count() == 1
    assert statements > 8
    counted = fresh(project)
    assert counted.completions == counted.answers.count() == statements + 1
    assert AuditEvent.objects.filter(verb="document.code").count() == statements + 1
    assert not IdempotencyKey.objects.filter(status=None).exists()


@pytest.mark.parametrize("verb", ["next", "undo", "release"])
def test_every_other_door_of_the_desk_says_503_at_any_statement_too(
    transactional_db: None, project: Project, cast: Cast, verb: str
) -> None:
    rita = bearer(cast.rita)
    for number in range(1, MOST):
        with cut(number, answered=False) as at:
            answer = rita.post(f"/projects/{project.pk}/{verb}")
        if not at.is_done:
            break
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "2"), (number, answer.content)
    assert number > 2
    assert answer.status_code in (200, 204, 409)


def test_a_page_and_its_session_say_503_at_any_statement_too(
    transactional_db: None, project: Project, cast: Cast
) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(cast.rita)
    for number in range(1, MOST):
        with cut(number, answered=False) as at:
            page = browser.get(f"/projects/{project.pk}/")
        if not at.is_done:
            break
        assert (page.status_code, page.headers.get("Retry-After")) == (503, "2"), number
    assert number > 2
    assert page.status_code == 200


def test_a_commit_that_nobody_answers_is_a_503(transactional_db: None, project: Project, cast: Cast) -> None:
    """The last moment: everything is written, and only the word that it is kept does not come."""
    item = queue.next_document(project, cast.rita)
    assert item is not None
    body = {"lease_token": str(item.lease_token), "choice": "Relevant"}

    def hang_up() -> None:
        _terminate(connection.connection.info.backend_pid)

    rita = bearer(cast.rita)
    with _before_commit(hang_up):
        away = rita.post(f"/projects/{project.pk}/submissions", body)
    connection.close()
    assert (away.status_code, away.headers.get("Retry-After")) == (503, "2")
    assert not Completion.objects.exists()
    assert rita.post(f"/projects/{project.pk}/submissions", body).status_code == 201


@contextmanager
def _before_commit(act: Callable[[], None]) -> Iterator[None]:
    wire: Any = connection
    commit = wire._commit

    def first() -> None:
        act()
        commit()

    wire._commit = first
    try:
        yield
    finally:
        del wire._commit
