"""The worker and the beat, supervised as systemd would: what dies is started again."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil

from newsletter.broker import QUEUES
from newsletter.local.launch import Child, end, spawn, sweep

WORKER, BEAT = "worker", "beat"
_LOOK = 0.05
_BORN = 1.0
"""Seconds after which a pool child has read its settings and taken its place."""


def worker(environment: Mapping[str, str], concurrency: int, app: str = "worker") -> Child:
    """Return the command ``celery -A worker worker``, or that of another app."""
    flags = ("--concurrency", str(concurrency), "--queues", ",".join(QUEUES), "-l", "WARNING")
    more = ("--without-gossip", "--without-mingle")
    arguments = ("-A", app, "worker", *flags, *more)
    return Child(WORKER, "celery", arguments, environment, grace=timedelta(seconds=20))


def beat(name: str, environment: Mapping[str, str], folder: Path) -> Child:
    """Return the command ``celery -A worker beat`` with a timetable file of its own."""
    flags = ("--schedule", str(folder / f"{name}-schedule"), "--pidfile=", "-l", "WARNING")
    return Child(name, "celery", ("-A", "worker", "beat", *flags), environment)


class Crew:
    """Children by name. One that ends without being told to is started again at once."""

    def __init__(self, logs: Path) -> None:
        """Log each child to a file in ``logs``."""
        self._logs = logs
        self._children: dict[str, Child] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="crew", daemon=True)
        self.restarts = 0
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, child: Child) -> None:
        """Start a child and keep it running."""
        with self._lock:
            self._children[child.name] = child
            self._running[child.name] = spawn(child, self._logs)
        if not self._watcher.is_alive():
            self._watcher.start()

    def dismiss(self, name: str) -> None:
        """End a child for good, warmly."""
        with self._lock:
            child, process = self._children.pop(name, None), self._running.pop(name, None)
        if child is not None and process is not None:
            end(process, child.grace)

    def stop(self) -> None:
        """End every child."""
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()
        for name in reversed(list(self._running)):
            self.dismiss(name)

    def abandon(self) -> None:
        """Kill every child: what they did has been judged already."""
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()
        for process in self._running.values():
            sweep(process)
            process.wait()
        self._running.clear()

    def main(self, name: str) -> int:
        """Return the first process of a child."""
        with self._lock:
            return self._running[name].pid

    def pool(self) -> list[int]:
        """Return the pool children of the worker that are at work, oldest first."""
        with suppress(psutil.NoSuchProcess, KeyError):
            children = psutil.Process(self.main(WORKER)).children()
            grown = [each for each in children if time.time() - each.create_time() > _BORN]
            return [each.pid for each in sorted(grown, key=lambda each: float(each.create_time()))]
        return []

    def holders_of(self, port: int, own_port: int | None = None) -> list[int]:
        """Return the pool children that have a connection to ``port`` of this host, from ``own_port`` if given."""
        return [pid for pid in self.pool() if _talks_to(pid, port, own_port)]

    def kill(self, name: str) -> None:
        """Kill a child and everything it started, as the kernel would in an out-of-memory moment."""
        with self._lock:
            sweep(self._running[name])

    def terminate(self, name: str, *, group: bool = False) -> None:
        """Ask a child to end, or its whole process group as systemd does, and wait until it has."""
        with self._lock:
            process = self._running[name]
        with suppress(ProcessLookupError):
            if group:
                os.killpg(process.pid, signal.SIGTERM)
            else:
                process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK):
            with self._lock:
                for name, process in self._running.items():
                    if process.poll() is not None and not self._stopping.is_set():
                        sweep(process)
                        self._running[name] = spawn(self._children[name], self._logs)
                        self.restarts += 1


def _talks_to(pid: int, port: int, own_port: int | None) -> bool:
    with suppress(psutil.Error):
        return any(
            each.raddr and each.raddr.port == port and own_port in {None, each.laddr.port}
            for each in psutil.Process(pid).net_connections("tcp")
        )
    return False
