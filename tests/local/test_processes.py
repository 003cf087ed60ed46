"""Children that are kept alive and that never outlive their parent."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from newsletter.errors import EmbeddedError
from newsletter.local.launch import Child, tail
from newsletter.local.processes import Supervisor

_ROOT = Path(__file__).resolve().parents[2]
_SECOND = timedelta(seconds=1)
Eventually = Callable[[Callable[[], bool], str], None]


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """Supervise for one test."""
    with Supervisor(tmp_path / "logs") as opened:
        yield opened


def _child(programs: Path, module: str, **more: object) -> Child:
    return Child(module, module, environment={"PYTHONPATH": f"{programs}:{_ROOT}"}, **more)  # type: ignore[arg-type]  # passed on as given


def _gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_killed_child_is_started_again(supervisor: Supervisor, programs: Path, eventually: Eventually) -> None:
    """A child that is killed comes back in a new process, and its output stays in one log."""
    supervisor.start(_child(programs, "sleeper"))
    supervisor.wait_until("sleeper", lambda: tail(supervisor.log_of("sleeper")) == "up", 30 * _SECOND, "come up")
    before = supervisor.status()[0]
    os.kill(before.pid, signal.SIGKILL)
    eventually(lambda: supervisor.status()[0].restarts == 1, "a restart")
    after = supervisor.status()[0]
    assert after.pid != before.pid
    assert after.exit_code == -signal.SIGKILL
    eventually(lambda: tail(supervisor.log_of("sleeper")) == "up\nup", "its second line")
    supervisor.stop()
    assert _gone(after.pid)


def test_a_child_that_ends_at_once_is_explained(supervisor: Supervisor, programs: Path) -> None:
    """Waiting for a child that fails ends at once, with its code, its last words and the file they are in."""
    supervisor.start(_child(programs, "failing"))
    with pytest.raises(EmbeddedError) as caught:
        supervisor.wait_until("failing", lambda: False, 60 * _SECOND, "answered")
    assert "failing ended with code 3 before it had answered.\n" in caught.value.what
    assert "no such table" in caught.value.what
    assert str(supervisor.log_of("failing")) in caught.value.mend


def test_waiting_has_an_end(supervisor: Supervisor, programs: Path) -> None:
    """Waiting for what never comes ends with an error, too."""
    supervisor.start(_child(programs, "sleeper"))
    with pytest.raises(EmbeddedError, match="sleeper had not answered after"):
        supervisor.wait_until("sleeper", lambda: False, _SECOND / 100, "answered")


def test_a_stubborn_child_is_killed_with_its_group(
    supervisor: Supervisor, programs: Path, eventually: Eventually
) -> None:
    """A child that will not end within its grace is killed, and so are the processes it started."""
    supervisor.start(_child(programs, "stubborn", grace=_SECOND / 5))
    eventually(lambda: bool(tail(supervisor.log_of("stubborn"))), "a line in the log")
    pool, own = int(tail(supervisor.log_of("stubborn"))), supervisor.status()[0].pid
    supervisor.stop()
    assert _gone(own)
    eventually(lambda: _gone(pool), "the end of what it started")


def test_last_started_first_ended(tmp_path: Path, programs: Path) -> None:
    """Children end in reverse order of start."""
    (programs / "orderly.py").write_text(
        "import os, signal, sys, time\n"
        "def end(*_):\n"
        f"    with open({str(tmp_path / 'order')!r}, 'a') as file: file.write(os.environ['NAME'])\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "time.sleep(300)\n"
    )
    with Supervisor(tmp_path / "logs") as supervisor:
        for name in "abc":
            environment = {"PYTHONPATH": f"{programs}:{_ROOT}", "NAME": name}
            supervisor.start(Child(name, "orderly", environment=environment))
        for name in "abc":
            supervisor.wait_until(name, lambda n=name: "up" in tail(supervisor.log_of(n)), 30 * _SECOND, "come up")  # type: ignore[misc]  # a default binds the name
    # Closing the pipe and SIGTERM both ask, so a child may be asked twice; the order is what counts.
    assert sorted((tmp_path / "order").read_text(), reverse=True) == list((tmp_path / "order").read_text())


def test_children_die_with_a_killed_parent(tmp_path: Path, programs: Path, eventually: Eventually) -> None:
    """Killing the supervisor, with no chance to clean up, ends every child: meek or stubborn."""
    code = (
        "import sys, time\n"
        "from datetime import timedelta\n"
        "from pathlib import Path\n"
        "from newsletter.local.launch import Child\n"
        "from newsletter.local.processes import Supervisor\n"
        f"supervisor = Supervisor(Path({str(tmp_path / 'logs')!r}))\n"
        "for name in ('sleeper', 'stubborn'):\n"
        f"    environment = {{'PYTHONPATH': {f'{programs}:{_ROOT}'!r}}}\n"
        "    supervisor.start(Child(name, name, environment=environment, grace=timedelta(seconds=0.2)))\n"
        "print(*[status.pid for status in supervisor.status()], flush=True)\n"
        "time.sleep(300)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=_ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    pids = [int(word) for word in process.stdout.readline().split()]
    eventually(lambda: bool(tail(tmp_path / "logs" / "stubborn.log")), "a line in the log")
    eventually(lambda: bool(tail(tmp_path / "logs" / "sleeper.log")), "a line in the log")
    pids.append(int(tail(tmp_path / "logs" / "stubborn.log")))
    process.kill()
    process.wait()
    process.stdout.close()
    for pid in pids:
        eventually(lambda pid=pid: _gone(pid), f"the end of {pid}")  # type: ignore[misc]  # a default binds the name


def test_answers_are_apart_from_the_log(supervisor: Supervisor, programs: Path, tmp_path: Path) -> None:
    """A child's answers go to a file of their own, without an earlier run's."""
    answers = tmp_path / "answers"
    answers.write_text("old\n")
    supervisor.start(_child(programs, "sleeper", answers=answers))
    supervisor.wait_until("sleeper", lambda: answers.read_text() == "up\n", 30 * _SECOND, "answered")
    assert tail(supervisor.log_of("sleeper")) == ""


def test_a_large_log_is_turned_over(supervisor: Supervisor, programs: Path, tmp_path: Path) -> None:
    """A log that has grown too large is put aside when its child starts."""
    path = supervisor.log_of("sleeper")
    path.parent.mkdir()
    path.write_bytes(b"x" * 10_000_001)
    supervisor.start(_child(programs, "sleeper"))
    supervisor.wait_until("sleeper", lambda: tail(path) == "up", 30 * _SECOND, "come up")
    assert path.with_suffix(".log.1").stat().st_size == 10_000_001
