"""What prediction over HTTP costs: documents a second and core, and how soon the first answer comes."""

import json
import os
import socket
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from tests.bench.review import documents

TICKS = os.sysconf("SC_CLK_TCK")


def lines(count: int) -> bytes:
    """So many documents of about 150 words as JSON lines."""
    return b"".join(
        json.dumps({"id": n, "text": one["text"]}).encode() + b"\n" for n, one in enumerate(documents(count))
    )


def measure(address: str, path: str, token: str, count: int, looks: int) -> dict[str, Any]:
    """Send ``count`` documents in one request, then a hundred ``looks`` times; warm up both processes before."""
    body, few = lines(count), lines(100)
    for _ in range(8):
        ask(address, path, token, few)
    before, began = _cpu(os.getpid(), "gunicorn"), time.perf_counter()
    answered, _ = ask(address, path, token, body)
    wall, spent = time.perf_counter() - began, _cpu(os.getpid(), "gunicorn") - before
    waits = sorted(1000 * ask(address, path, token, few)[1] for _ in range(looks))
    return {
        "documents": count,
        "answered": answered,
        "cpu_seconds": round(spent, 2),
        "documents_a_second_and_core": round(count / spent),
        "documents_a_second_by_the_clock": round(count / wall),
        "first_byte_ms": {
            "least": round(waits[0], 1),
            "median": round(median(waits), 1),
            "p95": round(waits[int(0.95 * len(waits))], 1),
        },
    }


def ask(address: str, path: str, token: str, body: bytes) -> tuple[int, float]:
    """One request whose answer is read while it is sent; gives the answered lines and the seconds to the first one."""
    where = urlsplit(address)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Token {token}\r\nConnection: close\r\n"
        f"Content-Type: application/x-ndjson\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((str(where.hostname), int(where.port or 80)), timeout=120) as link:
        began = time.perf_counter()
        Thread(target=link.sendall, args=(head.encode() + body,), daemon=True).start()
        found, first = b"", 0.0
        while piece := link.recv(2**16):
            found += piece
            if not first and b'{"line"' in found:
                first = time.perf_counter() - began
    assert found.startswith(b"HTTP/1.1 200 "), found[:500]
    assert b"Model-Version: " in found
    return found.count(b'"probability"'), first


def ask_in_chunks(address: str, path: str, token: str, body: bytes) -> int:
    """One request whose length nobody knows before its end, sent whole before anything is read; gives the answers."""
    link = HTTPConnection(urlsplit(address).netloc, timeout=120)
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/x-ndjson"}
    pieces = (body[start : start + 50_000] for start in range(0, len(body), 50_000))
    link.request("POST", path, pieces, headers, encode_chunked=True)
    found = link.getresponse().read()
    link.close()
    return found.count(b'"probability"')


def _cpu(root: int, name: str) -> float:
    """CPU seconds of the programs of this name below a process, with their children."""
    parents, spent = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            said = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            called = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue  # it ended meanwhile
        parents[int(folder.name)] = int(said[1])
        if name in called:
            spent[int(folder.name)] = (int(said[11]) + int(said[12])) / TICKS
    return sum(seconds for pid, seconds in spent.items() if root in _above(pid, parents))


def _above(pid: int, parents: dict[int, int]) -> Sequence[int]:
    found = []
    while pid := parents.get(pid, 0):
        found.append(pid)
    return found
