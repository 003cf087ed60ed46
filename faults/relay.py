"""The scripted relay seen from the harness: started, told what to do, killed, and read."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from faults.certificate import make_certificate
from faults.checker import Kept, read_kept
from faults.rules import Rule

ROOT = Path(__file__).resolve().parent.parent
_PATIENCE = 20.0


class Relay:
    """A sink process on a port that it keeps over kills. ``with Relay(folder) as relay: …``."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        """Choose the places; nothing runs yet."""
        self.log = folder / "kept.log"
        self.port = self._control_port = 0
        self._certificate = make_certificate(folder / "relay.pem")
        self._seed = seed
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def url(self, connections: int) -> str:
        """Return what SMTP_URL must be."""
        return f"smtp://127.0.0.1:{self.port}?connections={connections}"

    def start(self) -> None:
        """Start the process, on the ports of its predecessor if there was one."""
        ports = ["--port", str(self.port), "--control", str(self._control_port), "--seed", str(self._seed)]
        secure = ["--certificate", str(self._certificate)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "faults.sink", "--log", str(self.log), *ports, *secure],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self._process.stdout is not None
        said = json.loads(self._process.stdout.readline())
        self.port, self._control_port = said["port"], said["control"]

    def kill(self) -> None:
        """Kill the process; what it kept is in the log."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def follow(self, rules: Sequence[Rule] = (), pace: float = 0.0) -> None:
        """Replace the script; in force when this returns. ``pace`` is messages a second, 0 for no limit."""
        self.tell(rules=[each.as_json() for each in rules], pace=pace)

    def tell(self, **told: Any) -> dict[str, Any]:
        """Say something to the control port and return the figures. Raises ValueError for what it refuses."""
        if self._control is None:
            self._control = socket.create_connection(("127.0.0.1", self._control_port), timeout=_PATIENCE)
        self._control.sendall(json.dumps(told).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            part = self._control.recv(65_536)
            if not part:
                raise ConnectionError("the relay's control port hung up")
            answer += part
        figures: dict[str, Any] = json.loads(answer)
        if "error" in figures:
            raise ValueError(figures["error"])
        return figures

    def kept(self, since: int = 0) -> list[Kept]:
        """Return what has been kept, in order, less the first ``since``."""
        return read_kept(self.log.read_text() if self.log.exists() else "")[since:]
