"""Who competes, and how each is run: a process or two, as many messages, and what that cost."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.relays import Kind, Relays
from newsletter.bench.meter import peak_mib

PROCESSES = 2
CONNECTIONS = 8
_LOOK = 0.005

_Ended = tuple[int, int, resource.struct_rusage]


class AbsentError(Exception):
    """A contender cannot take part; the text says why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run: messages a second, CPU seconds per 1,000 messages by process, and MiB of the largest process."""

    rate: float
    cpu: Mapping[str, float]
    memory: float | None = None


@dataclass(frozen=True, slots=True)
class Floor:
    """What the contenders work with: a folder of ready messages, and the size of one."""

    folder: Path
    message_bytes: int


class Contender(Protocol):
    """One row of the table."""

    @property
    def name(self) -> str:
        """What the row says."""

    @property
    def kind(self) -> Kind:
        """The relays it submits to."""

    @property
    def messages(self) -> int:
        """How many messages one run submits."""

    def run(self, floor: Floor, relays: Relays) -> Outcome:
        """Submit them all. Raises AbsentError when it cannot take part here."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The product, from the bell to the last record; ``query`` is added to each relay in SMTP_URL."""

    name: str
    kind: Kind
    messages: int
    query: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, floor: Floor, relays: Relays) -> Outcome:  # noqa: ARG002 — it makes its own messages
        """Run ``newsletter bench send``."""
        words = ["bench", "send", "--recipients", str(self.messages), "--relay", relays.url(self.query)]
        before = relays.seconds()
        done = subprocess.run(
            [sys.executable, "-m", "newsletter", *words, "--workers", str(PROCESSES), "--json"],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.startswith("newsletter: ")]
            raise AbsentError(
                " ".join(said).removeprefix("newsletter: ") or f"it ended with code {done.returncode}"
            )
        told = json.loads(done.stdout)
        sink = 1000 * (relays.seconds() - before) / self.messages
        return Outcome(
            told["messages_per_second"],
            {**told["cpu_seconds_per_1000"], "sink": sink},
            told["peak_rss_mib"]["worker"],
        )


@dataclass(frozen=True, slots=True)
class Program:
    """Another program; ``words`` is its command line with ``{port}``, ``{messages}``, ``{size}``, ``{folder}``."""

    name: str
    kind: Kind
    messages: int
    words: tuple[str, ...]
    processes: int = PROCESSES

    def run(self, floor: Floor, relays: Relays) -> Outcome:
        """Run it in so many processes at once, each with its part of the messages."""
        before, began = relays.seconds(), time.monotonic()
        running = [
            self._start(floor, relays.ports[number % len(relays.ports)]) for number in range(self.processes)
        ]
        ended, memory = _watch([process.pid for process in running])
        seconds = time.monotonic() - began
        for process, (_, status, _) in zip(running, ended, strict=True):
            process.returncode = os.waitstatus_to_exitcode(status)
        if any(process.returncode for process in running):
            raise AbsentError(f"it ended with code {max(process.returncode for process in running)}")
        sent = self.messages // self.processes * self.processes
        used = sum(usage.ru_utime + usage.ru_stime for _, _, usage in ended)
        sink = relays.seconds() - before
        return Outcome(
            sent / seconds,
            {"sender": 1000 * used / sent, "sink": 1000 * sink / sent},
            memory,
        )

    def _start(self, floor: Floor, port: int) -> subprocess.Popen[bytes]:
        given = {
            "port": port,
            "messages": self.messages // self.processes,
            "size": floor.message_bytes,
            "folder": floor.folder,
        }
        words = [word.format_map(given) for word in self.words]
        try:
            return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except FileNotFoundError:
            raise AbsentError(f"{words[0]} is not installed") from None


def _watch(pids: list[int]) -> tuple[list[_Ended], float]:
    """Wait for all of them; return how each ended and what it used, and MiB of the largest.

    The kernel's own figure for an ended process counts what it was before it became that program.
    """
    ended: dict[int, _Ended] = {}
    memory = 0.0
    while len(ended) < len(pids):
        for pid in pids:
            if pid in ended:
                continue
            memory = max(memory, peak_mib(pid))
            told = os.wait4(pid, os.WNOHANG)
            if told[0]:
                ended[pid] = told
        time.sleep(_LOOK)
    return [ended[pid] for pid in pids], memory


@dataclass(frozen=True, slots=True)
class Absentee:
    """A row that cannot be measured here, and why."""

    name: str
    kind: Kind
    reason: str
    messages: int = 0

    def run(self, floor: Floor, relays: Relays) -> Outcome:  # noqa: ARG002 — there is nothing to run
        """Raise AbsentError."""
        raise AbsentError(self.reason)
