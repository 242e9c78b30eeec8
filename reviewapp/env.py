"""What the environment says: every setting comes from here, secrets also from ``*_FILE``."""

import ipaddress
import json
import os
import secrets
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
MAIL_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
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


def secure_url(name: str) -> str:
    """An address that secrets are sent to: https, or on this machine; raises :class:`EnvironmentProblem` otherwise."""
    value = text(name)
    parts = urlsplit(value)
    if value and not (parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts)))):
        raise EnvironmentProblem(
            f"{name} must begin with https://, not {value!r}: passwords and keys go there, and anybody on the way "
            "could read and change them. Only a server on this machine may be asked by http://."
        )
    return value


def mail() -> tuple[str, int, str, str, bool, bool]:
    """Host, port, user, password, and whether TLS comes later or at once, from ``EMAIL_URL``; no host: no mail is sent.

    ``smtp://`` goes over to TLS (port 587), ``smtps://`` begins with it (465), ``smtp+plain://`` has none (25) and
    carries a password to this machine alone. Raises :class:`EnvironmentProblem` for anything else.
    """
    url = urlsplit(text("EMAIL_URL"))
    if not url.geturl():
        return "", 0, "", "", False, False
    if url.scheme not in MAIL_PORTS or not url.hostname:
        raise EnvironmentProblem("EMAIL_URL must look like smtps://user:password@mail.example.org.")
    if url.scheme == "smtp+plain" and url.password and not _is_here(url):
        raise EnvironmentProblem("EMAIL_URL sends a password without encryption. Use smtp:// or smtps://.")
    if not text("EMAIL_FROM"):
        raise EnvironmentProblem("EMAIL_URL is set, so EMAIL_FROM must say which address mails come from.")
    port = url.port or MAIL_PORTS[url.scheme]
    user, password = unquote(url.username or ""), unquote(url.password or "")
    return url.hostname, port, user, password, url.scheme == "smtp", url.scheme == "smtps"


def _is_here(address: SplitResult) -> bool:
    host = address.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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


def require_private_keys() -> None:
    """Raise :class:`EnvironmentProblem` when a key file can be read by others: nothing starts then."""
    for path in sorted(_keys().glob("*")):
        _require_private(path)


def secret(name: str, size: int = 32) -> bytes:
    """A secret of ``size`` bytes in hex from the environment, else from ``keys/<name>`` (made at first use).

    Raises :class:`EnvironmentProblem` when the key file can be read by others or is not hexadecimal.
    """
    path = _keys() / name.lower()
    try:
        if given := text(name):
            return bytes.fromhex(given)
        return bytes.fromhex(_read_private(path)) if path.exists() else _new_secret(path, size)
    except ValueError as problem:
        raise EnvironmentProblem(f"{name} is not hexadecimal; make one with: openssl rand -hex {size}") from problem


def former_secrets(name: str) -> list[bytes]:
    """Secrets that were replaced and are still kept, from ``<name>_PREVIOUS`` and ``keys/<name>.previous``.

    One in hex a line or between commas.
    """
    path = _former(name)
    kept = _read_private(path) if path.exists() else ""
    try:
        return [bytes.fromhex(word) for word in f"{text(f'{name}_PREVIOUS')}\n{kept}".replace(",", " ").split()]
    except ValueError as problem:
        raise EnvironmentProblem(f"{name}_PREVIOUS is not a list of hexadecimal secrets.") from problem


def renew_secret(name: str, size: int = 32) -> Path:
    """Put a new secret into ``keys/<name>``, and the present one into ``keys/<name>.previous``; returns that place.

    The former one is kept before the new one is there, so whoever reads the files meanwhile, or after we were killed,
    finds all that is needed. Raises :class:`EnvironmentProblem` for a secret that is given from outside.
    """
    if text(name):
        raise EnvironmentProblem(f"{name} is given by the environment, so it cannot be renewed here.")
    present = secret(name, size)
    if present not in (former := former_secrets(name)):
        _write_private(_former(name), "\n".join(each.hex() for each in [present, *former]))
    _write_private(_keys() / name.lower(), secrets.token_bytes(size).hex())
    return _former(name)


def forget_former_secrets(name: str, keep: Collection[bytes]) -> None:
    """Leave only these in ``keys/<name>.previous``; what is given by the environment cannot be forgotten here."""
    path = _former(name)
    if left := [each for each in former_secrets(name) if each in keep]:
        _write_private(path, "\n".join(each.hex() for each in left))
    else:
        path.unlink(missing_ok=True)


def _keys() -> Path:
    return data_dir() / "keys"


def _former(name: str) -> Path:
    return _keys() / f"{name.lower()}.previous"


def _new_secret(path: Path, size: int) -> bytes:
    data_dir().mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.mkdir(exist_ok=True, mode=0o700)
    unfinished = _unfinished(path, secrets.token_bytes(size).hex())
    try:
        # A link never overwrites: of two processes that start together one wins and both read its secret.
        os.link(unfinished, path)
    except FileExistsError:
        pass
    finally:
        unfinished.unlink()
    return bytes.fromhex(_read_private(path))


def _write_private(path: Path, content: str) -> None:
    _unfinished(path, content).replace(path)


def _unfinished(path: Path, content: str) -> Path:
    """Write the content to the disk beside the path, for its owner alone; whoever reads the path sees no half."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return beside


def _read_private(path: Path) -> str:
    _require_private(path)
    return path.read_text(encoding="ascii").strip()


def _require_private(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise EnvironmentProblem(f"{path} can be read by others on this machine. Run: chmod 600 {path}")
