"""The relays that the contenders submit to: each throws mail away, and is a process of its own."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter.bench.meter import tree_seconds

_PATIENCE = 10.0
SMTP_SINK = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/postfix")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of relay, and how many of them. Ours may delay each reply by ``delay`` ms, and offer TLS."""

    name: str
    postfix: bool = False
    count: int = 1
    delay: float = 0.0
    tls: bool = False


FAST = Kind("fast sink")
ONE = Kind("smtp-sink", postfix=True)
TWO = Kind("2 × smtp-sink", postfix=True, count=2)
FAR = Kind("20 ms away", delay=20.0)
SECURE = Kind("fast sink, TLS", tls=True)


@dataclass(frozen=True, slots=True)
class Relays:
    """Relays that run: their ports, and the processes that they are."""

    ports: tuple[int, ...]
    pids: tuple[int, ...]

    def seconds(self) -> float:
        """Return the CPU seconds that they have used."""
        return sum(tree_seconds(pid) for pid in self.pids)

    def url(self, query: str = "") -> str:
        """Return what SMTP_URL must be."""
        return " ".join(f"smtp://127.0.0.1:{port}{f'?{query}' if query else ''}" for port in self.ports)


@contextmanager
def running(kind: Kind, folder: Path) -> Iterator[Relays]:
    """Start relays of a kind, and end them after the block."""
    with ExitStack() as opened:
        started = [opened.enter_context(_one(kind, folder)) for _ in range(kind.count)]
        yield Relays(tuple(port for port, _ in started), tuple(pid for _, pid in started))


@contextmanager
def _one(kind: Kind, folder: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    if kind.postfix:
        assert SMTP_SINK
        owner = ["-u", "root"] if os.geteuid() == 0 else []
        words = [SMTP_SINK, *owner, f"127.0.0.1:{port}", "256"]
    else:
        secure = ["--certificate", str(_certificate(folder))] if kind.tls else []
        delay = ["--delay", str(kind.delay)]
        words = [sys.executable, "-m", "newsletter.bench.sink", "--port", str(port), *delay, *secure]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield port, process.pid
        finally:
            process.terminate()


def free_port() -> int:
    """Return a port of loopback that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _certificate(folder: Path) -> Path:
    """Return a file with a key and its own certificate, made at the first call."""
    path = folder / "sink.pem"
    if not path.exists():
        subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        files = ["-keyout", str(folder / "sink.key"), "-out", str(folder / "sink.crt"), "-days", "2"]
        subprocess.run([*made, *files, *subject], check=True, capture_output=True)
        path.write_text((folder / "sink.key").read_text() + (folder / "sink.crt").read_text())
    return path
