"""A PDF is made once."""

import os
from pathlib import Path

import pytest

from newsletter.edition.printing import shelf as pdf_shelf
from newsletter.edition.printing.shelf import Shelf


def test_the_same_page_is_made_once(tmp_path: Path) -> None:
    """A page that was changed is another page."""
    made: list[str] = []

    def make(html: str) -> bytes:
        made.append(html)
        return f"%PDF-{html}".encode()

    for html in ("a", "b", "a", "b"):
        assert f"%PDF-{html}".encode() == Shelf(tmp_path / "pdf").pdf(html, make)
    assert ["a", "b"] == made


def test_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk is not filled by what anybody may ask for."""
    monkeypatch.setattr(pdf_shelf, "MOST_KEPT", 3)
    for number in range(5):
        Shelf(tmp_path).pdf(str(number), str.encode)
        for file in tmp_path.iterdir():
            os.utime(file, (file.stat().st_mtime - 10, file.stat().st_mtime - 10))
    assert ["2", "3", "4"] == sorted(file.read_text() for file in tmp_path.iterdir())


def test_without_a_folder_it_is_made_anew(tmp_path: Path) -> None:
    """A disk that takes nothing costs time, and nothing else."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    assert b"a" == Shelf(in_the_way / "pdf").pdf("a", str.encode)


def test_half_a_file_does_not_stay(tmp_path: Path) -> None:
    """What cannot be put on the shelf leaves nothing behind on the disk."""
    Shelf(tmp_path).pdf("a", str.encode)
    (file,) = tmp_path.iterdir()
    file.unlink()
    file.mkdir()
    assert b"a" == Shelf(tmp_path).pdf("a", str.encode)
    assert [file] == list(tmp_path.iterdir())
