"""API tokens: made, used, revoked; kept only as a digest."""

from datetime import timedelta

from django.utils import timezone

from reviewapp.domain import people, sign_ins, tokens
from reviewapp.models import ApiToken, AuditEvent, Project, User, Workspace
from tests.cast import Cast
from tests.reviewapp.api.conftest import Api


def bearer(token: str) -> Api:
    return Api(None, {"Authorization": f"Token {token}"})


def test_a_token_is_made_used_listed_and_revoked(cast: Cast) -> None:
    made = Api(cast.rita).post("/tokens", {"name": "laptop"}).json()
    rita = bearer(made["token"])
    assert made["token"].startswith("rvw_")
    assert rita.get("/me").json()["username"] == "rita"
    assert [row["name"] for row in rita.every("/tokens")] == ["laptop"]
    assert rita.delete(f"/tokens/{made['id']}").status_code == 204
    assert rita.get("/me").status_code == 401


def test_a_token_is_nobody_elses_to_see_or_revoke(cast: Cast) -> None:
    made = Api(cast.rita).post("/tokens", {"name": "laptop"}).json()
    assert Api(cast.olga).every("/tokens") == []
    assert Api(cast.olga).delete(f"/tokens/{made['id']}").status_code == 404
    assert bearer(made["token"]).get("/me").status_code == 200


def test_an_expired_token_opens_nothing(cast: Cast) -> None:
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    token = Api(cast.rita).post("/tokens", {"name": "short", "expires": soon}).json()["token"]
    assert bearer(token).get("/me").status_code == 200
    ApiToken.objects.update(expiry=timezone.now())
    assert bearer(token).get("/me").status_code == 401


def test_a_token_that_expires_makes_none_that_lives_longer(cast: Cast) -> None:
    expires = timezone.now() + timedelta(hours=1)
    _, short = tokens.create(cast.rita, "short", expires)
    made = bearer(short).post("/tokens", {"name": "longer", "expires": None}).json()
    assert made["expires"] is not None
    assert ApiToken.objects.get(name="longer").expiry < expires + timedelta(seconds=5)


def test_a_disabled_persons_token_and_session_open_nothing(cast: Cast) -> None:
    _, token = tokens.create(cast.rita, "laptop")
    session = Api(cast.rita)
    User.objects.filter(pk=cast.rita.pk).update(is_active=False)
    assert bearer(token).get("/me").status_code == session.get("/me").status_code == 401


def test_a_token_needs_a_name_of_its_own_and_a_later_day(cast: Cast) -> None:
    rita = Api(cast.rita)
    assert rita.post("/tokens", {"name": "a"}).status_code == 201
    for wrong in ({"name": "a"}, {"name": " "}, {"name": "b", "expires": "2020-01-01T00:00:00Z"}, {"expires": None}):
        assert rita.post("/tokens", wrong).status_code == 422


def test_a_read_only_token_reads_and_changes_nothing(workspace: Workspace, cast: Cast) -> None:
    """The person could do all of it; the token refuses before anything is looked at, also for what is not there."""
    made = Api(cast.alice).post("/tokens", {"name": "dashboard", "read_only": True}).json()
    assert made["read_only"]
    reader = bearer(made["token"])
    assert [row["name"] for row in reader.every("/workspaces")] == ["Halden"]
    assert reader.patch(f"/workspaces/{workspace.pk}", {"name": "Changed"}).status_code == 403
    assert reader.post("/tokens", {"name": "more"}).status_code == 403
    assert reader.delete(f"/tokens/{made['id']}").status_code == 403
    assert reader.delete(f"/workspaces/{workspace.pk}/people/vic").status_code == 403
    workspace.refresh_from_db()
    assert workspace.name == "Halden"
    assert ApiToken.objects.count() == 1


def test_a_token_that_opens_nothing_is_on_the_trail_without_the_token(cast: Cast) -> None:
    """T-20: where it came from; whose it was only where it is known, because it expired."""
    _, expired = tokens.create(cast.rita, "nightly")
    ApiToken.objects.update(expiry=timezone.now())
    for plain in (expired, "rvw_" + "0" * 64):
        assert bearer(plain).get("/me").status_code == 401
    events = AuditEvent.objects.filter(verb=sign_ins.TOKEN_VERB).order_by("pk")
    assert [(event.target, event.detail) for event in events] == [
        (f"user:{cast.rita.pk}", {"address": "127.0.0.1", "token": "nightly"}),
        ("user:None", {"address": "127.0.0.1", "token": None}),
    ]
    assert expired not in str(list(AuditEvent.objects.values()))


def test_a_token_for_one_workspace_finds_nothing_else(project: Project, cast: Cast) -> None:
    """Stan may see both; his token for Elsewhere shows Halden in no list and at no address."""
    people.grant(project.workspace, cast.stan, "admin", None)
    elsewhere = Workspace.objects.get(name="Elsewhere")
    made = Api(cast.stan).post("/tokens", {"name": "robot", "workspace": elsewhere.pk}).json()
    assert made["workspace"] == elsewhere.pk
    robot = bearer(made["token"])
    assert [row["id"] for row in robot.every("/workspaces")] == [elsewhere.pk]
    assert robot.every("/projects") == []
    assert robot.get(f"/workspaces/{elsewhere.pk}/documents").status_code == 200
    for path in (f"/workspaces/{project.workspace_id}", f"/projects/{project.pk}", f"/projects/{project.pk}/documents"):
        assert Api(cast.stan).get(path).status_code == 200
        assert robot.get(path).status_code == 404


def test_a_token_for_one_workspace_makes_no_wider_one_and_sees_no_other(cast: Cast, workspace: Workspace) -> None:
    elsewhere = Workspace.objects.get(name="Elsewhere")
    wide, _ = tokens.create(cast.stan, "wide")
    _, plain = tokens.create(cast.stan, "robot", workspace=elsewhere)
    robot = bearer(plain)
    assert robot.post("/tokens", {"name": "more"}).json()["workspace"] == elsewhere.pk
    assert robot.post("/tokens", {"name": "other", "workspace": workspace.pk}).status_code == 404
    assert robot.post("/tokens", {"name": "wide"}).status_code == 422
    assert [row["name"] for row in robot.every("/tokens")] == sorted(["robot", "more"], key=_digest_of)
    assert robot.delete(f"/tokens/{wide.digest}").status_code == 404


def _digest_of(name: str) -> str:
    return str(ApiToken.objects.get(name=name).digest)


def test_an_operator_with_a_token_for_one_workspace_operates_nothing(cast: Cast, workspace: Workspace) -> None:
    _, plain = tokens.create(cast.olga, "robot", workspace=workspace)
    robot = bearer(plain)
    assert robot.get("/me").json()["operator"] is False
    assert robot.get(f"/workspaces/{workspace.pk}/people").status_code == 200
    assert robot.get("/audit").status_code == 403
    assert robot.post("/workspaces", {"name": "More"}).status_code == 403
    assert [row["name"] for row in robot.every("/workspaces")] == ["Halden"]


def test_whoever_loses_the_workspace_loses_it_with_the_token_too(cast: Cast, workspace: Workspace) -> None:
    _, plain = tokens.create(cast.vic, "robot", workspace=workspace)
    assert bearer(plain).get(f"/workspaces/{workspace.pk}").status_code == 200
    people.remove(workspace, cast.vic, cast.alice)
    assert bearer(plain).get(f"/workspaces/{workspace.pk}").status_code == 404
    assert bearer(plain).every("/workspaces") == []
