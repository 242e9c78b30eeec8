"""How long an archive takes, there and back, and in how much memory: ``python -m tests.bench.archive``.

A workspace of so many documents, half of them coded, with an index, a version and a trained model. Each step is a
process of its own, as operators run it, against a throw-away PostgreSQL: seconds by the clock, CPU seconds of the
process without the database, and its greatest resident memory. One JSON object on the last line.
"""

import argparse
import json
import os
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reviewapp import engines
from reviewapp.env import ROOT


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    print(json.dumps(measure(parser.parse_args(arguments).documents)))


def measure(documents: int) -> dict[str, Any]:
    """Every step over so many documents, and the size of the archive's file."""
    with engines.throwaway(say=lambda line: None) as data:
        file, passphrase = data / "here.rvarchive", data / "passphrase"
        passphrase.write_text(secrets.token_hex(16))
        common = ["--passphrase-file", str(passphrase), "--by", "bench"]
        steps = {
            "tables": ["manage.py", "migrate", "-v0"],
            "make the workspace": ["-m", "tests.bench.archive_work", "make", str(documents)],
            "archive": ["manage.py", "archive", "--workspace", "Here", "--to", str(file), *common],
            "check": ["manage.py", "restore_archive", str(file), "--check", *common],
            "restore": ["manage.py", "restore_archive", str(file), "--name", "Again", *common],
            "delete the original": ["-m", "tests.bench.archive_work", "delete"],
            "compare": ["-m", "tests.bench.archive_work", "compare", str(documents)],
        }
        found: dict[str, Any] = {name: run(data, command) for name, command in steps.items()}
        return {"documents": documents, "bytes": file.stat().st_size, "steps": found}


def run(data: Path, command: Sequence[str]) -> dict[str, float]:
    """Run it to its end; one that fails ends the measurement. Memory in millions of bytes."""
    environment = os.environ | {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "reviewapp.settings"}
    began = time.perf_counter()
    os.chdir(ROOT)
    child = os.posix_spawn(sys.executable, [sys.executable, *command], environment, file_actions=[_silent()])
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}.")
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "cpu": round(used.ru_utime + used.ru_stime, 1),
        "memory": round(used.ru_maxrss * 1024 / 1e6),
    }


def _silent() -> tuple[int, int, str, int, int]:
    return os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0


if __name__ == "__main__":
    main(sys.argv[1:])
