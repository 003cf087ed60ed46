"""The data directory."""

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from newsletter.errors import EmbeddedError
from newsletter.local import folder


def test_prepared_folder_is_private(tmp_path: Path) -> None:
    """The folder is made with its parents, absolute, and no other account can list it."""
    path = folder.prepare(tmp_path / "a" / "b")
    assert path.is_absolute()
    assert path.stat().st_mode & 0o066 == 0
    assert list(path.iterdir()) == []


def test_nearly_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little space is found before anything is started, with the figures and the mend."""
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 — as shutil's own
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 9 * 10**8, 10**8))
    with pytest.raises(EmbeddedError, match=r"100 MB of free space; 200 MB are needed\. .*DATA_DIR"):
        folder.prepare(tmp_path)


def test_full_disk_is_named(tmp_path: Path) -> None:
    """A full disk is told from a folder without permission."""
    full = folder.unusable(tmp_path, OSError(28, "No space left on device"))
    assert f"The disk with the data directory {tmp_path} is full." == full.what
    assert "Permission denied" in folder.unusable(tmp_path, PermissionError(13, "Permission denied")).what


def test_one_owner_at_a_time(tmp_path: Path) -> None:
    """A second owner is refused, naming the first; when that one leaves, the folder is free."""
    assert not folder.is_owned(tmp_path)
    with folder.owned(tmp_path):
        assert folder.is_owned(tmp_path)
        with pytest.raises(EmbeddedError, match=f"in use by the process {os.getpid()}"), folder.owned(tmp_path):
            pass
    assert not folder.is_owned(tmp_path)
    with folder.owned(tmp_path):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_secret_is_kept(tmp_path: Path) -> None:
    """The secret is long, private, and the same at the next start."""
    secret = folder.secret_key(tmp_path)
    assert len(secret) >= folder.LEAST_SECRET
    assert secret == folder.secret_key(tmp_path)
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_damaged_secret_is_reported(tmp_path: Path) -> None:
    """A secret cut short is never replaced silently, since that would break every link in mail already sent."""
    (tmp_path / "secret-key").write_text("short")
    with pytest.raises(EmbeddedError, match="is damaged"):
        folder.secret_key(tmp_path)
    assert (tmp_path / "secret-key").read_text() == "short"
