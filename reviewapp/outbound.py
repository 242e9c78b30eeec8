"""Requests to addresses that people typed in: to public machines only, never redirected, bounded in time and size.

The name is looked up once and every address that it stands for is checked; the connection then goes to the checked
address, so a name that changes its mind in between (DNS rebinding) gains nothing.
"""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Timer
from urllib.parse import urlsplit

from reviewapp.errors import Invalid, Unavailable

SECONDS = 10.0  # for the whole exchange, from connecting to the end of the answer
READ = 2_000  # bytes of the answer that are looked at
LONGEST = 2_000  # characters of an address
PORTS = {"http": 80, "https": 443}
# IPv6 addresses that stand for an IPv4 address in their last 32 bits: IPv4-compatible and NAT64.
CARRIERS = (IPv6Network("::/96"), IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


@dataclass(frozen=True)
class Target:
    """Where a request goes; ``path`` has the query with it."""

    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the beginning of the body, and how long it took."""

    status: int
    text: str
    seconds: float

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


def parse(url: str, *, private: bool) -> Target:
    """Read an http or https address; raises :class:`Invalid`, also for a literal address that is not public."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except ValueError as problem:  # UnicodeError is one
        raise _unusable("It cannot be read.") from problem
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise _unusable(f"It has at most {LONGEST:,} characters, without spaces and in ASCII.")
    if parts.scheme not in PORTS or not host:
        raise _unusable("It begins with https:// or http:// and names a host.")
    if parts.username is not None or parts.password is not None:
        raise _unusable("It may not hold a user name or a password.")
    _check_literal(host, private)
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    return Target(parts.scheme, host, port or PORTS[parts.scheme], path)


def is_public(address: str) -> bool:
    """Whether the IP address is one of the public Internet, also where it is carried inside an IPv6 address."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        carried = _carried(ip)
        if carried is not None:
            return is_public(str(carried))
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def post(target: Target, body: bytes, headers: Mapping[str, str], *, private: bool, seconds: float = SECONDS) -> Answer:
    """Send the body once.

    Raises :class:`Invalid` when the name stands for an address that is not public and ``private`` ones are not allowed,
    :class:`Unavailable` when nothing answers within ``seconds``.
    """
    address = _look_up(target, private)
    started = time.monotonic()
    connection = _Connection(target, address, seconds)
    try:
        with _cut_after(connection, seconds):
            connection.request("POST", target.path, body, dict(headers))
            answer = connection.getresponse()
            text = answer.read(READ).decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
        if connection.was_cut:  # to the reader that looks like the end of an answer
            raise TimeoutError
    except (OSError, HTTPException) as problem:
        late = connection.was_cut or isinstance(problem, TimeoutError)
        reason = "no answer in time" if late else (str(problem) or type(problem).__name__)
        raise Unavailable(f"{target.host} port {target.port} cannot be reached: {reason}.") from problem
    finally:
        connection.close()
    return Answer(answer.status, text, time.monotonic() - started)


class _Connection(HTTPConnection):
    """A connection to an address that was checked already, in the name of the target's host."""

    def __init__(self, target: Target, address: str, seconds: float) -> None:
        super().__init__(target.host, target.port, timeout=seconds)
        self._target, self._address = target, address
        self.was_cut = False
        self.default_port = PORTS[target.scheme]  # else the Host header would name it

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._target.scheme == "https":
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock.do_handshake()

    def cut(self) -> None:
        """End it from another thread: whoever waits for a byte gets none any more."""
        self.was_cut = True
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.sock.close()


@contextmanager
def _cut_after(connection: _Connection, seconds: float) -> Iterator[None]:
    """Bound the whole exchange: a socket's own timeout starts anew with every byte that trickles in."""
    timer = Timer(seconds, connection.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _look_up(target: Target, private: bool) -> str:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise Unavailable(f"The name {target.host} stands for no address.") from problem
    addresses = [str(entry[4][0]) for entry in found]
    if not private and not all(map(is_public, addresses)):
        raise _private(target.host)
    return addresses[0]


def _check_literal(host: str, private: bool) -> None:
    try:
        public = is_public(host)
    except ValueError:  # a name, which is looked up when it is used
        public = host != "localhost"
    if not (public or private):
        raise _private(host)


def _carried(ip: IPv6Address) -> IPv4Address | None:
    if carried := ip.ipv4_mapped or ip.sixtofour:
        return carried
    if ip.teredo is not None:
        return ip.teredo[1]
    return IPv4Address(int(ip) & 0xFFFFFFFF) if any(ip in network for network in CARRIERS) else None


def _unusable(why: str) -> Invalid:
    return Invalid(f"This address cannot be used. {why}", fields={"url": [why]})


def _private(host: str) -> Invalid:
    return _unusable(
        f"{host} is, or stands for, an address that is not public. The operator of this server can allow such "
        "addresses with WEBHOOK_ALLOW_PRIVATE."
    )
