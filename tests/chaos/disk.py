"""A full disk: ``python -m tests.chaos.disk``. Needs the right to mount, which root has.

The product runs on a small file system of its own. First it is filled below the floor that is kept for the database,
as uploads could: they are refused with 507 while review goes on. Then somebody else takes the last byte, which nothing
of ours can prevent. When there is room again, everything must get well by itself, and nothing that was acknowledged may
be lost. The last line is one JSON object.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chaos import kills

SIZE, FLOOR = 800, 64  # MiB
FULL_SECONDS = 15.0


def run(seconds: float = FULL_SECONDS, documents: int = 3_000) -> dict[str, Any]:
    """The whole story; raises OSError where nothing can be mounted."""
    floor = {"FREE_SPACE_FLOOR": str(FLOOR << 20)}
    with small(SIZE) as disk, kills.product(disk / "data", **floor) as (_, data, port):
        crew = kills.Crew(data, port, 4, documents, think=0.1)
        told = crew.told
        work(crew, 30)
        fill(disk, leave=FLOOR << 19)
        refused, problem = upload(crew)
        work(crew, 30)
        below = dict(told.refused)
        fill(disk, leave=0)
        before = len(told.acknowledged)
        time.sleep(seconds)
        meanwhile = len(told.acknowledged) - before
        free(disk)
        began = time.monotonic()
        work(crew, 30)
        well_after = time.monotonic() - began
        return crew.compared() | {
            "upload_below_the_floor": refused,
            "said": problem.get("detail"),
            "refusals_below_the_floor": below,
            "acknowledged_while_full": meanwhile,
            "well_after_seconds": round(well_after, 1),
        }


@contextmanager
def small(mebibytes: int) -> Iterator[Path]:
    """A file system of this size that everybody may enter; raises OSError without the right to mount."""
    with tempfile.TemporaryDirectory(prefix="reviewapp-disk-") as folder:
        Path(folder).chmod(0o711)
        command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0711", "tmpfs", folder]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise PermissionError(done.stderr.strip())
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path, leave: int) -> None:
    """Take all room of the disk but so many bytes."""
    with (disk / f"ballast-{time.monotonic_ns()}").open("wb") as ballast:
        room = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        os.posix_fallocate(ballast.fileno(), 0, max(1, room - leave))


def free(disk: Path) -> None:
    """Give back what :func:`fill` took."""
    for ballast in disk.glob("ballast-*"):
        ballast.unlink()


def work(crew: kills.Crew, decisions: int) -> None:
    """Wait until so many more decisions were acknowledged."""
    wanted = len(crew.told.acknowledged) + decisions
    kills.until(lambda: len(crew.told.acknowledged) >= wanted, "review does not go on")


def upload(crew: kills.Crew) -> tuple[int, dict[str, Any]]:
    """Try to send documents."""
    listed = kills.call(crew.port, "GET", "workspaces", crew.operator)[1]["results"]
    body, kind = kills.form(100)
    return kills.call(crew.port, "POST", f"workspaces/{listed[0]['id']}/uploads", crew.operator, body, kind=kind)


def main() -> None:
    print(json.dumps(run()))


if __name__ == "__main__":
    main()
