"""The data directory: make it, see that it can be used, and let one stack at a time have it."""

import errno
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from newsletter.errors import EmbeddedError

LEAST_FREE = 200_000_000
"""Bytes: a fresh PostgreSQL takes 40 MB, its write-ahead log grows by 16 MB at a time."""
LEAST_SECRET = 32
_LOCK = "lock"
_TAKE_TRIES = 10
_TAKE_PAUSE = 0.05


def prepare(folder: Path) -> Path:
    """Make the data directory and return its absolute path.

    Raises EmbeddedError when it cannot be made or written, or its disk is nearly full.
    """
    folder = folder.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # PostgreSQL refuses to run as root, so the account it then runs as must be able to walk in.
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"newsletter")
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise unusable(folder, error) from error
    if free < LEAST_FREE:
        raise EmbeddedError(
            f"{folder} has {free // 1_000_000} MB of free space; {LEAST_FREE // 1_000_000} MB are needed.",
            "Free some space, or set DATA_DIR to a folder on another disk.",
        )
    return folder


def unusable(folder: Path, error: OSError) -> EmbeddedError:
    """Return the error that explains why ``folder`` cannot be used."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return EmbeddedError(
            f"The disk with the data directory {folder} is full.",
            "Free some space, or set DATA_DIR to a folder on another disk.",
        )
    return EmbeddedError(
        f"The data directory {folder} cannot be used: {error.strerror or error}.",
        "Set DATA_DIR to a folder that this account may write to.",
    )


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Hold the data directory for this process. Raises EmbeddedError naming the process that holds it."""
    with (folder / _LOCK).open("a+") as lock:
        if not _take(lock.fileno()):
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise EmbeddedError(
                f"The data directory {folder} is in use by the process {holder}.",
                "Stop it with Ctrl-C where it runs, or set DATA_DIR, WEB_PORT and MAILBOX_PORT for a second.",
            )
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def is_owned(folder: Path) -> bool:
    """Return whether a process holds the data directory; the kernel frees it when that process ends."""
    try:
        with (folder / _LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def secret_key(folder: Path) -> str:
    """Return the secret kept in the data directory, made at the first call.

    Losing it breaks every link in mail already sent, so a damaged one is reported, never replaced.
    """
    path = folder / "secret-key"
    try:
        if not path.exists():
            write_private(path, secrets.token_urlsafe(48))
        secret = path.read_text().strip()
    except OSError as error:
        raise unusable(folder, error) from error
    if len(secret) < LEAST_SECRET:
        raise EmbeddedError(
            f"{path} is damaged: it holds {len(secret)} characters, and {LEAST_SECRET} are needed.",
            "Put back a copy, or delete it; then the links in mail already sent stop working.",
        )
    return secret


def write_private(path: Path, text: str) -> None:
    """Write a file that only this account can read; it is there whole or not at all, even after a crash."""
    unfinished = path.with_name(f".{path.name}-{os.getpid()}")
    with suppress(FileNotFoundError):
        unfinished.unlink()
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _take(lock: int) -> bool:
    # `is_owned` in another process holds the lock for an instant; that is no owner.
    for _ in range(_TAKE_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(_TAKE_PAUSE)
    return False
