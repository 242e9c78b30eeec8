"""The world behind the doors."""

import pytest

from reviewapp.models import Project
from tests.cast import Cast
from tests.doors import walker
from tests.reviewapp.web.conftest import unhashed_static_files

__all__ = ["unhashed_static_files"]


@pytest.fixture
def world(project: Project, cast: Cast) -> walker.World:
    return walker.build(project, cast)
