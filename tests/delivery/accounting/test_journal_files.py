"""Journals as files: what a dead, a living and a frozen writer leave to whoever takes over."""

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from newsletter.delivery.accounting import journal, journal_files
from newsletter.delivery.accounting.journal import HEADER, Evidence, Trace
from newsletter.delivery.accounting.journal_files import FileJournals
from newsletter.errors import LeaseLostError, SettingsError

WRITER = Path(__file__).with_name("journal_writer.py")


@pytest.fixture
def journals(tmp_path: Path) -> FileJournals:
    """Give journals in a folder that is not there yet."""
    return FileJournals(tmp_path / "data" / "journals")


@pytest.fixture
def folder(tmp_path: Path, journals: FileJournals) -> Path:
    """Give the folder of the journals, made."""
    assert journals.identity
    return tmp_path / "data" / "journals"


class Writer:
    """A process of its own with the journal called one."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, str(WRITER), str(folder), "one"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def write(self, number: int) -> str:
        """Have one message begun on record, and return what came of the write."""
        self.ask(number)
        return self.answer()

    def ask(self, number: int) -> None:
        """Ask for a write without waiting for it."""
        assert self._process.stdin
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()

    def answer(self) -> str:
        """Wait for the answer to the last write."""
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal, and wait until it has taken effect."""
        self._process.send_signal(number)
        if number is signal.SIGKILL:
            self._process.wait()
        elif number is signal.SIGSTOP:
            os.waitpid(self._process.pid, os.WUNTRACED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_val: BaseException | None = None,
        exc_tb: TracebackType | None = None,
    ) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def writer(folder: Path) -> Iterator[Writer]:
    """Give a writer that has begun message 7."""
    with Writer(folder) as started:
        assert "written" == started.write(7)
        yield started


def test_a_dead_writer_is_seized_at_once(journals: FileJournals, writer: Writer) -> None:
    """Killed, it holds no lock any more: its readers need not wait for the end of its lease."""
    writer.tell(signal.SIGKILL)
    assert Evidence({7: Trace(0, is_begun=True)}) == journals.seize("one", lease_is_over=False)


def test_a_living_writer_is_left_alone(journals: FileJournals, writer: Writer) -> None:
    """While the lease lasts, nobody comes between a writer and its journal, and asking does it no harm."""
    assert journals.seize("one", lease_is_over=False) is None
    assert "written" == writer.write(8)


def test_a_frozen_writer_is_fenced_off(journals: FileJournals, writer: Writer) -> None:
    """Stopped for longer than its lease and woken again, a writer is refused before it can send anything."""
    writer.tell(signal.SIGSTOP)
    writer.ask(8)
    assert journals.seize("one", lease_is_over=False) is None
    assert Evidence({7: Trace(0, is_begun=True)}) == journals.seize("one", lease_is_over=True)
    writer.tell(signal.SIGCONT)
    assert "lost" == writer.answer()
    assert "lost" == writer.write(9)


@pytest.mark.parametrize("remaining", range(3))
def test_a_fence_holds_at_every_instant_of_forgetting(
    journals: FileJournals, folder: Path, monkeypatch: pytest.MonkeyPatch, remaining: int
) -> None:
    """However far a recovery has come with its cleaning up, a writer that wakes then is refused."""
    frozen = journals.open("one")
    assert Evidence({}) == journals.seize("one", lease_is_over=True)
    unlink = Path.unlink
    refused: list[Path] = []

    def step(path: Path, missing_ok: bool = False) -> None:
        if len(refused) < remaining:
            unlink(path, missing_ok)
        with pytest.raises(LeaseLostError):
            frozen.write(journal.taken(1, 0))
        refused.append(path)

    monkeypatch.setattr(Path, "unlink", step)
    journals.forget("one")
    assert refused
    frozen.close(keep=False)


def test_what_was_seized_is_forgotten(journals: FileJournals, folder: Path) -> None:
    """Once forgotten a journal leaves nothing in the folder, and its writer is still refused."""
    empty = set(folder.iterdir())
    frozen = journals.open("one")
    frozen.write(journal.taken(1, 0))
    journals.seize("one", lease_is_over=True)
    journals.forget("one")
    journals.forget("one")
    assert empty == set(folder.iterdir())
    with pytest.raises(LeaseLostError):
        frozen.write(journal.begun(1))
    frozen.close(keep=False)
    assert empty == set(folder.iterdir())


def test_two_who_seize_read_the_same(journals: FileJournals) -> None:
    """A recovery that was broken off after the seizing can be begun again, by anybody, at any time."""
    journals.open("one").write(journal.taken(1, 3) + journal.begun(1))
    together = threading.Barrier(4)

    def seize() -> Evidence | None:
        together.wait()
        return journals.seize("one", lease_is_over=True)

    with ThreadPoolExecutor(4) as pool:
        told = [future.result() for future in [pool.submit(seize) for _ in range(4)]]
    assert 4 * [Evidence({1: Trace(3, is_begun=True)})] == told


def test_a_writer_that_never_came_to_its_journal(journals: FileJournals) -> None:
    """Without a file nothing was begun; but the writer may still come to it while its lease lasts."""
    assert journals.seize("one", lease_is_over=False) is None
    assert Evidence({}) == journals.seize("one", lease_is_over=True)


def test_a_journal_has_one_writer(journals: FileJournals) -> None:
    """A name is begun once, and what is begun under another name is another journal."""
    first = journals.open("one")
    with pytest.raises(LeaseLostError):
        journals.open("one")
    journals.open("two").write(journal.taken(2, 0))
    first.write(journal.taken(1, 0))
    first.close(keep=True)
    assert Evidence({1: Trace(0)}) == journals.seize("one", lease_is_over=False)


@pytest.mark.parametrize("keep", [False, True])
def test_a_journal_that_is_closed(journals: FileJournals, folder: Path, keep: bool) -> None:
    """What the database knows is removed, and what it may not know is kept for a recovery to seize at once."""
    done = journals.open("one")
    done.write(journal.taken(1, 0))
    done.close(keep=keep)
    assert keep == bool(list(folder.glob("*.journal")))
    assert Evidence({1: Trace(0)} if keep else {}) == journals.seize("one", lease_is_over=True)


def test_a_folder_that_was_swept(journals: FileJournals, folder: Path) -> None:
    """A writer whose journal somebody removed is refused: nobody could know what it begins."""
    swept = journals.open("one")
    for path in folder.glob("*.journal"):
        path.unlink()
    with pytest.raises(LeaseLostError):
        swept.write(journal.taken(1, 0))


@contextmanager
def room_for(octets: int) -> Iterator[None]:
    """Let no file grow beyond a size; the kernel says so by an error where no signal may (setrlimit(2))."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.parametrize("room", [0, 5])
def test_a_full_disk(journals: FileJournals, room: int) -> None:
    """A record that did not fit announces nothing, and harms none before it, with room again or without."""
    records = journal.taken(1, 0) + journal.begun(1)
    full = journals.open("one")
    full.write(records)
    with room_for(len(HEADER + records) + room), pytest.raises((LeaseLostError, OSError)):
        full.write(journal.taken(2, 0))
    if room:
        with pytest.raises(LeaseLostError):
            full.write(journal.taken(3, 0))
    full.close(keep=True)
    assert Evidence({1: Trace(0, is_begun=True)}) == journals.seize("one", lease_is_over=False)


@pytest.mark.parametrize("room", [0, 5])
def test_a_disk_that_is_full_from_the_start(journals: FileJournals, folder: Path, room: int) -> None:
    """A journal that cannot even be begun announces nothing, and whoever finds it knows that nothing was begun."""
    with room_for(room), pytest.raises((LeaseLostError, OSError)):
        journals.open("one")
    assert Evidence({}) == journals.seize("one", lease_is_over=False)


@pytest.mark.parametrize("octets", [b"\0" * 40, b"T" + b"\0" * 10, b"newsletter journal 2\nT"])
def test_a_file_that_nobody_can_read(journals: FileJournals, folder: Path, octets: bytes) -> None:
    """What another program wrote, or a disk that forgot, tells nothing; what may have been begun is not known."""
    (folder / "one.journal").write_bytes(octets)
    assert Evidence({}, is_whole=False) == journals.seize("one", lease_is_over=False)


def test_a_folder_that_went_read_only(
    journals: FileJournals, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be made is a setting to mend, and no fault of the program."""

    def refuse(*_: object) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(SettingsError, match="Read-only"):
        journals.open("one")


def test_a_folder_is_made_for_the_first_journal(journals: FileJournals, tmp_path: Path) -> None:
    """Nobody has to have asked for the identity before."""
    journals.open("one").close(keep=True)
    assert (tmp_path / "data" / "journals" / "one.journal").is_file()


def test_old_files_that_nobody_wants(journals: FileJournals, folder: Path) -> None:
    """Left behind by a recovery that died they go after a day; what a batch still names stays."""
    for name in ("wanted", "left", "fresh"):
        journals.open(name).close(keep=True)
    for name in ("wanted", "left"):
        os.utime(folder / f"{name}.journal", (1, 1))
    journals.sweep({"wanted"})
    assert {"wanted", "fresh"} == {path.stem for path in folder.glob("*.journal")}
    FileJournals(folder / "nowhere").sweep(set())


def test_the_identity_is_that_of_one_folder_and_one_boot(
    tmp_path: Path, journals: FileJournals, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for every process of the host; another folder, a folder made anew or another boot has another."""
    first = journals.identity
    assert first == FileJournals(folder).identity
    assert first != FileJournals(tmp_path / "others").identity
    (tmp_path / "boot").write_text("another boot\n")
    with monkeypatch.context() as rebooted:
        rebooted.setattr(journal_files, "_BOOT_ID", tmp_path / "boot")
        assert first != FileJournals(folder).identity
    assert first == journals.identity
    shutil.rmtree(folder)
    assert first != journals.identity


def test_many_processes_make_one_folder(tmp_path: Path) -> None:
    """Workers that start at one instant agree on what their folder is called."""
    together = threading.Barrier(8)

    def name(_: int) -> str:
        together.wait()
        return FileJournals(tmp_path / "journals").identity

    with ThreadPoolExecutor(8) as pool:
        assert 1 == len(set(pool.map(name, range(8))))


def test_a_host_without_boot_numbers(journals: FileJournals, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel does not number its boots, the folder alone names the place."""
    monkeypatch.setattr(journal_files, "_BOOT_ID", Path("/nowhere"))
    assert journals.identity == journals.identity


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """A file in the folder's place is a setting to mend."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="JOURNAL"):
        assert FileJournals(tmp_path / "file").identity
