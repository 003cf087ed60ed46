"""What processes cost: CPU time of whole trees, those that have ended included, and memory of single processes.

A parent inherits the CPU time of a child that it has waited for, so the sum over a tree of what each process has
used itself and what it has inherited misses nobody, whoever came and went in between.
"""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import redis
import sqlalchemy as sa

from newsletter.db import Database

_MIB = 1024
"""KiB in a MiB: the kernel counts memory in KiB (proc(5), ``VmHWM``)."""


def tree_seconds(pid: int) -> float:
    """Return CPU seconds, user and system, that a process and all it ever started have used."""
    with suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        return sum(_seconds(process) for process in (first, *first.children(recursive=True)))
    return 0.0


def peak_mib(pid: int) -> float:
    """Return the most resident memory that a process ever had, in MiB. Only Linux remembers: else what it has."""
    with suppress(OSError):
        found = re.search(r"^VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
        return int(found[1]) / _MIB if found else 0.0
    with suppress(psutil.Error):
        return float(psutil.Process(pid).memory_info().rss) / _MIB**2
    return 0.0


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started and that still run."""
    with suppress(psutil.NoSuchProcess):
        return [child.pid for child in psutil.Process(pid).children()]
    return []


def postgres_pid(database: Database) -> int:
    """Return the process that every process of a PostgreSQL on this machine descends from."""
    with database.transaction() as connection:
        backend = int(connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())
    return int(psutil.Process(backend).ppid())


def broker_pid(redis_url: str) -> int:
    """Return the process of a Redis or Valkey on this machine."""
    with redis.Redis.from_url(redis_url) as client:
        told: Mapping[str, int] = client.info("server")
    return int(told["process_id"])


@dataclass
class Meter:
    """Measures named process trees from ``start`` on, against a clock that never steps back."""

    trees: Mapping[str, int]
    clock: Callable[[], float] = time.monotonic

    def start(self) -> None:
        """Begin: what was used before does not count."""
        self._before = {name: tree_seconds(pid) for name, pid in self.trees.items()}
        self._began = self.clock()

    def elapsed(self) -> float:
        """Return seconds since the start."""
        return self.clock() - self._began

    def used(self) -> dict[str, float]:
        """Return CPU seconds of each tree since the start."""
        return {name: tree_seconds(pid) - self._before[name] for name, pid in self.trees.items()}


def _seconds(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        inherited = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        return float(times.user + times.system + inherited)
    return 0.0
