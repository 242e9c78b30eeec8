"""Run named programs as one unit: restart what ends, show what they print, leave nothing behind.

A supervisor that is killed with -9 can clean up nothing itself, so a *guard* (this file run as a program, in a session
of its own) waits at the other end of a pipe. The kernel closes the pipe with the supervisor, however it ends, and the
guard then stops every process group that was still held.
"""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

TICK = 0.25  # seconds between two looks at the programs while nothing is printed
STEADY_AFTER = 10.0  # seconds after which a program counts as healthy and its restarts begin at the first delay again
FIRST_DELAY, LONGEST_DELAY = 0.5, 4.0  # seconds before a restart
LOOK = 5.0  # seconds between two questions whether a program is stuck
LONGEST_LINE = 65_536  # bytes of output that are held back while a line has no end


@dataclass(frozen=True)
class Account:
    """The system user that a program runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """What to run under which name; output goes to ``log``, or line by line to the supervisor.

    ``stuck`` is asked with the process id every few seconds: a program that will not get well by itself is ended.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] | None = None
    folder: Path | None = None
    log: Path | None = None
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0  # seconds between the stop signal and SIGKILL
    stuck: Callable[[int], bool] | None = None


@dataclass
class _Run:
    program: Program
    process: subprocess.Popen[bytes]
    since: float
    delay: float = FIRST_DELAY
    restart_at: float | None = None
    looked_at: float = 0.0
    unfinished: bytearray = field(default_factory=bytearray)


class Supervisor:
    """Start programs with :meth:`start`, then :meth:`run` keeps them alive until :meth:`stop`."""

    def __init__(self, say: Callable[[str], None] = print) -> None:
        self._say = say
        self._runs: dict[str, _Run] = {}
        self._selector = selectors.DefaultSelector()
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, cwd="/", start_new_session=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._selector.close()
        self._guard.communicate()

    def start(self, program: Program) -> None:
        """Start ``program`` in a process group of its own. Raises OSError when it cannot be run."""
        self._runs[program.name] = _Run(program, self._spawn(program), time.monotonic())

    def pid(self, name: str) -> int:
        """The process id of the program's current run."""
        return self._runs[name].process.pid

    def alive(self, name: str) -> bool:
        """Whether the program runs right now."""
        return self._runs[name].process.poll() is None

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Pass on output and restart what ends, until ``until()`` says enough (asked at least four times a second)."""
        while not until():
            self._show(TICK)
            for run in list(self._runs.values()):
                self._revive(run)

    def stop(self, keep: Collection[str] = ()) -> None:
        """Stop every program but ``keep``: each gets its stop signal, and after its grace the whole group SIGKILL."""
        runs = [run for name, run in self._runs.items() if name not in keep]
        for run in runs:
            if run.process.poll() is None:
                run.process.send_signal(run.program.stop_signal)
        begin = time.monotonic()
        while any(run.process.poll() is None and time.monotonic() < begin + run.program.grace for run in runs):
            self._show(0.02)
        for run in runs:
            if run.restart_at is None:
                self._bury(run)
            del self._runs[run.program.name]

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        account = program.account
        output: IO[bytes] | int = program.log.open("ab") if program.log else subprocess.PIPE
        try:
            process = subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=program.env,
                cwd=program.folder,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        finally:
            if not isinstance(output, int):
                output.close()
        self._tell_guard(f"hold {process.pid} {int(program.stop_signal)} {program.grace}")
        if process.stdout is not None:
            os.set_blocking(process.stdout.fileno(), False)
            self._selector.register(process.stdout, selectors.EVENT_READ, program.name)
        return process

    def _revive(self, run: _Run) -> None:
        now = time.monotonic()
        if run.restart_at is None and run.process.poll() is not None:
            run.delay = FIRST_DELAY if now - run.since > STEADY_AFTER else min(run.delay * 2, LONGEST_DELAY)
            run.restart_at = now + run.delay
            self._bury(run)
            self._say(f"{run.program.name} ended ({_ending(run.process.returncode)}), again in {run.delay:g} s")
        elif run.restart_at is not None and now >= run.restart_at:
            run.process, run.since, run.restart_at = self._spawn(run.program), now, None
        elif run.restart_at is None and run.program.stuck and now > run.looked_at + LOOK:
            run.looked_at = now
            if run.program.stuck(run.process.pid):
                self._say(f"{run.program.name} does not get well by itself and is ended")
                run.process.kill()

    def _bury(self, run: _Run) -> None:
        """End whatever is left of the program's group, and show its last words."""
        with suppress(ProcessLookupError):
            os.killpg(run.process.pid, signal.SIGKILL)
        run.process.wait()
        self._tell_guard(f"drop {run.process.pid}")
        if run.process.stdout is not None and not run.process.stdout.closed:
            while self._read(run.process.stdout, run):
                pass
            self._close(run.process.stdout)

    def _show(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            run = self._runs[key.data]
            if run.process.stdout is not None and self._read(run.process.stdout, run) == b"":
                self._close(run.process.stdout)

    def _read(self, pipe: IO[bytes], run: _Run) -> bytes | None:
        """Show the lines that are there; None when there is nothing to read now, empty when there never will be."""
        try:
            some = os.read(pipe.fileno(), LONGEST_LINE)
        except BlockingIOError:
            return None
        *lines, rest = (bytes(run.unfinished) + some).split(b"\n")
        if rest and (not some or len(rest) >= LONGEST_LINE):
            lines, rest = [*lines, rest], b""
        run.unfinished[:] = rest
        for line in lines:
            self._say(f"{run.program.name:<8}| {line.decode(errors='replace').rstrip()}")
        return some

    def _close(self, pipe: IO[bytes]) -> None:
        self._selector.unregister(pipe)
        pipe.close()

    def _tell_guard(self, order: str) -> None:
        pipe = self._guard.stdin
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.write(f"{order}\n".encode())
                pipe.flush()


def _ending(returncode: int) -> str:
    if returncode >= 0:
        return f"exit code {returncode}"
    return f"signal {-returncode}"


def guard(orders: Iterable[str]) -> None:
    """Follow ``hold <pid> <signal> <grace>`` and ``drop <pid>`` until they end, then stop every group still held."""
    held: dict[int, tuple[int, float]] = {}
    for order in orders:
        match order.split():
            case ["hold", pid, stop_signal, grace]:
                held[int(pid)] = int(stop_signal), float(grace)
            case ["drop", pid]:
                held.pop(int(pid), None)
    for leader, (asked, _) in held.items():
        with suppress(ProcessLookupError):
            os.kill(leader, asked)
    begin = time.monotonic()
    for leader, (_, patience) in held.items():
        while _group_exists(leader) and time.monotonic() < begin + patience:
            time.sleep(0.1)
        with suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL)


def _group_exists(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    guard(sys.stdin)
