"""Find and end a server that a killed run left behind.

A pid file alone proves nothing: its process may be long gone and the number taken by another. A process
counts as ours only when it has the server's name and works in the server's own folder.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from newsletter.errors import EmbeddedError

_PATIENCE = 60.0
_PAUSE = 0.05


def find(pid_file: Path, program: str) -> psutil.Process | None:
    """Return the live ``program`` that ``pid_file`` names on its first line, if it works in that folder."""
    with suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        if program in process.name() and Path(process.cwd()) == pid_file.parent.resolve() and is_alive(process):
            return process
    return None


def end(pid_file: Path, program: str, signal: int) -> None:
    """End a leftover ``program`` by ``signal`` and remove its pid file.

    Raises EmbeddedError when it is still there after a minute.
    """
    process = find(pid_file, program)
    if process is not None:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal)
        deadline = time.monotonic() + _PATIENCE
        # Not psutil's wait: where nothing reaps orphans, as in many containers, it would wait for ever.
        while is_alive(process):
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"An earlier {program} (process {process.pid}) still uses {pid_file.parent}.",
                    "Stop that process and try again.",
                )
            time.sleep(_PAUSE)
    pid_file.unlink(missing_ok=True)


def liveness(pid: int) -> Callable[[], bool]:
    """Return a check of whether the process that has this pid now still runs."""
    process = psutil.Process(pid)
    return lambda: is_alive(process)


def is_alive(process: psutil.Process) -> bool:
    """Return whether the process still runs; one that ended and awaits its parent does not."""
    with suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
