"""Start one child process, and end it together with everything it started in turn."""

import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

_LOG_LIMIT = 10_000_000
_TAIL_LINES = 8


@dataclass(frozen=True)
class Child:
    """What to run: ``python -m module arguments…``, with ``environment`` laid over our own.

    ``grace`` is how long it may take to end once asked. ``answers`` is the file that receives its standard
    output, emptied at each start; without one, the output goes to the log with the errors.
    """

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    grace: timedelta = timedelta(seconds=5)
    answers: Path | None = None


def spawn(child: Child, logs: Path) -> subprocess.Popen[bytes]:
    """Start a child that logs to ``logs/<name>.log``. Raises OSError.

    Beyond 10 MB the log is put aside first, as ``<name>.log.1``.
    """
    path = log_path(logs, child.name)
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    launcher = [sys.executable, "-P", "-m", "newsletter.local.child"]
    launcher += ["--grace", str(child.grace.total_seconds()), "--"]
    with path.open("ab") as errors, (child.answers or path).open("wb" if child.answers else "ab") as out:
        return subprocess.Popen(  # noqa: S603 — the modules are ours and no shell reads the words
            [*launcher, child.module, *child.arguments],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=errors,
            cwd=logs,
            env={**os.environ, **import_path(), "PYTHONUNBUFFERED": "1", **child.environment},
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes], grace: timedelta) -> None:
    """Ask a child to end, by its closed standard input and by SIGTERM; after ``grace``, kill it."""
    if process.stdin is not None:
        process.stdin.close()
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace.total_seconds())
    sweep(process)
    process.wait()


def sweep(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the child's process group; a pool outlives a killed worker otherwise."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()


def log_path(logs: Path, name: str) -> Path:
    """Return the file that the child of this name logs to."""
    return logs / f"{name}.log"


def import_path() -> dict[str, str]:
    """Return the environment that lets a child import this package from any folder.

    Children start with ``-P``, so that a file named ``worker.py`` in the operator's folder is never taken
    for ours; a checkout that is not installed must therefore be named.
    """
    root = Path(__file__).resolve().parents[2]
    if root in {Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")}:
        return {}
    inherited = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([str(root), *([inherited] if inherited else [])])}


def tail(path: Path, lines: int = _TAIL_LINES) -> str:
    """Return the last lines of a log, or nothing when there is none."""
    try:
        return "\n".join(path.read_text(errors="replace").strip().splitlines()[-lines:])
    except OSError:
        return ""
