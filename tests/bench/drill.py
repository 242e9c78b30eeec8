"""Wipe everything and come back: ``python -m tests.bench.drill --documents 100000``.

Fills an instance as ``tests.bench.million`` does, backs it up, throws it away, restores into a new one under the same
keys, and has the restore compare the fingerprint of every table. Prints the seconds of both; one JSON object on the
last line.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reviewapp import engines
from reviewapp.env import ROOT
from tests.bench.million import write


def run(documents: int) -> dict[str, float | int]:
    """The drill, with so many documents."""
    with tempfile.TemporaryDirectory() as scratch:
        table, backup, keys = (Path(scratch) / name for name in ("documents.csv", "backup", "keys"))
        write(table, documents)
        with engines.throwaway(say=print) as data:
            _run(data, "manage.py", "migrate", "-v0")
            _run(data, "-m", "tests.bench.million_work", str(table))
            there = _run(data, "manage.py", "backup", str(backup))
            shutil.copytree(data / "keys", keys)
        with engines.throwaway(say=print) as data:
            shutil.copytree(keys, data / "keys")
            back = _run(data, "manage.py", "restore", str(backup))
        size = sum(path.stat().st_size for path in backup.rglob("*") if path.is_file())
    return {
        "documents": documents,
        "backup_mib": size >> 20,
        "backup_seconds": round(there, 1),
        "restore_seconds": round(back, 1),
        "in_all_seconds": round(there + back, 1),
    }


def _run(data: Path, *command: str) -> float:
    """Run the command on this data folder, which has to succeed; returns its seconds."""
    environment = os.environ | {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "reviewapp.settings"}
    began = time.monotonic()
    subprocess.run([sys.executable, *command], check=True, cwd=ROOT, env=environment)
    return time.monotonic() - began


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    print(json.dumps(run(parser.parse_args(arguments).documents)))


if __name__ == "__main__":
    main(sys.argv[1:])
