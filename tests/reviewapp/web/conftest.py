"""Pages as people see them: a browser's session for each person, and static files without a build."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from reviewapp.models import User


@pytest.fixture(autouse=True)
def unhashed_static_files(settings: Settings) -> None:
    """Link static files by their plain names: nobody collected them for a test."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)  # whitenoise warns of a folder that is not there


@pytest.fixture
def browser() -> Callable[[User], Client]:
    """A signed-in browser of the person."""

    def of(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return of
