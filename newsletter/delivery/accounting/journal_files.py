"""Journals as files on this host: they outlive the process, and a lock on each tells whether its writer lives."""

import fcntl
import os
import stat
import time
import uuid
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from newsletter.delivery.accounting.journal import HEADER, Evidence, read_journal
from newsletter.errors import LeaseLostError, SettingsError

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_FENCED = 0o400
"""The mode of a journal that was taken over. Its writer sees it at the open file, whatever became of the name."""

_OLD = 86_400
"""Seconds after which a file that nobody asks for has been left behind."""


class FileJournals:
    """Keeps one file a batch in a folder of this host's disk.

    ``write`` returns once the kernel has the records, which outlives a killed process but not a power cut: the
    identity names the boot, so that whatever was in hand then is uncertain rather than forgotten.
    """

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, made when first needed."""
        self._folder = folder

    @property
    def identity(self) -> str:
        """The folder's own number and this boot's. Raises SettingsError when the folder cannot be used."""
        # Read each time: a folder that was emptied meanwhile is another one.
        return f"{_folder_number(self._folder)}/{_boot_number()}"

    def open(self, name: str) -> "FileJournal":
        """Make a batch's file and lock it."""
        _folder_number(self._folder)
        return FileJournal(self._path(name))

    def seize(self, name: str, *, lease_is_over: bool) -> Evidence | None:
        """Fence a writer off: at once when it is dead, and by force when its lease is over."""
        path = self._path(name)
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            # In this folder and since this boot no file was lost: the writer had not come to it, so nothing was
            # begun. It may still come to it.
            return Evidence({}) if lease_is_over else None
        with os.fdopen(file, "rb") as journal:
            try:
                fcntl.flock(journal, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                if not lease_is_over:
                    return None
            os.fchmod(journal.fileno(), _FENCED)
            return read_journal(journal.read())

    def forget(self, name: str) -> None:
        """Remove a file; whoever still has it open finds it fenced off."""
        self._path(name).unlink(missing_ok=True)

    def sweep(self, wanted: Collection[str]) -> None:
        """Remove old files that no batch knows any more."""
        if not self._folder.is_dir():
            return
        for path in self._folder.glob("*.journal"):
            with suppress(OSError):
                if path.stem not in wanted and path.stat().st_mtime < time.time() - _OLD:
                    path.unlink()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.journal"


class FileJournal:
    """One batch's file, locked for as long as its writer lives."""

    def __init__(self, path: Path) -> None:
        """Raise LeaseLostError when somebody is there already, SettingsError when no file can be made."""
        self._path = path
        self._is_cut = False
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        try:
            self._file = os.open(path, flags, 0o600)
        except FileExistsError:
            raise LeaseLostError(f"The journal {path.name} is another task's.") from None
        except OSError as error:
            raise _unusable(path.parent, error) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise LeaseLostError(f"The journal {path.name} was taken over.") from None
        try:
            self.write(HEADER)
        except (LeaseLostError, OSError):
            os.close(self._file)
            raise

    def write(self, records: bytes) -> None:
        """Append records in one write, and make sure afterwards that nobody has fenced us off.

        In this order: a recovery fences the file off before it reads it, so either it reads these records or we
        see its fence.
        """
        # After half a record nothing more could be read.
        self._is_cut = self._is_cut or os.write(self._file, records) != len(records)
        if self._is_cut or not self._is_ours:
            raise LeaseLostError(f"The journal {self._path.name} was taken over, or its disk is full.")

    def close(self, *, keep: bool) -> None:
        """Let go of the file."""
        if not keep and self._is_ours:
            self._path.unlink(missing_ok=True)
        os.close(self._file)

    @property
    def _is_ours(self) -> bool:
        """Whether the file is still there, and may still be written by its mode: the fence is the file's own."""
        told = os.fstat(self._file)
        return told.st_nlink == 1 and stat.S_IMODE(told.st_mode) != _FENCED


def _folder_number(folder: Path) -> str:
    """Return the number that a folder of journals was given when it was made."""
    file = folder / "identity"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"identity.{uuid.uuid4().hex}"
        if not file.exists():
            fresh.write_text(uuid.uuid4().hex)
            with suppress(FileExistsError):
                os.link(fresh, file)
            fresh.unlink()
        return file.read_text()
    except OSError as error:
        raise _unusable(folder, error) from None


def _unusable(folder: Path, error: OSError) -> SettingsError:
    return SettingsError(
        f"Journals cannot be kept in {folder}: {error.strerror}.", "Let JOURNAL name a folder that lasts."
    )


def _boot_number() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
