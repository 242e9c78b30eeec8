"""Requests to addresses that people typed in reach public machines only, and end in time."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from reviewapp import outbound
from reviewapp.errors import Invalid, Unavailable
from tests import receiver

NOT_PUBLIC = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not outbound.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert outbound.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/hook",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "https://user:word@example.org/",
        "https://example.org:99999/",
        "https://example.org/a b",
        "https://example.org/a\r\nX: y",
        "https://[::1/",
        "https://example.org/" + "x" * 2000,
    ],
)
def test_what_is_no_address_of_a_receiver_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refusal:
        outbound.parse(url, private=True)
    assert refusal.value.fields["url"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "169.254.169.254", "[::ffff:10.0.0.1]"])
def test_a_literal_address_inside_is_refused_when_it_is_typed(host: str) -> None:
    with pytest.raises(Invalid, match="WEBHOOK_ALLOW_PRIVATE"):
        outbound.parse(f"http://{host}/hook", private=False)
    assert outbound.parse(f"http://{host}/hook", private=True).path == "/hook"


@pytest.mark.parametrize("url", ["http://2130706433/", "http://0x7f.1/", "http://localhost./"])
def test_a_name_that_stands_for_an_address_inside_is_refused_when_it_is_used(url: str) -> None:
    with receiver.listening() as there:
        port = there.url.split(":")[2].split("/")[0]
        target = outbound.parse(url.removesuffix("/") + f":{port}/", private=False)
        with pytest.raises((Invalid, Unavailable)):
            outbound.post(target, b"{}", {}, private=False)
        assert there.received == []


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that gives a public address first and an inner one later (DNS rebinding) gains nothing."""
    given = iter(["93.184.215.14", "127.0.0.1"])
    connected: list[object] = []

    def look_up(*args: object, **options: object) -> object:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(given), 80))]

    def connect(address: object, *args: object) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(Unavailable, match=r"rebind\.example"):
        outbound.post(outbound.parse("http://rebind.example/", private=False), b"{}", {}, private=False)
    assert connected == [("93.184.215.14", 80)]
    assert next(given) == "127.0.0.1"  # the name was looked up once


def test_one_address_inside_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: both)
    with pytest.raises(Invalid, match="not public"):
        outbound.post(outbound.parse("http://both.example/", private=False), b"{}", {}, private=False)


def test_an_answer_comes_back_cut_short() -> None:
    with receiver.listening() as there:
        there.says = b"x" * 100_000
        answer = outbound.post(outbound.parse(there.url, private=True), b"{}", {"X-A": "b"}, private=True)
    assert (answer.status, len(answer.text), answer.accepted) == (200, outbound.READ, True)
    assert there.received[0].headers["X-A"] == "b"


def test_a_redirect_is_not_followed() -> None:
    with receiver.listening() as there, receiver.listening() as elsewhere:
        there.statuses, there.headers = [307], {"Location": elsewhere.url}
        answer = outbound.post(outbound.parse(there.url, private=True), b"{}", {}, private=True)
    assert (answer.status, answer.accepted) == (307, False)
    assert elsewhere.received == []


@pytest.fixture
def trickling() -> Iterator[int]:
    """A server that never stops sending headers, a byte at a time: no single wait is long. Gives its port."""
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        taken, _ = server.accept()
        with taken:
            taken.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not ended.wait(0.05):
                try:
                    taken.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    ended.set()
    server.close()
    thread.join()


def test_an_answer_that_trickles_is_cut_off(trickling: int) -> None:
    started = time.monotonic()
    target = outbound.parse(f"http://127.0.0.1:{trickling}/", private=True)
    with pytest.raises(Unavailable, match="no answer in time"):
        outbound.post(target, b"{}", {}, private=True, seconds=0.5)
    assert time.monotonic() - started < 3


def test_nobody_there_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(Unavailable, match=f"port {port} cannot be reached"):
        outbound.post(outbound.parse(f"http://127.0.0.1:{port}/", private=True), b"{}", {}, private=True)
