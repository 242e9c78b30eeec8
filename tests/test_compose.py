"""docker-compose.yml starts the same processes as ``make up``, contained; its every service runs as it says."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from reviewapp import env
from reviewapp.env import ROOT
from reviewapp.management.commands import up
from reviewapp.models import Heartbeat
from tests import compose

COMPOSE = compose.read()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
APP = ("migrate", "web", "worker-training", "worker-work", "beat")
LASTING = sorted(set(SERVICES) - {"migrate"})
INSTALLED = (compose.POSTGRES / "postgres").exists() and shutil.which("redis-server") is not None
CREATE = """
from reviewapp.domain import projects
from reviewapp.models import User, Workspace
projects.create(Workspace.objects.get(name="Halden"), User.objects.get(username="olga"), name="Valves")
"""
INDEXED = """
from reviewapp.models import Job, Project
print(list(Job.objects.order_by("id").values_list("kind", "state")), Project.objects.get().index_id is not None)
"""


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_contained(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["init"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert str(service["user"]).split(":")[0] not in ("", "0", "root")
    assert "/tmp" in service["tmpfs"]
    assert not {"network_mode", "pid", "ipc", "devices"} & set(service)


@pytest.mark.parametrize("name", LASTING)
def test_a_service_is_watched_and_comes_back(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_only_web_can_be_reached_and_only_from_this_machine() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert SERVICES["web"]["ports"] == ["127.0.0.1:8000:8000"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    outward = {name for name, service in SERVICES.items() if service["networks"] != ["inside"]}
    assert outward == {"web", "worker-work"}  # the latter sends webhooks


def test_secrets_are_files_that_the_service_was_given() -> None:
    for name, service in SERVICES.items():
        given = {f"/run/secrets/{secret}" for secret in service["secrets"]}
        said = {key: str(value) for key, value in service.get("environment", {}).items()}
        assert {value for key, value in said.items() if key.endswith("_FILE")} <= given, name
        public = {"OIDC_URL"}  # where people sign in, with no password in it
        secret = {key for key in said if re.search(r"PASSWORD|SECRET|KEY|TOKEN|_URL", key)} - public
        assert all(key.endswith("_FILE") for key in secret)
        assert set(service["secrets"]) <= set(COMPOSE["secrets"])


def test_secrets_are_made_once_and_shut_away(tmp_path: Path) -> None:
    script = ["sh", str(ROOT / "docs" / "how-to" / "deploy" / "make-secrets.sh"), str(tmp_path / "secrets")]
    subprocess.run(script, check=True)
    made = {path.name: path.read_bytes() for path in (tmp_path / "secrets").iterdir()}
    again = subprocess.run(script, check=False, capture_output=True)
    assert set(made) == set(COMPOSE["secrets"])
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert again.returncode == 1
    assert {path.name: path.read_bytes() for path in (tmp_path / "secrets").iterdir()} == made


def test_a_new_instance_key_keeps_the_former_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/how-to/keys.md says; read as the product reads them."""
    folder, used = tmp_path / "secrets", list[bytes]()
    monkeypatch.setenv("INSTANCE_KEY_FILE", str(folder / "instance_key"))
    monkeypatch.setenv("INSTANCE_KEY_PREVIOUS_FILE", str(folder / "instance_key_previous"))
    for script in ("make-secrets.sh", "new-instance-key.sh", "new-instance-key.sh"):
        subprocess.run(["sh", str(ROOT / "docs/how-to/deploy" / script), str(folder)], check=True)
        used.insert(0, env.secret("INSTANCE_KEY"))
        assert [env.secret("INSTANCE_KEY"), *env.former_secrets("INSTANCE_KEY")] == used
    assert len(set(used)) == 3
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}


def test_no_documented_backup_holds_a_key() -> None:
    """It is made by the command that leaves keys out, and nothing packs the data folder as it is."""
    page = (ROOT / "docs" / "how-to" / "deploy.md").read_text(encoding="utf-8")
    assert "manage.py backup" in page
    assert not re.findall(r"tar -C \S+ .* -cf", page)


def test_every_variable_of_the_compose_file_is_read_by_the_product() -> None:
    folders = (ROOT / "reviewapp", ROOT / "training", ROOT / "models_lib")
    sources = [path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py")]
    named = {name for source in sources for name in re.findall(r'"([A-Z][A-Z_]+)"', source)}
    ours = {key.removesuffix("_FILE").removesuffix("_PREVIOUS") for key in SERVICES["web"]["environment"]} - {"TMPDIR"}
    assert ours <= named


def test_every_variable_of_an_operator_is_documented() -> None:
    documented = (ROOT / "docs" / "how-to" / "deploy.md").read_text(encoding="utf-8")
    offered = re.findall(r"\$\{(\w+)", compose.FILE.read_text(encoding="utf-8"))
    assert [name for name in offered if f"`{name}`" not in documented] == []


def test_the_processes_are_those_of_make_up() -> None:
    web = up.web("0.0.0.0", 8000, {}).command  # noqa: S104 - inside the container
    said = shlex.join(SERVICES["web"]["command"]).replace("=", " ").split()
    assert set(web[2:]) <= set(said)
    assert SERVICES["beat"]["command"][1:] == list(up.beat({}).command[1:])
    worker = up.worker({}).command
    queues = {
        word.removeprefix("--queues=") for name in APP for word in SERVICES[name]["command"] if "--queues" in word
    }
    assert queues == set(worker[worker.index("--queues") + 1].split(","))


def test_the_broker_keeps_what_it_was_told() -> None:
    command = SERVICES["redis"]["command"]
    options = dict(zip(command[2::2], command[3::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"


def test_images_are_named_with_a_version_and_packages_with_their_digests() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    images = {service["image"] for service in SERVICES.values() if "build" not in service}
    images |= set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE))
    assert images == {"postgres:16-bookworm", "redis:7-bookworm", "python:3.12-slim-bookworm"}
    assert "pip install --require-hashes" in dockerfile
    assert re.findall(r"^USER (\S+)", dockerfile, re.MULTILINE) == [SERVICES["web"]["user"]]


@pytest.mark.parametrize(
    "name", [".data/keys/token_key", "secrets/database_url", ".git/config", ".env", "tests/cast.py"]
)
def test_nothing_private_gets_into_an_image(name: str) -> None:
    assert compose.ignored(name)


def test_the_image_gets_what_it_copies() -> None:
    for name in compose.copied():
        assert (ROOT / name).exists(), name
        assert not compose.ignored(name.rstrip("/"))
    assert not compose.ignored("reviewapp/management/commands/up.py")


@pytest.mark.parametrize(("seen", "lives"), [(5, True), (40, False)])
def test_a_background_process_counts_as_alive_for_30_seconds(db: None, seen: int, lives: bool) -> None:
    Heartbeat.objects.create(name="beat", at=timezone.now() - timedelta(seconds=seen))
    if lives:
        call_command("alive", "beat")
    else:
        with pytest.raises(CommandError, match="beat was not seen"):
            call_command("alive", "beat")


@pytest.fixture
def stack() -> Iterator[compose.Stack]:
    folder = Path(tempfile.mkdtemp(prefix="reviewapp-compose-"))
    try:
        with compose.stack(folder) as made:
            yield made
    finally:
        shutil.rmtree(folder)


@pytest.mark.processes
@pytest.mark.skipif(not INSTALLED, reason="needs Debian's packages postgresql-15 and redis-server")
def test_every_service_runs_and_the_workers_do_what_the_web_asks(stack: compose.Stack) -> None:
    """PostgreSQL 15 and Redis under it: healthy by its own checks; an import and a population get done."""
    compose.make_database(stack)
    stack.start("redis")
    stack.await_healthy("redis")
    stack.complete("migrate")
    program = _files(stack.folder / "app")
    for name in ("web", "worker-training", "worker-work", "beat"):
        assert not stack.healthy(name)
        stack.start(name)
    for name in LASTING:
        stack.await_healthy(name)
    superuser = {"DJANGO_SUPERUSER_PASSWORD": "correct horse battery", "DJANGO_SUPERUSER_USERNAME": "olga"}
    superuser["DJANGO_SUPERUSER_EMAIL"] = "olga@example.org"
    stack.run("web", ["python", "manage.py", "createsuperuser", "--noinput"], **superuser)
    rows = [f"N-{number:03},Mail {number},The valve number {number} leaks" for number in range(40)]
    (stack.folder / "mails.csv").write_text("\n".join(["number,title,text", *rows]), encoding="utf-8")
    load = ["import_documents", str(stack.folder / "mails.csv"), "--workspace", "Halden", "--create", "--wait"]
    assert "40 loaded, 0 refused" in stack.run("web", ["python", "manage.py", *load])
    stack.run("web", ["python", "manage.py", "shell", "-c", CREATE])
    done = "[('import', 'done'), ('populate', 'done')] True"
    assert compose.within(60, lambda: _said(stack) == done), _said(stack)
    assert _files(stack.folder / "app") == program  # as on a read-only file system
    pids = [stack.supervisor.pid(name) for name in LASTING]
    stack.supervisor.stop()
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def _said(stack: compose.Stack) -> str:
    return stack.run("web", ["python", "manage.py", "shell", "--verbosity", "0", "-c", INDEXED]).strip()


def _files(folder: Path) -> list[str]:
    return sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)  # noqa: PTH118
