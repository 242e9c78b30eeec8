"""What the environment says: every setting comes from here, secrets also from ``*_FILE``."""

import json
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
TRUE = {"1", "true", "yes", "on"}


class EnvironmentProblem(Exception):
    """A setting is missing or unusable; the message says which and what to do."""


def text(name: str, default: str = "") -> str:
    """The variable's value, or the content of the file that ``<name>_FILE`` names, or the default."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as problem:
            raise EnvironmentProblem(
                f"{name}_FILE points to {path}, which cannot be read: {problem.strerror}."
            ) from problem
    return os.environ.get(name, default)


def flag(name: str, default: bool = False) -> bool:
    value = text(name)
    return value.lower() in TRUE if value else default


def number(name: str, default: int) -> int:
    value = text(name)
    try:
        return int(value) if value else default
    except ValueError as problem:
        raise EnvironmentProblem(f"{name} must be a whole number, not {value!r}.") from problem


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def data_dir() -> Path:
    """The one folder that holds embedded engines, artefacts, keys and uploads."""
    return Path(text("DATA_DIR", str(ROOT / ".data"))).absolute()


def engine_urls() -> Mapping[str, str]:
    """What the embedded engines wrote when they started; empty when they never did."""
    try:
        urls: dict[str, str] = json.loads((data_dir() / "engines.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return urls


def database() -> dict[str, Any]:
    """Django's settings for the one database, from ``DATABASE_URL`` or from the embedded engine."""
    url = urlsplit(text("DATABASE_URL") or engine_urls().get("database_url", ""))
    query = dict(pair.split("=", 1) for pair in url.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")) or "reviewapp",
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(query.get("host", url.hostname or "")),
        "PORT": query.get("port", str(url.port or "")),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }


def broker_url() -> str:
    """Where Redis or Valkey listens, from ``REDIS_URL`` or from the embedded engine."""
    return text("REDIS_URL") or engine_urls().get("redis_url", "redis://127.0.0.1:6379/0")


def _new_secret(path: Path, size: int) -> bytes:
    data_dir().mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.mkdir(exist_ok=True, mode=0o700)
    secret = secrets.token_bytes(size)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret.hex())
    try:
        # A link never overwrites: of two processes that start together one wins and both read its secret.
        os.link(unfinished, path)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
    return _read_secret(path)


def _read_secret(path: Path) -> bytes:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise EnvironmentProblem(f"{path} can be read by others on this machine. Run: chmod 600 {path}")
    return bytes.fromhex(path.read_text(encoding="ascii").strip())


def secret(name: str, size: int = 32) -> bytes:
    """A secret of ``size`` bytes in hex from the environment, else from ``keys/<name>`` (made at first use).

    Raises :class:`EnvironmentProblem` when the key file can be read by others or is not hexadecimal.
    """
    path = data_dir() / "keys" / name.lower()
    try:
        if given := text(name):
            return bytes.fromhex(given)
        return _read_secret(path) if path.exists() else _new_secret(path, size)
    except ValueError as problem:
        raise EnvironmentProblem(f"{name} is not hexadecimal; make one with: openssl rand -hex {size}") from problem


def former_secrets(name: str) -> list[bytes]:
    """Secrets that were replaced and are still kept, from ``<name>_PREVIOUS`` or ``keys/<name>.previous``.

    One in hex a line or between commas.
    """
    path = data_dir() / "keys" / f"{name.lower()}.previous"
    given = text(f"{name}_PREVIOUS") or (path.read_text(encoding="ascii") if path.exists() else "")
    try:
        return [bytes.fromhex(word) for word in given.replace(",", " ").split()]
    except ValueError as problem:
        raise EnvironmentProblem(f"{name}_PREVIOUS is not a list of hexadecimal secrets.") from problem
