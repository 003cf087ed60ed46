"""Keep child processes alive, and end every one of them in order."""

import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from newsletter import log
from newsletter.errors import EmbeddedError
from newsletter.local.launch import Child, end, log_path, spawn, sweep, tail

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 10.0
_STEADY_AFTER = 60.0
_LOOK_EVERY = 0.1


@dataclass(frozen=True)
class Status:
    """How a child is: ``exit_code`` is that of its last end (negative: the signal), None before the first."""

    name: str
    pid: int
    alive: bool
    restarts: int
    exit_code: int | None


@dataclass
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    started: float
    restarts: int = 0
    delay: float = _FIRST_DELAY
    restart_at: float | None = None
    exit_code: int | None = None


class Supervisor:
    """Owns children from ``start`` to ``stop``; a context manager that stops on leaving.

    A child that ends by itself is started again after half a second, then after twice as long each time up
    to ten seconds; a minute of steady running resets the delay. Each writes to ``logs/<name>.log``.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: list[_Running] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._log = log.get("local")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, child: Child) -> None:
        """Start a child and watch over it. Raises EmbeddedError when it cannot be started at all."""
        try:
            self._logs.mkdir(parents=True, exist_ok=True, mode=0o700)
            running = _Running(child, spawn(child, self._logs), time.monotonic())
        except OSError as error:
            raise EmbeddedError(
                f"{child.name} cannot be started: {error}.", "Free memory, disk or processes and try again."
            ) from error
        with self._lock:
            self._children.append(running)
        if not self._watcher.is_alive():
            self._watcher.start()

    def stop(self) -> None:
        """End every child, the last started first, so that nothing outlives what it leans on."""
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()
        while self._children:
            running = self._children.pop()
            if running.restart_at is None:  # else it has ended, and its number may be another's by now
                end(running.process, running.child.grace)

    def status(self) -> list[Status]:
        """Return how each child is, in order of start."""
        with self._lock:
            return [
                Status(
                    running.child.name,
                    running.process.pid,
                    running.process.poll() is None,
                    running.restarts,
                    running.exit_code if running.process.poll() is None else running.process.returncode,
                )
                for running in self._children
            ]

    def log_of(self, name: str) -> Path:
        """Return the file that the child of this name logs to."""
        return log_path(self._logs, name)

    def wait_until(self, name: str, check: Callable[[], bool], timeout: timedelta, what: str) -> None:
        """Wait until ``check`` holds. Raises EmbeddedError when the child ends first, or time runs out.

        ``what`` is what it then has done, for instance "answered on port 8000".
        """
        deadline = time.monotonic() + timeout.total_seconds()
        while True:
            # Looked at before the check: a child may do what it should and end at once.
            status = next(status for status in self.status() if status.name == name)
            if check():
                return
            if not status.alive or status.restarts:
                happened = f"{name} ended with code {status.exit_code} before it had {what}."
            elif time.monotonic() > deadline:
                happened = f"{name} had not {what} after {timeout.total_seconds():.0f} s."
            else:
                time.sleep(_LOOK_EVERY / 2)
                continue
            path = self.log_of(name)
            raise EmbeddedError(f"{happened}\n{tail(path)}".rstrip(), f"The whole log: {path}")

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK_EVERY):
            with self._lock:
                for running in self._children:
                    self._look_after(running, time.monotonic())

    def _look_after(self, running: _Running, now: float) -> None:
        if running.process.poll() is None:
            return
        if running.restart_at is None:
            sweep(running.process)
            running.exit_code = running.process.returncode
            if now - running.started > _STEADY_AFTER:
                running.delay = _FIRST_DELAY
            running.restart_at = now + running.delay
            self._log.warning(
                "child_ended",
                child=running.child.name,
                code=running.exit_code,
                restart_in=running.delay,
                log=str(self.log_of(running.child.name)),
            )
        elif now >= running.restart_at:
            running.delay = min(running.delay * 2, _LONGEST_DELAY)
            running.restart_at = now + running.delay
            with suppress(OSError):  # no memory or no process left: the next turn tries again
                running.process = spawn(running.child, self._logs)
                running.started, running.restart_at = now, None
                running.restarts += 1
