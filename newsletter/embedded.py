"""The embedded servers: PostgreSQL and Valkey from wheels, so that one machine needs nothing else.

This process owns both from start to stop. It prints one line of JSON when they answer, then waits until it
is told to stop or one of them dies. Whoever replaces the two wheels starts here:
``python -m newsletter.embedded --data DIR [--sockets DIR] [--without postgres|valkey]``.
"""

import argparse
import fcntl
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from newsletter.errors import EmbeddedError
from newsletter.local import folder

_LOOK_EVERY = 1.0
_PREDECESSOR_PATIENCE = 60.0
_LONGEST_SOCKET_FOLDER = 60


class Servers:
    """What has been started: where it answers, and whether it still runs."""

    def __init__(self) -> None:
        self.urls: dict[str, str] = {}
        self.checks: list[Callable[[], bool]] = []

    def are_alive(self) -> bool:
        """Return whether every server still runs."""
        return all(check() for check in self.checks)


@contextmanager
def running_servers(data: Path, sockets: Path, without: frozenset[str] = frozenset()) -> Iterator[Servers]:
    """Start PostgreSQL and Valkey on ``data``, less those named in ``without``, and stop them on leaving.

    Raises EmbeddedError when a wheel is missing or a server does not start.
    """
    data = folder.prepare(data)
    own = sockets / "servers"
    servers = Servers()
    try:
        with ExitStack() as stack:
            stack.enter_context(_alone(data))
            shutil.rmtree(own, ignore_errors=True)
            own.mkdir(mode=0o700)
            stack.callback(shutil.rmtree, own, ignore_errors=True)
            _start(servers, stack, (data, own), without)
            own.chmod(0o700)  # the wheel, as root, opens it for the account that PostgreSQL runs as
            yield servers
    except ImportError as error:
        raise EmbeddedError(
            f"The embedded servers are not installed here: {error}.",
            "Run `pip install 'newsletter[embedded]'`, or set DATABASE_URL and REDIS_URL to servers of your "
            "own, as Windows and systems with musl must.",
        ) from error


def _start(servers: Servers, stack: ExitStack, places: tuple[Path, Path], without: frozenset[str]) -> None:
    from newsletter.local.leftover import liveness

    data, own = places
    if "postgres" not in without:
        from newsletter.local import postgres

        sockets = own / "postgres"
        sockets.mkdir()
        started = postgres.start(data, sockets)
        stack.callback(started.stop)
        servers.urls["database_url"] = started.url
        servers.checks.append(liveness(started.pid))
    if "valkey" not in without:
        from newsletter.local import valkey

        broker = valkey.start(data, own)
        stack.callback(broker.stop)
        servers.urls["redis_url"] = broker.url
        servers.checks.append(liveness(broker.pid))


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Wait for an earlier process on the same data to finish stopping its servers."""
    deadline = time.monotonic() + _PREDECESSOR_PATIENCE
    with (data / "servers.lock").open("a") as lock:
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"The servers of an earlier run still use {data}.", "Wait until they have stopped."
                )
            time.sleep(_LOOK_EVERY / 10)
        yield


def socket_folder() -> Path:
    """Make a folder for sockets that only this account can enter.

    Its path is short: a socket's may have 104 bytes on macOS and 108 on Linux.
    """
    usual = tempfile.gettempdir()
    short = usual if len(usual) <= _LONGEST_SOCKET_FOLDER and " " not in usual else "/tmp"  # noqa: S108 — mkdtemp
    return Path(tempfile.mkdtemp(prefix="newsletter-", dir=short))


def main(argv: list[str]) -> int:
    """Run the servers until SIGTERM or SIGINT (returns 0), or until one fails (returns 1)."""
    parser = argparse.ArgumentParser(prog="python -m newsletter.embedded")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sockets", type=Path)
    parser.add_argument("--without", action="append", choices=["postgres", "valkey"], default=[])
    given = parser.parse_args(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    data, sockets = given.data.absolute(), given.sockets or socket_folder()
    _settle_in(sockets)
    try:
        with running_servers(data, sockets, frozenset(given.without)) as servers:
            print(json.dumps(servers.urls), flush=True)  # noqa: T201 — the answer our parent waits for
            _wait(servers, stop, data)
    except EmbeddedError as error:
        print(json.dumps({"error": error.what, "mend": error.mend}), flush=True)  # noqa: T201 — same
        print(error, file=sys.stderr)  # noqa: T201 — for the log
        return 1
    finally:
        if stop.is_set():
            shutil.rmtree(_lock_folder(sockets), ignore_errors=True)
            with suppress(OSError):  # gone already, or not empty
                sockets.rmdir()
    return 0


def _wait(servers: Servers, stop: threading.Event, data: Path) -> None:
    while not stop.wait(_LOOK_EVERY):
        if not servers.are_alive():
            raise EmbeddedError("PostgreSQL or Valkey has ended by itself.", f"See the logs in {data}.")


def _settle_in(sockets: Path) -> None:
    """Give this process surroundings in which PostgreSQL's programs start whatever the operator's are."""
    os.chdir("/")  # as root they run as another account, which may not enter the folder we came from
    os.environ["LC_ALL"] = "C"  # a locale that this machine lacks stops initdb
    # The wheel keeps a lock in a folder that all accounts share, where root's would shut the others out.
    runtime = _lock_folder(sockets)
    runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)


def _lock_folder(sockets: Path) -> Path:
    return sockets / "servers-lock"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
