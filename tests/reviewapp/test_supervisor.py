"""Programs come back when they end, and none outlives its supervisor."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from reviewapp import env
from reviewapp.supervisor import Program, Supervisor

PATIENCE = 20.0  # seconds before a promise counts as broken


def shell(name: str, script: str, grace: float = 5.0) -> Program:
    return Program(name, ("sh", "-c", script), grace=grace)


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        time.sleep(0.05)
    return happened()


def patiently(happened: Callable[[], bool]) -> Callable[[], bool]:
    end = time.monotonic() + PATIENCE
    return lambda: happened() or time.monotonic() > end


def runs(pid: int) -> bool:
    """Whether the process exists and is not just waiting to be buried by its parent."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], check=False, capture_output=True, text=True).stdout
    return bool(state) and not state.startswith("Z")


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text(encoding="ascii").split()] if file.exists() else []


def test_a_program_that_ends_is_started_again_and_again(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    said: list[str] = []
    with Supervisor(said.append) as supervisor:
        supervisor.start(shell("short", f"echo $$ >> {starts}; exit 3"))
        supervisor.run(until=patiently(lambda: len(pids(starts)) >= 3))
    assert len(set(pids(starts))) >= 3
    assert "short ended (exit code 3), again in 1 s" in said


def test_a_killed_program_is_started_again_while_the_others_go_on(tmp_path: Path) -> None:
    """Gives T-7 its first half: a killed part comes back without a human."""
    said: list[str] = []
    with Supervisor(said.append) as supervisor:
        supervisor.start(shell("killed", "exec sleep 300"))
        supervisor.start(shell("other", "exec sleep 300"))
        killed, other = supervisor.pid("killed"), supervisor.pid("other")
        os.kill(killed, signal.SIGKILL)
        supervisor.run(until=patiently(lambda: supervisor.pid("killed") != killed and supervisor.alive("killed")))
        assert supervisor.pid("killed") != killed
        assert supervisor.pid("other") == other
        assert supervisor.alive("other")
    assert "killed ended (signal 9), again in 1 s" in said


def test_every_line_carries_the_name_of_its_program_also_the_last_without_an_end() -> None:
    said: list[str] = []
    with Supervisor(said.append) as supervisor:
        supervisor.start(shell("web", "printf 'one\\ntwo\\nthree' >&2; exec sleep 300"))
        supervisor.run(until=patiently(lambda: len(said) >= 2))
    assert said == ["web     | one", "web     | two", "web     | three"]


def test_a_program_that_prints_much_while_it_is_stopped_is_not_held_up() -> None:
    said: list[str] = []
    with Supervisor(said.append) as supervisor:
        supervisor.start(shell("web", "trap 'seq 1 200000; exit' TERM; echo ready; while :; do sleep 0.1; done", 60))
        supervisor.run(until=patiently(lambda: bool(said)))
    assert said[-1] == "web     | 200000"


def test_stopping_ends_grandchildren_too(tmp_path: Path) -> None:
    family = tmp_path / "family"
    with Supervisor() as supervisor:
        supervisor.start(shell("parent", f"sleep 300 & echo $! >> {family}; echo $$ >> {family}; wait"))
        assert within(PATIENCE, lambda: len(pids(family)) == 2)
        supervisor.stop()
        assert within(PATIENCE, lambda: not any(map(runs, pids(family))))


def test_a_program_that_ignores_the_stop_signal_is_killed_after_its_grace(tmp_path: Path) -> None:
    stubborn = tmp_path / "stubborn"
    with Supervisor() as supervisor:
        supervisor.start(shell("stubborn", f"trap '' TERM; echo $$ >> {stubborn}; sleep 300; sleep 300", grace=0.2))
        assert within(PATIENCE, lambda: len(pids(stubborn)) == 1)
    assert not runs(pids(stubborn)[0])


def test_kept_programs_outlive_the_stop_of_the_others() -> None:
    with Supervisor() as supervisor:
        supervisor.start(shell("database", "exec sleep 300"))
        supervisor.start(shell("web", "exec sleep 300"))
        web = supervisor.pid("web")
        supervisor.stop(keep=("database",))
        assert not runs(web)
        assert supervisor.alive("database")


def test_a_supervisor_killed_with_9_takes_its_programs_and_their_children_along(tmp_path: Path) -> None:
    family = tmp_path / "family"
    script = f"trap '' TERM; sleep 300 & echo $! >> {family}; echo $$ >> {family}; wait"
    code = (
        "from reviewapp.supervisor import Program, Supervisor\n"
        "supervisor = Supervisor()\n"
        f"supervisor.start(Program('stubborn', ('sh', '-c', {script!r}), grace=0.5))\n"
        "supervisor.run()\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], cwd=env.ROOT)
    try:
        assert within(PATIENCE, lambda: len(pids(family)) == 2)
    finally:
        owner.kill()
        owner.wait()
    assert within(PATIENCE, lambda: not any(map(runs, pids(family))))


def test_a_program_that_will_not_get_well_by_itself_is_ended_and_started_again() -> None:
    """What hangs is as bad as what has ended: the program says of itself how that can be seen."""
    said: list[str] = []
    hung: set[int] = set()
    with Supervisor(said.append) as supervisor:
        supervisor.start(Program("engine", ("sleep", "300"), stuck=hung.__contains__))
        first = supervisor.pid("engine")
        hung.add(first)
        supervisor.run(until=patiently(lambda: supervisor.pid("engine") != first and supervisor.alive("engine")))
        assert supervisor.pid("engine") != first
    assert said[0] == "engine does not get well by itself and is ended"
