"""A power cut with much to replay: ``python -m tests.chaos.power_cut --gib 3 --times 10``.

Writes so much into the write-ahead log without a checkpoint, kills every process of the embedded engines, and starts
them as ``manage.py up`` does: seconds until they answer, what was said meanwhile, and whether everything that was
acknowledged is there. The last line is one JSON object.
"""

import argparse
import json
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection

from reviewapp import engines
from reviewapp.supervisor import Supervisor
from tests.chaos.kills import descendants

ROW = 8_000  # bytes, of noise: nothing of it can be compressed
NOISE = "SELECT string_agg(md5(random()::text), '') FROM generate_series(1, %s)"
WITHOUT_CHECKPOINT = {"max_wal_size": "64GB", "checkpoint_timeout": "1d", "autovacuum": "off"}


def run(mebibytes: int, times: int) -> dict[str, Any]:
    """So many power cuts, each with so much to replay."""
    found = [once(mebibytes) for _ in range(times)]
    return {
        "mib": mebibytes,
        "times": times,
        "came_back": sum(each["rows"] == each["acknowledged"] for each in found),
        "most_seconds": max(each["seconds"] for each in found),
        "said": found[-1]["said"],
    }


def once(mebibytes: int) -> dict[str, Any]:
    """One power cut."""
    with tempfile.TemporaryDirectory(prefix="reviewapp-cut-") as folder:
        data = Path(folder)
        data.chmod(0o711)
        try:
            acknowledged = _write_and_fall(data, mebibytes)
            return {"acknowledged": acknowledged, **_come_back(data)}
        finally:
            engines.erase(data)
            data.mkdir(exist_ok=True)


def _write_and_fall(data: Path, mebibytes: int) -> int:
    said: list[str] = []
    with Supervisor(said.append) as supervisor, engines.running(data, supervisor, say=said.append):
        rows = _write(data, mebibytes)
        for pid in [supervisor.pid(engines.POSTGRES), *descendants(supervisor.pid(engines.POSTGRES))]:
            os.kill(pid, signal.SIGKILL)
        return rows


def _write(data: Path, mebibytes: int) -> int:
    """Rows of noise, a MiB in each transaction; returns how many were acknowledged."""
    link, count = _connect(data), (1 << 20) // ROW
    with link.cursor() as cursor:
        for name, value in WITHOUT_CHECKPOINT.items():
            cursor.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        cursor.execute("SELECT pg_reload_conf()")
        cursor.execute("CREATE TABLE kept (noise text STORAGE EXTERNAL)")
        for _ in range(mebibytes):
            cursor.execute(f"INSERT INTO kept SELECT ({NOISE}) FROM generate_series(1, %s)", [ROW // 32, count])
    link.close()
    return mebibytes * count


def _come_back(data: Path) -> dict[str, Any]:
    said: list[str] = []
    began = time.monotonic()
    with Supervisor(said.append) as supervisor, engines.running(data, supervisor, say=said.append):
        seconds = time.monotonic() - began
        link = _connect(data)
        with link.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM kept")
            rows = cursor.fetchall()[0][0]
        link.close()
    told = [line for line in said if "recovering" in line]
    return {"seconds": round(seconds, 1), "rows": rows, "said": told[-1] if told else ""}


def _connect(data: Path) -> connection:
    password = (data / "postgres.password").read_text(encoding="ascii")
    link = psycopg2.connect(host=str(engines.home(data)), user=engines.SUPERUSER, password=password, dbname="postgres")
    link.autocommit = True
    return link


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--gib", type=float, default=3.0)
    read.add_argument("--times", type=int, default=10)
    options = read.parse_args()
    print(json.dumps(run(int(options.gib * 1024), options.times)))


if __name__ == "__main__":
    main()
