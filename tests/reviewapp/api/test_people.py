"""Whoever is taken out of a workspace is out at the next request, by whatever way they come."""

from django.test import Client
from django.urls import reverse

from reviewapp.domain import downloads, jobs, people, tokens
from reviewapp.models import Job, Project
from tests.cast import Cast
from tests.reviewapp.api.conftest import Api
from tests.reviewapp.web.conftest import unhashed_static_files

__all__ = ["unhashed_static_files"]


def test_session_token_and_download_end_with_the_next_request(project: Project, cast: Cast) -> None:
    """TRUST part 7: the address of a file that was made for somebody is no key to it."""
    _, plain = tokens.create(cast.mona, "robot")
    made = downloads.request(project, cast.mona, "jsonl")
    jobs.perform(made.pk, downloads.write)
    assert Job.objects.get(pk=made.pk).state == Job.State.DONE
    page = Client()
    page.force_login(cast.mona)
    robot, session = Api(None, {"Authorization": f"Token {plain}"}), Api(cast.mona)
    home = reverse("project", args=[project.pk])
    addresses = (f"/projects/{project.pk}", f"/workspaces/{project.workspace_id}/documents", f"/jobs/{made.pk}/file")
    for path in addresses:
        assert session.get(path).status_code == robot.get(path).status_code == 200, path
    assert page.get(home).status_code == 200
    people.remove(project.workspace, cast.mona, cast.alice)
    for path in addresses:
        assert session.get(path).status_code == robot.get(path).status_code == 404, path
    assert page.get(home).status_code == 404
    assert session.every("/projects") == robot.every("/workspaces") == []
