"""Small programs to stand in for the worker and the web server."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.config import Settings


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool], str], None]:
    """Wait for something that is bound to happen; fail with ``what`` after half a minute."""

    def wait(check: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 30
        while not check():
            assert time.monotonic() < deadline, f"never happened: {what}"
            time.sleep(0.05)

    return wait


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Make a folder of modules that a child can run."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "sleeper.py").write_text("import time\nprint('up', flush=True)\ntime.sleep(300)\n")
    (folder / "failing.py").write_text("import sys\nprint('no such table', file=sys.stderr)\nsys.exit(3)\n")
    (folder / "stubborn.py").write_text(
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "pool = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
        "print(pool.pid, flush=True)\n"
        "time.sleep(300)\n"
    )
    (folder / "dumper.py").write_text(
        "import json, os, sys, time\n"
        "print(json.dumps({'environment': dict(os.environ), 'path': sys.path}), flush=True)\n"
        "time.sleep(300)\n"
    )
    return folder
