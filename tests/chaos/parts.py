"""One part at a time: ``python -m tests.chaos.parts --seconds 60 --kills 100``.

While reviewers work at a person's pace the broker is frozen, then killed as often as it comes back, for so long each:
how long answers took before and meanwhile, and how many requests had to be repeated. Then the main process of one part
after the other is killed, each when everything is well again: how long that took. The last line is one JSON object.
"""

import argparse
import http.client
import json
import os
import re
import signal
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

from tests.chaos import kills

TOKEN = "seen-by-the-operator-alone"
SEEN = re.compile(r'^reviewapp_process_seen_seconds\{process="(beat|worker)[^"]*"\} (\S+)$', re.MULTILINE)
# Who must have been seen since a part was killed; that web and database answer is asked besides.
NEEDS: dict[str, set[str]] = {
    "web": set(),
    "worker": {"worker"},
    "beat": {"beat"},
    "valkey": {"worker", "beat"},
    "postgres": {"beat"},
}


def run(seconds: float, rounds: int, reviewers: int = 6, documents: int = 20_000) -> dict[str, Any]:
    """Both halves in one product; ``rounds`` kills of each part."""
    with kills.product(METRICS_TOKEN=TOKEN) as (process, data, port):
        crew = kills.Crew(data, port, reviewers, documents, think=0.3)
        windows = {
            "before": window(crew, seconds, lambda: None),
            "frozen": window(crew, seconds, lambda: kills.freeze(kills.processes(process.pid, "valkey"), seconds)),
            "gone": window(crew, seconds, lambda: _keep_away(process.pid, seconds)),
        }
        kills.until(lambda: seen(port) is not None and kills.well(port), "the product is not well again")
        back: dict[str, list[float]] = defaultdict(list)
        for _ in range(rounds):
            for part in NEEDS:
                back[part].append(back_after(process.pid, port, part))
        return crew.compared() | {
            "broker": windows,
            "kills": {part: len(times) for part, times in back.items()},
            "back_after_seconds": {
                part: {"median": round(statistics.median(times), 1), "most": round(max(times), 1)}
                for part, times in back.items()
            },
        }


def window(crew: kills.Crew, seconds: float, meanwhile: Callable[[], None]) -> dict[str, Any]:
    """What reviewers meet for so long: answers, milliseconds until they came, and requests that had to be repeated."""
    told, began, repeated = crew.told, time.monotonic(), crew.told.retried
    beside = Thread(target=meanwhile)
    beside.start()
    time.sleep(seconds)
    until = time.monotonic()
    beside.join()
    waits = sorted(wait for at, wait in told.waits if began <= at <= until)
    return {
        "answers": len(waits),
        "p50_ms": round(1000 * waits[len(waits) // 2]),
        "p95_ms": round(1000 * waits[len(waits) * 95 // 100]),
        "most_ms": round(1000 * waits[-1]),
        "repeated": told.retried - repeated,
    }


def back_after(parent: int, port: int, part: str) -> float:
    """Kill the part's main process; seconds until all that stood still works again."""
    (main,) = _mains(parent, part)
    os.kill(main, signal.SIGKILL)
    killed = time.monotonic()

    def is_back() -> bool:
        is_new = bool(_mains(parent, part) - {main})  # before that, children of the killed one may still answer
        found = seen(port)
        since = time.monotonic() - killed
        return is_new and found is not None and NEEDS[part] <= {name for name, ago in found.items() if ago < since}

    kills.until(is_back, f"{part} does not come back")
    return time.monotonic() - killed


def seen(port: int) -> dict[str, float] | None:
    """How many seconds ago beat and worker were seen; None when web or database do not answer."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        link.request("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        said = link.getresponse()
        found = SEEN.findall(said.read().decode())
        return {name: float(ago) for name, ago in found} if said.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        link.close()


def _keep_away(parent: int, seconds: float) -> None:
    """Kill the broker whenever it is back."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for pid in kills.processes(parent, "valkey"):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)


def _mains(parent: int, part: str) -> set[int]:
    return {pid for pid in kills.processes(parent, part) if _parent(pid) == parent}


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--seconds", type=float, default=60.0)
    read.add_argument("--kills", type=int, default=100)
    options = read.parse_args()
    print(json.dumps(run(options.seconds, options.kills // len(NEEDS))))


if __name__ == "__main__":
    main()
