"""Every test runs against a real PostgreSQL and a real Valkey, made for this run and thrown away after it."""

import importlib
import os
import signal
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from pytest_django import DjangoDbBlocker

from reviewapp import engines, env
from tests import processes

pytest_plugins = ["tests.cast"]


def pytest_configure(config: pytest.Config) -> None:
    """Start the engines before anything connects; ``config`` stops them, also after Ctrl-C and SIGTERM."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        return  # the tests run in processes of their own, each with its engines
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stack = ExitStack()
    config.add_cleanup(stack.close)
    if env.text("DATABASE_URL") and env.text("REDIS_URL"):
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    else:
        folder = stack.enter_context(engines.throwaway(say=lambda line: None))
    _use_data_dir(folder)


def _use_data_dir(folder: Path) -> None:
    """Read the settings again: pytest-django read them before any conftest could name a data folder."""
    os.environ["DATA_DIR"] = str(folder)
    fresh = importlib.reload(importlib.import_module("reviewapp.settings"))
    for name in filter(str.isupper, dir(fresh)):
        setattr(settings, name, getattr(fresh, name))
    connections["default"].settings_dict.update(fresh.DATABASES["default"])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The audit trail refuses to be emptied, but tests with transactions of their own end by emptying every table."""
    with django_db_blocker.unblock(), connections["default"].cursor() as cursor:
        for table in ("reviewapp_auditevent", "reviewapp_auditseal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_never_emptied")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a browser journey that was skipped has failed: nobody would notice otherwise."""
    report = yield
    if (
        report.skipped
        and os.environ.get("CI")
        and item.get_closest_marker("journey")
        and not hasattr(report, "wasxfail")
    ):
        report.outcome = "failed"
    return report


@pytest.fixture
def celery_worker_process(transactional_db: None) -> Iterator[None]:
    """A real Celery worker and a real beat at work on the test database."""
    with processes.worker(), processes.beat():
        yield
